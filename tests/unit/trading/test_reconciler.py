from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from core.desk_types import CaseKind
from core.events import NoticeEvent
from core.exceptions import OrderError
from core.types import BrokerReport, Capabilities, KillLevel, OrderSide, OrderStatus, Report
from tests.support.desk import CNY, DAY1, DAY2, MAIN, STAR, Desk, at
from tests.support.list_broker import ListBroker
from tests.support.reconciled import ReconciledDesk
from trading.cases import all_cases, frozen
from trading.oms import EXTERNAL
from trading.reconciler import GRACE_POLLS, Reconciler, close_case
from trading.records import Entry
from trading.recovery import BLOCKER
from trading.risk_checks import RiskProfile

S = OrderStatus
FRIDAY, SATURDAY = date(2024, 3, 8), date(2024, 3, 9)


def kinds(desk: ReconciledDesk) -> list[str]:
    return [entry.kind for entry in desk.store.entries()]


# ---- at the start --------------------------------------------------------------------------------


def test_trading_is_blocked_until_orders_trades_positions_and_cash_agree() -> None:
    desk = ReconciledDesk(ListBroker(answers=False))
    assert "the line is down" in desk.session.blockers[BLOCKER]

    desk.market.answers = True
    desk.polls()

    assert desk.session.blockers == {}


def test_nothing_is_sent_before_the_first_comparison() -> None:
    desk = Desk(attendants=lambda session: [Reconciler(session)], profile=RiskProfile.HOUSE)
    refused = desk.session.submit(desk.request(100)).refusals
    assert "RECONCILING" in [reason.code for reason in refused]

    desk.session.act()

    assert desk.session.blockers == {}


@pytest.mark.parametrize("wrong", [
    {"holdings": {MAIN: 100}}, {"cash": "1000000.01"}])
def test_a_difference_at_the_start_keeps_trading_blocked_until_a_person_closes_its_case(
    wrong: dict[str, object]
) -> None:
    desk = ReconciledDesk(ListBroker(**wrong))  # type: ignore[arg-type]
    desk.polls(GRACE_POLLS)
    assert "differ" in desk.session.blockers[BLOCKER]
    (case,) = desk.cases

    close_case(desk.session, case.case_id, by="Li", reason="moved in from elsewhere")
    desk.polls()

    assert desk.session.blockers == {}
    assert desk.cases == []
    desk.polls(20)
    assert desk.cases == []                     # what was accepted is not asked again


def test_a_broker_that_falls_silent_blocks_trading_and_its_answer_frees_it() -> None:
    desk = ReconciledDesk()
    desk.market.answers = False
    desk.polls(2)
    assert desk.session.blockers == {}          # once or twice happens

    desk.polls()
    assert "does not answer" in desk.session.blockers[BLOCKER]
    desk.market.answers = True
    desk.polls()
    assert desk.session.blockers == {}


def test_a_broker_that_lists_orders_and_not_what_is_held_keeps_trading_blocked() -> None:
    broker = ListBroker()
    broker.query_cash = lambda: (_ for _ in ()).throw(OSError("no cash"))  # type: ignore[method-assign]
    desk = ReconciledDesk(broker)

    assert "does not say what is held" in desk.session.blockers[BLOCKER]


# ---- what the lists prove ------------------------------------------------------------------------


def test_fills_whose_pushes_were_lost_are_found_in_the_list() -> None:
    desk = ReconciledDesk()
    desk.buy(300)
    desk.market.loses_pushes = True
    held = desk.market.of(1)
    desk.market.trade(held, 100)
    desk.market.trade(held, 200, "9.99")
    desk.polls()

    assert desk.order().status is S.FILLED
    assert desk.agrees()


