"""The icon shows both directions of the theme."""

import pytest
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from ui.icon import SIZE_PX, app_icon
from ui.theme import DARK, LIGHT, Theme


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_icon_holds_a_rising_and_a_falling_candle(qtbot: QtBot, theme: Theme) -> None:
    picture = app_icon(theme).pixmap(SIZE_PX, SIZE_PX).toImage()
    colours = {picture.pixelColor(x, y).name()
               for x in range(0, SIZE_PX, 4) for y in range(0, SIZE_PX, 4)}

    assert {QColor(theme.rise).name(), QColor(theme.fall).name()} <= colours
