"""What a source has in the market, from its orders alone."""

from decimal import Decimal

from core.types import Order, OrderSide, OrderStatus
from tests.support.desk import DAY1, MAIN, a_request
from trading.budgets import affordable_shares, exposure, shares_of

CNY = Decimal


def an_order(side: OrderSide, shares: int, filled: int, status: OrderStatus) -> Order:
    return Order(order_id=1, request=a_request(side=side, shares=shares), trading_day=DAY1,
                 status=status, filled_shares=filled, amount_cny=CNY("10.00") * filled)


def test_held_and_open_purchases_count_an_unknown_fate_too() -> None:
    shares = shares_of([
        an_order(OrderSide.BUY, 300, 300, OrderStatus.FILLED),
        an_order(OrderSide.BUY, 200, 100, OrderStatus.UNKNOWN),
        an_order(OrderSide.SELL, 100, 100, OrderStatus.FILLED)])

    assert shares[MAIN].held_shares == 300
    assert shares[MAIN].open_shares == 100
    assert exposure(shares) == CNY("4000.00")


def test_sales_beyond_its_purchases_make_no_negative_holding() -> None:
    shares = shares_of([an_order(OrderSide.BUY, 100, 100, OrderStatus.FILLED),
                        an_order(OrderSide.SELL, 500, 500, OrderStatus.FILLED)])

    assert shares[MAIN].held_shares == 0
    assert exposure(shares) == 0
    assert exposure({}) == 0


def test_money_buys_whole_steps_rounded_down() -> None:
    assert affordable_shares(CNY("1999.99"), CNY("10.00"), 100, 100) == 100
    assert affordable_shares(CNY("2000.00"), CNY("10.00"), 100, 100) == 200
    assert affordable_shares(CNY("1990.00"), CNY("10.00"), 1, 200) == 0
    assert affordable_shares(CNY("-5"), CNY("10.00"), 100, 100) == 0
