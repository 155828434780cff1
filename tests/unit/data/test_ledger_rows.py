from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.ledger_rows import (
    ACCOUNT_COLUMNS,
    FILL_COLUMNS,
    ORDER_COLUMNS,
    POSITION_COLUMNS,
    account_rows,
    order_of,
)
from data.order_store import SqliteOrderStore
from tests.support.desk import DAY1, STAR, Desk, a_bar, at


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(SqliteOrderStore(tmp_path / "ledger.db")) as store:
        desk = Desk(store=store)
        desk.hold(1_000)
        desk.sell(300, "10.20", tag="标,1")
        desk.buy(100, "10.00001")
        desk.buy(200, "49.50", symbol=STAR, key="k1")
        desk.play(a_bar(price="10.30"))
        yield desk


@pytest.mark.parametrize(("table", "columns"), [
    ("orders", ORDER_COLUMNS), ("fills", FILL_COLUMNS), ("positions", POSITION_COLUMNS),
    ("accounts", ACCOUNT_COLUMNS)])
def test_every_column_of_a_table_is_written_and_read(
    desk: Desk, table: str, columns: list[str]
) -> None:
    db = desk.store._db  # type: ignore[attr-defined]  # the columns as SQLite has them
    there = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}

    assert there - {"account_id", "fill_no"} == set(columns) - {"account_id"}


def test_the_rows_of_an_account_are_what_was_booked(desk: Desk) -> None:
    account = desk.session.snapshot().account
    rows = account_rows(desk.store._db, account)  # type: ignore[attr-defined]  # its connection

    assert rows.orders == tuple(desk.session.book.orders.values())
    assert rows.fills == tuple(desk.session.book.fills.values())
    assert {each.symbol: each for each in rows.positions} == desk.session.book.positions


def test_a_row_comes_back_as_it_was(desk: Desk) -> None:
    loaded = desk.store.load()

    assert loaded.orders[1].request.tag == "标,1"
    assert str(loaded.orders[2].request.limit_cny) == "10.00001"
    assert loaded.fills[0].ts_utc == at(DAY1)


def test_a_row_that_no_order_can_have_is_refused(desk: Desk) -> None:
    db = desk.store._db  # type: ignore[attr-defined]  # its connection
    row = list(db.execute(f"SELECT {', '.join(ORDER_COLUMNS)} FROM orders").fetchone())
    row[ORDER_COLUMNS.index("status")] = "GUESSED"

    with pytest.raises(ValueError, match="GUESSED"):
        order_of(tuple(row))


def test_what_an_order_may_still_change_is_all_that_differs_over_its_life(desk: Desk) -> None:
    """The request, the day and the id of an order never change; its update leaves them alone."""
    book = desk.session.book
    before = {order.order_id: (order.request, order.trading_day) for order in book.orders.values()}
    desk.to(desk.parts.calendar.next_session(desk.session.day))
    assert {o.order_id: (o.request, o.trading_day) for o in desk.store.load().orders} == before
    assert desk.store.load().orders == tuple(desk.session.book.orders.values())
