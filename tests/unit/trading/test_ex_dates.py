"""Ex-dates in the journal, and fills that were reported after one."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest

from core.calendar import exchange_calendar
from core.exceptions import OrderError
from core.types import BrokerReport, OrderSide, Report
from tests.support.announced import Announced
from tests.support.desk import CNY, DAY1, DAY2, DAY3, MAIN, Desk, a_bar, at
from trading.entitlements import Entitlements
from trading.ex_dates import DayStart, fill_extras, nothing_starts
from trading.ledger import projection_bytes, rebuild

FAR = date(2025, 3, 20)


def a_desk(**action: object) -> Desk:
    reference = Announced(**action)
    return Desk(reference=reference, dividend_tax=True,
                day_start=Entitlements(reference, exchange_calendar()).day_start)


def late_fill(desk: Desk, order_id: int, shares: int, price: str = "10.00") -> None:
    desk.session.on_report(BrokerReport(
        kind=Report.FILL, order_id=order_id, ts_utc=at(DAY2, time(9, 45)),
        broker_id=desk.session.order(order_id).broker_id,
        trade_id=f"late-{order_id}-{shares}", shares=shares, price_cny=CNY(price)))


def ends_like(first: Desk, second: Desk) -> None:
    """Both accounts hold the same and have the same cash."""
    for one, other in ((first, second), (second, first)):
        assert projection_bytes(rebuild(one.store.entries())) == projection_bytes(one.store.load())
        mine, theirs = one.session.book, other.session.book
        assert mine.opened.cash_e4 == theirs.opened.cash_e4
        assert mine.opened.receivables == theirs.opened.receivables
        assert mine.opened.rights == theirs.opened.rights
        assert replace(mine.position(MAIN), fees_cny=CNY(0)) == replace(
            theirs.position(MAIN), fees_cny=CNY(0))


ALL = {"cash_per_share_cny": Decimal("0.0335"), "bonus_per_share": Decimal("0.15"),
       "rights_per_share": Decimal("0.3"), "rights_price_cny": Decimal("4.00")}


def test_a_purchase_reported_after_the_ex_date_gets_what_it_missed() -> None:
    in_time, late = a_desk(**ALL), a_desk(**ALL)
    for desk in (in_time, late):
        desk.buy(300, "10.00")
    in_time.play(a_bar())
    in_time.to(DAY2)
    late.session.open_day(DAY2)
    late_fill(late, 1, 300)

    ends_like(in_time, late)
    assert late.position().held_shares == 345
    assert late.position().sellable_shares == 345
    assert late.session.book.opened.rights[0].shares == 90


def test_parts_of_an_order_on_both_sides_of_the_roll_round_no_fen_twice() -> None:
    whole, parts = a_desk(**ALL), a_desk(**ALL)
    for desk in (whole, parts):
        desk.buy(300, "10.00")
    whole.play(a_bar())
    whole.to(DAY2)
    late_fill(parts, 1, 101)
    parts.session.open_day(DAY2)
    late_fill(parts, 1, 99)
    late_fill(parts, 1, 100)

    assert parts.position().held_shares == whole.position().held_shares == 345
    assert parts.position().dividend_cny == whole.position().dividend_cny == CNY("10.05")
    assert parts.position().lots == whole.position().lots
    assert parts.session.book.opened.rights == whole.session.book.opened.rights


def test_a_sale_reported_after_the_ex_date_gives_back_what_was_not_its_sellers() -> None:
    in_time, late = a_desk(**ALL | {"ex_date": DAY3}), a_desk(**ALL | {"ex_date": DAY3})
    for desk in (in_time, late):
        desk.hold(1_000)
        desk.sell(400, "10.00")
    in_time.play(a_bar(ts_utc=at(DAY2)))
    in_time.to(DAY3)
    late.session.open_day(DAY3)
    assert late.position().held_shares == 1_150
    late_fill(late, 2, 400)

    assert late.position().held_shares == in_time.position().held_shares == 690
    assert late.position().dividend_cny == in_time.position().dividend_cny == CNY("20.10")
    assert late.position().dividend_tax_cny == CNY("0.00")
    assert late.position() == in_time.position()
    assert late.session.cash_cny == in_time.session.cash_cny


def test_a_dividend_is_owed_from_the_ex_date_and_cash_on_its_pay_date() -> None:
    desk = a_desk(cash_per_share_cny=Decimal("1.00"), pay_date=DAY3)
    desk.hold(1_000)
    account = desk.session.snapshot().account
    assert (account.receivable_cny, account.receivables[0].due) == (CNY("1000.00"), DAY3)
    before = account.cash_cny

    desk.to(DAY3)
    account = desk.session.snapshot().account
    assert (account.receivables, account.cash_cny) == ((), before + 1_000)
    assert account.withdrawable_cny == account.cash_cny


def test_the_tax_is_withheld_when_the_shares_are_sold() -> None:
    moved: list[Decimal] = []
    reference = Announced(cash_per_share_cny=Decimal("1.00"))
    desk = Desk(reference=reference, dividend_tax=True, moved=moved.append,
                day_start=Entitlements(reference, exchange_calendar()).day_start)
    desk.hold(1_000)
    before = desk.session.cash_cny
    desk.sell(400, "10.00")
    desk.play(a_bar(ts_utc=at(DAY2)))

    (sale,) = [f for f in desk.session.snapshot().fills if f.side is OrderSide.SELL]
    assert desk.session.cash_cny == before + 4_000 - sale.fees.total_cny - 80
    assert desk.position().dividend_tax_cny == CNY("80.00")
    assert moved == [CNY("-80.00")]                  # a broker in this process is told


def test_a_right_is_shown_taken_up_in_parts_and_lapses() -> None:
    desk = a_desk(rights_per_share=Decimal("0.3"), rights_price_cny=Decimal("4.00"))
    desk.hold(1_000)
    (right,) = desk.session.snapshot().account.rights
    assert (right.shares, right.price_cny, right.until) == (300, CNY("4.00"), date(2024, 3, 11))
    before = desk.session.cash_cny

    account = desk.session.subscribe(MAIN, 100).account
    assert account.cash_cny == before - 400
    assert account.receivable_cny == CNY("400.00")           # the equity stays what it was
    assert account.rights[0].shares == 200
    desk.to(DAY3)
    position = desk.position()
    assert (position.held_shares, position.sellable_shares) == (1_100, 1_100)
    assert position.lots[-1].cost_cny == CNY("400.00")

    desk.to(date(2024, 3, 11))
    assert desk.session.snapshot().account.rights != ()
    desk.to(date(2024, 3, 12))
    assert desk.session.snapshot().account.rights == ()
    assert projection_bytes(rebuild(desk.store.entries())) == projection_bytes(desk.store.load())


def test_no_share_and_more_than_the_right_gives_are_not_subscribed() -> None:
    desk = a_desk(rights_per_share=Decimal("0.3"), rights_price_cny=Decimal("4.00"))
    desk.hold(1_000)

    for shares in (0, -1, 301):
        with pytest.raises(OrderError, match="were not subscribed"):
            desk.session.subscribe(MAIN, shares)
    assert desk.session.snapshot().account.rights[0].shares == 300


def test_money_that_is_reserved_pays_for_no_right() -> None:
    desk = a_desk(rights_per_share=Decimal("0.3"), rights_price_cny=Decimal("4.00"))
    desk.hold(1_000)
    desk.buy(98_900, "10.00")
    assert desk.session.cash_cny > 1_200 > desk.session.book.account.available_cny

    with pytest.raises(OrderError, match="were not subscribed"):
        desk.session.subscribe(MAIN, 300)


def test_bonus_shares_that_were_sold_on_cannot_be_taken_back_and_the_journal_says_so() -> None:
    desk = a_desk(bonus_per_share=Decimal("1"), ex_date=DAY3)
    desk.hold(1_000)
    order = desk.sell(1_000, "10.00")
    desk.to(DAY3)
    desk.sell(600, "10.00")
    desk.play(a_bar(ts_utc=at(DAY3)))
    book = desk.session.book
    extras = fill_extras(book, book.orders[order], 1_000, taxed=True,
                         day_start=desk.parts.day_start)

    assert extras["credits"][0] | {"ex_date": ""} == {
        "symbol": MAIN, "ex_date": "", "cash_e4": 0, "bonus_shares": -400,
        "shares": 0, "taxable": "0", "not_taken_back": 600}


def test_a_market_without_ex_dates_starts_nothing() -> None:
    assert nothing_starts({}, DAY1, DAY2) == DayStart()
