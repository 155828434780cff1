"""Signals: newest first, and no more of them than a person could read."""

from datetime import timedelta

from pytestqt.qtbot import QtBot

from core.events import SignalEvent
from tests.support.fake_services import NOW
from tests.support.window import keep, look, texts
from ui.panels.signals import KEEP, SignalsPanel


def test_the_newest_signal_stands_first_and_the_oldest_leave(qtbot: QtBot) -> None:
    panel, chosen = SignalsPanel(texts(), look()), list[str]()
    keep(qtbot, panel)
    panel.symbol_chosen.connect(chosen.append)

    for n in range(KEEP + 3):
        panel.add(SignalEvent(f"{600000 + n}.SH", "ma_cross", 0.5, "crossed",
                              NOW + timedelta(seconds=n)))
    panel.table.selectRow(0)

    assert panel.table.table.rowCount() == KEEP
    assert chosen == [f"{600000 + KEEP + 2}.SH"]
    panel.retranslate()
    panel.restyle()
