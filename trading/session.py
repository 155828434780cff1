"""TradingSession: intent, checks, order, report and ledger in one object.

The same object trades live, on paper and in a backtest. Clock, calendar, reference data, broker
and store are handed in, and no line here asks which of them it got. It belongs to one thread.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

from core.calendar import TradingCalendar
from core.constants import TRADING_HOURS
from core.events import DayEvent, Event, FillEvent, KillEvent, NoticeEvent, OrderEvent
from core.exceptions import DataError, OrderError
from core.money import from_e4, to_e4, to_fen
from core.ports import AuditSink, Clock, OrderStore, ReferenceData
from core.rules import to_shanghai
from core.settings_types import RiskSettings, TradingSettings
from core.types import (
    Bar,
    BrokerReport,
    DeskSnapshot,
    KillLevel,
    Order,
    OrderPreview,
    OrderRequest,
    OrderSide,
    Origin,
    Position,
    Quote,
    Report,
)
from trading.attendants import Attendant
from trading.bookkeeper import DAY_ENTRIES, Bookkeeper
from trading.broker import BrokerInterface, SimulatorBroker
from trading.clock_watch import ClockWatch
from trading.day_rules import DayRules
from trading.ex_dates import (
    DayStarter,
    day_payload,
    days_to_open,
    fill_extras,
    nothing_starts,
)
from trading.kill_switch import (
    CHANGES,
    Actor,
    Change,
    KillRequest,
    KillSwitch,
    check_change,
    tripped_levels,
)
from trading.ledger import Book, Booking
from trading.matching import FillPolicy
from trading.oms import OrderManagementSystem
from trading.records import Entry, Payload
from trading.recovery import BLOCKER, recover
from trading.risk import RiskManager
from trading.risk_checks import RiskProfile
from trading.risk_view import ExposureFigures, RiskView
from trading.surroundings import Surroundings

DAY_END = max(row.end for row in TRADING_HOURS)     # Shanghai wall time
CLOCK = "clock"                                     # of blockers: the wall clock is not believed
_BURST = 500                # reports that become durable together


class JournalOnly:
    """An audit sink for sessions without an audit log: the journal has every act already."""

    def record(self, event: str, user: str, details: str) -> None:
        """Nothing more is kept."""


@dataclass(frozen=True, kw_only=True)
class SessionParts:
    """Everything a session is handed.

    `account_id`: the account that is traded; it is opened if there is none of this name.
    `origin`: the data that an account opened here trades on.
    `day_start`: (positions, the ledger's day, the new day) -> entitlements and write-offs of
    every day after the first up to the second.
    `dividend_tax`: the tax on dividends is withheld at the sale of the shares.
    `kill_request`: the file by which others ask to stop; None in a backtest.
    `rewind`: takes the clock to the moment at which a reset account starts; None: this account
    is never reset (live).
    `crash_point`: called at each name of oms.CRASH_POINTS; drills die there.
    `moved`: told of cash that moved without an order (tax withheld, a subscription), for a broker
    that counts cash in this process.
    `wake`: called from any thread when a report waits for `pump`.
    `sign`: makes the signature over an entry's hash; None: nobody signs.
    `surroundings`: what the risk gate asks of the world outside; unknown there is refused.
    `attendants`: makes what else lives on the session's thread, before recovery begins.
    `stopwatch_ns`: for deadlines and intervals where the clock is not the wall's (a replay);
    None: the clock's own.
    `audit`: where security-relevant acts go besides the journal.
    """

    clock: Clock
    calendar: TradingCalendar
    rules: DayRules
    broker: BrokerInterface
    store: OrderStore
    trading: TradingSettings
    risk: RiskSettings
    profile: RiskProfile = RiskProfile.HOUSE
    account_id: str = "main"
    origin: Origin | None = None
    day_start: DayStarter = nothing_starts
    dividend_tax: bool = False
    kill_request: Path | None = None
    rewind: Callable[[date], None] | None = None
    crash_point: Callable[[str], None] = lambda _name: None
    publish: Callable[[Event], None] = lambda _event: None
    wake: Callable[[], None] = lambda: None
    moved: Callable[[Decimal], None] = lambda _cash_cny: None
    sign: Callable[[str], str] | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)
    attendants: "Callable[[TradingSession], Sequence[Attendant]]" = lambda _session: ()
    stopwatch_ns: Callable[[], int] | None = None
    audit: AuditSink = field(default_factory=JournalOnly)


class TradingSession:
    """Orders in, everything that follows from them in the ledger."""

    def __init__(self, parts: SessionParts) -> None:
        """Reads the ledger, opens the account if there is none, and settles what was open.

        Raises:
            DataError: the ledger cannot be read or contradicts itself.
        """
        self._parts = parts
        self._clock, self._broker = parts.clock, parts.broker
        self._began_utc = parts.clock.now_utc()
        self._watch = ClockWatch(parts.clock)
        self._reports: deque[BrokerReport] = deque()
        self._untold: list[Callable[[], None]] = []     # news of a group that is not durable yet
        self._books = Bookkeeper(parts.store, parts.clock, sign=parts.sign)
        # Why nothing may be sent, by who says so ("reconciler"); the risk gate refuses while any
        # reason stands. Attendants set and remove their own.
        self.blockers: dict[str, str] = {}
        self._risk = RiskManager(
            clock=parts.clock, calendar=parts.calendar, rules=parts.rules, trading=parts.trading,
            risk=parts.risk, profile=parts.profile, opening_price=parts.broker.opening_price,
            surroundings=parts.surroundings, blockers=self.blockers)
        kill = KillSwitch(parts.kill_request)
        self._kill = kill
        self._oms = OrderManagementSystem(
            books=self._books, broker=parts.broker, rules=parts.rules, risk=self._risk, kill=kill,
            clock=parts.clock, on_booking=self._booked, on_quarantine=self._quarantined,
            on_notice=self._noticed, crash_point=parts.crash_point,
            stopwatch_ns=self.stopwatch_ns, send_deadline_s=parts.trading.send_deadline_s,
            extras=self._extras)
        self._attendants: tuple[Attendant, ...] = ()
        self._attendants = tuple(parts.attendants(self))
        parts.broker.on_report(self._arrived)
        self._take_up_account()
        self._risk.resume(self._books.book, self._books.seq, parts.store.entries)
        self._recover(restarted=True)
        self._tell_broker()

    @property
    def day(self) -> date:
        """The trading day the ledger stands at."""
        return self._books.book.day

    @property
    def journal_seq(self) -> int:
        return self._books.seq

    @property
    def head(self) -> tuple[int, str]:
        """(number, hash) of the newest entry."""
        return self._books.head

    @property
    def failed(self) -> bool:
        """True after the store failed: nothing more is written before `reload`."""
        return self._books.failed

    def reload(self) -> None:
        """Read the ledger again after a failure of the store, and settle what was open.

        The broker has not failed: it is asked what became of them, and never told.
        """
        self._untold.clear()
        self._books.reload()
        self._risk.resume(self._books.book, self._books.seq, self._parts.store.entries)
        self._recover(restarted=False)

    def _recover(self, *, restarted: bool) -> None:
        silent = recover(self._books, self._broker, self._oms, restarted=restarted)
        if silent:
            self.blockers[BLOCKER] = silent
        self.pump()

    def note_recovery(self, why: str) -> None:
        """Write down that the ledger failed and is trusted again; the proof that it takes writes.

        Raises:
            DataError: it still cannot be written.
        """
        self.record(Entry.DECISION, {"key": "store", "why": why,
                                     "value": "the ledger was read again and trading goes on"})

    def stopwatch_ns(self) -> int:
        """For deadlines and intervals: never set back, unrelated to any date."""
        return (self._parts.stopwatch_ns or self._clock.monotonic_ns)()

    # ---- orders --------------------------------------------------------------------------------

    def submit(self, request: OrderRequest, *, asked_ns: int | None = None) -> Order:
        """Check, write down, send. The order as it stands: DENIED with its reasons, or on its way.

        Args:
            asked_ns: when it was asked for, on the stopwatch: what waited too long is not sent.
        Raises:
            DataError: the ledger cannot be written; trading has to stop.
            OrderError: the market was taken back to a day before the ledger's.
        """
        self.doubts_clock()
        today = self._today()
        if today < self.day:
            raise OrderError("the order was not sent", why=f"the market was taken back to {today}, "
                             f"the account stands at {self.day}",
                             remedy="Reset the simulated account to trade on an earlier day")
        view, refusals = self._risk.judge(request, self._books.book)
        if refusals:
            return self._oms.deny(request, refusals)
        order = self._oms.send(
            request, judged=_judged(view),
            reserved_e4=0 if view.cost_cny is None else to_e4(view.cost_cny), asked_ns=asked_ns)
        self.pump()
        return self._books.book.orders[order.order_id]

    def cancel(self, order_id: int) -> Order:
        """Ask for a cancel; never blocked by a risk rule. OrderError: unknown, or it has ended."""
        self._oms.cancel(order_id)
        self.pump()
        return self._books.book.orders[order_id]

    def cancel_all(self) -> int:
        """How many cancels were asked for."""
        asked = self._oms.cancel_all()
        self.pump()
        return asked

    def preview(self, request: OrderRequest) -> OrderPreview:
        """What the order would cost and why it would be refused; nothing is written."""
        book = self._books.book
        view, refusals = self._risk.judge(request, book)
        day, fees, needed, proceeds = view.symbol_day, None, None, None
        price_cny = self._risk.judged_price(request, day)
        if day is not None and price_cny is not None:
            amount_cny = to_fen(price_cny * request.shares)
            fees = self._risk.fees(request.side, day.instrument, amount_cny, request.shares,
                                   view.day)
            if request.side is OrderSide.BUY:
                needed = amount_cny + fees.total_cny
            else:
                proceeds = amount_cny - fees.total_cny
        band = None if day is None else day.band
        after = view.exposure or ExposureFigures()
        change_cny = proceeds if needed is None else -needed
        return OrderPreview(
            request=request, refusals=refusals, fees=fees, cash_needed_cny=needed,
            proceeds_cny=proceeds, available_cny=view.available_cny,
            sellable_shares=view.sellable_shares,
            max_buy_shares=self._risk.max_buy_shares(request, day, view.available_cny),
            limit_down_cny=None if band is None else band.down_cny,
            limit_up_cny=None if band is None else band.up_cny,
            available_after_cny=None if change_cny is None else view.available_cny + change_cny,
            position_ratio=after.position_ratio, sector_ratio=after.sector_ratio,
            gross_ratio=after.gross_ratio, var_before_ratio=after.var_before_ratio,
            var_after_ratio=after.var_ratio)

    def set_kill(
        self, level: KillLevel, reason: str, by: str = "a person", *,
        actor: Actor = Actor.PERSON,
    ) -> KillLevel:
        """Set the kill level, durably; from BLOCK on, open orders are cancelled as well.

        Raises:
            RiskError: `actor` may not take this step; see kill_switch.CHANGES.
            DataError: it could not be written; cancels went out all the same.
        """
        book = self._books.book
        old, tripped = book.kill_level, tripped_levels(book.state_of(Entry.BREAKER))
        check_change(old, level, actor, reason, tripped)
        if CHANGES[old, level] is Change.PERSON_WITH_REASON:
            self.audit("kill level lowered", by, f"{old.name} to {level.name}: {reason}")
        self._oms.set_kill(level, reason, by)
        self.pump()
        return book.kill_level

    def kill_now(self, level: KillLevel, reason: str, by: str) -> bool:
        """From any thread: nothing leaves from this moment on; the ledger follows in its turn.

        False, and nothing happened: the level in force is at least as strict.
        """
        if level <= self._books.book.kill_level:
            return False
        self._kill.ask(KillRequest(level, reason, by))
        return True

    @property
    def kill_asked(self) -> bool:
        """Whether anybody, a file included, asks for a stricter level than the one in force."""
        return self._kill.requested(self._books.book.kill_level) is not None

    def heed_kill_request(self) -> KillLevel:
        """Take over a request from outside, if one lies there; the level in force."""
        asked = self._kill.requested(self._books.book.kill_level)
        if asked is not None:
            self.set_kill(asked.level, asked.reason, asked.by, actor=Actor.REQUEST)
        return self._books.book.kill_level

    def audit(self, event: str, user: str, details: str) -> None:
        """Keep a security-relevant act: in the journal first, then in the audit log."""
        self.record(Entry.DECISION, {
            "what": "audit", "event": event, "by": user, "why": details})
        self._parts.audit.record(event, user, details)

    # ---- for attendants --------------------------------------------------------------------------

    @property
    def book(self) -> Book:
        """The state of the account, to read; it changes through entries only."""
        return self._books.book

    @property
    def parts(self) -> SessionParts:
        return self._parts

    @property
    def oms(self) -> OrderManagementSystem:
        """For the reconciler, which books what the broker's lists prove."""
        return self._oms

    def record(self, kind: Entry, payload: Payload) -> None:
        """Write an attendant's own entry: one of STATE_KINDS, or DECISION."""
        self._booked(kind, payload, self._books.record(kind, payload))

    def act(self) -> None:
        """The attendants' turn: after every message, and when nothing comes."""
        for attendant in self._attendants:
            attendant.act()
            self.pump()
        if self._books.checkpoint_due():
            self._books.checkpoint()

    # ---- the broker and the market ---------------------------------------------------------------

    def on_report(self, report: BrokerReport) -> None:
        """Book one report now. On the session's thread only."""
        self._oms.take(report)

    def pump(self) -> None:
        """Book every report that has arrived, in the order of arrival; a burst at once."""
        while self._reports:
            burst = tuple(islice(self._reports, _BURST))
            with self._together():
                for report in burst:
                    self.on_report(report)
            for _ in burst:                         # what could not be written is kept
                self._reports.popleft()

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """Bars that just ended."""
        self._risk.note_bars(bars)
        self._broker.on_bars(bars)
        self.pump()
        for attendant in self._attendants:
            attendant.market((), bars)

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        self._risk.note_quotes(quotes)
        self._broker.on_quotes(quotes)
        self.pump()
        for attendant in self._attendants:
            attendant.market(quotes, ())

    # ---- days ------------------------------------------------------------------------------------

    def advance(self, now_utc: datetime) -> None:
        """Open the day of `now_utc` if it is a session later than the ledger's; end a day that
        is over. By a clock that is not believed no day begins or ends.
        """
        if self.doubts_clock():
            return
        local = to_shanghai(now_utc)
        day = local.date()
        if day > self.day and self._is_session(day):
            self.open_day(day)
        elif day == self.day and local.time() >= DAY_END and self._books.book.open_ids:
            self.close_day()

    def hear_market(self, ts_utc: datetime) -> None:
        """The newest time that the market itself has put on a price: it may confirm the clock."""
        self._watch.hear_market(ts_utc)

    def doubts_clock(self) -> bool:
        """Whether the wall clock has jumped; nothing is sent until it is believed again."""
        doubt = self._watch.doubt
        if not doubt:
            self.blockers.pop(CLOCK, None)
            return False
        if CLOCK not in self.blockers:
            self._noticed("ERROR", f"Nothing is sent: {doubt}")
        self.blockers[CLOCK] = doubt
        return True

    def open_day(self, day: date) -> None:
        """End what is left of earlier days, roll T+1, credit ex-dates. Twice changes nothing.

        Raises:
            OrderError: an earlier day than the ledger's.
        """
        if day < self.day:
            raise OrderError(f"cannot open {day}", why=f"the ledger stands at {self.day}",
                             remedy="Reset the simulated account to start on an earlier day")
        if day == self.day:
            return
        self._parts.crash_point("before_day_end")
        self.close_day()
        self._risk.forget_prices()
        with self._together():
            self._oms.end_orders_before(day)
            self._parts.crash_point("before_day_roll")
            for step in days_to_open(self._books.book.account, day):
                book = self._books.book
                payload = day_payload(
                    step, self._parts.day_start(book.positions, book.day, step))
                self._booked(Entry.DAY_OPENED, payload,
                             self._books.record(Entry.DAY_OPENED, payload, day=step))
        self._oms.reindex()
        self._parts.crash_point("after_day_roll")
        self._tell_broker()
        if self._books.checkpoint_due(DAY_ENTRIES):
            self._books.checkpoint()
        self._day_opened(day)

    def close_day(self) -> None:
        """The session is over: what is open and provably ended has expired."""
        self._broker.end_day()
        self.pump()

    def leave(self) -> None:
        """An orderly end. The journal keeps its moment, if time has passed since the start.

        Without it a replay would begin again at the last order, and its trader would know what
        comes. Raises DataError if the store fails.
        """
        if not self._books.failed and self._clock.now_utc() > self._began_utc:
            self._books.record(Entry.DESK_CLOSED, {})
            if self._books.checkpoint_due(DAY_ENTRIES):
                self._books.checkpoint()

    def reset(self, day: date) -> DeskSnapshot:
        """A fresh account that starts on `day`. Journaled; ids go on.

        Raises:
            OrderError: this account is never reset.
        """
        if self._parts.rewind is None:
            raise OrderError("this account is not reset", why="it holds real money and shares",
                             remedy="Only simulated accounts start afresh")
        self._parts.rewind(day)
        self._reports.clear()
        self._record_account(Entry.ACCOUNT_RESET, day, self._books.book.opened.account_id)
        self._parts.rules.forget()
        self._risk.forget_prices()
        self._broker.restore((), ())
        self._tell_broker()
        self._day_opened(day)
        return self.snapshot()

    def _tell_broker(self) -> None:
        """A broker in this process counts its own shares and cash on from what the day begins with.
        """
        self._broker.day_started(self._books.book.positions.values(), self.cash_cny)

    def subscribe(self, symbol: str, shares: int) -> DeskSnapshot:
        """Take up (a part of) the right to new shares of a rights issue, oldest right first.

        The cash leaves now, the shares come with the next session.

        Raises:
            OrderError: there is no such right, or it is smaller, or the free cash is.
        """
        book = self._books.book
        right = next((each for each in book.opened.rights if each.symbol == symbol), None)
        if right is None:
            raise OrderError(f"{shares} shares of {symbol} were not subscribed",
                             why="the account holds no right to subscribe any",
                             remedy="A right comes on the ex-date and lapses after its last day")
        payload: Payload = {
            "symbol": symbol, "ex_date": right.ex_date.isoformat(), "shares": shares,
            "due": self._parts.calendar.next_session(book.day).isoformat()}
        before_cny = self.cash_cny
        self._booked(Entry.RIGHT_TAKEN, payload, self._books.record(Entry.RIGHT_TAKEN, payload))
        self._parts.moved(self.cash_cny - before_cny)
        return self.snapshot()

    def _extras(self, order: Order, shares: int) -> Payload:
        return fill_extras(self._books.book, order, shares, day_start=self._parts.day_start,
                           taxed=self._parts.dividend_tax)

    def _day_opened(self, day: date) -> None:
        for attendant in self._attendants:
            attendant.day_opened(day)
        self._parts.publish(DayEvent(day))

    # ---- what it knows ---------------------------------------------------------------------------

    def snapshot(self) -> DeskSnapshot:
        """The account, everything held, and today's orders and fills."""
        book = self._books.book
        positions = tuple(book.positions[symbol] for symbol in sorted(book.positions))
        orders, fills = book.today()
        return DeskSnapshot(
            account=book.account, positions=positions, orders=orders, fills=fills,
            kill_level=book.kill_level, journal_seq=self._books.seq)

    def order(self, order_id: int) -> Order:
        """KeyError: no such order."""
        return self._books.book.orders[order_id]

    def holdings(self) -> list[Position]:
        """Positions that hold shares."""
        return [p for p in self._books.book.positions.values() if p.held_shares]

    @property
    def cash_cny(self) -> Decimal:
        """All cash, reserved part included."""
        return from_e4(self._books.book.opened.cash_e4)

    @property
    def next_order_id(self) -> int:
        return self._books.book.last_order_id + 1

    # ---- the pieces ------------------------------------------------------------------------------

    def _arrived(self, report: BrokerReport) -> None:
        """The broker's handler: may be called on any thread, and inside `place`."""
        self._reports.append(report)
        self._parts.wake()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """One transaction for all entries of the block; told when they are durable."""
        with self._books.group():
            yield
        untold, self._untold = self._untold, []
        for tell in untold:
            tell()

    def _booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        self._risk.booked(kind, payload, booking, self._books.book)
        if self._books.grouping:
            self._untold.append(lambda: self._tell(kind, payload, booking))
        else:
            self._tell(kind, payload, booking)

    def _tell(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        if "dividend_tax_e4" in payload:
            self._parts.moved(-from_e4(payload["dividend_tax_e4"]))
        for attendant in self._attendants:
            attendant.booked(kind, payload, booking)
        publish = self._parts.publish
        for order in booking.changes.orders:
            publish(OrderEvent(order))
        for fill in booking.changes.fills:
            account = booking.changes.account
            publish(FillEvent(fill, None if account is None else account.cash_cny))
        if booking.changes.kill_level is not None:
            publish(KillEvent(booking.changes.kill_level, "see the journal"))

    def _quarantined(self, report: BrokerReport, why: str) -> None:
        severity = "CRITICAL" if report.kind is Report.FILL else "ERROR"
        notice = NoticeEvent(
            severity, f"A report of the broker about order {report.order_id} was not booked: "
            f"{why}. Compare the order with the broker's own list")
        if self._books.grouping:
            self._untold.append(lambda: self._parts.publish(notice))
        else:
            self._parts.publish(notice)

    def _noticed(self, severity: str, text: str) -> None:
        self._parts.publish(NoticeEvent(severity, text))

    def _take_up_account(self) -> None:
        """Make the account of the parts the active one; open it if there is none of its name."""
        name, books = self._parts.account_id, self._books
        newest = next(iter(self._parts.store.entries(after_seq=books.seq - 1)), None)
        if name not in books.book.accounts:
            self._record_account(Entry.ACCOUNT_OPENED, self._today(), name)
        if books.book.opened.account_id != name and newest is not None:
            payload: Payload = {"account_id": name, "left_utc": newest.ts_utc.isoformat()}
            self._booked(Entry.ACCOUNT_SELECTED, payload, books.record(
                Entry.ACCOUNT_SELECTED, payload, day=books.book.accounts[name].trading_day))

    def _record_account(self, kind: Entry, day: date, name: str) -> None:
        initial_e4 = to_e4(self._parts.trading.initial_cash_cny)
        payload: Payload = {"account_id": name, "cash_e4": initial_e4}
        if self._parts.origin is not None:
            payload["origin"] = self._parts.origin.value
        self._booked(kind, payload, self._books.record(kind, payload, day=day))

    def _today(self) -> date:
        return to_shanghai(self._clock.now_utc()).date()

    def _is_session(self, day: date) -> bool:
        try:
            return self._parts.calendar.is_session(day)
        except DataError:
            return False            # an unknown day trades nothing


def simulator(
    *, clock: Clock, calendar: TradingCalendar, reference: ReferenceData, policy: FillPolicy,
    costs: TradingSettings | None = None,
) -> tuple[DayRules, SimulatorBroker]:
    """The rules of the day and a simulated broker that share them.

    `costs`: what its own account is charged by; None: it keeps none.
    """
    rules = DayRules(reference)
    return rules, SimulatorBroker(
        clock=clock, calendar=calendar, rules=rules, policy=policy, costs=costs)


def _judged(view: RiskView) -> Payload:
    """The numbers an order was judged by, for the journal."""
    band = None if view.symbol_day is None else view.symbol_day.band
    return {
        "available_e4": to_e4(view.available_cny), "sellable_shares": view.sellable_shares,
        "last": "" if view.last_cny is None else str(view.last_cny),
        "limit_down": "" if band is None or band.down_cny is None else str(band.down_cny),
        "limit_up": "" if band is None or band.up_cny is None else str(band.up_cny)}
