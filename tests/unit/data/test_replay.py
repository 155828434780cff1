import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from core.calendar import exchange_calendar
from core.clock import SimClock, SystemClock
from core.events import BarEvent, EventBus, QuoteEvent
from core.exceptions import DataError
from core.ports import Tick
from core.rules import shanghai
from core.types import Bar, Period, Quote
from data.replay import Replay, WallPace

FRIDAY, MONDAY = date(2024, 1, 5), date(2024, 1, 8)
TIMES = (time(9, 45), time(10, 0), time(15, 0))


def a_tick(day: date, at: time, symbol: str = "600519.SH") -> Tick:
    moment, price = shanghai(day, at), Decimal("10.00")
    return Tick(
        moment,
        bars=(Bar(symbol=symbol, period=Period.MIN15, ts_utc=moment, open_cny=price,
                  high_cny=price, low_cny=price, close_cny=price, volume_shares=100),),
        quotes=(Quote(symbol=symbol, ts_utc=moment, last_cny=price, prev_close_cny=price),),
    )


class ATape:
    """Three bars a day on two days, of the symbols asked for."""

    others: tuple[str, ...] = ()

    def days(self) -> Sequence[date]:
        return (FRIDAY, MONDAY)

    def play(self, day: date, symbols: Sequence[str]) -> Iterator[Tick]:
        for at in TIMES:
            for symbol in symbols or ("600519.SH", *self.others):
                yield a_tick(day, at, symbol)


class APace:
    """Wall time that passes only by waiting; it ends the run when nothing is left to do."""

    def __init__(self, stop: threading.Event, until_s: float = 1e9) -> None:
        self.now_ns, self.stop, self.until_ns = 0, stop, int(until_s * 1e9)
        self.replay: Replay | None = None
        self.at_s: dict[int, Callable[[], None]] = {}      # commands at moments of wall time

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wait(self, changed: threading.Event, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9) + 1
        for due_s in [due_s for due_s in self.at_s if due_s * 1e9 <= self.now_ns]:
            self.at_s.pop(due_s)()
        finished = self.replay is not None and self.replay.state().finished
        if finished or self.now_ns >= self.until_ns:
            self.stop.set()


class Recorder:
    """What was published, with the clock's time at that moment."""

    def __init__(self, bus: EventBus, clock: SimClock) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self._clock = clock
        bus.subscribe(BarEvent, lambda event: self._note("BarEvent", event.bars[0].symbol))
        bus.subscribe(QuoteEvent, lambda event: self._note("QuoteEvent", event.quotes[0].symbol))

    def _note(self, kind: str, symbol: str) -> None:
        self.seen.append((kind, self._clock.now_utc().strftime("%d %H:%M"), symbol))

    def bars(self) -> list[str]:
        return [at for kind, at, _ in self.seen if kind == "BarEvent"]


class Setup:
    def __init__(self, first_day: date = FRIDAY, until_s: float = 1e9, **options: object) -> None:
        self.stop = threading.Event()
        self.pace = APace(self.stop, until_s)
        self.clock = SimClock(datetime(2024, 1, 1, tzinfo=UTC))
        self.bus = EventBus()
        self.recorder = Recorder(self.bus, self.clock)
        self.tape = ATape()
        self.replay = Replay(
            self.tape, self.clock, self.bus, exchange_calendar(), first_day, pace=self.pace,
            **options)  # type: ignore[arg-type]  # a test names only the option it is about
        self.pace.replay = self.replay

    def run(self) -> list[str]:
        self.replay.run(self.stop)
        assert self.bus.failures == {}
        return self.recorder.bars()


BOTH_DAYS = ["05 01:45", "05 02:00", "05 07:00", "08 01:45", "08 02:00", "08 07:00"]


def test_every_tick_is_published_once_at_its_time_day_after_day() -> None:
    setup = Setup(speed=1_000.0)

    assert setup.run() == BOTH_DAYS
    assert setup.replay.state().finished


