"""Whose order a row of the terminal is."""

from typing import Any

import pytest

from core.types import Order, OrderSide, OrderStatus
from tests.support.desk import DAY1, a_request
from trading.qmt.numbers import Numbers
from trading.qmt.translate import order_in

TAG = "c0ffee"


def a_row(number: int = 7, remark: str = f"TG{TAG}-1", **changes: Any) -> dict[str, Any]:
    return {"stock_code": "600519.SH", "order_id": number, "order_time": 1_709_517_600,
            "order_type": 23, "order_volume": 100, "price_type": 11, "price": "10.0",
            "traded_volume": 0, "order_status": 50, "status_msg": "",
            "order_remark": remark} | changes


def an_order(order_id: int = 1, broker_id: str = "", **changes: Any) -> Order:
    return Order(order_id=order_id, request=a_request(**changes), trading_day=DAY1,
                 status=OrderStatus.SENDING, broker_id=broker_id)


def whose(numbers: Numbers, row: dict[str, Any], *, trade: bool = False) -> int | None:
    return numbers.id_of(row, order=None if trade else order_in(row))


def test_our_mark_names_our_order_even_after_a_restart() -> None:
    assert whose(Numbers(TAG), a_row()) == 1


def test_a_mark_that_another_order_bears_as_well_is_not_ours() -> None:
    numbers = Numbers(TAG)
    numbers.leaves(an_order(side=OrderSide.SELL))

    assert whose(numbers, a_row(remark="TGc0ffee-1")) == 0


def test_without_a_mark_the_number_that_the_call_returned_decides() -> None:
    numbers = Numbers(TAG)
    numbers.leaves(an_order())
    numbers.left(1, 7)

    assert whose(numbers, a_row(remark="")) == 1
    assert whose(numbers, a_row(number=8, remark="")) == 0


def test_without_a_mark_a_row_waits_while_a_call_is_out() -> None:
    numbers = Numbers(TAG)
    numbers.leaves(an_order())
    assert whose(numbers, a_row(remark="")) is None
    numbers.waits({"push": "order", "row": a_row(remark="")})

    assert [one["row"]["order_id"] for one in numbers.left(1, 7)] == [7]
    assert whose(numbers, a_row(remark="")) == 1


def test_a_trade_of_an_unknown_order_waits_until_the_order_is_told() -> None:
    numbers = Numbers(TAG)
    trade = a_row(remark="")
    assert whose(numbers, trade, trade=True) is None
    numbers.waits({"push": "trade", "row": trade})
    assert whose(numbers, a_row(remark="")) == 0

    assert len(numbers.seen(7)) == 1
    assert whose(numbers, trade, trade=True) == 0


def test_restored_orders_are_known_by_their_number() -> None:
    numbers = Numbers(TAG)
    numbers.start_with([an_order(5, broker_id="7")])

    assert whose(numbers, a_row(remark="")) == 5
    assert numbers.number_of(an_order(5)) == 7


@pytest.mark.parametrize("number", [True, "7", 7.0, None])
def test_a_number_that_is_none_is_refused(number: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Numbers(TAG).id_of(a_row() | {"order_id": number}, order=None)
