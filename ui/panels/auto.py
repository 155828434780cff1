"""What the auto-trader would do, and a person's yes or no."""

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from core.desk_types import Autonomy, Proposal, ProposalStatus
from ui.controls import CONTROL_PX, Segment, name
from ui.panels.base import Panel
from ui.safety_columns import proposal_columns
from ui.strings import Texts
from ui.theme import Look
from ui.widgets import BaseTable


class AutoPanel(Panel):
    symbol_chosen = pyqtSignal(str)
    level_asked = pyqtSignal(object)       # Autonomy
    approve_asked = pyqtSignal(int)        # proposal id
    decline_asked = pyqtSignal(int)

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("auto", texts, look)
        self._level = Autonomy.MANUAL
        self._proposals: dict[int, Proposal] = {}
        self.levels = Segment(texts, "auto.level", [level.value for level in Autonomy])
        self.approve, self.decline = QPushButton(), QPushButton()
        self.table: BaseTable[Proposal] = BaseTable(
            "auto", proposal_columns(texts), lambda row: row.proposal_id, texts, look)
        top = QHBoxLayout()
        top.setContentsMargins(5, 2, 5, 2)
        top.setSpacing(4)
        top.addWidget(self.levels)
        top.addStretch(1)
        for button in (self.approve, self.decline):
            button.setFixedHeight(CONTROL_PX - 2)
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self._wire()
        self.retranslate()

    def _wire(self) -> None:
        self.levels.changed.connect(self._level_clicked)
        self.approve.clicked.connect(lambda: self._ask(self.approve_asked))
        self.decline.clicked.connect(lambda: self._ask(self.decline_asked))
        self.table.chosen.connect(self._chosen)

    def show_level(self, level: Autonomy) -> None:
        self._level = level
        self.levels.choose(level.value)

    def show_proposals(self, proposals: Sequence[Proposal]) -> None:
        self._proposals = {row.proposal_id: row for row in proposals}
        self.table.set_rows(proposals)
        self._enable()

    def retranslate(self) -> None:
        self.levels.retranslate()
        self.table.retranslate()
        name(self.approve, self.texts, "auto.approve")
        name(self.decline, self.texts, "auto.decline")
        self._enable()

    def restyle(self) -> None:
        self.table.table.refresh()

    def _level_clicked(self, chosen: str) -> None:
        """The click has not decided anything yet: the level in force stays down."""
        self.levels.choose(self._level.value)
        if chosen != self._level.value:
            self.level_asked.emit(Autonomy(chosen))

    def _chosen(self, proposal_id: int) -> None:
        self._enable()
        row = self._proposals.get(proposal_id)
        if row is not None:
            self.symbol_chosen.emit(row.request.symbol)

    def _ask(self, signal: object) -> None:
        row = self._pending()
        if row is not None:
            signal.emit(row.proposal_id)  # type: ignore[attr-defined]  # a bound pyqtSignal

    def _pending(self) -> Proposal | None:
        key = self.table.current_key()
        row = self._proposals.get(key) if isinstance(key, int) else None
        return row if row is not None and row.status is ProposalStatus.PENDING else None

    def _enable(self) -> None:
        waits = self._pending() is not None
        self.approve.setEnabled(waits)
        self.decline.setEnabled(waits)
