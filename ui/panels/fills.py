"""The day's fills with what each has cost."""

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout

from ui.columns import fill_columns
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.viewmodels import FillRow
from ui.widgets import BaseTable


class FillsPanel(Panel):
    symbol_chosen = pyqtSignal(str)

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("fills", texts, look)
        self._symbols: dict[str, str] = {}
        self.table: BaseTable[FillRow] = BaseTable(
            "fills", fill_columns(texts), lambda row: row.key, texts, look)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self.table.chosen.connect(lambda key: self.symbol_chosen.emit(self._symbols[key]))

    def show_rows(self, rows: Sequence[FillRow]) -> None:
        self._symbols = {row.key: row.symbol for row in rows}
        self.table.set_rows(rows)

    def retranslate(self) -> None:
        self.table.retranslate()

    def restyle(self) -> None:
        self.table.table.refresh()
