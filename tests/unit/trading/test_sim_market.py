from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest

from core.symbols import parse_instrument
from core.types import OrderSide, Period, Phase
from tests.support.desk import CNY, DAY1, FUND, MAIN, Reference, a_bar, a_quote, at
from tests.support.sim_orders import resting, the_day
from trading.day_rules import DayRules, SymbolDay
from trading.sim_market import BarPlan, Displayed, Passed, SymbolMarket, shown_ahead

QUARTER = Decimal("0.25")


def market() -> SymbolMarket:
    return SymbolMarket(QUARTER)


@pytest.mark.parametrize(("ends", "period", "plan"), [
    (time(9, 30), Period.MIN1, BarPlan(opening=True, continuous=False, closing=False)),
    (time(9, 31), Period.MIN1, BarPlan(opening=True, continuous=True, closing=False)),
    (time(10, 31), Period.MIN1, BarPlan(opening=False, continuous=True, closing=False)),
    (time(14, 57), Period.MIN1, BarPlan(opening=False, continuous=True, closing=False)),
    (time(14, 58), Period.MIN1, BarPlan(opening=False, continuous=False, closing=False)),
    (time(15, 0), Period.MIN1, BarPlan(opening=False, continuous=False, closing=True)),
    (time(15, 0), Period.MIN15, BarPlan(opening=False, continuous=True, closing=True)),
    (time(15, 0), Period.DAY, BarPlan(opening=True, continuous=True, closing=True))])
def test_a_bar_tells_of_the_phases_that_it_covers(
    ends: time, period: Period, plan: BarPlan
) -> None:
    bar = a_bar(ts_utc=at(DAY1, ends), period=period)

    assert market().plan(bar, the_day()) == plan


def test_shanghai_funds_trade_on_to_the_close_until_july_2026() -> None:
    bar = a_bar(symbol=FUND, price="4.000", ts_utc=at(DAY1, time(15)))
    assert market().plan(bar, the_day(FUND)) == BarPlan(
        opening=False, continuous=True, closing=False)
    later = date(2026, 7, 6)
    day = DayRules(Reference()).of(FUND, later)
    assert day is not None
    assert market().plan(replace(bar, ts_utc=at(later, time(15))), day) == BarPlan(
        opening=False, continuous=False, closing=True)


def test_a_bar_without_volume_and_the_second_of_the_day_hold_no_auction() -> None:
    here = market()
    empty = a_bar(volume=0, ts_utc=at(DAY1, time(9, 31)))
    assert here.plan(empty, the_day()) == BarPlan(opening=False, continuous=False, closing=False)
    here.note_bar(empty, the_day())
    bar = a_bar(ts_utc=at(DAY1, time(9, 31)))
    assert here.plan(bar, the_day()).opening
    here.note_bar(bar, the_day())
    assert not here.plan(bar, the_day()).opening


def test_the_opening_print_is_told_once_with_what_traded_in_it() -> None:
    here = market()
    early = a_quote(ts_utc=at(DAY1, time(9, 24)))
    assert here.opening_print(early) is None
    quote = a_quote(ts_utc=at(DAY1, time(9, 25)), open_cny=CNY("10.02"), volume_shares=8_000)
    found = here.opening_print(quote)
    assert found is not None
    assert (found.price_cny, found.shares, found.opening) == (CNY("10.02"), 8_000, True)
    assert here.opening_print(quote) is None


def test_an_open_first_heard_of_later_tells_no_auction_volume() -> None:
    quote = a_quote(ts_utc=at(DAY1, time(10)), open_cny=CNY("10.02"), volume_shares=8_000)

    assert market().opening_print(quote) is None


def test_the_closing_print_is_what_traded_since_the_auction_began() -> None:
    here = market()
    before = a_quote(ts_utc=at(DAY1, time(14, 56)), volume_shares=1_000)
    here.note_quote(before, the_day(), Phase.CONTINUOUS)
    close = a_quote(last="10.05", ts_utc=at(DAY1, time(15)), volume_shares=5_000)
    found = here.closing_print(close, here.passed(close), the_day())

    assert found is not None
    assert (found.price_cny, found.shares) == (CNY("10.05"), 4_000)
    assert here.close_cny == CNY("10.05")
    assert here.closing_print(close, here.passed(close), the_day()) is None


