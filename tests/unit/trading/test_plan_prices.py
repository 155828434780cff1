"""Which prices plans believe: trades of the continuous auction, fresh ones, quotes before bars."""

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

from core.calendar import exchange_calendar
from core.rules import phase
from core.symbols import parse_instrument
from tests.support.desk import DAY1, MAIN, a_bar, a_quote, at
from trading.plan_prices import PlanPrices

INSTRUMENT = parse_instrument(MAIN)
TEN = at(DAY1, time(10))


def prices() -> PlanPrices:
    calendar = exchange_calendar()
    return PlanPrices(lambda instrument, moment: phase(instrument, moment, calendar), 60)


def test_bars_stand_in_where_no_quotes_come_and_add_up_their_volume() -> None:
    known = prices()
    known.note((), [a_bar(low="9.90", high="10.10", volume=100), ])
    known.note((), [a_bar(price="10.20", volume=50, ts_utc=at(DAY1, time(10, 2)))])
    seen, _ = known.seen(INSTRUMENT, at(DAY1, time(10, 2)))

    assert seen is not None
    assert (seen.last_cny, seen.volume_shares, seen.quote) == (Decimal("10.20"), 150, None)
    assert seen.since_utc == at(DAY1, time(10, 1))


def test_with_quotes_bars_say_nothing_new() -> None:
    known = prices()
    known.note([a_quote(last="10.00", ts_utc=TEN)], [a_bar(price="9.00")])
    seen, _ = known.seen(INSTRUMENT, TEN)

    assert seen is not None
    assert seen.last_cny == Decimal("10.00")


def test_a_quote_that_comes_late_is_not_the_newest() -> None:
    known = prices()
    known.note([a_quote(last="10.00", ts_utc=TEN)], [])
    known.note([a_quote(last="9.00", ts_utc=TEN - timedelta(seconds=3))], [])
    seen, _ = known.seen(INSTRUMENT, TEN)

    assert seen is not None
    assert seen.last_cny == Decimal("10.00")


def test_an_old_price_and_no_price_say_why() -> None:
    known = prices()
    assert known.seen(INSTRUMENT, TEN) == (None, "none came today")
    known.note([a_quote(ts_utc=TEN)], [])
    assert known.seen(INSTRUMENT, TEN + timedelta(seconds=61))[1] == "the last is 61 s old"
    known.forget()
    assert known.quote(MAIN) is None


def test_the_lunch_break_does_not_age_a_price() -> None:
    known = prices()
    known.note([a_quote(ts_utc=at(DAY1, time(11, 29, 55)))], [])

    assert known.seen(INSTRUMENT, at(DAY1, time(13, 0, 30)))[0] is not None


def test_a_quote_without_a_trade_and_an_auctions_quote_are_no_prices() -> None:
    known = prices()
    known.note([replace(a_quote(ts_utc=TEN), last_cny=None)], [])
    assert known.seen(INSTRUMENT, TEN) == (None, "nothing traded today")
    auction = at(DAY1, time(14, 58))
    known.note([a_quote(ts_utc=auction)], [])
    assert known.seen(INSTRUMENT, auction)[0] is None
    assert known.quote(MAIN) is not None
