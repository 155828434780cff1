from collections.abc import Mapping
from datetime import date, time
from pathlib import Path

import pytest

from core.events import DayEvent, FillEvent, KillEvent, NoticeEvent, OrderEvent
from core.exceptions import OrderError
from core.types import KillLevel, OrderSide, OrderStatus, Origin, Position
from tests.support.desk import CNY, DAY1, DAY2, DAY3, FUND, MAIN, Desk, a_bar, a_quote, at
from trading.ex_dates import Credit, DayStart
from trading.kill_switch import KillRequest, write_request
from trading.ledger import projection_bytes, rebuild

S = OrderStatus


def test_buy_refused_same_day_sale_sell_next_session_and_every_fen_is_right() -> None:
    desk = Desk(cash="100000.00")
    desk.buy(1_000, "10.00")
    desk.play(a_bar(price="10.00"))
    assert desk.session.cash_cny == CNY("89994.90")        # 10,000.00 + 5.00 + 0.10
    refused = desk.session.submit(desk.request(1_000, "10.00", side=OrderSide.SELL))
    assert (refused.status, refused.refusals[0].code) == (S.DENIED, "T1_SELLABLE")
    desk.to(DAY2)
    desk.sell(1_000, "10.00")
    desk.play(a_bar(price="10.00"))

    assert desk.session.order(3).fees.total_cny == CNY("10.10")   # market-rules 9, 2023-08-28
    assert desk.session.cash_cny == CNY("99984.80")
    assert desk.position(MAIN).realised_cny == CNY("-15.20")
    assert desk.session.holdings() == []


def test_a_fund_with_the_flag_is_sold_on_the_day_it_was_bought() -> None:
    desk = Desk()
    desk.reference.known[FUND] = desk.reference.known[FUND].__class__(
        symbol=FUND, exchange=desk.reference.known[FUND].exchange,
        board=desk.reference.known[FUND].board, kind=desk.reference.known[FUND].kind, t0=True)
    desk.buy(1_000, "4.000", symbol=FUND)
    desk.play(a_bar(symbol=FUND, price="4.000"))
    desk.sell(1_000, "4.000", symbol=FUND)
    desk.play(a_bar(symbol=FUND, price="4.000"))

    assert desk.session.holdings() == []
    assert desk.session.order(2).fees.stamp_duty_cny == CNY("0.00")


def test_a_refused_order_is_written_down_with_all_its_reasons_and_costs_nothing() -> None:
    desk = Desk()
    order = desk.session.submit(desk.request(150, "12.005"))

    assert [r.code for r in order.refusals] == ["TICK", "PRICE_LIMIT", "LOT"]
    assert desk.store.load().orders == (order,)
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_days_only_go_forward_and_opening_one_twice_changes_nothing() -> None:
    desk = Desk()
    desk.session.open_day(DAY2)
    head = desk.store.head()
    desk.session.open_day(DAY2)
    assert desk.store.head() == head
    with pytest.raises(OrderError, match="the ledger stands at 2024-03-05"):
        desk.session.open_day(DAY1)


def test_a_day_without_a_session_opens_nothing_and_a_missed_day_is_rolled_once() -> None:
    desk = Desk()
    desk.hold(100)
    desk.buy(100)
    desk.play(a_bar())
    saturday, monday = date(2024, 3, 9), date(2024, 3, 11)
    desk.to(saturday)
    assert desk.session.day == DAY2
    assert desk.position(MAIN).sellable_shares == 100
    desk.to(monday)
    assert desk.session.day == monday
    assert desk.position(MAIN).sellable_shares == 200


def test_what_is_open_when_the_trading_day_ends_expires_that_day() -> None:
    desk = Desk()
    desk.buy(100, "9.90")
    desk.to(DAY1, time(15, 29, 59))
    assert desk.session.order(1).status is S.LIVE
    desk.to(DAY1, time(15, 30))
    assert desk.session.order(1).status is S.EXPIRED


def test_yesterdays_order_never_fills_today() -> None:
    desk = Desk()
    desk.buy(100, "9.90")
    desk.to(DAY2)
    desk.play(a_bar(price="9.50"))

    assert desk.session.holdings() == []
    assert not [event for event in desk.events if isinstance(event, NoticeEvent)]


