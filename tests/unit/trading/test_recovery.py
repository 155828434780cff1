from contextlib import nullcontext
from datetime import time

import pytest

from core.exceptions import DataError
from core.types import KillLevel, OrderStatus, Report
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import CNY, DAY2, MAIN, Desk, a_bar, a_quote
from tests.support.failing_store import FailingStore
from tests.support.list_broker import ListBroker
from tests.support.reconciled import ReconciledDesk
from trading.bookkeeper import Bookkeeper
from trading.ledger import projection_bytes
from trading.records import Entry
from trading.risk_checks import RiskProfile

S = OrderStatus


class Died(BaseException):
    """The process ended here."""


def crash_at(name: str) -> object:
    def die(passed: str) -> None:
        if passed == name:
            raise Died

    return die


def restarted(desk: Desk, **parts: object) -> Desk:
    """A new process on the same ledger, with a broker that has forgotten everything."""
    return Desk(store=desk.store, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("point", "status"), [
    ("before_intent", None), ("after_intent", S.NOT_SENT), ("after_sending", S.NOT_SENT),
    ("before_place", S.NOT_SENT), ("after_place", S.NOT_SENT), ("after_sent", S.LIVE),
    ("before_report", S.LIVE), ("after_report", S.LIVE)])
def test_a_crash_at_any_point_leaves_one_truth(point: str, status: OrderStatus | None) -> None:
    desk = Desk(crash_point=crash_at(point))
    with pytest.raises(Died):
        desk.buy(100, "9.90")
    again = restarted(desk)

    assert [order.status for order in again.session.snapshot().orders] == (
        [] if status is None else [status])
    reserved = CNY("995.01") if status is S.LIVE else CNY("0.00")
    assert again.session.snapshot().account.reserved_cny == reserved
    again.play(a_bar(price="10.00", low="9.80"))
    assert again.position(MAIN).held_shares == (100 if status is S.LIVE else 0)


def test_a_restart_gives_the_same_state_and_a_second_one_changes_nothing() -> None:
    desk = Desk()
    desk.hold(500)
    desk.sell(200, "10.50")
    desk.buy(300, "9.90", key="k")
    desk.play(a_bar(price="10.10", low="9.89", volume=800))       # 200 of the 300
    before = projection_bytes(desk.store.load())
    again = restarted(desk, day=desk.session.day)
    assert projection_bytes(desk.store.load()) == before
    head = desk.store.head()
    third = restarted(again, day=desk.session.day)

    assert desk.store.head() == head
    assert third.session.snapshot() == again.session.snapshot()
    third.play(a_bar(price="10.60", low="9.80"))
    assert [f.trade_id for f in third.session.snapshot().fills] == [
        "20240305-3-1", "20240305-2-1", "20240305-3-2"]
    assert third.session.submit(third.request(100, "9.90", key="k2")).order_id == 4


def test_a_trade_that_was_missed_while_the_program_was_down_is_booked_once() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)
    desk.buy(300)
    broker.trades = [a_report(Report.FILL, shares=100, price="10.00")]
    for _ in range(2):
        again = restarted(desk, broker=broker)

    assert again.session.order(1).filled_shares == 100
    assert again.position(MAIN).held_shares == 100


@pytest.mark.parametrize(("kept", "complete", "status"), [
    (True, False, S.LIVE), (False, False, S.UNKNOWN), (False, True, S.NOT_SENT)])
def test_an_order_in_flight_is_asked_about_and_never_sent_again(
    kept: bool, complete: bool, status: OrderStatus
) -> None:
    broker = BadBroker(complete=complete)
    broker.keeps = kept
    desk = Desk(broker=broker, crash_point=crash_at("after_place"))
    with pytest.raises(Died):
        desk.buy(100)
    again = restarted(desk, broker=broker)

    assert again.session.order(1).status is status
    assert len(broker.placed) == int(kept)


