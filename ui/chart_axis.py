"""Axes without a screen: round ticks, calendar ticks, number formats, room for labels."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ui.chart_data import DAY_S, ChartModel, Floats, Ints, ViewPort
from ui.chart_style import ChartTexts

UNKNOWN = "—"
PRICE_PAD_RATIO = 0.06         # of the pane, free above the highest and below the lowest price
_MOST_FREE_RATIO = 0.3
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # wall time of Shanghai, see BarColumns
_ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_ROUND_TOPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_TINY = 1e-9


# --- numbers -------------------------------------------------------------------------------

def price_text(value_cny: float | None, decimals: int) -> str:
    if value_cny is None or math.isnan(value_cny):
        return UNKNOWN
    return f"{value_cny:.{decimals}f}"


def signed_text(value: float | None, decimals: int) -> str:
    return UNKNOWN if value is None else f"{value:+.{decimals}f}"


def percent_text(ratio: float | None) -> str:
    return UNKNOWN if ratio is None else f"{ratio * 100:+.2f}%"


def quantity_text(value: float, units: Sequence[tuple[float, str]]) -> str:
    """A volume or an amount, in the largest of `units` that fits, with three to five digits."""
    if math.isnan(value):
        return UNKNOWN
    for size, suffix in units:
        if abs(value) >= size:
            return _three_digits(value / size) + suffix
    return f"{value:.0f}"


def volume_text(shares: float, texts: ChartTexts) -> str:
    """Shares as the reader counts them: 2.46万手, 2.46M."""
    text = quantity_text(shares / texts.lot_shares, texts.units)
    return text if text == UNKNOWN else text + texts.lot


def round_quantity_text(value: float, units: Sequence[tuple[float, str]]) -> str:
    """The same for an axis: a round figure without its empty decimals."""
    for size, suffix in units:
        if value >= size:
            return f"{value / size:g}{suffix}"
    return f"{value:g}"


def _three_digits(value: float) -> str:
    whole_digits = len(f"{abs(value):.0f}")
    return f"{value:.{min(max(4 - whole_digits, 0), 2)}f}"


# --- scales --------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Scale:
    """Linear map of values onto pixels: `low` at `bottom`, `high` at `top` (top < bottom)."""

    low: float
    high: float
    top: int
    bottom: int

    @property
    def per_unit(self) -> float:
        return (self.bottom - self.top) / (self.high - self.low)

    def y(self, value: float) -> int:
        return round(self.bottom - (value - self.low) * self.per_unit)

    def ys(self, values: Floats) -> Floats:
        """Pixels as floats, not rounded."""
        return self.bottom - (values - self.low) * self.per_unit

    def value(self, y: float) -> float:
        return self.low + (self.bottom - y) / self.per_unit

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def price_scale(low: float, high: float, top: int, bottom: int, margin: int = 0) -> Scale:
    """A scale with at least `margin` pixels free above `high` and below `low`.

    A constant price sits in the middle.
    """
    bottom = max(bottom, top + 1)
    free_ratio = min(max(PRICE_PAD_RATIO, margin / (bottom - top)), _MOST_FREE_RATIO)
    pad = (high - low) * free_ratio / (1 - 2 * free_ratio)
    if pad <= abs(high) * _TINY:
        pad = abs(high) * 0.02 or 1.0
    return Scale(low - pad, high + pad, top, bottom)


def volume_scale(greatest: float, top: int, bottom: int) -> Scale:
    """From zero to a round figure, so that a growing bar seldom moves the whole pane."""
    return Scale(0.0, round_top(greatest), top, max(bottom, top + 1))


def round_top(value: float) -> float:
    """The smallest round number that is not below `value`; 1 for nothing or the unknown."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        (step * power for step in _ROUND_TOPS if step * power >= value * (1 - _TINY)), 10 * power
    )


def round_step(span: float, most: int, smallest: float) -> float:
    """The finest of 1, 2, 2.5, 5 x 10^k that needs at most `most` ticks over `span`.

    Never finer than `smallest`, of which every step is a whole multiple.
    """
    rough = max(span / max(most, 1), smallest)
    power = 10.0 ** math.floor(math.log10(rough) + _TINY)
    for step in _ROUND_STEPS:
        size = step * power
        whole = abs(size / smallest - round(size / smallest)) < _TINY * max(1.0, size / smallest)
        if size >= rough * (1 - _TINY) and whole:
            return size
    return 10.0 * power


