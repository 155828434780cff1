import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from core.exceptions import DataError
from core.types import KillLevel, OrderStatus, Report
from data.order_store import SqliteOrderStore
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import CNY, MAIN, STAR, Desk, a_bar
from trading import checkpoints
from trading.bookkeeper import Bookkeeper
from trading.checkpoints import opened_at_checkpoint
from trading.journal import verify_chain
from trading.ledger import rebuild_book
from trading.projection_bytes import projection_bytes
from trading.records import Entry


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture(name="store")
def _store(path: Path) -> Iterator[SqliteOrderStore]:
    with closing(SqliteOrderStore(path)) as store:
        yield store


def days(desk: Desk, count: int) -> None:
    """Sessions with a purchase that fills, one that rests, a refusal, and a sale."""
    for _ in range(count):
        desk.buy(100, key=f"k{desk.session.day}")
        desk.buy(100, "49.50", symbol=STAR)
        desk.buy(100, "10.00001")
        if desk.position(MAIN).sellable_shares:
            desk.sell(100)
        desk.play(a_bar(volume=100_000))
        desk.to(desk.parts.calendar.next_session(desk.session.day))


def kept(store: SqliteOrderStore, desk: Desk) -> Bookkeeper:
    books = Bookkeeper(store, desk.clock)
    books.checkpoint()
    return books


def test_a_ledger_opened_at_a_checkpoint_is_the_one_that_its_journal_tells_of(
    store: SqliteOrderStore
) -> None:
    desk = Desk(store=store)
    days(desk, 3)
    kept(store, desk)
    desk = Desk(store=store, day=desk.session.day)
    days(desk, 2)
    found = opened_at_checkpoint(store)
    whole, head = rebuild_book(store.entries())

    assert found is not None
    book, found_head, _ = found
    assert found_head == head == store.head()
    assert len(list(dict.keys(book.orders))) < len(whole.orders)
    assert book.by_key == whole.by_key
    assert book.projections() == whole.projections()
    assert book.reserved_e4 == whole.reserved_e4
    assert book.open_ids == whole.open_ids
    assert book.fills_of(book.day) == whole.fills_of(book.day)
    assert projection_bytes(book.projections()) == projection_bytes(store.load())
    assert verify_chain(store) == head


