import pytest

from core.exceptions import DataError, OrderError
from core.types import KillLevel, OrderStatus
from tests.support.desk import CNY, Desk
from tests.support.failing_store import FailingStore
from trading.bookkeeper import Bookkeeper
from trading.records import Entry


@pytest.mark.parametrize("written", [False, True])
def test_after_a_failed_commit_the_store_is_read_again_and_believed(written: bool) -> None:
    store = FailingStore(2, written=written)
    desk = Desk(store=store)
    with pytest.raises(DataError, match="disk is full"):
        desk.buy(100)
    assert desk.session.failed
    with pytest.raises(DataError, match="earlier write failed"):
        desk.buy(100)

    desk.session.reload()
    orders = desk.session.snapshot().orders
    assert [order.status for order in orders] == ([OrderStatus.NOT_SENT] if written else [])
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")
    assert desk.session.submit(desk.request(100)).order_id == (2 if written else 1)


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
