from pathlib import Path

import pytest

from core.events import NoticeEvent
from core.exceptions import OrderError
from core.types import KillLevel, Order, OrderStatus, Report
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import CNY, DAY2, MAIN, Desk, a_bar
from trading.kill_switch import KillRequest, write_request
from trading.oms import CRASH_POINTS

S = OrderStatus


def kinds(desk: Desk) -> list[str]:
    return [entry.kind for entry in desk.store.entries()]


def test_the_intent_is_durable_before_the_call_and_the_call_before_the_answer() -> None:
    broker, seen = BadBroker(), []
    desk = Desk(broker=broker)
    broker.before_return.append(lambda _order: seen.extend(kinds(desk)))
    desk.buy(100)

    assert seen[-2:] == ["ORDER_INTENT", "ORDER_SENDING"]
    assert kinds(desk)[-1] == "ORDER_SENT"
    assert desk.session.order(1).broker_id == "F1"


def test_every_crash_point_is_passed_on_the_way_of_orders_through_a_day() -> None:
    passed: list[str] = []
    desk = Desk(crash_point=passed.append)
    desk.buy(100)
    assert passed == [*CRASH_POINTS[:6], "before_report", "after_report"]

    desk.play(a_bar())
    desk.session.cancel(desk.buy(100, "9.90"))
    desk.session.set_kill(KillLevel.BLOCK, "a drill")
    desk.to(DAY2)

    assert set(passed) == set(CRASH_POINTS)
    assert len(CRASH_POINTS) == len(set(CRASH_POINTS)) >= 10


def test_a_broker_that_surely_refused_rejects_the_order_and_frees_the_cash() -> None:
    broker = BadBroker()
    broker.place_error = OrderError("no", why="no permission", remedy="Ask the broker")
    desk = Desk(broker=broker)
    desk.buy(100)

    assert desk.session.order(1).status is S.REJECTED
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


@pytest.mark.parametrize("error", [TimeoutError("slow"), OSError("line down")])
def test_a_silent_broker_leaves_the_order_unknown_with_its_cash_reserved(error: Exception) -> None:
    broker = BadBroker()
    broker.place_error = error
    desk = Desk(broker=broker)
    desk.buy(100)

    assert desk.session.order(1).status is S.UNKNOWN
    assert desk.session.snapshot().account.reserved_cny == CNY("1005.01")
    assert len(broker.placed) == 1                     # and it is not sent again
    desk.session.on_report(a_report(Report.ACK))
    assert desk.session.order(1).status is S.LIVE


def test_reports_may_overtake_the_return_of_the_call() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)

    def fill_first(order: Order) -> None:
        desk.session.on_report(a_report(
            Report.FILL, order.order_id, shares=100, price="9.99", broker_id="F1"))

    broker.before_return.append(fill_first)
    desk.buy(100)
    assert desk.session.order(1).status is S.FILLED


def test_the_same_trade_is_booked_once_however_often_it_is_reported() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(300)
    for _ in range(3):
        desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00"))

    assert desk.session.order(1).filled_shares == 100
    assert kinds(desk).count("FILL") == 1
    assert "QUARANTINED" not in kinds(desk)


@pytest.mark.parametrize(("order_id", "shares", "price"), [
    (1, 301, "10.00"), (2, 100, "10.00"), (1, 0, "10.00"), (1, 100, None), (1, 100, "-1"),
    (1, 100, "10.00001"), (1, 100, "NaN")])
def test_a_fill_that_cannot_be_ours_is_kept_in_quarantine_and_not_booked(
    order_id: int, shares: int, price: str | None
) -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(300)
    before = desk.session.snapshot().account
    desk.session.on_report(a_report(Report.FILL, order_id, shares=shares, price=price))

    assert kinds(desk)[-1] == "QUARANTINED"
    assert desk.session.snapshot().account == before
    assert desk.session.holdings() == []
    notice = desk.events[-1]
    assert isinstance(notice, NoticeEvent)
    assert notice.severity == "CRITICAL"


def test_more_sold_than_is_held_is_kept_in_quarantine() -> None:
    desk = Desk()
    desk.hold(100)
    desk.sell(100, "10.90")
    desk.session.on_report(a_report(Report.FILL, 2, shares=100, price="10.90", trade="a"))
    desk.session.on_report(a_report(Report.FILL, 2, shares=100, price="10.90", trade="b"))

    assert kinds(desk)[-1] == "QUARANTINED"
    assert desk.position(MAIN).held_shares == 0


