"""What counts as sent: everything that may have reached the market."""

import pytest

from core.types import Order, OrderStatus
from tests.support.desk import DAY1, a_request
from trading.plan_view import Children


def an_order(status: OrderStatus, order_id: int = 1) -> Order:
    return Order(order_id=order_id, request=a_request(shares=100), trading_day=DAY1,
                 status=status)


@pytest.mark.parametrize("status", list(OrderStatus))
def test_only_what_provably_never_left_is_not_sent(status: OrderStatus) -> None:
    never = {OrderStatus.NEW, OrderStatus.DENIED, OrderStatus.NOT_SENT}

    assert Children((an_order(status),)).sent_shares == (0 if status in never else 100)


def test_the_last_child_is_the_newest() -> None:
    orders = (an_order(OrderStatus.FILLED), an_order(OrderStatus.UNKNOWN, 2))

    assert Children(orders).last is orders[1]
    assert Children(orders).unknown == orders[1:]
    assert Children().last is None
