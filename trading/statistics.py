"""Figures of an equity curve, as ratios. Statistics, not money: binary floats are right here."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

SESSIONS_PER_YEAR = 242


@dataclass(frozen=True, slots=True)
class CurveFigures:
    """None: not defined (no session, no spread, nothing left)."""

    total_return_ratio: float | None
    annual_return_ratio: float | None
    max_drawdown_ratio: float | None       # positive: 0.25 is a fall by a quarter
    sharpe: float | None
    turnover_ratio: float | None


def curve_figures(
    initial: float, equity: Sequence[float], traded: float
) -> CurveFigures:
    """Figures of session equity.

    Args:
        initial: the cash before the first session; the first return is measured from it.
        equity: at the end of each session, CNY.
        traded: amount of all fills, buys and sells, CNY.

    Sharpe: zero risk-free rate, sample deviation, 242 sessions a year. Turnover: traded amount
    over twice the mean equity, a year.
    """
    if not equity or initial <= 0:
        return CurveFigures(None, None, None, None, None)
    years = len(equity) / SESSIONS_PER_YEAR
    total = equity[-1] / initial - 1
    mean = sum(equity) / len(equity)
    return CurveFigures(
        total_return_ratio=total,
        annual_return_ratio=(1 + total) ** (1 / years) - 1 if total > -1 else None,
        max_drawdown_ratio=max_drawdown(initial, equity),
        sharpe=sharpe(returns(initial, equity)),
        turnover_ratio=traded / (2 * mean) / years if mean > 0 else None)


def returns(initial: float, equity: Sequence[float]) -> list[float]:
    """Return of each session; empty after equity has gone."""
    before = [initial, *equity[:-1]]
    return [now / was - 1 for was, now in zip(before, equity, strict=True) if was > 0]


def max_drawdown(initial: float, equity: Sequence[float]) -> float:
    """The deepest fall from a former peak, as a positive ratio of that peak."""
    peak, deepest = initial, 0.0
    for value in equity:
        peak = max(peak, value)
        deepest = max(deepest, 1 - value / peak)
    return deepest


def sharpe(session_returns: Sequence[float]) -> float | None:
    """Mean over sample deviation, times the root of 242; None for fewer than two or no spread."""
    count = len(session_returns)
    if count < 2:  # noqa: PLR2004  a sample deviation needs two values
        return None
    mean = sum(session_returns) / count
    variance = sum((value - mean) ** 2 for value in session_returns) / (count - 1)
    return mean / sqrt(variance) * sqrt(SESSIONS_PER_YEAR) if variance > 0 else None
