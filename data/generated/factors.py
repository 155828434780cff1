"""How the market and its industries move: what the instruments of one day have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from data.generated.names import FUND_INDUSTRY, INDUSTRIES
from data.generated.streams import Floats, exp, fat_tailed, normals, uniforms

OVERNIGHT_RATIO = 0.20             # of the variance of a day (stylised facts: 0.157 to 0.256)
_SWING_MEMORY, _SWING = 0.975, 0.31     # of the deviations, log scale
_YEAR_RATIOS = (0.0110, 0.0145, 0.0120, 0.0170, 0.0130, 0.0155, 0.0105, 0.0145)
_INDUSTRY_RATIO = 0.0085

# A panic: the market's own return of four sessions. Most of the list is limit-down on the second.
_PANIC = (-0.030, -0.098, -0.015, 0.050)
_BOOM = (0.025, 0.085, 0.03)
_PANIC_PLACES = (0.13, 0.62, 0.86)     # around these parts of the plan
_BOOM_PLACES = (0.42,)
_PLACE_SPREAD = 0.06


@dataclass(frozen=True, slots=True)
class Factors:
    """Log returns of the common parts and their expected deviations, by session."""

    market_night: Floats           # [session]
    market_day: Floats
    market_ratio: Floats           # expected daily deviation
    industry_night: Floats         # [session, industry]
    industry_day: Floats
    industry_ratio: Floats


def factors(seed: int, days: Sequence[date]) -> Factors:
    span = len(days)
    labels = ("market", *(industry.name for industry in INDUSTRIES))
    swings = _swings(seed, span, labels)
    ratio = _year_ratios(seed, days) * swings[:, 0]
    night, day = _split(seed, ratio, labels[0])
    _add_events(seed, night, day)
    industry_ratio = np.zeros((span, len(labels)))         # the last column: funds follow none
    nights, industry_days = np.zeros_like(industry_ratio), np.zeros_like(industry_ratio)
    for column, label in enumerate(labels[1:]):
        industry_ratio[:, column] = _INDUSTRY_RATIO * swings[:, column + 1]
        parts = _split(seed, industry_ratio[:, column], label)
        nights[:, column], industry_days[:, column] = parts
    return Factors(night, day, ratio, nights, industry_days, industry_ratio)


def industry_number(name: str) -> int:
    """Column of an industry in the factor arrays."""
    if name == FUND_INDUSTRY:
        return len(INDUSTRIES)
    return next(i for i, industry in enumerate(INDUSTRIES) if industry.name == name)


def memory(shocks: Floats, decay: float) -> Floats:
    """Stationary first-order autoregression of unit variance along axis 0 (two axes)."""
    values = shocks * float(np.sqrt(1 - decay * decay))
    values[0] = shocks[0]
    for at in range(1, len(shocks)):
        values[at] += decay * values[at - 1]
    return values


def _swings(seed: int, span: int, labels: Sequence[str]) -> Floats:
    """Slowly moving factors around 1 for the deviations, [session, label]."""
    shocks = np.stack([normals(span, seed, "swing", label) for label in labels], 1)
    return exp(_SWING * memory(shocks, _SWING_MEMORY) - _SWING**2)


def _year_ratios(seed: int, days: Sequence[date]) -> Floats:
    """Each calendar year has its own temper, so that correlation moves from year to year."""
    first = int(uniforms(1, seed, "tempers")[0] * len(_YEAR_RATIOS))
    years = np.array([day.year for day in days])
    ratios: Floats = np.array(_YEAR_RATIOS)[(years + first) % len(_YEAR_RATIOS)]
    return ratios


def _split(seed: int, ratio: Floats, label: str) -> tuple[Floats, Floats]:
    """Overnight and daytime log returns with that daily deviation."""
    span = len(ratio)
    night = fat_tailed(span, seed, "night", label) * ratio * float(np.sqrt(OVERNIGHT_RATIO))
    day = normals(span, seed, "day", label) * ratio * float(np.sqrt(1 - OVERNIGHT_RATIO))
    return night, day


def _add_events(seed: int, night: Floats, day: Floats) -> None:
    """Replace a few sessions by a panic or a boom, partly overnight."""
    span = len(night)
    shifts = uniforms(len(_PANIC_PLACES) + len(_BOOM_PLACES), seed, "events") - 0.5
    places = (*_PANIC_PLACES, *_BOOM_PLACES)
    stories = (_PANIC,) * len(_PANIC_PLACES) + (_BOOM,) * len(_BOOM_PLACES)
    for place, story, shift in zip(places, stories, shifts.tolist(), strict=True):
        begin = int((place + 2 * _PLACE_SPREAD * shift) * span)
        for at, move in enumerate(story, begin):
            if 0 <= at < span:
                night[at], day[at] = 0.35 * move, 0.65 * move
