"""Value at risk and expected shortfall of one day by three methods, and a test of the measure.

Losses are positive. `pnl` is always what today's holdings would have gained on each past session,
oldest first: float64, shape (T,), in CNY or as a ratio. Sources: Jorion, Value at Risk, ch. 5, 10
and 12; Kupiec (1995), "Techniques for Verifying the Accuracy of Risk Measurement Models".
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from core.money import from_float
from trading.surroundings import Returns

Floats = NDArray[np.float64]

SESSIONS = 250                         # of history that a measure looks at
LEAST_SESSIONS = 60                    # below it a history says nothing
# An instrument without enough history counts as if it lost this on every past session: the
# daily limit of the wider boards, and twice that of the main board.
UNKNOWN_LOSS_RATIO = 0.20
MONTE_CARLO_DRAWS, MONTE_CARLO_SEED = 20_000, 20_260_101
TAIL_DEGREES = 5                       # of freedom of the simulated returns: tails of daily returns
_GRAIN = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Measure:
    """`var`: the loss that is exceeded on 1 - confidence of days; `shortfall`: its mean then."""

    var: float
    shortfall: float


def historical(pnl: Floats, confidence: float) -> Measure:
    """The past itself: the smallest loss that is not exceeded with the confidence."""
    losses = -_checked(pnl)
    at = _rank(len(losses), confidence)
    ordered = np.partition(losses, at)
    var = float(ordered[at])
    return Measure(max(0.0, var), max(0.0, float(ordered[at:].mean())))


def parametric(pnl: Floats, confidence: float) -> Measure:
    """Normal returns with the sample's mean and deviation."""
    mean, deviation = float(np.mean(_checked(pnl))), float(np.std(pnl, ddof=1))
    z = _quantile(confidence)
    tail = NormalDist().pdf(z) / (1 - confidence)
    return Measure(max(0.0, z * deviation - mean), max(0.0, tail * deviation - mean))


def monte_carlo(
    returns: Floats, amounts: Floats, confidence: float, *,
    seed: int = MONTE_CARLO_SEED, draws: int = MONTE_CARLO_DRAWS,
) -> Measure:
    """Simulated joint returns with the sample's covariance and Student tails.

    Args:
        returns: shape (T, N), a column for each holding.
        amounts: shape (N,), what is held of each.

    Each draw is a random mix of the centred past sessions, so its covariance is the sample's
    without ever building the N x N matrix; a common chi-square divisor makes the tails heavy.
    """
    mean = returns.mean(axis=0)
    centred = (returns - mean) @ amounts / math.sqrt(len(returns) - 1)
    random = np.random.default_rng(seed)
    normal = random.standard_normal((draws, len(centred))) @ centred
    heavy = np.sqrt((TAIL_DEGREES - 2) / random.chisquare(TAIL_DEGREES, draws))
    return historical(normal * heavy + float(mean @ amounts), confidence)


def gate_loss(pnl: Floats, confidence: float) -> float:
    """The worse of the historical and the parametric loss, the figure the risk gate judges by.

    The same as asking both, without their shortfalls: it is asked for every order.
    """
    count = len(_checked(pnl))
    at = _rank(count, confidence)
    past = -float(np.partition(pnl, count - 1 - at)[count - 1 - at])
    mean = float(np.add.reduce(pnl)) / count
    spread = math.sqrt(max(0.0, float(pnl @ pnl) - count * mean * mean) / (count - 1))
    return max(0.0, past, _quantile(confidence) * spread - mean)


@lru_cache(maxsize=16)
def _quantile(confidence: float) -> float:
    return NormalDist().inv_cdf(confidence)


def _checked(pnl: Floats) -> Floats:
    if len(pnl) < 2 or not np.isfinite(pnl).all():      # noqa: PLR2004  a deviation needs two
        raise ValueError(f"at least two finite results are needed, had {len(pnl)}")
    return pnl


def _rank(count: int, confidence: float) -> int:
    """Index of the loss, ascending, that at least `confidence` of all do not exceed."""
    return min(count - 1, math.ceil(round(confidence * count, 9)) - 1)


# ---- the test of the measure -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kupiec:
    """Proportion of failures: does the share of exceptions fit the confidence?"""

    days: int
    exceptions: int                    # days whose loss exceeded the measure
    ratio: float                       # likelihood ratio, chi-square with one degree of freedom
    p_value: float

    @property
    def rejected(self) -> bool:
        """True where so many exceptions, or so few, happen by chance less than once in twenty."""
        return self.p_value < 0.05     # noqa: PLR2004  the usual level of the test