def test_an_order_from_the_brokers_own_window_is_adopted_and_counts() -> None:
    desk = ReconciledDesk()
    stranger = desk.market.enter(shares=200, remark="by hand")
    desk.polls(2)

    order = desk.order(1)
    assert (order.request.source, order.request.tag) == ("external", "by hand")
    assert order.status is S.LIVE
    assert desk.session.snapshot().account.reserved_cny == CNY("2005.02")
    desk.market.trade(stranger, 200)
    desk.polls(2)
    assert desk.order(1).status is S.FILLED
    assert desk.agrees()
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")
    assert desk.cases == []


def test_an_adopted_order_can_be_cancelled_by_us() -> None:
    desk = ReconciledDesk()
    desk.market.enter()
    desk.polls()
    desk.session.cancel(1)
    desk.delivered()

    assert desk.order().status is S.CANCELLED


def test_an_adopted_sale_takes_its_shares_out_of_what_may_be_sold() -> None:
    desk = ReconciledDesk()
    desk.buy(300)
    desk.market.trade(desk.market.of(1), 300)
    desk.polls()
    desk.market.next_day()
    desk.to(DAY2)
    desk.market.enter(side=OrderSide.SELL, shares=100)
    desk.polls()

    assert desk.position().on_sale_shares == 100
    assert desk.position().sellable_shares == 200


def test_a_listed_order_that_cannot_be_is_kept_in_quarantine() -> None:
    desk = ReconciledDesk()
    desk.market.enter(shares=-100)
    desk.polls(2)

    assert kinds(desk).count("QUARANTINED") == 1
    assert [case.kind for case in desk.cases] == [CaseKind.REPORT]


def test_a_report_about_an_order_nobody_knows_waits_for_the_list_that_names_it() -> None:
    desk = ReconciledDesk()
    stranger = desk.market.enter()
    desk.market.trade(stranger, 100)
    desk.delivered()                            # the fill comes before any list names its order
    assert "QUARANTINED" not in kinds(desk)
    desk.polls()

    assert desk.order().status is S.FILLED
    assert desk.agrees()


def test_a_report_that_no_list_explains_goes_to_quarantine_and_freezes_the_account() -> None:
    desk = ReconciledDesk()
    stranger = desk.market.enter()
    desk.market.trade(stranger, 100)
    desk.market.hides.add(stranger.broker_id)
    desk.market.hidden_trades = {trade.trade_id for trade in stranger.trades}
    desk.polls(GRACE_POLLS + 1)

    assert kinds(desk).count("QUARANTINED") == 1
    assert "" in frozen(desk.session.book)


# ---- unknown fates -------------------------------------------------------------------------------


@pytest.mark.parametrize(("kept", "status"), [(True, S.LIVE), (False, S.NOT_SENT)])
def test_a_call_without_an_answer_is_settled_by_the_list_alone(
    kept: bool, status: OrderStatus
) -> None:
    desk = ReconciledDesk(ListBroker(place_error=ValueError("garbage"), keeps_on_error=kept))
    desk.buy(100)
    assert desk.order().status is S.UNKNOWN
    assert desk.session.snapshot().account.reserved_cny > 0
    desk.polls(deliver=False)

    assert desk.order().status is status
    assert desk.market.calls == ["place 1"]             # and never sent again
    assert (desk.session.snapshot().account.reserved_cny > 0) is kept


def test_a_list_that_was_asked_too_early_proves_nothing() -> None:
    broker = ListBroker(place_error=TimeoutError("slow"), keeps_on_error=False)
    broker.capabilities = type(broker.capabilities)(complete_list=True, settle_s=12)
    desk = ReconciledDesk(broker)
    desk.buy(100)
    desk.polls(2)
    assert desk.order().status is S.UNKNOWN             # 10 s after the call
    desk.polls()
    assert desk.order().status is S.NOT_SENT


def test_without_a_complete_list_only_the_list_of_the_whole_day_is_proof() -> None:
    broker = ListBroker(place_error=TimeoutError("slow"), keeps_on_error=False)
    broker.capabilities = type(broker.capabilities)(
        complete_list=False, settle_s=0, day_end_list=True)
    desk = ReconciledDesk(broker, at=time(14, 50))
    desk.buy(100)
    desk.polls(3)
    assert desk.order().status is S.UNKNOWN

    desk.clock.move_to(at(DAY1, time(15, 31)))
    desk.polls()

    assert desk.order().status is S.NOT_SENT


