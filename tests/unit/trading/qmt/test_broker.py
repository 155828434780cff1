"""The QMT adapter where the contract suite does not reach: proofs, lists, days, garbage."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from core.exceptions import OrderError, TradingError
from core.types import BrokerReport, Order, OrderSide, OrderStatus, Report
from tests.support.broker_rig import Placing
from tests.support.desk import CNY, DAY1, MAIN, a_request
from tests.support.fake_qmt import FakeOrder
from tests.support.qmt_rig import QmtRig, wait_for
from tests.support.qmt_surface import ORDER_STATUSES


class Hears:
    """A rig with nobody behind it but a list."""

    def __init__(self) -> None:
        self.rig = QmtRig()
        self.reports: list[BrokerReport] = []
        self.rig.broker.on_report(self.reports.append)

    def place(self, order_id: int = 1, **changes: Any) -> tuple[Order, FakeOrder]:
        order = Order(order_id=order_id, request=a_request(**{"shares": 300} | changes),
                      trading_day=DAY1, status=OrderStatus.SENDING)
        self.rig.broker.place(order)
        self.rig.settle()
        return order, self.rig.order(order_id)

    def said(self) -> list[tuple[Report, int]]:
        self.rig.settle()
        return [(report.kind, report.order_id) for report in self.reports]


@pytest.fixture(name="line")
def _line() -> Iterator[Hears]:
    line = Hears()
    yield line
    line.rig.close()


@pytest.mark.parametrize("status", ORDER_STATUSES, ids=lambda row: str(row.value))
def test_every_documented_status_says_what_the_table_says(line: Hears, status: Any) -> None:
    _, order = line.place()
    line.reports.clear()
    line.rig.terminal.move(order, status.name)

    kinds = [kind for kind, _ in line.said()]
    if status.value in (48, 49, 255):
        assert kinds == []
    elif status.value == 57:
        assert kinds == [Report.REJECTED]
    else:
        assert kinds == [Report.CANCELLED if status.value in (53, 54) else Report.ACK]


def test_what_it_can_do_is_said_honestly(line: Hears) -> None:
    can = line.rig.broker.capabilities

    assert not can.complete_list
    assert "never against a real broker" in can.label_en
    assert "从未连接真实券商" in can.label_zh


@pytest.mark.parametrize("becomes", [Placing.LIE, Placing.LOSE_ANSWER, Placing.LOSE_REQUEST])
def test_what_is_not_proven_is_no_order_error(line: Hears, becomes: Placing) -> None:
    line.rig.next_place(becomes)

    with pytest.raises(TradingError) as raised:
        line.place()
    assert not isinstance(raised.value, OrderError)


def test_an_order_error_of_the_terminal_leaves_the_order_unknown(line: Hears) -> None:
    _, order = line.place()
    line.reports.clear()
    line.rig.terminal.say("on_order_error", SimpleNamespace(
        order_id=order.number, error_id=-61, error_msg="柜台未应答", order_remark=order.remark))

    assert line.said() == [(Report.SILENCE, 1)]


def test_a_push_without_our_mark_waits_for_the_number_of_the_call(line: Hears) -> None:
    line.rig.next_place(Placing.NO_REMARK)
    line.place()
    line.rig.fill(1, 100)

    assert line.said() == [(Report.ACK, 1), (Report.FILL, 1), (Report.ACK, 1)]


def test_an_order_entered_by_hand_is_told_with_what_it_is(line: Hears) -> None:
    line.rig.enter_by_hand(MAIN, OrderSide.BUY, 200, "9.50")

    assert line.said() == [(Report.ACK, 0)]
    about = line.reports[0].about
    assert about is not None
    assert (about.symbol, about.shares, about.limit_cny) == (MAIN, 200, CNY("9.50"))
    assert line.rig.broker.query_orders()[0].about == about


def test_a_foreign_order_with_our_mark_is_not_taken_for_ours(line: Hears) -> None:
    """A reused mark, as the bridge's users saw it."""
    _, order = line.place()
    line.reports.clear()
    other = line.rig.terminal.enter(symbol="688001.SH", side=24, volume=200, price=50.0,
                                    remark=order.remark)
    line.rig.terminal.move(other, "ORDER_CANCELED")

    assert line.said() == [(Report.CANCELLED, 0)]


def test_no_list_where_there_were_orders_is_a_failure_not_an_empty_list(line: Hears) -> None:
    assert list(line.rig.broker.query_orders()) == []
    line.place()
    line.rig.terminal.queries_fail = True

    with pytest.raises(TradingError, match="did not say its orders"):
        line.rig.broker.query_orders()


def test_no_list_where_there_were_trades_is_a_failure(line: Hears) -> None:
    line.place()
    line.rig.fill(1, 100)
    line.rig.settle()
    line.rig.terminal.queries_fail = True

    with pytest.raises(TradingError, match="did not say its trades"):
        line.rig.broker.query_trades()


