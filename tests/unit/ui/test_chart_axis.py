import math
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types import Period
from tests.support.chart_bars import columns, days, minutes, random_bars
from ui.chart_axis import (
    DAY,
    TIME,
    YEAR,
    Label,
    fitted,
    moment_text,
    percent_text,
    place_labels,
    price_scale,
    price_text,
    price_ticks,
    quantity_text,
    round_quantity_text,
    round_step,
    round_top,
    session_breaks,
    signed_text,
    time_ticks,
    volume_scale,
    wall_time,
)
from ui.chart_data import ChartModel, ViewPort
from ui.chart_style import EN, ZH


@pytest.mark.parametrize(("value", "zh", "en"), [
    (0, "0", "0"), (999, "999", "999"), (12_345, "1.23万", "12.35K"),
    (1_234_400, "123.4万", "1.23M"), (56_780_000, "5678万", "56.78M"),
    (186_000_000, "1.86亿", "186.0M"), (2.5e12, "2.50万亿", "2.50T"),
    (math.nan, "—", "—"),
])
def test_quantities_are_told_in_the_units_of_the_language(value: float, zh: str, en: str) -> None:
    assert quantity_text(value, ZH.units) == zh
    assert quantity_text(value, EN.units) == en


def test_an_axis_tells_a_round_quantity_without_empty_decimals() -> None:
    assert [round_quantity_text(value, ZH.units) for value in (2e9, 1.25e9, 600, 0.5)] == [
        "20亿", "12.5亿", "600", "0.5"]


def test_an_unknown_figure_is_a_dash_and_never_zero() -> None:
    assert [price_text(None, 2), price_text(math.nan, 2), signed_text(None, 2),
            percent_text(None)] == ["—"] * 4
    assert (signed_text(0.5, 3), percent_text(-0.1)) == ("+0.500", "-10.00%")


@given(low=st.floats(0.001, 1e9), spread=st.floats(0, 10), pixels=st.integers(30, 2_000),
       decimals=st.sampled_from([2, 3]))
def test_price_ticks_are_round_apart_and_inside(
    low: float, spread: float, pixels: int, decimals: int
) -> None:
    scale = price_scale(low, low * (1 + spread), 0, pixels)
    ticks = price_ticks(scale, 40, decimals)
    rows = [scale.y(value) for value in ticks]

    assert all(-1 <= row <= pixels + 1 for row in rows)
    assert all(above - below >= 39 for below, above in zip(rows[1:], rows, strict=False))
    assert len({price_text(value, decimals) for value in ticks}) == len(ticks)


@pytest.mark.parametrize(("span", "most", "smallest", "step"), [
    (3.0, 6, 0.01, 0.5), (3.0, 12, 0.01, 0.25), (0.05, 20, 0.01, 0.01),
    (0.2, 8, 0.01, 0.05),             # 0.025 is no whole number of fen
    (0.2, 8, 0.001, 0.025), (1e6, 5, 0.01, 2e5),
])
def test_a_step_is_one_two_two_and_a_half_or_five_and_whole_in_ticks(
    span: float, most: int, smallest: float, step: float
) -> None:
    assert round_step(span, most, smallest) == pytest.approx(step)


@pytest.mark.parametrize(("low", "high"), [(10, 10), (0, 0), (-5, -5), (1e12, 1e12), (10, 10.01)])
def test_a_price_scale_leaves_room_on_both_sides_even_for_one_price(
    low: float, high: float
) -> None:
    scale = price_scale(low, high, 100, 500, margin=25)

    assert 100 + 24 <= scale.y(high) <= scale.y(low) <= 500 - 24
    assert scale.value(scale.y(low)) == pytest.approx(low, abs=(scale.high - scale.low) / 300)


def test_the_volume_scale_ends_at_a_round_figure_and_survives_the_unknown() -> None:
    assert [round_top(value) for value in (1, 1.1, 173, 999, 0, math.nan)] == [
        1, 1.2, 200, 1_000, 1, 1]
    assert volume_scale(173.0, 0, 100).y(0) == 100


