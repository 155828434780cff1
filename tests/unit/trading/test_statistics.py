import pytest

from trading.statistics import curve_figures, max_drawdown, returns, sharpe


def test_the_first_return_is_measured_from_the_cash_before_the_first_session() -> None:
    assert returns(100, [110, 99]) == pytest.approx([0.1, -0.1])


def test_the_drawdown_is_positive_and_from_the_highest_point_before() -> None:
    assert max_drawdown(100, [90, 120, 60, 130]) == pytest.approx(0.5)
    assert max_drawdown(100, [110, 120]) == 0
    assert max_drawdown(100, [75]) == pytest.approx(0.25)


def test_sharpe_uses_the_sample_deviation_and_242_sessions() -> None:
    # mean 0.01, sample deviation 0.01 x sqrt 2
    assert sharpe([0.02, 0.0]) == pytest.approx(0.01 / (0.01 * 2 ** 0.5) * 242 ** 0.5)
    assert sharpe([0.01]) is None
    assert sharpe([0.01, 0.01]) is None


def test_annual_figures_stand_on_242_sessions() -> None:
    figures = curve_figures(100, [100.0] * 120 + [110.0], traded=4_000)

    assert figures.total_return_ratio == pytest.approx(0.1)
    assert figures.annual_return_ratio == pytest.approx(1.1 ** 2 - 1)
    mean = (100 * 120 + 110) / 121
    assert figures.turnover_ratio == pytest.approx(4_000 / (2 * mean) * 2)


def test_what_is_not_defined_is_none_not_zero() -> None:
    nothing = curve_figures(100, [], traded=0)
    assert nothing.total_return_ratio is None
    assert nothing.sharpe is None
    assert curve_figures(100, [100, 0], traded=0).annual_return_ratio is None
