"""The figures on a whole desk: cases, plans, loss, exposure, rates; and that restarts keep them."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import numpy as np

from core.rules import shanghai
from core.settings_types import RiskSettings
from core.types import KillLevel, OrderSide, OrderStatus, OrderType
from tests.support.desk import CNY, DAY1, DAY2, DAY3, MAIN, STAR, Desk, a_bar, a_quote, calm
from trading.bookkeeper import Bookkeeper
from trading.records import Entry
from trading.risk_checks import RiskProfile
from trading.risk_figures import STREAK_KEY
from trading.var import SESSIONS

SELL = OrderSide.SELL
WIDE = RiskSettings(
    max_position_ratio=CNY(1), max_sector_ratio=CNY(1), orders_per_second=50,
    orders_per_minute=3_000, orders_per_day=5_000, daily_loss_limit_cny=CNY("9e8"))


def a_desk(**changes: Any) -> Desk:
    values: dict[str, Any] = {"profile": RiskProfile.HOUSE, "risk": WIDE}
    desk = Desk(**(values | changes))
    quoted(desk)
    return desk


def quoted(desk: Desk, last: str = "10.00", symbol: str = MAIN, volume: int = 10**9) -> None:
    desk.session.on_quotes([a_quote(symbol=symbol, last=last, volume_shares=volume,
                                    ts_utc=desk.clock.now_utc())])


def codes(desk: Desk, shares: int = 100, limit: str = "10.00", **changes: Any) -> list[str]:
    preview = desk.session.preview(desk.request(shares, limit, **changes))
    return [reason.code for reason in preview.refusals]


def state(desk: Desk, kind: Entry, key: str, **value: Any) -> None:
    desk.session.record(kind, {"key": key, "value": value, "why": "", "by": "test"})


def restarted(desk: Desk, last: str = "10.00", **changes: Any) -> Desk:
    """The same ledger in a new program, at the same moment."""
    values: dict[str, Any] = {"profile": RiskProfile.HOUSE, "risk": WIDE, "store": desk.store}
    now = desk.clock.now_utc()
    again = Desk(day=desk.session.day, at=time(9), **(values | changes))
    again.clock.move_to(now)
    # what the session did at its construction is repeated with the right clock
    again.session._risk.resume(again.session.book, again.session.journal_seq, desk.store.entries)
    quoted(again, last)
    return again


# ---- access and plans ------------------------------------------------------------------------


def test_an_open_case_freezes_its_symbol_and_a_closed_one_does_not() -> None:
    desk = a_desk()
    state(desk, Entry.CASE, "1", symbol=STAR, closed_utc=None)
    assert codes(desk) == []
    state(desk, Entry.CASE, "2", symbol=MAIN, closed_utc=None)
    assert codes(desk) == ["FROZEN"]
    state(desk, Entry.CASE, "2", symbol=MAIN, closed_utc="2024-03-04T03:00:00+00:00")
    assert codes(desk) == []
    state(desk, Entry.CASE, "3", symbol="", closed_utc=None)       # the whole account
    assert codes(desk) == ["FROZEN"]


def test_a_blocker_of_the_session_stops_every_order_of_every_profile() -> None:
    for profile in RiskProfile:
        desk = a_desk(profile=profile)
        desk.session.blockers["reconciler"] = "the broker's list is awaited"
        assert codes(desk) == ["RECONCILING"]
        del desk.session.blockers["reconciler"]
        assert codes(desk) == []


def test_children_stay_within_what_their_plan_may_send_on_each_side() -> None:
    desk = a_desk()
    assert codes(desk, plan_id=3) == ["PARENT_CAP"]                # no such plan
    state(desk, Entry.PLAN, "3", shares=300)
    desk.buy(200, "9.90", plan_id=3)
    desk.session.cancel(1)                                         # sent all the same
    assert codes(desk, 100, "9.95", plan_id=3) == []
    assert codes(desk, 200, "9.95", plan_id=3) == ["PARENT_CAP"]
    state(desk, Entry.PLAN, "3", shares=300, sent=250)             # more left on earlier days
    assert codes(desk, 100, "9.95", plan_id=3) == ["PARENT_CAP"]
    state(desk, Entry.PLAN, "3", shares="300")                     # not a number: unknown
    assert codes(desk, 100, "9.95", plan_id=3) == ["PARENT_CAP"]


def test_rights_come_from_the_settings_and_rubbish_grants_nothing() -> None:
    for text, found in (("STAR", []), ("chinext, star", []), ("ST", ["PERMISSION"]),
                        ("STARS rubbish", ["PERMISSION"])):
        desk = a_desk(risk=RiskSettings(permissions=text))
        quoted(desk, "50.00", STAR)
        assert codes(desk, 200, "50.00", symbol=STAR) == found


# ---- worth -----------------------------------------------------------------------------------


def test_the_days_loss_counts_price_and_fees_and_refuses_purchases_only() -> None:
    desk = a_desk()
    desk.hold(1_000)
    quoted(desk, "9.90")
    desk.buy(100, "9.90")
    desk.play(a_bar(price="9.90"))
    assert desk.session.book.fills_of(DAY2)[0].fees.total_cny == CNY("5.01")
    for limit, found in (("105.02", []), ("105.01", ["DAY_LOSS"]), ("105.00", ["DAY_LOSS"])):
        again = restarted(desk, "9.90", risk=RiskSettings(daily_loss_limit_cny=CNY(limit)))
        assert codes(again, 200, "9.90") == found
        assert codes(again, 200, "9.90", side=SELL) == []


def test_drawdown_is_measured_from_the_peak_the_breakers_wrote() -> None:
    desk = a_desk(risk=RiskSettings(max_drawdown_ratio=CNY("0.10")))
    desk.hold(100)
    quoted(desk)                                         # worth 999,994.99 after the fees of 5.01
    assert codes(desk) == []
    state(desk, Entry.EQUITY, "peak main", peak_e4=11_111_055_444)  # a tenth above but for 0.02
    assert codes(desk, 200) == []
    state(desk, Entry.EQUITY, "peak main", peak_e4=11_111_055_445)
    assert codes(desk, 200) == ["DRAWDOWN"]
    state(desk, Entry.EQUITY, "peak main", peak_e4=9_000_000_000)   # counted afresh after a re-arm
    assert codes(desk, 200) == []


def test_a_peak_of_before_a_reset_belongs_to_another_account() -> None:
    desk = a_desk()
    desk.hold(100)
    quoted(desk)
    state(desk, Entry.EQUITY, "peak main", peak_e4=99_000_000_000)
    assert codes(desk, 200) == ["DRAWDOWN"]
    desk.session.reset(DAY1)
    desk.to(DAY1)
    quoted(desk)

    assert codes(desk, 200) == []


def test_losing_sales_in_a_row_pause_programs_and_not_people() -> None:
    desk = a_desk()
    state(desk, Entry.BREAKER, STREAK_KEY, count=5)

    assert codes(desk, source="ma_cross") == ["LOSS_STREAK"]
    assert codes(desk) == []


def test_a_holding_without_any_price_refuses_purchases() -> None:
    desk = a_desk()
    desk.hold(200)
    desk.reference.reference_cny[MAIN] = None
    desk.to(DAY3)
    quoted(desk, "50.00", STAR)

    assert set(codes(desk, 200, "50.00", symbol=STAR)) >= {"DAY_LOSS", "CONCENTRATION", "GROSS"}


# ---- exposure and what if --------------------------------------------------------------------


def test_open_purchases_count_as_if_they_had_filled() -> None:
    desk = a_desk(cash="100000.00", risk=RiskSettings(max_sector_ratio=CNY(1)))
    desk.buy(1_000, "9.90")                      # 9,905.10 with fees
    assert codes(desk, 1_000, "10.00") == []     # 19,910.20 of 100,000.00
    desk.buy(100, "9.91")                        # 996.01 more
    assert codes(desk, 1_000, "10.00") == ["CONCENTRATION"]
    desk.session.cancel(2)
    assert codes(desk, 1_000, "10.00") == []


def test_the_ticket_is_told_what_the_account_would_look_like() -> None:
    desk = a_desk(cash="100000.00", surroundings=calm(
        returns=lambda _symbol, _day: np.tile([0.1, -0.1], SESSIONS // 2)))
    preview = desk.session.preview(desk.request(1_000, "10.00"))

    assert preview.available_after_cny == CNY("89994.90")
    assert preview.position_ratio == preview.sector_ratio == preview.gross_ratio == CNY("0.100051")
    assert preview.var_before_ratio == 0
    assert preview.var_after_ratio == CNY("0.016490")       # 1.6449 deviations of 10 % of a tenth
    desk.hold(1_000)
    quoted(desk)
    sale = desk.session.preview(desk.request(1_000, "10.00", side=SELL))
    assert sale.position_ratio == 0
    assert sale.var_after_ratio == 0
    assert sale.available_after_cny == desk.session.book.account.available_cny + (
        sale.proceeds_cny or 0)
    nothing = desk.session.preview(desk.request(100, "10.00", symbol="600000.SH"))
    assert nothing.position_ratio is nothing.var_after_ratio is nothing.available_after_cny is None


def test_the_exchange_profile_gathers_nothing_of_the_house() -> None:
    desk = Desk(profile=RiskProfile.EXCHANGE, surroundings=calm(
        returns=lambda _symbol, _day: 1 / 0, average_volume=lambda _symbol, _day: 1 // 0))

    assert codes(desk) == []
    assert desk.session._risk.figures is None


# ---- rates, and that a restart forgets nothing -----------------------------------------------


def test_the_days_counters_survive_a_restart_to_the_second() -> None:
    strict = RiskSettings(orders_per_second=2, orders_per_minute=3, max_cancel_ratio=CNY("0.50"))
    desk = a_desk(risk=strict)
    desk.buy(100, "9.00")
    desk.buy(100, "9.01")
    assert codes(desk) == ["RATE"]
    again = restarted(desk, risk=strict)
    assert codes(again) == ["RATE"]
    assert codes(again, 100, "9.01") == ["REPEATED", "RATE"]
    again.to(DAY1, time(10, 0, 1))
    assert codes(again) == []
    again.buy(100, "9.02")
    assert codes(again) == ["RATE"]                          # three in a minute
    again.to(DAY1, time(10, 0, 59))
    quoted(again)
    assert codes(restarted(again, risk=strict)) == ["RATE"]
    again.to(DAY1, time(10, 1))
    quoted(again)
    assert codes(restarted(again, risk=strict)) == []


def test_quick_cancels_and_their_ratio_survive_a_restart() -> None:
    desk = a_desk()
    for n in range(10):
        desk.session.cancel(desk.buy(100, f"9.{n:02}"))
    assert codes(desk) == ["QUICK_CANCEL", "BURST"]
    desk.to(DAY1, time(10, 0, 1))
    assert codes(desk) == ["QUICK_CANCEL"]
    assert codes(restarted(desk)) == ["QUICK_CANCEL"]


def test_b13_the_days_limits_end_with_the_exchanges_day_and_no_clocks_midnight() -> None:
    """Shanghai's midnight is 16:00 UTC; a session begins hours after the UTC date has changed."""
    desk = a_desk(risk=RiskSettings(orders_per_day=1))
    desk.buy(100, "9.00")
    desk.to(DAY1, time(14, 59))
    quoted(desk)
    assert codes(desk) == ["RATE"]
    for wall in (time(0, 0, 1), time(7, 59), time(8, 0, 1)):    # past midnight here, then in UTC
        desk.clock.move_to(max(desk.clock.now_utc(), _at(DAY2, wall)))
        assert "RATE" in codes(desk), wall
    assert "RATE" in codes(restarted(desk, risk=RiskSettings(orders_per_day=1)))
    desk.to(DAY2)
    quoted(desk)
    assert codes(desk) == []


