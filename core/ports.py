"""What the floors ask of each other. `main.py` hands in what fulfils these."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from core.desk_types import (
    Autonomy,
    BreakerState,
    Case,
    FlattenPlan,
    Plan,
    PlanSpec,
    Proposal,
)
from core.events import EventBus
from core.types import (
    Account,
    ActionRow,
    Adjust,
    Bar,
    BarColumns,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    DayFacts,
    DeskSnapshot,
    Fill,
    Instrument,
    JournalEntry,
    KillLevel,
    Mode,
    Order,
    OrderPreview,
    OrderRequest,
    Origin,
    Period,
    Position,
    PositionAtBroker,
    Quote,
    ReplayState,
    StateRow,
)


class Clock(Protocol):
    def now_utc(self) -> datetime: ...

    def monotonic_ns(self) -> int:
        """For durations and deadlines; unrelated to wall time."""
        ...


# ---- market data ---------------------------------------------------------------------------


class ReferenceData(Protocol):
    """What is known of instruments before a session opens."""

    def instrument(self, symbol: str) -> Instrument | None:
        """None: nobody knows this symbol."""
        ...

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        """None: nobody knows this symbol. Unknown parts of a known one are None inside."""
        ...


class CorporateActions(ReferenceData, Protocol):
    """Reference data that also knows what ex-dates give."""

    def action(self, symbol: str, day: date) -> ActionRow | None:
        """What an ex-date on this session gives per share held before it; None: no ex-date.

        Where only reference prices are known, the fall of the reference counts as cash.
        """
        ...


class MarketData(ReferenceData, Protocol):
    """Stored or generated history. Never returns a bar that ends after the clock's now."""

    @property
    def origin(self) -> Origin: ...

    def instruments(self) -> Sequence[Instrument]: ...

    def sessions(self, period: Period) -> Sequence[date]:
        """Days on which at least one instrument has bars of this period, ascending."""
        ...

    def bars(
        self, symbol: str, period: Period, adjust: Adjust = Adjust.NONE, *, last: int | None = None
    ) -> BarColumns:
        """At most `last` newest bars that have ended by now, oldest first; empty if none."""
        ...


@dataclass(frozen=True, slots=True)
class Tick:
    """Everything that became known at one moment of a recorded or generated day."""

    ts_utc: datetime
    bars: tuple[Bar, ...] = ()
    quotes: tuple[Quote, ...] = ()


class Tape(Protocol):
    """A recorded or generated market that can be played day by day."""

    def days(self) -> Sequence[date]: ...

    def play(self, day: date, symbols: Sequence[str]) -> Iterator[Tick]:
        """Ticks of the day in time order; an empty `symbols` means every instrument."""
        ...


class QuoteSource(Protocol):
    """A feed: publishes QuoteEvent and BarEvent on the bus until asked to stop."""

    def run(self, stop: threading.Event) -> None: ...

    def watch(self, symbols: Sequence[str]) -> None:
        """The instruments that deserve the fast lane: shown, held or ordered."""
        ...


class ReplayControl(QuoteSource, Protocol):
    """A feed that plays a Tape and moves a SimClock."""

    def state(self) -> ReplayState: ...

    def set_paused(self, paused: bool) -> None: ...

    def set_speed(self, speed: float) -> None: ...

    def choose_day(self, day: date) -> None:
        """Go on with another day. An earlier one needs TradingDesk.reset first."""
        ...


# ---- the order core ------------------------------------------------------------------------


