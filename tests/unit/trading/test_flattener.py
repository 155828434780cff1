from datetime import time, timedelta
from typing import Any

import pytest

from core.desk_types import Obstacle
from core.events import NoticeEvent
from core.types import (
    Capabilities,
    KillLevel,
    OrderAtBroker,
    OrderSide,
    OrderStatus,
    PositionAtBroker,
    Report,
)
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import CNY, DAY2, MAIN, Desk, a_bar, a_quote, at
from trading.flattener import Flattener
from trading.records import Entry
from trading.risk_checks import RiskProfile
from trading.session import TradingSession

S = OrderStatus


class FlatDesk(Desk):
    """A desk with its flattener."""

    def __init__(self, **parts: Any) -> None:
        self.made: list[Flattener] = []

        def attend(session: TradingSession) -> tuple[Flattener, ...]:
            self.made.append(Flattener(session))
            return (self.made[-1],)

        super().__init__(attendants=attend, **parts)

    def quote(self, bid: str | None = "10.00", last: str = "10.00", volume: int = 0) -> None:
        self.session.on_quotes([a_quote(
            last=last, bids={} if bid is None else {bid: 100_000}, volume_shares=volume,
            ts_utc=self.clock.now_utc())])

    def pass_s(self, seconds: int) -> None:
        self.clock.move_to(self.clock.now_utc() + timedelta(seconds=seconds))
        self.session.act()

    def status(self, order_id: int) -> OrderStatus:
        return self.session.order(order_id).status

    def decisions(self) -> list[dict[str, Any]]:
        from json import loads

        found = [loads(e.payload) for e in self.store.entries() if e.kind == Entry.DECISION]
        return [each for each in found if each["what"] == "flatten"]


def test_below_level_three_nothing_is_done() -> None:
    desk = FlatDesk()
    desk.hold(1000)
    desk.sell(100, "10.50")
    desk.quote()
    desk.session.set_kill(KillLevel.REDUCE_ONLY, "drill")
    desk.pass_s(5)

    assert desk.status(2) is S.LIVE
    assert desk.decisions() == []


def test_cancels_that_the_exchange_refused_go_out_when_it_takes_them() -> None:
    desk = FlatDesk(at=time(9, 21))
    desk.buy(100)
    desk.session.set_kill(KillLevel.BLOCK, "drill")
    desk.pass_s(20)
    assert desk.status(1) is S.LIVE

    desk.clock.move_to(at(desk.session.day, time(9, 30)))
    desk.session.act()
    assert desk.status(1) is S.CANCELLED


def test_one_order_is_asked_about_every_ten_seconds_at_most() -> None:
    broker = BadBroker()
    desk = FlatDesk(broker=broker)
    desk.buy(100)
    desk.session.set_kill(KillLevel.BLOCK, "drill")
    desk.pass_s(30)
    assert broker.cancelled == [1], "an answer is awaited"

    desk.session.on_report(a_report(Report.CANCEL_REFUSED, 1))
    desk.pass_s(1)
    assert broker.cancelled == [1, 1]
    for _ in range(9):
        desk.session.on_report(a_report(Report.CANCEL_REFUSED, 1))
        desk.pass_s(1)
    assert broker.cancelled == [1, 1]
    desk.pass_s(1)
    assert broker.cancelled == [1, 1, 1]


def test_it_looks_once_a_second_however_often_it_is_asked() -> None:
    broker = BadBroker()
    desk = FlatDesk(broker=broker)
    desk.buy(100)
    desk.session.set_kill(KillLevel.BLOCK, "drill")
    desk.pass_s(20)
    desk.session.on_report(a_report(Report.CANCEL_REFUSED, 1))
    desk.session.act()
    assert broker.cancelled == [1]

    desk.pass_s(1)
    assert broker.cancelled == [1, 1]


def test_level_four_cancels_sells_and_says_flat_only_once_it_is_proven() -> None:
    desk = FlatDesk()
    desk.hold(1000)
    desk.buy(100, "9.50")
    desk.quote(bid=None, last="9.95")
    desk.session.set_kill(KillLevel.FLATTEN, "enough")
    desk.pass_s(1)
    assert desk.status(2) is S.CANCELLED
    sale = desk.session.order(3).request
    assert (sale.side, sale.shares, sale.limit_cny, sale.source) == (
        OrderSide.SELL, 1000, CNY("9.85"), "flatten")
    assert not desk.made[0].plan().flat

    desk.play(a_bar(price="9.95"))
    desk.pass_s(70)
    plan = desk.made[0].plan()
    assert (plan.flat, plan.cancels, plan.sales) == (True, (), ())
    assert "agree" in plan.proof
    assert [event.text for event in desk.events if isinstance(event, NoticeEvent)] == [
        f"The account is flat: {plan.proof}"]
    assert [d["flat"] for d in desk.decisions()] == [False, True]


