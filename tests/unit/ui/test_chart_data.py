import math
from dataclasses import replace

import numpy as np
import pytest

from core.exceptions import DataError
from core.types import Period
from tests.support.chart_bars import DAY_S, columns, days, random_bars
from ui.chart_data import ChartModel, ViewPort, newest_view


def values_of(model: ChartModel, index: int) -> tuple[float, ...]:
    bar = model.readout(index)
    return (bar.open_cny, bar.high_cny, bar.low_cny, bar.close_cny,
            bar.volume_shares, bar.amount_cny)


def appended(count: int, beginning: int) -> ChartModel:
    """A model of `count` bars of which only `beginning` were there from the start."""
    bars = random_bars(count)
    names = ("ts_s", "open_cny", "high_cny", "low_cny", "close_cny", "volume_shares", "amount_cny")
    model = ChartModel(replace(bars, **{name: getattr(bars, name)[:beginning] for name in names}))
    for index in range(beginning, count):
        model.append(int(bars.ts_s[index]),
                     [float(getattr(bars, name)[index]) for name in names[1:]])
    return model


@pytest.mark.parametrize("total", [1, 7, 8, 9, 64, 65, 5_003])
@pytest.mark.parametrize("width", [37, 640])
def test_every_pixel_column_has_the_exact_extremes_of_its_bars(total: int, width: int) -> None:
    model = ChartModel(random_bars(total))
    rng = np.random.default_rng(total)
    for _ in range(25):
        view = ViewPort(rng.uniform(-5, total), rng.uniform(1, total + 5))
        drawn = model.columns(view, width)
        for number in range(len(drawn)):
            span = slice(int(drawn.first_bar[number]), int(drawn.last_bar[number]) + 1)
            assert drawn.low_cny[number] == model.low_cny[span].min()
            assert drawn.high_cny[number] == model.high_cny[span].max()
            assert drawn.open_cny[number] == model.open_cny[span][0]
            assert drawn.close_cny[number] == model.close_cny[span][-1]
            known = model.volume_shares[span][~np.isnan(model.volume_shares[span])]
            expected = known.max() if len(known) else math.nan
            assert drawn.volume_shares[number] == pytest.approx(expected, nan_ok=True)


def test_pixel_columns_hold_every_bar_in_view_once_and_stand_where_the_bars_are() -> None:
    model, width = ChartModel(random_bars(200_003)), 800
    rng = np.random.default_rng(1)
    for _ in range(50):
        count = math.exp(rng.uniform(math.log(width), math.log(190_000)))
        view = ViewPort(rng.uniform(0, 200_003 - count), count)
        drawn = model.columns(view, width)

        assert (drawn.first_bar[1:] == drawn.last_bar[:-1] + 1).all()
        assert (np.diff(drawn.x) > 0).all()
        ideal = (drawn.first_bar - view.first) * width / count
        assert np.abs(ideal - drawn.x).max() <= 1.0
        assert drawn.first_bar[0] == pytest.approx(view.first, abs=count / width)


def test_a_part_of_the_columns_equals_that_part_of_the_whole() -> None:
    for count in (50.0, 400.0, 4_000.0):
        model, view = ChartModel(random_bars(5_000)), ViewPort(900.5, count)
        whole, part = model.columns(view, 300), model.columns(view, 300, 120, 200)
        begin = int(np.searchsorted(whole.first_bar, part.first_bar[0]))

        assert len(part) > 0
        for name in ("x", "first_bar", "low_cny", "high_cny", "close_cny", "direction"):
            of_whole = getattr(whole, name)[begin:begin + len(part)]
            assert np.array_equal(of_whole, getattr(part, name)), name


def test_a_model_that_grew_bar_by_bar_equals_one_built_at_once() -> None:
    grown, built = appended(3_000, beginning=0), ChartModel(random_bars(3_000))
    for view in (ViewPort(0.0, 3_000.0), ViewPort(2_000.0, 1_000.0)):
        ours, theirs = grown.columns(view, 60), built.columns(view, 60)

        assert np.array_equal(ours.low_cny, theirs.low_cny)
        assert np.array_equal(ours.high_cny, theirs.high_cny)
        assert np.array_equal(ours.volume_shares, theirs.volume_shares, equal_nan=True)
    every = np.arange(3_000)
    assert np.allclose(grown.averages(60, every), built.averages(60, every), equal_nan=True)


def test_a_tick_reaches_every_level_of_the_pyramid_and_can_be_taken_back() -> None:
    model = ChartModel(random_bars(5_000))
    view, width, before = ViewPort(0.0, 5_000.0), 20, values_of(model, 4_999)
    lowest = float(model.low_cny.min())

    model.update_last((20.0, 99.0, 0.01, 30.0, 1e12, 1.0))
    assert model.price_range() == (0.01, 99.0)
    assert model.columns(view, width).volume_shares[-1] == 1e12

    model.update_last(before)
    assert model.price_range()[0] == lowest
    assert model.columns(view, width).volume_shares[-1] < 1e12


def test_a_moving_average_is_the_mean_of_the_last_closes_and_unknown_before() -> None:
    model = ChartModel(random_bars(500))
    closes = model.close_cny
    for length in (1, 5, 60):
        ours = model.averages(length, np.arange(500))
        expected = np.convolve(closes, np.ones(length) / length, mode="valid")

        assert np.isnan(ours[: length - 1]).all()
        assert np.allclose(ours[length - 1:], expected, rtol=1e-12)


