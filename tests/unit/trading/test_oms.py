from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.events import NoticeEvent
from core.exceptions import DataError, OrderError
from core.types import (
    KillLevel,
    Order,
    OrderAtBroker,
    OrderSide,
    OrderStatus,
    OrderType,
    Report,
)
from data.order_store import SqliteOrderStore
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import CNY, DAY1, DAY2, MAIN, Desk, Reference, a_bar
from tests.support.failing_store import FailingStore
from trading.cases import frozen, open_cases
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


def test_a_fill_beyond_what_an_earlier_one_left_is_kept_in_quarantine() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(300)
    desk.session.on_report(a_report(Report.FILL, 1, shares=200, price="10.00", trade="a"))
    desk.session.on_report(a_report(Report.FILL, 1, shares=200, price="10.00", trade="b"))

    assert kinds(desk)[-1] == "QUARANTINED"
    assert desk.position(MAIN).held_shares == 200


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


def test_a_key_that_was_used_is_refused_under_every_profile() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)
    desk.buy(100, key="once")
    order = desk.session.submit(desk.request(100, key="once"))

    assert [reason.code for reason in order.refusals] == ["DUPLICATE"]
    assert len(broker.placed) == 1


@pytest.mark.parametrize("answer", ["", None, 7, "F1"])
def test_an_id_that_cannot_be_the_orders_own_leaves_its_fate_unknown(answer: object) -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)
    desk.buy(100)
    broker.place = lambda order: answer  # type: ignore[method-assign, assignment, return-value]
    desk.buy(200)

    assert desk.session.order(2).status is S.UNKNOWN
    assert desk.session.snapshot().account.reserved_cny > CNY("1005.01")


def test_any_error_of_the_call_may_hide_an_order_that_was_taken() -> None:
    broker = BadBroker()
    broker.place_error = ZeroDivisionError()
    desk = Desk(broker=broker)
    desk.buy(100)

    assert desk.session.order(1).status is S.UNKNOWN


def test_a_refusal_after_a_report_proves_nothing() -> None:
    broker = BadBroker()
    broker.place_error = OrderError("no", why="-1", remedy="Ask the broker")
    desk = Desk(broker=broker)
    broker.before_return.append(
        lambda order: desk.session.on_report(a_report(Report.ACK, order.order_id)))
    desk.buy(100)

    assert desk.session.order(1).status is S.UNKNOWN


def test_a_refusal_proves_nothing_where_the_brokers_word_is_no_proof() -> None:
    broker = BadBroker()
    broker.capabilities = replace(broker.capabilities, refusals_are_proof=False)
    broker.place_error = OrderError("no", why="-1", remedy="Ask the broker")
    desk = Desk(broker=broker)
    desk.buy(100)

    assert desk.session.order(1).status is S.UNKNOWN


def test_a_trade_that_is_reported_a_day_late_is_of_its_orders_day() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)
    desk.buy(100)
    desk.to(DAY2)
    desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00"))

    (fill,) = desk.session.book.fills.values()
    assert (fill.trading_day, desk.session.day) == (DAY1, DAY2)


def test_a_list_that_was_asked_too_early_does_not_prove_that_an_order_was_not_sent() -> None:
    broker = BadBroker(complete=True)
    broker.place_error = TimeoutError()
    desk = Desk(broker=broker)
    desk.buy(100)
    desk.session.oms.settle_in_flight((), settled=False)
    assert desk.session.order(1).status is S.UNKNOWN

    desk.session.oms.settle_in_flight((), settled=True)
    assert desk.session.order(1).status is S.NOT_SENT


def test_silence_about_an_order_that_has_filled_changes_nothing() -> None:
    broker = BadBroker()
    broker.place_error = TimeoutError()
    desk = Desk(broker=broker)
    broker.before_return.append(lambda order: desk.session.on_report(a_report(
        Report.FILL, order.order_id, shares=100, price="10.00")))
    desk.buy(100)

    assert desk.session.order(1).status is S.FILLED
    assert "QUARANTINED" not in kinds(desk)


def test_a_kill_that_cannot_be_written_still_cancels_at_the_broker() -> None:
    store = FailingStore(0, written=False)
    broker = BadBroker()
    desk = Desk(store=store, broker=broker)
    desk.buy(100)
    store.at_seq = store.head()[0] + 1
    with pytest.raises(DataError):
        desk.session.set_kill(KillLevel.BLOCK, "enough")

    assert broker.cancelled == [1]


def test_an_intent_that_was_never_sent_is_taken_back_without_asking_the_broker() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)

    def cancel(point: str) -> None:
        if point == "after_intent":
            desk.session.oms.cancel(1)

    desk.session.oms._crash_point = cancel
    with pytest.raises(OrderError, match="cannot take SEND"):
        desk.buy(100)

    assert desk.session.order(1).status is S.NOT_SENT
    assert broker.cancelled == []


