"""The chart as it is seen: colours at pixels, and nothing stale after a tick or a move."""

import math

import pytest
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QColor, QImage, QMouseEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.types import OrderSide, Period
from tests.support.chart_bars import columns, random_bars
from ui.chart_data import TradeMarker
from ui.chart_style import DARK, EN, LIGHT, ZH, CandleStyle, ChartColors
from ui.charts import ChartWidget


@pytest.fixture
def chart(qtbot: QtBot) -> ChartWidget:
    widget = ChartWidget()
    qtbot.addWidget(widget)
    widget.resize(1_100, 640)
    widget.show()
    return widget


def seen(chart: ChartWidget) -> QImage:
    """What stands on the screen after pending repaints; nothing is painted for the asking."""
    QApplication.processEvents()
    screen = chart.screen()
    assert screen is not None
    return screen.grabWindow(chart.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)


def fresh(chart: ChartWidget) -> QImage:
    """The same chart painted anew from its data."""
    chart.set_colors(chart._colors)
    return seen(chart)


def column_colors(image: QImage, x: int) -> set[str]:
    return {QColor(image.pixel(x, y)).name() for y in range(image.height())}


@pytest.mark.parametrize(("colors", "rising", "falling"), [
    (DARK, DARK.up, DARK.down), (LIGHT, LIGHT.up, LIGHT.down),
    (DARK.green_up(), DARK.down, DARK.up),
])
def test_a_rising_candle_is_red_and_a_falling_one_green_unless_exchanged(
    chart: ChartWidget, colors: ChartColors, rising: str, falling: str
) -> None:
    chart.set_colors(colors)
    chart.set_candle_style(CandleStyle.SOLID)
    chart.set_moving_averages(())
    chart.set_bars(columns([11.0, 10.0, 10.4], opens=[10.0, 11.0, 10.5]))
    image = chart.grab().toImage()
    frame = chart._layer.frame
    assert frame is not None
    row = frame.price.y(10.7)

    assert QColor(image.pixel(int(frame.columns.x[0]), row)).name() == rising
    assert QColor(image.pixel(int(frame.columns.x[1]), row)).name() == falling
    foot = frame.volume.bottom - 2
    volumes = [QColor(image.pixel(int(x), foot)).name() for x in frame.columns.x[:2]]
    assert volumes == [colors.volume_up, colors.volume_down]


def test_candles_have_sharp_edges(chart: ChartWidget) -> None:
    chart.set_moving_averages(())
    chart.set_bars(columns([11.0, 10.0, 11.0], opens=[10.0, 11.0, 10.0]))
    image = chart.grab().toImage()
    frame = chart._layer.frame
    assert frame is not None
    row = frame.price.y(10.5)
    found = {QColor(image.pixel(x, row)).name() for x in range(int(frame.columns.x[2]) + 12)}

    allowed = {DARK.background, DARK.grid, DARK.up, DARK.down, DARK.focus}
    assert found <= allowed          # nothing in between: no blended pixel


@pytest.mark.parametrize("period", [Period.DAY, Period.MIN1])
@pytest.mark.parametrize("count", [60, 900, 5_000])
def test_ticks_leave_the_same_picture_as_painting_everything_anew(
    chart: ChartWidget, period: Period, count: int
) -> None:
    chart.set_bars(random_bars(5_000, period))
    chart.set_view(5_000 - count, count + count // 50)
    seen(chart)
    bar = chart.model.readout(4_999)
    middle = (bar.high_cny + bar.low_cny) / 2
    for close, high, volume in (
        (bar.low_cny, bar.high_cny, 900.0), (middle, bar.high_cny, 5_000.0),
        (bar.high_cny, bar.high_cny, math.nan), (bar.low_cny, bar.high_cny * 1.2, 1e7),
        (middle, bar.high_cny, 1e6),
    ):
        chart.update_last(bar.open_cny, high, bar.low_cny, close, volume, 1e6)
        after_tick = seen(chart)

        assert after_tick == fresh(chart)


def test_a_tick_outside_the_view_changes_figures_but_not_the_candles(chart: ChartWidget) -> None:
    chart.set_bars(random_bars(1_000))
    chart.set_view(100, 200)
    seen(chart)
    chart.update_last(20, 21, 19, 20.5, 1e5, 2e6)

    assert seen(chart) == fresh(chart)


def move_mouse(chart: ChartWidget, x: float, y: float) -> None:
    at, none = QPointF(x, y), Qt.MouseButton.NoButton
    QApplication.sendEvent(chart, QMouseEvent(
        QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier))


def test_the_crosshair_leaves_no_trace(chart: ChartWidget) -> None:
    chart.set_bars(random_bars(1_000))
    clean = seen(chart)
    for at in ((300, 200), (310, 220), (20, 560), (990, 300)):
        move_mouse(chart, *at)
        crossed = seen(chart)
        assert crossed != clean
        assert crossed == fresh(chart)
    move_mouse(chart, 1_090, 300)

    assert seen(chart) == clean


def test_trades_are_drawn_below_for_buys_and_above_for_sells(chart: ChartWidget) -> None:
    bars = columns([10.0] * 30, opens=[10.0] * 30)
    chart.set_bars(bars)
    plain = chart.grab().toImage()
    chart.set_markers([
        TradeMarker(ts_s=int(bars.ts_s[10]), price_cny=10.0, side=OrderSide.BUY),
        TradeMarker(ts_s=int(bars.ts_s[20]), price_cny=10.0, side=OrderSide.SELL),
    ])
    image, frame = chart.grab().toImage(), chart._layer.frame
    assert frame is not None
    row = frame.price.y(10.0)

    def rows_of(color: str, index: int) -> list[int]:
        x = int(frame.columns.x[index]) if frame else 0
        return [y for y in range(image.height()) if QColor(image.pixel(x, y)).name() == color]

    assert min(rows_of(DARK.buy, 10)) > row
    assert max(rows_of(DARK.sell, 20)) < row
    assert DARK.buy not in column_colors(plain, int(frame.columns.x[10]))


def test_an_unknown_history_says_what_to_do_and_a_coming_one_says_so(chart: ChartWidget) -> None:
    blank = chart.grab().toImage()
    chart.set_texts(EN)
    english = chart.grab().toImage()
    chart.set_loading()
    loading = chart.grab().toImage()

    assert len(column_colors(blank, 550)) > 1
    assert blank != english != loading
    chart.set_bars(columns([]))
    assert chart.grab().toImage() == english


@pytest.mark.parametrize("size", [(1_600, 900), (800, 450), (240, 160), (90, 40), (1, 1)])
@pytest.mark.parametrize("closes", [[], [10.0], [10.0, 10.0], [1e15, 1e15 + 1], [-1.0, 2.0]])
def test_any_size_and_any_few_bars_are_drawn_without_a_warning(
    chart: ChartWidget, size: tuple[int, int], closes: list[float]
) -> None:
    chart.resize(*size)
    chart.set_title("浦发银行 600000.SH · 日线 · 前复权")
    chart.set_badge("生成数据")
    chart.set_limits(9.0, 11.0)
    for texts in (ZH, EN):
        chart.set_texts(texts)
        chart.set_bars(columns(closes))
        move_mouse(chart, size[0] / 3, size[1] / 2)

        assert not seen(chart).isNull()


def test_every_mode_of_zoom_is_drawn_without_a_warning(chart: ChartWidget) -> None:
    chart.set_bars(random_bars(100_000, Period.MIN1))
    count = 100_000
    while count > 10:
        chart.set_view(100_000 - count, count)
        assert not seen(chart).isNull()
        count = count * 2 // 3
