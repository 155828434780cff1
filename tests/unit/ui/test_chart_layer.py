import pytest
from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtGui import QFont

from tests.support.chart_bars import random_bars
from ui.chart_data import ChartModel, ViewPort, newest_view
from ui.chart_frame import MarkerIndex, make_layout
from ui.chart_layer import ChartLayer, Scene, header_region, touched
from ui.chart_paint import ChartPainter, Crosshair, Look
from ui.chart_style import DARK, EN

LAYOUT = make_layout(1_100, 600, 1.0, 20, 70)
pytestmark = pytest.mark.usefixtures("qapp")


def pen_of() -> ChartPainter:
    font = QFont()
    font.setPixelSize(12)
    return ChartPainter(DARK, EN, font)


def scene_of(model: ChartModel, view: ViewPort | None = None) -> Scene:
    shown = newest_view(len(model)) if view is None else view
    return Scene(model, shown, Look(), MarkerIndex((), model.index_of))


def test_nothing_is_painted_again_while_nothing_changes() -> None:
    layer, scene, pen = ChartLayer(), scene_of(ChartModel(random_bars(300))), pen_of()
    layer.refresh(pen, LAYOUT, scene)
    frame = layer.frame
    layer.refresh(pen, LAYOUT, scene)
    assert layer.frame is frame

    layer.restart()
    layer.refresh(pen, LAYOUT, scene)
    assert layer.frame is not frame


def test_another_size_is_painted_anew() -> None:
    layer, scene, pen = ChartLayer(), scene_of(ChartModel(random_bars(300))), pen_of()
    layer.refresh(pen, LAYOUT, scene)
    image = layer.refresh(pen, make_layout(700, 500, 1.0, 20, 70), scene)

    assert (image.width(), image.height()) == (700, 500)


def test_a_tick_touches_only_the_strip_of_its_bar_and_a_new_extreme_everything() -> None:
    model, layer, pen = ChartModel(random_bars(300)), ChartLayer(), pen_of()
    layer.refresh(pen, LAYOUT, scene_of(model))
    bar = model.readout(299)
    model.update_last((bar.open_cny, bar.high_cny, bar.low_cny, bar.low_cny, 1.0, 1.0))
    region = layer.take_tick(pen, model, bar)

    assert region is not None
    assert region.contains(QPoint(model_x(layer, 299), 300))
    assert not region.contains(QRect(0, LAYOUT.price_bottom - 9, 400, 5))

    model.update_last((bar.open_cny, 1e3, bar.low_cny, bar.low_cny, 1.0, 1.0))
    assert layer.take_tick(pen, model, bar) is None


def model_x(layer: ChartLayer, index: int) -> int:
    assert layer.frame is not None
    return layer.frame.view.x_of(index, LAYOUT.plot_width)


def test_a_tick_out_of_view_touches_the_header_only() -> None:
    model, layer, pen = ChartModel(random_bars(300)), ChartLayer(), pen_of()
    layer.refresh(pen, LAYOUT, scene_of(model, ViewPort(0, 100)))
    layer.price_row = None
    bar = model.readout(299)
    model.update_last((1e3, 1e3, 1e3, 1e3, 1.0, 1.0))

    assert layer.take_tick(pen, model, bar) == header_region(LAYOUT)


def test_the_last_price_has_a_row_only_while_it_is_in_the_scale() -> None:
    model, layer, pen = ChartModel(random_bars(300)), ChartLayer(), pen_of()
    layer.refresh(pen, LAYOUT, scene_of(model))
    assert layer.price_row is not None

    layer.refresh(pen, LAYOUT, scene_of(ChartModel()))
    layer.restart()
    layer.refresh(pen, LAYOUT, scene_of(ChartModel()))
    assert layer.price_row is None


def test_a_crosshair_touches_its_two_lines_and_nothing_without_one() -> None:
    layer, pen = ChartLayer(), pen_of()
    layer.refresh(pen, LAYOUT, scene_of(ChartModel(random_bars(300))))
    region = layer.crosshair_region(pen, Crosshair(250, 222))
    x = model_x(layer, 250)

    assert region.contains(QPoint(x, 100))
    assert region.contains(QPoint(3, 222))
    assert not region.contains(QPoint(x + 40, 300))
    assert layer.crosshair_region(pen, None).isEmpty()


@pytest.mark.parametrize("dpr", [1.0, 1.25, 1.5, 2.0])
def test_device_pixels_are_covered_by_whole_logical_ones(dpr: float) -> None:
    layout = make_layout(1_000, 600, dpr, 20, 70)
    rect = touched(layout, QRect(101, 33, 7, 3)).boundingRect()

    assert rect.left() * dpr <= 101
    assert rect.top() * dpr <= 33
    assert (rect.right() + 1) * dpr >= 108
    assert (rect.bottom() + 1) * dpr >= 36
