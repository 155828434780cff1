"""The trading thread: one owner of the session, a bounded inbox, and news on the bus.

Others ask through futures and never touch the session. Quotes are merged, the newest of each
symbol wins; bars, requests and reports keep their order and none is dropped.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from core.clock import SystemClock
from core.events import BarEvent, Event, EventBus, NoticeEvent, QuoteEvent
from core.exceptions import DataError, OrderError, TradingError
from core.rules import shanghai, to_shanghai
from core.types import (
    Bar,
    DeskSnapshot,
    KillLevel,
    Order,
    OrderPreview,
    OrderRequest,
    Quote,
)
from trading.session import SessionParts, TradingSession

log = logging.getLogger(__name__)
T = TypeVar("T")

INBOX_MESSAGES = 10_000
_IDLE_S = 1 / 5             # how long the thread waits before it looks at the clock by itself
_RETRY_NS = 1_000_000_000   # between attempts to write a kill down while trading has stopped
BY_PERSON = "a person at the desk"
_RETRY_S, _LONGEST_RETRY_S = 5, 60     # a ledger that failed is tried again after so long
_NS = 1_000_000_000
_FULL_WAIT_S = 30           # how long a feed waits for room before it is told that bars were lost


@dataclass(frozen=True, slots=True)
class _Ask:
    """Something the session shall do, and where the answer goes. `trades`: not while stopped."""

    act: Callable[[TradingSession], Any]
    answer: Future[Any]
    trades: bool


@dataclass(frozen=True, slots=True)
class _BarsCame:
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class _QuotesWait:
    """The merged quotes are in the engine; this only marks their turn."""


@dataclass(frozen=True, slots=True)
class _ReportsWait:
    """The broker's reports are in the session."""


_Message = _Ask | _BarsCame | _QuotesWait | _ReportsWait


