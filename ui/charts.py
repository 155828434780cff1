"""ChartWidget: the market chart. Painted by ourselves over numpy columns.

chart_data.py holds the bars, chart_frame.py works out a picture in pixels, chart_paint.py paints
it, chart_layer.py keeps it; here are the widget's life, its mouse and its keys.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QFont,
    QFontInfo,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from core.types import BarColumns
from ui.chart_data import (
    DEFAULT_VIEW_BARS,
    ChartModel,
    Readout,
    TradeMarker,
    ViewPort,
    newest_view,
)
from ui.chart_frame import Layout, MarkerIndex, make_layout
from ui.chart_layer import ChartLayer, Scene, header_region
from ui.chart_legend import bar_words
from ui.chart_paint import ChartPainter, Crosshair, Look
from ui.chart_style import DARK, ZH, CandleStyle, ChartColors, ChartTexts

_NOTCH = 120                   # wheel units per notch, by Qt
_ZOOM_PER_NOTCH = 0.86
_ZOOM_PER_KEY = 0.75
_PAN_RATIO = 0.1               # of the view, per notch or key
_HOME_SLOT_PX = 7              # logical pixels per bar, at least, in the opening view


class ChartWidget(QWidget):
    """Candles, volume and moving averages of one symbol, from one bar to millions.

    Mouse: drag pans, wheel zooms at the cursor, double click returns to the newest bars.
    Keys: left and right move the crosshair bar by bar (with Ctrl they pan), up and down zoom,
    Home and End go to either end, Escape hides the crosshair.
    """

    crosshair_moved = pyqtSignal(int)      # index of the bar; -1: no crosshair
    view_changed = pyqtSignal(int, int)    # first bar in view, number of bars in view

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ChartModel()
        self._view = newest_view(0)
        self._at_home = True                       # the user has not moved the view
        self._look = Look()
        self._colors, self._texts = DARK, ZH
        self._title = self._badge = ""
        self._loading = False
        self._notice: tuple[str, str] | None = None
        self._trades: tuple[TradeMarker, ...] = ()
        self._markers = MarkerIndex((), self._model.index_of)
        self._crosshair: Crosshair | None = None
        self._mouse: QPoint | None = None          # device pixels
        self._drag: tuple[int, ViewPort] | None = None
        self._painter: ChartPainter | None = None  # made anew when font, colour or screen change
        self._layer = ChartLayer()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._describe()

    # --- data ----------------------------------------------------------------------------------

    def set_bars(self, bars: BarColumns, *, keep_view: bool = False) -> None:
        """Show another history. `keep_view` stays at the same bars, as for another adjustment,
        or at the end if the end was in view.

        Raises DataError (and goes on showing what it showed) for columns that no chart can
        be drawn of; see ChartModel.
        """
        model, before = ChartModel(bars), len(self._model)
        self._point_at(None)
        self._model, self._loading, self._notice = model, False, None
        self._markers = MarkerIndex(self._trades, model.index_of)
        self._at_home = self._at_home or not keep_view
        if self._at_home:
            self._view = self._home()
        elif before and self._view.shows_end(before):
            self._view = newest_view(len(model), self._view.count)
        else:
            self._view = self._view.clamped(len(model))
        self._restart()
        self._describe()
        self._announce_view()

    def set_loading(self) -> None:
        """Say that bars are on their way; the next set_bars ends it."""
        self._clear(loading=True)

    def set_notice(self, text: str, hint: str = "") -> None:
        """Show a sentence in place of the bars, as why they could not be read."""
        self._clear(notice=(text, hint))

    def _clear(self, *, loading: bool = False, notice: tuple[str, str] | None = None) -> None:
        self._point_at(None)
        self._model, self._loading, self._notice = ChartModel(), loading, notice
        self._markers = MarkerIndex((), self._model.index_of)
        self._restart()
        self._describe()

    def update_last(  # six figures of one bar, as the feed names them
        self, open_cny: float, high_cny: float, low_cny: float, close_cny: float,
        volume_shares: float, amount_cny: float,
    ) -> None:
        """A tick into the forming bar; nothing happens while there are no bars.

        Only what changed is painted again. Raises DataError for a price that is no number.
        """
        if not len(self._model):
            return
        before = self._model.readout(len(self._model) - 1)
        self._model.update_last(
            (open_cny, high_cny, low_cny, close_cny, volume_shares, amount_cny)
        )
        region = self._layer.take_tick(self._pencils(), self._model, before)
        if region is None:
            self._restart()
        else:
            self.update(region)

    def append_bar(
        self, ts_s: int, open_cny: float, high_cny: float, low_cny: float, close_cny: float,
        volume_shares: float, amount_cny: float,
    ) -> None:
        """Begin a new bar; a view that shows the end moves along with it.

        Raises DataError for a moment not after the newest bar's.
        """
        total = len(self._model)
        follows = total == 0 or self._view.shows_end(total)
        self._model.append(
            ts_s, (open_cny, high_cny, low_cny, close_cny, volume_shares, amount_cny)
        )
        self._loading, self._notice = False, None
        if self._at_home:
            self._view = self._home()
        elif follows:
            self._view = self._view.panned(1.0, total + 1)
        self._restart()
        if follows:
            self._announce_view()

    def set_markers(self, markers: Sequence[TradeMarker]) -> None:
        """The user's own trades, drawn as arrows at their bars."""
        self._trades = tuple(markers)
        self._markers = MarkerIndex(self._trades, self._model.index_of)
        self._restart()

    def set_limits(self, down_cny: float | None, up_cny: float | None) -> None:
        """Today's price band, drawn where in view; None: no line."""
        self._relook(replace(self._look, limit_down_cny=down_cny, limit_up_cny=up_cny))

    # --- view ----------------------------------------------------------------------------------

    def set_view(self, first: int, count: int) -> None:
        """Show `count` slots from bar `first`, as near as the history allows."""
        self._go(ViewPort(float(first), float(count)).clamped(len(self._model)))

    def reset_view(self) -> None:
        """The newest bars, as many as can be seen well."""
        self._go(self._home())
        self._at_home = True

    @property
    def view(self) -> ViewPort:
        return self._view

    @property
    def model(self) -> ChartModel:
        return self._model

    @property
    def crosshair_index(self) -> int | None:
        return self._crosshair.index if self._crosshair else None

    def shown_readout(self) -> Readout | None:
        """The figures in the header: of the crosshair's bar, else of the newest."""
        if not len(self._model):
            return None
        index = self._crosshair.index if self._crosshair else len(self._model) - 1
        return self._model.readout(index, self._look.averages)

    # --- appearance ----------------------------------------------------------------------------

    def set_colors(self, colors: ChartColors) -> None:
        self._colors, self._painter = colors, None
        self._restart()

    def set_texts(self, texts: ChartTexts) -> None:
        self._texts, self._painter = texts, None
        self._describe()
        self._restart()

    def set_title(self, title: str) -> None:
        """What is shown: name, code, period, adjustment."""
        self._title = title
        self._describe()
        self.update()

    def set_badge(self, badge: str) -> None:
        """A short framed remark beside the title, as "generated"; empty: none."""
        self._badge = badge
        self._describe()
        self.update()

    def set_moving_averages(self, lengths: Sequence[int]) -> None:
        if any(length < 1 for length in lengths):
            raise ValueError(f"a moving average needs at least one bar, was {tuple(lengths)}")
        self._relook(replace(self._look, averages=tuple(lengths)))

    def set_price_decimals(self, decimals: int) -> None:
        """2 for stocks, 3 for funds."""
        self._relook(replace(self._look, decimals=decimals))

    def set_candle_style(self, style: CandleStyle) -> None:
        self._relook(replace(self._look, style=style))

    def sizeHint(self) -> QSize:
        return QSize(960, 540)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 160)

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        dpr = self.devicePixelRatioF()
        painter.scale(1.0 / dpr, 1.0 / dpr)    # device pixels from here on
        pen, layout = self._pencils(), self._layout()
        painter.drawImage(0, 0, self._layer.refresh(pen, layout, self._scene()))
        self._paint_above(painter, pen, layout)
        painter.end()

    def _paint_above(self, painter: QPainter, pen: ChartPainter, layout: Layout) -> None:
        frame, bar = self._layer.frame, self.shown_readout()
        pen.header(painter, layout, self._title, self._badge, bar if frame else None,
                   self._model.intraday, self._look)
        if frame is not None:
            newest = self._model.readout(len(self._model) - 1)
            pen.last_price(painter, frame, newest, self._look.decimals)
            if self._crosshair is not None:
                pen.crosshair(painter, frame, self._model, self._crosshair, self._look.decimals)
        else:
            pen.message(painter, layout, *self._words())
        if self.hasFocus():
            pen.focus_frame(painter, layout)

    def _words(self) -> tuple[str, str]:
        """What stands in place of the bars, and what to do about it."""
        if self._notice is not None:
            return self._notice
        if self._loading:
            return self._texts.loading, ""
        return ("", "") if len(self._model) else (self._texts.no_data, self._texts.no_data_hint)

    def _scene(self) -> Scene:
        return Scene(self._model, self._view, self._look, self._markers)

    def _pencils(self) -> ChartPainter:
        """The painter for the present font and screen; a device pixel is a pixel of its font."""
        size = max(round(QFontInfo(self.font()).pixelSize() * self.devicePixelRatioF()), 1)
        if self._painter is None or self._painter.font.pixelSize() != size:
            font = QFont(self.font())
            font.setPixelSize(size)
            self._painter = ChartPainter(self._colors, self._texts, font)
            self._layer.restart()
        return self._painter

    def _layout(self) -> Layout:
        dpr, pen = self.devicePixelRatioF(), self._pencils()
        return make_layout(
            math.ceil(self.width() * dpr), math.ceil(self.height() * dpr), dpr, pen.line,
            pen.axis_width(self._model, self._look.decimals),
        )

    def _restart(self) -> None:
        self._layer.restart()
        self.update()

    def _relook(self, look: Look) -> None:
        if look != self._look:
            self._look = look
            self._restart()

    # --- moving about --------------------------------------------------------------------------

    def _go(self, view: ViewPort) -> None:
        if view == self._view:
            return
        self._view, self._at_home = view, False
        self._restart()
        if self._mouse is not None:
            self._follow_mouse()
        self._announce_view()

    def _home(self) -> ViewPort:
        """The newest bars, fewer on a narrow chart so that their bodies stay visible."""
        count = min(DEFAULT_VIEW_BARS, self.width() / _HOME_SLOT_PX)
        return newest_view(len(self._model), count)

    def _announce_view(self) -> None:
        start, stop = self._view.visible(len(self._model))
        self.view_changed.emit(start, stop - start)

    def _zoom(self, factor: float, anchor_ratio: float) -> None:
        self._go(self._view.zoomed(factor, anchor_ratio, len(self._model)))

    def _pan(self, bars: float) -> None:
        self._go(self._view.panned(bars, len(self._model)))

    def _point_at(self, cross: Crosshair | None) -> None:
        """Move, show or hide the crosshair and repaint only where it was and where it is."""
        if cross == self._crosshair:
            return
        moved = (cross and cross.index) != (self._crosshair and self._crosshair.index)
        pen, frame = self._pencils(), self._layer.frame
        region = self._layer.crosshair_region(pen, self._crosshair)
        region += self._layer.crosshair_region(pen, cross)
        self._crosshair = cross
        if moved and frame is not None:
            region += header_region(frame.layout)
        self.update(region)
        if moved:
            self.crosshair_moved.emit(cross.index if cross else -1)

    def _follow_mouse(self) -> None:
        layout, mouse = self._layout(), self._mouse
        inside = (
            mouse is not None and len(self._model) > 0 and 0 <= mouse.x() < layout.plot_width
            and layout.price_top <= mouse.y() < layout.time_top
        )
        if not inside or mouse is None:
            self._point_at(None)
            return
        start, stop = self._view.visible(len(self._model))
        index = self._view.index_at(mouse.x(), layout.plot_width)
        self._point_at(Crosshair(min(max(index, start), stop - 1), mouse.y()))

    def _step_crosshair(self, bars: int) -> None:
        """Keyboard crosshair: from bar to bar on the closes; the view follows at its edges."""
        total = len(self._model)
        if not total:
            return
        self._mouse = None
        if self._crosshair is None:
            index = self._view.visible(total)[1] - 1
        else:
            index = min(max(self._crosshair.index + bars, 0), total - 1)
        if index < self._view.first:
            self._pan(index - self._view.first)
        elif index + 1 > self._view.first + self._view.count:
            self._pan(index + 1 - self._view.first - self._view.count)
        self._stand_on(index)

    def _stand_on(self, index: int) -> None:
        self._layer.refresh(self._pencils(), self._layout(), self._scene())
        frame = self._layer.frame
        if frame is not None:
            self._point_at(Crosshair(index, frame.price.y(float(self._model.close_cny[index]))))
            self._describe()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        key, total = event.key(), len(self._model)
        pans = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        sideways: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        zooms: dict[int, float] = {
            Qt.Key.Key_Up: _ZOOM_PER_KEY, Qt.Key.Key_Down: 1 / _ZOOM_PER_KEY,
        }
        ends: dict[int, float] = {Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: float(total)}
        if key in sideways and pans:
            self._pan(sideways[key] * self._view.count * _PAN_RATIO)
        elif key in sideways:
            self._step_crosshair(sideways[key])
        elif key in zooms:
            self._zoom(zooms[key], self._anchor_ratio())
        elif key in ends:
            self._go(replace(self._view, first=ends[key]).clamped(total))
        elif key == Qt.Key.Key_Escape and self._crosshair is not None:
            self._mouse = None
            self._point_at(None)
        else:
            super().keyPressEvent(event)

    def _anchor_ratio(self) -> float:
        """What stays in place when keys zoom: the crosshair's bar, else the newest in view."""
        if self._crosshair is None:
            return 1.0
        return (self._crosshair.index + 0.5 - self._view.first) / self._view.count

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        width = max(self._layout().plot_width, 1)
        anchor = min(event.position().x() * self.devicePixelRatioF() / width, 1.0)
        if event.angleDelta().y():
            self._zoom(_ZOOM_PER_NOTCH ** (event.angleDelta().y() / _NOTCH), anchor)
        if event.angleDelta().x():
            self._pan(-event.angleDelta().x() / _NOTCH * self._view.count * _PAN_RATIO)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            self._drag = (self._device_point(event).x(), self._view)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        self._drag = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.reset_view()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        self._mouse = self._device_point(event)
        if self._drag is not None:
            start, view = self._drag
            bars = (start - self._mouse.x()) * view.count / max(self._layout().plot_width, 1)
            self._go(view.panned(bars, len(self._model)))
        self._follow_mouse()

    def leaveEvent(self, event: QEvent | None) -> None:
        self._mouse = None
        self._point_at(None)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        if self._at_home and self._home() != self._view:
            self._view = self._home()
            self._announce_view()
        self._restart()

    def changeEvent(self, event: QEvent | None) -> None:
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._painter = None
            self._restart()
        super().changeEvent(event)

    def _device_point(self, event: QMouseEvent) -> QPoint:
        dpr = self.devicePixelRatioF()
        return QPoint(math.floor(event.position().x() * dpr),
                      math.floor(event.position().y() * dpr))

    def _describe(self) -> None:
        """What a screen reader says: which chart, and the figures in its header."""
        name = " ".join(part for part in (self._texts.accessible_name, self._title, self._badge)
                        if part)
        self.setAccessibleName(name)
        bar = self.shown_readout()
        if bar is None:
            self.setAccessibleDescription(" ".join(self._words()).strip())
            return
        spoken = bar_words(bar, self._look.decimals, self._model.intraday, self._texts)
        self.setAccessibleDescription(spoken)
