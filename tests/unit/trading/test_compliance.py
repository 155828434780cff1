import csv
from datetime import time
from pathlib import Path

import pytest

from core.settings_types import RiskSettings
from core.types import OrderSide
from tests.support.desk import DAY1, DAY2, MAIN, Desk, a_quote, at
from tests.support.risk_cases import REPORTED
from trading.compliance import (
    COMPLIANCE_HEADER,
    HIGH_FREQUENCY_PER_DAY,
    HIGH_FREQUENCY_PER_SECOND,
    TradingDay,
    trading_days,
)
from trading.export import export_ledger
from trading.records import Entry
from trading.registration import registration_to
from trading.risk_checks import RiskProfile

FAST = RiskSettings(orders_per_second=50, orders_per_minute=3_000, orders_per_day=5_000)


def a_desk() -> Desk:
    desk = Desk(profile=RiskProfile.HOUSE, risk=FAST)
    desk.session.on_quotes([a_quote(volume_shares=10**9)])
    return desk


def test_a_day_is_told_by_the_journal_alone() -> None:
    desk = a_desk()
    for n in range(4):
        desk.buy(100, f"9.0{n}", source="ma_cross" if n else "manual")
    desk.session.cancel(1)
    desk.to(DAY1, time(10, 0, 2))
    desk.session.cancel(2)
    desk.buy(100, "9.009")                       # refused: off the tick
    (day,) = trading_days(desk.store.entries())

    assert (day.account, day.day) == (desk.session.book.opened.account_id, DAY1)
    assert (day.orders, day.automated, day.cancels, day.quick_cancels) == (4, 3, 2, 1)
    assert (day.messages, day.peak_second, day.denied) == (6, 5, 1)
    assert day.refusals["TICK"] == 1
    assert not day.high_frequency


def test_what_a_plan_sends_is_sent_by_a_program_whoever_made_the_plan() -> None:
    desk = a_desk()
    desk.session.record(Entry.PLAN, {
        "key": "7", "value": {"shares": 1_000}, "why": "a test", "by": "manual"})
    desk.buy(100, "9.00", plan_id=7)
    desk.buy(100, "9.01")
    (day,) = trading_days(desk.store.entries())

    assert (day.orders, day.automated) == (2, 1)


def test_days_and_accounts_are_kept_apart_and_a_quiet_day_is_no_row() -> None:
    desk = a_desk()
    desk.buy(100, "9.00")
    desk.to(DAY2)
    desk.session.on_quotes([a_quote(ts_utc=at(DAY2))])
    desk.buy(100, "9.00", side=OrderSide.SELL)
    days = trading_days(desk.store.entries())

    assert [(day.day, day.orders, day.denied) for day in days] == [(DAY1, 1, 0), (DAY2, 0, 1)]
    assert trading_days(Desk().store.entries()) == []


def test_a_burst_is_counted_each_time_a_second_reaches_the_limit() -> None:
    day = TradingDay("main", DAY1)
    for n in range(25):
        day.sent(n, at(DAY1), automated=True)
    for n in range(25):
        day.cancel_asked(n, at(DAY1, time(10, 0, 2)))

    day.cancel_asked(1, at(DAY1, time(10, 0, 9)))      # asked again: a message, no other cancel
    assert (day.cancels, day.messages) == (25, 51)
    assert (day.bursts, day.peak_second, day.quick_cancels) == (2, 25, 0)


@pytest.mark.parametrize(("peak", "messages", "high"), [
    (HIGH_FREQUENCY_PER_SECOND - 1, HIGH_FREQUENCY_PER_DAY - 1, False),
    (HIGH_FREQUENCY_PER_SECOND, 0, True), (0, HIGH_FREQUENCY_PER_DAY, True)])
def test_high_frequency_begins_at_300_a_second_or_20000_a_day(
    peak: int, messages: int, high: bool
) -> None:
    assert TradingDay("main", DAY1, peak_second=peak, messages=messages).high_frequency is high


def test_the_sheet_is_exported_with_what_was_registered(tmp_path: Path) -> None:
    desk = a_desk()
    desk.buy(100, "9.00", symbol=MAIN)
    file = tmp_path / "sheet.csv"
    assert export_ledger(desk.store, "compliance", file) == 1
    with file.open(encoding="utf-8") as lines:
        (row,) = csv.DictReader(lines)
    assert tuple(row) == COMPLIANCE_HEADER
    assert (row["orders"], row["cancel_ratio"], row["registered_on"]) == ("1", "0.0000", "")

    desk.session.record(Entry.REGISTRATION, {
        "key": row["account"], "value": registration_to(REPORTED), "why": "", "by": "test"})
    export_ledger(desk.store, "compliance", file)
    with file.open(encoding="utf-8") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["registered_on"], row["reported_per_second"], row["by"]) == (
        "2024-03-04", "10", "a person")
