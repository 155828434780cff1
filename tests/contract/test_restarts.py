"""The program ends without a word and starts again on the same ledger."""

import pytest

from core.types import FINAL_STATUSES, OrderStatus
from tests.support.broker_bench import Bench
from tests.support.broker_rig import Cancelling, Placing
from tests.support.desk import FUND

S = OrderStatus


def part_way(bench: Bench, where: str) -> int:
    """An order in each state in which a program can be stopped."""
    if where == "sent":
        bench.rig.next_place(Placing.TAKE_SILENTLY)
    order_id = bench.buy(300)
    if where in ("part", "pending after a part"):
        bench.rig.fill(order_id, 100)
    if where == "filled":
        bench.rig.fill(order_id, 300)
    if where.startswith("pending"):
        bench.rig.next_cancel(Cancelling.PEND)
        bench.cancel(order_id)
    if where == "cancelled":
        bench.cancel(order_id)
    if where == "rejected":
        bench.rig.reject(order_id)
    if where == "expired":
        bench.rig.expire(order_id)
    bench.hear()
    return order_id


WHERE = ("sent", "live", "part", "pending", "pending after a part", "filled", "cancelled",
         "rejected", "expired")


@pytest.mark.parametrize("where", WHERE)
def test_what_was_booked_is_there_again_and_nothing_more(bench: Bench, where: str) -> None:
    order_id = part_way(bench, where)
    before = bench.filled(order_id)
    ended = bench.status(order_id) in FINAL_STATUSES
    bench.restart()

    assert bench.filled(order_id) == before
    assert not ended or bench.status(order_id) in FINAL_STATUSES
    bench.check()


@pytest.mark.parametrize("where", WHERE)
def test_a_second_restart_writes_nothing(bench: Bench, where: str) -> None:
    part_way(bench, where)
    bench.restart()
    bench.restart()
    head = bench.store.head()
    bench.restart()

    asked_again = [kind for kind in bench.kinds()[head[0]:] if kind != "CANCEL_ASKED"]
    assert asked_again == []


@pytest.mark.parametrize("where", ["sent", "live", "part"])
def test_an_open_order_trades_on_after_a_restart(bench: Bench, where: str) -> None:
    order_id = part_way(bench, where)
    bench.restart()
    left = bench.order(order_id).open_shares
    bench.rig.fill(order_id, left)
    bench.hear()

    assert bench.status(order_id) is S.FILLED
    bench.agree()


@pytest.mark.parametrize("where", WHERE)
def test_a_replay_after_a_restart_doubles_nothing(bench: Bench, where: str) -> None:
    order_id = part_way(bench, where)
    before = bench.filled(order_id)
    bench.restart()
    bench.rig.replay_day()
    bench.hear()

    assert bench.filled(order_id) == before
    bench.check()


def test_what_traded_while_the_program_was_away_is_found_where_it_can_be_asked(
    bench: Bench
) -> None:
    order_id = bench.buy(300)
    bench.rig.hold()
    bench.rig.fill(order_id, 100)
    bench.rig.drop()
    bench.restart()

    away = "restart_keeps_book" not in bench.rig.lacks and bench.rig.broker.capabilities.trades
    assert bench.filled(order_id) in ((100,) if away else (0, 100))   # some tell it unasked
    bench.check()


def test_a_cancel_that_was_on_its_way_is_asked_again(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.next_cancel(Cancelling.LOSE_REQUEST)
    bench.cancel(order_id)
    bench.restart()

    assert bench.status(order_id) in (S.CANCELLED, S.PENDING_CANCEL)
    bench.check()


def test_a_new_order_after_a_restart_has_a_number_of_its_own(bench: Bench) -> None:
    first = bench.buy(300)
    bench.restart()
    second = bench.buy(200, "4.000", symbol=FUND)

    assert second == first + 1
    assert bench.status(second) is S.LIVE
    bench.rig.fill(second, 200)
    bench.hear()
    assert bench.filled(first) == 0
    assert bench.filled(second) == 200
