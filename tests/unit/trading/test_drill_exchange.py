from datetime import timedelta
from decimal import Decimal

import pytest

from core.types import OrderSide, Report
from tests.support.desk import DAY1, at
from trading.drill_exchange import REPLIES, DrillExchange, Held

TODAY = DAY1.isoformat()
NOW = at(DAY1)


def an_exchange() -> DrillExchange:
    exchange = DrillExchange(Decimal("100000.00"), seed=1)
    exchange.day = TODAY
    return exchange


def an_order(order_id: int = 1, reply: str = "ack", **changes: object) -> Held:
    values: dict[str, object] = {
        "order_id": order_id, "broker_id": f"D{order_id}", "day": TODAY, "symbol": "600519.SH",
        "side": OrderSide.BUY, "shares": 300, "limit_cny": Decimal("10.00"), "reply": reply}
    return Held(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("reply", REPLIES)
def test_every_reply_leaves_a_book_that_adds_up(reply: str) -> None:
    exchange = an_exchange()
    exchange.place(an_order(reply=reply), NOW)
    exchange.cancel(1, NOW + timedelta(seconds=1))
    exchange.end_day(NOW + timedelta(hours=5))

    filled = sum(trade.shares for trade in exchange.trades)
    assert exchange.shares.get("600519.SH", 0) == filled
    assert all(held.filled <= held.shares and not held.open_shares
               for held in exchange.orders.values())
    assert len({trade.trade_id for trade in exchange.trades}) == len(exchange.trades)
    assert [trade.trade_id for trade in exchange.list_trades()] == [
        trade.trade_id for trade in exchange.trades]


def test_fees_are_those_of_the_whole_order_half_up_with_the_minimum_once() -> None:
    exchange = an_exchange()
    buy = exchange.keep(an_order(shares=200))
    exchange.fill(buy, 100)
    exchange.fill(buy, 100)
    # 2,000.00 of shares; commission 5.00 once, transfer fee 0.02
    assert exchange.cash_fen == 10_000_000 - 200_000 - 500 - 2

    sale = exchange.keep(an_order(2, side=OrderSide.SELL, shares=200))
    exchange.fill(sale, 200)

    # and back, less 5.00, transfer 0.02 and stamp duty 1.00
    assert exchange.cash_fen == 10_000_000 - 2 * 502 - 100
    assert exchange.shares["600519.SH"] == 0


def test_a_silent_exchange_may_have_kept_filled_or_lost_the_order() -> None:
    kept = {}
    for reply in ("silent_kept", "silent_filled", "silent_lost"):
        exchange = an_exchange()
        answer = exchange.place(an_order(reply=reply), NOW)
        assert (answer.broker_id, answer.refusal) == (None, "")
        kept[reply] = [(r.kind, r.about.filled_shares if r.about else None)
                       for r in exchange.list_orders()]

    assert kept == {"silent_kept": [(Report.ACK, 0)], "silent_filled": [(Report.ACK, 300)],
                    "silent_lost": []}


def test_an_order_that_comes_twice_is_counted() -> None:
    exchange = an_exchange()
    exchange.place(an_order(), NOW)
    exchange.place(an_order(), NOW)

    assert exchange.unasked == 1


def test_a_cancel_may_lose_the_race_against_a_fill() -> None:
    exchange = an_exchange()
    exchange.place(an_order(reply="cancel_fill_race"), NOW)

    reports = exchange.cancel(1, NOW)

    assert [(r.kind, r.shares) for r in reports] == [
        (Report.FILL, 300), (Report.CANCEL_REFUSED, 0)]


def test_orders_end_with_their_day_and_are_listed_for_it_alone() -> None:
    exchange = an_exchange()
    exchange.place(an_order(), NOW)
    assert [r.kind for r in exchange.end_day(NOW)] == [Report.EXPIRED]

    exchange.day = "2024-03-05"

    assert exchange.list_orders() == []
    assert exchange.cancel(99, NOW) == ()


def test_the_market_fills_part_of_what_rests_and_loses_some_pushes() -> None:
    exchange = an_exchange()
    for order_id in range(1, 60):
        exchange.place(an_order(order_id), NOW)

    pushed = exchange.market_moves(NOW)

    assert 0 < len(pushed) < len(exchange.trades) < 59
