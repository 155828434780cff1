"""The price band of every session as whole percents of the reference price, from core.rules."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np

from core.constants import LIMIT_PCT
from core.limits import formula_band
from core.types import Board, DayFacts, Instrument
from data.generated.schedule import Fate, Mark
from data.generated.streams import Floats

_HUNDRED = Decimal(100)
FREE_UP_PCT, FREE_DOWN_PCT = 1e6, 0.0      # no band: nothing that happens is outside
_NEW_SESSIONS = 6                          # longer than any listing rule


@dataclass(frozen=True, slots=True)
class Bands:
    """Percent of the reference price (110 is the upper limit of 10 %), sessions x instruments."""

    up_pct: Floats
    down_pct: Floats


def bands(fates: Sequence[Fate], days: Sequence[date]) -> Bands:
    shape = (len(days), len(fates))
    made = Bands(np.empty(shape), np.empty(shape))
    known: dict[tuple[Board, bool, bool], tuple[Floats, Floats]] = {}
    for column, fate in enumerate(fates):
        up, down = _ordinary(fate, days, known)
        for session, band in _unusual(fate, days):
            up[session], down[session] = band
        made.up_pct[:, column], made.down_pct[:, column] = up, down
    return made


def price_limits_ticks(ticks: Floats, down_pct: Floats, up_pct: Floats) -> tuple[Floats, Floats]:
    """(down, up) in ticks for reference prices in ticks: `core.limits.price_limits`, as arrays.

    All numbers are whole, so the half-up rounding is exact.
    """
    up = np.maximum(np.floor((ticks * up_pct + 50) / 100), ticks + 1)
    down = np.minimum(np.floor((ticks * down_pct + 50) / 100), ticks - 1)
    return np.maximum(down, 1), up


def _ordinary(
    fate: Fate, days: Sequence[date], known: dict[tuple[Board, bool, bool], tuple[Floats, Floats]]
) -> tuple[Floats, Floats]:
    instrument = fate.instrument
    warned = (fate.marks & Mark.ST > 0) & (fate.marks & Mark.DELISTING == 0)
    sides = []
    for st in (False, True):
        key = (instrument.board, instrument.wide_band, st)
        if key not in known:
            known[key] = _by_day(instrument, st, days)
        sides.append(known[key])
    (up, down), (st_up, st_down) = sides
    return np.where(warned, st_up, up), np.where(warned, st_down, down)


def _by_day(instrument: Instrument, st: bool, days: Sequence[date]) -> tuple[Floats, Floats]:
    """The ordinary band of a board on each day; the rules are asked only where rows begin."""
    up, down = np.full(len(days), FREE_UP_PCT), np.full(len(days), FREE_DOWN_PCT)
    begins = sorted({row.since for row in LIMIT_PCT if row.since <= days[-1]})
    for since in begins:
        at = bisect_left(days, since)
        on = max(since, days[0])
        up[at:], down[at:] = _percents(DayFacts(
            instrument=replace(instrument, issue_price_cny=_HUNDRED), day=on,
            reference_cny=_HUNDRED, st=st,
        ))
    return up, down


def _unusual(
    fate: Fate, days: Sequence[date]
) -> list[tuple[int, tuple[float, float]]]:
    """Sessions of listing and of the delisting arrangement."""
    found = []
    hundred = replace(fate.instrument, issue_price_cny=_HUNDRED)
    if fate.first >= 0:
        for session in range(fate.first, min(fate.first + _NEW_SESSIONS, len(days))):
            facts = DayFacts(instrument=hundred, day=days[session], reference_cny=_HUNDRED,
                             listed_sessions=fate.listed_sessions(session))
            found.append((session, _percents(facts)))
    if fate.delisting_first is not None:
        facts = DayFacts(instrument=hundred, day=days[fate.delisting_first],
                         reference_cny=_HUNDRED, st=True, delisting_session=1)
        found.append((fate.delisting_first, _percents(facts)))
    return found


def _percents(facts: DayFacts) -> tuple[float, float]:
    """(up, down) of a reference price of 100. No row that day: unlisted, so no band."""
    band = formula_band(facts)
    if band is None or band.up_cny is None or band.down_cny is None:
        return FREE_UP_PCT, FREE_DOWN_PCT
    return float(band.up_cny), float(band.down_cny)
