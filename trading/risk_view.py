"""The one frozen view that every check of the risk gate looks at. None means unknown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from core.desk_types import Registration
from core.settings_types import RiskSettings
from core.types import (
    Instrument,
    KillLevel,
    OrderRequest,
    OrderSide,
    Phase,
    Quote,
    Refusal,
)
from trading.day_rules import SymbolDay
from trading.kill_switch import FLATTEN_SOURCE

MANUAL, EXTERNAL = "manual", "external"
# Sources that are no program of ours; a person orders that everything is sold.
PEOPLE = frozenset({MANUAL, EXTERNAL, FLATTEN_SOURCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFigures:
    """Whether this desk may send at all."""

    open_cases: tuple[str, ...] | None = None      # open differences that freeze this symbol
    unknown_order: int | None = None               # of the same symbol and side, fate unproven
    live: bool = False
    unlocked: bool | None = None
    registration: Registration | None = None
    restricted: bool | None = None
    permissions: frozenset[str] = frozenset()
    free_disk_bytes: int | None = None
    drift_tripped: bool | None = None
    clock_skew_s: Decimal | None = None            # either sign


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFigures:
    """What the market of the symbol looks like beyond the newest price."""

    online: bool = False
    quote_ahead_s: int | None = None               # quote's time less the clock's
    second_last_cny: Decimal | None = None
    average_volume_shares: int | None = None       # daily mean of 20 sessions
    recent_volume_shares: int | None = None        # of the last five minutes
    recent_due: bool = False                       # five minutes of the session have passed
    minute_volume_shares: int | None = None
    minute_move_ratio: Decimal | None = None       # signed, over the last minute


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductFigures:
    """What this account has done today, from the journal."""

    intraday: bool = True                          # False: a session is one moment
    sent_second: int = 0
    sent_minute: int = 0
    sent_day: int = 0
    messages_second: int = 0                       # orders and cancels
    messages_day: int = 0
    cancels_day: int = 0
    quick_cancels_day: int = 0
    rejects_minute: int = 0
    losses_in_row: int = 0                         # sales of the account, see breakers
    repeats: int | None = None                     # the same order, sent within five seconds
    own_opposite: tuple[tuple[int, Decimal | None], ...] = ()  # the one that is met first
    plan_shares: int | None = None                 # of the order's plan; None: no such plan
    plan_sent_shares: int = 0
    own_minute_shares: int = 0                     # traded in the symbol, on the order's side
    own_recent_cny: Decimal = Decimal(0)           # traded within five minutes, or open


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureFigures:
    """What the account is worth and what it would hold once the order has filled."""

    equity_cny: Decimal | None = None
    day_loss_cny: Decimal | None = None            # positive: a loss
    drawdown_ratio: Decimal | None = None
    position_ratio: Decimal | None = None          # after the order, as are all below
    sector_ratio: Decimal | None = None
    sector: str = ""
    gross_ratio: Decimal | None = None
    names: int | None = None
    var_before_ratio: Decimal | None = None
    var_ratio: Decimal | None = None               # the worse of two methods
    available_after_cny: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskView:
    """Everything a check may look at, taken at one instant.

    The last four are gathered for the profile `house` only; None there means that nothing of the
    kind is known, and every check that needs it refuses.
    """

    day: date
    is_session: bool
    next_session: date | None
    kill_level: KillLevel
    instrument: Instrument | None
    symbol_day: SymbolDay | None          # None: unknown instrument, or no session
    sellable_shares: int                  # held less bought today (T+1) less on sale
    locked_shares: int                    # bought today and not sellable before next_session
    available_cny: Decimal
    cost_cny: Decimal | None              # buys: the whole quantity where it would fill, with fees
    max_buy_shares: int | None = None     # what the free cash buys, for the remedy
    held_shares: int | None = None
    on_sale_shares: int = 0
    phase: Phase = Phase.CLOSED
    quote: Quote | None = None            # the newest, however old
    last_cny: Decimal | None = None       # newest known price of today
    last_age_s: int | None = None         # market time since that price
    max_age_s: int = 0
    price_cny: Decimal | None = None      # at which the order would fill at worst
    duplicate_of: int | None = None       # the order that carries this idempotency key
    bought_today_shares: int = 0          # of this symbol, open buy orders included
    blockers: Mapping[str, str] = field(default_factory=dict)  # owner -> why nothing may be sent
    settings: RiskSettings = field(default_factory=RiskSettings)
    access: AccessFigures | None = None
    market: MarketFigures | None = None
    conduct: ConductFigures | None = None
    exposure: ExposureFigures | None = None


Check = Callable[[OrderRequest, RiskView], Refusal | None]

# What may be missing: why a rule cannot be judged, and what to do. Keys are stable.
MISSING: Mapping[str, str] = MappingProxyType({
    "access": "what the desk may do was not asked; restart the program",
    "conduct": "today's orders and cancels could not be counted; restart the program",
    "market": "nothing is known of the market; wait for the feed",
    "exposure": "the account was not valued; wait for prices",
    "equity": "the account's worth is not known, a held instrument has no price; wait for the feed "
              "or import its data",
    "cost": "no price is known to judge the amount by; enter a limit price",
    "price": "no price of the instrument is known; wait for the feed",
    "average_volume": "its mean daily volume is not known; import its daily bars",
    "recent_volume": "its volume of the last minutes is not known; wait for the feed",
    "minute": "its last minute is not known; wait for the feed",
    "second_quote": "the second source has no price of it; wait until both sources answer",
    "quote_time": "the time of its newest quote is not known; wait for the feed",
    "history": "its price history could not be asked for; restart the program",
    "lock": "whether live trading is unlocked is not known; unlock it again",
    "cases": "open differences with the broker could not be read; restart the program",
    "restricted": "the list of restricted instruments cannot be read; correct "
                  "risk.restricted_file",
    "disk": "the free space of the ledger's disk is not known; check the state folder",
    "drift": "the drift guard of this strategy does not answer; check the model",
    "clock": "how far the machine's clock is off is not known; check the time service",
    "plan": "its plan is not in the ledger; enter the plan again",
    "position": "what is held is not known; restart the program",
})


def refused(code: str, text: str, **numbers: object) -> Refusal:
    """A reason with the numbers that fill its translated text."""
    return Refusal(code=code, text=text,
                   numbers={name: str(value) for name, value in numbers.items()})


def unjudged(code: str, missing: str) -> Refusal:
    """The rule's own code, because one of its inputs (a key of MISSING) is unknown."""
    return Refusal(code=code, text=f"not judged ({code}): {MISSING[missing]}",
                   numbers={"missing": missing})


def is_automated(request: OrderRequest) -> bool:
    """True for an order that a program of ours decided."""
    return request.source not in PEOPLE


def is_buy(request: OrderRequest) -> bool:
    return request.side is OrderSide.BUY


def percent(ratio: Decimal) -> str:
    """A ratio in per cent with two decimals, for texts."""
    return f"{ratio * 100:.2f}"