def test_an_order_without_acknowledgement_is_unknown_and_the_list_is_asked() -> None:
    desk = ReconciledDesk(ListBroker(silent_after_call=True))
    desk.buy(100)
    desk.market.hides.add("B1")
    desk.polls(2)
    assert desk.order().status is S.UNKNOWN
    desk.market.hides.clear()
    desk.polls()
    assert desk.order().status is S.LIVE


@pytest.mark.parametrize("cancelled", [False, True])
@pytest.mark.parametrize("named", [True, False])
def test_an_order_whose_call_returned_an_id_of_nobody_is_found_under_its_real_one(
    named: bool, cancelled: bool
) -> None:
    desk = ReconciledDesk(ListBroker(returns_id="Z-1", silent_after_call=True,
                                     empty_remarks=not named))
    desk.buy(100)
    assert desk.order().broker_id == "Z-1"
    if cancelled:
        desk.market.answers = False                     # the cancel does not arrive
        desk.session.cancel(1)
        desk.market.answers = True
        desk.market.cancels_allowed = False
    desk.polls()

    assert desk.order().broker_id == "B1"
    assert len(desk.session.book.orders) == 1           # and nothing was adopted
    desk.market.trade(desk.market.of(1), 100)
    desk.polls()
    assert desk.order().status is S.FILLED
    assert desk.agrees()


def test_a_row_without_a_remark_that_came_at_another_time_is_not_taken_for_a_misnamed_order(
) -> None:
    desk = ReconciledDesk(ListBroker(returns_id="Z-1", silent_after_call=True))
    desk.buy(100)
    desk.market.book.clear()
    desk.market.enter()                                 # alike, by hand, half a minute before
    desk.market.book["B2"].entered_utc = at(DAY1) - timedelta(seconds=30)
    desk.polls()

    assert desk.order().broker_id == "Z-1"
    assert desk.order(2).request.source == EXTERNAL


def test_an_id_of_blanks_is_no_id() -> None:
    desk = ReconciledDesk(ListBroker(returns_id="  ", silent_after_call=True))
    desk.buy(100)

    assert (desk.order().status, desk.order().broker_id) == (S.UNKNOWN, "")


def test_an_order_whose_remark_is_lost_is_found_by_what_it_is() -> None:
    desk = ReconciledDesk(ListBroker(place_error=TimeoutError("slow"), empty_remarks=True))
    desk.buy(100)
    desk.buy(200)
    desk.polls()

    assert [desk.order(n).status for n in (1, 2)] == [S.LIVE, S.LIVE]
    assert [desk.order(n).broker_id for n in (1, 2)] == ["B1", "B2"]
    assert len(desk.session.snapshot().orders) == 2     # nothing was adopted


def test_a_remark_of_somebody_else_is_not_ours_however_alike_the_order_is() -> None:
    desk = ReconciledDesk(ListBroker(place_error=TimeoutError("slow"), keeps_on_error=False))
    desk.buy(100)
    desk.market.enter(remark="another program")
    desk.polls(deliver=False)

    assert desk.order(1).status is S.NOT_SENT
    assert desk.order(2).request.source == "external"


def test_of_two_alike_rows_the_one_entered_at_the_time_of_the_call_is_taken() -> None:
    desk = ReconciledDesk(ListBroker(place_error=TimeoutError("slow"), empty_remarks=True))
    desk.market.enter().entered_utc = at(DAY1, time(9, 40))
    desk.market.enter().entered_utc = None
    desk.buy(100)
    desk.polls()

    assert desk.order(1).broker_id == "B3"


# ---- differences ---------------------------------------------------------------------------------


