"""A recorded or generated market, played: it moves the clock and publishes what it passes.

At each Tick the clock is set to the Tick's moment, then its bars are published (the simulator
matches against them), then its quotes. So an order that answers a quote never meets the bar
that the quote came from. When someone else rewinds the clock (a reset of the account), the day
that was being played is over: the replay stands still until a day is chosen.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from core.calendar import TradingCalendar
from core.clock import SimClock
from core.events import BarEvent, EventBus, QuoteEvent
from core.exceptions import DataError
from core.ports import Tape, Tick
from core.rules import shanghai
from core.types import Quote, ReplayState
from data.tape import BarTape

__all__ = ["BarTape", "Pace", "Replay", "WallPace"]

DAY_BEGINS = time(9, 15)       # the opening auction: orders may be entered from here on
DAY_ENDS = time(15, 30)        # after hours are over; a day's last bar ends at 15:00
SLICE_S = 0.05                 # how often the clock moves between two Ticks, and stop is asked
LATE_S = 1.0                   # further behind than this the lost time is given up
SLOWEST, FASTEST = 0.1, 100_000.0


class Pace(Protocol):
    """Wall time for the replay's waiting; tests hand in one that does not wait."""

    def monotonic_ns(self) -> int: ...

    def wait(self, changed: threading.Event, seconds: float) -> None:
        """Return after so many seconds, or when `changed` is set."""
        ...


class WallPace:
    """Real waiting, on the machine's clock."""

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self._monotonic_ns = monotonic_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns()

    def wait(self, changed: threading.Event, seconds: float) -> None:
        changed.wait(seconds)


@dataclass(slots=True)
class _Anchor:
    """A moment of wall time and the simulated moment that belongs to it."""

    wall_ns: int
    sim_utc: datetime


