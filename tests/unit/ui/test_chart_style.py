import re
from dataclasses import fields

import pytest

from ui.chart_style import DARK, EN, LIGHT, ZH, ChartColors, ChartTexts


@pytest.mark.parametrize("colors", [DARK, LIGHT])
def test_every_colour_is_written_as_six_hex_digits(colors: ChartColors) -> None:
    for field in fields(colors):
        value = getattr(colors, field.name)
        for color in (value,) if isinstance(value, str) else value:
            assert re.fullmatch(r"#[0-9a-f]{6}", color), field.name


@pytest.mark.parametrize("colors", [DARK, LIGHT])
def test_red_is_up_until_the_user_exchanges_the_directions(colors: ChartColors) -> None:
    red, green = (int(colors.up[1:3], 16), int(colors.up[3:5], 16))
    turned = colors.green_up()

    assert red > 2 * green
    assert (turned.up, turned.down) == (colors.down, colors.up)
    assert (turned.volume_up, turned.volume_down) == (colors.volume_down, colors.volume_up)
    assert turned.green_up() == colors


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(color[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colors", [DARK, LIGHT])
def test_every_figure_can_be_read_on_its_background(colors: ChartColors) -> None:
    assert contrast(colors.text, colors.background) >= 7
    for name in ("text_dim", "up", "down", "flat", "badge", "buy", "sell"):
        assert contrast(getattr(colors, name), colors.background) >= 4, name
    for average in colors.averages:
        assert contrast(average, colors.background) >= 3, average
    assert contrast(colors.tag_text, colors.tag) >= 4.5
    for under in (colors.up, colors.down):
        assert contrast(colors.price_tag_text, under) >= 2.5


@pytest.mark.parametrize("texts", [ZH, EN])
def test_no_word_is_missing_in_either_language(texts: ChartTexts) -> None:
    assert all(getattr(texts, field.name) for field in fields(texts) if field.name != "lot")
    assert (len(texts.months), len(texts.weekdays)) == (12, 7)
    assert list(texts.units) == sorted(texts.units, reverse=True)
