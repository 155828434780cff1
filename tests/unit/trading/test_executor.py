import threading
from collections.abc import Iterator, Sequence
from datetime import time
from pathlib import Path

import pytest

from core.events import BarEvent, EventBus, FillEvent, KillEvent, NoticeEvent, QuoteEvent
from core.exceptions import DataError, OrderError, RiskError
from core.ports import Changes
from core.types import JournalEntry, KillLevel, OrderStatus, Report
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import CNY, DAY1, DAY2, MAIN, Desk, a_bar, a_quote, at
from trading.executor import ExecutionEngine
from trading.kill_switch import KillRequest, write_request
from trading.memory_store import MemoryOrderStore

S = OrderStatus
LONG_S = 20


class Hall:
    """An engine on a bus, with what it told."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.bus = desk, EventBus()
        self.notices: list[NoticeEvent] = []
        self.fills: list[FillEvent] = []
        self.bus.subscribe(NoticeEvent, self.notices.append)
        self.bus.subscribe(FillEvent, self.fills.append)
        self.engine = ExecutionEngine(desk.parts, self.bus)


@pytest.fixture(name="hall")
def _hall() -> Hall:
    return Hall(Desk(store=MemoryOrderStore()))


@pytest.fixture(name="running")
def _running(hall: Hall) -> Iterator[Hall]:
    stop = threading.Event()
    thread = threading.Thread(target=hall.engine.run, args=(stop,))
    thread.start()
    yield hall
    stop.set()
    thread.join(LONG_S)
    assert not thread.is_alive()


def test_an_order_from_another_thread_is_sent_filled_and_told(running: Hall) -> None:
    request = running.desk.request(100)
    order = running.engine.submit(request).result(LONG_S)
    assert order.status in (S.SENT, S.LIVE)
    running.bus.publish(BarEvent((a_bar(),)))
    running.engine.settle()

    snapshot = running.engine.snapshot()
    assert snapshot.orders[0].status is S.FILLED
    assert [event.fill.shares for event in running.fills] == [100]


def test_the_snapshot_is_never_older_than_an_answer(running: Hall) -> None:
    for number in range(1, 20):
        running.engine.submit(running.desk.request(100, "9.90")).result(LONG_S)
        assert len(running.engine.snapshot().orders) == number


def test_many_threads_may_ask_at_once_and_every_order_has_its_own_number(running: Hall) -> None:
    answers: list[int] = []

    def ask() -> None:
        for _ in range(10):
            request = running.desk.request(100, "9.10")
            answers.append(running.engine.submit(request).result(LONG_S).order_id)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    assert sorted(answers) == list(range(1, 41))


def test_without_a_thread_everything_is_worked_off_by_drain(hall: Hall) -> None:
    answer = hall.engine.submit(hall.desk.request(100))
    assert not answer.done()
    hall.engine.drain()
    assert answer.result().order_id == 1
    preview = hall.engine.preview(hall.desk.request(100))
    hall.engine.drain()
    assert preview.result().refusals == ()
    kill = hall.engine.set_kill(KillLevel.BLOCK, "drill")
    hall.engine.drain()
    assert kill.result() is KillLevel.BLOCK
    assert hall.engine.snapshot().kill_level is KillLevel.BLOCK
    assert hall.engine.snapshot().orders[0].status is S.CANCELLED


def test_a_refused_request_answers_with_its_error_and_trading_goes_on(hall: Hall) -> None:
    wrong, right = hall.engine.cancel(99), hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()

    with pytest.raises(OrderError, match="no order 99"):
        wrong.result()
    assert right.result().order_id == 1
    assert hall.engine.stopped is None


def test_quotes_are_merged_and_bars_are_not(hall: Hall) -> None:
    hall.engine.submit(hall.desk.request(300, "10.00"))
    hall.engine.drain()
    for last in ("10.50", "10.40", "10.30"):
        hall.bus.publish(QuoteEvent((a_quote(last=last),)))
    for _ in range(3):
        hall.bus.publish(BarEvent((a_bar(low="9.90", volume=400),)))
    hall.engine.drain()

    assert [event.fill.shares for event in hall.fills] == [100, 100, 100]


def test_the_day_rolls_with_the_market_not_with_a_clock_that_ran_ahead(hall: Hall) -> None:
    hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()
    hall.bus.publish(BarEvent((a_bar(ts_utc=at(DAY1, time(14))),)))
    hall.desk.clock.move_to(at(DAY2))
    hall.bus.publish(BarEvent((a_bar(ts_utc=at(DAY2)),)))
    hall.engine.drain()

    assert [event.fill.trading_day for event in hall.fills] == [DAY1]
    assert hall.engine.snapshot().account.trading_day == DAY2
    assert hall.engine.snapshot().positions[0].sellable_shares == 100


def test_reports_that_come_on_another_thread_are_booked_by_the_trading_thread() -> None:
    broker = BadBroker()
    hall = Hall(Desk(broker=broker, store=MemoryOrderStore()))
    hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()
    thread = threading.Thread(target=broker.handler, args=(
        a_report(Report.FILL, shares=100, price="10.00"),))
    thread.start()
    thread.join(LONG_S)
    assert hall.engine.snapshot().positions == ()
    hall.engine.drain()
    assert hall.engine.snapshot().positions[0].held_shares == 100


class FullDisk(MemoryOrderStore):
    full = False

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        if self.full:
            raise DataError("could not write the ledger", why="the disk is full",
                            remedy="Free some space, then start again")
        super().append(entries, changes)


def test_a_ledger_that_cannot_be_written_stops_trading_with_one_clear_notice() -> None:
    store = FullDisk()
    hall = Hall(Desk(store=store))
    hall.engine.submit(hall.desk.request(100, "9.90"))
    hall.engine.drain()
    before = hall.engine.snapshot()
    store.full = True
    first = hall.engine.submit(hall.desk.request(100))
    second = hall.engine.cancel(1)
    hall.bus.publish(BarEvent((a_bar(price="9.80"),)))
    preview = hall.engine.preview(hall.desk.request(100))
    hall.engine.drain()

    with pytest.raises(DataError, match="disk is full"):
        first.result()
    with pytest.raises(OrderError, match="trading has stopped"):
        second.result()
    assert [notice.severity for notice in hall.notices] == ["CRITICAL"]
    assert hall.engine.snapshot() == before
    assert preview.result().available_cny == before.account.available_cny


def test_a_reset_is_asked_for_like_everything_else(hall: Hall) -> None:
    hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()
    answer = hall.engine.reset(DAY1)
    hall.engine.drain()

    assert answer.result() == hall.engine.snapshot()
    assert hall.engine.snapshot().account.cash_cny == CNY("1000000.00")


def test_a_request_to_stop_is_heeded_even_when_nobody_trades(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    hall = Hall(Desk(store=MemoryOrderStore(), kill_request=path))
    told = threading.Event()
    hall.bus.subscribe(KillEvent, lambda _event: told.set())
    stop = threading.Event()
    thread = threading.Thread(target=hall.engine.run, args=(stop,))
    thread.start()
    write_request(path, KillRequest(KillLevel.BLOCK, "watchdog"))
    assert told.wait(LONG_S)
    stop.set()
    thread.join(LONG_S)
    assert hall.engine.snapshot().kill_level is KillLevel.BLOCK


def test_a_closed_engine_refuses_instead_of_waiting_for_ever(hall: Hall) -> None:
    waiting = hall.engine.submit(hall.desk.request(100))
    hall.engine.close()
    after = hall.engine.submit(hall.desk.request(100))

    for answer in (waiting, after):
        with pytest.raises(OrderError, match="closed"):
            answer.result(LONG_S)
    hall.bus.publish(BarEvent((a_bar(symbol=MAIN),)))        # nobody listens any more
    hall.engine.drain()
    assert hall.engine.snapshot().orders == ()


def test_the_last_tick_of_the_market_before_a_reset_does_not_roll_the_fresh_account(
) -> None:
    hall = Hall(Desk(day=DAY2))
    hall.engine.reset(DAY1)
    hall.engine.drain()
    hall.bus.publish(BarEvent((a_bar(ts_utc=at(DAY2)),)))
    hall.bus.publish(QuoteEvent((a_quote(ts_utc=at(DAY2)),)))
    hall.engine.drain()
    assert hall.engine.snapshot().account.trading_day == DAY1

    hall.engine.submit(hall.desk.request(100))
    hall.bus.publish(BarEvent((a_bar(ts_utc=at(DAY1, time(9, 45))),)))
    hall.engine.drain()
    assert [event.fill.trading_day for event in hall.fills] == [DAY1]


def test_a_market_of_an_earlier_day_fills_nothing(hall: Hall) -> None:
    hall.desk.clock.move_to(at(DAY2))
    hall.engine.submit(hall.desk.request(100))
    hall.bus.publish(BarEvent((a_bar(price="9.90", ts_utc=at(DAY1, time(14))),)))
    hall.engine.drain()

    assert hall.fills == []


def test_a_request_to_stop_is_heeded_while_the_market_never_rests(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    hall = Hall(Desk(kill_request=path))
    hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()
    write_request(path, KillRequest(KillLevel.BLOCK, "watchdog"))
    hall.bus.publish(BarEvent((a_bar(),)))
    hall.engine.drain()

    assert hall.engine.snapshot().kill_level is KillLevel.BLOCK
    assert hall.engine.snapshot().orders[0].status is S.CANCELLED


@pytest.mark.parametrize("event", [BarEvent((a_bar(),)), QuoteEvent((a_quote(),))])
def test_a_market_that_comes_faster_than_it_is_booked_stops_trading_with_a_notice(
    hall: Hall, event: BarEvent | QuoteEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.executor._FULL_WAIT_S", 0)
    hall.engine._inbox.maxsize = 1
    hall.engine.preview(hall.desk.request(100))
    hall.bus.publish(event)

    assert [notice.severity for notice in hall.notices] == ["CRITICAL"]
    assert hall.bus.failures == {}


def test_a_kill_goes_before_everything_that_waits_in_the_inbox(hall: Hall) -> None:
    orders = [hall.engine.submit(hall.desk.request(100)) for _ in range(50)]
    kill = hall.engine.set_kill(KillLevel.BLOCK, "drill")
    hall.engine.drain()

    assert kill.result() is KillLevel.BLOCK
    assert {order.result().status for order in orders} == {S.DENIED}
    assert [entry.kind for entry in hall.desk.store.entries() if entry.kind == "KILL"] == ["KILL"]


def test_only_a_person_with_a_reason_takes_a_block_back_and_it_is_audited() -> None:
    heard: list[tuple[str, str, str]] = []

    class Sink:
        def record(self, event: str, user: str, details: str) -> None:
            heard.append((event, user, details))

    hall = Hall(Desk(store=MemoryOrderStore(), audit=Sink()))
    for level, reason in ((KillLevel.BLOCK, "drill"), (KillLevel.NONE, " "),
                          (KillLevel.NONE, "the drill is over")):
        answer = hall.engine.set_kill(level, reason)
        hall.engine.drain()
        if not reason.strip():
            with pytest.raises(RiskError, match="no reason"):
                answer.result()
            assert hall.engine.snapshot().kill_level is KillLevel.BLOCK

    assert hall.engine.snapshot().kill_level is KillLevel.NONE
    assert heard == [("kill level lowered", "a person at the desk",
                      "BLOCK to NONE: the drill is over")]
    assert [e.kind for e in hall.desk.store.entries()][-2:] == ["DECISION", "KILL"]


class FullStore(MemoryOrderStore):
    """Takes nothing while `full`."""

    full = False

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        if self.full:
            raise DataError("could not write", why="the disk is full", remedy="Free some space")
        super().append(entries, changes)


def test_with_a_full_disk_a_kill_still_cancels_blocks_and_is_written_when_it_can() -> None:
    store, broker = FullStore(), BadBroker(complete=True)
    hall = Hall(Desk(store=store, broker=broker))
    orders = [hall.engine.submit(hall.desk.request(100)) for _ in range(3)]
    hall.engine.drain()
    store.full = True
    kill = hall.engine.set_kill(KillLevel.BLOCK, "drill")
    hall.engine.drain()

    assert [order.result().order_id for order in orders] == [1, 2, 3]
    assert set(broker.cancelled) == {1, 2, 3}
    assert hall.engine.stopped is not None
    assert kill.done()
    store.full = False
    hall.desk.clock.move_to(at(DAY1, time(10, 5)))
    hall.engine._next_try_ns = 0
    hall.engine._kill_while_stopped()
    assert store.load().kill_level is KillLevel.BLOCK


def test_trading_goes_on_by_itself_once_the_ledger_can_be_written_again() -> None:
    store = FullDisk()
    hall = Hall(Desk(store=store))
    kill = hall.engine.set_kill(KillLevel.PAUSE, "drill")
    hall.engine.drain()
    store.full = True
    hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()
    store.full = False
    early = hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()
    hall.desk.clock.move_to(at(DAY1, time(10, 1)))
    late = hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()

    with pytest.raises(OrderError, match="trading has stopped"):
        early.result()
    assert late.result().order_id == 1
    assert [notice.severity for notice in hall.notices] == ["CRITICAL", "WARNING"]
    assert "the broker was asked" in hall.notices[1].text
    assert hall.engine.snapshot().kill_level is kill.result() is KillLevel.PAUSE
    assert hall.engine.stopped is None


def test_a_ledger_that_contradicts_itself_never_goes_on() -> None:
    store = FullDisk()
    hall = Hall(Desk(store=store))
    store.full = True
    hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()
    store.full = False
    store._kill_level = KillLevel.BLOCK                 # the tables were changed by others
    for minute in range(1, 10):
        hall.desk.clock.move_to(at(DAY1, time(10, minute)))
        hall.engine.preview(hall.desk.request(100))
        hall.engine.drain()

    assert hall.engine.stopped is not None
    assert [notice.severity for notice in hall.notices] == ["CRITICAL"]


def test_a_stop_for_another_reason_is_not_lifted_by_a_ledger_that_works_again() -> None:
    store = FullDisk()
    hall = Hall(Desk(store=store))
    hall.engine._stop_trading(OrderError("trading has stopped", why="a bug", remedy="none"))
    store.full = True
    hall.engine.ask(lambda session: session.set_kill(KillLevel.PAUSE, "drill"), trades=False)
    hall.engine.drain()
    store.full = False
    hall.desk.clock.move_to(at(DAY1, time(10, 1)))
    hall.engine.preview(hall.desk.request(100))
    hall.engine.drain()

    assert "a bug" in str(hall.engine.stopped)


def test_a_core_that_stays_busy_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trading.executor._FULL_WAIT_S", 0)
    engine = ExecutionEngine(Desk().parts, EventBus())      # nobody works its inbox

    with pytest.raises(OrderError, match="did not answer"):
        engine.settle()


def test_a_thread_that_lives_on_while_trading_has_stopped_still_beats() -> None:
    """A full disk is no hang: no watchdog may ask for a kill that outlives the recovery."""
    desk, stop, beats = Desk(store=MemoryOrderStore()), threading.Event(), []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 3:
            stop.set()

    engine = ExecutionEngine(desk.parts, EventBus(), beat=beat)
    engine._stop_trading(OrderError("trading has stopped", why="a full disk", remedy="none"))
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    thread.join(LONG_S)
    stop.set()

    assert len(beats) == 3