def test_a_halt_of_yesterday_is_no_halt_of_today() -> None:
    desk = Desk()
    desk.session.on_quotes([a_quote(suspended=True)])
    assert desk.session.submit(desk.request(100)).refusals[0].code == "SUSPENDED"
    desk.to(DAY2)
    assert desk.session.submit(desk.request(100)).refusals == ()


def test_entitlements_and_write_offs_come_before_the_first_order_of_the_day() -> None:
    seen: list[tuple[int, date]] = []

    def start(positions: Mapping[str, Position], since: date, day: date) -> DayStart:
        seen.append((positions[MAIN].held_shares, since))
        if day == DAY2:
            return DayStart(credits=(Credit(
                symbol=MAIN, ex_date=day, cash_cny=CNY("50.00"), bonus_shares=20),))
        return DayStart(write_offs=(MAIN,))

    desk = Desk(day_start=start)
    desk.hold(100)
    assert desk.position(MAIN).sellable_shares == 120
    desk.to(DAY3)
    assert desk.session.holdings() == []
    assert seen == [(100, DAY1), (120, DAY2)]


def test_a_reset_starts_afresh_on_an_earlier_day_and_is_in_the_journal() -> None:
    desk = Desk()
    desk.hold(100)
    desk.buy(100, "9.90", key="k")
    snapshot = desk.session.reset(DAY1)

    assert snapshot.account.cash_cny == snapshot.account.initial_cash_cny
    assert (snapshot.account.trading_day, snapshot.positions, snapshot.orders) == (DAY1, (), ())
    assert desk.clock.now_utc().date() == DAY1
    assert desk.session.submit(desk.request(100, key="k")).order_id == 3
    desk.play(a_bar(price="9.80"))
    assert [f.order_id for f in desk.session.snapshot().fills] == [3]
    assert not [event for event in desk.events if isinstance(event, NoticeEvent)]
    assert projection_bytes(rebuild(desk.store.entries())) == projection_bytes(desk.store.load())


def test_accounts_stand_side_by_side_in_one_ledger() -> None:
    desk = Desk(account_id="generated", origin=Origin.GENERATED)
    desk.hold(1_000)
    desk.buy(100, "9.90", key="k")
    other = Desk(store=desk.store, account_id="imported", cash="500.00", day=DAY3)
    snapshot = other.session.snapshot()
    assert (snapshot.account.account_id, snapshot.positions) == ("imported", ())
    assert snapshot.account.cash_cny == CNY("500.00")
    assert other.session.submit(other.request(100, key="k", limit="1.00")).order_id == 3
    assert other.session.reset(DAY1).account.account_id == "imported"

    again = Desk(store=desk.store, account_id="generated", day=DAY2)
    account = again.session.snapshot().account
    assert (account.account_id, account.origin) == ("generated", Origin.GENERATED)
    assert again.position().held_shares == 1_000
    assert projection_bytes(rebuild(desk.store.entries())) == projection_bytes(desk.store.load())


def test_an_account_with_real_money_is_never_reset() -> None:
    desk = Desk(rewind=None)
    with pytest.raises(OrderError, match="real money"):
        desk.session.reset(DAY1)


def test_the_kill_switch_blocks_cancels_and_survives_a_restart() -> None:
    desk = Desk()
    desk.buy(100, "9.90")
    desk.session.set_kill(KillLevel.BLOCK, "drill")
    assert desk.session.order(1).status is S.CANCELLED
    again = Desk(store=desk.store)
    assert again.session.snapshot().kill_level is KillLevel.BLOCK
    assert again.session.submit(again.request(100)).refusals[0].code == "KILL"
    again.session.set_kill(KillLevel.NONE, "settled")
    assert again.session.submit(again.request(100)).refusals == ()