def test_a_cancel_during_the_call_is_kept_and_not_asked_of_a_broker_that_has_no_name_for_it(
) -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)

    def cancel(_order: Order) -> None:
        desk.session.cancel_all()

    broker.before_return.append(cancel)
    desk.buy(100)

    assert broker.cancelled == []
    assert [order.order_id for order in desk.session.oms.wanted_cancels()] == [1]


def test_one_cancel_may_end_others_that_were_to_be_cancelled_too() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)
    desk.buy(100)
    desk.buy(200)

    def ends_both(_order: Order) -> None:
        for number in (1, 2):
            desk.session.on_report(a_report(Report.CANCELLED, number))

    broker.cancel = ends_both  # type: ignore[method-assign, assignment]

    assert desk.session.cancel_all() == 2
    assert kinds(desk).count("CANCEL_ASKED") == 1


def test_a_cancel_that_fails_in_any_way_stops_no_other() -> None:
    broker = BadBroker()
    desk = Desk(broker=broker)
    asked: list[int] = []

    def fail(order: Order) -> None:
        asked.append(order.order_id)
        raise ZeroDivisionError

    broker.cancel = fail  # type: ignore[method-assign]
    for _ in range(3):
        desk.buy(100)
    desk.session.cancel_all()

    assert asked == [1, 2, 3]


def test_a_clock_ahead_of_ours_is_told_once_a_day_and_dates_nothing() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(200)
    for number in range(2):
        desk.session.on_report(replace(
            a_report(Report.FILL, shares=100, price="10.00", trade=f"t{number}"),
            ts_utc=desk.clock.now_utc() + timedelta(hours=1)))
    told = [event for event in desk.events
            if isinstance(event, NoticeEvent) and "clock" in event.text]

    assert len(told) == 1
    assert {fill.ts_utc for fill in desk.session.snapshot().fills} == {desk.clock.now_utc()}


def test_a_fill_without_a_trade_id_is_kept_in_quarantine() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00", trade=""))

    assert kinds(desk)[-1] == "QUARANTINED"


def test_a_fill_in_an_instrument_that_left_the_reference_data_is_kept_in_quarantine() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    del desk.reference.known[MAIN]
    desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00"))

    assert kinds(desk)[-1] == "QUARANTINED"
    assert frozen(desk.session.book)[MAIN]


@pytest.mark.parametrize(("price", "said"), [
    ("10.005", "off the tick"), ("11.50", "outside the day's band"), ("10.50", "worse than")])
def test_a_trade_at_an_odd_price_is_booked_and_opens_a_case(price: str, said: str) -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    for _ in range(2):
        desk.session.on_report(a_report(Report.FILL, shares=100, price=price))

    assert desk.session.order(1).status is S.FILLED
    assert desk.position().held_shares == 100
    (case,) = open_cases(desk.session.book)
    assert said in case.text
    assert MAIN in frozen(desk.session.book)


def test_a_fill_of_an_order_that_was_believed_not_sent_is_booked_and_opens_a_case() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(300)
    desk.session.oms.silence(1, "no answer")
    desk.session.oms.prove_not_sent(1, "a list that was not complete")
    desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00"))

    assert desk.session.order(1).status is S.PARTIAL
    assert desk.session.snapshot().account.reserved_cny > CNY("2000")
    assert len(open_cases(desk.session.book)) == 1


def test_a_fill_of_a_rejected_order_is_booked() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(300)
    desk.session.on_report(a_report(Report.REJECTED))
    desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00"))

    assert desk.session.order(1).status is S.PART_CANCELLED
    assert desk.position().held_shares == 100
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_what_lies_in_quarantine_is_not_kept_twice_and_opens_one_case_by_the_same_entry() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    for _ in range(3):
        desk.session.on_report(a_report(Report.FILL, shares=500, price="10.00"))
    again = Desk(store=desk.store, broker=BadBroker())
    again.session.on_report(a_report(Report.FILL, shares=500, price="10.00"))

    assert kinds(again).count("QUARANTINED") == 1
    assert kinds(again).count("CASE") == 0
    assert len(open_cases(again.session.book)) == 1


def test_garbage_in_every_field_is_kept_and_can_be_read_again() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    desk.session.on_report(replace(
        a_report(Report.FILL, shares=100, price="10.00"), text="\udcff\n" * 1_000,
        broker_id="\ud800", shares="many"))  # type: ignore[arg-type]

    assert kinds(desk)[-1] == "QUARANTINED"
    assert Desk(store=desk.store, broker=BadBroker()).session.order(1).filled_shares == 0


def test_a_report_under_our_id_and_another_id_of_the_broker_is_not_about_our_order() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00", broker_id="F9"))

    assert desk.session.order(1).filled_shares == 0
    assert kinds(desk)[-1] == "QUARANTINED"
    assert "" in frozen(desk.session.book)


