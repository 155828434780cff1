"""The look: contrast, the two conventions of rise and fall, and a face with straight figures."""

import pytest
from PyQt6.QtGui import QColor, QFontDatabase, QFontMetrics, QPalette
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui import theme
from ui.theme import DARK, LIGHT, Theme
from ui.tones import Tone


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
             for c in (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)
@pytest.mark.parametrize("tone", [Tone.TEXT, Tone.MUTED, Tone.RISE, Tone.FALL, Tone.FLAT,
                                  Tone.WARN, Tone.DANGER, Tone.ACCENT])
def test_every_text_colour_can_be_read_on_a_panel(look: Theme, tone: Tone) -> None:
    assert contrast(look.tone(tone), look.panel) >= 4.0


def test_red_rises_by_default_and_falls_where_the_user_says_so() -> None:
    chinese, western = (theme.theme_of("dark", red_up=up) for up in (True, False))

    assert QColor(chinese.rise).red() > QColor(chinese.rise).green()
    assert (western.rise, western.fall) == (chinese.fall, chinese.rise)
    assert (western.buy, western.sell) == (western.rise, western.fall)


def test_an_unknown_theme_is_the_dark_one() -> None:
    assert theme.theme_of("plaid", red_up=True) == DARK


def test_figures_have_one_width_so_that_columns_of_numbers_stand_straight(qtbot: QtBot) -> None:
    metrics = QFontMetrics(theme.base_font(QFontDatabase.families()))

    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1


def test_a_chinese_face_comes_first_and_its_absence_is_noticed() -> None:
    assert theme.families(["DejaVu Sans", "Noto Sans CJK SC"]) == [
        "Noto Sans CJK SC", "DejaVu Sans"]
    assert theme.has_chinese(["Noto Sans CJK SC"])
    assert not theme.has_chinese(["DejaVu Sans"])


def test_applying_a_theme_dresses_the_application(qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)

    theme.apply(app, LIGHT)

    assert app.palette().color(QPalette.ColorRole.WindowText) == QColor(LIGHT.text)
    theme.apply(app, DARK)
    assert app.palette().color(QPalette.ColorRole.WindowText) == QColor(DARK.text)


def test_a_blend_lies_between_its_colours() -> None:
    assert theme.blend("#ffffff", "#000000", 0.5) == QColor(128, 128, 128)
