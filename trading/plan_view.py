"""What a kind of plan may look at, and what it may answer. Frozen values, no behaviour of a desk.

The view is taken at one instant. None means unknown, and what is not known is never acted upon.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.desk_types import PlanSpec
from core.settings_types import TradingSettings
from core.types import FINAL_STATUSES, Order, OrderStatus, OrderType, Phase, Quote
from trading.day_rules import SymbolDay
from trading.plan_rows import PlanRow

# These provably never left; everything else counts as sent, an unknown fate included.
NEVER_SENT = frozenset({OrderStatus.NEW, OrderStatus.DENIED, OrderStatus.NOT_SENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The newest trade price of an instrument that comes from the continuous auction.

    `low_cny` and `high_cny` bound the trades between `since_utc` and `ts_utc`. `quote` is None
    where only bars come; then volume and amount are those of today's bars so far.
    """

    since_utc: datetime
    ts_utc: datetime
    last_cny: Decimal
    low_cny: Decimal
    high_cny: Decimal
    quote: Quote | None
    volume_shares: int
    amount_cny: Decimal | None


@dataclass(frozen=True, slots=True)
class Children:
    """The orders of one plan, oldest first."""

    orders: tuple[Order, ...] = ()

    @property
    def sent(self) -> tuple[Order, ...]:
        return tuple(order for order in self.orders if order.status not in NEVER_SENT)

    @property
    def sent_shares(self) -> int:
        return sum(order.request.shares for order in self.sent)

    @property
    def filled_shares(self) -> int:
        return sum(order.filled_shares for order in self.orders)

    @property
    def open(self) -> tuple[Order, ...]:
        return tuple(order for order in self.orders if order.status not in FINAL_STATUSES)

    @property
    def unknown(self) -> tuple[Order, ...]:
        return tuple(o for o in self.orders if o.status is OrderStatus.UNKNOWN)

    @property
    def last(self) -> Order | None:
        return self.orders[-1] if self.orders else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """The world of one plan at one instant."""

    now_utc: datetime
    day: date
    phase: Phase
    session_s: int                     # of continuous trading since 09:30; see plan_schedule
    rules: SymbolDay | None            # None: no session, or nothing is known of the symbol
    seen: Seen | None                  # a fresh price of the continuous auction
    blind: str                         # why `seen` is None
    quote: Quote | None                # the newest of today, an auction's indicative one included
    sellable_shares: int
    locked_shares: int                 # bought today, not sellable before `next_session`
    next_session: date | None
    children: Children = field(default_factory=Children)
    held_back: str = ""                # why nothing may be sent for it now
    trading: TradingSettings = field(default_factory=TradingSettings)
    types: frozenset[OrderType] = frozenset(OrderType)     # what the broker's interface takes
    most_away_ratio: Decimal | None = None     # of a limit from the newest price, by the house


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """An order that a plan wants sent."""

    shares: int
    limit_cny: Decimal | None
    why: str
    type: OrderType = OrderType.LIMIT
    side_flipped: bool = False         # a grid sells what it bought
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a plan does in its turn: at most one order, so that nothing leaves in a burst.

    `quiet`: the row differs only in what may be lost without harm; it is not written now.
    """

    row: PlanRow
    send: Child | None = None
    cancel: tuple[int, ...] = ()
    spawn: PlanSpec | None = None      # a plan that carries this one on, written before `row`
    spawn_memo: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""                     # worth a DECISION entry by itself
    quiet: bool = False