def test_trading_goes_on_over_checkpoints_as_without_them(
    store: SqliteOrderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.session.DAY_ENTRIES", 1)
    plain, desk = Desk(), Desk(store=store)
    days(plain, 4)
    days(desk, 4)

    assert desk.session.snapshot().orders == plain.session.snapshot().orders
    assert desk.session.snapshot().account == plain.session.snapshot().account
    assert desk.session.snapshot().positions == plain.session.snapshot().positions
    assert [e.kind for e in store.entries()].count(Entry.CHECKPOINT) == 4
    assert projection_bytes(store.load()) == projection_bytes(plain.store.load())


def test_a_key_of_an_order_that_is_sealed_is_never_sent_again(store: SqliteOrderStore) -> None:
    desk = Desk(store=store)
    first = desk.session.day
    days(desk, 2)
    kept(store, desk)
    desk = Desk(store=store, day=desk.session.day)

    order_id = desk.session.book.by_key[f"k{first}"]
    assert desk.session.order(order_id).status is OrderStatus.FILLED
    assert order_id not in list(dict.keys(desk.session.book.orders))


def test_a_late_fill_of_a_sealed_order_is_booked_once(store: SqliteOrderStore) -> None:
    broker = BadBroker()
    desk = Desk(store=store, broker=broker)
    order_id = desk.buy(200)
    broker.handler(a_report(Report.FILL, order_id, shares=100, price="10.00", trade="t1"))
    broker.handler(a_report(Report.CANCELLED, order_id))
    desk.session.pump()
    desk.to(desk.parts.calendar.next_session(desk.session.day))
    kept(store, desk)
    desk = Desk(store=store, broker=broker, day=desk.session.day)
    late = a_report(Report.FILL, order_id, shares=100, price="10.00", trade="t2")
    for report in (late, late, a_report(Report.FILL, order_id, shares=100, price="10.00",
                                        trade="t1")):
        broker.handler(report)
    desk.session.pump()

    assert desk.position(MAIN).held_shares == 200
    assert opened_at_checkpoint(store) is None          # a sealed row changed: read it all
    desk.session.act()                                  # and the desk keeps a new one at once
    found = opened_at_checkpoint(store)
    assert found is not None
    assert found[0].projections() == rebuild_book(store.entries())[0].projections()


@pytest.mark.parametrize("statement", [
    "UPDATE orders SET broker_id = 'x' WHERE order_id = 1",        # sealed
    "UPDATE fills SET price_e4 = 1 WHERE fill_no = 1",             # sealed
    "UPDATE positions SET held_shares = 7",
    "UPDATE accounts SET cash_e4 = 1",
    "UPDATE risk_state SET kill_level = 3",
    "UPDATE orders SET status = 'REJECTED' WHERE order_id = (SELECT max(order_id) FROM orders)"])
def test_tables_that_differ_are_found_at_a_checkpoint_too(
    store: SqliteOrderStore, path: Path, statement: str
) -> None:
    desk = Desk(store=store)
    days(desk, 2)
    kept(store, desk)
    desk.session.reload()
    desk.buy(100)
    with closing(apsw.Connection(str(path))) as other:
        other.execute(statement)

    assert opened_at_checkpoint(store) is None
    with pytest.raises(DataError, match="tables differ from its journal"):
        Bookkeeper(store, desk.clock)


@pytest.mark.parametrize("statement", [
    "UPDATE checkpoint SET content = x'00'", "DELETE FROM checkpoint"])
def test_a_checkpoint_that_does_not_fit_is_passed_over(
    store: SqliteOrderStore, path: Path, statement: str
) -> None:
    desk = Desk(store=store)
    days(desk, 1)
    kept(store, desk)
    desk.session.reload()
    days(desk, 1)
    kept(store, desk)
    with closing(apsw.Connection(str(path))) as other:
        other.execute(statement)

    assert opened_at_checkpoint(store) is None
    assert Bookkeeper(store, desk.clock).book.projections() == (
        rebuild_book(store.entries())[0].projections())


def test_a_tail_that_was_changed_is_found(store: SqliteOrderStore, path: Path) -> None:
    desk = Desk(store=store)
    days(desk, 1)
    books = kept(store, desk)
    books.record(Entry.KILL, {"level": 1, "reason": "drill", "by": "a test"})
    with closing(apsw.Connection(str(path))) as other:
        other.execute("DROP TRIGGER journal_keeps")
        other.execute("UPDATE journal SET payload = ? WHERE seq = ?", (json.dumps(
            {"level": 2, "reason": "drill", "by": "a test"}), books.seq))

    assert opened_at_checkpoint(store) is None
    with pytest.raises(DataError, match="journal is broken"):
        Bookkeeper(store, desk.clock)


def test_a_book_that_differs_from_its_tables_is_never_kept(
    store: SqliteOrderStore, path: Path
) -> None:
    desk = Desk(store=store)
    days(desk, 1)
    books = kept(store, desk)
    books.record(Entry.KILL, {"level": int(KillLevel.PAUSE), "reason": "drill", "by": "a test"})
    with closing(apsw.Connection(str(path))) as other:
        other.execute("UPDATE orders SET broker_id = 'x' WHERE order_id = 1")

    with pytest.raises(DataError, match="tables differ from its book"):
        books.checkpoint()
    assert books.failed


def test_a_reset_of_the_account_asks_for_a_new_checkpoint(store: SqliteOrderStore) -> None:
    desk = Desk(store=store)
    days(desk, 2)
    kept(store, desk)
    desk = Desk(store=store, day=desk.session.day)
    desk.session.reset(desk.session.day)
    assert desk.session.snapshot().account.cash_cny == CNY("1000000.00")
    desk.session.act()

    found = opened_at_checkpoint(store)
    assert found is not None
    assert found[0].projections() == rebuild_book(store.entries())[0].projections()


def test_nothing_is_kept_where_nothing_happened_since(store: SqliteOrderStore) -> None:
    desk = Desk(store=store)
    books = kept(store, desk)
    seq = books.seq
    books.checkpoint()

    assert books.seq == seq
    assert checkpoints.opened_at_checkpoint(Desk().store) is None


def test_a_checkpoint_follows_one_after_which_somebody_read_every_order(
    store: SqliteOrderStore
) -> None:
    desk = Desk(store=store)
    days(desk, 2)
    kept(store, desk)
    books = Bookkeeper(store, desk.clock)
    assert len(books.book.orders.values()) > 0
    assert len(books.book.fills.values()) > 0

    books.record(Entry.DECISION, {"why": "something happened"})
    books.checkpoint()

    assert opened_at_checkpoint(store) is not None
