from json import loads

import pytest

from core.exceptions import DataError, OrderError
from core.types import KillLevel, OrderStatus
from tests.support.desk import CNY, Desk
from tests.support.failing_store import FailingStore
from trading.bookkeeper import Bookkeeper
from trading.journal import verify_chain
from trading.ledger import projection_bytes, rebuild
from trading.records import Entry


def test_after_a_failed_commit_the_store_is_read_again_and_believed() -> None:
    desk = Desk(store=FailingStore(2, written=False))
    with pytest.raises(DataError, match="disk is full"):
        desk.buy(100)
    assert desk.session.failed
    with pytest.raises(DataError, match="earlier write failed"):
        desk.buy(100)

    desk.session.reload()
    assert desk.session.snapshot().orders == ()
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")
    assert desk.session.submit(desk.request(100)).order_id == 1


def test_a_commit_that_raised_and_is_durable_counts_as_one_that_did_not_raise() -> None:
    store, plain = FailingStore(2, written=True), Desk()
    desk = Desk(store=store)

    assert desk.buy(100) == plain.buy(100)
    assert not desk.session.failed
    assert store.reopened == 1
    assert desk.session.snapshot() == plain.session.snapshot()
    assert list(desk.store.entries()) == list(plain.store.entries())


def test_a_commit_is_not_believed_while_the_store_cannot_be_opened_anew() -> None:
    store = FailingStore(2, written=True)
    store.opens = False
    desk = Desk(store=store)

    with pytest.raises(DataError, match="disk is full"):
        desk.buy(100)
    assert desk.session.failed
    with pytest.raises(DataError, match="could not open"):
        desk.session.reload()
    store.opens = True
    desk.session.reload()
    assert [o.status for o in desk.session.snapshot().orders] == [OrderStatus.NOT_SENT]


def test_a_ledger_that_lost_what_it_had_answered_is_not_believed() -> None:
    store = FailingStore(-1, written=False)
    desk = Desk(store=store)
    books = Bookkeeper(store, desk.clock)
    books.record(Entry.DECISION, {"why": "durable"})
    store._entries.pop()

    with pytest.raises(DataError, match="lacks entry 2"):
        books.reload()


def test_a_group_is_one_transaction_and_tells_the_same_story() -> None:
    counting, plain = FailingStore(-1, written=True), Desk()
    desk = Desk(store=counting)
    for each in (desk, plain):
        each.buy(100, "9.00")
    before = counting.appends
    books = Bookkeeper(counting, desk.clock)
    with books.group():
        for number in (1, 2):
            books.record(Entry.PLAN, {"key": "1", "value": {"n": number}, "why": "a test"})
        assert counting.appends == before

    assert counting.appends == before + 1
    assert verify_chain(counting) == counting.head()
    assert projection_bytes(rebuild(counting.entries())) == projection_bytes(counting.load())


def test_a_kill_level_is_durable_at_once_in_a_group_as_well() -> None:
    counting = FailingStore(-1, written=True)
    books = Bookkeeper(counting, Desk(store=counting).clock)
    with books.group():
        books.record(Entry.KILL, {"level": 3, "reason": "drill", "by": "a test"})
        assert counting.load().kill_level is KillLevel.BLOCK


def test_a_group_that_fails_leaves_nothing_behind() -> None:
    desk = Desk(store=FailingStore(3, written=False))
    books = Bookkeeper(desk.store, desk.clock)
    kill = {"level": 1, "reason": "drill", "by": "a test"}
    books.record(Entry.KILL, kill)
    head = desk.store.head()

    def two() -> None:
        with books.group():
            books.record(Entry.DECISION, {"why": "one"})
            books.record(Entry.DECISION, {"why": "two"})

    with pytest.raises(DataError, match="disk is full"):
        two()
    assert books.failed
    books.reload()
    assert (desk.store.head(), books.book.kill_level) == (head, KillLevel.PAUSE)


def test_the_send_protocol_is_durable_at_once_inside_a_group_too() -> None:
    store = FailingStore(-1, written=True)
    desk = Desk(store=store)
    order_id = desk.buy(100)
    books = Bookkeeper(store, desk.clock)
    intent = loads(next(e for e in store.entries() if e.kind == Entry.ORDER_INTENT).payload)
    with books.group():
        books.record(Entry.DECISION, {"why": "first"})
        books.record(Entry.ORDER_INTENT, intent | {"order_id": order_id + 1})
        assert store.head()[0] == books.seq
        books.record(Entry.ORDER_SENDING, {"order_id": order_id + 1})
        assert store.head()[0] == books.seq


def test_an_error_inside_a_group_keeps_what_was_recorded_before_it() -> None:
    desk = Desk()
    books = Bookkeeper(desk.store, desk.clock)

    def interrupted() -> None:
        with books.group():
            books.record(Entry.DECISION, {"why": "first"})
            raise OrderError("no", why="a test", remedy="none")

    with pytest.raises(OrderError):
        interrupted()
    assert desk.store.head()[0] == books.seq == 2


def test_every_entry_carries_the_signature_over_its_hash() -> None:
    desk = Desk(sign=lambda text: f"signed {text}")
    desk.buy(100)

    entries = list(desk.store.entries())
    assert [entry.signature for entry in entries] == [f"signed {e.hash}" for e in entries]
    assert verify_chain(desk.store, lambda text, signed: signed == f"signed {text}")
    with pytest.raises(DataError, match="broken at entry 1"):
        verify_chain(desk.store, lambda _text, _signed: False)


def test_an_illegal_step_writes_nothing_and_fails_nothing() -> None:
    desk = Desk()
    order_id = desk.buy(100)
    books = Bookkeeper(desk.store, desk.clock)
    before = desk.store.head()

    with pytest.raises(OrderError):
        books.record(Entry.ORDER_SENDING, {"order_id": order_id})
    assert desk.store.head() == before
    assert not books.failed


def test_tables_that_differ_from_the_journal_are_refused_at_the_start() -> None:
    desk = Desk()
    desk.buy(100)
    desk.store._kill_level = KillLevel.BLOCK  # type: ignore[attr-defined]  # behind its back

    with pytest.raises(DataError, match="tables differ from its journal"):
        Bookkeeper(desk.store, desk.clock)


def test_after_an_error_that_nobody_foresaw_nothing_more_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk()
    books = Bookkeeper(desk.store, desk.clock)

    def break_down(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(desk.store, "append", break_down)
        with pytest.raises(MemoryError):
            books.record(Entry.DECISION, {"why": "lost"})

    with pytest.raises(DataError, match="earlier write failed"):
        books.record(Entry.DECISION, {"why": "next"})
