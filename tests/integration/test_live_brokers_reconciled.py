"""The whole road over a live adapter: session, reconciler, line, child, the broker's own book."""

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest

from core.types import OrderSide, OrderStatus
from tests.support.broker_rig import BrokerRig, Placing
from tests.support.desk import CNY, DAY1, MAIN, STAR, Desk, at
from tests.support.qmt_rig import QmtRig
from tests.support.vnpy_rig import VnpyRig
from trading.cases import open_cases
from trading.reconciler import Reconciler

S = OrderStatus


class LiveDesk(Desk):
    """A desk on a rig, with the reconciler beside it."""

    def __init__(self, rig: BrokerRig) -> None:
        self.rig = rig
        super().__init__(
            broker=rig.broker, clock=rig.clock,
            attendants=lambda session: [Reconciler(session)])
        self.clock = rig.clock
        self.polls(2)

    def polls(self, count: int = 1) -> None:
        for _ in range(count):
            self.rig.clock.move_to(self.rig.clock.now_utc() + timedelta(seconds=30))
            self.rig.settle()
            self.session.pump()
            self.session.act()

    def status(self, order_id: int) -> OrderStatus:
        return self.session.order(order_id).status


@pytest.fixture(name="qmt")
def _qmt() -> Iterator[LiveDesk]:
    rig = QmtRig()
    yield LiveDesk(rig)
    rig.close()


@pytest.fixture(name="vnpy")
def _vnpy() -> Iterator[LiveDesk]:
    rig = VnpyRig()
    yield LiveDesk(rig)
    rig.close()


def test_with_the_terminal_in_agreement_nothing_blocks(qmt: LiveDesk) -> None:
    assert qmt.session.blockers == {}
    assert list(open_cases(qmt.session.book)) == []


def test_with_the_terminal_down_nothing_is_sent_until_it_is_back(qmt: LiveDesk) -> None:
    qmt.rig.disconnect()
    qmt.polls(6)
    assert qmt.session.blockers
    qmt.rig.reconnect()
    qmt.polls(3)

    assert qmt.session.blockers == {}


@pytest.mark.parametrize("becomes", [Placing.LIE, Placing.LOSE_ANSWER])
def test_an_order_that_lives_though_the_call_said_minus_one_is_found(
    qmt: LiveDesk, becomes: Placing,
) -> None:
    qmt.rig.next_place(becomes)
    order_id = qmt.buy(300)
    assert qmt.status(order_id) is S.UNKNOWN
    qmt.polls()

    assert qmt.status(order_id) is S.LIVE
    assert len([call for call in _calls(qmt) if call == "order_stock"]) == 1


def test_an_order_that_never_arrived_keeps_its_cash_until_the_day_is_over(qmt: LiveDesk) -> None:
    qmt.buy(100, "9.90")
    qmt.rig.next_place(Placing.LOSE_REQUEST)
    order_id = qmt.buy(300)
    qmt.polls(20)
    assert qmt.status(order_id) is S.UNKNOWN
    qmt.rig.clock.move_to(at(DAY1, time(15, 31)))
    qmt.polls(3)

    assert qmt.status(order_id) is S.NOT_SENT


def test_where_the_terminal_shows_no_list_the_days_end_proves_nothing(qmt: LiveDesk) -> None:
    qmt.rig.next_place(Placing.LOSE_REQUEST)
    order_id = qmt.buy(300)
    qmt.rig.clock.move_to(at(DAY1, time(15, 31)))
    qmt.polls(3)

    assert qmt.status(order_id) is S.UNKNOWN


@pytest.mark.parametrize("which", ["qmt", "vnpy"])
def test_an_order_entered_elsewhere_is_adopted_with_its_trades(
    which: str, request: pytest.FixtureRequest,
) -> None:
    desk: LiveDesk = request.getfixturevalue(which)
    desk.rig.enter_by_hand(MAIN, OrderSide.BUY, 200, "9.50")
    desk.polls(2)
    (order,) = desk.session.book.orders.values()

    assert (order.request.source, order.request.symbol, order.request.shares, order.status) == (
        "external", MAIN, 200, S.LIVE)
    assert order.request.limit_cny == CNY("9.50")


def test_a_trade_of_an_order_entered_elsewhere_is_ours(qmt: LiveDesk) -> None:
    rig: Any = qmt.rig
    order = rig.terminal.enter(symbol=MAIN, side=23, volume=200, price=9.5)
    rig.terminal.trade(order, 100)
    qmt.polls(2)

    assert qmt.position(MAIN).held_shares == 100


def test_a_foreign_order_with_our_mark_touches_none_of_ours(qmt: LiveDesk) -> None:
    order_id = qmt.buy(300)
    rig: Any = qmt.rig
    other = rig.terminal.enter(symbol=STAR, side=24, volume=200, price=50.0,
                               remark=rig.order(order_id).remark)
    rig.terminal.move(other, "ORDER_CANCELED")
    qmt.polls(2)

    assert qmt.status(order_id) is S.LIVE


def test_an_open_order_has_expired_after_the_close(qmt: LiveDesk) -> None:
    order_id = qmt.buy(300)
    qmt.rig.fill(order_id, 100)
    qmt.rig.settle()
    qmt.rig.clock.move_to(at(DAY1, time(15, 31)))
    qmt.session.advance(qmt.rig.clock.now_utc())
    qmt.session.pump()

    assert (qmt.status(order_id), qmt.session.order(order_id).filled_shares) == (S.EXPIRED, 100)


def _calls(desk: LiveDesk) -> list[str]:
    rig: Any = desk.rig
    return [name for name, _ in rig.terminal.calls]
