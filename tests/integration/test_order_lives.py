"""All that may happen to an order, and cancels against fills. The long versions are proofs."""

import pytest

from core.types import OrderSide
from tests.support.order_lives import broken_promise, explore
from tests.support.races import race


@pytest.mark.parametrize("side", OrderSide)
def test_no_sequence_of_three_events_breaks_a_promise(side: OrderSide) -> None:
    broken = [(path, found) for path, before, now, desk in explore(side, 3)
              if (found := broken_promise(side, before, now, desk))]

    assert broken == []


def test_whoever_wins_the_race_of_cancel_and_fill_the_shares_are_the_brokers() -> None:
    assert [(seed, wrong) for seed in range(150) if (wrong := race(seed))] == []
