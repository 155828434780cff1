import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from core.clock import SimClock
from core.events import DayEvent, EventBus, SignalEvent
from core.exceptions import DataError
from core.symbols import parse_instrument
from core.types import Adjust, BarColumns, Instrument, Period
from strategies.base import Signals, Strategy
from strategies.watch import SignalWatch

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


class SignOfChange(Strategy):
    """Holds after a rise, leaves after a fall, has no opinion where nothing moved."""

    name, title_en, title_zh = "sign", "Sign", "涨跌"
    warm_up_bars = 1

    def generate_signals(self, bars: BarColumns) -> Signals:
        change = np.diff(bars.close_cny, prepend=bars.close_cny[0])
        signs: Signals = np.sign(change).astype(np.int8)
        return signs


class Closes:
    """A market of closing prices; a name without closes cannot be read."""

    def __init__(self, closes: Mapping[str, Sequence[float]]) -> None:
        self._closes = closes

    def instruments(self) -> list[Instrument]:
        return [parse_instrument(symbol) for symbol in self._closes]

    def bars(self, symbol: str, period: Period, adjust: Adjust, *, last: int) -> BarColumns:
        assert (period, adjust) == (Period.DAY, Adjust.HFQ)
        close = np.array(self._closes[symbol])
        if not len(close):
            raise DataError("a block is damaged", why="test", remedy="test")
        return BarColumns(
            symbol=symbol, period=period, adjust=adjust, ts_s=np.arange(len(close)),
            open_cny=close, high_cny=close, low_cny=close, close_cny=close, volume_shares=close,
            amount_cny=close)


def a_watch(closes: Mapping[str, Sequence[float]], bus: EventBus | None = None) -> SignalWatch:
    market: Any = Closes(closes)
    return SignalWatch([SignOfChange()], market=market, bus=bus or EventBus(), clock=SimClock(NOW))


@pytest.mark.parametrize(("closes", "score"), [
    ([10, 9, 11], 1.0),            # turned with the last bar
    ([10, 11, 10], -1.0),
    ([10, 10, 11], 1.0),           # a first opinion is news
    ([10, 11, 12], None),          # nothing new
    ([10, 9, 11, 11], None),       # turned earlier, nothing said since
    ([10], None),                  # too short
])
def test_only_a_change_of_mind_with_the_newest_bar_is_a_signal(
    closes: list[float], score: float | None
) -> None:
    found = list(a_watch({"600519.SH": closes}).turns())

    assert [signal.score for signal in found] == ([] if score is None else [score])


def test_a_signal_names_its_strategy_and_the_clocks_time() -> None:
    (signal,) = a_watch({"600519.SH": [10, 9, 11]}).turns()

    assert (signal.symbol, signal.strategy, signal.ts_utc) == ("600519.SH", "sign", NOW)


def test_an_instrument_that_cannot_be_read_stops_no_other() -> None:
    found = a_watch({"600519.SH": [], "000001.SZ": [10, 9, 11]}).turns()

    assert [signal.symbol for signal in found] == ["000001.SZ"]


def test_it_looks_at_the_start_and_on_every_new_day() -> None:
    bus, stop, seen = EventBus(), threading.Event(), []
    came = threading.Semaphore(0)

    def take(signal: SignalEvent) -> None:
        seen.append(signal)
        came.release()

    bus.subscribe(SignalEvent, take)
    thread = threading.Thread(target=a_watch({"600519.SH": [10, 9, 11]}, bus).run, args=(stop,))
    thread.start()
    assert came.acquire(timeout=5)
    bus.publish(DayEvent(date(2026, 3, 3)))
    assert came.acquire(timeout=5)
    stop.set()
    thread.join(5)

    assert len(seen) == 2
    assert not thread.is_alive()
