"""What becomes of an order between our call and the broker's answer."""

import pytest

from core.types import OrderStatus
from tests.support.broker_bench import Bench
from tests.support.broker_rig import Placing
from tests.support.desk import CNY

S = OrderStatus
NO_ANSWER = (Placing.LOSE_REQUEST, Placing.LOSE_ANSWER, Placing.LIE)


def test_a_taken_order_is_live_and_carries_the_brokers_id(bench: Bench) -> None:
    order_id = bench.buy()

    assert bench.status(order_id) is S.LIVE
    assert bench.order(order_id).broker_id
    bench.agree()


def test_an_order_is_sent_before_it_is_acknowledged(bench: Bench) -> None:
    bench.rig.next_place(Placing.TAKE_SILENTLY)
    order_id = bench.buy()
    assert bench.status(order_id) is S.SENT
    bench.rig.acknowledge(order_id)
    bench.hear()

    assert bench.status(order_id) is S.LIVE


def test_what_was_surely_not_taken_is_rejected_and_frees_the_cash(bench: Bench) -> None:
    bench.rig.next_place(Placing.REFUSE)
    order_id = bench.buy()

    assert bench.status(order_id) is S.REJECTED
    assert bench.reserved_cny == CNY("0.00")
    assert bench.rig.truth(order_id) is None


def test_what_the_exchange_rejects_frees_the_cash(bench: Bench) -> None:
    bench.rig.next_place(Placing.REJECT)
    order_id = bench.buy()

    assert bench.status(order_id) is S.REJECTED
    assert bench.reserved_cny == CNY("0.00")
    bench.agree()


@pytest.mark.parametrize("becomes", NO_ANSWER)
def test_without_an_answer_the_order_is_unknown_and_its_cash_stays_reserved(
    bench: Bench, becomes: Placing
) -> None:
    bench.rig.next_place(becomes)
    order_id = bench.buy()

    assert bench.status(order_id) is S.UNKNOWN
    assert bench.reserved_cny > CNY("3000")


@pytest.mark.parametrize("becomes", [Placing.LOSE_ANSWER, Placing.LIE])
def test_an_order_that_lives_without_an_answer_is_found_in_the_list(
    bench: Bench, becomes: Placing
) -> None:
    bench.rig.next_place(becomes)
    order_id = bench.buy()
    bench.ask_again()

    named = [report.order_id for report in bench.rig.broker.query_orders()]
    assert bench.status(order_id) is (S.LIVE if order_id in named else S.UNKNOWN)


def test_an_order_that_never_arrived_ends_only_where_the_list_is_complete(bench: Bench) -> None:
    bench.rig.next_place(Placing.LOSE_REQUEST)
    order_id = bench.buy()
    bench.ask_again()

    complete = bench.rig.broker.capabilities.complete_list
    assert bench.status(order_id) is (S.NOT_SENT if complete else S.UNKNOWN)
    assert bench.rig.truth(order_id) is None


def test_a_trade_may_overtake_the_return_of_the_call(bench: Bench) -> None:
    bench.rig.next_place(Placing.FILL_FIRST)
    order_id = bench.buy()

    assert bench.status(order_id) is S.FILLED
    bench.agree()


def test_a_trade_before_the_acknowledgement_is_booked(bench: Bench) -> None:
    bench.rig.next_place(Placing.TAKE_SILENTLY)
    order_id = bench.buy()
    bench.rig.fill(order_id, 100)
    bench.hear()
    assert bench.filled(order_id) == 100
    bench.rig.acknowledge(order_id)
    bench.hear()

    assert bench.status(order_id) is S.PARTIAL


def test_an_order_while_the_line_is_down_never_reaches_the_market_later(bench: Bench) -> None:
    bench.rig.disconnect()
    order_id = bench.buy()
    assert bench.status(order_id) in (S.REJECTED, S.UNKNOWN)
    bench.rig.reconnect()
    bench.hear()

    assert bench.rig.truth(order_id) is None
