from dataclasses import replace
from typing import Any

import pytest

from core.types import Order, OrderSide, OrderStatus
from tests.support.desk import CNY, DAY1, MAIN, STAR, a_request
from trading.conduct import NS, Conduct
from trading.records import Entry

BUY, SELL = OrderSide.BUY, OrderSide.SELL


class Day:
    """A conduct that is told of entries at seconds after the start."""

    def __init__(self) -> None:
        self.conduct = Conduct()
        self.orders: dict[int, Order] = {}

    def note(self, kind: Entry, at_s: float, **payload: Any) -> None:
        self.conduct.note(kind, payload, self.orders, int(at_s * NS))

    def send(self, at_s: float, **request: Any) -> int:
        order_id = len(self.orders) + 1
        self.orders[order_id] = Order(
            order_id=order_id, request=a_request(**request), trading_day=DAY1,
            status=OrderStatus.SENDING)
        self.note(Entry.ORDER_SENDING, at_s, order_id=order_id)
        return order_id

    def fill(self, order_id: int, at_s: float, shares: int = 100, price_e4: int = 100_000) -> None:
        self.note(Entry.FILL, at_s, order_id=order_id, shares=shares, price_e4=price_e4)


def ns(seconds: float) -> int:
    return int(seconds * NS)


def test_a_window_ends_exactly_where_it_is_as_long_as_it_says() -> None:
    day = Day()
    for at_s in (0, 0.5, 0.9):
        day.send(at_s, shares=100 + int(at_s * 1000) * 100)

    assert day.conduct.sent(ns(0.999), NS) == 3
    assert day.conduct.sent(ns(1), NS) == 2         # the first is a whole second old
    assert day.conduct.sent(ns(1.9), NS) == 0
    assert day.conduct.sent(ns(50)) == 3            # today


def test_a_moment_of_a_clock_that_ran_ahead_counts_as_just_now() -> None:
    day = Day()
    day.send(3_600)

    assert day.conduct.sent(ns(0), NS) == 1


@pytest.mark.parametrize(("later", "found"), [(4.999, 1), (5.0, None)])
def test_the_same_order_is_a_repeat_for_five_seconds(later: float, found: int | None) -> None:
    day = Day()
    day.send(0)

    assert day.conduct.repeat_of(a_request(), ns(later)) == found
    for other in (a_request(shares=200), a_request(side=SELL), a_request(symbol=STAR),
                  a_request(limit_cny=CNY("10.01"))):
        assert day.conduct.repeat_of(other, ns(0)) is None


def test_an_order_of_a_plan_repeats_others_but_not_its_own_plan() -> None:
    day = Day()
    day.send(0, plan_id=7)

    assert day.conduct.repeat_of(a_request(plan_id=7), ns(1)) is None
    assert day.conduct.repeat_of(a_request(plan_id=8), ns(1)) == 1
    assert day.conduct.repeat_of(a_request(), ns(1)) == 1


def test_a_cancel_counts_once_and_is_quick_within_a_second() -> None:
    day = Day()
    first, second = day.send(0), day.send(0, shares=200)
    day.note(Entry.CANCEL_ASKED, 1.0, order_id=first)
    day.note(Entry.CANCEL_ASKED, 1.5, order_id=first)
    day.note(Entry.CANCEL_ASKED, 1.001, order_id=second)

    assert (day.conduct.cancels, day.conduct.quick_cancels) == (2, 1)
    assert day.conduct.messages(ns(2)) == 5
    assert day.conduct.peak_second == 3


def test_only_rejects_of_the_broker_count() -> None:
    day = Day()
    order_id = day.send(0)
    day.note(Entry.REPORT, 1, order_id=order_id, report="REJECTED")
    day.note(Entry.REPORT, 1, order_id=order_id, report="ACK")

    assert day.conduct.rejects(ns(60.9)) == 1
    assert day.conduct.rejects(ns(61)) == 0


def test_own_trades_are_known_by_minute_and_by_five_minutes() -> None:
    day = Day()
    buy, sell = day.send(0), day.send(0, side=SELL)
    day.fill(buy, 0, 300)
    day.fill(sell, 100, 200)

    assert day.conduct.traded_shares(MAIN, BUY, ns(59.9)) == 300
    assert day.conduct.traded_shares(MAIN, BUY, ns(60)) == 0
    assert day.conduct.traded_shares(MAIN, SELL, ns(100)) == 200
    assert day.conduct.traded_cny(MAIN, ns(299.9)) == CNY("5000.00")
    assert day.conduct.traded_cny(MAIN, ns(300)) == CNY("2000.00")
    day.fill(buy, 401, 100)
    assert day.conduct.traded_cny(MAIN, ns(401)) == CNY("1000.00")


@pytest.mark.parametrize("begins", [Entry.DAY_OPENED, Entry.ACCOUNT_RESET])
def test_the_counters_begin_anew_with_the_trading_day_and_nothing_else(begins: Entry) -> None:
    day = Day()
    day.fill(day.send(0), 0)
    day.note(Entry.KILL, 1, level=1)
    day.note(Entry.DESK_CLOSED, 1)
    assert day.conduct.sent(ns(86_400)) == 1
    day.note(begins, 2)

    assert day.conduct.sent(ns(2)) == day.conduct.messages(ns(2)) == day.conduct.peak_second == 0
    assert day.conduct.traded_cny(MAIN, ns(2)) == 0


def test_orders_of_another_account_are_not_ours() -> None:
    day = Day()
    day.note(Entry.ORDER_SENDING, 0, order_id=99)
    day.orders[1] = replace(Order(order_id=1, request=a_request(), trading_day=DAY1,
                                  status=OrderStatus.LIVE))
    day.note(Entry.CANCEL_ASKED, 0, order_id=1)

    assert day.conduct.sent(ns(0)) == 0
    assert (day.conduct.cancels, day.conduct.quick_cancels) == (1, 0)      # sent before the start


def test_a_quick_cancel_that_is_asked_again_is_one_quick_cancel() -> None:
    day = Day()
    order_id = day.send(0)
    day.note(Entry.CANCEL_ASKED, 0.2, order_id=order_id)
    day.note(Entry.CANCEL_ASKED, 0.3, order_id=order_id)

    assert (day.conduct.cancels, day.conduct.quick_cancels) == (1, 1)
