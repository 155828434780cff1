from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.desk import DAY1, DAY2
from trading.matching import FillPolicy
from trading.sim_venue import Venue


def test_by_default_nothing_is_late_and_nothing_is_rejected() -> None:
    venue = Venue(FillPolicy())

    assert venue.delay(DAY1, 1, "place") == timedelta(0)
    assert not any(venue.rejects(DAY1, number) for number in range(1_000))


def test_the_same_seed_gives_the_same_fate_and_another_seed_another() -> None:
    fates = [[Venue(FillPolicy(reject_ratio=Decimal("0.5"), latency_ms=(1, 900), seed=seed))
              .delay(DAY1, number, "place") for number in range(50)] for seed in (1, 1, 2)]

    assert fates[0] == fates[1] != fates[2]


def test_as_many_are_rejected_as_asked_and_each_day_draws_anew() -> None:
    venue = Venue(FillPolicy(reject_ratio=Decimal("0.25")))
    days = [[venue.rejects(day, number) for number in range(4_000)] for day in (DAY1, DAY2)]

    assert 900 < sum(days[0]) < 1_100
    assert days[0] != days[1]


def test_a_delay_lies_between_its_bounds() -> None:
    venue = Venue(FillPolicy(latency_ms=(20, 30)))
    delays = {venue.delay(DAY1, number, "cancel") // timedelta(milliseconds=1)
              for number in range(500)}

    assert (min(delays), max(delays)) == (20, 30)


@pytest.mark.parametrize("policy", [
    FillPolicy(latency_ms=(5, 1)), FillPolicy(latency_ms=(-1, 1)),
    FillPolicy(reject_ratio=Decimal("1.1")), FillPolicy(reject_ratio=Decimal("-0.1"))])
def test_bounds_that_make_no_sense_are_refused(policy: FillPolicy) -> None:
    with pytest.raises(ValueError, match="was"):
        Venue(policy)