def _at(day: date, wall: time) -> Any:
    return shanghai(day, wall)


def test_a_long_weekend_and_an_idle_program_keep_the_days_apart() -> None:
    desk = a_desk(risk=RiskSettings(orders_per_day=1))
    desk.to(date(2024, 3, 8))
    quoted(desk)
    desk.buy(100, "9.00")
    for day in (date(2024, 3, 9), date(2024, 3, 10)):           # no sessions
        desk.to(day, time(10))
        assert "RATE" in codes(desk)
    desk.to(date(2024, 3, 11))
    quoted(desk)
    assert codes(desk) == []


def test_after_a_failed_write_the_day_is_counted_from_what_is_durable() -> None:
    desk = a_desk(risk=RiskSettings(orders_per_day=1))
    desk.buy(100, "9.00")
    desk.session.reload()
    quoted(desk)

    assert codes(desk) == ["RATE"]
    assert Bookkeeper(desk.store, desk.clock).book.orders[1].request.shares == 100


def test_orders_without_a_limit_count_at_the_judged_price() -> None:
    desk = a_desk(risk=replace(WIDE, large_trades_cny=CNY("3000.00")))
    desk.buy(100, "9.00")
    sent = desk.session.book.orders[1]
    desk.session.book.index.take(sent, replace(sent, request=replace(
        sent.request, limit_cny=None, type=OrderType.BEST5_CANCEL)))

    assert codes(desk, 200, "10.00") == []                       # 1,000.00 and 2,000.00
    assert codes(desk, 200, "10.01") == ["LARGE_TRADES"]


