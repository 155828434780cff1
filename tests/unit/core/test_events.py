import logging
import threading
from dataclasses import FrozenInstanceError, dataclass
from datetime import date

import pytest

from core.events import DayEvent, Event, EventBus, KillEvent, NoticeEvent
from core.types import KillLevel

DAY = DayEvent(date(2025, 1, 24))


def test_handlers_are_called_in_order_of_subscription_on_the_publishing_thread() -> None:
    bus = EventBus()
    seen: list[tuple[str, DayEvent, threading.Thread]] = []
    bus.subscribe(DayEvent, lambda e: seen.append(("first", e, threading.current_thread())))
    bus.subscribe(DayEvent, lambda e: seen.append(("second", e, threading.current_thread())))

    bus.publish(DAY)

    here = threading.current_thread()
    assert seen == [("first", DAY, here), ("second", DAY, here)]


def test_an_event_reaches_exactly_its_own_class() -> None:
    @dataclass(frozen=True, slots=True)
    class LateDay(DayEvent):
        pass

    bus = EventBus()
    seen: list[Event] = []
    bus.subscribe(DayEvent, seen.append)
    bus.subscribe(Event, seen.append)

    bus.publish(KillEvent(KillLevel.BLOCK, "test"))
    bus.publish(LateDay(date(2025, 1, 24)))

    assert seen == []


def test_a_broken_handler_is_counted_and_logged_and_stops_nobody(
    caplog: pytest.LogCaptureFixture
) -> None:
    bus = EventBus()
    seen: list[NoticeEvent] = []

    def broken(event: Event) -> None:
        raise RuntimeError("a panel fell over")

    bus.subscribe(NoticeEvent, broken)
    bus.subscribe(NoticeEvent, seen.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(NoticeEvent("INFO", "one"))
        bus.publish(NoticeEvent("INFO", "two"))

    assert [e.text for e in seen] == ["one", "two"]
    assert [count for name, count in bus.failures.items() if name.endswith("broken")] == [2]
    assert "a panel fell over" in caplog.text


def test_undoing_a_subscription_takes_away_that_handler_only_and_may_be_repeated() -> None:
    bus = EventBus()
    kept: list[DayEvent] = []
    dropped: list[DayEvent] = []
    undo = bus.subscribe(DayEvent, dropped.append)
    bus.subscribe(DayEvent, kept.append)

    undo()
    undo()
    bus.publish(DAY)

    assert (kept, dropped) == ([DAY], [])


def test_a_handler_may_unsubscribe_itself_while_it_is_called() -> None:
    bus = EventBus()
    seen: list[Event] = []

    def once(event: DayEvent) -> None:
        seen.append(event)
        undo()

    undo = bus.subscribe(DayEvent, once)
    bus.subscribe(DayEvent, seen.append)

    bus.publish(DAY)
    bus.publish(DAY)

    assert len(seen) == 3


def test_subscriptions_from_many_threads_all_arrive() -> None:
    bus = EventBus()
    seen: list[Event] = []
    threads = [
        threading.Thread(target=lambda: [bus.subscribe(DayEvent, seen.append) for _ in range(50)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)

    bus.publish(DAY)

    assert len(seen) == 400


def test_an_event_nobody_listens_to_is_fine_and_events_cannot_change() -> None:
    EventBus().publish(DAY)

    with pytest.raises(FrozenInstanceError):
        DAY.day = date(2025, 1, 27)  # type: ignore[misc]
