from pathlib import Path

import pytest

from core.exceptions import OrderError
from core.types import KillLevel, Origin
from data.order_store import SqliteOrderStore
from tests.support.desk import CNY, DAY1, DAY2, DAY3, MAIN, STAR, Desk, a_bar, at
from trading.book import Book
from trading.ledger import post, rebuild_book
from trading.records import Entry


def a_days_trading(desk: Desk) -> None:
    """A holding, a rest with a reservation, a denial, a sale of today, a state, a kill level."""
    desk.hold(1_000)
    desk.sell(300, "10.20", tag="t,1")
    desk.play(a_bar(price="10.30", ts_utc=at(DAY2)))
    desk.buy(100, "10.00001")
    desk.buy(200, "49.50", symbol=STAR, key="k1")
    desk.session.record(Entry.PLAN, {"key": "7", "value": {"n": 1}, "why": "", "by": "a test"})
    desk.session.set_kill(KillLevel.PAUSE, "drill")


def open_another(book: Book, name: str = "second") -> None:
    for kind, payload in (
            (Entry.ACCOUNT_OPENED, {"account_id": name, "cash_e4": 5_0000, "origin": "imported"}),
            (Entry.ACCOUNT_SELECTED, {"account_id": name, "left_utc": at(DAY1).isoformat()})):
        book.absorb(post(book, kind, payload, DAY3, at(DAY1)))


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_book_restored_from_its_rows_is_the_book_its_journal_tells_of(
    kind: str, tmp_path: Path
) -> None:
    desk = Desk(store=SqliteOrderStore(tmp_path / "l.db") if kind == "sqlite" else None)
    a_days_trading(desk)
    rebuilt, _ = rebuild_book(desk.store.entries())

    assert rebuilt.reserved_e4
    assert rebuilt.opened.proceeds_e4
    assert rebuilt.by_key
    assert Book.restored(desk.store.load()) == rebuilt
    assert Book.restored(desk.store.load()).open_orders() == rebuilt.open_orders()
    desk.store.close()


def test_books_of_several_accounts_are_restored_whole() -> None:
    desk = Desk()
    a_days_trading(desk)
    book, _ = rebuild_book(desk.store.entries())
    open_another(book)

    again = Book.restored(book.projections())
    assert again == book
    assert (again.account.account_id, again.account.origin) == ("second", Origin.IMPORTED)
    assert list(again.accounts) == ["second", "main"]


def test_books_that_differ_in_anything_are_not_equal() -> None:
    desk = Desk()
    desk.buy(100)
    one, _ = rebuild_book(desk.store.entries())
    other = Book.restored(one.projections())
    assert one == other
    assert one != object()

    other.last_order_id += 1
    assert one != other
    other = Book.restored(one.projections())
    other.reserved_e4[1] += 1
    assert one != other


def test_an_entry_concerns_the_active_account_alone() -> None:
    desk = Desk()
    desk.buy(100)
    book, _ = rebuild_book(desk.store.entries())
    open_another(book)

    assert (book.orders, book.open_orders(), book.reserved_e4) == ({}, [], {})
    assert (book.account.cash_cny, book.day) == (CNY("5.00"), DAY3)
    assert book.last_order_id == 1                    # ids stay unique over all
    book.absorb(post(book, Entry.ACCOUNT_RESET, {"account_id": "second", "cash_e4": 7_0000},
                     DAY1, at(DAY1)))
    assert book.account.cash_cny == CNY("7.00")
    book.absorb(post(book, Entry.ACCOUNT_SELECTED, {"account_id": "main", "left_utc": ""}, DAY1,
                     at(DAY2)))
    assert [order.order_id for order in book.open_orders()] == [1]
    assert book.accounts["second"].left_utc == at(DAY2)


@pytest.mark.parametrize(("kind", "payload", "why"), [
    (Entry.ACCOUNT_OPENED, {"account_id": "main", "cash_e4": 1}, "one of this name already"),
    (Entry.ACCOUNT_SELECTED, {"account_id": "nobody", "left_utc": ""}, "none of this name")])
def test_an_account_is_opened_once_and_selected_only_if_it_exists(
    kind: Entry, payload: dict[str, object], why: str
) -> None:
    book, _ = rebuild_book(Desk().store.entries())

    with pytest.raises(OrderError, match=why):
        post(book, kind, payload, DAY1, at(DAY1))


def test_a_new_book_knows_no_account_and_no_position() -> None:
    book = Book()
    assert (book.cash, book.accounts, book.projections().account) == (None, {}, None)
    assert book.position(MAIN).held_shares == 0
    assert book.fills_of(DAY1) == []


def test_the_orders_of_a_day_are_told_oldest_first() -> None:
    desk = Desk()
    ids = [desk.buy(100, price) for price in ("9.80", "9.81", "9.82")]

    assert [order.order_id for order in desk.session.book.orders_of(desk.session.day)] == ids
