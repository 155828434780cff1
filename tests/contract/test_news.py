"""The same happenings, told in every way a line can tell them, come to the same ledger."""

from collections.abc import Callable, Mapping

import pytest

from core.types import OrderStatus
from tests.support.broker_bench import Bench
from tests.support.broker_rig import Cancelling

S = OrderStatus

# What happens to an order of 300 shares at the exchange, and how it ends.
DAYS: Mapping[str, tuple[str, tuple[OrderStatus, int]]] = {
    "fills whole": ("300", (S.FILLED, 300)),
    "fills in two parts": ("100 200", (S.FILLED, 300)),
    "fills in three parts": ("100 100 100", (S.FILLED, 300)),
    "fills in part": ("100", (S.PARTIAL, 100)),
    "is cancelled": ("cancelled", (S.CANCELLED, 0)),
    "fills in part and is cancelled": ("100 cancelled", (S.PART_CANCELLED, 100)),
    "fills in two parts and is cancelled": ("100 100 cancelled", (S.PART_CANCELLED, 200)),
    "expires": ("expire", (S.EXPIRED, 0)),
    "fills in part and expires": ("100 expire", (S.EXPIRED, 100)),
}
Telling = Callable[[Bench], None]


def the_day(bench: Bench, named: str) -> tuple[str, tuple[OrderStatus, int]]:
    day, (end, filled) = DAYS[named]
    return day, (bench.as_told(end, filled), filled)


def live(bench: Bench, order_id: int, day: str) -> None:
    for step in day.split():
        if step.isdigit():
            bench.rig.fill(order_id, int(step))
        else:
            getattr(bench.rig, step)(order_id)


def at_end(bench: Bench, order_id: int) -> tuple[OrderStatus, int]:
    return bench.status(order_id), bench.filled(order_id)


@pytest.mark.parametrize("named", list(DAYS))
@pytest.mark.parametrize(("backwards", "copies"), [(False, 1), (True, 1), (False, 3), (True, 2)])
def test_late_doubled_and_reversed_news_end_as_they_should(
    bench: Bench, named: str, backwards: bool, copies: int
) -> None:
    day, end = the_day(bench, named)
    order_id = bench.buy(300)
    bench.rig.hold()
    live(bench, order_id, day)
    bench.rig.release(backwards=backwards, copies=copies)
    bench.hear()

    assert at_end(bench, order_id) == end
    bench.agree()


@pytest.mark.parametrize("named", list(DAYS))
def test_news_that_were_lost_come_with_a_replay_of_the_day(bench: Bench, named: str) -> None:
    day, end = the_day(bench, named)
    order_id = bench.buy(300)
    bench.rig.hold()
    live(bench, order_id, day)
    bench.rig.drop()
    bench.hear()
    assert at_end(bench, order_id) == (S.LIVE, 0)
    bench.rig.replay_day()
    bench.hear()

    assert at_end(bench, order_id) == end
    bench.agree()


@pytest.mark.parametrize("named", list(DAYS))
def test_news_that_were_lost_are_fetched_where_the_broker_can_be_asked(
    bench: Bench, named: str
) -> None:
    day, end = the_day(bench, named)
    order_id = bench.buy(300)
    bench.rig.hold()
    live(bench, order_id, day)
    bench.rig.drop()
    bench.ask_again()

    if bench.rig.broker.capabilities.trades:
        assert at_end(bench, order_id) == end
        bench.agree()
    else:
        bench.check()                                   # still open, and nothing guessed
        assert bench.filled(order_id) <= end[1]


@pytest.mark.parametrize("named", list(DAYS))
def test_a_sale_ends_as_a_purchase_does(bench: Bench, named: str) -> None:
    day, end = the_day(bench, named)
    bench.hold(300)
    order_id = bench.sell(300)
    live(bench, order_id, day)
    bench.hear()

    assert at_end(bench, order_id) == end
    bench.agree()


@pytest.mark.parametrize("named", list(DAYS))
def test_what_happens_while_a_cancel_is_on_its_way_counts(bench: Bench, named: str) -> None:
    day, (end, filled) = the_day(bench, named)
    order_id = bench.buy(300)
    bench.rig.next_cancel(Cancelling.PEND)
    bench.cancel(order_id)
    live(bench, order_id, day)
    bench.hear()

    assert bench.filled(order_id) == filled
    assert bench.status(order_id) is (S.PENDING_CANCEL if end is S.PARTIAL else end)
    bench.agree()


@pytest.mark.parametrize("named", list(DAYS))
def test_news_behind_a_broken_line_are_not_guessed_and_not_lost(bench: Bench, named: str) -> None:
    day, end = the_day(bench, named)
    order_id = bench.buy(300)
    bench.rig.disconnect()
    live(bench, order_id, day)
    bench.hear()
    assert at_end(bench, order_id) == (S.LIVE, 0)
    bench.rig.reconnect()
    bench.rig.replay_day()
    bench.hear()

    assert at_end(bench, order_id) == end
    bench.agree()


@pytest.mark.parametrize("named", list(DAYS))
def test_a_replay_on_top_of_what_is_known_changes_nothing(bench: Bench, named: str) -> None:
    day, end = the_day(bench, named)
    order_id = bench.buy(300)
    live(bench, order_id, day)
    bench.hear()
    head = bench.store.head()
    for _ in range(2):
        bench.rig.replay_day()
        bench.hear()

    assert at_end(bench, order_id) == end
    assert bench.store.head() == head