def test_nobody_else_may_sell_at_level_four_and_nothing_is_bought() -> None:
    desk = FlatDesk()
    desk.hold(1000)
    desk.session.set_kill(KillLevel.FLATTEN, "enough")

    assert desk.status(desk.sell(100, "10.00")) is S.DENIED
    assert desk.status(desk.buy(100, "10.00", source="flatten")) is S.DENIED
    assert desk.status(desk.sell(100, "10.00", source="flatten")) is S.LIVE


def test_todays_purchase_is_sold_on_the_next_session_also_after_a_restart() -> None:
    desk = FlatDesk()
    desk.buy(300)
    desk.play(a_bar())
    desk.quote()
    desk.session.set_kill(KillLevel.FLATTEN, "enough")
    desk.pass_s(1)
    (line,) = desk.made[0].plan().sales
    assert line.obstacle is Obstacle.T1
    assert "bought today" in desk.decisions()[-1]["sales"][0]

    tomorrow = desk.parts.calendar.next_session(desk.session.day)
    again = FlatDesk(store=desk.store, at=time(8, 50), day=tomorrow)
    again.session.advance(again.clock.now_utc())
    again.clock.move_to(at(tomorrow, time(9, 31)))
    again.session.act()
    assert [d["sales"] for d in again.decisions()][-1] == [
        f"{MAIN} 300: no price of today is known, and none is guessed"]
    again.quote(bid=None)
    again.pass_s(1)
    assert again.session.order(2).request.shares == 300


def test_a_sale_that_waits_too_long_is_taken_back_and_offered_lower() -> None:
    desk = FlatDesk()
    desk.hold(1000)
    desk.quote(bid=None, last="10.00")
    desk.session.set_kill(KillLevel.FLATTEN, "enough")
    desk.pass_s(1)
    assert desk.session.order(2).request.limit_cny == CNY("9.90")
    desk.quote(bid=None, last="9.50")
    desk.pass_s(29)
    assert desk.status(2) is S.LIVE

    desk.pass_s(1)
    assert desk.status(2) is S.CANCELLED
    assert desk.session.order(3).request.limit_cny == CNY("9.41")


def test_at_level_three_even_our_own_sales_are_cancelled() -> None:
    desk = FlatDesk()
    desk.hold(1000)
    desk.quote(bid=None)
    desk.session.set_kill(KillLevel.FLATTEN, "enough")
    desk.pass_s(1)
    desk.session.set_kill(KillLevel.BLOCK, "no, wait")

    assert desk.status(2) is S.CANCELLED
    desk.pass_s(60)
    assert desk.session.next_order_id == 3


def test_a_sale_that_the_risk_gate_refuses_is_told_and_not_sent_again_and_again() -> None:
    desk = FlatDesk()
    desk.hold(1000)
    desk.quote()
    assert desk.rules.of(MAIN, desk.session.day)       # the day's facts are known already
    desk.reference.known.pop(MAIN)
    desk.session.set_kill(KillLevel.FLATTEN, "enough")
    before = desk.session.next_order_id
    for _ in range(3):
        desk.pass_s(1)

    assert desk.session.next_order_id == before
    assert any("was not sold" in line for line in desk.decisions()[-1]["sales"])
    assert len(desk.decisions()) == 1


def house_desk(shares: int) -> FlatDesk:
    """So many shares of 10 CNY, sellable, at 10:00 of a day on which the house's rules judge."""
    before = FlatDesk(cash="90000000.00")
    before.buy(shares)
    before.play(a_bar(volume=100_000_000))
    before.to(DAY2, time(9, 20))
    desk = FlatDesk(store=before.store, day=DAY2, profile=RiskProfile.HOUSE)
    assert desk.position().sellable_shares == shares
    return desk


def flatten(desk: FlatDesk, seconds: int, **quote: Any) -> None:
    desk.quote(**quote)
    desk.session.set_kill(KillLevel.FLATTEN, "enough")
    for _ in range(seconds):
        desk.pass_s(1)
        desk.quote(**quote)


def test_a_holding_larger_than_one_order_may_be_is_sold_in_parts() -> None:
    desk = house_desk(150_000)
    flatten(desk, 10, volume=100_000_000)

    sold = [order.request.shares for order in desk.session.snapshot().orders]
    assert sold == [101_000, 49_000]               # at most 1,000,000 CNY each, at 9.90


