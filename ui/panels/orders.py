"""The day's orders: their state, why one was refused, and cancelling one or all."""

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from ui.columns import order_columns
from ui.controls import CONTROL_PX, Segment, name
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.viewmodels import OrderRow
from ui.widgets import BaseTable

EVERY, OPEN = "every", "open"


class OrdersPanel(Panel):
    symbol_chosen = pyqtSignal(str)
    cancel_asked = pyqtSignal(int)     # order id
    cancel_all_asked = pyqtSignal()

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("orders", texts, look)
        self._rows: dict[int, OrderRow] = {}
        self.filter = Segment(texts, "orders.show", (EVERY, OPEN))
        self.cancel, self.cancel_all = QPushButton(), QPushButton()
        self.table: BaseTable[OrderRow] = BaseTable(
            "orders", order_columns(texts), lambda row: row.order_id, texts, look)
        self._lay_out()
        self._wire()
        self.retranslate()
        self._enable()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(5, 2, 5, 2)
        top.setSpacing(4)
        top.addWidget(self.filter)
        top.addStretch(1)
        for button in (self.cancel, self.cancel_all):
            button.setFixedHeight(CONTROL_PX - 2)
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)

    def _wire(self) -> None:
        self.filter.changed.connect(lambda _: self._show())
        self.cancel.clicked.connect(self.cancel_current)
        self.cancel_all.clicked.connect(self.cancel_all_asked)
        self.table.chosen.connect(self._chosen)
        self.table.activated_row.connect(lambda _: self.cancel_current())
        self.table.remove_asked.connect(lambda _: self.cancel_current())

    def show_rows(self, rows: Sequence[OrderRow]) -> None:
        self._rows = {row.order_id: row for row in rows}
        self._show()

    def cancel_current(self) -> None:
        row = self._current()
        if row is not None and row.cancellable:
            self.cancel_asked.emit(row.order_id)

    def retranslate(self) -> None:
        self.filter.retranslate()
        self.table.retranslate()
        name(self.cancel, self.texts, "orders.cancel")
        name(self.cancel_all, self.texts, "orders.cancel_all")

    def restyle(self) -> None:
        self.table.table.refresh()

    def _show(self) -> None:
        only_open = self.filter.chosen == OPEN
        self.table.set_rows(r for r in self._rows.values() if r.cancellable or not only_open)
        self._enable()

    def _chosen(self, order_id: int) -> None:
        self._enable()
        row = self._rows.get(order_id)
        if row is not None:
            self.symbol_chosen.emit(row.symbol)

    def _current(self) -> OrderRow | None:
        key = self.table.current_key()
        return self._rows.get(key) if isinstance(key, int) else None

    def _enable(self) -> None:
        row = self._current()
        self.cancel.setEnabled(row is not None and row.cancellable)
        self.cancel_all.setEnabled(any(row.cancellable for row in self._rows.values()))
