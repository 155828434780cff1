"""However badly a day is told, the ledger says the same. The long version is a proof."""

import random

import pytest

from tests.support.report_storms import a_day, is_true, storm, told


def storms(seed: int, count: int) -> set[str]:
    """The ledgers that so many ways of telling one day lead to."""
    rng = random.Random(seed)
    found = set()
    for _ in range(count):
        desk, day = a_day(seed)
        found.add(told(desk, day, storm(day, rng)))
        assert is_true(desk, day)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_day_told_in_any_order_twice_or_in_part_leaves_one_ledger(seed: int) -> None:
    assert len(storms(seed, 12)) == 1


def test_days_differ() -> None:
    assert len({told(desk, day, day.pushes) for desk, day in map(a_day, range(5))}) == 5


def test_a_day_of_which_nothing_was_pushed_is_found_in_the_lists() -> None:
    desk, day = a_day(3)
    told(desk, day, ())

    assert is_true(desk, day)