def test_bars_come_before_quotes_so_that_an_answer_cannot_meet_its_own_bar() -> None:
    setup = Setup()
    setup.replay.step()

    assert [kind for kind, _, _ in setup.recorder.seen] == ["BarEvent", "QuoteEvent"]


def test_a_step_plays_exactly_the_next_tick_even_while_paused() -> None:
    setup = Setup(paused=True)

    played = [setup.replay.step() for _ in range(7)]

    assert setup.recorder.bars() == BOTH_DAYS
    assert played[6] is None


@pytest.mark.parametrize("speed", [0.1, 1.0, 60.0, 100_000.0])
def test_simulated_time_passes_at_the_asked_speed(speed: float) -> None:
    setup = Setup(speed=speed, until_s=600 / speed)    # ten simulated minutes from 09:15

    assert setup.run() == []
    assert abs((setup.clock.now_utc() - shanghai(FRIDAY, time(9, 25))).total_seconds()) <= (
        0.06 * speed)


def test_the_clock_moves_between_two_ticks() -> None:
    setup = Setup(speed=60.0, until_s=31)              # 31 minutes: one past the first bar's end

    assert setup.run() == ["05 01:45"]
    assert shanghai(FRIDAY, time(9, 45)) < setup.clock.now_utc() < shanghai(FRIDAY, time(9, 47))


def test_a_pause_stops_the_clock_and_its_end_does_not_jump() -> None:
    setup = Setup(speed=60.0, until_s=110)             # 10 s played, 90 s of pause, 10 s played
    setup.pace.at_s = {10: lambda: setup.replay.set_paused(True),
                       100: lambda: setup.replay.set_paused(False)}

    assert setup.run() == []
    assert shanghai(FRIDAY, time(9, 34)) < setup.clock.now_utc() < shanghai(FRIDAY, time(9, 36))


def test_a_change_of_speed_does_not_jump() -> None:
    setup = Setup(speed=0.1, until_s=100)
    setup.run()
    before = setup.clock.now_utc()
    setup.replay.set_speed(100_000.0)

    assert setup.replay.state().now_utc == before
    assert setup.replay.state().speed == 100_000.0


@pytest.mark.parametrize("speed", [0.0, 0.09, 100_001.0, float("nan")])
def test_a_speed_out_of_bounds_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed must be"):
        Setup().replay.set_speed(speed)


def test_a_resumed_day_tells_the_last_quotes_and_plays_no_old_bar() -> None:
    setup = Setup(resume_utc=shanghai(FRIDAY, time(10, 5)))
    setup.replay.step()
    setup.replay.step()

    assert setup.recorder.seen == [
        ("QuoteEvent", "05 02:05", "600519.SH"),
        ("BarEvent", "05 07:00", "600519.SH"), ("QuoteEvent", "05 07:00", "600519.SH"),
    ]


def test_a_day_resumed_after_its_last_bar_goes_on_with_the_next() -> None:
    setup = Setup(resume_utc=shanghai(FRIDAY, time(15, 10)), speed=1_000.0)

    assert setup.run() == BOTH_DAYS[3:]


def test_a_tape_that_grew_is_taken_in_without_repeating_a_bar() -> None:
    setup = Setup()
    setup.replay.step()
    setup.tape.others = ("000001.SZ",)
    setup.replay.refresh()
    for _ in range(3):
        setup.replay.step()

    assert setup.recorder.seen[2:5] == [
        ("QuoteEvent", "05 01:45", "000001.SZ"),
        ("BarEvent", "05 02:00", "600519.SH"), ("QuoteEvent", "05 02:00", "600519.SH"),
    ]


def test_another_day_goes_on_from_its_opening_auction() -> None:
    setup = Setup()
    setup.replay.step()
    setup.replay.choose_day(MONDAY)

    assert setup.clock.now_utc() == shanghai(MONDAY, time(9, 15))
    setup.replay.step()
    assert setup.recorder.bars() == ["05 01:45", "08 01:45"]


