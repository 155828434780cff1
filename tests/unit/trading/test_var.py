"""Golden numbers worked by hand or from printed tables; nothing here asks a statistics library."""

from decimal import Decimal

import numpy as np
import pytest

from tests.support.desk import DAY1, MAIN, STAR
from trading.var import (
    LEAST_SESSIONS,
    SESSIONS,
    UNKNOWN_LOSS_RATIO,
    Floats,
    ReturnTable,
    backtest,
    gate_loss,
    historical,
    kupiec,
    monte_carlo,
    parametric,
    var_ratio,
)

TEN = -np.arange(1.0, 11.0)                 # losses of 1, 2 ... 10


@pytest.mark.parametrize(("confidence", "var", "shortfall"), [
    (0.90, 9, 9.5), (0.80, 8, 9.0), (0.95, 10, 10.0), (0.99, 10, 10.0), (0.85, 9, 9.5)])
def test_the_historical_loss_is_the_one_that_so_many_days_did_not_exceed(
    confidence: float, var: float, shortfall: float
) -> None:
    found = historical(TEN, confidence)

    assert (found.var, found.shortfall) == (var, shortfall)


def test_a_past_without_a_loss_is_no_gain_to_come() -> None:
    gains = np.array([1.0, 2.0, 3.0])

    assert historical(gains, 0.95).var == historical(gains, 0.95).shortfall == 0
    assert parametric(np.full(60, 1.0), 0.95).var == 0


def test_the_normal_loss_is_that_of_the_printed_table() -> None:
    """Mean 0 and sample deviation 1: 1.6449 and 2.0627 at 95 %, 2.3263 and 2.6652 at 99 %."""
    pnl = np.tile([1.0, -1.0], 5_000) * np.sqrt(9_999 / 10_000)

    at95, at99 = parametric(pnl, 0.95), parametric(pnl, 0.99)
    assert (at95.var, at95.shortfall) == pytest.approx((1.644854, 2.062713), abs=1e-5)
    assert (at99.var, at99.shortfall) == pytest.approx((2.326348, 2.665214), abs=1e-5)
    assert parametric(pnl + 0.5, 0.95).var == pytest.approx(1.144854, abs=1e-5)


def test_simulated_losses_have_the_samples_covariance_and_heavy_tails() -> None:
    """Student's t with 5 degrees, scaled to deviation 1: 2.01505 x sqrt(3/5) = 1.56085 at 95 %."""
    random = np.random.default_rng(1)
    returns = random.standard_normal((SESSIONS, 2)) @ np.array([[0.02, 0.01], [0.0, 0.01]])
    amounts = np.array([300.0, 700.0])
    weights = amounts @ np.cov(returns.T) @ amounts
    expected = 1.56085 * np.sqrt(weights) - float(returns.mean(axis=0) @ amounts)

    found = monte_carlo(returns, amounts, 0.95, draws=200_000)
    assert found.var == pytest.approx(expected, rel=0.01)
    assert found.shortfall > found.var
    assert monte_carlo(returns, amounts, 0.95) == monte_carlo(returns, amounts, 0.95)
    assert monte_carlo(returns, amounts, 0.95, seed=2) != monte_carlo(returns, amounts, 0.95)


def test_the_gate_judges_by_the_worse_of_two() -> None:
    calm_but_for_one_day = np.concatenate([np.zeros(99), [-50.0]])
    loud = np.tile([1.0, -1.0], 50)

    assert gate_loss(calm_but_for_one_day, 0.95) > 0
    assert historical(calm_but_for_one_day, 0.95).var == 0
    random = np.random.default_rng(3)
    for pnl in (calm_but_for_one_day, loud, TEN, random.standard_normal(SESSIONS),
                random.standard_t(3, 61) * 1e9, np.full(9, 2.0)):
        for confidence in (0.5, 0.8, 0.95, 0.999):
            expected = max(historical(pnl, confidence).var, parametric(pnl, confidence).var)
            assert gate_loss(pnl, confidence) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("pnl", [[], [1.0], [1.0, np.nan], [1.0, np.inf]])