def test_a_difference_that_explains_itself_within_two_polls_opens_no_case() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.market.trade(desk.market.of(1), 100)
    hidden = desk.market.of(1).trades[0].trade_id
    desk.market.hidden_trades.add(hidden)
    desk.polls(GRACE_POLLS, deliver=False)
    assert desk.cases == []

    desk.market.hidden_trades.clear()
    desk.polls(4)

    assert desk.cases == []
    assert desk.agrees()


def test_a_fill_that_the_broker_counts_and_never_names_opens_a_case_and_is_not_made_up() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.market.loses_pushes = True
    trade = desk.market.trade(desk.market.of(1), 100)
    desk.market.hidden_trades.add(trade.trade_id)
    desk.polls(GRACE_POLLS + 1)

    assert [case.kind for case in desk.cases] == [CaseKind.TRADE]
    assert desk.order().filled_shares == 0
    assert MAIN in frozen(desk.session.book)
    assert STAR not in frozen(desk.session.book)


def test_a_trade_of_ours_that_the_broker_does_not_list_opens_a_case() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    trade = desk.market.trade(desk.market.of(1), 100)
    desk.delivered()
    desk.market.hidden_trades.add(trade.trade_id)
    desk.polls(GRACE_POLLS + 1)

    assert [(case.kind, case.ours) for case in desk.cases] == [
        (CaseKind.TRADE, trade.trade_id)]


@pytest.mark.parametrize(("ours_ends", "was"), [
    (Report.REJECTED, S.REJECTED), (Report.CANCELLED, S.CANCELLED)])
def test_an_order_that_we_think_ended_and_lives_at_the_broker_is_open_again(
    ours_ends: Report, was: OrderStatus
) -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.delivered()
    desk.market.say(desk.market.of(1), ours_ends)       # a lie
    desk.polls(GRACE_POLLS)
    assert desk.order().status is was
    desk.polls()

    assert desk.order().status is S.LIVE
    assert desk.session.snapshot().account.reserved_cny == CNY("1005.01")
    assert [case.kind for case in desk.cases] == [CaseKind.ORDER]
    desk.session.cancel(1)
    desk.delivered()
    assert desk.order().status is S.CANCELLED


def test_an_order_that_leaves_the_complete_list_is_unknown_and_a_case() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.delivered()
    desk.market.hides.add("B1")
    desk.polls(GRACE_POLLS + 1)

    assert desk.order().status is S.UNKNOWN
    assert [(case.kind, case.theirs) for case in desk.cases] == [
        (CaseKind.ORDER, "not in the list")]


def test_positions_and_cash_are_compared_every_thirty_seconds() -> None:
    desk = ReconciledDesk()
    desk.market.held[MAIN] = 100
    desk.market.cash_cny += CNY("0.01")
    desk.polls(6 * GRACE_POLLS)
    assert desk.cases == []
    desk.polls(6)

    assert [(case.kind, case.symbol, case.ours, case.theirs) for case in desk.cases] == [
        (CaseKind.POSITION, MAIN, "0", "100"),
        (CaseKind.CASH, "", "1000000.00", "1000000.01")]
    assert set(frozen(desk.session.book)) == {MAIN, ""}
    assert any(isinstance(event, NoticeEvent) for event in desk.events)
    assert desk.session.blockers == {}                  # symbols are frozen, the rest goes on


def test_a_closed_case_opens_again_when_the_difference_grows() -> None:
    desk = ReconciledDesk()
    desk.market.held[MAIN] = 100
    desk.polls(18)
    close_case(desk.session, desk.cases[0].case_id, by="Li", reason="a gift")
    desk.polls(18)
    assert desk.cases == []
    desk.market.held[MAIN] = 300
    desk.polls(6)

    assert [case.theirs for case in desk.cases] == ["300"]


def test_closed_cases_leave_on_a_later_day_when_nothing_differs() -> None:
    desk = ReconciledDesk()
    desk.market.held[MAIN] = 100
    desk.polls(18)
    close_case(desk.session, desk.cases[0].case_id, by="Li", reason="a gift")
    desk.market.held[MAIN] = 0
    desk.polls(12)
    assert len(all_cases(desk.session.book)) == 1
    desk.to(DAY2)
    desk.polls(1)

    assert all_cases(desk.session.book) == ()


