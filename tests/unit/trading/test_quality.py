"""Execution quality: the sign of a cost, and unknown as unknown."""

from decimal import Decimal

import pytest

from core.types import Fees, Order, OrderSide, OrderStatus
from tests.support.desk import DAY1, a_request
from trading.quality import quality_of

CNY = Decimal


def an_order(amount: str, shares: int = 100, side: OrderSide = OrderSide.BUY) -> Order:
    return Order(order_id=1, request=a_request(shares=shares, side=side), trading_day=DAY1,
                 status=OrderStatus.FILLED, filled_shares=shares, amount_cny=CNY(amount),
                 fees=Fees(commission_cny=CNY("5.00")))


@pytest.mark.parametrize(("side", "amount", "bps"), [
    (OrderSide.BUY, "1010.00", "100.0"), (OrderSide.BUY, "990.00", "-100.0"),
    (OrderSide.SELL, "990.00", "100.0"), (OrderSide.SELL, "1010.00", "-100.0")])
def test_a_worse_price_than_at_arrival_is_a_positive_cost(
    side: OrderSide, amount: str, bps: str
) -> None:
    found = quality_of((an_order(amount, side=side),), arrival_cny=CNY("10.00"))

    assert found.arrival_slippage_bps == CNY(bps)


def test_the_interval_and_the_share_come_from_what_the_market_traded() -> None:
    found = quality_of((an_order("1000.00"), an_order("1020.00")), arrival_cny=None,
                       interval_volume=1_000, interval_amount_cny=CNY("10000.00"))

    assert found.average_cny == CNY("10.1000")
    assert found.interval_slippage_bps == CNY("100.0")
    assert found.participation_ratio == CNY("0.2000")


def test_what_is_not_known_is_none_and_not_told() -> None:
    found = quality_of((an_order("1000.00"),), arrival_cny=None)

    assert found.arrival_slippage_bps is None
    assert found.interval_slippage_bps is None
    assert found.participation_ratio is None
    assert set(found.texts()) == {"average_cny", "fees_bps"}
    assert quality_of((), arrival_cny=CNY("10.00")).texts() == {}


def test_a_volume_smaller_than_our_own_is_not_believed() -> None:
    found = quality_of((an_order("1000.00"),), arrival_cny=None, interval_volume=50)

    assert found.participation_ratio is None