@given(
    centres=st.lists(st.integers(-50, 1_050), max_size=60),
    ranks=st.lists(st.integers(0, 3), min_size=60, max_size=60),
    lengths=st.lists(st.integers(1, 12), min_size=60, max_size=60),
)
def test_labels_never_touch_are_never_cut_and_the_important_ones_come_first(
    centres: list[int], ranks: list[int], lengths: list[int]
) -> None:
    labels = [Label(centre, "x" * length, rank)
              for centre, rank, length in zip(centres, ranks, lengths, strict=False)]
    placed = place_labels(labels, lambda text: 7 * len(text), 10, 900, 8)

    assert all(spot.left >= 10 and spot.left + spot.width <= 900 for spot in placed)
    for before, after in pairwise(placed):
        assert before.left + before.width + 8 <= after.left
    alone = [label.rank for label in labels
             if place_labels([label], lambda text: 7 * len(text), 10, 900, 8)]
    assert min(alone, default=None) == min((spot.label.rank for spot in placed), default=None)


def test_what_shares_a_line_is_left_out_from_the_least_important() -> None:
    assert fitted([50, 50, 50, 50], [1, 0, 3, 2], room=175, gap=10) == [0, 1, 3]
    assert fitted([50, 50], [0, 1], room=110, gap=10) == [0, 1]
    assert fitted([50], [0], room=49, gap=10) == []


def daily(first_to_last: int) -> ChartModel:
    return ChartModel(columns(np.full(first_to_last, 10.0), ts_s=days(first_to_last)))


def test_a_year_of_days_is_marked_at_its_months_and_the_year_by_its_number() -> None:
    model = daily(500)
    ticks = time_ticks(model, ViewPort(250, 250), 1_400, 84, EN)

    assert {"2025", "Dec", "Nov"} <= {tick.text for tick in ticks}
    for tick in ticks:             # each stands at the first session of its month
        now, before = (wall_time(int(model.ts_s[at])) for at in (tick.index, tick.index - 1))
        assert (now.year, now.month) != (before.year, before.month)


def test_decades_are_marked_in_steps_of_years_and_a_month_at_its_days() -> None:
    decades = time_ticks(daily(7_000), ViewPort(0, 7_000), 700, 84, ZH)
    month = time_ticks(daily(7_000), ViewPort(6_970, 30), 1_400, 84, ZH)

    assert {tick.rank for tick in decades} == {YEAR}
    assert [int(tick.text) % 5 for tick in decades] == [0] * len(decades)
    assert {tick.rank for tick in month} >= {DAY, YEAR}


def test_a_minute_view_marks_days_and_round_times_without_a_gap() -> None:
    model = ChartModel(columns(np.full(480, 10.0), ts_s=minutes(480), period=Period.MIN1))
    ticks = time_ticks(model, ViewPort(0, 480), 1_400, 84, ZH)
    texts = [tick.text for tick in ticks]

    assert texts.count("01-24") == 1
    assert {"10:00", "10:30", "14:00"} <= set(texts)
    hours = [tick.text for tick in time_ticks(model, ViewPort(0, 480), 700, 84, ZH)]
    assert hours == ["10:30", "11:30", "14:00", "15:00", "01-24", "10:30", "11:30", "14:00",
                     "15:00"]                   # even steps of an hour on both sides of lunch
    days_, lunches = session_breaks(model, ViewPort(0, 480))
    assert (days_, lunches) == ([240], [120, 360])
    lunch = next(tick for tick in ticks if tick.index == 120)
    assert (lunch.text, lunch.between) == ("11:30", True)
    for tick in ticks:
        if tick.rank == TIME and not tick.between:
            assert tick.text == f"{wall_time(int(model.ts_s[tick.index])):%H:%M}"


def test_daily_bars_have_no_session_breaks() -> None:
    assert session_breaks(daily(30), ViewPort(0, 30)) == ([], [])


@pytest.mark.parametrize("period", [Period.DAY, Period.MIN1])
@pytest.mark.parametrize("count", [1, 12, 90, 700, 6_000, 40_000])
def test_ticks_keep_their_distance_at_every_zoom(period: Period, count: int) -> None:
    model = ChartModel(random_bars(40_000 if period is Period.MIN1 else 7_000, period))
    ticks = time_ticks(model, ViewPort(len(model) - count, count), 1_000, 84, EN)

    assert len(ticks) <= 2 * 1_000 / 84 + 3
    assert len({tick.index for tick in ticks}) == len(ticks)


def test_the_moment_names_its_weekday_and_in_a_minute_view_its_time() -> None:
    at_s = int((datetime(2025, 1, 24, 10, 30) - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001  # wall time

    assert moment_text(at_s, True, ZH) == "2025-01-24 周五 10:30"
    assert moment_text(at_s, False, EN) == "2025-01-24 Fri"