def test_cases_end_with_the_account_they_were_about() -> None:
    desk = ReconciledDesk()
    desk.market.held[MAIN] = 100
    desk.polls(18)
    assert desk.cases
    desk.session.reset(DAY1)
    desk.session.act()

    assert desk.cases == []


# ---- the end of the day --------------------------------------------------------------------------


def decisions(desk: ReconciledDesk) -> int:
    return sum('"day_proven"' in entry.payload for entry in desk.store.entries()
               if entry.kind == Entry.DECISION)


def test_at_the_end_of_the_day_every_order_is_proven_final_once() -> None:
    desk = ReconciledDesk(at=time(14, 50))
    desk.buy(100)
    desk.market.loses_pushes = True
    desk.polls()
    desk.market.close()
    desk.clock.move_to(at(DAY1, time(15, 31)))
    desk.polls(3)

    assert desk.order().status is S.EXPIRED
    assert decisions(desk) == 1
    assert desk.cases == []


def test_a_day_without_orders_needs_no_proof() -> None:
    desk = ReconciledDesk(at=time(15, 31))
    desk.polls(3)

    assert decisions(desk) == 0


def test_a_broker_that_names_no_trades_is_not_asked_to_name_ours() -> None:
    broker = ListBroker()
    broker.capabilities = Capabilities(complete_list=False, trades=False)
    desk = ReconciledDesk(broker)
    desk.buy(100)
    trade = desk.market.trade(desk.market.of(1), 100)
    desk.delivered()
    desk.market.hidden_trades.add(trade.trade_id)
    desk.polls(5)

    assert desk.cases == []


def test_an_order_that_is_open_after_the_close_becomes_a_case() -> None:
    desk = ReconciledDesk(at=time(14, 50))
    desk.buy(100)
    desk.clock.move_to(at(DAY1, time(15, 31)))
    desk.polls(GRACE_POLLS + 1)

    assert [case.theirs for case in desk.cases] == ["no end is reported"]
    assert decisions(desk) == 0


def test_an_order_of_yesterday_ends_when_what_is_held_agrees() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.delivered()
    desk.market.next_day()
    desk.to(DAY2)
    assert desk.order().status is S.UNKNOWN
    desk.polls()

    assert desk.order().status is S.EXPIRED
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_an_order_of_yesterday_stays_unknown_while_its_shares_differ_until_a_person_knows() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.delivered()
    desk.market.loses_pushes = True
    desk.market.trade(desk.market.of(1), 100)
    desk.market.next_day()
    desk.to(DAY2)
    desk.polls(20)

    assert desk.order().status is S.UNKNOWN
    assert {case.kind for case in desk.cases} == {
        CaseKind.POSITION, CaseKind.CASH, CaseKind.ORDER}


def test_where_nothing_proves_the_end_of_yesterdays_order_a_person_does() -> None:
    broker = ListBroker()
    broker.capabilities = Capabilities(complete_list=False)
    desk = ReconciledDesk(broker)
    desk.buy(100)
    desk.delivered()
    desk.market.next_day()
    desk.to(DAY2)
    desk.polls(GRACE_POLLS + 1)
    assert desk.order().status is S.UNKNOWN
    (case,) = desk.cases

    close_case(desk.session, case.case_id, by="Li", reason="the statement says: not filled")

    assert desk.order().status is S.EXPIRED
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")
    desk.polls()
    assert desk.cases == []


# ---- cancels -------------------------------------------------------------------------------------