def test_a_cancel_that_was_asked_for_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    order_id = desk.buy(100, "9.90")
    monkeypatch.setattr(desk.broker, "cancel", lambda _order: None)      # the answer is lost
    desk.session.cancel(order_id)
    assert desk.session.order(order_id).status is S.PENDING_CANCEL
    again = restarted(desk)

    assert again.session.order(order_id).status is S.CANCELLED


def test_a_cancel_of_an_order_of_unknown_fate_waits_for_its_proof() -> None:
    broker = BadBroker()
    broker.keeps, broker.place_error = False, TimeoutError()
    desk = Desk(broker=broker)
    desk.buy(100)
    desk.session.cancel(1)
    again = restarted(desk, broker=broker)

    assert again.session.order(1).status is S.UNKNOWN
    assert broker.cancelled == [1]


def test_a_broker_that_does_not_answer_keeps_trading_blocked_and_the_desk_open() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker, crash_point=crash_at("after_place"))
    with pytest.raises(Died):
        desk.buy(100)
    broker.query_trades = lambda: (_ for _ in ()).throw(OSError("line down"))  # type: ignore[method-assign]
    again = restarted(desk, broker=broker)

    assert again.session.order(1).status is S.UNKNOWN
    assert "line down" in again.session.blockers["reconciler"]


def test_keys_are_remembered_over_a_restart() -> None:
    desk = Desk()
    desk.buy(100, "9.90", key="once")
    again = restarted(desk, profile=RiskProfile.HOUSE)
    found = again.session.preview(again.request(100, "9.90", key="once"))

    assert "DUPLICATE" in [reason.code for reason in found.refusals]


def test_a_kill_that_was_written_and_not_carried_out_is_carried_out_after_a_restart() -> None:
    desk = Desk()
    order_id = desk.buy(100, "9.90")
    books = Bookkeeper(desk.store, desk.clock)
    books.record(Entry.KILL, {"level": int(KillLevel.BLOCK), "reason": "died before the cancels"})

    assert restarted(desk).session.order(order_id).status is S.CANCELLED


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("failed", [1, 2])
def test_fills_whose_write_failed_are_booked_once_after_a_reload(
    written: bool, failed: int
) -> None:
    store = FailingStore(0, written=written)
    desk = Desk(store=store)
    order_id = desk.buy(1_000)
    store.at_seq = store.head()[0] + failed
    with nullcontext() if written else pytest.raises(DataError):
        desk.session.on_quotes([a_quote(asks={"9.98": 100, "9.99": 200})])
    desk.session.reload()

    assert desk.session.order(order_id).filled_shares == 300
    again = restarted(desk)
    again.session.on_quotes([a_quote(asks={"9.98": 5_000})])
    assert again.session.order(order_id).status is S.FILLED
    assert again.position(MAIN).held_shares == 1_000


def test_a_cancel_whose_write_failed_is_booked_after_a_reload() -> None:
    store = FailingStore(0, written=False)
    desk = Desk(store=store)
    order_id = desk.buy(1_000, "9.90")
    store.at_seq = store.head()[0] + 2                  # the broker's answer
    with pytest.raises(DataError):
        desk.session.cancel(order_id)
    desk.session.reload()

    assert desk.session.order(order_id).status is S.CANCELLED
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_a_restart_disproves_no_order_that_the_broker_has_named_before() -> None:
    desk = ReconciledDesk(ListBroker())
    desk.buy(300)
    desk.polls()
    desk.market.hides.add("B1")
    desk.polls(4)
    assert desk.order().status is S.UNKNOWN

    assert desk.restarted(at=time(10, 5)).order().status is S.UNKNOWN


def test_a_restart_disproves_no_order_of_an_earlier_day() -> None:
    desk = ReconciledDesk(ListBroker(loses_pushes=True))
    desk.market.place_error = TimeoutError()
    desk.buy(300)
    desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00"))
    desk.market.next_day()
    desk.to(DAY2, time(9))

    assert desk.restarted(at=time(9, 1)).order().status is S.UNKNOWN
