"""Cancels, and the race between a cancel and a trade."""

import pytest

from core.exceptions import OrderError
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

    unheard = "cancel_refusals" in bench.rig.lacks
    assert bench.status(order_id) is (S.PENDING_CANCEL if unheard else S.LIVE)
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


@pytest.mark.parametrize("becomes", list(Cancelling))
@pytest.mark.parametrize("filled", [0, 100])
def test_whatever_becomes_of_a_cancel_the_shares_are_right(
    bench: Bench, becomes: Cancelling, filled: int
) -> None:
    order_id = bench.buy(300)
    if filled:
        bench.rig.fill(order_id, filled)
        bench.hear()
    bench.rig.next_cancel(becomes)
    bench.cancel(order_id)
    bench.ask_again()

    assert bench.filled(order_id) == filled
    allowed = {
        Cancelling.TAKE: (S.CANCELLED, S.PART_CANCELLED),
        Cancelling.PEND: (S.PENDING_CANCEL, S.CANCELLED, S.PART_CANCELLED),
        # refused once, and asked again because it is still wanted
        Cancelling.REFUSE: (S.LIVE, S.PARTIAL, S.PENDING_CANCEL, S.CANCELLED, S.PART_CANCELLED),
        Cancelling.LOSE_REQUEST: (S.PENDING_CANCEL, S.CANCELLED, S.PART_CANCELLED),
        Cancelling.LOSE_ANSWER: (S.PENDING_CANCEL, S.CANCELLED, S.PART_CANCELLED)}
    if "cancel_refusals" in bench.rig.lacks:
        allowed[Cancelling.REFUSE] = allowed[Cancelling.LOSE_REQUEST]
    assert bench.status(order_id) in allowed[becomes]


@pytest.mark.parametrize("becomes", list(Cancelling))
def test_a_second_cancel_is_harmless(bench: Bench, becomes: Cancelling) -> None:
    order_id = bench.buy(300)
    bench.rig.next_cancel(becomes)
    bench.cancel(order_id)
    try:
        bench.cancel(order_id)
    except OrderError:
        assert bench.order(order_id).open_shares == 0

    bench.check()
    assert bench.filled(order_id) == 0


def test_a_cancel_behind_a_broken_line_is_not_taken_for_done(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.disconnect()
    bench.cancel(order_id)
    assert bench.order(order_id).open_shares == 300
    bench.rig.reconnect()
    bench.hear()
    bench.check()


def test_the_exchange_may_cancel_unasked(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.cancelled(order_id)
    bench.hear()

    assert bench.status(order_id) is S.CANCELLED
    bench.agree()


def test_a_trade_told_after_the_cancel_is_ours(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.hold()
    bench.rig.fill(order_id, 100)
    bench.cancel(order_id)
    bench.rig.release(backwards=True)
    bench.hear()

    assert (bench.status(order_id), bench.filled(order_id)) == (S.PART_CANCELLED, 100)
    bench.agree()


def test_cancelling_everything_leaves_nothing_open(bench: Bench) -> None:
    for number in range(5):
        bench.buy(300, f"9.9{number}")
    bench.session.cancel_all()
    bench.hear()

    assert bench.session.book.open_orders() == []
    bench.agree()


def test_a_rejection_after_a_part_keeps_the_part(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.fill(order_id, 100)
    bench.hear()
    bench.rig.reject(order_id)
    bench.hear()

    assert bench.filled(order_id) == 100
    assert bench.held() == 100
