import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.clock import SimClock, SystemClock

START = datetime(2025, 1, 24, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_system_clock_is_aware_and_its_monotonic_time_never_falls() -> None:
    clock = SystemClock()
    first, second = clock.monotonic_ns(), clock.monotonic_ns()

    assert clock.now_utc().tzinfo is UTC
    assert first <= second


def test_a_simulated_clock_stands_still_until_it_is_moved() -> None:
    clock = SimClock(START)

    assert clock.now_utc() == clock.now_utc() == START
    clock.move_to(START + SECOND)
    assert clock.now_utc() == START + SECOND


def test_simulated_time_does_not_run_back() -> None:
    clock = SimClock(START)
    clock.move_to(START)

    with pytest.raises(ValueError, match="time runs forward"):
        clock.move_to(START - timedelta(microseconds=1))
    assert clock.now_utc() == START


def test_only_a_rewind_goes_back() -> None:
    clock = SimClock(START)

    clock.rewind_to(START - SECOND)

    assert clock.now_utc() == START - SECOND


def test_monotonic_time_moves_with_the_simulated_clock() -> None:
    clock = SimClock(START)
    before = clock.monotonic_ns()

    clock.move_to(START + timedelta(seconds=3, microseconds=250))

    assert clock.monotonic_ns() - before == 3_000_250_000


def test_any_zone_is_turned_into_utc() -> None:
    clock = SimClock(START.astimezone(timezone(timedelta(hours=8))))

    assert clock.now_utc() == START
    assert clock.now_utc().tzinfo is UTC


@pytest.mark.parametrize("method", ["move_to", "rewind_to"])
def test_a_naive_moment_is_refused(method: str) -> None:
    naive = datetime(2030, 1, 1)  # noqa: DTZ001 - the fault under test
    with pytest.raises(ValueError, match="time zone"):
        SimClock(naive)
    with pytest.raises(ValueError, match="time zone"):
        getattr(SimClock(START), method)(naive)


def test_a_reader_never_sees_time_fall_while_another_thread_moves_it() -> None:
    clock = SimClock(START)
    falls: list[datetime] = []
    stop = threading.Event()

    def read() -> None:
        last = START
        while not stop.is_set():
            now = clock.now_utc()
            if now < last:
                falls.append(now)
            last = now

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(2_000):
        clock.move_to(START + n * SECOND)
    stop.set()
    reader.join(timeout=10)

    assert not reader.is_alive()
    assert falls == []


def test_who_moved_the_clock_before_a_rewind_moves_it_no_more() -> None:
    clock = SimClock(START)
    before = clock.era
    assert clock.follow(START + SECOND, before)
    assert clock.follow(START, before)                    # never back
    assert clock.now_utc() == START + SECOND

    clock.rewind_to(START - SECOND)
    assert not clock.follow(START + SECOND, before)
    assert clock.now_utc() == START - SECOND
    assert clock.follow(START, clock.era)
