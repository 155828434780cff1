from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.types import Order, OrderSide, OrderStatus, Report
from tests.support.bad_broker import a_report
from tests.support.desk import CNY, DAY1, MAIN, Reference, a_request, at
from trading.day_rules import DayRules
from trading.fill_checks import AHEAD, cleaned, clock_doubt, fill_doubt, fingerprint

DAY = DayRules(Reference()).of(MAIN, DAY1)


def an_order(**changes: object) -> Order:
    return Order(order_id=1, request=a_request(**changes), trading_day=DAY1,
                 status=OrderStatus.LIVE)


@pytest.mark.parametrize(("price", "said"), [
    ("10.00", ""), ("9.00", ""), ("10.005", "off the tick"), ("8.99", "outside the day's band"),
    ("11.01", "outside the day's band"), ("10.01", "worse than the order's limit")])
def test_an_odd_price_of_a_purchase_is_named(price: str, said: str) -> None:
    doubt = fill_doubt(an_order(), CNY(price), DAY)

    assert (said in doubt) if said else doubt == ""


@pytest.mark.parametrize(("price", "odd"), [("10.00", False), ("9.99", True), ("10.01", False)])
def test_a_sale_below_its_limit_is_odd(price: str, odd: bool) -> None:
    assert bool(fill_doubt(an_order(side=OrderSide.SELL), CNY(price), DAY)) is odd


def test_without_a_band_or_a_limit_there_is_nothing_to_compare_with() -> None:
    assert DAY is not None
    market = an_order(limit_cny=None, type=a_request().type.OWN_BEST)
    assert fill_doubt(market, CNY("10.99"), DAY) == ""
    assert fill_doubt(an_order(), CNY("99.999"), None) == ""
    assert fill_doubt(an_order(), CNY("99.999"), replace(DAY, band=None)) == ""
    assert "band" in fill_doubt(an_order(), CNY("99.999"), replace(DAY, tick_cny=None))


def test_texts_that_cannot_be_written_down_are_cleaned_and_good_ones_left_alone() -> None:
    good = a_report(Report.ACK, broker_id="B1")
    bad = replace(good, text="\udcff" + "x" * 10_000, broker_id="y" * 500)

    assert cleaned(good) is good
    assert cleaned(bad).text.encode()
    assert len(cleaned(bad).text) == 300
    assert len(cleaned(bad).broker_id) == 64


def test_a_fingerprint_tells_reports_apart_and_not_when_they_came() -> None:
    one = a_report(Report.FILL, shares=100, price="10.00")

    assert fingerprint(one) == fingerprint(replace(one, ts_utc=at(DAY1) + timedelta(hours=1)))
    assert len({fingerprint(one), fingerprint(replace(one, shares=200)),
                fingerprint(replace(one, price_cny=Decimal("10.01"))),
                fingerprint(replace(one, trade_id="t2"))}) == 4


@pytest.mark.parametrize(("ahead", "odd"), [
    (timedelta(), False), (AHEAD, False), (AHEAD + timedelta(seconds=1), True),
    (timedelta(hours=1), True), (timedelta(hours=-1), False)])
def test_only_a_clock_ahead_of_ours_is_seen_to_be_wrong(ahead: timedelta, odd: bool) -> None:
    report = replace(a_report(Report.ACK), ts_utc=at(DAY1) + ahead)

    assert bool(clock_doubt(report, at(DAY1))) is odd


def test_a_report_without_a_time_zone_says_nothing_of_the_clock() -> None:
    naive = datetime(2030, 1, 1)  # noqa: DTZ001  a broker's bad date
    assert clock_doubt(replace(a_report(Report.ACK), ts_utc=naive), at(DAY1)) == ""
    assert clock_doubt(replace(a_report(Report.SILENCE), ts_utc=at(DAY1) + AHEAD * 2),
                       at(DAY1)) == ""


def test_a_report_without_a_moment_is_dated_before_every_day() -> None:
    undated = replace(a_report(Report.ACK), ts_utc=None)  # type: ignore[arg-type]

    assert cleaned(undated).ts_utc.year == 1970
    assert clock_doubt(cleaned(undated), at(DAY1)) == ""
