"""The status bar: mode, where the data comes from, market time, phase, and the last notices."""

from collections import deque
from datetime import datetime

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetrics, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy

from core.types import KillLevel, Mode, Origin, Phase
from ui import formats
from ui.controls import ToneLabel
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import Look
from ui.tones import Tone

KEEP = 12           # notices in the tooltip
SEVERITY_TONES = {"WARNING": Tone.WARN, "ERROR": Tone.DANGER, "CRITICAL": Tone.DANGER}


class StatusPanel(Panel):
    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("status", texts, look)
        self.mode, self.origin = ToneLabel(badge=True), ToneLabel(badge=True)
        self.kill = ToneLabel(Tone.DANGER, badge=True)
        self.notice = ToneLabel(Tone.MUTED)
        self.phase, self.clock = ToneLabel(Tone.MUTED), ToneLabel()
        self._notices: deque[str] = deque(maxlen=KEEP)
        self._facts: tuple[Mode, Origin] | None = None
        self._moment: tuple[datetime, Phase | None] | None = None
        self._level = KillLevel.NONE
        self._last = ("", Tone.MUTED)
        self._lay_out()
        self.retranslate()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 10, 2)
        row.setSpacing(8)
        for label in (self.mode, self.origin, self.kill):
            row.addWidget(label)
        self.notice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.notice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self.notice, 1)
        row.addWidget(self.phase)
        row.addWidget(self.clock)

    def show_facts(self, mode: Mode, origin: Origin) -> None:
        self._facts = (mode, origin)
        tr = self.texts.tr
        live = mode is Mode.LIVE
        self.mode.show_text(tr(f"mode.{mode.value}"), Tone.DANGER if live else Tone.ACCENT)
        generated = origin is Origin.GENERATED
        self.origin.show_text(tr(f"origin.{origin.value}"),
                              Tone.WARN if generated else Tone.MUTED)
        self.origin.setToolTip(tr(f"tip.origin.{origin.value}"))

    def show_moment(self, now_utc: datetime, phase: Phase | None) -> None:
        self._moment = (now_utc, phase)
        self.clock.show_text(formats.date_time_text(now_utc))
        self.phase.show_text(formats.UNKNOWN if phase is None else
                             self.texts.tr(f"phase.{phase.value}"))

    def show_kill(self, level: KillLevel) -> None:
        self._level = level
        self.kill.show_text(self.texts.tr(f"kill.{level.name}"))
        self.kill.setVisible(level is not KillLevel.NONE)

    def add_notice(self, severity: str, text: str) -> None:
        self._notices.appendleft(text)
        self._last = (text, SEVERITY_TONES.get(severity, Tone.MUTED))
        self.notice.setToolTip("\n".join(self._notices))
        self._show_notice()

    def forget_news(self) -> None:
        """After a switch of language: old news is in the old one. Warnings stay; so does the
        tooltip's history."""
        if self._last[1] is Tone.MUTED:
            self._last = ("", Tone.MUTED)
            self._show_notice()

    def retranslate(self) -> None:
        tr = self.texts.tr
        self.setAccessibleName(tr("dock.status"))
        for label, key in ((self.mode, "status.mode"), (self.origin, "status.origin"),
                           (self.kill, "status.kill"), (self.notice, "status.notices"),
                           (self.phase, "status.phase"), (self.clock, "status.clock")):
            label.setAccessibleName(tr(key))
            label.setToolTip(tr(key))
        if self._facts is not None:
            self.show_facts(*self._facts)
        if self._moment is not None:
            self.show_moment(*self._moment)
        self.show_kill(self._level)
        self._show_notice()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._show_notice()

    def _show_notice(self) -> None:
        """As much as there is room for; the whole text is in the tooltip."""
        text, tone = self._last
        metrics = QFontMetrics(self.notice.font())
        room = self.notice.width()
        self.notice.show_text(
            metrics.elidedText(text, Qt.TextElideMode.ElideRight, room), tone)
