from core.types import OrderSide, OrderType
from tests.support.desk import CNY
from tests.support.sim_orders import resting
from trading.sim_book import PriceLevel, Resting, SymbolOrders


def offers(level: PriceLevel, shares: int) -> list[tuple[int, int]]:
    """(order, what reached it), every order taking all it can."""
    found = []
    for order, offer in level.trade(shares):
        taken = min(offer, order.left_shares)
        order.left_shares -= taken
        found.append((order.order_id, taken))
    return found


def ids(orders: list[Resting]) -> list[int]:
    return [order.order_id for order in orders]


def test_an_order_trades_only_after_what_stood_before_it() -> None:
    level = PriceLevel()
    level.join(resting(shares=300), 1_000)

    assert offers(level, 900) == []
    assert offers(level, 250) == [(1, 150)]
    assert offers(level, 500) == [(1, 150)]


def test_our_own_earlier_order_comes_before_our_later_one() -> None:
    level = PriceLevel()
    level.join(resting(1, shares=200), 100)
    level.join(resting(2, shares=200), 100)

    assert offers(level, 350) == [(1, 200), (2, 50)]


def test_an_order_that_came_later_stands_behind_what_came_between() -> None:
    level = PriceLevel()
    level.join(resting(1, shares=100), 100)
    level.join(resting(2, shares=100), 600)

    assert offers(level, 500) == [(1, 100)]
    assert offers(level, 150) == [(1, 0), (2, 50)]


def test_what_is_cancelled_before_us_moves_us_forward_and_what_joins_not_back() -> None:
    level = PriceLevel()
    level.join(resting(1), 1_000)
    level.show(400)
    level.show(900)

    assert offers(level, 500) == [(1, 100)]


def test_an_unknown_place_trades_nothing_until_the_level_is_shown() -> None:
    level = PriceLevel()
    level.join(resting(1), None)
    assert offers(level, 10_000) == []
    level.show(200)
    assert offers(level, 300) == [(1, 100)]


def test_only_the_prices_that_a_quote_reaches_are_looked_at() -> None:
    orders = SymbolOrders()
    for number, price in enumerate(("9.90", "10.00", "9.95", "10.00"), start=1):
        orders.add(resting(number, limit=price))
    orders.add(resting(5, limit="10.20", side=OrderSide.SELL))

    assert ids(orders.rested(OrderSide.BUY, CNY("9.95"))) == [2, 4, 3]
    assert ids(orders.rested(OrderSide.BUY, CNY("10.01"))) == []
    assert ids(orders.rested(OrderSide.SELL, CNY("10.20"))) == [5]
    assert ids(orders.rested(OrderSide.SELL, CNY("10.19"))) == []


def test_an_order_is_found_until_it_is_removed_wherever_it_stands() -> None:
    orders = SymbolOrders()
    new, rested, free = resting(1, fresh=True), resting(2), resting(3, limit=None)
    for order in (new, rested, free):
        orders.add(order)
    late = resting(4, type=OrderType.FIXED_PRICE)
    orders.add(late)
    assert ids(orders.live()) == [1, 2, 3]
    assert list(orders.after_hours) == [4]
    for order in (new, rested, free, late):
        orders.remove(order)

    assert orders.live() == []
    assert not orders.after_hours
    assert orders.sides[OrderSide.BUY].levels == {}
    assert orders.sides[OrderSide.BUY].reaching(CNY("0.01")) == []


def test_removing_an_order_that_is_not_there_changes_nothing() -> None:
    orders = SymbolOrders()
    orders.add(resting(1))
    orders.remove(resting(2))
    orders.remove(resting(3, limit="9.00"))

    assert ids(orders.live()) == [1]