def test_reduce_only_takes_working_purchases_out_and_lets_sales_pass() -> None:
    desk = Desk()
    desk.hold(200)
    buy, sale = desk.buy(100, "9.90"), desk.sell(100, "10.50")
    desk.session.set_kill(KillLevel.REDUCE_ONLY, "loss")

    assert desk.session.order(buy).status is S.CANCELLED
    assert desk.session.order(sale).status is S.LIVE
    assert desk.session.submit(desk.request(100)).refusals[0].code == "KILL"
    assert desk.session.submit(desk.request(100, side=OrderSide.SELL)).refusals == ()


def test_cancelling_all_counts_what_was_asked_for() -> None:
    desk = Desk()
    desk.buy(100, "9.90")
    desk.buy(100, "9.80")
    assert desk.session.cancel_all() == 2
    assert desk.session.cancel_all() == 0


def test_everything_that_happens_is_told_after_it_is_durable() -> None:
    desk = Desk()
    desk.buy(100)
    desk.play(a_bar())
    desk.to(DAY2)
    desk.session.set_kill(KillLevel.PAUSE, "drill")

    steps = [e.order.status for e in desk.events if isinstance(e, OrderEvent)]
    assert steps == [S.INTENT, S.SENDING, S.SENT, S.LIVE, S.FILLED]
    assert [e.fill.shares for e in desk.events if isinstance(e, FillEvent)] == [100]
    assert DayEvent(DAY2) in desk.events
    assert [e.level for e in desk.events if isinstance(e, KillEvent)] == [KillLevel.PAUSE]


def test_the_ledger_equals_its_journal_after_a_busy_month() -> None:
    desk = Desk()
    day = DAY1
    for number in range(20):
        desk.buy(100 * (1 + number % 3), "10.00")
        desk.play(a_bar(price="10.00", volume=600))
        desk.sell(100, "9.90")
        desk.play(a_bar(price="9.95"))
        day = desk.parts.calendar.next_session(day)
        desk.to(day)

    assert projection_bytes(rebuild(desk.store.entries())) == projection_bytes(desk.store.load())
    stored = desk.store.load()
    spent = sum((f.price_cny * f.shares * (1 if f.side is OrderSide.BUY else -1) + f.fees.total_cny
                 for f in stored.fills), CNY(0))
    assert stored.account is not None
    assert stored.account.cash_cny == CNY("1000000.00") - spent
    assert stored.account.reserved_cny == CNY("0.00")
    held = sum(f.shares * (1 if f.side is OrderSide.BUY else -1) for f in stored.fills)
    assert stored.positions[0].held_shares == held


def test_a_kill_in_the_middle_of_a_send_cancels_what_is_open(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    desk = Desk(kill_request=path)
    resting = desk.buy(100, "9.90")
    write_request(path, KillRequest(KillLevel.BLOCK, "by hand"))
    sent = desk.buy(100, "9.80")

    assert desk.session.order(sent).status is OrderStatus.NOT_SENT
    assert desk.session.order(resting).status is OrderStatus.CANCELLED


def test_an_order_is_refused_while_the_market_stands_before_the_ledgers_day() -> None:
    desk = Desk(day=DAY2)
    desk.clock.rewind_to(at(DAY1))

    with pytest.raises(OrderError, match="taken back to 2024-03-04"):
        desk.buy(100)
    assert desk.session.snapshot().orders == ()


def test_an_orderly_end_leaves_its_moment_in_the_journal_once_time_has_passed() -> None:
    desk = Desk()
    before = desk.store.head()[0]
    desk.session.leave()
    assert desk.store.head()[0] == before               # nothing happened here

    desk.to(DAY1, time(10, 5))
    desk.session.leave()
    newest = list(desk.store.entries())[-1]
    assert (newest.kind, newest.ts_utc) == ("DESK_CLOSED", desk.clock.now_utc())
    assert rebuild(desk.store.entries()) == desk.store.load()


def test_each_fill_of_a_burst_is_told_with_the_cash_after_it() -> None:
    desk = Desk()
    desk.buy(1_000)
    desk.session.on_quotes([a_quote(asks={"9.98": 100, "9.99": 200})])

    told = [event for event in desk.events if isinstance(event, FillEvent)]
    assert [event.fill.shares for event in told] == [100, 200]
    first, second = (event.cash_after_cny for event in told)
    assert first is not None
    assert second == desk.session.cash_cny < first
