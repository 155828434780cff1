from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from core.calendar import exchange_calendar
from core.exceptions import DataError
from core.money import from_e4
from core.types import JournalEntry
from tests.support.announced import Announced
from tests.support.desk import CNY, DAY1, DAY2, DAY3, MAIN, Desk, a_bar, at
from tests.support.random_years import Year
from trading import statement
from trading.entitlements import Entitlements
from trading.journal import GENESIS_HASH, next_entry
from trading.records import Entry
from trading.statement import Line, Statement, statement_rows, statements


def a_desk(**action: object) -> Desk:
    reference = Announced(**action)
    return Desk(reference=reference, dividend_tax=True, cash="100000.00",
                day_start=Entitlements(reference, exchange_calendar()).day_start)


def kinds(each: Statement) -> list[tuple[str, int, str]]:
    return [(line.kind, line.shares, str(from_e4(line.change_e4))) for line in each.lines]


def test_every_movement_of_a_day_is_a_line_and_the_cash_adds_up() -> None:
    desk = a_desk(cash_per_share_cny=Decimal("1.00"), bonus_per_share=Decimal("0.1"),
                  pay_date=DAY3, rights_per_share=Decimal("0.3"), rights_price_cny=CNY("4.00"))
    desk.hold(1_000)
    desk.sell(400, "10.50")
    desk.play(a_bar(price="10.50", ts_utc=at(DAY2)))
    desk.session.subscribe(MAIN, 100)
    desk.to(DAY3)
    one, two, three = statements(desk.store.entries())

    assert kinds(one) == [("OPENED", 0, "100000.00"), ("BUY", 1_000, "-10005.10")]
    assert kinds(two) == [
        ("OWED", 0, "0.00"), ("BONUS", 100, "0.00"), ("RIGHT", 300, "0.00"),
        ("SELL", -400, "4192.86"), ("TAX", 0, "-80.00"), ("SUBSCRIBED", 0, "-400.00")]
    assert (two.held, [each[2:] for each in two.owed]) == (
        ((MAIN, 700),), [(1_000_0000, 0), (400_0000, 100)])
    assert kinds(three) == [("PAID", 0, "1000.00"), ("ARRIVED", 100, "0.00")]
    assert (three.held, three.owed) == (((MAIN, 800),), ())
    assert [each.opening_e4 for each in (two, three)] == [
        each.closing_e4 for each in (one, two)]
    assert from_e4(three.closing_e4) == desk.session.cash_cny


def journal(year: Year) -> Iterator[JournalEntry]:
    head = (0, GENESIS_HASH)
    for kind, payload, day in year.journal:
        entry = next_entry(head, trading_day=day, ts_utc=at(day), kind=kind, payload=payload)
        head = entry.seq, entry.hash
        yield entry


def test_random_years_with_late_fills_are_stated_to_the_fen() -> None:
    for seed in range(20):
        year = Year(seed)
        assert year.play() == []
        found = list(statements(journal(year)))
        assert all(a.closing_e4 == b.opening_e4 for a, b in pairwise(found))
        assert from_e4(found[-1].closing_e4) == year.book.account.cash_cny
        assert len(found) > 20


@pytest.mark.parametrize("planted", ["cash", "shares", "owed"])
def test_a_statement_that_is_not_the_ledgers_is_never_given_out(
    planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = a_desk(cash_per_share_cny=Decimal("1.00"), pay_date=DAY3)
    desk.hold(1_000)
    add = statement._Count.add

    def wrong(count: Any, line: Line) -> None:
        if planted == "owed" and line.kind == "OWED":
            count.owed.append((MAIN, DAY3, 100, 0))
        if line.kind == "BUY":
            line = replace(line, change_e4=line.change_e4 - 100 * (planted == "cash"),
                           shares=line.shares + (planted == "shares"))
        add(count, line)

    monkeypatch.setattr(statement._Count, "add", wrong)
    with pytest.raises(DataError, match="is not the ledger's"):
        list(statements(desk.store.entries()))


def test_every_account_has_its_own_days_and_a_reset_ends_one() -> None:
    desk = Desk(account_id="one", cash="100.00")
    other = Desk(store=desk.store, account_id="two", cash="50.00", day=DAY2)
    other.session.reset(DAY1)
    found = [(each.account_id, each.day, str(from_e4(each.closing_e4)))
             for each in statements(desk.store.entries())]

    assert found == [("two", DAY2, "50.00"), ("one", DAY1, "100.00"), ("two", DAY1, "50.00")]


def test_a_written_off_holding_and_an_unknown_pay_date_are_said() -> None:
    desk = a_desk(cash_per_share_cny=Decimal("1.00"))
    desk.hold(1_000)
    desk.reference.known[MAIN] = replace(desk.reference.known[MAIN], delist_date=DAY3)
    desk.to(DAY3)
    _, two, three = statements(desk.store.entries())

    assert two.lines[0].note == f"ex-date {DAY2}, pay date unknown"
    assert [(line.kind, line.shares) for line in three.lines] == [("WRITTEN_OFF", -1_000)]
    assert three.held == ()


def test_rows_tell_the_opening_the_balance_after_each_line_and_the_closing() -> None:
    desk = a_desk(cash_per_share_cny=Decimal("1.00"), pay_date=DAY3)
    desk.hold(1_000)
    rows = [dict(zip(statement.HEADER, row, strict=True))
            for row in statement_rows(desk.store.entries())]

    assert [row["kind"] for row in rows] == [
        "OPENING", "OPENED", "BUY", "CLOSING", "POSITION",
        "OPENING", "OWED", "CLOSING", "POSITION", "RECEIVABLE"]
    assert (rows[2]["cash_after_cny"], rows[3]["cash_after_cny"]) == (
        CNY("89994.90"), CNY("89994.90"))
    assert rows[2]["commission_cny"] == CNY("5.00")
    assert rows[-1]["amount_cny"] == CNY("1000.00")


def test_a_ledger_without_an_account_has_no_statement() -> None:
    entry = next_entry((0, GENESIS_HASH), trading_day=DAY1, ts_utc=at(DAY1), kind=Entry.KILL,
                       payload={"level": 0})
    assert list(statements([entry])) == []