class ExecutionEngine:
    """Implements core.ports.TradingDesk over one TradingSession.

    Either a thread runs `run(stop)`, or a test or headless command calls `drain()`; never both.
    """

    def __init__(
        self, parts: SessionParts, bus: EventBus, *, beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Opens the ledger and settles what was open when the program stopped.

        `beat`: the thread's sign of life, also while trading has stopped: that is no hang.

        Raises:
            DataError: the ledger cannot be read or contradicts itself.
        """
        self._bus, self._clock, self._beat = bus, parts.clock, beat
        self._inbox: queue.Queue[_Message] = queue.Queue(INBOX_MESSAGES)
        self._lock = threading.Lock()
        self._quotes: dict[str, Quote] = {}
        self._stopped: TradingError | None = None       # why trading has stopped
        self._ledger_failed: TradingError | None = None # that reason, if it was the ledger
        self._ended = False
        self._next_try_ns, self._steady_ns = 0, SystemClock().monotonic_ns
        self._retry_s, self._retry_ns = _RETRY_S, 0     # when a failed ledger is tried again
        self._session = TradingSession(replace(parts, publish=self._tell, wake=self._wake))
        self._guarded(self._session.act)        # the book is compared before the first request
        self._snapshot = self._session.snapshot()
        self._undo = (bus.subscribe(BarEvent, self._bars_came),
                      bus.subscribe(QuoteEvent, self._quotes_came))

    # ---- asked from any thread -------------------------------------------------------------------

    def submit(self, request: OrderRequest) -> Future[Order]:
        asked_ns = self._session.stopwatch_ns()
        return self.ask(lambda session: session.submit(request, asked_ns=asked_ns))

    def cancel(self, order_id: int) -> Future[Order]:
        return self.ask(lambda session: session.cancel(order_id))

    def cancel_all(self) -> Future[int]:
        return self.ask(lambda session: session.cancel_all())

    def preview(self, request: OrderRequest) -> Future[OrderPreview]:
        return self.ask(lambda session: session.preview(request), trades=False)

    def set_kill(self, level: KillLevel, reason: str) -> Future[KillLevel]:
        """A stricter level holds before this returns: nothing leaves from then on, whatever waits
        in the inbox, and even while the ledger cannot be written.
        """
        if self._session.kill_now(level, reason, BY_PERSON):
            return self.ask(lambda session: session.heed_kill_request(), trades=False)
        return self.ask(lambda session: session.set_kill(level, reason, BY_PERSON))

    def reset(self, day: date) -> Future[DeskSnapshot]:
        return self.ask(lambda session: session.reset(day))

    def snapshot(self) -> DeskSnapshot:
        """The newest published state; never waits."""
        return self._snapshot

    def needs_quotes(self) -> tuple[str, ...]:
        """What is held or ordered: its worth and its orders hang on fresh prices."""
        shown = self._snapshot
        held = {position.symbol for position in shown.positions if position.held_shares}
        return tuple(sorted(held | {order.request.symbol for order in shown.orders}))

    def settle(self) -> None:
        """Return when everything that arrived before this call has been worked off.

        From any thread but the trading thread, while that one runs; `drain` is for the rest.
        At once after the engine has closed.

        Raises:
            OrderError: it is still busy after 30 seconds; what arrived is not lost.
        """
        try:
            self.ask(lambda _session: None, trades=False).result(_FULL_WAIT_S)
        except TimeoutError:
            raise OrderError(
                "the trading core did not answer", why=f"it was busy for {_FULL_WAIT_S} seconds",
                remedy="Lower the replay speed or wait; nothing that arrived is lost") from None
        except OrderError:
            if not self._ended:
                raise

    @property
    def stopped(self) -> TradingError | None:
        """Why trading has stopped; None while it goes on."""
        return self._stopped

    # ---- the trading thread ----------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Work off the inbox until `stop` is set. Requests still waiting then are refused."""
        try:
            while not stop.is_set():
                self._beat()
                try:
                    message = self._inbox.get(timeout=_IDLE_S)
                except queue.Empty:
                    self._retry_if_due()
                    self._guarded(self._look_around)
                    self._kill_while_stopped()
                    continue
                self._handle(message)
        finally:
            self.close()

    def drain(self) -> None:
        """Work off everything that waits, on the caller's thread."""
        while True:
            try:
                self._handle(self._inbox.get_nowait())
            except queue.Empty:
                return

    def close(self) -> None:
        """Take nothing more; requests that wait are refused. The ledger notes the moment."""
        for undo in self._undo:
            undo()
        if not self._ended:
            self._guarded(self._session.leave)
        with self._lock:            # after this nobody puts a request any more
            self._ended = True
        while True:
            try:
                message = self._inbox.get_nowait()
            except queue.Empty:
                return
            if isinstance(message, _Ask) and message.answer.set_running_or_notify_cancel():
                message.answer.set_exception(_closed())

    # ---- messages --------------------------------------------------------------------------------

    def _handle(self, message: _Message) -> None:
        if self._session.kill_asked:            # before anything that came earlier
            self._guarded(self._session.heed_kill_request)
            self._kill_while_stopped()
        self._retry_if_due()
        match message:
            case _Ask():
                self._answer(message)
            case _BarsCame(bars):
                self._guarded(lambda: self._play_bars(bars))
            case _QuotesWait():
                self._guarded(self._play_quotes)
            case _ReportsWait():
                self._guarded(self._session.pump)
        self._guarded(self._session.act)
        self._show()

    def _answer(self, ask: _Ask) -> None:
        if not ask.answer.set_running_or_notify_cancel():
            return
        if self._stopped is not None and ask.trades:
            ask.answer.set_exception(self._stopped)
            return
        try:
            self._session.advance(self._clock.now_utc())
            result = ask.act(self._session)
        except Exception as error:
            if not isinstance(error, TradingError):     # a bug: the asker and the log learn it
                log.exception("a request to the trading core failed")
            self._after_error(error)
            ask.answer.set_exception(error)
        else:
            self._show()                    # so that an answer never runs ahead of the snapshot
            ask.answer.set_result(result)

    def _play_bars(self, bars: tuple[Bar, ...]) -> None:
        if bars and self._is_of_today(bars[0].ts_utc):
            self._session.on_bars(bars)

    def _play_quotes(self) -> None:
        with self._lock:
            quotes, self._quotes = tuple(self._quotes.values()), {}
        tomorrow_utc = shanghai(self._clock_day() + timedelta(days=1), time.min)
        quotes = tuple(quote for quote in quotes if quote.ts_utc < tomorrow_utc)
        if quotes and self._is_of_today(max(quote.ts_utc for quote in quotes)):
            self._session.on_quotes(quotes)

    def _clock_day(self) -> date:
        return to_shanghai(self._clock.now_utc()).date()

    def _is_of_today(self, ts_utc: datetime) -> bool:
        """Let the session see how late it is; False for a day that is not its own.

        Around a reset the last Tick of the market as it was may still come: it is dated after
        the clock, which was taken back, and must not roll the fresh account forward.
        """
        self._session.heed_kill_request()
        day = to_shanghai(ts_utc).date()
        if day > self._clock_day():
            log.info("market data of %s came after the clock was taken back", day)
            return False
        self._session.hear_market(ts_utc)
        self._session.advance(ts_utc)
        return day == self._session.day

    def _look_around(self) -> None:
        """Nothing waits: has a day begun or ended, has somebody pulled the kill switch?"""
        self._session.advance(self._clock.now_utc())
        self._session.heed_kill_request()
        self._session.act()
        self._show()

    def _guarded(self, act: Callable[[], object]) -> None:
        """Market and reports have no asker: their errors stop trading with a notice."""
        if self._stopped is not None:
            return
        try:
            act()
        except Exception as error:  # the thread must live on to say that trading has stopped
            log.exception("the trading core failed")
            if not self._after_error(error):
                self._stop_trading(error if isinstance(error, TradingError) else _bug(error))

    def _after_error(self, error: Exception) -> bool:
        """A failed write may have happened all the same: trading stops, the ledger is read again.

        It goes on by itself only after `_try_again` has proven that it may. False: the error
        was not the ledger's.
        """
        if not self._session.failed:
            return False
        why = error.why if isinstance(error, TradingError) else repr(error)
        self._ledger_failed = OrderError(
            "trading has stopped", why=f"the ledger could not be written: {why}",
            remedy="Nothing that was answered is lost; it goes on by itself once the ledger can "
                   "be written again, so free disk space if there is none")
        self._stop_trading(self._ledger_failed)
        self._retry_s = _RETRY_S
        self._try_again(why)
        return True

    def _retry_if_due(self) -> None:
        if self._retry_ns and self._clock.monotonic_ns() >= self._retry_ns:
            self._retry_s = min(2 * self._retry_s, _LONGEST_RETRY_S)
            self._try_again("an earlier write failed")

    def _try_again(self, why: str) -> None:
        """Go on if the ledger equals its journal, the broker was asked, and a write is durable.

        The kill level stays as the ledger has it.
        """
        try:
            self._session.reload()
            self._session.note_recovery(why)
        except Exception:  # whatever still fails, trading stays stopped and is tried again
            log.exception("the ledger still fails")
            self._retry_ns = self._clock.monotonic_ns() + self._retry_s * _NS
            return
        self._retry_ns = 0
        if self._stopped is not self._ledger_failed:
            return                          # it had stopped for another reason before
        self._stopped = None
        self._tell(NoticeEvent(
            "WARNING", f"Trading goes on: the ledger could not be written ({why}), was read "
            "again, equals its journal, and the broker was asked. Nothing was lost"))

    def _kill_while_stopped(self) -> None:
        """Trading has stopped, orders may still be open: a kill cancels them and is written as
        soon as that is possible.
        """
        if self._stopped is None or not self._session.kill_asked:
            return
        now_ns = self._steady_ns()          # a replay that is paused has a clock that stands still
        if now_ns < self._next_try_ns:
            return
        self._next_try_ns = now_ns + _RETRY_NS
        try:
            try:
                self._session.heed_kill_request()       # the cancels leave, written or not
            except DataError:
                self._session.reload()
                self._session.heed_kill_request()
            self._show()
        except TradingError as error:
            log.warning("a kill could not be written yet: %s", error)

    def _stop_trading(self, why: TradingError) -> None:
        if self._stopped is None:
            self._stopped = why
            self._tell(NoticeEvent("CRITICAL", str(why)))

    # ---- from and to other threads ---------------------------------------------------------------

    def ask(self, act: Callable[[TradingSession], T], *, trades: bool = True) -> Future[T]:
        """Have the trading thread do something with its session; for the desks built on it.

        Args:
            trades: refused once trading has stopped; False: a question that only reads.
        """
        answer: Future[T] = Future()
        with self._lock:
            if self._ended:
                answer.set_exception(_closed())
                return answer
            try:
                self._inbox.put_nowait(_Ask(act, answer, trades))
            except queue.Full:
                answer.set_exception(OrderError(
                    "the trading core is busy", why=f"{INBOX_MESSAGES} messages wait",
                    remedy="Nothing was sent; try again in a moment"))
        return answer

    def _bars_came(self, event: BarEvent) -> None:
        self._deliver(_BarsCame(event.bars))

    def _quotes_came(self, event: QuoteEvent) -> None:
        with self._lock:
            first = not self._quotes
            self._quotes.update((quote.symbol, quote) for quote in event.quotes)
        if first:
            self._deliver(_QuotesWait())

    def _deliver(self, message: _Message) -> None:
        try:
            self._inbox.put(message, timeout=_FULL_WAIT_S)
        except queue.Full:
            self._stop_trading(OrderError(
                "trading has stopped", why="the market came faster than it could be booked",
                remedy="Lower the replay speed and start again"))

    def _wake(self) -> None:
        try:
            self._inbox.put_nowait(_ReportsWait())
        except queue.Full:
            log.debug("the inbox is full; reports are booked with the next message")

    def _tell(self, event: Event) -> None:
        self._bus.publish(event)

    def _show(self) -> None:
        if self._session.failed or self._session.journal_seq == self._snapshot.journal_seq:
            return
        self._snapshot = self._session.snapshot()


def _closed() -> OrderError:
    return OrderError("the trading core is closed", why="the program is ending",
                      remedy="Nothing was sent; start the program again")


def _bug(error: Exception) -> OrderError:
    return OrderError("trading has stopped", why=f"an internal error: {error!r}",
                      remedy="The log holds the details; start again")
