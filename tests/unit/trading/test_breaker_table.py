from dataclasses import replace
from decimal import Decimal

import pytest

from core.types import KillLevel
from tests.support.safety import BOUNDARIES, LIMITS
from trading.breaker_table import BREAKERS, BY_NAME, LEAST_QUOTED, Observation


def fires(name: str, seen: Observation) -> str:
    return BY_NAME[name].fires(seen, LIMITS)


def test_every_breaker_has_its_boundary_and_says_who_sets_it_back() -> None:
    assert set(BOUNDARIES) == set(BY_NAME)
    assert len(BY_NAME) == len(BREAKERS) == 12
    assert all("person" in breaker.rearmed for breaker in BREAKERS)
    assert {breaker.level for breaker in BREAKERS} <= {
        KillLevel.PAUSE, KillLevel.REDUCE_ONLY, KillLevel.BLOCK}


@pytest.mark.parametrize("name", BY_NAME)
def test_it_fires_at_its_boundary_and_not_just_below(name: str) -> None:
    at, below = BOUNDARIES[name]

    assert fires(name, Observation(**at)) != ""
    assert fires(name, Observation(**below)) == ""


@pytest.mark.parametrize("name", BY_NAME)
def test_only_its_own_breaker_fires(name: str) -> None:
    at, _ = BOUNDARIES[name]

    assert [b.name for b in BREAKERS if b.fires(Observation(**at), LIMITS)] == [name]


def test_what_is_unknown_fires_nothing_but_an_unknown_disk_does() -> None:
    assert [b.name for b in BREAKERS if b.fires(Observation(), LIMITS)] == []
    assert "not known" in fires("disk", Observation(disk_watched=True))


def test_a_gain_is_no_loss_and_a_clock_is_off_in_both_directions() -> None:
    assert fires("daily_loss", Observation(day_profit_cny=Decimal(9_000))) == ""
    assert fires("clock_skew", Observation(clock_skew_s=Decimal("2.001"))) != ""
    assert fires("clock_skew", Observation(clock_skew_s=Decimal("-2"))) == ""


def test_few_instruments_say_nothing_of_the_market_but_the_exchange_does() -> None:
    few = Observation(quoted=LEAST_QUOTED - 1, halted=LEAST_QUOTED - 1)

    assert fires("market_halt", few) == ""
    assert "exchanges" in fires("market_halt", replace(few, index_halt=True))
