"""Cancels, and the race between a cancel and a trade."""

from core.types import OrderStatus
from tests.support.broker_bench import Bench
from tests.support.broker_rig import Cancelling
from tests.support.desk import CNY

S = OrderStatus


def test_a_cancel_ends_the_order_and_frees_the_cash(bench: Bench) -> None:
    order_id = bench.buy()
    bench.cancel(order_id)

    assert bench.status(order_id) is S.CANCELLED
    assert bench.reserved_cny == CNY("0.00")
    bench.agree()


def test_a_cancel_that_waits_is_pending_and_the_order_alive(bench: Bench) -> None:
    order_id = bench.buy()
    bench.rig.next_cancel(Cancelling.PEND)
    bench.cancel(order_id)
    assert bench.status(order_id) is S.PENDING_CANCEL
    bench.rig.cancelled(order_id)
    bench.hear()

    assert bench.status(order_id) is S.CANCELLED


def test_a_trade_while_the_cancel_waits_is_booked(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.next_cancel(Cancelling.PEND)
    bench.cancel(order_id)
    bench.rig.fill(order_id, 100)
    bench.hear()
    assert bench.status(order_id) is S.PENDING_CANCEL
    bench.rig.cancelled(order_id)
    bench.hear()

    assert (bench.status(order_id), bench.filled(order_id)) == (S.PART_CANCELLED, 100)
    bench.agree()


def test_a_refused_cancel_leaves_the_order_as_it_was(bench: Bench) -> None:
    order_id = bench.buy()
    bench.rig.next_cancel(Cancelling.REFUSE)
    bench.cancel(order_id)

    assert bench.status(order_id) is S.LIVE
    bench.agree()


def test_a_cancel_that_lost_the_race_ends_filled(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.next_cancel(Cancelling.PEND)
    bench.cancel(order_id)
    bench.rig.fill(order_id, 300)
    bench.rig.refuse_cancel(order_id)
    bench.hear()

    assert bench.status(order_id) is S.FILLED
    bench.agree()


def test_a_cancel_nobody_answers_stays_pending_until_the_broker_is_asked(bench: Bench) -> None:
    order_id = bench.buy()
    bench.rig.next_cancel(Cancelling.LOSE_ANSWER)
    bench.cancel(order_id)
    assert bench.status(order_id) is S.PENDING_CANCEL
    bench.ask_again()

    assert bench.status(order_id) in (S.CANCELLED, S.PENDING_CANCEL)
