"""The vnpy adapter where the contract suite does not reach."""

import subprocess
import sys
from collections.abc import Iterator
from copy import copy
from typing import Any

import pytest
from vnpy.event import Event
from vnpy.trader.constant import Status
from vnpy.trader.gateway import BaseGateway

from core.exceptions import ConfigError, OrderError, TradingError
from core.types import BrokerReport, Order, OrderSide, OrderStatus, OrderType, Report
from tests.support.broker_rig import Placing
from tests.support.desk import CNY, DAY1, FUND, MAIN, STAR, a_request
from tests.support.fake_gateway import FakeGateway, MarketOrder
from tests.support.vnpy_rig import VnpyRig, running_engine
from trading.vnpy_broker import STATUSES, gateway_of


class Hears:
    def __init__(self) -> None:
        self.rig = VnpyRig()
        self.reports: list[BrokerReport] = []
        self.rig.broker.on_report(self.reports.append)

    def place(self, order_id: int = 1, **changes: Any) -> tuple[Order, MarketOrder]:
        order = Order(order_id=order_id, request=a_request(**{"shares": 300} | changes),
                      trading_day=DAY1, status=OrderStatus.SENDING)
        self.rig.broker.place(order)
        return order, self.rig.order(order_id)

    def said(self) -> list[tuple[Report, int]]:
        self.rig.settle()
        return [(report.kind, report.order_id) for report in self.reports]


@pytest.fixture(name="line")
def _line() -> Iterator[Hears]:
    line = Hears()
    yield line
    line.rig.close()


def test_the_gateway_of_the_tests_is_one_by_vnpys_contract() -> None:
    assert BaseGateway.__abstractmethods__ == {
        "connect", "close", "subscribe", "send_order", "cancel_order", "query_account",
        "query_position"}
    assert not FakeGateway.__abstractmethods__


def test_every_status_of_vnpy_is_mapped_and_no_other() -> None:
    assert set(STATUSES) == {status.name for status in Status}


def test_what_it_lacks_is_said(line: Hears) -> None:
    can = line.rig.broker.capabilities

    assert (can.complete_list, can.trades, can.positions, can.cash, can.remarks) == (False,) * 5
    assert can.types == {OrderType.LIMIT}
    assert "reduced guarantees" in can.label_en
    assert "never against a real broker" in can.label_en
    for ask in (line.rig.broker.query_positions, line.rig.broker.query_cash):
        with pytest.raises(OrderError, match="not asked"):
            ask()


@pytest.mark.parametrize(("symbol", "side", "limit", "seen"), [
    (MAIN, OrderSide.BUY, "10.05", ("600519", "SSE", "LONG", 10.05)),
    (FUND, OrderSide.SELL, "4.001", ("510300", "SSE", "SHORT", 4.001)),
    ("000001.SZ", OrderSide.BUY, "9.99", ("000001", "SZSE", "LONG", 9.99)),
    ("920001.BJ", OrderSide.BUY, "9.99", ("920001", "BSE", "LONG", 9.99)),
])
def test_an_order_crosses_as_it_was_meant(
    line: Hears, symbol: str, side: OrderSide, limit: str, seen: tuple[str, str, str, float],
) -> None:
    _, order = line.place(symbol=symbol, side=side, limit_cny=CNY(limit))
    data = order.data

    assert data.direction is not None
    assert (data.symbol, data.exchange.name, data.direction.name, data.price) == seen
    assert data.volume == 300


@pytest.mark.parametrize("kind", [one for one in OrderType if one is not OrderType.LIMIT])
def test_only_limit_orders_are_sent(line: Hears, kind: OrderType) -> None:
    with pytest.raises(OrderError, match="limit orders only"):
        line.place(type=kind, symbol=STAR)
    assert line.rig.market.orders == {}


@pytest.mark.parametrize("becomes", [Placing.LIE, Placing.LOSE_ANSWER, Placing.LOSE_REQUEST])
def test_an_error_or_an_empty_id_proves_nothing(line: Hears, becomes: Placing) -> None:
    line.rig.next_place(becomes)
    with pytest.raises(TradingError) as raised:
        line.place()
    assert not isinstance(raised.value, OrderError)


