"""Whole days of the whole core from a seed: the same seed gives the same journal."""

from pathlib import Path

from tests.support.desks import home_in
from tests.support.whole_days import WholeDay, play_days


def test_whole_days_in_bad_weather_lose_and_double_nothing(tmp_path: Path) -> None:
    total = play_days(range(4), home_in(tmp_path))

    assert total["sent"] > 100
    assert total["fills"] > 50
    assert total["killed"] > 5


def test_the_same_seed_gives_the_same_journal(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    first, again, other = (WholeDay(seed, home).play().head for seed in (7, 7, 8))

    assert first == again
    assert first != other