def test_an_order_would_not_trade_with_another_of_the_same_account() -> None:
    desk = a_desk()
    desk.hold(300)
    quoted(desk)
    desk.sell(100, "10.02", source="ma_cross")

    assert codes(desk, 100, "10.02") == ["SELF_TRADE"]
    assert codes(desk, 100, "10.01") == []
    assert desk.session.book.kill_level is KillLevel.NONE


def test_an_order_of_unproven_fate_stops_its_own_side_only() -> None:
    desk = a_desk()
    desk.hold(300)
    quoted(desk)
    desk.buy(100, "9.00")
    sent = desk.session.book.orders[2]
    desk.session.book.index.take(sent, replace(sent, status=OrderStatus.UNKNOWN))

    assert codes(desk, 200) == ["UNKNOWN_OUTSTANDING"]
    assert codes(desk, 200, "10.00", side=SELL) == []
    assert codes(desk, 200, "50.00", symbol=STAR)[:1] != ["UNKNOWN_OUTSTANDING"]


def test_a_sale_that_nobody_can_price_is_refused() -> None:
    desk = a_desk()
    desk.hold(300)
    desk.reference.reference_cny[MAIN] = None
    desk.session.parts.rules.forget()
    preview = desk.session.preview(desk.request(
        100, None, side=SELL, type=OrderType.BEST5_CANCEL))

    assert {"NO_REFERENCE", "FAT_FINGER_SIZE", "LARGE_TRADES"} <= {
        reason.code for reason in preview.refusals}
    assert preview.position_ratio is None


def test_a_long_day_is_counted_whole_after_a_restart() -> None:
    """More entries than one look back takes in, and none of the day before."""
    desk = a_desk(risk=replace(WIDE, orders_per_day=2))
    desk.buy(100, "9.00")
    desk.to(DAY2)
    quoted(desk)
    desk.buy(100, "9.00")
    for n in range(1_100):
        state(desk, Entry.BREAKER, "noise", n=n)
    assert codes(restarted(desk, risk=replace(WIDE, orders_per_day=2))) == []
    assert codes(restarted(desk, risk=replace(WIDE, orders_per_day=1))) == ["RATE"]


def test_another_account_in_between_does_not_reset_the_days_counters() -> None:
    strict = RiskSettings(orders_per_day=2)
    desk = a_desk(risk=strict)
    quoted(desk)
    for limit in ("9.91", "9.92"):
        desk.buy(100, limit)
    other = Desk(store=desk.store, account_id="other", at=time(10, 1), profile=RiskProfile.HOUSE)
    other.buy(100, "9.93")
    again = Desk(store=desk.store, at=time(10, 2), profile=RiskProfile.HOUSE, risk=strict)
    quoted(again)

    assert codes(again) == ["RATE"]
