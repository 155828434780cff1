"""The order core against every interleaving, every race, and storms of reports."""

import random
import sys

import pytest

from core.types import OrderSide
from tests.support.order_lives import EVENTS, broken_promise, explore
from tests.support.races import race
from tests.support.report_storms import a_day, is_true, storm, told

LONGEST, RACES = 7, 10_000
STORM_DAYS, STORMS_A_DAY = 500, 200


@pytest.mark.proof
@pytest.mark.parametrize("side", OrderSide)
def test_no_sequence_of_seven_events_breaks_a_promise(side: OrderSide) -> None:
    steps, states = 0, set()
    for path, before, now, desk in explore(side, LONGEST):
        found = broken_promise(side, before, now, desk)
        assert not found, (path, found)
        steps += 1
        states.add(now)
    sys.stdout.write(f"\n{side.value}: {steps} steps between {len(states)} states stand for all "
                     f"{len(EVENTS) ** LONGEST:,} sequences of {LONGEST} events\n")


@pytest.mark.proof
def test_ten_thousand_races_of_cancel_and_fill_end_with_the_brokers_shares() -> None:
    wrong = [(seed, found) for seed in range(RACES) if (found := race(seed))]

    assert wrong == []
    sys.stdout.write(f"\n{RACES:,} races, 0 wrong\n")


@pytest.mark.proof
def test_a_hundred_thousand_storms_of_reports_leave_one_ledger_a_day() -> None:
    rng = random.Random(20260301)
    for seed in range(STORM_DAYS):
        ledgers = set()
        for _ in range(STORMS_A_DAY):
            desk, day = a_day(seed)
            ledgers.add(told(desk, day, storm(day, rng)))
            assert is_true(desk, day), seed
        assert len(ledgers) == 1, seed
    sys.stdout.write(f"\n{STORM_DAYS * STORMS_A_DAY:,} storms over {STORM_DAYS} days, "
                     "0 divergent\n")