def test_a_cancel_refused_in_a_no_cancel_window_is_asked_again_when_it_is_allowed() -> None:
    desk = ReconciledDesk(ListBroker(cancels_allowed=False), at=time(9, 21))
    desk.buy(100)
    desk.delivered()
    desk.session.cancel(1)
    desk.delivered()
    assert desk.order().status is S.LIVE
    desk.polls(20)
    assert desk.market.calls.count("cancel 1") == 1     # 09:22: the exchange takes none

    desk.market.cancels_allowed = True
    desk.clock.move_to(at(DAY1, time(9, 31)))
    desk.polls(2)

    assert desk.order().status is S.CANCELLED
    assert desk.session.book.state_of(Entry.CANCEL_ASKED) == {}


def test_a_cancel_that_nobody_answers_is_asked_again_ever_more_patiently() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.delivered()
    desk.market.answers = False
    desk.session.cancel(1)
    desk.polls(60)                                      # 300 s

    assert 5 <= desk.market.calls.count("cancel 1") <= 10
    assert kinds(desk).count("CANCEL_ASKED") == 1
    desk.market.answers = True
    desk.polls(13)
    assert desk.order().status is S.CANCELLED


def test_what_the_kill_switch_cancels_stays_wanted_only_while_it_stands() -> None:
    desk = ReconciledDesk(ListBroker(cancels_allowed=False))
    desk.buy(100)
    desk.delivered()
    desk.session.set_kill(KillLevel.BLOCK, "enough")
    desk.delivered()
    desk.polls(2)
    asked = desk.market.calls.count("cancel 1")
    assert asked == 3
    desk.session.set_kill(KillLevel.NONE, "it was nothing")
    desk.polls(10)

    assert desk.market.calls.count("cancel 1") == asked
    assert desk.order().status is S.LIVE


def test_an_order_found_after_a_block_is_cancelled_too() -> None:
    desk = ReconciledDesk()
    desk.session.set_kill(KillLevel.BLOCK, "enough")
    desk.market.enter()
    desk.polls(2)

    assert desk.order().status is S.CANCELLED


def test_a_cancel_in_an_instrument_that_nobody_knows_any_more_is_asked_at_once() -> None:
    desk = ReconciledDesk(ListBroker(cancels_allowed=False), at=time(9, 21))
    desk.buy(100)
    desk.delivered()
    desk.session.cancel(1)
    desk.delivered()
    del desk.reference.known[MAIN]
    desk.polls(2)

    assert desk.market.calls.count("cancel 1") == 3


def test_no_cancel_is_repeated_on_a_day_that_the_calendar_does_not_know() -> None:
    desk = ReconciledDesk(ListBroker(cancels_allowed=False))
    desk.buy(100)
    desk.delivered()
    desk.session.cancel(1)
    desk.delivered()
    desk.clock.move_to(at(DAY1.replace(year=2090)))
    desk.session.act()

    assert desk.market.calls.count("cancel 1") == 1


def test_a_cancel_of_yesterdays_order_is_not_asked_again() -> None:
    broker = ListBroker(cancels_allowed=False)
    broker.capabilities = Capabilities(complete_list=False)
    desk = ReconciledDesk(broker)
    desk.buy(100)
    desk.delivered()
    desk.session.cancel(1)
    desk.market.next_day()
    desk.to(DAY2)
    desk.polls(3)

    assert desk.order().status is S.UNKNOWN
    assert desk.market.calls.count("cancel 1") == 1


def test_between_two_polls_the_broker_is_left_alone() -> None:
    desk = ReconciledDesk()
    desk.market.answers = False
    for _ in range(10):
        desk.session.act()

    assert desk.session.blockers == {}


def test_a_wish_to_cancel_survives_a_restart() -> None:
    desk = ReconciledDesk(ListBroker(cancels_allowed=False))
    desk.buy(100)
    desk.delivered()
    desk.session.cancel(1)
    desk.delivered()
    desk.market.cancels_allowed = True
    again = desk.restarted()
    again.polls()

    assert again.order().status is S.CANCELLED


# ---- life ----------------------------------------------------------------------------------------