class Replay:
    """Plays a Tape day by day; ReplayControl of core/ports. Safe to command from any thread.

    Args:
        first_day: where to begin; a recorded day.
        speed: simulated seconds for each wall second, 0.1 to 100,000.
        resume_utc: begin at this moment of the first day. What came before is history: the
            newest quote of each instrument is published, no bar is played again.
        symbols: what is played; empty means every instrument.
        settled: called after each Tick; it returns when the listeners have digested it.
    """

    def __init__(
        self, tape: Tape, clock: SimClock, bus: EventBus, calendar: TradingCalendar,
        first_day: date, *, pace: Pace, speed: float = 1.0, resume_utc: datetime | None = None,
        symbols: Sequence[str] = (), paused: bool = False,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self._tape, self._clock, self._bus, self._calendar = tape, clock, bus, calendar
        self._pace, self._settled = pace, settled
        self._lock = threading.RLock()         # held while a Tick is played, so none is torn
        self._changed = threading.Event()
        self._symbols = tuple(symbols)
        self._speed, self._paused = _checked_speed(speed), paused
        self._finished = False
        self._days = tuple(tape.days())
        self._ahead: Tick | None = None        # looked at, not yet played
        self._quoted: set[str] = set()         # instruments of which a quote was published today
        self._begin(first_day, resume_utc)

    # ---- commands ------------------------------------------------------------------------

    def state(self) -> ReplayState:
        with self._lock:
            return ReplayState(
                day=self._day, now_utc=self._clock.now_utc(), speed=self._speed,
                paused=self._paused, finished=self._finished, days=self._days,
            )

    def set_paused(self, paused: bool) -> None:
        with self._lock:
            self._paused = paused
            self._reanchor()

    def set_speed(self, speed: float) -> None:
        """Raises ValueError outside 0.1 to 100,000."""
        with self._lock:
            self._speed = _checked_speed(speed)
            self._reanchor()

    def choose_day(self, day: date) -> None:
        """Go on with another day, from its opening auction.

        Raises:
            DataError: a day that is not recorded.
        """
        with self._lock:
            self._begin(day, None)

    def watch(self, symbols: Sequence[str]) -> None:
        """Add instruments to what is played; with everything played there is nothing to add."""
        with self._lock:
            new = [symbol for symbol in symbols if symbol not in self._symbols]
            if self._symbols and new:
                self._symbols = (*self._symbols, *new)
                self._open_day(after_utc=self._played_utc)

    def refresh(self) -> None:
        """The tape has grown (a generated market was completed): take in what is new."""
        with self._lock:
            self._days = tuple(self._tape.days())
            if not self._finished:
                self._open_day(after_utc=self._played_utc)
            self._changed.set()

    # ---- playing -------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Play until stopped. After the last day it stays, until a day is chosen."""
        with self._lock:
            self._reanchor()
        while not stop.is_set():
            self._changed.clear()
            wait_s = self._advance()
            if wait_s > 0:
                self._pace.wait(self._changed, min(wait_s, SLICE_S))

    def step(self) -> Tick | None:
        """Play exactly the next Tick, whatever pace or pause say; None if there is none."""
        with self._lock:
            tick = self._next_tick()
            if tick is None or not self._play(tick):
                return None
            self._reanchor()
            return tick

    def _advance(self) -> float:
        """Play what is due, or move the clock towards it; how long to wait before the next call."""
        with self._lock:
            if self._paused:
                return SLICE_S
            tick = self._next_tick()
            if tick is None:
                return SLICE_S
            now_utc = self._simulated_now()
            due_s = (tick.ts_utc - now_utc).total_seconds() / self._speed
            if due_s > 0:
                self._clock.follow(now_utc, self._era)
                return due_s
            self._play(tick)
            if due_s < -LATE_S:
                self._reanchor()
            return 0.0

    def _simulated_now(self) -> datetime:
        elapsed_us = (self._pace.monotonic_ns() - self._anchor.wall_ns) / 1_000
        return self._anchor.sim_utc + timedelta(microseconds=elapsed_us * self._speed)

    def _play(self, tick: Tick) -> bool:
        """Publish it; False: the clock was rewound by others, its time does not come any more."""
        if not self._clock.follow(tick.ts_utc, self._era):     # a catch-up's time is past already
            return False
        self._ahead = None
        self._played_utc = tick.ts_utc
        if tick.bars:
            self._bus.publish(BarEvent(tick.bars))
        if tick.quotes:
            self._quoted.update(quote.symbol for quote in tick.quotes)
            self._bus.publish(QuoteEvent(tick.quotes))
        self._settled()
        return True

    def _next_tick(self) -> Tick | None:
        """The Tick that comes next, looked at but not played; moves on to the next day's."""
        while self._clock.era == self._era and not self._finished:
            self._ahead = self._ahead or next(self._ticks, None)
            if self._ahead is not None:
                return self._ahead
            self._end_day()
        return None

    def _end_day(self) -> None:
        """The day is over: let the clock see its end, then begin the next recorded one."""
        self._clock.follow(shanghai(self._day, DAY_ENDS), self._era)
        self._settled()
        self._days = tuple(self._tape.days())          # a generated market may have grown
        following = next((day for day in self._days if day > self._day), None)
        if following is None:
            self._finished = True
        elif self._clock.follow(begins := shanghai(following, DAY_BEGINS), self._era):
            self._open(following, begins)

    def _begin(self, day: date, resume_utc: datetime | None) -> None:
        if day not in self._days:
            self._days = tuple(self._tape.days())      # a generated market may have grown
        if day not in self._days:
            raise DataError(
                f"{day} cannot be replayed", why=_why_not(day, self._days, self._calendar),
                remedy="Choose a recorded day, or import bars of that one",
            )
        begin_utc = resume_utc or shanghai(day, DAY_BEGINS)
        if begin_utc < self._clock.now_utc():
            self._clock.rewind_to(begin_utc)       # the account was reset before: core/ports
        else:
            self._clock.move_to(begin_utc)
        self._era = self._clock.era
        self._open(day, begin_utc)

    def _open(self, day: date, begin_utc: datetime) -> None:
        self._day, self._finished = day, False
        self._quoted.clear()
        self._open_day(after_utc=begin_utc)
        self._reanchor()

    def _open_day(self, *, after_utc: datetime) -> None:
        self._played_utc = after_utc
        self._ticks = self._ticks_after(after_utc)
        self._ahead = None

    def _ticks_after(self, after_utc: datetime) -> Iterator[Tick]:
        """The day's Ticks from then on; first what is last known of instruments not quoted yet."""
        known: dict[str, Quote] = {}
        for tick in self._tape.play(self._day, self._symbols):
            if tick.ts_utc <= after_utc:
                known |= {q.symbol: q for q in tick.quotes if q.symbol not in self._quoted}
                continue
            if known:
                yield Tick(after_utc, quotes=tuple(known.values()))
                known = {}
            yield tick
        if known:
            yield Tick(after_utc, quotes=tuple(known.values()))

    def _reanchor(self) -> None:
        self._anchor = _Anchor(self._pace.monotonic_ns(), self._clock.now_utc())
        self._changed.set()


def _checked_speed(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"speed must be {SLOWEST} to {FASTEST:g}, was {speed}")
    return speed


def _why_not(day: date, days: Sequence[date], calendar: TradingCalendar) -> str:
    if not days:
        return "no bars are recorded at all"
    if calendar.first <= day <= calendar.last and not calendar.is_session(day):
        return "the exchanges were closed that day"
    return f"bars are recorded from {days[0]} to {days[-1]}, this day is not among them"
