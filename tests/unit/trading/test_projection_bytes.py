from dataclasses import replace

from core.types import Receivable, Right
from tests.support.desk import CNY, DAY1, MAIN, Desk
from trading.projection_bytes import first_layout, projection_bytes


def a_desk() -> Desk:
    desk = Desk()
    desk.hold(1_000)
    desk.buy(100)
    return desk


def test_every_part_of_the_rows_shows_in_the_bytes() -> None:
    rows = a_desk().store.load()
    account, position = rows.account, rows.positions[0]
    assert account is not None
    owed = Receivable(symbol=MAIN, ex_date=DAY1, due=DAY1, cash_cny=CNY("1.00"))
    right = Right(symbol=MAIN, ex_date=DAY1, shares=1, price_cny=CNY("1.00"), until=DAY1)
    changed = [
        replace(rows, last_order_id=9), replace(rows, orders=()), replace(rows, fills=()),
        replace(rows, positions=(replace(position, lots=()),)),
        replace(rows, positions=(replace(position, fees_cny=CNY("0.00")),)),
        replace(rows, account=replace(account, receivables=(owed,))),
        replace(rows, account=replace(account, rights=(right,))),
        replace(rows, account=replace(account, proceeds_cny=CNY("1.00"))),
        replace(rows, orders=tuple(replace(o, reserved_cny=CNY("0.01")) for o in rows.orders)),
    ]
    found = [projection_bytes(each) for each in (rows, *changed)]
    assert len(set(found)) == len(found)


def test_the_first_layout_keeps_all_that_the_oldest_rows_held() -> None:
    rows = a_desk().store.load()
    first = first_layout(rows)

    assert first_layout(first) == first
    assert (first.positions[0].lots, first.last_order_id) == ((), 0)
    assert first.positions[0].cost_cny == rows.positions[0].cost_cny
    assert first.account is not None
    assert rows.account is not None
    assert first.account.cash_cny == rows.account.cash_cny
    assert first_layout(replace(rows, account=None)).account is None
