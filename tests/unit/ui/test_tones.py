"""Every tone has a colour in every theme."""

import pytest
from PyQt6.QtGui import QColor

from ui.theme import THEMES
from ui.tones import Tone


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("tone", Tone)
def test_every_tone_has_a_colour_in_every_theme(theme: object, tone: Tone) -> None:
    colour = theme.tone(tone)  # type: ignore[attr-defined]  # a Theme; the ids want an object

    assert QColor(colour).isValid()
