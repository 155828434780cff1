"""Where and how an order is best sent: venue phase, kind of order, size of one order. Pure.

There is one exchange for each share, so routing means the choice between the opening call, the
continuous auction and the fixed price after hours; between the kinds of order the board takes
that day; and between one order and several. Each way gets an expected cost in ratio of the
amount and a probability of filling; the way with the least expected regret is taken, and all of
them with their numbers are the recorded reason.

The model is a rule of thumb and says so:

- spread: crossing costs half of it, resting at one's own best price earns half of it;
- impact: IMPACT x day's range x sqrt(participation), the square-root law with a coefficient
  that was not fitted to any market; participation is against the shares traded today so far,
  scaled to the size of the day. Beyond the five levels on show nothing is known of the book;
- fees: the exact ones of `core/fees.py`, the least commission of an order included, which makes
  many small orders dear;
- filling: fixed probabilities by way and urgency, not estimated; not filling costs the day's
  range times the urgency's weight.

Unknown range or volume make impact unknown; then only ways that take what is on show are left,
and the opening call, which is charged a quarter of a usual day's range for what nobody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from core.rules import (
    MARKET_TYPES,
    has_after_hours,
    may_enter,
    needs_protection,
    order_fees,
    quantity_step,
)
from core.settings_types import TradingSettings
from core.types import Instrument, OrderSide, OrderType, Phase, Quote

IMPACT = Decimal("0.5")
FEWEST_BPS = Decimal("0.0001")
_HALF = Decimal("0.5")
_ZERO, _ONE = Decimal(0), Decimal(1)
# What not filling costs, as a part of the day's range.
_MISS: Mapping[str, Decimal] = {"low": Decimal("0.05"), "normal": Decimal("0.25"),
                                "high": Decimal("1")}
_FILLS: Mapping[str, Decimal] = {"cross": Decimal("0.95"), "market": Decimal("0.97"),
                                 "rest": Decimal("0.5"), "auction": Decimal("0.9"),
                                 "after_hours": Decimal("0.6")}
_UNKNOWN_RANGE = Decimal("0.02")        # for the cost of missing only; impact stays unknown
_MOST_PARTICIPATION = Decimal("0.1")    # of the other side on show, for one order


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteQuestion:
    """An order that looks for its way."""

    instrument: Instrument
    side: OrderSide
    shares: int
    day: date
    phase: Phase
    quote: Quote
    trading: TradingSettings
    urgency: str = "normal"
    types: frozenset[OrderType] = frozenset(OrderType)     # what the broker's interface takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One possible way and what is expected of it."""

    name: str                          # cross, rest, market, auction, after_hours
    type: OrderType
    now: bool                          # False: its phase is still to come
    shares: int                        # of one order
    fill_probability: Decimal
    spread_ratio: Decimal | None
    impact_ratio: Decimal | None
    fees_ratio: Decimal
    regret_ratio: Decimal              # expected cost, not filling included

    def numbers(self) -> dict[str, str]:
        """For the journal; an unknown part is left out."""
        parts = {"spread_bps": self.spread_ratio, "impact_bps": self.impact_ratio,
                 "fees_bps": self.fees_ratio, "regret_bps": self.regret_ratio}
        return {"way": self.name, "type": self.type.value, "shares": str(self.shares),
                "fill_probability": str(self.fill_probability),
                **{name: bps(value) for name, value in parts.items() if value is not None}}


def bps(ratio: Decimal) -> str:
    """A ratio in basis points, to a tenth."""
    return str((ratio * 10_000).quantize(Decimal("0.1")))


def choose(question: RouteQuestion) -> tuple[Way, ...]:
    """Every way there is, best first; empty: no price, or the market is shut for the day."""
    if not _prices(question):
        return ()
    ways = [_judged(question, name, type, now=now)
            for name, type, now in _possible(question)]
    return tuple(sorted((way for way in ways if way is not None),
                        key=lambda way: (way.regret_ratio, not way.now, way.name)))


def fewest_shares(price_cny: Decimal, trading: TradingSettings) -> int:
    """From this size on the least commission of an order no longer makes it dearer."""
    if not trading.commission_ratio:
        return 1
    amount = trading.commission_min_cny / trading.commission_ratio
    return max(1, int((amount / price_cny).to_integral_value(ROUND_CEILING)))


# ---- what is possible ----------------------------------------------------------------------


def _possible(q: RouteQuestion) -> list[tuple[str, OrderType, bool]]:
    ways: list[tuple[str, OrderType, bool]] = []
    early = q.phase in (Phase.OPEN_AUCTION, Phase.OPEN_AUCTION_LOCKED)
    if early and may_enter(q.instrument, q.phase, OrderType.LIMIT, q.day):
        ways.append(("auction", OrderType.LIMIT, True))
    open_later = q.phase in (Phase.PRE_OPEN, Phase.LUNCH) or early
    if q.phase is Phase.CONTINUOUS or open_later:
        now = q.phase is Phase.CONTINUOUS
        ways += [("cross", OrderType.LIMIT, now), ("rest", OrderType.LIMIT, now)]
        market = _market_kind(q)
        if market is not None:
            ways.append(("market", market, now))
    if has_after_hours(q.instrument, q.day) and OrderType.FIXED_PRICE in q.types:
        ways.append(("after_hours", OrderType.FIXED_PRICE, q.phase is Phase.AFTER_HOURS))
    return ways


