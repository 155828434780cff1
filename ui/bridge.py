"""The one place where the bus meets Qt: events of any thread become signals on the GUI thread.

Quotes are merged: the newest of each instrument, ten times a second while the desk is visible.
Orders, fills, days, kill levels and notices are handed on one by one and never dropped.
"""

import threading
from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from core.events import (
    BarEvent,
    DayEvent,
    EventBus,
    FillEvent,
    KillEvent,
    MarketEvent,
    NoticeEvent,
    OrderEvent,
    QuoteEvent,
    SignalEvent,
)
from core.types import Quote
from ui.workers import timer

FRAME_MS = 100


class Bridge(QObject):
    quotes = pyqtSignal(object)        # dict[str, Quote]: the newest of each since the last frame
    bars_ended = pyqtSignal(object)    # frozenset of symbols, of those in `bar_symbols`
    order = pyqtSignal(object)         # Order
    fill = pyqtSignal(object)          # Fill
    day = pyqtSignal(object)           # date
    kill = pyqtSignal(object, str)     # KillLevel, reason
    grown = pyqtSignal()               # the market has more instruments or history than before
    notice = pyqtSignal(str, str)      # severity, text
    signal = pyqtSignal(object)        # SignalEvent

    def __init__(self, bus: EventBus, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._pending: dict[str, Quote] = {}
        self._ended: set[str] = set()
        self.bar_symbols: frozenset[str] = frozenset()
        self._timer = timer(self, FRAME_MS, self.flush)
        self._undo: list[Callable[[], None]] = [
            bus.subscribe(QuoteEvent, self._take_quotes),
            bus.subscribe(BarEvent, self._take_bars),
            bus.subscribe(OrderEvent, lambda event: self.order.emit(event.order)),
            bus.subscribe(FillEvent, lambda event: self.fill.emit(event.fill)),
            bus.subscribe(DayEvent, lambda event: self.day.emit(event.day)),
            bus.subscribe(KillEvent, lambda event: self.kill.emit(event.level, event.reason)),
            bus.subscribe(NoticeEvent, lambda event: self.notice.emit(event.severity, event.text)),
            bus.subscribe(SignalEvent, self.signal.emit),
            bus.subscribe(MarketEvent, lambda _: self.grown.emit()),
        ]

    def set_visible(self, visible: bool) -> None:
        """A desk nobody sees is not repainted; what has changed comes with the first frame."""
        if visible:
            self.flush()
            self._timer.start()
        else:
            self._timer.stop()

    def close(self) -> None:
        self._timer.stop()
        for undo in self._undo:
            undo()
        self._undo.clear()

    def flush(self) -> None:
        """Hand on what has gathered since the last frame."""
        with self._lock:
            quotes, self._pending = self._pending, {}
            ended, self._ended = self._ended, set()
        if quotes:
            self.quotes.emit(quotes)
        if ended:
            self.bars_ended.emit(frozenset(ended))

    def _take_quotes(self, event: QuoteEvent) -> None:
        with self._lock:
            self._pending.update((quote.symbol, quote) for quote in event.quotes)

    def _take_bars(self, event: BarEvent) -> None:
        wanted = self.bar_symbols
        with self._lock:
            self._ended.update(bar.symbol for bar in event.bars if bar.symbol in wanted)
