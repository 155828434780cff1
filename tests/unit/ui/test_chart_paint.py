import numpy as np
import pytest
from PyQt6.QtGui import QColor, QFont, QImage, QPainter
from pytestqt.qtbot import QtBot

from tests.support.chart_bars import columns
from ui.chart_data import ChartModel, ViewPort
from ui.chart_frame import Layout, MarkerIndex, make_frame, make_layout
from ui.chart_paint import ChartPainter, Look, dashes, value_at
from ui.chart_style import DARK, EN, CandleStyle

LAYOUT = make_layout(1_100, 600, 1.0, 20, 70)


def text_width(text: str) -> int:
    return 7 * len(text)


def pen_of(pixels: int = 12) -> ChartPainter:
    font = QFont()
    font.setPixelSize(pixels)
    return ChartPainter(DARK, EN, font)


def painted(model: ChartModel, look: Look, layout: Layout = LAYOUT) -> QImage:
    image = QImage(layout.width, layout.height, QImage.Format.Format_RGB32)
    frame = make_frame(model, ViewPort(0, 40), layout, 2, EN, text_width)
    assert frame is not None
    painter, pen = QPainter(image), pen_of()
    pen.layer(painter, frame, frame.columns, model, look, MarkerIndex((), model.index_of))
    pen.axes(painter, frame, model, 2)
    painter.end()
    return image


def colors_in(image: QImage) -> set[str]:
    bits = image.constBits()
    assert bits is not None
    pixels = np.frombuffer(bytes(bits.asarray(image.sizeInBytes())), np.uint32)
    return {f"#{value & 0xFFFFFF:06x}" for value in np.unique(pixels)}


@pytest.mark.usefixtures("qapp")
def test_limits_in_view_are_drawn_and_limits_out_of_view_are_not() -> None:
    flat = ChartModel(columns([10.0, 10.0, 10.1], opens=[10.0, 10.0, 10.1]))
    falling = Look(limit_down_cny=9.0, limit_up_cny=None, averages=())

    assert DARK.down not in colors_in(painted(flat, falling))
    assert DARK.down in colors_in(painted(flat, Look(limit_down_cny=10.0, averages=())))


@pytest.mark.usefixtures("qapp")
def test_a_moving_average_is_drawn_only_where_it_is_known() -> None:
    model = ChartModel(columns(np.linspace(10, 11, 20)))
    known, short = Look(averages=(5,)), Look(averages=(60,))

    assert painted(model, known) != painted(model, Look(averages=()))
    assert painted(model, short) == painted(model, Look(averages=()))


@pytest.mark.usefixtures("qapp")
def test_a_hollow_body_shows_the_background_and_a_solid_one_its_colour() -> None:
    model = ChartModel(columns([11.0] * 3, opens=[10.0] * 3))
    frame = make_frame(model, ViewPort(0, 40), LAYOUT, 2, EN, text_width)
    assert frame is not None
    x, y = int(frame.columns.x[1]), frame.price.y(10.4)
    hollow = painted(model, Look(averages=(), style=CandleStyle.HOLLOW))
    solid = painted(model, Look(averages=(), style=CandleStyle.SOLID))

    assert QColor(hollow.pixel(x, y)).name() == DARK.background
    assert QColor(solid.pixel(x, y)).name() == DARK.up


@pytest.mark.usefixtures("qapp")
def test_the_price_axis_is_wide_enough_for_every_price_of_the_history() -> None:
    model = ChartModel(columns([1.0, 1_234_567.891]))
    pen = pen_of()

    assert pen.axis_width(model, 3) > pen.width_of("1234567.891") + 2 * LAYOUT.pad


@pytest.mark.usefixtures("qapp")
def test_a_tag_stays_inside_the_widget() -> None:
    pen = pen_of()
    for row in (-50, 0, 300, 599, 900):
        assert 0 <= pen.tag_top(LAYOUT, row) <= LAYOUT.height - pen.line


@pytest.mark.usefixtures("qapp")
def test_a_row_is_a_price_a_volume_or_nothing() -> None:
    model = ChartModel(columns([10.0, 11.0]))
    frame = make_frame(model, ViewPort(0, 40), LAYOUT, 2, EN, text_width)
    assert frame is not None

    assert value_at(frame, frame.price.y(10.5)) == pytest.approx(10.5, abs=0.01)
    assert value_at(frame, LAYOUT.volume_bottom - 1) == pytest.approx(
        frame.volume.high / (LAYOUT.volume_bottom - LAYOUT.volume_top))
    assert value_at(frame, LAYOUT.volume_caption) is None
    assert value_at(frame, LAYOUT.time_top) is None


def test_dashes_end_where_the_line_ends() -> None:
    rects = dashes(5, 47, 9, unit=2, dash=3, gap=2)

    assert rects[0].tolist() == [5, 9, 6, 2]
    assert int((rects[:, 0] + rects[:, 2]).max()) <= 47


def test_a_widget_too_small_for_a_chart_is_painted_all_the_same(qtbot: QtBot) -> None:
    layout = make_layout(60, 30, 1.0, 20, 70)
    image = QImage(60, 30, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    pen_of().background(painter, layout)
    pen_of().message(painter, layout, "no bars to show", "import history")
    painter.end()

    assert not layout.has_plot
