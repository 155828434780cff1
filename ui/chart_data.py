"""The chart's data without a screen: columns, moving averages, the pyramid, the view.

An index axis: bar 0 is the oldest, time without trading takes no room. Prices are CNY as
float64, volumes shares, moments seconds of Shanghai wall time (see core.types.BarColumns).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.exceptions import DataError
from core.types import BarColumns, OrderSide, Period

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BASE = 8                       # children of one pyramid block
MIN_BLOCKS_PER_COLUMN = 4      # a pixel column's edge is off by less than an eighth of a pixel
DAY_S = 86_400
MIN_VIEW_BARS = 10.0           # the closest zoom
FEW_BARS = 40.0                # a younger history is drawn as if it had this many bars
DEFAULT_VIEW_BARS = 120.0
RIGHT_PAD_RATIO = 0.03         # free room right of the newest bar
_PERIOD_S: Mapping[Period, int] = MappingProxyType({
    Period.DAY: DAY_S, Period.MIN1: 60, Period.MIN5: 300, Period.MIN15: 900,
    Period.MIN30: 1_800, Period.MIN60: 3_600,
})
_SPARE_RATIO = 8               # one eighth of the history is kept free for appended bars
_SPARE_BARS = 1_024
_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _AMOUNT = range(6)


@dataclass(frozen=True, slots=True)
class ViewPort:
    """The window onto the index axis: `first` bar at the left edge, `count` slots wide.

    Both are fractions, so that dragging and zooming are smooth; bar i covers i to i + 1.
    """

    first: float
    count: float

    def clamped(self, total: int) -> "ViewPort":
        """The nearest view that shows bars: never past the first bar, little past the last."""
        longest = max(total / (1.0 - RIGHT_PAD_RATIO), FEW_BARS)
        count = min(max(self.count, MIN_VIEW_BARS), longest)
        rightmost = max(0.0, total + RIGHT_PAD_RATIO * count - count)
        return ViewPort(min(max(self.first, 0.0), rightmost), count)

    def panned(self, bars: float, total: int) -> "ViewPort":
        return replace(self, first=self.first + bars).clamped(total)

    def zoomed(self, factor: float, anchor_ratio: float, total: int) -> "ViewPort":
        """`factor` below 1 zooms in; the bar at `anchor_ratio` of the width stays there."""
        anchor = self.first + self.count * anchor_ratio
        count = ViewPort(0.0, self.count * factor).clamped(total).count
        return ViewPort(anchor - count * anchor_ratio, count).clamped(total)

    def shows_end(self, total: int) -> bool:
        return self.first + self.count >= total

    def index_at(self, x: float, width: int) -> int:
        """Index of the bar whose slot holds pixel x; may lie outside the history."""
        return math.floor(self.first + x * self.count / max(width, 1))

    def x_of(self, index: int, width: int) -> int:
        """Pixel of the middle of bar `index`."""
        return math.floor((index + 0.5 - self.first) * width / self.count)

    def visible(self, total: int) -> tuple[int, int]:
        """Indices [start, stop) of the bars of which any part is in view."""
        start = min(max(math.floor(self.first), 0), total)
        stop = min(max(math.ceil(self.first + self.count), start), total)
        return start, stop


def newest_view(total: int, count: float = DEFAULT_VIEW_BARS) -> ViewPort:
    """The newest bars, with a little free room at the right."""
    return ViewPort(float(total), count).clamped(total)


@dataclass(frozen=True, slots=True)
class PixelColumns:
    """What is drawn: one entry per bar, or per pixel column where bars are narrower than one.

    All arrays have one length; `x` rises strictly. `last_bar` is the newest bar of the entry.
    """

    x: NDArray[np.int32]       # pixel, 0 at the left edge of the plot
    first_bar: Ints
    last_bar: Ints
    open_cny: Floats
    high_cny: Floats
    low_cny: Floats
    close_cny: Floats
    volume_shares: Floats      # the largest in the entry; NaN: unknown
    direction: NDArray[np.int8]    # 1 rising, -1 falling, 0 neither

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """The figures of one bar. None or NaN: unknown."""

    index: int
    ts_s: int
    open_cny: float
    high_cny: float
    low_cny: float
    close_cny: float
    previous_close_cny: float | None
    volume_shares: float
    amount_cny: float
    averages_cny: tuple[float, ...]

    @property
    def change_cny(self) -> float | None:
        if self.previous_close_cny is None:
            return None
        return self.close_cny - self.previous_close_cny

    @property
    def change_ratio(self) -> float | None:
        if not self.previous_close_cny:
            return None        # unknown, or zero: no ratio to it
        return self.close_cny / self.previous_close_cny - 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeMarker:
    """One own trade to be shown on the chart."""

    ts_s: int                  # Shanghai wall seconds, as in BarColumns
    price_cny: float
    side: OrderSide


class Pyramid:
    """Least low, greatest high and greatest volume of blocks of 8, 64, 512 ... bars.

    Level k holds one entry per block of 8**k bars, the last block may be short. Unknown
    volumes (NaN) are passed over. Building is O(n), a changed or new bar O(log n).
    """

    def __init__(self, low: Floats, high: Floats, volume: Floats, capacity: int) -> None:
        self._levels: list[tuple[Floats, Floats, Floats]] = []
        columns = (low, high, volume)
        size = len(low)
        while capacity > BASE:
            capacity = -(-capacity // BASE)
            columns = _reduced(columns, size, capacity)
            size = -(-size // BASE)
            self._levels.append(columns)

    @property
    def depth(self) -> int:
        """The coarsest level; 0 is the bars themselves."""
        return len(self._levels)

    def level(self, number: int) -> tuple[Floats, Floats, Floats]:
        """Low, high and volume of level `number` (from 1), spare room included."""
        return self._levels[number - 1]

    def refresh(self, index: int, low: Floats, high: Floats, volume: Floats) -> None:
        """Bar `index` changed or is new; the arrays end with the newest bar."""
        size = len(low)
        for lows, highs, volumes in self._levels:
            block = index // BASE
            span = slice(block * BASE, min(block * BASE + BASE, size))
            lows[block] = low[span].min()
            highs[block] = high[span].max()
            volumes[block] = np.fmax.reduce(volume[span])
            low, high, volume, index = lows, highs, volumes, block
            size = -(-size // BASE)


def _reduced(
    columns: tuple[Floats, Floats, Floats], size: int, capacity: int
) -> tuple[Floats, Floats, Floats]:
    """The next level of a pyramid, with room for `capacity` blocks."""
    starts = np.arange(0, size, BASE)
    levels = []
    for column, reduce in zip(columns, (np.minimum, np.maximum, np.fmax), strict=True):
        level = np.full(capacity, np.nan)
        if size:
            level[: len(starts)] = reduce.reduceat(column[:size], starts)
        levels.append(level)
    return levels[0], levels[1], levels[2]


class ChartModel:
    """One symbol's bars, growing at the end, with what a screen asks of them quickly.

    The columns are copied: the caller's BarColumns stay as they were.
    Raises DataError for columns of unequal length, for prices that are not finite and for
    moments that do not rise.
    """

    def __init__(self, bars: BarColumns | None = None) -> None:
        self.period = bars.period if bars is not None else Period.DAY
        self.revision = 0      # counts every change of a bar
        self._size = 0 if bars is None else len(bars)
        capacity = self._size + self._size // _SPARE_RATIO + _SPARE_BARS
        self._ts = np.empty(capacity, np.int64)
        self._values = np.empty((6, capacity))
        # Running sum of close - base: the average of any stretch is one subtraction away,
        # and taking the first close off keeps the sum small, so it keeps its digits.
        self._sums = np.zeros(capacity + 1)
        self._base_cny = 0.0
        if bars is not None:
            _check(bars)
            self._fill(bars)
        self._build_pyramid()

    def __len__(self) -> int:
        return self._size

    @property
    def intraday(self) -> bool:
        return self.period is not Period.DAY

    @property
    def bar_s(self) -> int:
        """Length of a bar in seconds."""
        return _PERIOD_S[self.period]

    @property
    def ts_s(self) -> Ints:
        return self._ts[: self._size]

    @property
    def open_cny(self) -> Floats:
        return self._values[_OPEN, : self._size]

    @property
    def high_cny(self) -> Floats:
        return self._values[_HIGH, : self._size]

    @property
    def low_cny(self) -> Floats:
        return self._values[_LOW, : self._size]

    @property
    def close_cny(self) -> Floats:
        return self._values[_CLOSE, : self._size]

    @property
    def volume_shares(self) -> Floats:
        return self._values[_VOLUME, : self._size]

    @property
    def amount_cny(self) -> Floats:
        return self._values[_AMOUNT, : self._size]

    def price_range(self) -> tuple[float, float]:
        """Lowest and highest price of the whole history; zeros without bars."""
        if not self._size:
            return 0.0, 0.0
        low, high, _ = self._extremes(
            self._pyramid.depth, np.array([0]), np.array([self._size])
        )
        return float(low[0]), float(high[0])

    def update_last(self, values: Sequence[float]) -> None:
        """Replace the newest bar: open, high, low, close (CNY), volume, amount. O(log n)."""
        _check_bar(values)
        self._write(self._size - 1, values)

    def append(self, ts_s: int, values: Sequence[float]) -> None:
        """Add a bar after the newest. O(log n); rarely one copy of all columns."""
        _check_bar(values)
        if self._size and ts_s <= int(self._ts[self._size - 1]):
            raise DataError(
                "a bar was not added to the chart",
                why="it is not later than the newest bar",
                remedy="Load the symbol again",
            )
        if self._size == len(self._ts):
            self._grow()
        if self._size == 0:
            self._base_cny = float(values[_CLOSE])
        self._ts[self._size] = ts_s
        self._size += 1
        self._write(self._size - 1, values)

    def averages(self, length: int, indices: Ints) -> Floats:
        """Mean of the last `length` closes at each rising index; NaN where history is shorter."""
        out = np.full(len(indices), np.nan)
        first = int(np.searchsorted(indices, length - 1))
        stop = indices[first:] + 1
        out[first:] = (self._sums[stop] - self._sums[stop - length]) / length + self._base_cny
        return out

    def readout(self, index: int, lengths: Sequence[int] = ()) -> Readout:
        """The figures of bar `index`, with one moving average per length.

        Averages are summed afresh here: a figure that is read must not carry the rounding
        of a running sum over a million bars.
        """
        values = self._values[:, index].tolist()
        closes = self.close_cny
        means = (
            float(closes[index + 1 - length : index + 1].mean()) if index + 1 >= length
            else math.nan
            for length in lengths
        )
        return Readout(
            index=index, ts_s=int(self._ts[index]),
            open_cny=values[_OPEN], high_cny=values[_HIGH], low_cny=values[_LOW],
            close_cny=values[_CLOSE], volume_shares=values[_VOLUME], amount_cny=values[_AMOUNT],
            previous_close_cny=float(closes[index - 1]) if index else None,
            averages_cny=tuple(means),
        )

    def index_of(self, ts_s: int) -> int:
        """Index of the bar that holds the moment; the newest bar for a later one."""
        if not self.intraday:  # a daily bar may carry midnight or the close: compare days
            day_start_s = ts_s // DAY_S * DAY_S
            found = int(np.searchsorted(self.ts_s, day_start_s))
        else:
            found = int(np.searchsorted(self.ts_s, ts_s))
        return min(found, self._size - 1)

    def columns(
        self, view: ViewPort, width: int, first_x: int = 0, stop_x: int | None = None
    ) -> PixelColumns:
        """What to draw of `view` on `width` pixels, between pixels first_x and stop_x."""
        stop_x = width if stop_x is None else stop_x
        if view.count <= width:
            return self._bars_as_columns(view, width, first_x, stop_x)
        return self._merged_columns(view, width, first_x, stop_x)

    def _bars_as_columns(
        self, view: ViewPort, width: int, first_x: int, stop_x: int
    ) -> PixelColumns:
        start = max(0, view.index_at(first_x, width))
        stop = min(self._size, view.index_at(stop_x - 1, width) + 1)
        bars = np.arange(start, max(start, stop))
        x = np.floor((bars + 0.5 - view.first) * (width / view.count)).astype(np.int32)
        cut = slice(start, max(start, stop))
        return self._entries(
            x, bars, bars, self.low_cny[cut], self.high_cny[cut], self.volume_shares[cut]
        )

    def _merged_columns(
        self, view: ViewPort, width: int, first_x: int, stop_x: int
    ) -> PixelColumns:
        """One entry per pixel column, with its exact extremes."""
        per_column = view.count / width
        level = min(
            max(0, math.floor(math.log(per_column / MIN_BLOCKS_PER_COLUMN, BASE))),
            self._pyramid.depth,
        )
        block = BASE**level
        positions = view.first + np.arange(first_x, stop_x + 1) * per_column
        edges = np.rint(positions / block).astype(np.int64) * block
        np.clip(edges, 0, self._size, out=edges)
        filled = np.flatnonzero(edges[1:] > edges[:-1])
        starts, stops = edges[filled], edges[filled + 1]
        low, high, volume = self._extremes(level, starts, stops)
        x = (filled + first_x).astype(np.int32)
        return self._entries(x, starts, stops - 1, low, high, volume)

    def _extremes(self, level: int, starts: Ints, stops: Ints) -> tuple[Floats, Floats, Floats]:
        """Least low, greatest high and volume of adjoining stretches of bars."""
        if not len(starts):
            none = np.empty(0)
            return none, none, none
        if level == 0:
            low, high, volume = self.low_cny, self.high_cny, self.volume_shares
        else:
            low, high, volume = self._pyramid.level(level)
        block = BASE**level
        first, stop = int(starts[0]) // block, -(-int(stops[-1]) // block)
        offsets = starts // block - first
        return (
            np.minimum.reduceat(low[first:stop], offsets),
            np.maximum.reduceat(high[first:stop], offsets),
            np.fmax.reduceat(volume[first:stop], offsets),
        )

    def _entries(
        self, x: NDArray[np.int32], first_bar: Ints, last_bar: Ints,
        low: Floats, high: Floats, volume: Floats,
    ) -> PixelColumns:
        opens, closes = self.open_cny[first_bar], self.close_cny[last_bar]
        direction = np.sign(closes - opens)
        # A bar that closes where it opened takes its colour from the close before it:
        # a stock that is limit-up all day has one price and is still rising.
        level = np.flatnonzero((direction == 0) & (first_bar > 0))
        before = self.close_cny[first_bar[level] - 1]
        direction[level] = np.sign(closes[level] - before)
        return PixelColumns(
            x, first_bar, last_bar, opens, high, low, closes, volume, direction.astype(np.int8)
        )

    def _fill(self, bars: BarColumns) -> None:
        size = self._size
        self._ts[:size] = bars.ts_s
        for row, column in enumerate((
            bars.open_cny, bars.high_cny, bars.low_cny, bars.close_cny,
            bars.volume_shares, bars.amount_cny,
        )):
            self._values[row, :size] = column
        if size:
            self._base_cny = float(self._values[_CLOSE, 0])
            np.cumsum(self.close_cny - self._base_cny, out=self._sums[1 : size + 1])

    def _write(self, index: int, values: Sequence[float]) -> None:
        self._values[:, index] = values
        self._sums[index + 1] = self._sums[index] + (float(values[_CLOSE]) - self._base_cny)
        self._pyramid.refresh(index, self.low_cny, self.high_cny, self.volume_shares)
        self.revision += 1

    def _build_pyramid(self) -> None:
        self._pyramid = Pyramid(
            self.low_cny, self.high_cny, self.volume_shares, capacity=len(self._ts)
        )

    def _grow(self) -> None:
        spare = len(self._ts) // 2
        self._ts = np.concatenate((self._ts, np.empty(spare, np.int64)))
        self._values = np.concatenate((self._values, np.empty((6, spare))), axis=1)
        self._sums = np.concatenate((self._sums, np.zeros(spare)))
        self._build_pyramid()


def _check(bars: BarColumns) -> None:
    """Refuse columns that no chart can be drawn of."""
    columns = (bars.open_cny, bars.high_cny, bars.low_cny, bars.close_cny,
               bars.volume_shares, bars.amount_cny)
    if any(len(column) != len(bars) for column in columns):
        raise _refused(bars.symbol, "its columns have different lengths")
    if not all(np.isfinite(column).all() for column in columns[:_VOLUME]):
        raise _refused(bars.symbol, "a price is not a number")
    if len(bars) > 1 and not (bars.ts_s[1:] > bars.ts_s[:-1]).all():
        raise _refused(bars.symbol, "its bars are not in the order of time")


def _check_bar(values: Sequence[float]) -> None:
    if not all(math.isfinite(value) for value in values[:_VOLUME]):
        raise DataError(
            "a bar was not drawn", why="a price is not a number", remedy="Load the symbol again"
        )


def _refused(symbol: str, why: str) -> DataError:
    return DataError(
        f"the bars of {symbol} were not drawn", why=why, remedy="Import its history again"
    )