def test_a_report_that_contradicts_the_table_is_kept_in_quarantine() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    desk.session.on_report(a_report(Report.REJECTED))
    desk.session.on_report(a_report(Report.CANCELLED))
    desk.session.on_report(a_report(Report.CANCELLED, order_id=9))

    assert kinds(desk)[-2:] == ["QUARANTINED", "QUARANTINED"]
    assert desk.session.order(1).status is S.REJECTED


def test_what_was_said_before_is_not_written_again() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    desk.session.on_report(a_report(Report.ACK))
    before = desk.store.head()
    desk.session.on_report(a_report(Report.ACK))

    assert desk.store.head() == before


def test_the_minimum_commission_is_paid_once_an_order_over_all_its_fills() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(3_000)
    paid = []
    for number in range(3):
        desk.session.on_report(a_report(
            Report.FILL, shares=1_000, price="10.00", trade=f"t{number}"))
        paid.append(desk.session.order(1).fees.commission_cny)

    assert paid == [CNY("5.00"), CNY("6.00"), CNY("9.00")]
    fills = desk.session.snapshot().fills
    assert [f.fees.commission_cny for f in fills] == [CNY("5.00"), CNY("1.00"), CNY("3.00")]


def test_what_stays_reserved_after_each_fill_still_pays_for_the_rest_at_the_limit() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(3_000, "10.00")
    for number in range(3):
        desk.session.on_report(a_report(
            Report.FILL, shares=1_000, price="9.00", trade=f"t{number}"))
        order, account = desk.session.order(1), desk.session.snapshot().account
        rest = 3_000 - order.filled_shares
        full = CNY(10) * rest + order.amount_cny
        commission = max(CNY(5), (full * CNY("0.0003")).quantize(CNY("0.01")))
        transfer = (full * CNY("0.00001")).quantize(CNY("0.01"))
        expected = CNY(10) * rest + commission + transfer - order.fees.total_cny
        assert account.reserved_cny == (expected if rest else CNY("0.00"))


def test_a_request_to_stop_is_seen_immediately_before_the_order_leaves(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    broker = BadBroker()

    def pull(name: str) -> None:
        if name == "after_sending":
            write_request(path, KillRequest(KillLevel.BLOCK, "watchdog"))

    desk = Desk(broker=broker, kill_request=path, crash_point=pull)
    desk.buy(100)

    assert broker.placed == []
    assert desk.session.order(1).status is S.NOT_SENT
    assert desk.session.snapshot().kill_level is KillLevel.BLOCK
    assert not path.exists()
    assert desk.session.submit(desk.request(100)).refusals[0].code == "KILL"


def test_a_pause_from_outside_stops_strategies_and_not_a_person(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    for source, sent in (("manual", 1), ("ma_cross", 0)):
        broker = BadBroker()
        desk = Desk(broker=broker, kill_request=path)
        write_request(path, KillRequest(KillLevel.PAUSE, "tired"))
        desk.buy(100, source=source)
        assert len(broker.placed) == sent


def test_a_cancel_of_nothing_and_of_an_ended_order_are_refused() -> None:
    desk = Desk()
    with pytest.raises(OrderError, match="no order 5"):
        desk.session.cancel(5)
    desk.session.cancel(desk.buy(100, "9.90"))
    with pytest.raises(OrderError, match="cannot take ASK_CANCEL"):
        desk.session.cancel(1)


def test_a_cancel_that_the_broker_does_not_answer_stays_pending() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)
    desk.buy(100)
    desk.session.cancel(1)

    assert desk.session.order(1).status is S.PENDING_CANCEL
    assert broker.cancelled == [1]
    desk.session.on_report(a_report(Report.CANCEL_REFUSED))
    assert desk.session.order(1).status is S.LIVE


def test_yesterdays_order_stays_unknown_until_a_broker_without_a_complete_list_proves_its_end(
) -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    desk.to(DAY2)
    assert desk.session.order(1).status is S.UNKNOWN
    assert desk.session.snapshot().account.reserved_cny == CNY("1005.01")
    desk.session.on_report(a_report(Report.EXPIRED))
    assert desk.session.order(1).status is S.EXPIRED
