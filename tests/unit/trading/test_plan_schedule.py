"""Session time and targets: never more than all, never backwards, lunch does not exist."""

from collections.abc import Callable
from datetime import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.plan_schedule import (
    BUCKETS,
    DAY_S,
    curve_target,
    even_target,
    session_s,
    share_target,
)


@pytest.mark.parametrize(("wall", "seconds"), [
    (time(9, 15), 0), (time(9, 30), 0), (time(9, 31), 60), (time(11, 30), 7_200),
    (time(12, 15), 7_200), (time(13, 0), 7_200), (time(13, 1), 7_260), (time(14, 57), DAY_S),
    (time(15, 30), DAY_S)])
def test_session_time_knows_no_lunch_and_no_auction(wall: time, seconds: int) -> None:
    assert session_s(wall) == seconds


@given(st.integers(1, 10**7), st.integers(0, DAY_S), st.integers(1, DAY_S), st.data())
def test_targets_grow_to_exactly_all(shares: int, begin: int, length: int, data: st.DataObject
                                     ) -> None:
    end = min(DAY_S, begin + length)
    curve = data.draw(st.lists(st.integers(0, 10**6), min_size=BUCKETS, max_size=BUCKETS))
    times = sorted(data.draw(st.lists(st.integers(0, DAY_S), min_size=2, max_size=6)))
    targets: tuple[Callable[[int], int], ...] = (
        lambda at: even_target(shares, begin, end, at),
        lambda at: curve_target(shares, begin, end, at, curve))
    for target in targets:
        due = [target(at) for at in times]
        assert due == sorted(due)
        assert all(0 <= each <= shares for each in due)
        assert target(end) == shares


def test_an_empty_window_of_the_curve_is_worked_evenly() -> None:
    assert curve_target(1_000, 0, 600, 300, [0] * BUCKETS) == 500


def test_a_busy_bucket_takes_its_share() -> None:
    assert curve_target(1_000, 0, 600, 300, [300, 100] + [0] * (BUCKETS - 2)) == 750


def test_a_share_of_the_volume_never_exceeds_all_nor_goes_below_nothing() -> None:
    assert share_target(1_000, 5_000, Decimal("0.1")) == 500
    assert share_target(100, 5_000, Decimal("0.1")) == 100
    assert share_target(100, -5_000, Decimal("0.1")) == 0