class Broker(Protocol):
    """Takes orders to a market. Reports arrive through the handler, in any order."""

    @property
    def name(self) -> str: ...

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None: ...

    def place(self, order: Order) -> str:
        """The broker's order id. Raises OrderError only if the order was surely not taken."""
        ...

    def cancel(self, order: Order) -> None: ...

    def query_orders(self) -> Sequence[BrokerReport]:
        """The newest status of every order of today."""
        ...

    def query_trades(self) -> Sequence[BrokerReport]:
        """Every trade of today."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    def query_positions(self) -> Sequence[PositionAtBroker]:
        """What the broker says is held. Raises OrderError where `capabilities` deny it."""
        ...

    def query_cash(self) -> CashAtBroker:
        """Raises OrderError where `capabilities` deny it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The projection rows that one group of journal entries alters. Whole rows, not deltas."""

    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()           # new ones; an existing key is an error
    positions: tuple[Position, ...] = ()   # held_shares 0 stays a row: it carries realised profit
    account: Account | None = None         # a row of its own id, active or not
    kill_level: KillLevel | None = None
    state: tuple[StateRow, ...] = ()
    wipe: bool = False                     # account reset: all rows of the active account go first
    select: str | None = None              # this account is the active one before rows are taken
    last_order_id: int | None = None       # with `wipe`: ids go on from here


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRows:
    """All rows of one account."""

    account: Account
    positions: tuple[Position, ...]        # by symbol
    orders: tuple[Order, ...]              # by id
    fills: tuple[Fill, ...]                # as they were booked


@dataclass(frozen=True, slots=True, kw_only=True)
class Projections:
    """Everything an order store holds besides its journal: a book can be restored from it."""

    account: Account | None                # the active one, as are the next three
    positions: tuple[Position, ...]
    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]
    kill_level: KillLevel
    state: tuple[StateRow, ...] = ()       # sorted by kind, then key
    others: tuple[AccountRows, ...] = ()   # the accounts that are not active, by id
    last_order_id: int = 0                 # the highest ever given, those of wiped orders too

    @property
    def accounts(self) -> tuple[AccountRows, ...]:
        """Every account with its rows, the active one first."""
        if self.account is None:
            return self.others
        return (AccountRows(account=self.account, positions=self.positions, orders=self.orders,
                            fills=self.fills), *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Rows of days that are over: they may stay in the store until someone asks for them."""

    orders_upto: int                       # this order id and lower ones are sealed, but for
    open_ids: tuple[int, ...]              # those that had not ended
    fills_upto: int                        # in the order in which they were booked


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What the book was after one entry, so that opening need not begin at the first."""

    seq: int
    seal: Seal
    sealed_digest: str                     # of the sealed rows
    rows: Projections                      # all others
    digest: str                            # of all of this; stands in the entry after `seq`


class Archive(Protocol):
    """Sealed rows and checkpoints of an order store."""

    def seal(self, day: date) -> Seal:
        """What is sealed once this day has begun."""
        ...

    def digest(self, seal: Seal) -> str: ...

    def live(self, seal: Seal | None) -> Projections:
        """Every row that is not sealed."""
        ...

    def keep(self, seq: int, seal: Seal) -> Checkpoint:
        """Store the present rows as what the book is after entry `seq`; durable on return."""
        ...

    def newest(self) -> Checkpoint | None:
        """Raises DataError if its content is not what was kept."""
        ...

    def keys(self, seal: Seal) -> Sequence[tuple[str, str, int]]:
        """(account id, idempotency key, order id) of every sealed order that has a key."""
        ...

    def order(self, account_id: str, order_id: int) -> Order | None: ...

    def fill(self, account_id: str, key: tuple[date, str, str, int]) -> Fill | None: ...

    def orders(self, account_id: str, seal: Seal) -> Sequence[Order]:
        """The sealed ones, by id."""
        ...

    def fills(self, account_id: str, seal: Seal) -> Sequence[Fill]:
        """The sealed ones, as they were booked."""
        ...


class OrderStore(Protocol):
    """The journal and its projections, changed together or not at all."""

    def head(self) -> tuple[int, str]:
        """(seq, hash) of the newest entry; (0, 64 zeros) for an empty journal."""
        ...

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        """One durable transaction. After an error re-read `head()`: it may still have happened."""
        ...

    def entries(self, after_seq: int = 0) -> Iterator[JournalEntry]: ...

    def load(self) -> Projections: ...

    @property
    def archive(self) -> Archive | None:
        """None: this store keeps no checkpoints."""
        ...

    @property
    def outdated(self) -> bool:
        """True after an older file was brought up to date: rows lack what older ones did not
        hold, until `refill`.
        """
        ...

    def refill(self, projections: Projections) -> None:
        """Put rows that were made afresh from the journal in place of all that are stored."""
        ...

    def reopen(self) -> None:
        """After an error of the store: drop the connection and make a new one.

        What `head` says afterwards is durable. Raises DataError while that cannot be had.
        """
        ...

    def close(self) -> None: ...


class TradingDesk(Protocol):
    """What the window and the commands may ask of the trading thread."""

    def submit(self, request: OrderRequest) -> Future[Order]:
        """The order as checked: DENIED with its refusals, or on its way."""
        ...

    def cancel(self, order_id: int) -> Future[Order]: ...

    def cancel_all(self) -> Future[int]:
        """How many cancels were asked for."""
        ...

    def preview(self, request: OrderRequest) -> Future[OrderPreview]: ...

    def snapshot(self) -> DeskSnapshot:
        """The newest published state; never waits."""
        ...

    def set_kill(self, level: KillLevel, reason: str) -> Future[KillLevel]: ...

    def reset(self, day: date) -> Future[DeskSnapshot]:
        """A fresh simulated account that starts on `day`; journaled. Never for live."""
        ...


class SafetyDesk(Protocol):
    """Kill switch, breakers, cases and flattening, for the window and the commands."""

    def breakers(self) -> tuple[BreakerState, ...]:
        """The newest published state; never waits."""
        ...

    def rearm(self, name: str, *, by: str, reason: str) -> Future[BreakerState]:
        """A person sets a breaker back; audited."""
        ...

    def cases(self) -> tuple[Case, ...]:
        """Open cases, and those closed today."""
        ...

    def close_case(self, case_id: int, *, by: str, reason: str) -> Future[Case]: ...

    def blockers(self) -> Mapping[str, str]:
        """Why nothing may be sent at all, by who says so; empty: nothing blocks."""
        ...

    def flatten_plan(self) -> Future[FlattenPlan]: ...


class PlanDesk(Protocol):
    """Parent, conditional and staged orders."""

    def plans(self) -> tuple[Plan, ...]:
        """Plans that are not finished, and those finished today."""
        ...

    def place(self, spec: PlanSpec) -> Future[Plan]:
        """Raises OrderError through the future: which parameter is wrong, and what is allowed."""
        ...

    def stop(self, plan_id: int, *, reason: str) -> Future[Plan]:
        """Cancels what the plan has in the market and sends nothing more for it."""
        ...


class AutoDesk(Protocol):
    """The auto-trader."""

    def autonomy(self) -> Autonomy: ...

    def set_autonomy(self, autonomy: Autonomy, *, by: str, reason: str) -> Future[Autonomy]: ...

    def proposals(self) -> tuple[Proposal, ...]:
        """Pending ones, and those of today."""
        ...

    def approve(self, proposal_id: int, *, by: str) -> Future[Proposal]: ...

    def decline(self, proposal_id: int, *, by: str, reason: str) -> Future[Proposal]: ...


class AuditSink(Protocol):
    """Where security-relevant acts are written."""

    def record(self, event: str, user: str, details: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a window is handed. It reaches for nothing else."""

    mode: Mode
    clock: Clock
    bus: EventBus
    market: MarketData
    trading: TradingDesk
    feed: QuoteSource
    replay: ReplayControl | None       # None when the market is online
    safety: SafetyDesk | None = None
    plans: PlanDesk | None = None
    auto: AutoDesk | None = None
    broker_label: str = ""             # what the broker behind the desk was never tested against
