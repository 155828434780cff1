"""The watchlist: my instruments or all of them, live, sorted by number, searched by anything."""

from collections.abc import Iterable, Mapping, Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from core.types import Instrument
from ui.columns import quote_columns
from ui.controls import CONTROL_PX, Segment, SymbolSearch, name
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.viewmodels import QuoteRow
from ui.widgets import BaseTable

MINE, ALL = "mine", "all"


class WatchlistPanel(Panel):
    """Which instruments are mine is the panel's own state; everything else is shown to it."""

    symbol_chosen = pyqtSignal(str)
    trade_asked = pyqtSignal(str)
    scope_changed = pyqtSignal()       # other rows are wanted: ask `wanted()`
    mine_changed = pyqtSignal(tuple)   # what should be remembered

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("watchlist", texts, look)
        self.mine: tuple[str, ...] = ()
        self._every: tuple[str, ...] = ()
        self.search = SymbolSearch(texts, "search.placeholder")
        self.scope = Segment(texts, "scope", (MINE, ALL))
        self.toggle = QPushButton()
        self.toggle.setFixedHeight(CONTROL_PX)
        self.table: BaseTable[QuoteRow] = BaseTable(
            "watchlist", quote_columns(texts), lambda row: row.symbol, texts, look)
        self._lay_out()
        self._wire()
        self.retranslate()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(5, 4, 5, 3)
        top.setSpacing(4)
        top.addWidget(self.search, 1)
        top.addWidget(self.toggle)
        top.addWidget(self.scope)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)

    def _wire(self) -> None:
        self.search.found.connect(self._found)
        self.scope.changed.connect(lambda _: self.scope_changed.emit())
        self.toggle.clicked.connect(self._toggle_current)
        self.table.chosen.connect(self._chosen)
        self.table.activated_row.connect(lambda key: self.trade_asked.emit(key))
        self.table.remove_asked.connect(self.remove)

    def set_instruments(self, instruments: Sequence[Instrument]) -> None:
        self._every = tuple(instrument.symbol for instrument in instruments)
        self.search.set_instruments(instruments)
        self.scope_changed.emit()

    def set_mine(self, symbols: Iterable[str]) -> None:
        self.mine = tuple(dict.fromkeys(symbols))
        self._name_toggle()
        self.scope_changed.emit()

    def wanted(self) -> tuple[str, ...]:
        """The instruments whose rows should stand in the table."""
        return self._every if self.scope.chosen == ALL else self.mine

    def set_rows(self, rows: Iterable[QuoteRow]) -> None:
        self.table.set_rows(rows)

    def update_rows(self, rows: Mapping[str, QuoteRow]) -> None:
        self.table.table.update_rows(dict(rows))

    def select(self, symbol: str) -> None:
        """Follow the instrument that another panel chose."""
        self.table.select_key(symbol)
        self._name_toggle()

    def step(self, by: int) -> None:
        """To the next or previous line, as Page Up and Page Down do on terminals."""
        count = self.table.table.rowCount()
        if not count:
            return
        line = self.table.table.shown_at(self.table.current_key())
        line = 0 if line is None else (line + by) % count
        self.table.selectRow(line)

    def add(self, symbol: str) -> None:
        if symbol not in self.mine:
            self._remember((*self.mine, symbol))

    def remove(self, symbol: str) -> None:
        if symbol in self.mine:
            self._remember(tuple(other for other in self.mine if other != symbol))

    def retranslate(self) -> None:
        self.search.retranslate()
        self.scope.retranslate()
        self.table.retranslate()
        self._name_toggle()

    def restyle(self) -> None:
        self.table.table.refresh()

    def _remember(self, symbols: tuple[str, ...]) -> None:
        self.set_mine(symbols)
        self.mine_changed.emit(symbols)

    def _found(self, symbol: str) -> None:
        self.search.clear()
        self.table.select_key(symbol)
        self._chosen(symbol)

    def _chosen(self, symbol: str) -> None:
        self._name_toggle()
        self.symbol_chosen.emit(symbol)

    def _toggle_current(self) -> None:
        symbol = self.table.current_key()
        if not isinstance(symbol, str):
            return
        if symbol in self.mine:
            self.remove(symbol)
        else:
            self.add(symbol)

    def _name_toggle(self) -> None:
        mine = self.table.current_key() in self.mine
        name(self.toggle, self.texts, "watch.remove" if mine else "watch.add")