def test_it_looks_for_a_kill_request_before_every_order(line: Hears) -> None:
    line.rig.next_place(Placing.REFUSE)

    with pytest.raises(OrderError, match="the rig says no"):
        line.place()
    assert line.rig.market.orders == {}


def test_a_trade_that_overtakes_the_call_is_ours(line: Hears) -> None:
    line.rig.next_place(Placing.FILL_FIRST)
    line.place()

    assert (Report.FILL, 1) in line.said()


def test_without_a_reference_the_returned_id_decides(line: Hears) -> None:
    line.rig.next_place(Placing.NO_REMARK)
    line.place()
    line.rig.fill(1, 100)

    assert line.said() == [(Report.ACK, 1), (Report.FILL, 1), (Report.ACK, 1)]


def test_an_order_entered_elsewhere_is_told_as_nobodys_of_ours(line: Hears) -> None:
    line.rig.enter_by_hand(MAIN, OrderSide.BUY, 200, "9.50")

    assert line.said() == [(Report.ACK, 0)]
    about = line.reports[0].about
    assert about is not None
    assert (about.symbol, about.side, about.shares) == (MAIN, OrderSide.BUY, 200)


def test_another_order_with_our_reference_is_not_ours(line: Hears) -> None:
    _, order = line.place()
    line.said()
    line.reports.clear()
    data = copy(order.data)
    data.symbol, data.orderid = "600000", "999999"
    data.__post_init__()
    line.rig.market.move(MarketOrder(data, ""), Status.CANCELLED)

    assert line.said() == [(Report.CANCELLED, 0)]


@pytest.mark.parametrize("change", [
    {"volume": 100.5}, {"volume": -100}, {"price": float("nan")}, {"tradeid": ""}])
def test_garbage_is_counted_and_vnpys_thread_lives_on(line: Hears, change: dict[str, Any]) -> None:
    line.place()
    line.said()
    line.reports.clear()
    line.rig.hold()
    line.rig.fill(1, 100)
    assert line.rig.market.held is not None
    trade = line.rig.market.held[0]
    for name, value in change.items():
        setattr(trade, name, value)
    line.rig.release()
    line.said()

    assert line.rig.broker.garbled == 1
    assert [kind for kind, _ in line.said()] == [Report.ACK]
    running_engine().put(Event("eOrder.", object()))
    line.rig.settle()
    assert line.rig.broker.garbled == 2


def test_a_cancel_without_the_gateways_id_is_refused(line: Hears) -> None:
    order = Order(order_id=9, request=a_request(), trading_day=DAY1, status=OrderStatus.UNKNOWN)
    with pytest.raises(OrderError, match="not known"):
        line.rig.broker.cancel(order)


def test_after_a_restart_a_restored_order_is_known_by_its_id(line: Hears) -> None:
    order, _ = line.place()
    line.rig.settle()
    found = line.rig.order(1).data.vt_orderid
    line.rig.restart()
    line.reports.clear()
    line.rig.broker.on_report(line.reports.append)
    line.rig.broker.restore([Order(
        order_id=1, request=order.request, trading_day=DAY1, status=OrderStatus.LIVE,
        broker_id=found)], ())
    line.rig.fill(1, 100)

    assert (Report.FILL, 1) in line.said()


def test_a_gateway_that_is_not_there_is_a_wrong_setting() -> None:
    for name in ("no_such_package.Gateway", "json.NoGateway", "", "Gateway"):
        with pytest.raises(ConfigError, match="cannot be loaded"):
            gateway_of(name, None)


def test_a_gateway_is_made_by_its_name() -> None:
    with pytest.raises(TypeError, match="market"):     # this one wants its exchange as well
        gateway_of("tests.support.fake_gateway.FakeGateway", running_engine())


def test_vnpys_window_database_and_strategies_are_not_loaded() -> None:
    """What the adapter needs of vnpy brings nothing else along."""
    code = ("import sys; import vnpy.event, vnpy.trader.gateway, vnpy.trader.object; "
            "print(sorted({'PySide6', 'talib', 'loguru', 'pandas'} & set(sys.modules)))")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                           check=True)

    assert found.stdout.strip() == "[]"
