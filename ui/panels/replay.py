"""The replay bar: which day is played, how fast, and how far it has come."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton

from core.types import ReplayState
from ui import formats
from ui.controls import CONTROL_PX, FlatCombo, Segment, ToneLabel, name
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.tones import Tone

SPEEDS = ("1", "5", "20", "60", "300", "1200")
STEPS = 1_000       # of the progress bar


class ReplayBar(Panel):
    paused_asked = pyqtSignal(bool)
    speed_asked = pyqtSignal(float)
    day_asked = pyqtSignal(object)     # date

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("replay", texts, look)
        self._state: ReplayState | None = None
        self.pause = QPushButton()
        self.days = FlatCombo()
        self.days.setMaxVisibleItems(20)
        self.speeds = Segment(texts, "speed", SPEEDS)
        self.caption, self.speed_caption = ToneLabel(Tone.MUTED), ToneLabel(Tone.MUTED)
        self.moment = ToneLabel()
        self.progress = QProgressBar()
        self.progress.setRange(0, STEPS)
        self.progress.setTextVisible(False)
        self._lay_out()
        self.pause.clicked.connect(self._toggle)
        self.days.activated.connect(self._day_activated)
        self.speeds.changed.connect(lambda id_: self.speed_asked.emit(float(id_)))
        self.retranslate()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 10, 2)
        row.setSpacing(8)
        self.pause.setFixedHeight(CONTROL_PX - 2)
        self.days.setFixedHeight(CONTROL_PX - 2)
        self.days.setMinimumWidth(self.fontMetrics().horizontalAdvance("2026-09-16") + 36)
        self.progress.setFixedHeight(8)
        for widget in (self.caption, self.days, self.pause, self.speed_caption, self.speeds):
            row.addWidget(widget)
        row.addWidget(self.progress, 1)
        row.addWidget(self.moment)

    def show_state(self, state: ReplayState, progress: float) -> None:
        """`progress` is the share of the day's trading time that has passed, 0 to 1."""
        if self._state is None or state.days != self._state.days:
            self.days.clear()
            self.days.addItems([f"{day:%Y-%m-%d}" for day in state.days])
        if self._state is None or state.day != self._state.day:
            self.days.setCurrentText(f"{state.day:%Y-%m-%d}")
        if self._state is None or state.speed != self._state.speed:
            self._show_speed(state.speed)
        self._state = state
        self.progress.setValue(round(progress * STEPS))
        self.moment.show_text(formats.clock_text(state.now_utc))
        self._name_pause()

    def retranslate(self) -> None:
        tr = self.texts.tr
        self.setAccessibleName(tr("dock.replay"))
        self.caption.show_text(tr("replay.day"))
        self.speed_caption.show_text(tr("replay.speed"))
        self.days.setAccessibleName(tr("replay.day"))
        self.days.setToolTip(tr("tip.replay.day"))
        self.progress.setAccessibleName(tr("replay.progress"))
        self.progress.setToolTip(tr("replay.progress"))
        self.speeds.retranslate()
        self._name_pause()

    def show_day(self) -> None:
        """Back to the day that is played, after another one was not confirmed."""
        if self._state is not None:
            self.days.setCurrentText(f"{self._state.day:%Y-%m-%d}")

    def _show_speed(self, speed: float) -> None:
        self.speeds.choose(next((id_ for id_ in SPEEDS if float(id_) == speed), None))

    def _toggle(self) -> None:
        if self._state is not None:
            self.paused_asked.emit(not self._state.paused)

    def _day_activated(self, at: int) -> None:
        if self._state is not None and self._state.days[at] != self._state.day:
            self.day_asked.emit(self._state.days[at])

    def _name_pause(self) -> None:
        state = self._state
        if state is not None and state.finished:
            name(self.pause, self.texts, "replay.finished")
        else:
            resume = state is not None and state.paused
            name(self.pause, self.texts, "replay.resume" if resume else "replay.pause")
        self.pause.setEnabled(state is not None and not state.finished)