def _market_kind(q: RouteQuestion) -> OrderType | None:
    """Takes what is on show and leaves nothing behind; the safest market kind of the board.

    Best-five keeps within the levels seen; the rest is cancelled, never left at a price that
    nobody chose.
    """
    for kind in (OrderType.BEST5_CANCEL, OrderType.IMMEDIATE_CANCEL):
        if kind in q.types and kind in MARKET_TYPES and may_enter(
                q.instrument, Phase.CONTINUOUS, kind, q.day):
            return kind
    return None


def wants_protection(q: RouteQuestion, type: OrderType) -> bool:
    return needs_protection(q.instrument, type, q.day)


# ---- what it costs -------------------------------------------------------------------------


def _prices(q: RouteQuestion) -> tuple[Decimal, Decimal] | None:
    """(the other side's best, our own side's best); the last trade stands in for a missing one."""
    bids, asks, last = q.quote.bids, q.quote.asks, q.quote.last_cny
    buying = q.side is OrderSide.BUY
    near, far = (asks, bids) if buying else (bids, asks)
    other = near[0].price_cny if near else last
    own = far[0].price_cny if far else last
    return None if other is None or own is None else (other, own)


def _judged(q: RouteQuestion, name: str, type: OrderType, *, now: bool) -> Way | None:
    prices = _prices(q)
    assert prices is not None
    other, own = prices
    price = own if name == "rest" else other
    shares = _one_order(q, name, price)
    spread = abs(other - own) / ((other + own) / 2) * _HALF
    impact = _impact(q, shares)
    spread_cost = {"rest": -spread, "cross": spread, "market": spread}.get(name, _ZERO)
    impact_cost = _ZERO if name in ("rest", "after_hours") else impact
    if impact_cost is None and name == "auction":
        impact_cost = _UNKNOWN_RANGE * _MISS["normal"]
    if impact_cost is None:
        if _on_show(q) < shares:
            return None
        impact_cost = _ZERO
    fees = _fees_ratio(q, shares, price)
    fills = _FILLS[name]
    missing = (_range(q) or _UNKNOWN_RANGE) * _MISS[q.urgency]
    regret = fills * (spread_cost + impact_cost) + (_ONE - fills) * missing + fees
    if not now:
        regret += missing / 2              # waiting is not free either
    return Way(name=name, type=type, now=now, shares=shares, fill_probability=fills,
               spread_ratio=spread_cost, impact_ratio=impact, fees_ratio=fees,
               regret_ratio=regret)


def _one_order(q: RouteQuestion, name: str, price: Decimal) -> int:
    """At most a part of the other side on show, but never so small that the 5 CNY matter."""
    if name in ("auction", "after_hours"):
        return q.shares
    shown = _on_show(q)
    wished = shown if name in ("cross", "market") else int(shown * _MOST_PARTICIPATION)
    step = quantity_step(q.instrument.board)
    size = max(wished, fewest_shares(price, q.trading))
    return min(q.shares, max(step, -(-size // step) * step))


def _on_show(q: RouteQuestion) -> int:
    levels = q.quote.asks if q.side is OrderSide.BUY else q.quote.bids
    return sum(level.shares for level in levels)


def _range(q: RouteQuestion) -> Decimal | None:
    high, low, last = q.quote.high_cny, q.quote.low_cny, q.quote.last_cny
    if high is None or low is None or last is None or high < low:
        return None
    return max((high - low) / last, FEWEST_BPS)


def _impact(q: RouteQuestion, shares: int) -> Decimal | None:
    day_range = _range(q)
    if day_range is None or q.quote.volume_shares <= 0:
        return None
    participation = min(_ONE, Decimal(shares) / q.quote.volume_shares)
    return IMPACT * day_range * participation.sqrt()


def _fees_ratio(q: RouteQuestion, shares: int, price: Decimal) -> Decimal:
    """Fees of the whole wish in orders of that size, against its amount."""
    count, rest = divmod(q.shares, shares)
    total = _fees(q, shares, price) * count + (_fees(q, rest, price) if rest else _ZERO)
    return total / (price * q.shares)


def _fees(q: RouteQuestion, shares: int, price: Decimal) -> Decimal:
    return order_fees(
        side=q.side, instrument=q.instrument, amount_cny=price * shares, shares=shares, on=q.day,
        commission_rate=q.trading.commission_ratio,
        commission_min_cny=q.trading.commission_min_cny,
        all_in=q.trading.fees_all_in).total_cny