def test_a_closing_auction_in_which_nothing_traded_prints_nothing() -> None:
    here = market()
    close = a_quote(ts_utc=at(DAY1, time(15)), volume_shares=1_000)

    assert here.closing_print(close, Passed(0, None), the_day()) is None
    assert here.close_cny == CNY("10.00")


def free_day() -> SymbolDay:
    reference = Reference()
    reference.more[MAIN] = {"listed_sessions": 1}
    return the_day(MAIN, reference)


def test_a_limit_free_day_halts_at_thirty_per_cent_from_its_open_for_ten_minutes() -> None:
    here, day = market(), free_day()
    here.opening_print(a_quote(ts_utc=at(DAY1, time(9, 25)), open_cny=CNY("10.00")))
    here.note_quote(a_quote(last="12.99", ts_utc=at(DAY1, time(9, 40))), day, Phase.CONTINUOUS)
    assert not here.halted(at(DAY1, time(9, 40)))
    here.note_quote(a_quote(last="13.00", ts_utc=at(DAY1, time(9, 41))), day, Phase.CONTINUOUS)
    assert here.halted(at(DAY1, time(9, 50, 59)))
    assert not here.halted(at(DAY1, time(9, 51)))
    here.note_quote(a_quote(last="13.10", ts_utc=at(DAY1, time(9, 52))), day, Phase.CONTINUOUS)
    assert not here.halted(at(DAY1, time(9, 52)))


def test_an_ordinary_day_is_never_halted() -> None:
    here = market()
    here.note_bar(a_bar(ts_utc=at(DAY1, time(9, 31))), the_day())
    here.note_bar(a_bar(price="10.99", ts_utc=at(DAY1, time(9, 32))), the_day())

    assert not here.halted(at(DAY1, time(9, 33)))


@pytest.mark.parametrize(("limit", "outside"), [("10.20", False), ("10.21", True)])
def test_the_cage_is_two_per_cent_from_the_best_ask(limit: str, outside: bool) -> None:
    here = market()
    here.note_quote(a_quote(asks={"10.00": 100}), the_day(), Phase.CONTINUOUS)

    assert here.caged(resting(limit=limit), the_day(), Phase.CONTINUOUS) == (outside, False)
    assert here.caged(resting(limit=limit), the_day(), Phase.OPEN_AUCTION) == (False, False)


def test_the_cage_is_not_judged_before_anything_was_seen() -> None:
    assert market().caged(resting(limit="10.99"), the_day(), Phase.CONTINUOUS) == (False, False)


def test_chinext_kept_what_was_outside_until_april_2023() -> None:
    reference, symbol, on = Reference(), "300750.SZ", date(2022, 3, 4)
    reference.known[symbol] = parse_instrument(symbol)
    reference.reference_cny[symbol] = CNY("10.00")
    day = DayRules(reference).of(symbol, on)
    assert day is not None
    here = market()
    here.note_quote(a_quote(symbol=symbol, asks={"10.00": 100}), day, Phase.CONTINUOUS)
    order = resting(limit="10.50", symbol=symbol)
    order.order = replace(order.order, trading_day=on)

    assert here.caged(order, day, Phase.CONTINUOUS) == (True, True)


def test_what_stands_before_us_is_what_is_shown_at_our_price_or_unknown_behind_it() -> None:
    quote = a_quote(bids={"10.00": 900, "9.98": 500}, asks={"10.01": 100})

    assert [shown_ahead(OrderSide.BUY, CNY(price), quote)
            for price in ("10.00", "9.99", "9.98", "9.97")] == [900, 0, 500, None]
    assert shown_ahead(OrderSide.SELL, CNY("10.02"), quote) is None
    assert shown_ahead(OrderSide.BUY, CNY("10.00"), None) is None


def test_displayed_shares_that_we_took_are_gone_while_they_stay_on_display() -> None:
    shown, quote = Displayed(), a_quote(asks={"10.00": 300})
    shown.take(OrderSide.BUY, quote.asks[0])
    assert [level.shares for level in shown.left(OrderSide.BUY, quote)] == [0]
    shown.show(a_quote(asks={"10.01": 100}))
    assert [level.shares for level in shown.left(OrderSide.BUY, quote)] == [300]


def test_the_after_hours_session_is_taken_as_a_thousandth_of_the_day() -> None:
    here = market()
    here.note_bar(a_bar(volume=1_000_000, ts_utc=at(DAY1, time(15))), the_day())

    assert here.after_hours_room(Decimal("0.001")) == 250
    assert here.close_cny == CNY("10.00")