def test_nothing_is_done_while_the_ledger_cannot_be_written() -> None:
    desk = ReconciledDesk()
    desk.session._books.failed = True
    before = desk.session.blockers.copy()
    desk.market.answers = False
    desk.polls(5)

    assert desk.session.blockers == before


def test_a_case_cannot_be_closed_twice() -> None:
    desk = ReconciledDesk()
    with pytest.raises(OrderError, match="no such case"):
        close_case(desk.session, 5, by="Li", reason="x")


def test_a_reconciler_asks_only_for_what_the_broker_offers() -> None:
    broker = ListBroker()
    broker.capabilities = type(broker.capabilities)(complete_list=False)
    broker.held[MAIN] = 500
    desk = ReconciledDesk(broker)
    desk.polls(20)

    assert desk.session.blockers == {}
    assert desk.cases == []
    assert desk.clock.now_utc() - at(DAY1) == timedelta(seconds=100)


# ---- garbage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("garbage", [
    {"shares": float("nan")}, {"shares": CNY("100.5")}, {"shares": "x"}, {"shares": True},
    {"price_cny": CNY("1E+30")}, {"price_cny": CNY("1E+14")}, {"price_cny": 10.0},
    {"price_cny": CNY("NaN")}])
def test_a_fill_that_makes_no_sense_is_quarantined_and_trading_goes_on(
    garbage: dict[str, Any]
) -> None:
    desk = ReconciledDesk(ListBroker())
    desk.buy(300)
    desk.polls()
    desk.session.on_report(replace(
        BrokerReport(kind=Report.FILL, order_id=1, broker_id="B1", ts_utc=at(DAY1),
                     trade_id="T9", shares=100, price_cny=CNY("10.00")), **garbage))
    desk.polls()

    assert kinds(desk).count(Entry.QUARANTINED) == 1
    assert [case.kind for case in desk.cases] == [CaseKind.REPORT]
    assert (desk.position().held_shares, desk.session.failed) == (0, False)


@pytest.mark.parametrize("garbage", [
    {"shares": 100.5}, {"limit_cny": CNY("1E+15")}, {"limit_cny": 10.0}, {"symbol": None},
    {"symbol": ""}, {"symbol": "\ud800"}, {"side": "BUY"}, {"type": None}])
def test_a_row_that_no_ledger_can_hold_is_quarantined_and_trading_goes_on(
    garbage: dict[str, Any]
) -> None:
    desk = ReconciledDesk(GarbageLists(garbage))
    desk.market.enter(shares=100)
    desk.polls(3)

    assert kinds(desk).count(Entry.QUARANTINED) == 1
    assert Entry.ORDER_ADOPTED not in kinds(desk)
    assert not desk.session.failed


def test_a_list_that_makes_no_sense_is_no_answer() -> None:
    desk = ReconciledDesk(GarbageLists({"entered_utc": "yesterday"}))
    desk.market.enter(shares=100)
    desk.polls(4)
    assert "make no sense" in desk.session.blockers[BLOCKER]

    desk.market.book.clear()
    desk.polls(2)
    assert desk.session.blockers == {}


def test_reports_about_unknown_orders_are_one_case_however_many_they_are() -> None:
    desk = ReconciledDesk(ListBroker())
    for number in range(200):
        desk.session.on_report(BrokerReport(
            kind=Report.FILL, order_id=9_000 + number, broker_id=f"Z{number}",
            ts_utc=at(DAY1), trade_id=f"T{number}", shares=100, price_cny=CNY("10.00")))
    desk.polls(4)

    assert kinds(desk).count(Entry.QUARANTINED) == 200
    assert len(desk.cases) == 1
    assert frozen(desk.session.book).keys() == {""}


class GarbageLists(ListBroker):
    """Its list of orders says of each what no order can be."""

    def __init__(self, garbage: dict[str, Any]) -> None:
        super().__init__()
        self.garbage = garbage

    def query_orders(self) -> list[BrokerReport]:
        return [row if row.about is None else replace(row, about=replace(
            row.about, **self.garbage)) for row in super().query_orders()]


