"""One frame of the chart, worked out in device pixels before anything is painted.

Pure numpy: where the panes are, what each axis says, and the rectangles of candles and
volume as int32 rows of (left, top, width, height).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.types import OrderSide
from ui.chart_axis import (
    Label,
    PlacedLabel,
    Scale,
    TimeTick,
    place_labels,
    price_scale,
    price_ticks,
    session_breaks,
    time_ticks,
    volume_scale,
    wall_time,
)
from ui.chart_data import (
    ChartModel,
    Floats,
    Ints,
    PixelColumns,
    TradeMarker,
    ViewPort,
)
from ui.chart_style import CandleStyle, ChartTexts

Rects = NDArray[np.int32]      # rows of left, top, width, height
DIRECTIONS = (1, -1, 0)        # rising, falling, neither

FULL_DATE = -1                 # rank of the label that is placed before all others
_BODY_RATIO = 0.74             # of a slot; the rest is the gap
_VOLUME_RATIO = 0.21           # of the height below the header
_LEAST_PANE = 3                # text lines; a lower volume pane is left out
_WIDE_PX = 1_000               # logical width from which title and figures share one line
_LEAST_SESSION_PX = 40         # logical; narrower sessions are not marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything is, in device pixels. The plot begins at x = 0."""

    width: int
    height: int
    dpr: float                 # device pixels per logical pixel
    unit: int                  # thickness of a thin line
    line: int                  # height of a line of text
    pad: int
    header_lines: int
    plot_width: int            # the price axis begins here
    price_top: int
    price_bottom: int
    volume_caption: int        # top of the line that names the volume
    volume_top: int            # equals volume_bottom where there is no room for the pane
    volume_bottom: int
    time_top: int

    @property
    def has_volume(self) -> bool:
        return self.volume_bottom > self.volume_top

    @property
    def has_plot(self) -> bool:
        return self.plot_width > 2 * self.line and self.price_bottom - self.price_top > self.line

    def px(self, logical: float) -> int:
        return round(logical * self.dpr)