def test_a_moving_average_follows_the_forming_bar() -> None:
    model = ChartModel(columns([10.0, 11.0, 12.0]))
    model.update_last((12.0, 15.0, 12.0, 15.0, 1.0, 1.0))

    assert model.averages(3, np.array([2]))[0] == pytest.approx(12.0)
    assert model.readout(2, (3, 5)).averages_cny[0] == pytest.approx(12.0)
    assert math.isnan(model.readout(2, (3, 5)).averages_cny[1])


def test_a_long_history_of_dear_shares_keeps_the_average_to_a_thousandth_of_a_fen() -> None:
    closes = 1_800 + np.sin(np.arange(300_000))
    model = ChartModel(columns(closes, ts_s=np.arange(1, 300_001)))

    assert model.averages(20, np.array([299_999]))[0] == pytest.approx(
        closes[-20:].mean(), abs=1e-5
    )


def test_the_readout_equals_the_bar_and_compares_with_the_close_before() -> None:
    model = ChartModel(columns([10.0, 10.5], highs=[10.2, 10.9], lows=[9.9, 10.1],
                               volumes=[100, math.nan]))
    first, second = model.readout(0), model.readout(1)

    assert (second.high_cny, second.low_cny, second.close_cny) == (10.9, 10.1, 10.5)
    assert second.change_cny == pytest.approx(0.5)
    assert second.change_ratio == pytest.approx(0.05)
    assert math.isnan(second.volume_shares)
    assert (first.change_cny, first.change_ratio) == (None, None)


def test_the_bars_handed_in_are_never_changed() -> None:
    bars = random_bars(30)
    before = bars.close_cny.copy()
    model = ChartModel(bars)
    model.update_last((1, 1, 1, 1, 1, 1))

    assert np.array_equal(bars.close_cny, before)


def test_a_bar_of_one_price_takes_its_direction_from_the_close_before() -> None:
    model = ChartModel(columns([10.0, 11.0, 11.0, 10.0]))        # each opens where it closes

    assert model.columns(ViewPort(0, 4), 40).direction.tolist() == [0, 1, 0, -1]


@pytest.mark.parametrize(("change", "why"), [
    ({"close_cny": np.array([1.0, math.nan, 1.0])}, "not a number"),
    ({"high_cny": np.array([1.0, math.inf, 1.0])}, "not a number"),
    ({"ts_s": days(3)[[0, 2, 1]]}, "order of time"),
    ({"ts_s": days(3)[[0, 1, 1]]}, "order of time"),
    ({"volume_shares": np.array([1.0])}, "lengths"),
])
def test_columns_that_no_chart_can_be_drawn_of_are_refused(
    change: dict[str, object], why: str
) -> None:
    with pytest.raises(DataError, match=why):
        ChartModel(replace(columns([1.0, 1.0, 1.0]), **change))  # type: ignore[arg-type]  # wrong on purpose


def test_a_bad_tick_and_a_late_bar_are_refused_and_nothing_is_lost() -> None:
    model = ChartModel(columns([10.0, 11.0]))
    with pytest.raises(DataError, match="not a number"):
        model.update_last((1, math.nan, 1, 1, 1, 1))
    with pytest.raises(DataError, match="not later"):
        model.append(int(model.ts_s[-1]), (1, 1, 1, 1, 1, 1))

    assert model.close_cny.tolist() == [10.0, 11.0]


def test_a_moment_belongs_to_the_first_bar_that_ends_at_it_or_later() -> None:
    minute = ChartModel(random_bars(480, Period.MIN1))
    daily = ChartModel(random_bars(3))
    at_ten = int(daily.ts_s[1]) + 10 * 3_600

    assert minute.index_of(int(minute.ts_s[100])) == 100
    assert minute.index_of(int(minute.ts_s[100]) - 30) == 100
    assert minute.index_of(int(minute.ts_s[-1]) + DAY_S) == 479
    assert daily.index_of(at_ten) == 1


def test_a_view_never_leaves_the_history_and_keeps_a_little_room_at_the_right() -> None:
    assert ViewPort(-50, 100).clamped(1_000).first == 0
    assert ViewPort(5_000, 100).clamped(1_000) == newest_view(1_000, 100)
    right = newest_view(1_000, 100)
    assert right.first + right.count == pytest.approx(1_003)
    assert ViewPort(0, 1).clamped(1_000).count == 10
    assert ViewPort(0, 1e9).clamped(1_000).count == pytest.approx(1_000 / 0.97)
    assert ViewPort(3, 500).clamped(2).first == 0          # a young history begins at the left


def test_zooming_keeps_the_bar_under_the_cursor() -> None:
    view = ViewPort(500, 200)
    for factor in (0.5, 0.9, 1.4):
        closer = view.zoomed(factor, 0.3, 10_000)

        assert closer.first + 0.3 * closer.count == pytest.approx(560)
        assert closer.count == pytest.approx(200 * factor)


def test_a_pixel_and_the_bar_under_it_agree() -> None:
    view = ViewPort(10.25, 33.5)
    for index in range(11, 43):
        assert view.index_at(view.x_of(index, 800), 800) == index


def test_the_model_holds_nothing_and_one_bar_as_well() -> None:
    empty = ChartModel()
    assert len(empty.columns(newest_view(0), 500)) == 0
    assert empty.price_range() == (0.0, 0.0)

    empty.append(DAY_S, (5, 5, 5, 5, math.nan, math.nan))
    assert empty.columns(newest_view(1), 500).close_cny.tolist() == [5.0]
    assert empty.price_range() == (5.0, 5.0)
