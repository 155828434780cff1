"""What is held, what of it may be sold today, and what it has gained."""

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout

from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.viewmodels import PositionRow
from ui.widgets import PortfolioTable


class PositionsPanel(Panel):
    symbol_chosen = pyqtSignal(str)
    sell_asked = pyqtSignal(str)       # a double click or Enter on a holding

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("positions", texts, look)
        self.table = PortfolioTable(texts, look)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self.table.chosen.connect(lambda key: self.symbol_chosen.emit(key))
        self.table.activated_row.connect(lambda key: self.sell_asked.emit(key))

    def show_rows(self, rows: Sequence[PositionRow]) -> None:
        self.table.set_rows(rows)

    def retranslate(self) -> None:
        self.table.retranslate()

    def restyle(self) -> None:
        self.table.table.refresh()
