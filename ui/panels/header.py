"""The instrument over the chart: its name, its price, and the figures of its day."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout

from ui import formats
from ui.controls import Figure, ToneLabel
from ui.panels.base import Panel
from ui.strings import Texts
from ui.theme import LARGE_PX, LAST_PX, Look, sized
from ui.tones import Tone
from ui.viewmodels import QuoteRow

FIGURES = (
    ("open", "9999.99"), ("high", "9999.99"), ("limit_up", "9999.99"), ("volume", "9999.9万"),
    ("prev_close", "9999.99"), ("low", "9999.99"), ("limit_down", "9999.99"),
    ("amount", "9999.9亿"),
)
COLUMNS = 4


class InstrumentHeader(Panel):
    """Painted in tens of microseconds; fed at most ten times a second."""

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("header", texts, look)
        self._row: QuoteRow | None = None
        self.title, self.code = ToneLabel(), ToneLabel(Tone.MUTED)
        self.last, self.change = ToneLabel(Tone.FAINT), ToneLabel(Tone.FAINT)
        self.badge = ToneLabel(Tone.MUTED, badge=True)
        self.title.setFont(sized(self.font(), LARGE_PX, bold=True))
        self.last.setFont(sized(self.font(), LAST_PX, bold=True))
        self.change.setFont(sized(self.font(), 14))
        self.figures = {id_: Figure(look, texts, f"col.{id_}", sample) for id_, sample in FIGURES}
        self._lay_out()
        self.retranslate()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 2)
        row.setSpacing(8)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.title)
        below = QHBoxLayout()
        below.setSpacing(6)
        for label in (self.code, self.badge):
            below.addWidget(label)
        below.addStretch(1)
        names.addLayout(below)
        row.addLayout(names)
        row.addWidget(self.last, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.change, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(7)
        grid.setVerticalSpacing(1)
        for at, (id_, _) in enumerate(FIGURES):
            grid.addWidget(self.figures[id_], at // COLUMNS, at % COLUMNS)
        row.addLayout(grid)

    def show_row(self, row: QuoteRow) -> None:
        self._row = row
        tone = Tone.FAINT if row.suspended else formats.tone_of(row.change_cny)
        self.title.show_text(row.name or row.symbol)
        self.code.show_text(row.symbol)
        self.last.show_text(formats.price(row.last_cny, row.decimals), tone)
        self.change.show_text(
            f"{formats.signed(row.change_cny, row.decimals)}\n"
            f"{formats.percent(row.change_ratio)}", tone)
        self._show_badge(row)
        for id_, value in (("open", row.open_cny), ("high", row.high_cny), ("low", row.low_cny)):
            self.figures[id_].show_value(formats.price(value, row.decimals),
                                         formats.tone_of(row.against_close(value)))
        self.figures["prev_close"].show_value(formats.price(row.prev_close_cny, row.decimals))
        self.figures["limit_up"].show_value(formats.price(row.limit_up_cny, row.decimals),
                                            Tone.RISE)
        self.figures["limit_down"].show_value(formats.price(row.limit_down_cny, row.decimals),
                                              Tone.FALL)
        self.figures["volume"].show_value(formats.volume(row.volume_shares, self.texts.units))
        self.figures["amount"].show_value(formats.compact(row.amount_cny, self.texts.units))

    def retranslate(self) -> None:
        for figure in self.figures.values():
            figure.retranslate()
        self.setAccessibleName(self.texts.tr("dock.chart"))
        if self._row is not None:
            self.show_row(self._row)

    def _show_badge(self, row: QuoteRow) -> None:
        """The one thing to know before anything else; in quiet times the board."""
        tr = self.texts.tr
        if row.suspended:
            self.badge.show_text(tr("quote.suspended"), Tone.WARN)
        elif row.at_limit:
            up = row.at_limit > 0
            self.badge.show_text(tr("col.limit_up" if up else "col.limit_down"),
                                 Tone.RISE if up else Tone.FALL)
        else:
            self.badge.show_text(tr(f"board.{row.board.value}") + (" T+0" if row.t0 else ""),
                                 Tone.MUTED)
        self.badge.setVisible(bool(row.name))