def test_positions_and_cash_are_asked_for(line: Hears) -> None:
    assert list(line.rig.broker.query_positions()) == []
    line.place()
    line.rig.fill(1, 100)

    (held,) = line.rig.broker.query_positions()
    cash = line.rig.broker.query_cash()
    assert (held.symbol, held.held_shares, held.sellable_shares) == (MAIN, 100, 0)
    assert (cash.cash_cny, cash.available_cny) == (CNY("998995.00"), CNY("996995.00"))


def test_a_failed_query_of_cash_is_no_zero(line: Hears) -> None:
    line.rig.terminal.queries_fail = True

    with pytest.raises(TradingError, match="did not say its cash"):
        line.rig.broker.query_cash()
    with pytest.raises(TradingError, match="did not say"):
        line.rig.broker.query_positions()


def test_after_the_close_an_open_order_with_all_its_trades_has_expired(line: Hears) -> None:
    line.place()
    line.rig.fill(1, 100)
    line.rig.settle()
    line.reports.clear()
    line.rig.clock.move_to(line.rig.clock.now_utc() + timedelta(hours=6))
    line.rig.broker.end_day()

    assert [report.kind for report in line.reports] == [Report.FILL, Report.EXPIRED]


def test_before_the_close_nothing_expires(line: Hears) -> None:
    line.place()
    line.reports.clear()
    line.rig.broker.end_day()

    assert line.said() == [(Report.ACK, 1)]


def test_an_order_with_a_trade_that_is_missing_does_not_expire(line: Hears) -> None:
    _, order = line.place()
    order.traded = 100                 # the list says so; no trade of it can be found
    line.reports.clear()
    line.rig.clock.move_to(line.rig.clock.now_utc() + timedelta(hours=6))
    line.rig.broker.end_day()

    assert [report.kind for report in line.reports] == [Report.ACK]


def test_the_end_of_the_day_is_not_asked_for_again_and_again(line: Hears) -> None:
    line.place()
    line.reports.clear()
    line.rig.broker.end_day()
    line.rig.broker.end_day()

    assert len(line.said()) == 1


def test_only_a_list_with_orders_of_today_can_prove_the_days_end(line: Hears) -> None:
    broker = line.rig.broker
    broker.query_orders()
    assert not broker.capabilities.day_end_list        # empty, or a failure: nobody can tell
    line.place()
    broker.query_orders()
    assert broker.capabilities.day_end_list
    line.rig.clock.move_to(line.rig.clock.now_utc() + timedelta(days=1))
    assert not broker.capabilities.day_end_list        # a list of yesterday
    line.rig.terminal.queries_fail = True
    with pytest.raises(TradingError):
        broker.query_orders()
    assert not broker.capabilities.day_end_list


def test_a_push_of_garbage_is_counted_and_the_line_lives_on(line: Hears) -> None:
    terminal = line.rig.terminal
    _, order = line.place()
    bad = terminal.as_order(order)
    bad.order_volume = -300
    terminal.say("on_stock_order", bad)
    terminal.say("on_stock_trade", SimpleNamespace(nonsense=True))
    line.rig.settle()
    line.reports.clear()
    line.rig.fill(1, 100)

    assert line.rig.broker.garbled == 2
    assert (Report.FILL, 1) in line.said()


def test_a_list_with_garbage_in_it_is_refused_whole(line: Hears) -> None:
    _, order = line.place()
    order.volume = -1

    with pytest.raises(TradingError, match="makes no sense"):
        line.rig.broker.query_orders()


def test_a_cancel_of_an_order_without_a_number_is_refused(line: Hears) -> None:
    order = Order(order_id=9, request=a_request(), trading_day=DAY1, status=OrderStatus.UNKNOWN)

    with pytest.raises(OrderError, match="not known"):
        line.rig.broker.cancel(order)


@pytest.mark.parametrize("step", ["before_place", "in_place", "after_place", "in_cancel"])
def test_a_disconnect_at_any_step_loses_and_doubles_nothing(line: Hears, step: str) -> None:
    """Afterwards the terminal's list is told again, and it holds at most the one order."""
    rig = line.rig
    if step == "before_place":
        rig.disconnect()
        with pytest.raises(OrderError):
            line.place()
    elif step == "in_place":
        rig.terminal.before_order = rig.terminal.disconnect
        with pytest.raises(TradingError):
            line.place()
        rig.terminal.before_order = lambda: None
        wait_for(lambda: not rig.broker.online)
    else:
        order, _ = line.place()
        rig.disconnect()
        if step == "in_cancel":
            with pytest.raises(OrderError):
                rig.broker.cancel(order)
    rig.reconnect()
    line.reports.clear()
    told = {report.order_id for report in rig.broker.query_orders()}

    assert told == ({1} if step in ("after_place", "in_cancel") else set())
    assert len(rig.terminal.orders) == len(told)
