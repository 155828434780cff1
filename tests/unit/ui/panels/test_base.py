"""The base of the panels: it must be told what to say, and repaints for a new theme."""

import pytest
from pytestqt.qtbot import QtBot

from tests.support.window import keep, look, texts
from ui.panels.base import Panel


def test_a_panel_that_says_nothing_is_not_finished(qtbot: QtBot) -> None:
    panel = Panel("bare", texts(), look())
    keep(qtbot, panel)

    assert panel.objectName() == "bare"
    with pytest.raises(NotImplementedError):
        panel.retranslate()
    panel.restyle()