# ---- lists of another day ------------------------------------------------------------------------


@pytest.mark.parametrize("empty_remarks", [False, True])
@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("manual", [False, True])
def test_yesterday_s_orders_in_a_list_after_midnight_are_not_booked_again(
    manual: bool, restart: bool, empty_remarks: bool
) -> None:
    desk = ReconciledDesk(ListBroker(empty_remarks=empty_remarks))
    if manual:
        desk.market.enter(shares=300)
    else:
        desk.buy(300)
    desk.polls()
    desk.market.trade(desk.market.book["B1"], 300)
    desk.polls()
    desk.to(DAY1, time(15, 5))
    desk.polls()
    desk.to(DAY2, time(0, 1))
    if restart:
        desk = desk.restarted(at=time(0, 2))
    desk.market.replay_day()
    desk.polls(4)

    assert desk.position().held_shares == 300
    assert (desk.agrees(), desk.cases, desk.session.blockers) == (True, [], {})


@pytest.mark.parametrize("entered_utc", [None, at(DAY1).replace(tzinfo=None)])
def test_an_undated_row_of_yesterday_is_known_by_its_id_and_by_what_it_is(
    entered_utc: datetime | None
) -> None:
    desk = ReconciledDesk(ListBroker(empty_remarks=True))
    desk.buy(300)
    desk.polls()
    desk.market.trade(desk.market.book["B1"], 300)
    desk.polls()
    desk.to(DAY2, time(0, 1))
    desk.market.book["B1"].entered_utc = entered_utc
    desk.polls(4)

    assert desk.position().held_shares == 300
    assert (desk.agrees(), desk.cases) == (True, [])


def test_a_number_that_is_used_again_on_the_next_day_is_a_new_order() -> None:
    desk = ReconciledDesk(ListBroker())
    desk.market.enter(shares=300)
    desk.polls()
    desk.market.trade(desk.market.book["B1"], 300)
    desk.polls()
    desk.market.next_day()
    desk.market._numbers = 0
    desk.to(DAY2, time(10))
    desk.market.enter(shares=300)
    desk.polls()
    desk.market.trade(desk.market.book["B1"], 300)
    desk.polls(3)

    assert desk.position().held_shares == 600
    assert (desk.agrees(), desk.cases) == (True, [])


def test_an_id_that_was_not_the_order_s_own_is_no_memory_of_it() -> None:
    desk = ReconciledDesk(ListBroker(returns_id="B9", silent_after_call=True))
    desk.buy(300)
    desk.polls()
    assert desk.order().broker_id == "B1"
    desk.session.oms.reindex()
    desk.market._numbers = 8
    desk.market.enter(shares=300)
    desk.polls()
    desk.market.trade(desk.market.book["B9"], 300)
    desk.polls(3)

    assert (desk.order(1).filled_shares, desk.order(2).filled_shares) == (0, 300)
    assert (desk.agrees(), desk.cases) == (True, [])


def test_an_empty_list_at_the_weekend_says_nothing_about_friday() -> None:
    desk = ReconciledDesk(ListBroker(), day=FRIDAY)
    desk.buy(300)
    desk.polls()
    desk.market.trade(desk.market.of(1), 300)
    desk.polls()
    desk.to(FRIDAY, time(15, 5))
    desk.polls()
    desk.market.next_day()
    desk.to(SATURDAY)
    desk.polls(4)

    assert (desk.cases, desk.session.blockers) == ([], {})


def test_a_call_of_an_earlier_day_is_not_disproved_by_a_list_of_today() -> None:
    desk = ReconciledDesk(ListBroker(place_error=TimeoutError(), loses_pushes=True))
    desk.buy(300)
    desk.market.trade(desk.market.of(1), 300)
    desk.market.next_day()
    desk = ReconciledDesk(desk.market, store=desk.store, day=DAY2, at=time(9))
    desk.polls()

    assert desk.order().status is S.UNKNOWN
    assert desk.session.book.account.reserved_cny > 0
