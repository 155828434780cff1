import numpy as np
import pytest

from data.generated.daily import DailyMarket
from data.generated.facts import (
    Fact,
    SymbolDays,
    all_facts,
    autocorrelation,
    mean_correlation,
    symbol_statistics,
    table,
    volume_profile,
    yearly_correlations,
)
from data.generated.streams import normals


def test_a_small_market_lies_inside_every_acceptance_band(market: DailyMarket) -> None:
    facts = all_facts(market)

    assert [fact for fact in facts if not fact.passed] == []
    assert sum(fact.low is not None or fact.high is not None for fact in facts) >= 22


def test_a_market_without_memory_would_be_found_out() -> None:
    z = normals(4_000, 1, "no memory")
    days = SymbolDays(r=0.028 * z, night=0.012 * z, day=0.025 * z, log_range=np.abs(z) / 50,
                      log_volume=normals(4_000, 1, "volume"))
    figures = symbol_statistics(days)

    assert figures[0] == pytest.approx(2.8, abs=0.1)         # std in percent
    assert figures[1] < 4.667                                # kurtosis below the band
    assert figures[4] < 0.155                                # |r| forgets


def test_autocorrelation_of_an_alternating_series_is_minus_one() -> None:
    assert autocorrelation(np.array([1.0, -1.0] * 500), 1) == pytest.approx(-1, abs=0.01)
    assert autocorrelation(np.array([1.0, -1.0] * 500), 2) == pytest.approx(1, abs=0.01)


def test_mean_correlation_is_the_mean_over_pairs() -> None:
    returns = np.stack([normals(500, 1, "c", row) for row in range(5)])
    returns += normals(500, 1, "common")
    matrix = np.corrcoef(returns)

    assert mean_correlation(returns) == pytest.approx((matrix.sum() - 5) / 20)


def test_correlation_moves_from_year_to_year(market: DailyMarket) -> None:
    by_year = yearly_correlations(market)

    assert set(by_year) >= {2022, 2023, 2024, 2025}
    assert max(by_year.values()) - min(by_year.values()) > 0.05


def test_a_profile_gives_shares_of_the_day() -> None:
    volumes = np.array([[1, 1, 2], [2, 2, 4]])

    assert volume_profile(volumes, [0, 2, 3]).tolist() == [50, 50]


@pytest.mark.parametrize(
    ("value", "low", "high", "passed"),
    [(1.0, 1.0, 2.0, True), (2.1, 1.0, 2.0, False), (0.9, 1.0, None, False),
     (9.0, None, None, True)],
)
def test_a_fact_passes_inside_its_band(
    value: float, low: float | None, high: float | None, passed: bool
) -> None:
    assert Fact("x", value, low, high).passed is passed


def test_the_table_marks_what_failed() -> None:
    text = table([Fact("good", 1, 0, 2), Fact("bad", 3, 0, 2), Fact("shown", 3, None, None)])

    assert [line.split()[-1] for line in text.splitlines()[1:]] == ["ok", "FAIL", "3.000"]
