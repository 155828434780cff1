"""The figures above the panes: which there are, in what words, which colour they take."""

from collections.abc import Sequence
from dataclasses import dataclass

from ui.chart_axis import (
    moment_text,
    percent_text,
    price_text,
    quantity_text,
    signed_text,
    volume_text,
)
from ui.chart_data import Readout
from ui.chart_style import DARK, ChartColors, ChartTexts


@dataclass(frozen=True, slots=True)
class LegendItem:
    """`name value`, in the value's colour. Items of low rank are the last to be left out."""

    name: str
    value: str
    color: str
    rank: int


def change_color(change_cny: float | None, colors: ChartColors) -> str:
    """Up, down or unchanged against the previous close; plain where that is unknown."""
    if change_cny is None:
        return colors.text
    if change_cny == 0:
        return colors.flat
    return colors.up if change_cny > 0 else colors.down


def bar_items(
    bar: Readout, *, decimals: int, intraday: bool, texts: ChartTexts, colors: ChartColors
) -> list[LegendItem]:
    """Moment, prices coloured against the previous close, and the change from it."""
    previous = bar.previous_close_cny

    def price(name: str, value: float, rank: int) -> LegendItem:
        against = None if previous is None else value - previous
        return LegendItem(name, price_text(value, decimals), change_color(against, colors), rank)

    change = f"{signed_text(bar.change_cny, decimals)}  {percent_text(bar.change_ratio)}"
    return [
        LegendItem("", moment_text(bar.ts_s, intraday, texts), colors.text, 1),
        price(texts.open, bar.open_cny, 3),
        price(texts.high, bar.high_cny, 3),
        price(texts.low, bar.low_cny, 3),
        price(texts.close, bar.close_cny, 0),
        LegendItem(texts.change, change, change_color(bar.change_cny, colors), 2),
    ]


def volume_items(bar: Readout, *, texts: ChartTexts, colors: ChartColors) -> list[LegendItem]:
    return [
        LegendItem(texts.volume, volume_text(bar.volume_shares, texts), colors.text, 4),
        LegendItem(texts.amount, quantity_text(bar.amount_cny, texts.units), colors.text, 5),
    ]


def average_items(
    bar: Readout, lengths: Sequence[int], *, decimals: int, texts: ChartTexts, colors: ChartColors
) -> list[LegendItem]:
    """One item per moving average, in the colour of its line."""
    return [
        LegendItem(
            f"{texts.average}{length}", price_text(value, decimals),
            colors.averages[number % len(colors.averages)], number,
        )
        for number, (length, value) in enumerate(zip(lengths, bar.averages_cny, strict=True))
    ]


def bar_words(bar: Readout, decimals: int, intraday: bool, texts: ChartTexts) -> str:
    """The same figures as one line of words, for a screen reader."""
    items = bar_items(bar, decimals=decimals, intraday=intraday, texts=texts, colors=DARK)
    items += volume_items(bar, texts=texts, colors=DARK)
    return ", ".join(f"{item.name} {item.value}".strip() for item in items)
