"""Trades: each is booked once, at its price, whatever the line does to the news of it."""

import pytest

from core.types import OrderStatus
from tests.support.broker_bench import Bench
from tests.support.desk import CNY, FUND

S = OrderStatus


def test_a_whole_fill_ends_the_order_and_fills_the_position(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.fill(order_id, 300)
    bench.hear()

    assert bench.status(order_id) is S.FILLED
    assert bench.held() == 300
    bench.agree()


def test_parts_add_up_to_the_whole(bench: Bench) -> None:
    order_id = bench.buy(300)
    seen = []
    for _ in range(3):
        bench.rig.fill(order_id, 100)
        bench.hear()
        seen.append((bench.filled(order_id), bench.status(order_id)))

    assert seen == [(100, S.PARTIAL), (200, S.PARTIAL), (300, S.FILLED)]
    bench.agree()


def test_a_better_price_is_booked_as_it_is(bench: Bench) -> None:
    order_id = bench.buy(300, "10.00")
    bench.rig.fill(order_id, 300, CNY("9.95"))
    bench.hear()

    assert bench.order(order_id).amount_cny == CNY("2985.00")
    bench.agree()


def test_a_sale_takes_the_shares_and_brings_the_cash(bench: Bench) -> None:
    bench.hold(300)
    order_id = bench.sell(300)
    bench.rig.fill(order_id, 300)
    bench.hear()

    assert bench.held(FUND) == 0
    bench.agree()


@pytest.mark.parametrize("copies", [2, 3])
def test_a_trade_that_is_told_again_is_booked_once(bench: Bench, copies: int) -> None:
    order_id = bench.buy(300)
    bench.rig.hold()
    bench.rig.fill(order_id, 100)
    bench.rig.release(copies=copies)
    bench.hear()

    assert bench.filled(order_id) == 100
    assert "QUARANTINED" not in bench.kinds()


def test_trades_may_come_in_any_order(bench: Bench) -> None:
    bench.rig.hold()
    order_id = bench.buy(300)
    bench.rig.fill(order_id, 100)
    bench.rig.fill(order_id, 200)
    bench.rig.release(backwards=True)
    bench.hear()

    assert bench.status(order_id) is S.FILLED
    bench.agree()


def test_a_trade_whose_news_was_lost_is_fetched_or_still_awaited(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.hold()
    bench.rig.fill(order_id, 300)
    bench.rig.drop()
    bench.ask_again()

    if bench.rig.broker.capabilities.trades:
        assert bench.status(order_id) is S.FILLED
    else:
        assert bench.reserved_cny > 0


def test_a_replay_of_the_whole_day_changes_nothing(bench: Bench) -> None:
    first, second = bench.buy(300), bench.buy(200, "9.90")
    bench.rig.fill(first, 100)
    bench.cancel(second)
    before = bench.session.snapshot()
    bench.rig.replay_day()
    bench.hear()

    after = bench.session.snapshot()
    assert (after.orders, after.fills, after.account) == (
        before.orders, before.fills, before.account)
