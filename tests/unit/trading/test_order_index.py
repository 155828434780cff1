import random
from dataclasses import replace

from core.types import Order, OrderSide, OrderStatus, OrderType
from tests.support.desk import CNY, DAY1, MAIN, STAR, Desk, a_request
from trading.ledger import rebuild_book
from trading.order_index import OpenSide, OrderIndex

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def an_order(order_id: int, status: OrderStatus, **request: object) -> Order:
    return Order(order_id=order_id, request=a_request(**request), trading_day=DAY1, status=status)


def test_open_orders_are_found_by_symbol_and_leave_when_they_end() -> None:
    index = OrderIndex()
    first, second = an_order(1, OrderStatus.LIVE), an_order(2, OrderStatus.UNKNOWN)
    for order in (first, second, an_order(3, OrderStatus.LIVE, symbol=STAR)):
        index.take(None, order)

    assert (index.open_in(MAIN), index.open_in(STAR)) == ([1, 2], [3])
    index.take(first, replace(first, status=OrderStatus.FILLED))
    assert index.open_in(MAIN) == [2]
    index.take(second, replace(second, status=OrderStatus.CANCELLED))
    assert index.open_in(MAIN) == []
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
        assert index.open_in(MAIN) == [2]
        assert index.sent_for(3, BUY) == 300


def test_a_reset_account_has_sent_nothing() -> None:
    desk = Desk()
    desk.buy(100, "9.00", plan_id=3)
    desk.session.reset(DAY1)

    assert desk.session.book.index.open_in(MAIN) == []
    assert desk.session.book.index.sent_for(3, BUY) == 0


def test_a_side_is_told_by_its_sums_its_best_price_and_its_unknown_orders() -> None:
    index = OrderIndex()
    for order_id, limit, shares in ((1, "10.00", 100), (2, "10.20", 200), (3, "10.20", 300)):
        index.take(None, an_order(order_id, OrderStatus.LIVE, limit_cny=CNY(limit), shares=shares))
    side = index.side(MAIN, BUY)
    assert (side.shares, side.waiting_cny) == (600, CNY("6100.00"))
    assert (side.best(BUY), side.best(SELL)) == ((2, CNY("10.20")), (1, CNY("10.00")))

    part = an_order(2, OrderStatus.PARTIAL, limit_cny=CNY("10.20"), shares=200)
    index.take(None, replace(part, filled_shares=150))
    index.take(None, an_order(3, OrderStatus.UNKNOWN, limit_cny=CNY("10.20"), shares=300))
    assert (side.shares, side.waiting_cny) == (450, CNY("4570.00"))
    assert list(side.unknown) == [3]
    index.take(None, an_order(4, OrderStatus.LIVE, limit_cny=None, shares=700,
                              type=OrderType.BEST5_CANCEL))
    assert (side.best(BUY), side.unpriced_shares) == ((4, None), 700)
    for order_id, price in ((1, "10.00"), (2, "10.20"), (3, "10.20"), (4, None)):
        index.take(None, an_order(order_id, OrderStatus.CANCELLED,
                                  limit_cny=None if price is None else CNY(price),
                                  type=OrderType.LIMIT if price else OrderType.BEST5_CANCEL))
    assert index.side(MAIN, BUY) == OpenSide()
    assert index.side(MAIN, SELL).best(SELL) is None


def test_kept_step_by_step_it_is_what_a_fresh_index_says() -> None:
    dice, index, orders = random.Random(3), OrderIndex(), dict[int, Order]()
    for step in range(3_000):
        order_id = dice.randrange(1, 40)
        old = orders.get(order_id)
        request = old.request if old else a_request(
            side=dice.choice([BUY, SELL]), shares=100 * dice.randrange(1, 9), plan_id=order_id % 3,
            limit_cny=CNY(dice.randrange(990, 1_010)) / 100, symbol=dice.choice([MAIN, STAR]))
        filled = dice.randrange(0, request.shares + 1)
        new = Order(order_id=order_id, request=request, trading_day=DAY1, filled_shares=filled,
                    status=dice.choice(list(OrderStatus)))
        orders[order_id] = new
        index.take(old, new)
        if step % 100 == 0:
            fresh = OrderIndex()
            for each in orders.values():
                fresh.take(None, each)
            for symbol in (MAIN, STAR):
                assert index.open_in(symbol) == fresh.open_in(symbol)
                for side in (BUY, SELL):
                    found, expected = index.side(symbol, side), fresh.side(symbol, side)
                    assert (found.shares, found.waiting_cny, set(found.unknown)) == (
                        expected.shares, expected.waiting_cny, set(expected.unknown))
                    assert {limit: set(ids) for limit, ids in found.by_limit.items()} == {
                        limit: set(ids) for limit, ids in expected.by_limit.items()}
            assert [index.sent_for(n, side) for n in (1, 2) for side in (BUY, SELL)] == [
                fresh.sent_for(n, side) for n in (1, 2) for side in (BUY, SELL)]