def price_ticks(scale: Scale, spacing: int, decimals: int) -> list[float]:
    """Round prices inside the scale, at least `spacing` pixels apart."""
    most = max((scale.bottom - scale.top) // max(spacing, 1), 1)
    step = round_step(scale.high - scale.low, most, 10.0**-decimals)
    first = math.ceil(scale.low / step - _TINY)
    last = math.floor(scale.high / step + _TINY)
    return [number * step for number in range(first, last + 1)]


# --- room for labels -----------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Label:
    """A text that wants its middle at `centre`; the lower `rank` is placed first."""

    centre: int
    text: str
    rank: int


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    left: int
    width: int
    label: Label


def place_labels(
    labels: Iterable[Label], width_of: Callable[[str], int], left: int, right: int, gap: int
) -> list[PlacedLabel]:
    """Those labels that fit between `left` and `right` without touching, from left to right.

    No label is moved or cut: one that has no room is left out.
    """
    placed: list[PlacedLabel] = []
    starts: list[int] = []
    for label in sorted(labels, key=lambda each: (each.rank, each.centre)):
        width = width_of(label.text)
        start = label.centre - width // 2
        if start < left or start + width > right:
            continue
        at = bisect_left(starts, start)
        if at and placed[at - 1].left + placed[at - 1].width + gap > start:
            continue
        if at < len(placed) and start + width + gap > placed[at].left:
            continue
        starts.insert(at, start)
        placed.insert(at, PlacedLabel(start, width, label))
    return placed


def fitted(widths: Sequence[int], ranks: Sequence[int], room: int, gap: int) -> list[int]:
    """Positions of the items that share one line: the lowest ranks first, in their order."""
    chosen: list[int] = []
    used = 0
    for position in sorted(range(len(widths)), key=lambda each: (ranks[each], each)):
        if used + widths[position] > room:
            break
        used += widths[position] + gap
        chosen.insert(bisect_right(chosen, position), position)
    return chosen


# --- calendar ------------------------------------------------------------------------------

YEAR, MONTH, DAY, TIME = range(4)      # ranks: a year's label is placed first


@dataclass(frozen=True, slots=True)
class TimeTick:
    index: int                 # the bar it stands at
    text: str
    rank: int
    between: bool              # the line stands before the bar, not through it


@dataclass(frozen=True, slots=True)
class _Rung:
    """One spacing of calendar ticks: `months`, or `seconds`, or the lunch break."""

    rank: int
    months: int = 0
    seconds: int = 0


_HOUR_S = 3_600
_WEEK_S = 7 * DAY_S
_LUNCH = _Rung(TIME)
_EACH_DAY, _EACH_MONTH, _EACH_YEAR = (
    _Rung(DAY, seconds=DAY_S), _Rung(MONTH, months=1), _Rung(YEAR, months=12)
)
_RUNGS = (                     # finest first
    *(_Rung(TIME, seconds=60 * minutes) for minutes in (1, 5, 10, 15, 30, 60)),
    _LUNCH, _EACH_DAY, _Rung(DAY, seconds=_WEEK_S),
    *(_Rung(MONTH, months=months) for months in (1, 3, 6)),
    *(_Rung(YEAR, months=12 * years) for years in (1, 2, 5, 10, 20, 50)),
)
_MONDAY_S = 4 * DAY_S          # 1970-01-05 was a Monday
_MONTH_S = 30 * DAY_S
_MOST_BROKEN_BARS = 20_000     # more bars than this, and their sessions are too narrow to mark
_LUNCH_S = 75 * 60             # longer than any bar; 11:30 to 13:00 and a bar is more


def wall_time(ts_s: int) -> datetime:
    """Naive datetime of Shanghai wall seconds."""
    return _EPOCH + timedelta(seconds=ts_s)


def moment_text(ts_s: int, intraday: bool, texts: ChartTexts) -> str:
    """The crosshair's label: 2025-01-24 Fri, with the time in a minute view."""
    moment = wall_time(ts_s)
    day = f"{moment:%Y-%m-%d} {texts.weekdays[moment.weekday()]}"
    return f"{day} {moment:%H:%M}" if intraday else day


def session_breaks(model: ChartModel, view: ViewPort) -> tuple[list[int], list[int]]:
    """Bars in view that open a day, and bars that follow the lunch break. Minute views only."""
    start, stop = view.visible(len(model))
    if not model.intraday or stop - start > _MOST_BROKEN_BARS:
        return [], []
    start = max(start, 1)
    ts = model.ts_s[start - 1 : stop]
    new_day = ts[1:] // DAY_S != ts[:-1] // DAY_S
    paused = ~new_day & (np.diff(ts) > _LUNCH_S)
    return _indices(new_day, start), _indices(paused, start)


def time_ticks(
    model: ChartModel, view: ViewPort, width: int, spacing: int, texts: ChartTexts
) -> list[TimeTick]:
    """Calendar boundaries in view, on average at least `spacing` pixels apart."""
    start, stop = view.visible(len(model))
    if start >= stop:
        return []
    rungs = [rung for rung in _RUNGS if model.intraday or rung.rank < TIME]
    most = int((stop - start) * width / view.count / spacing) + 1
    for rung in rungs:
        if _is_crowded(model, rung, start, stop, most):
            continue
        found = _rung_indices(model, rung, start, stop)
        if len(found) <= most:
            return _labelled(model, rung, start, stop, texts)
    return []


def _is_crowded(model: ChartModel, rung: _Rung, start: int, stop: int, most: int) -> bool:
    """Whether the rung surely has too many ticks, found without searching for them.

    Times of day follow from the number of bars. Longer spans follow from the calendar, where
    every other day may be without trading.
    """
    if rung is _LUNCH:
        return stop - start > _MOST_BROKEN_BARS
    if rung.rank == TIME:
        return (stop - start) * model.bar_s / rung.seconds > most + 1
    span_s = int(model.ts_s[stop - 1] - model.ts_s[start])
    return span_s / (rung.seconds or rung.months * _MONTH_S) > 2 * most + 2


def _rung_indices(model: ChartModel, rung: _Rung, start: int, stop: int) -> list[int]:
    """Bars at which a boundary of the rung falls."""
    if rung is _LUNCH:
        return session_breaks(model, ViewPort(start, stop - start))[1]
    ts = model.ts_s[start:stop]
    moments = _boundaries(rung, int(ts[0]), int(ts[-1]))
    found = np.searchsorted(ts, moments)
    if rung.rank == TIME:      # only where a bar ends at that very minute
        met = found[ts[found] == moments]
    else:                      # the first bar in view opens a day only if the bar before says so
        before_s = int(model.ts_s[start - 1]) if start else int(ts[0])
        met = found[(found > 0) | (before_s < moments)]
    return [start + int(index) for index in np.unique(met)]


def _boundaries(rung: _Rung, first_s: int, last_s: int) -> Ints:
    """The rung's moments up to last_s, from the last one not after first_s."""
    if rung.months:
        return _month_starts(rung.months, first_s, last_s)
    if rung.seconds == _HOUR_S:    # half past before noon: even steps on both sides of lunch
        halves = _boundaries(_Rung(TIME, seconds=_HOUR_S // 2), first_s, last_s)
        wanted: Ints = halves[(halves % _HOUR_S > 0) == (halves % DAY_S < DAY_S // 2)]
        return wanted
    offset = _MONDAY_S if rung.seconds == _WEEK_S else 0
    begin = (first_s - offset) // rung.seconds * rung.seconds + offset
    return np.arange(begin, last_s + 1, rung.seconds, dtype=np.int64)


def _month_starts(months: int, first_s: int, last_s: int) -> Ints:
    first, last = (
        moment.year * 12 + moment.month - 1 for moment in (wall_time(first_s), wall_time(last_s))
    )
    counts = np.arange(first // months * months, last + 1, months) - _EPOCH.year * 12
    return counts.astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)


def _labelled(
    model: ChartModel, finest: _Rung, start: int, stop: int, texts: ChartTexts
) -> list[TimeTick]:
    """Ticks of the finest rung and of all coarser units, each named by its coarsest unit."""
    coarser = [_LUNCH] if finest.rank == TIME and finest is not _LUNCH else []
    coarser += [rung for rung in _begun(model, start, stop) if rung.rank < finest.rank]
    ticks: dict[int, TimeTick] = {}
    for rung in (finest, *coarser):            # the later is the coarser, and wins
        between = rung.rank < TIME or rung is _LUNCH
        for index in _rung_indices(model, rung, start, stop):
            moment = wall_time(int(model.ts_s[index]))
            if rung is _LUNCH:                 # named by the end of the morning's last bar
                moment = wall_time(int(model.ts_s[index - 1]))
                ticks.pop(index - 1, None)
            text = _tick_text(moment, rung.rank, model, texts)
            ticks[index] = TimeTick(index, text, rung.rank, between and model.intraday)
    return [ticks[index] for index in sorted(ticks)]


_LUNCH_END = "13:00"


def _begun(model: ChartModel, start: int, stop: int) -> list[_Rung]:
    """Of day, month and year those that begin somewhere in view."""
    first, last = (
        wall_time(int(model.ts_s[index])) for index in (max(start - 1, 0), stop - 1)
    )
    if first.year != last.year:
        return [_EACH_DAY, _EACH_MONTH, _EACH_YEAR]
    if first.month != last.month:
        return [_EACH_DAY, _EACH_MONTH]
    return [_EACH_DAY] if first.day != last.day else []


def _tick_text(moment: datetime, rank: int, model: ChartModel, texts: ChartTexts) -> str:
    if rank == YEAR:
        return f"{moment.year}"
    if rank == MONTH:
        return texts.months[moment.month - 1]
    if rank == DAY:            # in a minute view the month is seldom beside it
        return f"{moment:%m-%d}" if model.intraday else f"{moment.day}"
    return f"{moment:%H:%M}"


def _indices(mask: NDArray[np.bool_], offset: int) -> list[int]:
    return [int(index) + offset for index in np.flatnonzero(mask)]
