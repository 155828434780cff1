"""The market chart with its instrument header, its periods and its price adjustments."""

from collections.abc import Sequence
from decimal import Decimal

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.types import Adjust, BarColumns, Period
from ui.chart_data import TradeMarker
from ui.chart_style import DARK, LIGHT, TEXTS
from ui.charts import ChartWidget
from ui.controls import Segment, ToneLabel
from ui.live_bars import LiveBar
from ui.panels.base import Panel
from ui.panels.header import InstrumentHeader
from ui.strings import Texts
from ui.theme import SMALL_PX, Look, sized
from ui.tones import Tone
from ui.viewmodels import QuoteRow


class ChartPanel(Panel):
    """Shows one instrument in one period; asks for its bars, never fetches them."""

    view_changed = pyqtSignal()

    def __init__(self, texts: Texts, look: Look) -> None:
        super().__init__("chart", texts, look)
        self.header = InstrumentHeader(texts, look)
        self.chart = ChartWidget()
        self.chart.setFont(sized(self.font(), SMALL_PX))
        self.periods = Segment(texts, "period", [period.value for period in Period])
        self.adjusts = Segment(texts, "adjust", [adjust.value for adjust in Adjust])
        self.adjusts.choose(Adjust.QFQ.value)
        self.note = ToneLabel(Tone.MUTED)
        self._row: QuoteRow | None = None
        self._live: LiveBar | None = None
        self._lay_out()
        self.periods.changed.connect(lambda _: self.view_changed.emit())
        self.adjusts.changed.connect(lambda _: self.view_changed.emit())
        self.retranslate()
        self.restyle()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 0, 6, 2)
        bar.setSpacing(12)
        bar.addWidget(self.periods)
        bar.addWidget(self.adjusts)
        bar.addStretch(1)
        bar.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(bar)
        column.addWidget(self.chart, 1)

    @property
    def period(self) -> Period:
        return Period(self.periods.chosen)

    @property
    def adjust(self) -> Adjust:
        return Adjust(self.adjusts.chosen)

    @property
    def live(self) -> LiveBar | None:
        """The forming bar as it stands, to be continued by the next quote."""
        return self._live

    def show_row(self, row: QuoteRow) -> None:
        before, self._row = self._row, row
        self.header.show_row(row)
        limits = (row.limit_down_cny, row.limit_up_cny)
        if before is None or limits != (before.limit_down_cny, before.limit_up_cny):
            self.chart.set_limits(*(_float(limit) for limit in limits))
        if before is None or before.decimals != row.decimals:
            self.chart.set_price_decimals(row.decimals)

    def await_bars(self) -> None:
        """Another instrument or period was chosen; its bars are on their way."""
        self._live = None
        self.note.show_text("")
        self.chart.set_loading()
        self._name_chart()

    def show_bars(self, bars: BarColumns, *, again: bool = False) -> None:
        """`again`: the same series read anew, so the view stays, or stays at the end."""
        self.chart.set_bars(bars, keep_view=again)
        live, self._live = self._live, None
        if again and live is not None:
            self.show_live(live)

    def show_failure(self, text: str) -> None:
        """What is drawn stays; where nothing is, the chart itself says why."""
        self.note.show_text(text, Tone.WARN)
        if not len(self.chart.model):
            self.chart.set_notice(text)

    def show_live(self, bar: LiveBar) -> bool:
        """Draw the forming bar; True if it is a new one, so that the one before has ended."""
        model = self.chart.model
        last_ts = int(model.ts_s[-1]) if len(model) else None
        if last_ts is not None and bar.ts_s < last_ts:
            return False
        began = self._live is not None and self._live.ts_s != bar.ts_s
        self._live = bar
        figures = (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.amount)
        if bar.ts_s == last_ts:
            self.chart.update_last(*figures)
        else:
            self.chart.append_bar(bar.ts_s, *figures)
        return began

    def show_markers(self, markers: Sequence[TradeMarker]) -> None:
        self.chart.set_markers(markers)

    def retranslate(self) -> None:
        self.header.retranslate()
        self.periods.retranslate()
        self.adjusts.retranslate()
        self.chart.set_texts(TEXTS[self.texts.language])
        self.setAccessibleName(self.texts.tr("dock.chart"))
        self._name_chart()

    def _name_chart(self) -> None:
        tr = self.texts.tr
        self.chart.set_title(f"{tr(f'period.{self.period.value}')} · "
                             f"{tr(f'adjust.{self.adjust.value}')}")

    def restyle(self) -> None:
        theme = self.look.theme
        colours = DARK if theme.dark else LIGHT
        self.chart.set_colors(colours if theme.red_up else colours.green_up())
        self.header.restyle()


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
