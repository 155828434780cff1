from dataclasses import replace

from core.types import Order, OrderSide, OrderStatus
from tests.support.desk import DAY1, MAIN, STAR, Desk, a_request
from trading.ledger import rebuild_book
from trading.order_index import OrderIndex

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def an_order(order_id: int, status: OrderStatus, **request: object) -> Order:
    return Order(order_id=order_id, request=a_request(**request), trading_day=DAY1, status=status)


def test_open_orders_are_found_by_symbol_and_leave_when_they_end() -> None:
    index = OrderIndex()
    first, second = an_order(1, OrderStatus.LIVE), an_order(2, OrderStatus.UNKNOWN)
    for order in (first, second, an_order(3, OrderStatus.LIVE, symbol=STAR)):
        index.take(None, order)

    assert (index.open_in(MAIN), index.open_in(STAR)) == ((1, 2), (3,))
    index.take(first, replace(first, status=OrderStatus.FILLED))
    assert index.open_in(MAIN) == (2,)
    index.take(second, replace(second, status=OrderStatus.CANCELLED))
    assert index.open_in(MAIN) == ()
    assert list(index.symbols()) == [STAR]


def test_what_was_sent_for_a_plan_stays_sent_unless_it_provably_never_left() -> None:
    index = OrderIndex()
    intent = an_order(1, OrderStatus.INTENT, plan_id=7, shares=300)
    index.take(None, intent)
    assert index.sent_for(7, BUY) == 300
    index.take(intent, replace(intent, status=OrderStatus.NOT_SENT))
    assert index.sent_for(7, BUY) == 0
    index.take(None, an_order(2, OrderStatus.DENIED, plan_id=7, shares=900))
    live = an_order(3, OrderStatus.LIVE, plan_id=7, shares=200)
    index.take(None, live)
    for status in (OrderStatus.PART_CANCELLED, OrderStatus.CANCELLED, OrderStatus.REJECTED):
        index.take(live, replace(live, status=status))
        assert index.sent_for(7, BUY) == 200
    assert index.sent_for(7, SELL) == index.sent_for(8, BUY) == 0


def test_the_index_is_the_same_after_a_rebuild_from_the_journal() -> None:
    desk = Desk()
    desk.buy(100, "9.00", plan_id=3)
    desk.buy(200, "9.00", plan_id=3)
    desk.session.cancel(1)
    desk.buy(99)
    book, _ = rebuild_book(desk.store.entries())

    for index in (book.index, desk.session.book.index):
        assert index.open_in(MAIN) == (2,)
        assert index.sent_for(3, BUY) == 300


def test_a_reset_account_has_sent_nothing() -> None:
    desk = Desk()
    desk.buy(100, "9.00", plan_id=3)
    desk.session.reset(DAY1)

    assert desk.session.book.index.open_in(MAIN) == ()
    assert desk.session.book.index.sent_for(3, BUY) == 0