def make_layout(width: int, height: int, dpr: float, line: int, axis_width: int) -> Layout:
    """Panes for a widget of width x height device pixels."""
    pad = round(6 * dpr)
    header_lines = 2 if width >= _WIDE_PX * dpr else 3
    price_top = pad + header_lines * line
    time_top = max(height - line - pad // 2, price_top)
    volume_height = round((time_top - price_top) * _VOLUME_RATIO)
    shown = volume_height >= _LEAST_PANE * line
    caption = time_top - volume_height - line if shown else time_top
    return Layout(
        width=width, height=height, dpr=dpr, unit=max(1, round(dpr)), line=line, pad=pad,
        header_lines=header_lines, plot_width=max(width - axis_width, 1),
        price_top=price_top, price_bottom=caption, volume_caption=caption,
        volume_top=caption + line if shown else time_top,
        volume_bottom=time_top, time_top=time_top,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What one picture shows. `highest` and `lowest` are positions in `columns`."""

    layout: Layout
    view: ViewPort
    columns: PixelColumns
    price: Scale
    volume: Scale
    price_ticks: list[float]
    time_ticks: list[TimeTick]
    time_labels: list[PlacedLabel]
    days: list[int]
    lunches: list[int]
    highest: int
    lowest: int

    @property
    def merged(self) -> bool:
        """Whether bars are narrower than a pixel, so that one column shows several."""
        return self.slot < 1

    @property
    def slot(self) -> float:
        """Pixels per bar."""
        return self.layout.plot_width / self.view.count

    def tick_x(self, tick: TimeTick) -> int:
        """Pixel of a tick's line."""
        if tick.between:
            return self.left_of(tick.index)
        return self.view.x_of(tick.index, self.layout.plot_width)

    def left_of(self, index: int) -> int:
        """Pixel between bar index - 1 and bar `index`."""
        return math.floor((index - self.view.first) * self.slot)

    def fits(self, high: float, low: float, volume: float) -> bool:
        """Whether a changed bar leaves both scales as they are."""
        within = self.price_high >= high and low >= self.price_low
        return within and not volume > self.volume.high

    @property
    def price_high(self) -> float:
        return float(self.columns.high_cny[self.highest])

    @property
    def price_low(self) -> float:
        return float(self.columns.low_cny[self.lowest])


def make_frame(
    model: ChartModel, view: ViewPort, layout: Layout, decimals: int, texts: ChartTexts,
    width_of: Callable[[str], int],
) -> Frame | None:
    """The frame for a view; None where no bar is in view. `width_of` measures a text."""
    columns = model.columns(view, layout.plot_width)
    if not len(columns):
        return None
    highest, lowest = int(columns.high_cny.argmax()), int(columns.low_cny.argmin())
    price = price_scale(
        float(columns.low_cny[lowest]), float(columns.high_cny[highest]),
        layout.price_top, layout.price_bottom, margin=layout.line + layout.px(4),
    )
    greatest = float(np.fmax.reduce(columns.volume_shares))
    days, lunches = session_breaks(model, view)
    widest = layout.plot_width / layout.px(_LEAST_SESSION_PX)
    frame = Frame(
        layout=layout, view=view, columns=columns, price=price,
        volume=volume_scale(greatest, layout.volume_top, layout.volume_bottom),
        price_ticks=price_ticks(price, _tick_spacing(layout), decimals),
        time_ticks=time_ticks(model, view, layout.plot_width, layout.px(84), texts),
        time_labels=[],
        days=days if len(days) <= widest else [],
        lunches=lunches if len(lunches) <= widest / 2 else [],
        highest=highest, lowest=lowest,
    )
    return replace(frame, time_labels=_time_labels(frame, model, width_of))


def _time_labels(
    frame: Frame, model: ChartModel, width_of: Callable[[str], int]
) -> list[PlacedLabel]:
    """The labels of the time axis. The first names the date at the left edge in full."""
    layout = frame.layout
    date = f"{wall_time(int(model.ts_s[frame.columns.first_bar[0]])):%Y-%m-%d}"
    labels = [Label(layout.pad + width_of(date) // 2, date, FULL_DATE)] + [
        Label(frame.tick_x(tick), tick.text, tick.rank) for tick in frame.time_ticks
    ]
    return place_labels(
        labels, width_of, layout.pad, layout.plot_width - layout.pad, layout.pad * 2
    )


def _tick_spacing(layout: Layout) -> int:
    """Pixels between price labels: never crowded, and about nine of them on a tall pane."""
    return max(round(layout.line * 2.2), (layout.price_bottom - layout.price_top) // 9)


def body_width(slot: float, unit: int) -> int:
    """Pixels of a candle's body: as wide as its wick plus an even number, so it is centred.

    Equals `unit` where a slot is too narrow for a body: then only wicks are drawn.
    """
    room = min(slot * _BODY_RATIO, slot - unit)
    return unit + 2 * max(0, math.floor((room - unit) / 2))


@dataclass(frozen=True, slots=True)
class CandleRects:
    """Rectangles per direction; `hollows` are to be filled with the background last."""

    solid: dict[int, Rects]
    hollows: Rects


def candle_rects(
    columns: PixelColumns, scale: Scale, body: int, unit: int, style: CandleStyle
) -> CandleRects:
    """Wicks and bodies, row by row of pixels: both ends of a price range are painted."""
    ways = {way: np.flatnonzero(columns.direction == way) for way in DIRECTIONS}
    top, bottom = _rows(columns.high_cny, scale), _rows(columns.low_cny, scale)
    wicks = _rects(columns.x - unit // 2, top, unit, bottom - top + unit)
    if body <= unit:
        return CandleRects(
            {way: wicks[found] for way, found in ways.items()},
            np.empty((0, 4), np.int32),
        )
    first, last = _rows(columns.open_cny, scale), _rows(columns.close_cny, scale)
    top, bottom = np.minimum(first, last), np.maximum(first, last)
    left = columns.x - unit // 2 - (body - unit) // 2
    bodies = _rects(left, top, body, bottom - top + unit)
    solid = {way: np.concatenate((wicks[found], bodies[found])) for way, found in ways.items()}
    hollow = (columns.close_cny > columns.open_cny) & (bottom - top > unit)
    if style is CandleStyle.SOLID:
        hollow[:] = False
    inner = bodies[hollow] + np.array([unit, unit, -2 * unit, -2 * unit], np.int32)
    return CandleRects(solid, inner)


def volume_rects(columns: PixelColumns, scale: Scale, body: int, unit: int) -> dict[int, Rects]:
    """A column per entry with a known volume above zero, per direction."""
    known = columns.volume_shares > 0      # False for NaN
    volume = np.minimum(columns.volume_shares[known], scale.high)
    top = np.minimum(_rows(volume, scale), scale.bottom - 1)
    left = columns.x[known] - unit // 2 - (body - unit) // 2
    rects = _rects(left, top, body, scale.bottom - top)
    direction = columns.direction[known]
    return {way: rects[direction == way] for way in DIRECTIONS}


def average_points(
    model: ChartModel, columns: PixelColumns, scale: Scale, length: int
) -> NDArray[np.float64]:
    """Points (x, y) of a moving average through the entries where it is known."""
    first = int(np.searchsorted(columns.last_bar, length - 1))
    points = np.empty((len(columns) - first, 2))
    points[:, 0] = columns.x[first:]
    points[:, 1] = scale.ys(model.averages(length, columns.last_bar[first:]))
    points += 0.5
    return points


def _rows(values: Floats, scale: Scale) -> NDArray[np.int32]:
    return np.rint(scale.ys(values)).astype(np.int32)


def _rects(
    left: NDArray[np.int32], top: NDArray[np.int32], width: int, height: NDArray[np.int32]
) -> Rects:
    rects = np.empty((len(top), 4), np.int32)
    rects[:, 0], rects[:, 1], rects[:, 2], rects[:, 3] = left, top, width, height
    return rects


class MarkerIndex:
    """Own trades by bar, so that those in view are found by binary search."""

    def __init__(self, markers: Sequence[TradeMarker], index_of: Callable[[int], int]) -> None:
        placed = sorted((index_of(marker.ts_s), marker.side is OrderSide.BUY)
                        for marker in markers)
        self._bars: Ints = np.array([bar for bar, _ in placed], dtype=np.int64)
        self._buys: NDArray[np.bool_] = np.array([buy for _, buy in placed], dtype=np.bool_)

    def __len__(self) -> int:
        return len(self._bars)

    def in_view(self, columns: PixelColumns, side: OrderSide) -> NDArray[np.intp]:
        """Positions in `columns` of the entries with a trade on that side, each once."""
        if not len(columns) or not len(self._bars):
            return np.empty(0, np.intp)
        start, stop = np.searchsorted(
            self._bars, (columns.first_bar[0], columns.last_bar[-1] + 1)
        )
        bars = self._bars[start:stop][self._buys[start:stop] == (side is OrderSide.BUY)]
        return np.unique(np.searchsorted(columns.last_bar, bars))


def arrow_rects(x: NDArray[np.int32], tip: NDArray[np.int32], size: int, up: bool) -> Rects:
    """Small triangles as stacks of rows: `up` points upwards, its tip at (x, tip)."""
    rows = np.arange(size, dtype=np.int32)
    left = (x[:, None] - rows // 2).ravel()
    top = (tip[:, None] + (rows if up else -rows)).ravel()
    width = np.tile(rows // 2 * 2 + 1, len(x))
    rects = np.empty((len(top), 4), np.int32)
    rects[:, 0], rects[:, 1], rects[:, 2], rects[:, 3] = left, top, width, 1
    return rects
