import math

from core.types import Period
from tests.support.chart_bars import columns
from ui.chart_data import ChartModel
from ui.chart_legend import average_items, bar_items, bar_words, change_color, volume_items
from ui.chart_style import DARK, EN, ZH

MODEL = ChartModel(columns(
    [10.0, 10.5], opens=[9.8, 9.9], highs=[10.2, 10.9], lows=[9.7, 9.9], volumes=[100, 1.5e8],
))


def test_each_price_takes_its_colour_from_the_close_before() -> None:
    items = bar_items(MODEL.readout(1), decimals=2, intraday=False, texts=ZH, colors=DARK)
    shown = {item.name: (item.value, item.color) for item in items}

    assert shown["开"] == ("9.90", DARK.down)
    assert shown["高"] == ("10.90", DARK.up)
    assert shown["收"] == ("10.50", DARK.up)
    assert shown["涨跌"] == ("+0.50  +5.00%", DARK.up)
    assert shown[""] == ("2025-01-24 周五", DARK.text)


def test_without_a_close_before_there_is_no_change_and_no_direction() -> None:
    items = bar_items(MODEL.readout(0), decimals=3, intraday=False, texts=EN, colors=DARK)
    shown = {item.name: (item.value, item.color) for item in items}

    assert shown["Chg"] == ("—  —", DARK.text)
    assert shown["C"] == ("10.000", DARK.text)
    assert change_color(0.0, DARK) == DARK.flat


def test_volume_is_told_in_units_and_the_unknown_as_a_dash() -> None:
    model = ChartModel(columns([10.0], volumes=[math.nan]))

    assert [item.value for item in volume_items(MODEL.readout(1), texts=ZH, colors=DARK)] == [
        "150.0万手", "15.75亿"]
    assert [item.value for item in volume_items(MODEL.readout(1), texts=EN, colors=DARK)] == [
        "150.0M", "1.57B"]
    assert [item.value for item in volume_items(model.readout(0), texts=ZH, colors=DARK)] == [
        "—", "—"]


def test_averages_carry_the_colours_of_their_lines_and_a_dash_where_history_is_short() -> None:
    lengths = (1, 2, 60)
    items = average_items(MODEL.readout(1, lengths), lengths, decimals=2, texts=EN, colors=DARK)

    assert [(item.name, item.value) for item in items] == [
        ("MA1", "10.50"), ("MA2", "10.25"), ("MA60", "—")]
    assert [item.color for item in items] == list(DARK.averages[:3])


def test_a_screen_reader_hears_every_figure() -> None:
    words = bar_words(MODEL.readout(1), 2, MODEL.period is not Period.DAY, EN)

    assert words == ("2025-01-24 Fri, O 9.90, H 10.90, L 9.90, C 10.50, Chg +0.50  +5.00%, "
                     "Vol 150.0M, Amt 1.57B")
