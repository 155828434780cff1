"""Rows of the terminal, understood or refused; never guessed."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.exceptions import OrderError
from core.types import Order, OrderSide, OrderStatus, OrderType, Report
from tests.support.desk import DAY1, a_request
from trading.qmt.translate import (
    cash_in,
    order_id_in,
    order_in,
    place_of,
    position_in,
    remark_of,
    same_order,
    trade_in,
)

ORDER: dict[str, Any] = {
    "stock_code": "600519.SH", "order_id": 7, "order_time": 1_709_517_600, "order_type": 23,
    "order_volume": 300, "price_type": 11, "price": "10.0", "traded_volume": 100,
    "order_status": 55, "status_msg": "", "order_remark": "TGc0ffee-1"}
TRADE: dict[str, Any] = {
    "stock_code": "600519.SH", "order_id": 7, "order_type": 23, "traded_id": "T1",
    "traded_time": 1_709_517_601, "traded_price": "9.99", "traded_volume": 100,
    "order_remark": "TGc0ffee-1"}


def an_order(order_id: int = 1, **changes: Any) -> Order:
    return Order(order_id=order_id, request=a_request(**changes), trading_day=DAY1,
                 status=OrderStatus.SENDING)


def test_a_mark_names_ledger_and_order_and_comes_back() -> None:
    assert order_id_in("c0ffee", remark_of("c0ffee", 123_456)) == 123_456


@pytest.mark.parametrize("remark", [
    "", "TGc0ffee-", "TGc0ffee-x", "TGbadbad-1", "c0ffee-1", "TGc0ffee-01", "TGc0ffee-1 ",
    "TGc0ffee-１", "TGc0ffee--1", "my own order"])
def test_what_is_not_wholly_our_mark_is_not_ours(remark: str) -> None:
    assert order_id_in("c0ffee", remark) == 0


def test_a_mark_that_the_terminal_would_cut_is_never_sent() -> None:
    assert len(remark_of("c0ffee", 10**14)) == 24
    with pytest.raises(ValueError, match="longer"):
        remark_of("c0ffee", 10**15)


def test_a_limit_order_crosses_with_its_exact_price() -> None:
    asked = place_of(an_order(limit_cny=Decimal("10.05"), shares=300), "TGc0ffee-1")

    assert (asked["price"], asked["price_type"], asked["side"], asked["shares"]) == (
        "10.05", 11, 23, 300)


@pytest.mark.parametrize(("kind", "symbol"), [
    (OrderType.FIXED_PRICE, "688001.SH"), (OrderType.MARKET, "600519.SH"),
    (OrderType.FILL_OR_KILL, "600519.SH"), (OrderType.BEST5_LIMIT, "000001.SZ")])
def test_an_order_kind_that_is_not_documented_there_is_not_sent(
    kind: OrderType, symbol: str,
) -> None:
    with pytest.raises(OrderError, match="documents no"):
        place_of(an_order(type=kind, symbol=symbol), "TGc0ffee-1")


def test_an_order_is_read_with_everything_it_says() -> None:
    found = order_in(ORDER)

    assert (found.symbol, found.side, found.shares, found.filled_shares, found.limit_cny) == (
        "600519.SH", OrderSide.BUY, 300, 100, Decimal("10.00"))
    assert found.entered_utc == datetime(2024, 3, 4, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("change", [
    {"order_volume": 0}, {"order_volume": -300}, {"traded_volume": 301}, {"traded_volume": -1},
    {"order_volume": 300.0}, {"order_volume": True}, {"price": "nan"}, {"price": "-1"},
    {"order_type": 27}, {"order_time": 0}, {"order_time": 1_709_517_600_000},
    {"order_time": "10:00"}])
def test_an_order_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        order_in(ORDER | change)


def test_a_trade_is_read_with_its_key() -> None:
    found = trade_in(TRADE, 1)

    assert (found.kind, found.order_id, found.broker_id, found.trade_id, found.shares,
            found.price_cny) == (Report.FILL, 1, "7", "T1", 100, Decimal("9.99"))


@pytest.mark.parametrize("change", [
    {"traded_volume": 0}, {"traded_volume": -100}, {"traded_volume": 100.5}, {"traded_id": ""},
    {"traded_price": "0.0"}, {"traded_price": "inf"}, {"traded_time": -1}])
def test_a_trade_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        trade_in(TRADE | change, 1)


def test_cash_is_what_is_usable_and_what_orders_hold() -> None:
    found = cash_in({"cash": "900000.1", "frozen_cash": "99999.9", "market_value": "0.0"})

    assert (found.cash_cny, found.available_cny) == (Decimal("1000000.00"), Decimal("900000.10"))


def test_a_negative_position_is_refused() -> None:
    with pytest.raises(ValueError, match="position"):
        position_in({"stock_code": "600519.SH", "volume": -1, "can_use_volume": 0})


@pytest.mark.parametrize("change", [
    {"symbol": "600000.SH"}, {"side": OrderSide.SELL}, {"shares": 200}])
def test_a_row_with_our_mark_is_another_order_if_symbol_side_or_size_differ(
    change: dict[str, Any],
) -> None:
    at_broker = order_in(ORDER)

    assert same_order(an_order(shares=300), at_broker)
    assert not same_order(an_order(shares=300), replace(at_broker, **change))
