"""Paints a frame of the chart: the layer that stays, and what moves above it.

Everything is in device pixels and without a transform, so that wicks, bodies and grid lines
fall on whole pixels at any screen scaling. Candles go to Qt as one C array per colour.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6 import sip
from PyQt6.QtCore import QPoint, QPointF, QRect, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from core.types import OrderSide
from ui.chart_axis import (
    DAY,
    MONTH,
    YEAR,
    fitted,
    price_text,
    round_quantity_text,
    volume_text,
)
from ui.chart_data import ChartModel, PixelColumns, Readout
from ui.chart_frame import (
    Frame,
    Layout,
    MarkerIndex,
    Rects,
    arrow_rects,
    average_points,
    body_width,
    candle_rects,
    volume_rects,
)
from ui.chart_legend import LegendItem, average_items, bar_items, change_color, volume_items
from ui.chart_style import CandleStyle, ChartColors, ChartTexts

_WITHIN = Qt.ClipOperation.IntersectClip
_ARROW_PX = 9
_REMEMBERED = 2_048            # widths of texts
_MOST_LETTERED = 60            # beyond this many trades in view only the arrows are drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the user chose to see."""

    averages: tuple[int, ...] = (5, 10, 20, 60)
    decimals: int = 2
    style: CandleStyle = CandleStyle.HOLLOW
    limit_down_cny: float | None = None
    limit_up_cny: float | None = None


@dataclass(frozen=True, slots=True)
class Crosshair:
    """The bar it stands on and the row it points at, in device pixels."""

    index: int
    y: int


