import numpy as np
import pytest

from core.types import OrderSide, Period
from tests.support.chart_bars import columns, random_bars
from ui.chart_axis import Scale, volume_scale
from ui.chart_data import ChartModel, TradeMarker, ViewPort, newest_view
from ui.chart_frame import (
    MarkerIndex,
    arrow_rects,
    average_points,
    body_width,
    candle_rects,
    make_frame,
    make_layout,
    volume_rects,
)
from ui.chart_style import ZH, CandleStyle


def text_width(text: str) -> int:
    return 7 * len(text)


@pytest.mark.parametrize("unit", [1, 2, 3])
def test_a_body_is_centred_on_its_wick_and_leaves_a_gap(unit: int) -> None:
    for slot in np.arange(0.1, 60, 0.1):
        body = body_width(slot, unit)

        assert (body - unit) % 2 == 0
        assert body == unit or body <= slot - unit


def test_a_candle_covers_exactly_the_rows_of_its_prices() -> None:
    scale = Scale(0.0, 100.0, 0, 100)                    # one pixel a yuan, 100 at row 0
    bars = ChartModel(columns([60, 40], opens=[50, 55], highs=[70, 65], lows=[45, 30]))
    drawn = bars.columns(ViewPort(0, 10), 100)           # slots of ten pixels
    candles = candle_rects(drawn, scale, 7, 1, CandleStyle.HOLLOW)

    assert candles.solid[1].tolist() == [[5, 30, 1, 26], [2, 40, 7, 11]]     # wick, body
    assert candles.solid[-1].tolist() == [[15, 35, 1, 36], [12, 45, 7, 16]]
    assert candles.hollows.tolist() == [[3, 41, 5, 9]]   # only the rising one is open
    assert candle_rects(drawn, scale, 7, 1, CandleStyle.SOLID).hollows.size == 0


def test_a_narrow_slot_shows_the_range_and_nothing_else() -> None:
    model = ChartModel(random_bars(50))
    drawn = model.columns(ViewPort(0, 50), 100)
    candles = candle_rects(drawn, Scale(0, 50, 0, 500), 1, 1, CandleStyle.HOLLOW)

    assert sum(len(rects) for rects in candles.solid.values()) == 50
    assert candles.hollows.size == 0


def test_unknown_and_zero_volume_draw_no_column_and_the_least_one_shows() -> None:
    model = ChartModel(columns([10, 11, 12, 13], volumes=[np.nan, 0, 1, 1e9]))
    drawn = model.columns(ViewPort(0, 4), 40)
    rects = volume_rects(drawn, volume_scale(1e9, 100, 200), 7, 1)[1]

    assert rects[:, 3].tolist() == [1, 100]
    assert (rects[:, 1] + rects[:, 3]).tolist() == [200, 200]


def test_an_average_starts_where_it_is_known() -> None:
    model = ChartModel(columns([10.0, 20.0, 30.0]))
    points = average_points(model, model.columns(ViewPort(0, 3), 30), Scale(0, 50, 0, 50), 2)

    assert points.tolist() == [[15.5, 35.5], [25.5, 25.5]]


@pytest.mark.parametrize("dpr", [1.0, 1.25, 1.5, 2.0, 3.0])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (480, 320), (240, 160)])
def test_the_panes_follow_one_another_inside_the_widget(
    width: int, height: int, dpr: float
) -> None:
    layout = make_layout(round(width * dpr), round(height * dpr), dpr, round(20 * dpr),
                         round(70 * dpr))
    edges = [0, layout.price_top, layout.price_bottom, layout.volume_caption, layout.volume_top,
             layout.volume_bottom, layout.time_top, layout.height]

    assert edges == sorted(edges)
    assert layout.height - layout.time_top >= layout.line
    assert layout.has_plot
    assert layout.has_volume == (height >= 400)


def test_a_frame_shows_the_extremes_of_its_view_and_room_for_their_labels() -> None:
    model = ChartModel(random_bars(1_000))
    layout = make_layout(1_200, 700, 1.0, 20, 70)
    frame = make_frame(model, newest_view(1_000), layout, 2, ZH, text_width)
    start, stop = newest_view(1_000).visible(1_000)

    assert frame is not None
    assert frame.price_high == model.high_cny[start:stop].max()
    assert frame.price_low == model.low_cny[start:stop].min()
    assert frame.price.y(frame.price_high) >= layout.price_top + layout.line
    assert frame.price.y(frame.price_low) <= layout.price_bottom - layout.line
    assert frame.fits(frame.price_high, frame.price_low, float("nan"))
    assert not frame.fits(frame.price_high + 0.01, frame.price_low, 0.0)
    assert not frame.fits(frame.price_high, frame.price_low, frame.volume.high * 1.01)


def test_the_time_axis_names_the_date_at_its_left_edge_in_full_and_nothing_is_cut() -> None:
    layout = make_layout(1_200, 700, 1.0, 20, 70)
    for period in (Period.DAY, Period.MIN5, Period.MIN1):
        model = ChartModel(random_bars(3_000, period))
        for count in (15, 120, 500, 3_000):
            frame = make_frame(model, newest_view(3_000, count), layout, 2, ZH, text_width)
            assert frame is not None
            labels = frame.time_labels

            assert len(labels[0].label.text) == len("2025-01-24")
            assert labels[0].left >= 0
            assert labels[-1].left + labels[-1].width <= layout.plot_width
            assert len(labels) >= 3
            for spot in labels[1:]:
                assert spot.label.centre in {frame.tick_x(tick) for tick in frame.time_ticks}


def test_a_view_without_bars_has_no_frame() -> None:
    layout = make_layout(1_200, 700, 1.0, 20, 70)

    assert make_frame(ChartModel(), newest_view(0), layout, 2, ZH, text_width) is None


def test_trades_in_view_are_found_once_per_bar_and_side() -> None:
    model = ChartModel(random_bars(10_000))
    rng = np.random.default_rng(5)
    chosen = rng.integers(0, 10_000, 4_000)
    markers = [TradeMarker(ts_s=int(model.ts_s[bar]), price_cny=1.0,
                           side=OrderSide.BUY if bar % 3 else OrderSide.SELL) for bar in chosen]
    index = MarkerIndex(markers, model.index_of)
    for view in (ViewPort(500, 300), ViewPort(0, 10_000), ViewPort(9_990, 10)):
        drawn = model.columns(view, 600)
        for side in OrderSide:
            bars = {int(b) for b in chosen if (b % 3 != 0) == (side is OrderSide.BUY)}
            expected = [number for number in range(len(drawn))
                        if bars & set(range(drawn.first_bar[number], drawn.last_bar[number] + 1))]

            assert index.in_view(drawn, side).tolist() == expected


def test_an_arrow_is_a_triangle_with_its_tip_at_the_point() -> None:
    up = arrow_rects(np.array([50], np.int32), np.array([80], np.int32), 5, up=True)
    down = arrow_rects(np.array([50], np.int32), np.array([80], np.int32), 5, up=False)

    assert up[0].tolist() == [50, 80, 1, 1]
    assert up[-1].tolist() == [48, 84, 5, 1]
    assert down[-1].tolist() == [48, 76, 5, 1]
