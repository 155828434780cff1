"""The enabled strategies at work on the desk: what turned with the last session's close."""

import queue
import threading
from collections.abc import Iterator, Sequence

import numpy as np

from core.events import DayEvent, Event, EventBus, SignalEvent
from core.exceptions import TradingError
from core.ports import Clock, MarketData
from core.types import Adjust, Period
from strategies.base import Strategy

HISTORY_BARS = 250                 # a year; a longer warm-up gets what it needs
WAIT_S = 0.5


class SignalWatch:
    """Publishes a SignalEvent for each instrument on which a strategy has just changed its mind.

    It looks once when it starts and again on every new trading day, at daily bars that have
    ended. It advises; it never orders.
    """

    def __init__(
        self, strategies: Sequence[Strategy], *, market: MarketData, bus: EventBus, clock: Clock
    ) -> None:
        self._strategies, self._market = tuple(strategies), market
        self._bus, self._clock = bus, clock
        self._days: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    def run(self, stop: threading.Event) -> None:
        """Look now and on every new day until stopped."""
        undo = self._bus.subscribe(DayEvent, self._days.put)
        try:
            self._days.put(None)
            while not stop.is_set():
                try:
                    self._days.get(timeout=WAIT_S)
                except queue.Empty:
                    continue
                for signal in self.turns():
                    if stop.is_set():
                        return
                    self._bus.publish(signal)
        finally:
            undo()

    def turns(self) -> Iterator[SignalEvent]:
        """What changed with the newest ended bar of each instrument, as signals."""
        for strategy in self._strategies:
            for instrument in self._market.instruments():
                signal = self._turn(strategy, instrument.symbol)
                if signal is not None:
                    yield signal

    def _turn(self, strategy: Strategy, symbol: str) -> SignalEvent | None:
        try:
            bars = self._market.bars(symbol, Period.DAY, Adjust.HFQ,
                                     last=max(HISTORY_BARS, strategy.warm_up_bars + 2))
        except TradingError:
            return None                # one instrument that cannot be read stops no other
        if len(bars) <= strategy.warm_up_bars:
            return None
        opinions = strategy.generate_signals(bars)
        said = opinions[np.flatnonzero(opinions)]
        if not opinions[-1] or (len(said) > 1 and said[-2] == said[-1]):
            return None
        values = ", ".join(f"{name} {value}" for name, value in strategy.values.items())
        return SignalEvent(symbol=symbol, strategy=strategy.name, score=float(opinions[-1]),
                           reason=values, ts_utc=self._clock.now_utc())
