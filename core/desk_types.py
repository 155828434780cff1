"""What the desk says beyond orders and fills: cases, breakers, plans, proposals, flattening.

Frozen values for screens, commands and exports. The durable truth behind each is a journal entry
of the ledger; `None` means unknown, as everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from core.types import KillLevel, OrderRequest, OrderSide

# ---- differences with the broker ---------------------------------------------------------------


class CaseKind(Enum):
    """What differs between our book and the broker's."""

    ORDER = "ORDER"
    TRADE = "TRADE"
    POSITION = "POSITION"
    CASH = "CASH"
    REPORT = "REPORT"                  # a report that cannot be booked, in quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A difference that a person closes with a reason. While open, its symbol is frozen."""

    case_id: int
    kind: CaseKind
    symbol: str                        # empty: the whole account is concerned
    ours: str
    theirs: str
    text: str                          # what, why, what to do, in English
    opened_utc: datetime
    closed_utc: datetime | None = None
    closed_by: str = ""
    reason: str = ""


# ---- circuit breakers --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """One row of the breaker table as it stands."""

    name: str                          # "daily_loss"
    level: KillLevel                   # what it sets when it fires
    tripped: bool
    text: str                          # the numbers it fired by; empty if it did not
    fired_utc: datetime | None
    times: int                         # how often, ever
    rearmed_by: str = ""
    remedy: str = ""                   # who re-arms it and how


class Obstacle(Enum):
    """Why a share cannot be sold, or an order not be cancelled, at this moment."""

    NONE = "NONE"
    NO_CANCEL_PHASE = "NO_CANCEL_PHASE"
    CLOSED = "CLOSED"                  # the exchange takes nothing now
    T1 = "T1"                          # bought today
    LIMIT_DOWN = "LIMIT_DOWN"          # nobody buys at the lower limit
    SUSPENDED = "SUSPENDED"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"    # an order of unproven fate may still fill
    ON_SALE = "ON_SALE"                # already in an open sell order
    UNKNOWN = "UNKNOWN"                # facts are missing


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenLine:
    """One order to cancel or one position to sell, and what stands in the way."""

    symbol: str
    order_id: int | None               # None: a position
    shares: int
    obstacle: Obstacle
    possible_at: datetime | None       # when it may be tried; None: now, or not known
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenPlan:
    """What flattening would do now. `flat` only when nothing is held and nothing may still fill,
    and the broker's own lists say so.
    """

    made_utc: datetime
    cancels: tuple[FlattenLine, ...]
    sales: tuple[FlattenLine, ...]
    flat: bool
    proof: str                         # what `flat` rests on, or why it is not proven


# ---- plans: parent, conditional and staged orders ----------------------------------------------


class PlanKind(Enum):
    TWAP = "TWAP"
    VWAP = "VWAP"
    POV = "POV"
    ICEBERG = "ICEBERG"
    STOP = "STOP"
    TAKE_PROFIT = "TAKE_PROFIT"
    TRAILING = "TRAILING"
    OCO = "OCO"
    BRACKET = "BRACKET"
    LIMIT_BREAK = "LIMIT_BREAK"        # buy when a sealed limit-up opens
    GRID = "GRID"
    STAGED = "STAGED"                  # checked again and sent at the open
    BEST = "BEST"                      # where and how is chosen for it: trading/routing.py


class PlanStatus(Enum):
    WAITING = "WAITING"                # its condition or its time has not come
    WORKING = "WORKING"
    PAUSED = "PAUSED"
    DONE = "DONE"
    STOPPED = "STOPPED"                # by a person, a breaker, or its own limit
    FAILED = "FAILED"                  # refused; `text` says why


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSpec:
    """What a person or a strategy asks for. `params` are those of the kind's table."""

    kind: PlanKind
    symbol: str
    side: OrderSide
    shares: int
    params: Mapping[str, str] = field(default_factory=dict)
    source: str = "manual"
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan as it stands. Children carry its id in OrderRequest.plan_id."""

    plan_id: int
    spec: PlanSpec
    status: PlanStatus
    created_utc: datetime
    sent_shares: int                   # ever sent; never more than spec.shares
    filled_shares: int
    text: str = ""                     # why it waits, stopped or failed
    quality: Mapping[str, str] = field(default_factory=dict)   # slippage and the like, as ratios


# ---- the auto-trader ---------------------------------------------------------------------------


class Autonomy(Enum):
    MANUAL = "MANUAL"                  # signals are shown, nothing is proposed
    SEMI = "SEMI"                      # a person approves within the time-out
    AUTO = "AUTO"


class ProposalStatus(Enum):
    PENDING = "PENDING"
    SENT = "SENT"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    BLOCKED = "BLOCKED"                # by budget, cool-down, drift guard, kill switch or risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the auto-trader would do, and what became of it."""

    proposal_id: int
    request: OrderRequest
    reason: str                        # the strategy's own words
    made_utc: datetime
    expires_utc: datetime | None
    status: ProposalStatus
    why: str = ""                      # why it was blocked, declined or expired; who approved
    order_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The program-trading report of an account ("report first, trade later")."""

    account_id: str
    software: str
    version: str
    strategy_kind: str
    most_per_second: int
    most_per_day: int
    registered_on: date
    by: str
    fund_cny: Decimal | None = None    # what was reported as the account's funds