def test_an_order_that_waited_longer_than_its_deadline_does_not_leave() -> None:
    for waited_s, status in ((5, S.SENT), (6, S.NOT_SENT)):
        desk = Desk(broker=BadBroker())
        asked_ns = desk.session.stopwatch_ns()
        desk.clock.move_to(desk.clock.now_utc() + timedelta(seconds=waited_s))
        assert desk.session.submit(desk.request(100), asked_ns=asked_ns).status is status


def test_a_fill_of_an_order_that_was_denied_is_kept_in_quarantine() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100, symbol="nonsense")
    desk.session.on_report(a_report(Report.FILL, shares=100, price="10.00"))

    assert desk.session.order(1).status is S.DENIED
    assert kinds(desk)[-1] == "QUARANTINED"


def test_on_a_limit_free_day_a_part_fill_keeps_its_share_of_what_was_reserved() -> None:
    reference = Reference()
    reference.more[MAIN] = {"listed_sessions": 1}
    desk = Desk(broker=BadBroker(), reference=reference)
    oms = desk.session.oms
    order = oms.send(desk.request(300, None, type=OrderType.OWN_BEST),
                     reserved_e4=30_000_000, judged={})
    desk.session.on_report(a_report(Report.FILL, order.order_id, shares=100, price="99.00"))

    assert desk.session.snapshot().account.reserved_cny == CNY("2000.00")


def test_the_end_of_an_order_that_has_ended_is_proven_already() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    desk.session.on_report(a_report(Report.CANCELLED))
    head = desk.store.head()
    desk.session.oms.end_by(1, "again")

    assert desk.store.head() == head


def test_at_the_end_of_their_day_orders_end_by_what_can_be_known_of_them() -> None:
    desk = Desk(broker=BadBroker())
    desk.session.oms._crash_point = _stop_after_intent
    with pytest.raises(KeyboardInterrupt):
        desk.buy(100)
    desk.session.oms._crash_point = lambda _name: None
    desk.buy(200)
    desk.session.oms.end_orders_before(DAY1)
    assert desk.session.order(2).status is S.SENT               # its day is not over

    desk.to(DAY2)

    assert desk.session.order(1).status is S.NOT_SENT
    assert desk.session.order(2).status is S.UNKNOWN


def _stop_after_intent(point: str) -> None:
    if point == "after_intent":
        raise KeyboardInterrupt


def test_an_unknown_order_that_an_incomplete_list_does_not_name_stays_unknown() -> None:
    broker = BadBroker()
    broker.keeps, broker.place_error = False, TimeoutError()
    desk = Desk(broker=broker)
    desk.buy(100)
    head = desk.store.head()
    desk.session.oms.settle_in_flight((), settled=True)

    assert desk.store.head() == head


def test_a_market_that_lives_here_ends_what_it_did_not_end_itself() -> None:
    broker = BadBroker()
    broker.capabilities = replace(broker.capabilities, in_process=True)
    desk = Desk(broker=broker)
    desk.buy(100)
    desk.to(DAY2)

    assert desk.session.order(1).status is S.EXPIRED


def test_strangers_wait_for_a_list_only_while_there_is_room() -> None:
    desk = Desk(broker=BadBroker())
    oms = desk.session.oms
    oms.holds_strangers = True
    for number in range(1_001):
        desk.session.on_report(a_report(Report.ACK, 1_000 + number))

    assert kinds(desk).count("QUARANTINED") == 1
    assert oms.retake_strangers() == 1_000


def test_an_adopted_order_of_an_unknown_instrument_reserves_its_price() -> None:
    desk = Desk(broker=BadBroker())
    row = replace(a_report(Report.ACK, 0, broker_id="X1"), about=OrderAtBroker(
        symbol="113050.SH", side=OrderSide.BUY, shares=100, limit_cny=CNY("10.00"),
        filled_shares=0))
    order = desk.session.oms.adopt(row)

    assert order is not None
    assert desk.session.snapshot().account.reserved_cny == CNY("1000.00")
    sale = desk.session.oms.adopt(replace(row, broker_id="X2", about=replace(
        row.about, side=OrderSide.SELL)))  # type: ignore[type-var]
    assert sale is not None
    assert desk.session.snapshot().account.reserved_cny == CNY("1000.00")


def test_a_row_that_does_not_say_of_what_cannot_be_adopted() -> None:
    desk = Desk(broker=BadBroker())

    assert desk.session.oms.adopt(a_report(Report.ACK, 0, broker_id="X1")) is None
    assert kinds(desk)[-1] == "QUARANTINED"


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


@pytest.mark.parametrize("limit", ["1e15", "1e11", "10000001", "99999999999999999999.5"])
def test_a_limit_beyond_any_price_is_refused_and_kept_as_it_was_asked(
    limit: str, tmp_path: Path
) -> None:
    with closing(SqliteOrderStore(tmp_path / "ledger.db")) as store:
        desk = Desk(store=store)
        order = desk.session.order(desk.buy(100, limit))

        assert order.status is OrderStatus.DENIED
        assert not desk.session.failed
        again = Desk(store=store).session.order(order.order_id)
        assert again.request.limit_cny == CNY(limit)