def test_a_past_that_says_nothing_is_refused(pnl: list[float]) -> None:
    for method in (historical, parametric, gate_loss):
        with pytest.raises(ValueError, match="finite results"):
            method(np.array(pnl), 0.95)


# ---- Kupiec --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "exceptions", "confidence", "ratio"), [
    (255, 12, 0.95, 0.047329),    # 2 x [12 ln(12/255 / 0.05) + 243 ln(243/255 / 0.95)]
    (252, 6, 0.99, 3.498777), (250, 0, 0.95, 25.64665), (100, 5, 0.95, 0.0),
    (20, 20, 0.95, 119.82929)])
def test_the_ratio_of_kupiecs_test(
    days: int, exceptions: int, confidence: float, ratio: float
) -> None:
    assert kupiec(days, exceptions, confidence).ratio == pytest.approx(ratio, abs=2e-4)


def test_the_five_per_cent_point_of_the_test_is_3_841() -> None:
    """Kupiec's own table: at 95 % over 255 days, 7 to 20 exceptions are accepted."""
    accepted = [n for n in range(60) if not kupiec(255, n, 0.95).rejected]

    assert (accepted[0], accepted[-1]) == (7, 20)
    assert kupiec(255, 12, 0.95).p_value == pytest.approx(0.83, abs=0.01)


@pytest.mark.parametrize(("days", "exceptions"), [(0, 0), (10, 11), (10, -1)])
def test_what_cannot_be_is_no_test(days: int, exceptions: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        kupiec(days, exceptions, 0.95)


def test_a_good_measure_passes_its_backtest_and_a_bad_one_does_not() -> None:
    pnl = np.random.default_rng(5).standard_normal(1_000)
    good = backtest(pnl, 0.95, parametric)
    worse = pnl.copy()
    worse[500:] *= np.linspace(1, 30, 500)          # the risk grows faster than the window sees
    bad = backtest(worse, 0.99, historical)

    assert good is not None
    assert (good.days, good.rejected) == (1_000 - LEAST_SESSIONS, False)
    assert bad is not None
    assert bad.rejected
    assert backtest(pnl[:LEAST_SESSIONS], 0.95, historical) is None


# ---- the account ---------------------------------------------------------------------------------


def test_an_instrument_without_history_loses_the_stated_share_every_day() -> None:
    known = {MAIN: np.full(SESSIONS, 0.01)}
    table = ReturnTable(lambda symbol, _day: known.get(symbol), DAY1)

    assert table.pnl() == pytest.approx(0.0)
    assert table.pnl_of(MAIN, 1_000) == pytest.approx(10.0)
    assert table.pnl_of(STAR, 1_000) == pytest.approx(-1_000 * UNKNOWN_LOSS_RATIO)
    table.hold(MAIN, 1_000)
    table.hold(STAR, 100)
    assert table.pnl() == pytest.approx(-10.0)
    returns, amounts = table.matrix({MAIN: 1_000, STAR: 100})
    assert returns.shape == (SESSIONS, 2)
    assert returns @ amounts == pytest.approx(table.pnl())
    table.hold(STAR, 0)
    assert table.pnl() == pytest.approx(10.0)


def test_a_table_takes_any_number_of_instruments_and_asks_for_each_once() -> None:
    asked: list[str] = []

    def returns_of(symbol: str, _day: object) -> Floats:
        asked.append(symbol)
        return np.full(SESSIONS, len(asked) / 1_000)

    table = ReturnTable(returns_of, DAY1)
    for _ in range(2):
        for n in range(40):
            table.hold(f"{600000 + n}.SH", 1_000)
        assert table.pnl() == pytest.approx(sum(range(1, 41)))
    assert len(asked) == 40


def test_the_share_of_the_account_is_an_exact_decimal() -> None:
    assert var_ratio(TEN, 100, Decimal("0.90")) == Decimal("0.093801")     # normal: 5.5 mean
    assert var_ratio(TEN, 0, Decimal("0.90")) is None
