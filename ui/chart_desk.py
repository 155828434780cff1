"""Feeds the chart: bars of the shown instrument, the bar that is forming, and our trades."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal

from core.ports import MarketData
from core.types import Adjust, BarColumns, Fill, Period
from ui.bridge import Bridge
from ui.live_bars import live_bar, live_scale, trade_markers
from ui.market_desk import MarketState
from ui.panels.chart import ChartPanel
from ui.strings import Texts
from ui.workers import JobRunner, timer

MINUTE_BARS = 4_800        # 20 sessions of one-minute bars, 320 of quarter hours
REREAD_MS = 1_500          # after a bar has ended: a fast replay skips quotes, the store does not


@dataclass(frozen=True, slots=True)
class ChartBars:
    """Bars as read, with what is needed to continue a backward-adjusted series."""

    bars: BarColumns
    raw_last_close: float | None


class ChartDesk(QObject):
    failed = pyqtSignal(str)

    def __init__(
        self, market: MarketData, state: MarketState, panel: ChartPanel, texts: Texts,
        jobs: JobRunner, bridge: Bridge, max_days: int,
    ) -> None:
        super().__init__()
        self._market, self._state, self._panel = market, state, panel
        self._texts, self._jobs, self._bridge = texts, jobs, bridge
        self.max_days = max_days
        self._asked = 0                    # the newest request; older answers are dropped
        self._shown: ChartBars | None = None
        self._fills: Sequence[Fill] = ()
        self._reread = timer(self, REREAD_MS, lambda: self._read(again=True), once=True)
        panel.view_changed.connect(self.show_symbol)
        bridge.bars_ended.connect(lambda _: self.reread_soon())

    @property
    def settled(self) -> bool:
        """The bars of the newest request are on screen, or there is nothing to show."""
        return self._shown is not None or self._state.symbol is None

    def show_symbol(self) -> None:
        """Another instrument, period or adjustment."""
        symbol = self._state.symbol
        self._shown = None
        self._reread.stop()
        if symbol is not None:
            self._bridge.bar_symbols = frozenset({symbol})
            self._panel.await_bars()
            self._show_fills()
            self._read(again=False)

    def show_fills(self, fills: Sequence[Fill]) -> None:
        if len(fills) != len(self._fills) or list(fills) != list(self._fills):
            self._fills = fills
            self._show_fills()

    def take_quotes(self, symbols: set[str]) -> None:
        """The forming bar follows the newest quote."""
        symbol, shown = self._state.symbol, self._shown
        quote = self._state.quotes.get(symbol or "")
        if symbol not in symbols or quote is None or shown is None:
            return
        scale = live_scale(shown.bars, shown.raw_last_close, quote)
        bar = live_bar(self._panel.live, quote, self._panel.period, scale)
        if bar is not None and self._panel.show_live(bar):
            self.reread_soon()

    def reread_soon(self) -> None:
        if self._shown is not None and not self._reread.isActive():
            self._reread.start()

    def look_again(self) -> None:
        """A market that is still being built has more history later; minutes are not re-made."""
        if self._panel.period is Period.DAY:
            self.reread_soon()

    def stop(self) -> None:
        self._reread.stop()

    def _read(self, *, again: bool) -> None:
        symbol, period, adjust = self._state.symbol, self._panel.period, self._panel.adjust
        if symbol is None:
            return
        self._asked += 1
        number, last = self._asked, self.max_days if period is Period.DAY else MINUTE_BARS

        def read(_: threading.Event) -> ChartBars:
            return read_bars(self._market, symbol, period, adjust, last)

        self._jobs.run(read, lambda found: self._take(number, found, again=again),
                       lambda why: self._fail(number, why))

    def _take(self, number: int, found: ChartBars, *, again: bool) -> None:
        if number != self._asked:
            return
        before, self._shown = self._shown, found
        if again and before is not None and _same(before.bars, found.bars):
            return
        self._panel.show_bars(found.bars, again=again)
        if self._state.symbol is not None:
            self.take_quotes({self._state.symbol})

    def _fail(self, number: int, why: str) -> None:
        if number != self._asked:
            return
        text = self._texts.tr("notice.bars_failed", why=why)
        self._panel.show_failure(text)
        self.failed.emit(text)

    def _show_fills(self) -> None:
        if self._state.symbol is not None:
            self._panel.show_markers(trade_markers(self._fills, self._state.symbol))


def read_bars(
    market: MarketData, symbol: str, period: Period, adjust: Adjust, last: int
) -> ChartBars:
    """Bars for the chart; for a backward-adjusted series also the last close as traded."""
    bars = market.bars(symbol, period, adjust, last=last)
    if adjust is not Adjust.HFQ:
        return ChartBars(bars, None)
    raw = market.bars(symbol, period, Adjust.NONE, last=1)
    return ChartBars(bars, float(raw.close_cny[-1]) if len(raw) else None)


def _same(before: BarColumns, after: BarColumns) -> bool:
    """True if nothing has ended since the last reading."""
    if len(before) != len(after):
        return False
    return not len(after) or bool(before.ts_s[-1] == after.ts_s[-1])
