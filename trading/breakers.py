"""Watches the desk, trips the breakers of trading/breaker_table.py, and keeps them tripped.

A breaker that fires becomes one durable BREAKER row and raises the kill level, never lowers it.
It stands over restarts until a person re-arms it; meanwhile the level cannot go below its own
(see kill_switch.check_change). Re-arming lowers nothing: a person sets the level afterwards.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.desk_types import BreakerState
from core.events import NoticeEvent
from core.exceptions import DataError, OrderError
from core.money import from_e4, to_e4
from core.rules import is_breaker_halted, phase, to_shanghai
from core.types import Bar, OrderSide, OrderStatus, Phase, Quote, Report
from trading.attendants import Onlooker
from trading.breaker_table import (
    BREAKERS,
    BY_NAME,
    ERRORS_WINDOW_S,
    RAPID_WINDOW_S,
    REJECTS_WINDOW_S,
    Breaker,
    Limits,
    Observation,
)
from trading.kill_switch import Actor
from trading.ledger import Book, Booking
from trading.records import Entry, Payload
from trading.session import TradingSession
from trading.valuation import Valuation, peak_key

log = logging.getLogger(__name__)

_NS_PER_S = 1_000_000_000
_LOOK_EVERY_NS = _NS_PER_S
_SAMPLE_EVERY_NS = 5 * _NS_PER_S
_PEAK_STEP = Decimal("0.001")      # a new high is written once it is so much above the last one
_STREAK = "loss_streak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What breakers ask of the world outside the session. None: nobody watches it."""

    free_bytes: Callable[[], int | None] | None = None
    drift_tripped: Callable[[], bool | None] | None = None
    price_every_s: int = 0             # prices are that far apart by nature: recorded bars


