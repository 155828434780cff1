"""From the bus to Qt: quotes are merged to the newest, orders and fills never dropped."""

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from PyQt6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from core.events import (
    BarEvent,
    DayEvent,
    EventBus,
    FillEvent,
    KillEvent,
    NoticeEvent,
    OrderEvent,
    QuoteEvent,
    SignalEvent,
)
from core.types import Bar, Fill, KillLevel, OrderSide, Period
from tests.support.fake_services import DAY, NOW, a_quote, fake_services
from tests.support.window import the_app
from ui.bridge import FRAME_MS, Bridge

SNAPSHOT = fake_services().trading.snapshot()


class Listener(QObject):
    """Keeps what it is sent and on which thread it came."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[object] = []
        self.threads: set[QThread | None] = set()

    def take(self, *values: object) -> None:
        self.got.append(values[0] if len(values) == 1 else values)
        self.threads.add(QThread.currentThread())


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture
def bridge(qtbot: QtBot, bus: EventBus) -> Bridge:
    return Bridge(bus)


def elsewhere(*calls: object) -> None:
    """Run each call on another thread and wait for it."""
    thread = threading.Thread(target=lambda: [call() for call in calls])  # type: ignore[operator]  # callables
    thread.start()
    thread.join()


def test_many_quotes_of_one_instrument_make_one_signal_with_the_newest(
    bridge: Bridge, bus: EventBus
) -> None:
    listener = Listener()
    bridge.quotes.connect(listener.take)
    first = a_quote("600101.SH")
    newest = replace(first, last_cny=Decimal("1500.00"))

    for quote in (first, newest):
        bus.publish(QuoteEvent((quote, a_quote("600102.SH"))))
    bridge.flush()
    bridge.flush()

    assert listener.got == [{"600101.SH": newest, "600102.SH": a_quote("600102.SH")}]


def test_quotes_are_handed_on_while_the_window_is_visible_and_kept_while_it_is_not(
    qtbot: QtBot, bridge: Bridge, bus: EventBus
) -> None:
    listener = Listener()
    bridge.quotes.connect(listener.take)
    bridge.set_visible(True)
    bus.publish(QuoteEvent((a_quote("600101.SH"),)))
    qtbot.waitUntil(lambda: len(listener.got) == 1)

    bridge.set_visible(False)
    bus.publish(QuoteEvent((a_quote("600102.SH"),)))
    qtbot.wait(2 * FRAME_MS)
    assert len(listener.got) == 1

    bridge.set_visible(True)
    assert len(listener.got) == 2


def test_every_order_and_fill_of_another_thread_arrives_in_order_on_this_one(
    qtbot: QtBot, bridge: Bridge, bus: EventBus
) -> None:
    orders, fills = Listener(), Listener()
    bridge.order.connect(orders.take)
    bridge.fill.connect(fills.take)
    many = [replace(SNAPSHOT.orders[0], order_id=n) for n in range(500)]
    fill = fake_fill()

    elsewhere(*[lambda one=one: bus.publish(OrderEvent(one)) for one in many],
              lambda: bus.publish(FillEvent(fill)))
    qtbot.waitUntil(lambda: len(orders.got) == 500 and len(fills.got) == 1)

    assert orders.got == many
    assert orders.threads == {the_app().thread()}


def fake_fill() -> Fill:
    return Fill(order_id=1, trade_id="T1", broker="simulator", symbol="600101.SH",
                side=OrderSide.BUY, shares=100, price_cny=Decimal("10.00"), ts_utc=NOW,
                trading_day=DAY)


def test_days_kill_levels_notices_and_signals_are_handed_on(
    bridge: Bridge, bus: EventBus
) -> None:
    listener = Listener()
    for signal in (bridge.day, bridge.kill, bridge.notice, bridge.signal):
        signal.connect(listener.take)
    opinion = SignalEvent("600101.SH", "ma_cross", 0.5, "crossed", NOW)

    for event in (DayEvent(DAY), KillEvent(KillLevel.BLOCK, "by hand"),
                  NoticeEvent("WARNING", "feed slow"), opinion):
        bus.publish(event)

    assert listener.got == [DAY, (KillLevel.BLOCK, "by hand"), ("WARNING", "feed slow"), opinion]


def test_ended_bars_are_told_for_the_shown_instrument_only(
    bridge: Bridge, bus: EventBus
) -> None:
    listener = Listener()
    bridge.bars_ended.connect(listener.take)
    bridge.bar_symbols = frozenset({"600101.SH"})
    one = Decimal("1.00")
    bars = tuple(Bar(symbol=symbol, period=Period.MIN1, ts_utc=NOW, open_cny=one, high_cny=one,
                     low_cny=one, close_cny=one, volume_shares=1)
                 for symbol in ("600101.SH", "600102.SH"))

    bus.publish(BarEvent(bars[1:]))
    bridge.flush()
    assert listener.got == []
    bus.publish(BarEvent(bars))
    bridge.flush()
    assert listener.got == [frozenset({"600101.SH"})]


def test_a_closed_bridge_listens_to_nothing(bridge: Bridge, bus: EventBus) -> None:
    listener = Listener()
    bridge.notice.connect(listener.take)
    bridge.close()

    bus.publish(NoticeEvent("INFO", "late"))

    assert listener.got == []
    assert bus.failures == {}
