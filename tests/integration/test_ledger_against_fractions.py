"""Random years of trades and ex-dates against an independent account in exact fractions."""

from fractions import Fraction

import pytest

from tests.support.random_years import Year
from trading import dividend_tax, ex_dates, lots

SEEDS = range(120)


def test_random_years_end_to_the_fen_as_the_fractions_say() -> None:
    years = [Year(seed) for seed in SEEDS]

    assert [fault for year in years for fault in year.play()] == []
    for name in years[0].counts:                   # the sample has met every kind of event
        assert sum(year.counts[name] for year in years) > len(SEEDS), name


@pytest.mark.parametrize(("module", "name", "planted"), [
    (dividend_tax, "dividend_tax_ratio", lambda *_args, **_more: Fraction(21, 100)),
    (lots, "fen_half_up_e4", lambda above, below: above // (below * 100) * 100),
    (lots, "held_on", lambda held, _day, _shares: (held, ())),
    (ex_dates, "_start_with", lambda *_args: ex_dates.DayStart()),
])
def test_a_planted_defect_is_found(
    module: object, name: str, planted: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, planted)

    assert any(Year(seed).play() for seed in range(40))
