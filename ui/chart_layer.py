"""The chart's picture that stays, and which pixels of the screen a change touches.

The layer holds background, grid, candles and axes. A tick paints only its newest strip again;
crosshair, read-out and the last price are drawn above it and never into it.
"""

import math
from dataclasses import dataclass

from PyQt6.QtCore import QRect, QSize
from PyQt6.QtGui import QImage, QPainter, QRegion

from ui.chart_data import ChartModel, Readout, ViewPort
from ui.chart_frame import Frame, Layout, MarkerIndex, make_frame
from ui.chart_paint import ChartPainter, Crosshair, Look

_STRIP_BARS = 3                # the newest bar, and two so that the lines join


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be shown."""

    model: ChartModel
    view: ViewPort
    look: Look
    markers: MarkerIndex


class ChartLayer:
    """An image of the scene, painted when it is asked for and something has changed."""

    def __init__(self) -> None:
        self.frame: Frame | None = None    # what the image shows; None: the background only
        self.price_row: int | None = None  # row of the newest close, where it is in view
        self._image = QImage()
        self._stale = True
        self._strip: int | None = None     # left edge of what ticks have changed

    def restart(self) -> None:
        """Everything is to be painted again."""
        self._stale = True

    def refresh(self, pen: ChartPainter, layout: Layout, scene: Scene) -> QImage:
        """The image in device pixels, brought up to date."""
        size = QSize(layout.width, layout.height)
        if self._image.size() != size:
            self._image = QImage(size, QImage.Format.Format_RGB32)
            self._stale = True
        if self._stale:
            self._paint_all(pen, layout, scene)
        elif self._strip is not None and self.frame is not None:
            self._paint_strip(pen, self.frame, scene, self._strip)
        self._stale, self._strip = False, None
        return self._image

    def take_tick(self, pen: ChartPainter, model: ChartModel, before: Readout) -> QRegion | None:
        """What a change of the newest bar touches; None: everything.

        `before` is that bar as it was.
        """
        frame = self.frame
        if self._stale or frame is None:
            return None
        last = model.readout(len(model) - 1)
        in_view = frame.view.shows_end(len(model))
        if in_view and not _keeps_scales(frame, before, last):
            return None
        layout = frame.layout
        region = header_region(layout) + self._price_region(pen, frame)
        self.price_row = _price_row(frame, model)
        region += self._price_region(pen, frame)
        if in_view:
            x = frame.view.x_of(len(model) - 2, layout.plot_width)
            self._strip = max(0, x - layout.unit)
            strip = QRect(self._strip, 0, layout.plot_width - self._strip, layout.time_top)
            region += touched(layout, strip)
        return region

    def crosshair_region(self, pen: ChartPainter, cross: Crosshair | None) -> QRegion:
        """Both lines of the crosshair and their tags."""
        frame = self.frame
        if frame is None or cross is None:
            return QRegion()
        layout = frame.layout
        x = frame.view.x_of(cross.index, layout.plot_width)
        upright = QRect(x, layout.price_top, layout.unit, layout.time_top - layout.price_top)
        below = QRect(0, layout.time_top, layout.width, layout.height - layout.time_top)
        return (touched(layout, upright) + touched(layout, below)
                + row_region(pen, layout, cross.y))

    def _price_region(self, pen: ChartPainter, frame: Frame) -> QRegion:
        if self.price_row is None:
            return QRegion()
        return row_region(pen, frame.layout, self.price_row)

    def _paint_all(self, pen: ChartPainter, layout: Layout, scene: Scene) -> None:
        self.frame = None
        if layout.has_plot and len(scene.model):
            self.frame = make_frame(
                scene.model, scene.view, layout, scene.look.decimals, pen.texts, pen.width_of
            )
        painter, frame = QPainter(self._image), self.frame
        if frame is None:
            pen.background(painter, layout)
            self.price_row = None
        else:
            pen.layer(painter, frame, frame.columns, scene.model, scene.look, scene.markers)
            pen.axes(painter, frame, scene.model, scene.look.decimals)
            self.price_row = _price_row(frame, scene.model)
        painter.end()

    def _paint_strip(self, pen: ChartPainter, frame: Frame, scene: Scene, left: int) -> None:
        layout = frame.layout
        around = math.ceil(_STRIP_BARS * frame.slot) + _STRIP_BARS
        columns = scene.model.columns(
            scene.view, layout.plot_width, max(left - around, 0), layout.plot_width
        )
        painter = QPainter(self._image)
        painter.setClipRect(left, 0, layout.plot_width - left, layout.time_top)
        pen.layer(painter, frame, columns, scene.model, scene.look, scene.markers)
        painter.end()


def header_region(layout: Layout) -> QRegion:
    """The figures above the panes."""
    caption = QRect(0, layout.volume_caption, layout.plot_width, layout.line)
    return touched(layout, QRect(0, 0, layout.width, layout.price_top)) + touched(layout, caption)


def row_region(pen: ChartPainter, layout: Layout, y: int) -> QRegion:
    """A level line with its tag on the axis, and the labels which the tag hides."""
    line = QRect(0, y, layout.plot_width, layout.unit)
    tag = QRect(layout.plot_width, pen.tag_top(layout, y) - layout.line,
                layout.width - layout.plot_width, 3 * layout.line)
    return touched(layout, line) + touched(layout, tag)


def touched(layout: Layout, rect: QRect) -> QRegion:
    """The logical pixels that a rectangle of device pixels touches."""
    dpr = layout.dpr
    left, top = math.floor(rect.left() / dpr), math.floor(rect.top() / dpr)
    right = math.ceil((rect.right() + 1) / dpr)
    bottom = math.ceil((rect.bottom() + 1) / dpr)
    return QRegion(left, top, right - left, bottom - top)


def _price_row(frame: Frame, model: ChartModel) -> int | None:
    close_cny = float(model.close_cny[-1])
    return frame.price.y(close_cny) if frame.price.holds(close_cny) else None


def _keeps_scales(frame: Frame, before: Readout, last: Readout) -> bool:
    """Whether a tick leaves the price and volume scales as they are.

    A tick may also take back an extreme that was the picture's own.
    """
    took_back = (
        (before.high_cny >= frame.price_high and last.high_cny < before.high_cny)
        or (before.low_cny <= frame.price_low and last.low_cny > before.low_cny)
    )
    return frame.fits(last.high_cny, last.low_cny, last.volume_shares) and not took_back
