import math

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.exceptions import DataError
from tests.support.chart_bars import DAY_S, columns, random_bars
from ui.chart_style import EN
from ui.charts import ChartWidget


@pytest.fixture
def chart(qtbot: QtBot) -> ChartWidget:
    widget = ChartWidget()
    qtbot.addWidget(widget)
    widget.resize(1_200, 700)
    widget.set_bars(random_bars(1_000))
    widget.show()
    QApplication.processEvents()
    return widget


def mouse(chart: ChartWidget, kind: QEvent.Type, x: float, y: float) -> None:
    at, button = QPointF(x, y), Qt.MouseButton.LeftButton
    QApplication.sendEvent(chart, QMouseEvent(
        kind, at, at, button, button, Qt.KeyboardModifier.NoModifier))


def wheel(chart: ChartWidget, x: float, up: int, sideways: int = 0) -> None:
    at = QPointF(x, 300)
    QApplication.sendEvent(chart, QWheelEvent(
        at, at, QPoint(), QPoint(sideways, up), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False))


def press(
    chart: ChartWidget, key: Qt.Key,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    QApplication.sendEvent(chart, QKeyEvent(QEvent.Type.KeyPress, key, modifier))


def test_it_opens_on_the_newest_bars(chart: ChartWidget) -> None:
    assert chart.view.count == 120
    assert chart.view.shows_end(1_000)
    assert chart.accessibleName() == "K 线图"
    assert "2025-01-24" in chart.accessibleDescription()


def test_a_narrow_chart_opens_on_fewer_bars_and_follows_its_size_until_moved(
    chart: ChartWidget
) -> None:
    chart.resize(350, 300)
    QApplication.processEvents()
    assert chart.view.count == 50

    chart.set_view(100, 80)
    chart.resize(1_200, 700)
    QApplication.processEvents()
    assert (chart.view.first, chart.view.count) == (100, 80)


def test_dragging_moves_the_history_with_the_hand(chart: ChartWidget) -> None:
    chart.set_view(400, 100)
    mouse(chart, QEvent.Type.MouseButtonPress, 500, 300)
    mouse(chart, QEvent.Type.MouseMove, 700, 300)
    mouse(chart, QEvent.Type.MouseButtonRelease, 700, 300)
    moved = 400 - chart.view.first

    assert 16 < moved < 20                       # 200 of some 1,130 pixels, 100 bars
    mouse(chart, QEvent.Type.MouseMove, 900, 300)
    assert chart.view.first == 400 - moved       # the button is up


def test_the_wheel_zooms_at_the_cursor_and_moves_sideways(chart: ChartWidget) -> None:
    chart.set_view(400, 100)
    chart_width = 1_200 - 66
    before = chart.view.index_at(300, chart_width)
    wheel(chart, 300, 120)
    assert chart.view.count == pytest.approx(86)
    assert abs(chart.view.index_at(300, chart_width) - before) <= 1

    first = chart.view.first
    wheel(chart, 300, 0, sideways=120)
    assert chart.view.first == pytest.approx(first - 8.6)


def test_the_keyboard_walks_bar_by_bar_and_takes_the_view_along(chart: ChartWidget) -> None:
    chart.set_view(500, 100)
    seen: list[int] = []
    chart.crosshair_moved.connect(seen.append)
    press(chart, Qt.Key.Key_Left)
    for _ in range(101):
        press(chart, Qt.Key.Key_Left)

    assert seen[0] == 599
    assert seen[-1] == 498
    assert chart.view.first == 498
    press(chart, Qt.Key.Key_Escape)
    assert seen[-1] == -1
    assert chart.crosshair_index is None


def test_keys_zoom_pan_and_go_to_either_end(chart: ChartWidget) -> None:
    chart.set_view(500, 100)
    press(chart, Qt.Key.Key_Up)
    assert chart.view.count == pytest.approx(75)
    assert chart.view.first + chart.view.count == pytest.approx(600)
    press(chart, Qt.Key.Key_Down)
    press(chart, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert chart.view.first == pytest.approx(490)
    press(chart, Qt.Key.Key_Home)
    assert chart.view.first == 0
    press(chart, Qt.Key.Key_End)
    assert chart.view.shows_end(1_000)


def test_a_double_click_returns_to_the_newest_bars(chart: ChartWidget) -> None:
    home = chart.view
    chart.set_view(0, 700)
    mouse(chart, QEvent.Type.MouseButtonDblClick, 300, 300)

    assert chart.view == home


def test_the_view_is_announced_in_whole_bars(chart: ChartWidget) -> None:
    seen: list[tuple[int, int]] = []
    chart.view_changed.connect(lambda first, count: seen.append((first, count)))
    chart.set_view(100, 50)
    chart.set_view(100, 50)

    assert seen == [(100, 50)]


def test_the_crosshair_reads_the_bar_under_the_mouse(chart: ChartWidget) -> None:
    chart.set_view(200, 100)
    mouse(chart, QEvent.Type.MouseMove, 333, 300)
    index = chart.crosshair_index
    bar = chart.shown_readout()

    assert index is not None
    assert bar is not None
    assert bar.index == index
    assert bar.close_cny == chart.model.close_cny[index]
    assert bar.averages_cny[0] == pytest.approx(chart.model.close_cny[index - 4:index + 1].mean())
    mouse(chart, QEvent.Type.MouseMove, 333, 5)           # over the header: the newest bar again
    newest = chart.shown_readout()
    assert chart.crosshair_index is None
    assert newest is not None
    assert newest.index == 999


def test_a_new_bar_moves_a_view_of_the_end_and_leaves_another_alone(chart: ChartWidget) -> None:
    last_s = int(chart.model.ts_s[-1])
    chart.append_bar(last_s + DAY_S, 20, 21, 19, 20.5, 100, 2_050)
    assert chart.view.shows_end(1_001)

    chart.set_view(100, 50)
    chart.append_bar(last_s + 2 * DAY_S, 20, 21, 19, 20.5, 100, 2_050)
    assert chart.view.first == 100
    assert len(chart.model) == 1_002


def test_the_view_stays_at_its_bars_for_another_adjustment(chart: ChartWidget) -> None:
    chart.set_view(100, 50)
    chart.set_bars(random_bars(1_000, seed=9), keep_view=True)
    assert (chart.view.first, chart.view.count) == (100, 50)

    chart.set_view(900, 150)
    chart.set_bars(random_bars(1_010, seed=9), keep_view=True)
    assert chart.view.shows_end(1_010)
    assert chart.view.count == 150

    chart.set_bars(random_bars(1_000, seed=9))
    assert chart.view.count == 120


def test_bars_that_are_refused_leave_the_chart_as_it_was(chart: ChartWidget) -> None:
    shown = chart.model
    with pytest.raises(DataError):
        chart.set_bars(columns([1.0, math.nan]))

    assert chart.model is shown


def test_a_tick_without_bars_and_a_first_bar_are_taken(qtbot: QtBot) -> None:
    chart = ChartWidget()
    qtbot.addWidget(chart)
    chart.update_last(1, 1, 1, 1, 1, 1)
    assert len(chart.model) == 0

    chart.append_bar(DAY_S, 10, 11, 9, 10.5, math.nan, math.nan)
    assert chart.model.close_cny.tolist() == [10.5]
    assert chart.view.first == 0


def test_a_moving_average_of_no_bars_is_refused(chart: ChartWidget) -> None:
    with pytest.raises(ValueError, match="at least one bar"):
        chart.set_moving_averages((5, 0))


def test_the_accessible_name_follows_title_badge_and_language(chart: ChartWidget) -> None:
    chart.set_title("600000.SH · Day")
    chart.set_badge("generated")
    chart.set_texts(EN)

    assert chart.accessibleName() == "Price chart 600000.SH · Day generated"
    chart.set_bars(columns([]))
    assert chart.accessibleDescription() == f"{EN.no_data} {EN.no_data_hint}"
    chart.set_loading()
    assert chart.accessibleDescription() == EN.loading
    chart.set_notice("The bars could not be read", "Try again")
    assert chart.accessibleDescription() == "The bars could not be read Try again"


def test_a_million_bars_are_set_within_ten_times_the_aim(chart: ChartWidget) -> None:
    closes = 10 + np.sin(np.arange(1_000_000) / 1_000)
    bars = columns(closes, ts_s=np.arange(1, 1_000_001) * 60)
    chart.set_bars(bars)
    chart.set_view(0, 1_000_000)

    assert not chart.grab().isNull()