def test_a_holding_larger_than_the_last_minutes_volume_is_sold_in_parts() -> None:
    desk = house_desk(30_000)
    flatten(desk, 3, volume=400_000)

    first = desk.session.snapshot().orders[0]
    assert (first.status, 0 < first.request.shares < 30_000) == (S.FILLED, True)


def test_a_wide_book_does_not_keep_a_flattening_from_the_best_bid() -> None:
    """A bid 3 % below the last trade is a slip of the finger for others, here it is the order."""
    desk = house_desk(1_000)
    flatten(desk, 3, bid="9.70", last="10.00", volume=100_000_000)

    assert desk.position().held_shares == 0, desk.decisions()[-1]


def test_a_strategy_that_ran_away_leaves_the_day_room_to_flatten() -> None:
    desk = house_desk(1_000)
    figures = desk.session._risk.figures
    assert figures is not None
    early_ns = desk.clock.monotonic_ns() - 3_600 * 10**9
    figures.conduct._sent[:] = [early_ns] * 2_000
    flatten(desk, 3, volume=100_000_000)

    assert desk.position().held_shares == 0, desk.decisions()[-1]


def test_a_reset_to_an_earlier_day_does_not_leave_the_next_flattening_waiting() -> None:
    desk = FlatDesk()
    desk.to(DAY2)
    desk.session.set_kill(KillLevel.BLOCK, "enough")
    desk.pass_s(1)
    desk.session.reset(at(DAY2).date() - timedelta(days=1))
    desk.session.set_kill(KillLevel.NONE, "settled")
    desk.to(desk.session.day)
    order_id = desk.buy(1_000, "9.50")
    desk.session._oms.set_kill(KillLevel.FLATTEN, "enough", "test")
    desk.session.act()

    assert desk.decisions(), desk.status(order_id)


# ---- the broker's lists ------------------------------------------------------------------------


class ListBroker(BadBroker):
    """Its lists are what a test says."""

    def __init__(self) -> None:
        super().__init__(complete=True)
        self.capabilities = Capabilities(complete_list=True, positions=True)
        self.reports: list[Any] = []
        self.held: list[PositionAtBroker] = []

    def query_orders(self) -> list[Any]:
        return self.reports

    def query_positions(self) -> list[PositionAtBroker]:
        return self.held


def test_flat_is_not_said_while_the_broker_holds_something_that_we_do_not() -> None:
    broker = ListBroker()
    broker.held = [PositionAtBroker(symbol=MAIN, held_shares=100, sellable_shares=None)]
    desk = FlatDesk(broker=broker)
    assert not desk.made[0].plan().flat

    broker.held = [PositionAtBroker(symbol=MAIN, held_shares=0, sellable_shares=0)]
    assert desk.made[0].plan().flat


def about(filled: int) -> OrderAtBroker:
    return OrderAtBroker(symbol=MAIN, side=OrderSide.BUY, shares=100, limit_cny=CNY("10"),
                         filled_shares=filled)


@pytest.mark.parametrize(("kind", "filled", "flat"), [
    (Report.ACK, None, False), (Report.ACK, 99, False), (Report.ACK, 100, True),
    (Report.CANCELLED, None, True), (Report.REJECTED, None, True), (Report.EXPIRED, None, True),
    (Report.FILL, None, False), (Report.CANCEL_REFUSED, None, False)])
def test_an_order_of_somebody_else_in_the_brokers_list_may_fill(
    kind: Report, filled: int | None, flat: bool
) -> None:
    from dataclasses import replace

    broker = ListBroker()
    desk = FlatDesk(broker=broker)
    broker.reports = [replace(a_report(kind, 77), about=None if filled is None else about(filled))]

    assert desk.made[0].plan().flat is flat


def test_a_fill_is_an_orders_last_word_once_our_book_agrees() -> None:
    desk = FlatDesk()
    desk.hold(100)
    desk.sell(100, "9.90")
    desk.play(a_bar())

    assert desk.made[0].plan().flat


def test_a_broker_that_does_not_answer_proves_nothing() -> None:
    class Silent(ListBroker):
        silent = False

        def query_orders(self) -> list[Any]:
            if self.silent:
                raise TimeoutError("no answer")
            return []

    broker = Silent()
    desk = FlatDesk(broker=broker)
    broker.silent = True
    plan = desk.made[0].plan()

    assert (plan.flat, "no answer" in plan.proof) == (False, True)
