from datetime import timedelta

import pytest

from tests.support.desk import DAY1, at
from tests.support.hand_clock import HandClock
from trading.clock_watch import TOLERANCE, ClockWatch

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("jump", [TOLERANCE + SECOND, -TOLERANCE - SECOND])
def test_a_jump_beyond_the_tolerance_is_doubted_until_the_clock_is_back(jump: timedelta) -> None:
    clock = HandClock(at(DAY1))
    watch = ClockWatch(clock)
    clock.passes(3_600)
    assert watch.doubt == ""
    clock.jumps(jump)
    assert f"moved by {jump // SECOND} s" in watch.doubt
    clock.jumps(-jump)

    assert watch.doubt == ""


@pytest.mark.parametrize("jump", [TOLERANCE, -TOLERANCE])
def test_a_jump_up_to_the_tolerance_is_none(jump: timedelta) -> None:
    clock = HandClock(at(DAY1))
    watch = ClockWatch(clock)
    clock.jumps(jump)

    assert watch.doubt == ""


def test_a_clock_that_stands_still_is_doubted_after_the_tolerance() -> None:
    clock = HandClock(at(DAY1))
    watch = ClockWatch(clock)
    clock.frozen = True
    clock.passes(60)
    assert watch.doubt == ""
    clock.passes(1)

    assert watch.doubt


@pytest.mark.parametrize(("away_s", "believed"), [(60, True), (-60, True), (61, False),
                                                  (-61, False)])
def test_the_markets_own_time_confirms_a_clock_that_agrees_with_it(
    away_s: int, believed: bool
) -> None:
    clock = HandClock(at(DAY1))
    watch = ClockWatch(clock)
    clock.jumps(timedelta(hours=16))
    watch.hear_market(clock.now_utc() + away_s * SECOND)

    assert (watch.doubt == "") is believed
