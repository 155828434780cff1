"""An order whose fate is not known: it stays so until something proves it, and is never resent."""

import pytest

from core.types import OrderStatus
from tests.support.broker_bench import Bench
from tests.support.broker_rig import Placing
from tests.support.desk import CNY, FUND

S = OrderStatus
ALIVE = (Placing.LOSE_ANSWER, Placing.LIE)


@pytest.mark.parametrize("becomes", ALIVE)
@pytest.mark.parametrize(("happens", "after"), [
    ("acknowledge", S.LIVE), ("fill 100", S.PARTIAL), ("fill 300", S.FILLED),
    ("cancelled", S.CANCELLED), ("expire", S.EXPIRED), ("reject", S.REJECTED)])
def test_the_first_word_about_it_settles_it(
    bench: Bench, becomes: Placing, happens: str, after: OrderStatus
) -> None:
    bench.rig.next_place(becomes)
    order_id = bench.buy(300)
    assert bench.status(order_id) is S.UNKNOWN
    verb, *shares = happens.split()
    getattr(bench.rig, verb)(order_id, *(int(text) for text in shares))
    bench.hear()

    assert bench.status(order_id) is bench.as_told(after, bench.filled(order_id))
    bench.agree()


@pytest.mark.parametrize("becomes", [Placing.LOSE_REQUEST, *ALIVE])
def test_it_is_sent_once_however_often_the_broker_is_asked(
    bench: Bench, becomes: Placing
) -> None:
    bench.rig.next_place(becomes)
    order_id = bench.buy(300)
    for _ in range(3):
        bench.ask_again()
        bench.wait(60)

    assert bench.kinds().count("ORDER_SENDING") == 1
    assert bench.rig.truth(order_id + 1) is None
    lists = [report.order_id for report in bench.rig.broker.query_orders()]
    assert lists.count(order_id) <= 1


@pytest.mark.parametrize("becomes", [Placing.LOSE_REQUEST, *ALIVE])
def test_it_keeps_its_cash_until_it_is_settled(bench: Bench, becomes: Placing) -> None:
    bench.rig.next_place(becomes)
    bench.buy(300, "10.00")
    bench.wait(3_600)
    bench.hear()

    assert bench.reserved_cny > CNY("3000.00")


@pytest.mark.parametrize("becomes", [Placing.LOSE_REQUEST, *ALIVE])
def test_a_sale_that_is_unknown_keeps_its_shares(bench: Bench, becomes: Placing) -> None:
    bench.hold(300)
    bench.rig.next_place(becomes)
    bench.sell(300)

    assert [p.sellable_shares for p in bench.session.holdings()] == [0]


@pytest.mark.parametrize("becomes", [Placing.LOSE_REQUEST, *ALIVE])
def test_a_restart_of_the_program_guesses_nothing(bench: Bench, becomes: Placing) -> None:
    bench.rig.next_place(becomes)
    order_id = bench.buy(300)
    bench.restart()

    bench.check()
    assert bench.kinds().count("ORDER_SENDING") == 1
    truth = bench.rig.truth(order_id)
    assert bench.status(order_id) is not S.NOT_SENT or truth is None or not truth.open


def test_a_status_that_nobody_documents_leaves_the_order_open(bench: Bench) -> None:
    bench.rig.next_place(Placing.STRANGE)
    order_id = bench.buy(300)
    assert bench.order(order_id).open_shares == 300
    assert bench.reserved_cny > CNY("3000.00")
    bench.rig.fill(order_id, 300)
    bench.hear()

    assert bench.status(order_id) is S.FILLED
    bench.agree()


def test_an_order_whose_mark_was_dropped_is_still_one_order(bench: Bench) -> None:
    bench.rig.next_place(Placing.NO_REMARK)
    order_id = bench.buy(300)
    bench.rig.fill(order_id, 100)
    bench.hear()
    bench.ask_again()

    assert bench.filled(order_id) in (0, 100)
    assert len(bench.session.book.orders) == 1


@pytest.mark.parametrize("becomes", list(Placing))
def test_whatever_becomes_of_a_request_the_next_order_is_its_own(
    bench: Bench, becomes: Placing
) -> None:
    bench.rig.next_place(becomes)
    first = bench.buy(300)
    second = bench.buy(200, "4.000", symbol=FUND)

    assert second == first + 1
    assert bench.status(second) is S.LIVE
    bench.rig.fill(second, 200)
    bench.hear()
    assert bench.status(second) is S.FILLED
    assert bench.order(second).broker_id != bench.order(first).broker_id or (
        not bench.order(first).broker_id)


@pytest.mark.parametrize("becomes", list(Placing))
def test_whatever_becomes_of_a_sale_no_share_is_sold_twice(bench: Bench, becomes: Placing) -> None:
    bench.hold(300)
    bench.rig.next_place(becomes)
    order_id = bench.sell(300)
    ended = bench.order(order_id).open_shares == 0 and bench.filled(order_id) == 0
    sellable = [p.sellable_shares for p in bench.session.holdings()]

    assert sellable in ([300] if ended else [0], [])