class Breakers(Onlooker):
    """An attendant. Its windows are short-lived; what must last is in the ledger's rows."""

    def __init__(self, session: TradingSession, limits: Limits, watched: Watched) -> None:
        self._session, self._limits, self._watched = session, limits, watched
        self._clock = session.parts.clock
        self._values = Valuation(session.parts.rules)
        self._next_ns = 0
        self._rejects, self._errors = deque[datetime](), deque[datetime]()
        self._samples: deque[tuple[int, int]] = deque()         # (monotonic ns, equity e4)
        self._realised = {p.symbol: p.realised_cny for p in session.book.positions.values()}
        self._by_order: dict[int, Decimal] = {}                 # today's sales: what each earned
        self._priced_utc: dict[str, datetime] = {}
        self._suspended: dict[str, bool] = {}
        self._traded: set[str] = set()
        self._since_utc = self._clock.now_utc()
        self._wall_less_steady: timedelta | None = None
        self._ahead_s = Decimal(0)                              # of the newest quotes
        self._afresh = False
        self._remember_rejects()

    # ---- notes ---------------------------------------------------------------------------------

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        now = self._clock.now_utc()
        if kind is Entry.REPORT and payload["report"] == Report.REJECTED.value:
            self._rejects.append(now)
        elif kind is Entry.QUARANTINED or (
                kind is Entry.REPORT and payload["report"] == Report.SILENCE.value):
            self._errors.append(now)
        elif kind is Entry.ACCOUNT_RESET:
            self._forget()
        self._note_earned(booking)
        self._next_ns = 0

    def market(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        self._values.note(quotes, bars)
        for bar in bars:
            self._priced_utc[bar.symbol] = bar.ts_utc
        now = self._clock.now_utc()
        for quote in quotes:
            self._suspended[quote.symbol] = quote.suspended
            if quote.last_cny is not None and not quote.suspended:
                self._priced_utc[quote.symbol] = quote.ts_utc
                self._traded.add(quote.symbol)
        ahead = max((quote.ts_utc for quote in quotes), default=now) - now
        self._ahead_s = max(Decimal(0), _seconds(ahead))

    def day_opened(self, day: date) -> None:
        self._values.forget()
        self._priced_utc, self._suspended, self._traded = {}, {}, set()
        self._errors.clear()        # orders whose day ended in silence are no broken connection
        self._samples.clear()
        self._since_utc = self._clock.now_utc()
        self._next_ns = 0

    # ---- the turn to act -----------------------------------------------------------------------

    def act(self) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns < self._next_ns:
            return
        self._begin_afresh()
        self._keep_streak()
        seen = self.observe()
        for breaker in BREAKERS:
            row = self._row(breaker.name)
            if row.get("tripped"):
                self._hold(breaker, row["text"])
                continue
            text = breaker.fires(seen, self._limits)
            if text:
                self._fire(breaker, text, row)
        self._next_ns = now_ns + _LOOK_EVERY_NS

    def observe(self) -> Observation:
        """The desk as it is now."""
        book, now = self._session.book, self._clock.now_utc()
        stale = self._stale(now)
        equity_cny = None if stale else self._values.equity_cny(book)   # old prices say nothing
        start_cny = self._values.day_start_cny(book)
        profit_cny = None if equity_cny is None or start_cny is None else equity_cny - start_cny
        watched = self._watched
        return Observation(
            day_profit_cny=profit_cny, drawdown_ratio=self._drawdown(equity_cny),
            rapid_loss_ratio=self._rapid_loss(equity_cny),
            rejects=_within(self._rejects, now, REJECTS_WINDOW_S, self._rearmed("reject_storm")),
            errors=_within(self._errors, now, ERRORS_WINDOW_S, self._rearmed("error_rate")),
            losing_sales=self._row(_STREAK).get("count", 0), stale=stale,
            open_cases=sum(1 for row in book.state_of(Entry.CASE).values()
                           if not row.get("closed_utc")),
            drift_tripped=None if watched.drift_tripped is None else watched.drift_tripped(),
            clock_skew_s=self._skew(now), quoted=len(self._suspended),
            halted=sum(1 for symbol, halted in self._suspended.items()
                       if halted and symbol in self._traded),
            index_halt=is_breaker_halted(to_shanghai(now).date(), to_shanghai(now).time()),
            free_bytes=None if watched.free_bytes is None else watched.free_bytes(),
            disk_watched=watched.free_bytes is not None)

    def rearm(self, name: str, *, by: str, reason: str) -> None:
        """A person sets a breaker back. The kill level stays as it is.

        Raises:
            OrderError: no such breaker, it has not fired, or name or reason are missing.
        """
        row = self._row(name)
        if name not in BY_NAME:
            raise OrderError(f"there is no breaker {name!r}", why="the table does not have it",
                             remedy=f"Choose one of: {', '.join(BY_NAME)}")
        if not row.get("tripped"):
            raise OrderError(f"breaker {name} was not re-armed", why="it has not fired",
                             remedy="Nothing has to be done")
        if not reason.strip() or not by.strip():
            raise OrderError(f"breaker {name} was not re-armed",
                             why="a person and a reason are needed",
                             remedy="Say who re-arms it and why; both are kept for ever")
        self._session.audit("breaker re-armed", by, f"{name}: {reason}")
        fresh = {**row, "tripped": False, "rearmed_by": by,
                 "rearmed_utc": self._clock.now_utc().isoformat(), "reason": reason}
        if name == _STREAK:
            fresh["count"] = 0
        if name == "drawdown":
            self._record(Entry.EQUITY, peak_key(self._session.book), None, why="counted afresh")
        if name == "rapid_loss":
            self._samples.clear()
        if name == "clock_skew":
            self._wall_less_steady = None
        self._record(Entry.BREAKER, name, fresh, why=reason, by=by)

    # ---- firing --------------------------------------------------------------------------------

    def _fire(self, breaker: Breaker, text: str, row: Payload) -> None:
        by, now = f"breaker {breaker.name}", self._clock.now_utc()
        self._session.kill_now(breaker.level, text, by)     # holds even if nothing can be written
        self._record(Entry.BREAKER, breaker.name, {
            **row, "tripped": True, "level": int(breaker.level), "text": text,
            "fired_utc": now.isoformat(), "times": row.get("times", 0) + 1}, why=text)
        self._hold(breaker, text)
        log.critical("breaker %s: %s", breaker.name, text)
        self._session.parts.publish(NoticeEvent(
            "CRITICAL", f"Circuit breaker {breaker.name}: {text}. Kill level "
            f"{breaker.level.name} is set. {breaker.rearmed}"))

    def _hold(self, breaker: Breaker, text: str) -> None:
        """The level of a breaker that stands, also where the program died between two writes."""
        if self._session.book.kill_level < breaker.level:
            self._session.set_kill(breaker.level, text, f"breaker {breaker.name}",
                                   actor=Actor.BREAKER)

    def _record(
        self, kind: Entry, key: str, value: Payload | None, *, why: str, by: str = "breakers",
    ) -> None:
        self._session.record(kind, {"key": key, "value": value, "why": why, "by": by})

    def _row(self, name: str) -> Payload:
        return self._session.book.state_of(Entry.BREAKER).get(name, {})

    def _rearmed(self, name: str) -> datetime | None:
        text = self._row(name).get("rearmed_utc")
        return None if text is None else datetime.fromisoformat(text)

    # ---- what is observed ----------------------------------------------------------------------

    def _drawdown(self, equity_cny: Decimal | None) -> Decimal | None:
        """Below the highest value, which is written when it has grown by a thousandth."""
        if equity_cny is None:
            return None
        key = peak_key(self._session.book)
        row = self._session.book.state_of(Entry.EQUITY).get(key)
        peak_cny = None if row is None else from_e4(row["peak_e4"])
        if peak_cny is None or equity_cny >= peak_cny * (1 + _PEAK_STEP):
            self._record(Entry.EQUITY, key, {"peak_e4": to_e4(equity_cny)},
                         why="the account's highest value")
            return Decimal(0)
        return None if peak_cny <= 0 else max(Decimal(0), 1 - equity_cny / peak_cny)

    def _rapid_loss(self, equity_cny: Decimal | None) -> Decimal | None:
        if equity_cny is None:
            return None
        now_ns, samples = self._clock.monotonic_ns(), self._samples
        while samples and samples[0][0] < now_ns - RAPID_WINDOW_S * _NS_PER_S:
            samples.popleft()
        if not samples or now_ns - samples[-1][0] >= _SAMPLE_EVERY_NS:
            samples.append((now_ns, to_e4(equity_cny)))
        highest_cny = from_e4(max(equity_e4 for _, equity_e4 in samples))
        return None if highest_cny <= 0 else max(Decimal(0), 1 - equity_cny / highest_cny)

    def _stale(self, now: datetime) -> tuple[str, ...]:
        """Held or ordered symbols in continuous trading whose price is missing or too old."""
        book = self._session.book
        wanted = {p.symbol for p in book.positions.values() if p.held_shares}
        wanted |= {order.request.symbol for order in book.open_orders()}
        most = timedelta(seconds=self._limits.breakers.stale_data_s + self._watched.price_every_s)
        return tuple(sorted(
            symbol for symbol in wanted
            if not self._suspended.get(symbol)
            and now - self._priced_utc.get(symbol, self._since_utc) > most
            and self._trades_since(symbol, now - most, now)))

    def _trades_since(self, symbol: str, then: datetime, now: datetime) -> bool:
        """Whether it is in continuous trading and was at `then`, unless it is suspended."""
        day = self._session.parts.rules.of(symbol, self._session.day)
        if day is None:
            return True                             # nobody knows it: its price least of all
        if day.facts.suspended:
            return False
        calendar = self._session.parts.calendar
        try:
            return (phase(day.instrument, now, calendar) is Phase.CONTINUOUS
                    and phase(day.instrument, then, calendar) is Phase.CONTINUOUS)
        except DataError:
            return False                            # beyond the calendar nothing trades

    def _skew(self, now: datetime) -> Decimal:
        """How far the wall clock has moved against the steady one since the start or a re-arming,
        or quotes are ahead of it; whichever is more.
        """
        steady = timedelta(microseconds=self._clock.monotonic_ns() // 1_000)
        offset = now - datetime.min.replace(tzinfo=now.tzinfo) - steady
        if self._wall_less_steady is None:
            self._wall_less_steady = offset
        moved_s = _seconds(offset - self._wall_less_steady)
        return moved_s if abs(moved_s) >= self._ahead_s else -self._ahead_s

    def _note_earned(self, booking: Booking) -> None:
        """What each sale realises; dividends and the like are no sale's merit."""
        now_cny = {p.symbol: p.realised_cny for p in booking.changes.positions}
        for fill in booking.changes.fills:
            if fill.side is OrderSide.SELL and fill.symbol in now_cny:
                earned_cny = now_cny[fill.symbol] - self._realised.get(fill.symbol, Decimal(0))
                before = self._by_order.get(fill.order_id, Decimal(0))
                self._by_order[fill.order_id] = before + earned_cny
        self._realised |= now_cny

    def _keep_streak(self) -> None:
        """Write the streak when a sale has ended: one row a sale, so that restarts know it."""
        book = self._session.book
        for order_id in [n for n in self._by_order if n not in book.open_ids]:
            earned_cny, row = self._by_order.pop(order_id), self._row(_STREAK)
            count = row.get("count", 0) + 1 if earned_cny < 0 else 0
            if count != row.get("count", 0):
                self._record(Entry.BREAKER, _STREAK, {
                    **_fresh_row(BY_NAME[_STREAK]), **row, "count": count},
                    why=f"order {order_id} earned {earned_cny} CNY")

    def _remember_rejects(self) -> None:
        """Rejects of the last minute before a restart, from the orders themselves."""
        book = self._session.book
        if book.cash is None:
            return
        self._rejects.extend(sorted(
            order.updated_utc for order in book.orders_of(book.day)
            if order.status is OrderStatus.REJECTED and order.updated_utc is not None))

    def _forget(self) -> None:
        """A fresh account: its highest value, windows and streak begin anew."""
        self._rejects.clear()
        self._realised, self._by_order = {}, {}
        self._afresh = True

    def _begin_afresh(self) -> None:
        if not self._afresh:
            return
        self._afresh = False
        key = peak_key(self._session.book)
        if self._session.book.state_of(Entry.EQUITY).get(key) is not None:
            self._record(Entry.EQUITY, key, None, why="a fresh account")
        if self._row(_STREAK).get("count", 0):
            self._record(Entry.BREAKER, _STREAK, {**self._row(_STREAK), "count": 0},
                         why="a fresh account")


def breaker_states(book: Book) -> tuple[BreakerState, ...]:
    """The whole table as it stands in the ledger, in its order."""
    rows = book.state_of(Entry.BREAKER)
    return tuple(_state(breaker, rows.get(breaker.name, {})) for breaker in BREAKERS)


def _state(breaker: Breaker, row: Payload) -> BreakerState:
    fired = row.get("fired_utc")
    return BreakerState(
        name=breaker.name, level=breaker.level, tripped=bool(row.get("tripped")),
        text=row.get("text", ""), times=row.get("times", 0),
        fired_utc=None if fired is None else datetime.fromisoformat(fired),
        rearmed_by=row.get("rearmed_by", ""), remedy=breaker.rearmed)


def _fresh_row(breaker: Breaker) -> dict[str, Any]:
    return {"tripped": False, "level": int(breaker.level), "text": "", "times": 0}


def _within(
    moments: deque[datetime], now: datetime, window_s: int, after: datetime | None
) -> int:
    """How many lie within the window and after the re-arming; older ones are dropped."""
    since = now - timedelta(seconds=window_s)
    if after is not None:
        since = max(since, after)
    while moments and moments[0] <= since:
        moments.popleft()
    return len(moments)


def _seconds(length: timedelta) -> Decimal:
    """Exact, in milliseconds' steps."""
    return Decimal(length // timedelta(milliseconds=1)) / 1_000
