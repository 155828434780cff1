"""Parent, conditional and staged orders: what they wait for and how far they are."""

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from core.desk_types import Plan, PlanStatus
from ui.controls import CONTROL_PX, name
from ui.panels.base import Panel
from ui.safety_columns import plan_columns
from ui.strings import Texts
from ui.theme import Look
from ui.widgets import BaseTable

_RUNNING = frozenset({PlanStatus.WAITING, PlanStatus.WORKING, PlanStatus.PAUSED})


class PlansPanel(Panel):
    symbol_chosen = pyqtSignal(str)
    new_asked = pyqtSignal()
    stop_asked = pyqtSignal(int)           # plan id

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("plans", texts, look)
        self._plans: dict[int, Plan] = {}
        self.new, self.stop = QPushButton(), QPushButton()
        self.table: BaseTable[Plan] = BaseTable(
            "plans", plan_columns(texts), lambda plan: plan.plan_id, texts, look)
        top = QHBoxLayout()
        top.setContentsMargins(5, 2, 5, 2)
        top.setSpacing(4)
        top.addStretch(1)
        for button in (self.new, self.stop):
            button.setFixedHeight(CONTROL_PX - 2)
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self.new.clicked.connect(self.new_asked)
        self.stop.clicked.connect(self._ask_stop)
        self.table.chosen.connect(self._chosen)
        self.table.remove_asked.connect(lambda _: self._ask_stop())
        self.retranslate()

    def show_plans(self, plans: Sequence[Plan]) -> None:
        self._plans = {plan.plan_id: plan for plan in plans}
        self.table.set_rows(plans)
        self._enable()

    def retranslate(self) -> None:
        self.table.retranslate()
        name(self.new, self.texts, "plans.new")
        name(self.stop, self.texts, "plans.stop")
        self._enable()

    def restyle(self) -> None:
        self.table.table.refresh()

    def _chosen(self, plan_id: int) -> None:
        self._enable()
        plan = self._plans.get(plan_id)
        if plan is not None:
            self.symbol_chosen.emit(plan.spec.symbol)

    def _ask_stop(self) -> None:
        plan = self._running()
        if plan is not None:
            self.stop_asked.emit(plan.plan_id)

    def _running(self) -> Plan | None:
        key = self.table.current_key()
        plan = self._plans.get(key) if isinstance(key, int) else None
        return plan if plan is not None and plan.status in _RUNNING else None

    def _enable(self) -> None:
        self.stop.setEnabled(self._running() is not None)