def kupiec(days: int, exceptions: int, confidence: float) -> Kupiec:
    """Kupiec's test. ValueError: not 0 <= exceptions <= days, or no days."""
    if days < 1 or not 0 <= exceptions <= days:
        raise ValueError(f"{exceptions} exceptions in {days} days cannot be")
    expected, seen = 1 - confidence, exceptions / days
    ratio = 2 * (_log_likelihood(days, exceptions, seen)
                 - _log_likelihood(days, exceptions, expected))
    return Kupiec(days, exceptions, max(0.0, ratio), math.erfc(math.sqrt(max(0.0, ratio) / 2)))


def _log_likelihood(days: int, exceptions: int, probability: float) -> float:
    kept = days - exceptions
    return ((exceptions * math.log(probability) if exceptions else 0.0)
            + (kept * math.log(1 - probability) if kept else 0.0))


def backtest(
    pnl: Floats, confidence: float, method: Callable[[Floats, float], Measure], *,
    window: int = LEAST_SESSIONS,
) -> Kupiec | None:
    """Each session's loss against the measure of the sessions before it. None: too short."""
    days = len(pnl) - window
    if days < 1:
        return None
    exceptions = sum(
        -float(pnl[at]) > method(pnl[at - window:at], confidence).var
        for at in range(window, len(pnl)))
    return kupiec(days, exceptions, confidence)


# ---- the account -------------------------------------------------------------------------------


class ReturnTable:
    """Past returns of what is held, a row each, fetched when a symbol is first asked for.

    One table serves one day. None from `returns_of`: too little history, counted at
    UNKNOWN_LOSS_RATIO.
    """

    def __init__(self, returns_of: Callable[[str, date], Returns | None], day: date) -> None:
        self._returns_of, self._day = returns_of, day
        self._rows: dict[str, int | None] = {}
        self._table: Floats = np.zeros((8, SESSIONS))
        self._used = 0                                 # rows that are filled
        self._weights: Floats = np.zeros(8)            # what is held of each row, in e4
        self._unknown: dict[str, int] = {}             # and of what has no row

    def row(self, symbol: str) -> int | None:
        """Where the symbol's returns are; None: it has no history to speak of."""
        if symbol not in self._rows:
            found = self._returns_of(symbol, self._day)
            self._rows[symbol] = None if found is None else self._add(found)
        return self._rows[symbol]

    def _add(self, returns: Floats) -> int:
        at = self._used
        if at == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
            self._weights = np.concatenate([self._weights, np.zeros_like(self._weights)])
        self._table[at] = returns
        self._used += 1
        return at

    def hold(self, symbol: str, amount_e4: int) -> None:
        """So much of it is held from now on."""
        row = self.row(symbol)
        if row is None:
            self._unknown[symbol] = amount_e4
        else:
            self._weights[row] = amount_e4

    def pnl(self) -> Floats:
        """What is held would have gained on each past session, in e4. Shape (SESSIONS,)."""
        gained: Floats = self._weights[:self._used] @ self._table[:self._used]
        return gained - UNKNOWN_LOSS_RATIO * sum(self._unknown.values())

    def pnl_of(self, symbol: str, amount_e4: int) -> Floats:
        """The same for an amount of one instrument."""
        gained: Floats = self._column(symbol) * amount_e4
        return gained

    def matrix(self, amounts_e4: Mapping[str, int]) -> tuple[Floats, Floats]:
        """(returns of shape (SESSIONS, N), amounts of shape (N,)) for `monte_carlo`."""
        columns = [self._column(symbol) for symbol in amounts_e4]
        return (np.array(columns).reshape(-1, SESSIONS).T,
                np.array(list(amounts_e4.values()), dtype=np.float64))

    def _column(self, symbol: str) -> Floats:
        row = self.row(symbol)
        return np.full(SESSIONS, -UNKNOWN_LOSS_RATIO) if row is None else self._table[row]


def var_ratio(pnl_e4: Floats, equity_e4: int, confidence: Decimal) -> Decimal | None:
    """The gate's value at risk as a share of the account; None where nothing is left of it."""
    if equity_e4 <= 0:
        return None
    return from_float(gate_loss(pnl_e4, float(confidence)) / equity_e4, grain=_GRAIN)