class ChartPainter:
    """Knows the colours, words and letters; told what to draw, remembers nothing of it."""

    def __init__(self, colors: ChartColors, texts: ChartTexts, font: QFont) -> None:
        self.colors, self.texts, self.font = colors, texts, font
        self.metrics = QFontMetrics(font)
        self.line = self.metrics.height() + max(2, self.metrics.height() // 5)
        self.width_of: Callable[[str], int] = lru_cache(_REMEMBERED)(
            self.metrics.horizontalAdvance
        )
        self._no_pen = QPen(Qt.PenStyle.NoPen)
        self._known: dict[str, QColor] = {}
        self._pens: dict[str, QPen] = {}

    def axis_width(self, model: ChartModel, decimals: int) -> int:
        """Room for any price of the history, so that the axis keeps still while panning."""
        wide = [price_text(value, decimals) for value in model.price_range()]
        return max(self.width_of(text) for text in (*wide, "8888.8M")) + self.line

    # --- the layer ---------------------------------------------------------------------------

    def layer(
        self, painter: QPainter, frame: Frame, columns: PixelColumns, model: ChartModel,
        look: Look, markers: MarkerIndex,
    ) -> None:
        """All that stays while the crosshair moves, apart from the axes' labels.

        `columns` may be a part of the frame's, when only that part is painted again.
        """
        painter.setFont(self.font)
        self.background(painter, frame.layout)
        self._grid(painter, frame)
        if frame.merged:       # below the candles, which they would hide: both are one pixel wide
            self._averages(painter, frame, columns, model, look.averages)
            self._candles(painter, frame, columns, look.style)
        else:
            self._candles(painter, frame, columns, look.style)
            self._averages(painter, frame, columns, model, look.averages)
        self._limits(painter, frame, look)
        self._extremes(painter, frame, look.decimals)
        self._markers(painter, frame, columns, markers)
        self._borders(painter, frame.layout)

    def background(self, painter: QPainter, layout: Layout) -> None:
        painter.fillRect(0, 0, layout.width, layout.height, self._color(self.colors.background))

    def _grid(self, painter: QPainter, frame: Frame) -> None:
        layout = frame.layout
        height = layout.time_top - layout.price_top
        rows = self._labelled_rows(frame)      # a line that nothing names would only disturb
        sessions = set(frame.days)
        lines = [(0, y, layout.plot_width, layout.unit) for y in rows] + [
            (frame.tick_x(tick), layout.price_top, layout.unit, height)
            for tick in frame.time_ticks if tick.index not in sessions
        ]
        self._boxes(painter, lines, self.colors.grid)
        for indices, color in ((frame.lunches, self.colors.lunch),
                               (frame.days, self.colors.session)):
            breaks = [(frame.left_of(index), layout.price_top, layout.unit, height)
                      for index in indices]
            self._boxes(painter, breaks, color)

    def _candles(
        self, painter: QPainter, frame: Frame, columns: PixelColumns, style: CandleStyle
    ) -> None:
        layout, colors = frame.layout, self.colors
        body = body_width(frame.slot, layout.unit)
        painter.save()
        painter.setClipRect(0, 0, layout.plot_width, layout.height, _WITHIN)
        if layout.has_volume:
            volume = volume_rects(columns, frame.volume, body, layout.unit)
            for way, color in ((1, colors.volume_up), (-1, colors.volume_down),
                               (0, colors.volume_flat)):
                self._fill(painter, volume[way], color)
        candles = candle_rects(columns, frame.price, body, layout.unit, style)
        for way, color in ((1, colors.up), (-1, colors.down), (0, colors.flat)):
            self._fill(painter, candles.solid[way], color)
        self._fill(painter, candles.hollows, colors.background)
        painter.restore()

    def _averages(
        self, painter: QPainter, frame: Frame, columns: PixelColumns, model: ChartModel,
        lengths: Sequence[int],
    ) -> None:
        layout = frame.layout
        painter.save()
        painter.setClipRect(
            0, layout.price_top, layout.plot_width,
            layout.price_bottom - layout.price_top, _WITHIN,
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, length in enumerate(lengths):
            points = average_points(model, columns, frame.price, length)
            if len(points) > 1:
                painter.setPen(self._pen(self._average_color(number)))
                self._polyline(painter, points, layout.unit)
        painter.restore()

    def _limits(self, painter: QPainter, frame: Frame, look: Look) -> None:
        texts, colors = self.texts, self.colors
        for value, name, color in ((look.limit_up_cny, texts.limit_up, colors.up),
                                   (look.limit_down_cny, texts.limit_down, colors.down)):
            if value is None or not frame.price.holds(value):
                continue
            y = frame.price.y(value)
            self._fill(painter, dashes(0, frame.layout.plot_width, y, frame.layout.unit), color)
            text = f"{name} {price_text(value, look.decimals)}"
            left = frame.layout.plot_width - self.width_of(text) - frame.layout.pad
            above = y - self.line // 2 if value == look.limit_up_cny else y + self.line // 2
            self._text(painter, left, above, text, color)

    def _extremes(self, painter: QPainter, frame: Frame, decimals: int) -> None:
        """The highest and the lowest price in view, written beside their candles."""
        layout, columns = frame.layout, frame.columns
        for at, value, side in ((frame.highest, frame.price_high, -1),
                                (frame.lowest, frame.price_low, 1)):
            x, y = int(columns.x[at]), frame.price.y(value) + side * self.line // 2
            text, dash = price_text(value, decimals), layout.px(14)
            width = self.width_of(text)
            to_left = x + dash + width + layout.pad > layout.plot_width
            start = x - dash if to_left else x + layout.px(3)
            left = start - layout.px(3) - width if to_left else start + dash - layout.px(0)
            self._boxes(painter, [(start, y, dash - layout.px(3), layout.unit)],
                        self.colors.text_dim)
            self._text(painter, left, y, text, self.colors.text)

    def _markers(
        self, painter: QPainter, frame: Frame, columns: PixelColumns, markers: MarkerIndex
    ) -> None:
        layout = frame.layout
        size = layout.px(_ARROW_PX) | 1
        gap = layout.px(4)
        for side, color, letter in ((OrderSide.BUY, self.colors.buy, self.texts.buy),
                                    (OrderSide.SELL, self.colors.sell, self.texts.sell)):
            found = markers.in_view(columns, side)
            if not len(found):
                continue
            up = side is OrderSide.BUY         # buys point up from below, sells down from above
            edge = columns.low_cny[found] if up else columns.high_cny[found]
            away = gap if up else -gap
            tips = np.rint(frame.price.ys(edge)).astype(np.int32) + away
            self._fill(painter, arrow_rects(columns.x[found], tips, size, up), color)
            if len(found) > _MOST_LETTERED:
                continue
            offset = size + self.line // 2
            for x, tip in zip(columns.x[found].tolist(), tips.tolist(), strict=True):
                self._text(painter, x - self.width_of(letter) // 2,
                           tip + (offset if up else -offset), letter, color)

    def _borders(self, painter: QPainter, layout: Layout) -> None:
        border = [
            (layout.plot_width, layout.price_top, layout.unit,
             layout.time_top - layout.price_top + layout.unit),
            (0, layout.time_top, layout.plot_width, layout.unit),
        ]
        if layout.has_volume:
            border.append((0, layout.volume_caption, layout.width, layout.unit))
        self._boxes(painter, border, self.colors.border)

    def axes(self, painter: QPainter, frame: Frame, model: ChartModel, decimals: int) -> None:
        """Labels of prices, volumes and moments."""
        layout = frame.layout
        left = layout.plot_width + layout.pad + layout.unit
        for y, value in self._labelled_rows(frame).items():
            text = (price_text(value, decimals) if y < layout.price_bottom
                    else round_quantity_text(value / self.texts.lot_shares, self.texts.units))
            self._text(painter, left, y, text, self.colors.text_dim)
        self._time_axis(painter, frame, model)

    def _labelled_rows(self, frame: Frame) -> dict[int, float]:
        """Row and value of every label on the right: prices, then two volumes."""
        layout, half = frame.layout, self.line // 2
        rows = {frame.price.y(value): value for value in frame.price_ticks}
        inside = {y: value for y, value in rows.items()
                  if layout.price_top + half <= y <= layout.price_bottom - half}
        if layout.has_volume:
            inside[layout.volume_top] = frame.volume.high
            inside[(layout.volume_top + layout.volume_bottom) // 2] = frame.volume.high / 2
        return inside

    def _time_axis(self, painter: QPainter, frame: Frame, model: ChartModel) -> None:
        strong = (YEAR, MONTH, DAY) if model.intraday else (YEAR,)
        y = (frame.layout.time_top + frame.layout.height) // 2
        for spot in frame.time_labels:
            color = self.colors.text if spot.label.rank in strong else self.colors.text_dim
            self._text(painter, spot.left, y, spot.label.text, color)

    # --- above the layer ---------------------------------------------------------------------

    def header(
        self, painter: QPainter, layout: Layout, title: str, badge: str,
        bar: Readout | None, intraday: bool, look: Look,
    ) -> None:
        """Title, badge, and the figures of the bar under the crosshair or of the newest."""
        painter.setFont(self.font)
        middle = layout.pad // 2 + self.line // 2
        left = self._title(painter, layout, title, badge, middle)
        if bar is None:
            return
        figures = bar_items(bar, decimals=look.decimals, intraday=intraday,
                            texts=self.texts, colors=self.colors)
        captions = volume_items(bar, texts=self.texts, colors=self.colors)
        if not layout.has_volume:
            figures += captions
        if layout.header_lines > 2:  # noqa: PLR2004  # the figures have a line of their own
            left, middle = layout.pad, middle + self.line
        self._items(painter, left, middle, layout, figures)
        means = average_items(bar, look.averages, decimals=look.decimals,
                              texts=self.texts, colors=self.colors)
        self._items(painter, layout.pad, middle + self.line, layout, means)
        if layout.has_volume:
            self._items(painter, layout.pad, layout.volume_caption + self.line // 2,
                        layout, captions)

    def last_price(
        self, painter: QPainter, frame: Frame, bar: Readout, decimals: int
    ) -> None:
        """A dotted line at the newest close and its tag on the axis, if in view."""
        if not frame.price.holds(bar.close_cny):
            return
        layout, y = frame.layout, frame.price.y(bar.close_cny)
        color = change_color(bar.change_cny, self.colors)
        color = self.colors.flat if color == self.colors.text else color
        self._fill(painter, dashes(0, layout.plot_width, y, layout.unit, 2, 4), color)
        self._axis_tag(painter, frame, y, price_text(bar.close_cny, decimals), color,
                       self.colors.price_tag_text)

    def crosshair(
        self, painter: QPainter, frame: Frame, model: ChartModel, cross: Crosshair, decimals: int
    ) -> None:
        layout, colors = frame.layout, self.colors
        x = frame.view.x_of(cross.index, layout.plot_width)
        unit = layout.unit
        upright = dashes(layout.price_top, layout.time_top, x, unit, 4, 3)[:, [1, 0, 3, 2]]
        self._fill(painter, upright, colors.crosshair)
        value = value_at(frame, cross.y)
        if value is not None:
            self._fill(painter, dashes(0, layout.plot_width, cross.y, unit, 4, 3),
                       colors.crosshair)
            text = (price_text(value, decimals) if cross.y < layout.price_bottom
                    else volume_text(value, self.texts))
            self._axis_tag(painter, frame, cross.y, text, colors.tag, colors.tag_text)
        self._time_tag(painter, frame, x, self.moment(model, cross.index))

    def moment(self, model: ChartModel, index: int) -> str:
        bar = model.readout(index)
        return bar_items(bar, decimals=0, intraday=model.intraday,
                         texts=self.texts, colors=self.colors)[0].value

    def message(self, painter: QPainter, layout: Layout, text: str, hint: str) -> None:
        """Two centred lines where there is nothing to draw."""
        painter.setFont(self.font)
        lines = ((text, self.colors.text), (hint, self.colors.text_dim))
        for number, (line, color) in enumerate(lines):
            short = self._shortened(line, layout.width - 2 * layout.pad)
            y = layout.height // 2 + (number * 2 - 1) * self.line * 2 // 3
            self._text(painter, (layout.width - self.width_of(short)) // 2, y, short, color)

    def focus_frame(self, painter: QPainter, layout: Layout) -> None:
        unit, width, height = layout.unit, layout.width, layout.height
        sides = [(0, 0, width, unit), (0, height - unit, width, unit),
                 (0, 0, unit, height), (width - unit, 0, unit, height)]
        self._boxes(painter, sides, self.colors.focus)

    def _title(
        self, painter: QPainter, layout: Layout, title: str, badge: str, middle: int
    ) -> int:
        """Paint title and badge; return where the next item may begin."""
        left = layout.pad
        room = layout.width - 2 * layout.pad
        if title:
            short = self._shortened(title, room)
            self._text(painter, left, middle, short, self.colors.text)
            left += self.width_of(short) + layout.pad * 2
        width = self.width_of(badge) + 2 * layout.pad
        if not badge or left + width > room:
            return left
        unit = layout.unit
        top, height = middle - self.line // 2 + unit, self.line - 2 * unit
        sides = [(left, top, width, unit), (left, top + height - unit, width, unit),
                 (left, top, unit, height), (left + width - unit, top, unit, height)]
        self._boxes(painter, sides, self.colors.badge)
        self._text(painter, left + layout.pad, middle, badge, self.colors.badge)
        return left + width + layout.pad * 2

    def _items(
        self, painter: QPainter, left: int, middle: int, layout: Layout,
        items: Sequence[LegendItem],
    ) -> None:
        gap = layout.pad * 2
        inner = layout.pad // 2
        names = [self.width_of(item.name) + inner if item.name else 0 for item in items]
        widths = [name + self.width_of(item.value)
                  for name, item in zip(names, items, strict=True)]
        room = layout.width - layout.pad - left
        for position in fitted(widths, [item.rank for item in items], room, gap):
            item = items[position]
            named = item.name and self.colors.text_dim
            if named:
                self._text(painter, left, middle, item.name, named)
            self._text(painter, left + names[position], middle, item.value, item.color)
            left += widths[position] + gap

    def _axis_tag(
        self, painter: QPainter, frame: Frame, y: int, text: str, back: str, front: str
    ) -> None:
        layout = frame.layout
        top = self.tag_top(layout, y)
        width = layout.width - layout.plot_width - layout.unit
        rows = [row for row in self._labelled_rows(frame) if abs(row - y) < self.line]
        hidden = [(layout.plot_width + layout.unit, row - self.line // 2, width, self.line)
                  for row in rows]     # no half-covered figure looks out from behind the tag
        self._boxes(painter, hidden, self.colors.background)
        painter.fillRect(layout.plot_width, top, layout.width - layout.plot_width, self.line,
                         self._color(back))
        self._text(painter, layout.plot_width + layout.pad + layout.unit, top + self.line // 2,
                   text, front)

    def tag_top(self, layout: Layout, y: int) -> int:
        """Top of the axis tag that points at row y, kept inside the widget."""
        return min(max(y - self.line // 2, 0), max(layout.height - self.line, 0))

    def _time_tag(self, painter: QPainter, frame: Frame, x: int, text: str) -> None:
        layout = frame.layout
        width = self.width_of(text) + 2 * layout.pad
        left = min(max(x - width // 2, 0), max(layout.plot_width - width, 0))
        top = layout.time_top + layout.unit
        hidden = [(spot.left, top, spot.width, layout.height - top) for spot in frame.time_labels
                  if spot.left < left + width + layout.pad
                  and left - layout.pad < spot.left + spot.width]
        self._boxes(painter, hidden, self.colors.background)
        painter.fillRect(left, top, width, layout.height - top, self._color(self.colors.tag))
        self._text(painter, left + layout.pad, (top + layout.height) // 2, text,
                   self.colors.tag_text)

    # --- pencils -----------------------------------------------------------------------------

    def _average_color(self, number: int) -> str:
        return self.colors.averages[number % len(self.colors.averages)]

    def _color(self, name: str) -> QColor:
        if name not in self._known:
            self._known[name] = QColor(name)
        return self._known[name]

    def _shortened(self, text: str, room: int) -> str:
        """The text, with an ellipsis where it is wider than `room`."""
        if self.width_of(text) <= room:
            return text
        return self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room, 0))

    def _pen(self, name: str) -> QPen:
        if name not in self._pens:
            self._pens[name] = QPen(self._color(name), 1)
        return self._pens[name]

    def _text(self, painter: QPainter, left: int, middle: int, text: str, color: str) -> None:
        """Text whose capital letters are centred on row `middle`."""
        baseline = middle + (self.metrics.ascent() - self.metrics.descent() + 1) // 2
        painter.setPen(self._pen(color))
        painter.drawText(QPoint(left, baseline), text)

    def _fill(self, painter: QPainter, rects: Rects, color: str) -> None:
        """Fill all rectangles in one call: Qt reads a C array that numpy has written."""
        if not len(rects):
            return
        corners = np.concatenate((rects[:, :2], rects[:, :2] + rects[:, 2:] - 1), axis=1)
        painter.setPen(self._no_pen)
        painter.setBrush(self._color(color))
        painter.drawRects(_c_array(QRect, corners))

    def _boxes(
        self, painter: QPainter, boxes: Sequence[tuple[int, int, int, int]], color: str
    ) -> None:
        """Fill a few boxes (left, top, width, height), for which an array would not pay."""
        brush = self._color(color)
        for box in boxes:
            painter.fillRect(*box, brush)

    def _polyline(
        self, painter: QPainter, points: NDArray[np.float64], thickness: int
    ) -> None:
        """A line of `thickness` pixels: hairlines side by side, forty times as fast as a pen."""
        for _ in range(thickness):
            painter.drawPolyline(_c_array(QPointF, points))
            points[:, 1] += 1.0


def _c_array(kind: type, rows: NDArray[np.int32] | NDArray[np.float64]) -> Any:
    """A C array of Qt values (QRect: four int32 corners, QPointF: two doubles) from rows."""
    array: Any = sip.array(kind, len(rows))  # type: ignore[call-arg]  # its stub lacks __init__
    memory: Any = sip.voidptr(array, rows.nbytes)      # a buffer, though its stub does not say so
    np.frombuffer(memory, rows.dtype).reshape(rows.shape)[:] = rows
    return array


def value_at(frame: Frame, y: int) -> float | None:
    """Price or volume at a row; None between the panes and outside them."""
    layout = frame.layout
    if layout.price_top <= y < layout.price_bottom:
        return frame.price.value(y)
    if layout.has_volume and layout.volume_top <= y < layout.volume_bottom:
        return frame.volume.value(y)
    return None


def dashes(
    start: int, stop: int, at: int, unit: int, dash: int = 6, gap: int = 4
) -> Rects:
    """A dashed level line from `start` to `stop` on row `at`, lengths in units."""
    lefts = np.arange(start, stop, (dash + gap) * unit, dtype=np.int32)
    rects = np.empty((len(lefts), 4), np.int32)
    rects[:, 0], rects[:, 1], rects[:, 3] = lefts, at, unit
    rects[:, 2] = np.minimum(dash * unit, stop - lefts)
    return rects
