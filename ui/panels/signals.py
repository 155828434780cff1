"""What the strategies say and why. They advise; nothing here sends an order."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout

from core.events import SignalEvent
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.widgets import SignalTable

KEEP = 500          # older signals leave the screen; the strategies' own log keeps them


class SignalsPanel(Panel):
    symbol_chosen = pyqtSignal(str)

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("signals", texts, look)
        self._signals: list[SignalEvent] = []
        self.table = SignalTable(texts, look)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self.table.chosen.connect(lambda key: self.symbol_chosen.emit(key[1]))

    def add(self, signal: SignalEvent) -> None:
        """Newest first."""
        self._signals = [signal, *self._signals[:KEEP - 1]]
        self.table.set_rows(self._signals)

    def retranslate(self) -> None:
        self.table.retranslate()

    def restyle(self) -> None:
        self.table.table.refresh()