def test_an_earlier_day_takes_the_clock_back() -> None:
    setup = Setup(MONDAY)
    setup.replay.step()
    setup.replay.choose_day(FRIDAY)

    assert setup.replay.state().now_utc == shanghai(FRIDAY, time(9, 15))
    assert setup.replay.state().day == FRIDAY


@pytest.mark.parametrize(("day", "reason"), [
    (date(2024, 1, 6), "closed that day"),
    (date(2024, 1, 4), "recorded from 2024-01-05 to 2024-01-08"),
])
def test_a_day_that_is_not_recorded_is_refused(day: date, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        Setup().replay.choose_day(day)


def test_after_the_last_day_another_may_be_chosen() -> None:
    setup = Setup(MONDAY, speed=100_000.0)
    setup.run()
    setup.replay.choose_day(FRIDAY)
    setup.stop.clear()

    assert setup.run() == BOTH_DAYS[3:] + BOTH_DAYS
    assert setup.clock.now_utc() == shanghai(MONDAY, time(15, 30))


def test_a_watched_symbol_joins_from_now_on_and_repeats_nothing() -> None:
    setup = Setup(symbols=["600519.SH"])
    setup.replay.step()
    setup.replay.watch(["000001.SZ", "600519.SH"])
    for _ in range(4):
        setup.replay.step()

    bars = [(at, symbol) for kind, at, symbol in setup.recorder.seen if kind == "BarEvent"]
    assert bars == [
        ("05 01:45", "600519.SH"), ("05 02:00", "600519.SH"), ("05 02:00", "000001.SZ"),
        ("05 07:00", "600519.SH"),
    ]
    assert ("QuoteEvent", "05 01:45", "000001.SZ") in setup.recorder.seen


def test_listeners_may_settle_after_every_tick() -> None:
    order: list[str] = []
    setup = Setup(settled=lambda: order.append("settled"))
    setup.bus.subscribe(QuoteEvent, lambda _: order.append("quote"))
    setup.replay.step()
    setup.replay.step()

    assert order == ["quote", "settled", "quote", "settled"]


def test_commands_from_other_threads_do_not_tear_a_run() -> None:
    setup = Setup(speed=100_000.0)

    def command() -> None:
        for _ in range(50):
            setup.replay.set_speed(50_000.0)
            setup.replay.set_paused(False)
            setup.replay.state()

    threads = [threading.Thread(target=command) for _ in range(3)]
    for thread in threads:
        thread.start()
    bars = setup.run()
    for thread in threads:
        thread.join()

    assert bars == BOTH_DAYS


def test_real_waiting_ends_as_soon_as_something_changed() -> None:
    pace = WallPace(SystemClock().monotonic_ns)
    changed = threading.Event()
    changed.set()
    before = pace.monotonic_ns()

    pace.wait(changed, 60.0)

    assert pace.monotonic_ns() - before < 10 * 10**9


@pytest.mark.parametrize("played", [1, 3])
def test_a_clock_rewound_by_others_ends_the_day_until_one_is_chosen(played: int) -> None:
    setup = Setup(FRIDAY, speed=100_000.0, until_s=1.0)
    for _ in range(played):
        setup.replay.step()
    reset_utc = shanghai(FRIDAY, time(9, 15))
    setup.clock.rewind_to(reset_utc)

    assert setup.replay.step() is None
    assert len(setup.run()) == played
    assert setup.clock.now_utc() == reset_utc
    setup.replay.choose_day(FRIDAY)
    assert setup.replay.step() is not None


def test_a_reset_in_the_middle_of_a_tick_is_not_undone_by_the_days_end() -> None:
    setup = Setup(FRIDAY)
    reset_utc = shanghai(FRIDAY, time(9, 15))
    setup.replay._settled = lambda: setup.clock.rewind_to(reset_utc)
    setup.replay.step()

    assert setup.replay.step() is None
    assert setup.clock.now_utc() == reset_utc
