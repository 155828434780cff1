"""The kill level, what stands in the way of trading, and who has to do what about it."""

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout

from core.desk_types import BreakerState, Case, FlattenLine, FlattenPlan
from core.types import KillLevel
from ui.controls import CONTROL_PX, Segment, ToneLabel, name
from ui.panels.base import Panel
from ui.safety_columns import breaker_columns, case_columns, flatten_columns
from ui.strings import Texts
from ui.theme import Look
from ui.tones import Tone
from ui.widgets import BaseTable

BREAKERS, CASES, FLATTEN = "breakers", "cases", "flatten"
VIEWS = (BREAKERS, CASES, FLATTEN)


class SafetyPanel(Panel):
    level_asked = pyqtSignal(object)       # KillLevel
    rearm_asked = pyqtSignal(str)          # breaker name
    close_asked = pyqtSignal(int)          # case id
    plan_asked = pyqtSignal()
    symbol_chosen = pyqtSignal(str)

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("safety", texts, look)
        self._level = KillLevel.NONE
        self._blockers: Mapping[str, str] = {}
        self._plan: FlattenPlan | None = None
        self._breakers: Sequence[BreakerState] = ()
        self._cases: dict[int, Case] = {}
        self.levels = Segment(texts, "safety.level", [level.name for level in KillLevel])
        self.view = Segment(texts, "safety.show", VIEWS)
        self.rearm, self.close_case, self.plan = QPushButton(), QPushButton(), QPushButton()
        self.state = ToneLabel()
        self.label = ToneLabel(Tone.MUTED)
        self.breakers: BaseTable[BreakerState] = BaseTable(
            BREAKERS, breaker_columns(texts), lambda row: row.name, texts, look)
        self.cases: BaseTable[Case] = BaseTable(
            CASES, case_columns(texts), lambda row: row.case_id, texts, look)
        self.lines: BaseTable[FlattenLine] = BaseTable(
            FLATTEN, flatten_columns(texts), lambda row: (row.order_id, row.symbol, row.obstacle),
            texts, look)
        self._lay_out()
        self._wire()
        self.retranslate()

    def _lay_out(self) -> None:
        top, second = QHBoxLayout(), QHBoxLayout()
        for row in (top, second):
            row.setContentsMargins(5, 2, 5, 2)
            row.setSpacing(6)
        top.addWidget(self.levels)
        top.addWidget(self.state, 1)
        top.addWidget(self.label)
        second.addWidget(self.view)
        second.addStretch(1)
        for button in (self.rearm, self.close_case, self.plan):
            button.setFixedHeight(CONTROL_PX - 2)
            second.addWidget(button)
        self.tables = QStackedWidget()
        for table in (self.breakers, self.cases, self.lines):
            self.tables.addWidget(table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addLayout(second)
        column.addWidget(self.tables, 1)

    def _wire(self) -> None:
        self.levels.changed.connect(self._level_clicked)
        self.view.changed.connect(lambda _: self._show_view())
        self.rearm.clicked.connect(self._ask_rearm)
        self.close_case.clicked.connect(self._ask_close)
        self.plan.clicked.connect(self.plan_asked)
        for table in (self.breakers, self.cases):
            table.chosen.connect(lambda _: self._enable())
        self.cases.activated_row.connect(lambda _: self._ask_close())
        self.breakers.activated_row.connect(lambda _: self._ask_rearm())
        self._show_view()

    # ---- what is shown ---------------------------------------------------------------------

    def show_level(self, level: KillLevel) -> None:
        self._level = level
        self.levels.choose(level.name)

    def show_state(
        self, breakers: Sequence[BreakerState], cases: Sequence[Case], blockers: Mapping[str, str]
    ) -> None:
        self._blockers = blockers
        self._breakers, self._cases = breakers, {case.case_id: case for case in cases}
        self.breakers.set_rows(breakers)
        self.cases.set_rows(cases)
        self._show_sentence()
        self._enable()

    def show_plan(self, plan: FlattenPlan) -> None:
        self._plan = plan
        self.lines.set_rows([*plan.cancels, *plan.sales])
        self.view.choose(FLATTEN)
        self._show_view()

    def show_label(self, text: str) -> None:
        """What the broker behind the desk was never tested against."""
        self.label.show_text(text)
        self.label.setToolTip(text)

    def retranslate(self) -> None:
        for part in (self.levels, self.view, self.breakers, self.cases, self.lines):
            part.retranslate()
        name(self.rearm, self.texts, "safety.rearm")
        name(self.close_case, self.texts, "safety.close")
        name(self.plan, self.texts, "safety.plan")
        self._show_sentence()
        self._enable()

    def restyle(self) -> None:
        for table in (self.breakers, self.cases, self.lines):
            table.table.refresh()

    def _show_sentence(self) -> None:
        """The one sentence that matters most now."""
        tr = self.texts.tr
        tripped = sum(breaker.tripped for breaker in self._breakers)
        open_cases = sum(case.closed_utc is None for case in self._cases.values())
        if self.view.chosen == FLATTEN and self._plan is not None:
            key = "safety.flat" if self._plan.flat else "safety.not_flat"
            self._say(tr(key, proof=self._plan.proof), Tone.TEXT if self._plan.flat else Tone.WARN)
        elif self._blockers:
            self._say(tr("safety.blocked", why="; ".join(self._blockers.values())), Tone.DANGER)
        elif tripped or open_cases:
            self._say(tr("safety.open", breakers=tripped, cases=open_cases), Tone.WARN)
        else:
            self._say(tr("safety.quiet"), Tone.MUTED)

    def _say(self, text: str, tone: Tone) -> None:
        self.state.show_text(text, tone)
        self.state.setToolTip(text)

    def _show_view(self) -> None:
        chosen = self.view.chosen
        self.tables.setCurrentIndex(VIEWS.index(chosen))
        self.rearm.setVisible(chosen == BREAKERS)
        self.close_case.setVisible(chosen == CASES)
        self.plan.setVisible(chosen == FLATTEN)
        self._show_sentence()
        self._enable()

    # ---- what is asked for -----------------------------------------------------------------

    def _level_clicked(self, chosen: str) -> None:
        """The click has not decided anything yet: the level in force stays down."""
        self.levels.choose(self._level.name)
        if chosen != self._level.name:
            self.level_asked.emit(KillLevel[chosen])

    def _ask_rearm(self) -> None:
        breaker = self._tripped()
        if breaker is not None:
            self.rearm_asked.emit(breaker.name)

    def _ask_close(self) -> None:
        case = self._open_case()
        if case is not None:
            self.close_asked.emit(case.case_id)

    def _tripped(self) -> BreakerState | None:
        key = self.breakers.current_key()
        return next((row for row in self._breakers if row.name == key and row.tripped), None)

    def _open_case(self) -> Case | None:
        key = self.cases.current_key()
        case = self._cases.get(key) if isinstance(key, int) else None
        return case if case is not None and case.closed_utc is None else None

    def _enable(self) -> None:
        self.rearm.setEnabled(self._tripped() is not None)
        self.close_case.setEnabled(self._open_case() is not None)
