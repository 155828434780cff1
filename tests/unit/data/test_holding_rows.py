from datetime import date
from decimal import Decimal

from core.types import Dividend, Lot, Receivable, Right
from data.holding_rows import (
    dividends_of,
    dividends_text,
    lots_of,
    lots_text,
    receivables_of,
    receivables_text,
    rights_of,
    rights_text,
)

D, DAY, NEXT = Decimal, date(2024, 3, 4), date(2024, 3, 5)


def test_what_is_written_of_a_holding_is_read_back_as_it_was() -> None:
    lots = (Lot(opened=DAY, since=NEXT, shares=30, cost_cny=D("0.00")),
            Lot(opened=NEXT, since=NEXT, shares=100, cost_cny=D("1005.01")))
    dividends = (Dividend(ex_date=NEXT, entitled_shares=100, taxable_per_share_cny=D("0.03355")),)
    receivables = (Receivable(symbol="600519.SH", ex_date=DAY, due=NEXT, cash_cny=D("3.36"),
                              derived=True),
                   Receivable(symbol="510300.SH", ex_date=DAY, due=NEXT, cash_cny=D("-0.01"),
                              shares=7))
    rights = (Right(symbol="600519.SH", ex_date=DAY, shares=30, price_cny=D("4.125"), until=NEXT),)

    assert lots_of(lots_text(lots)) == lots
    assert dividends_of(dividends_text(dividends)) == dividends
    assert receivables_of(receivables_text(receivables)) == receivables
    assert rights_of(rights_text(rights)) == rights


def test_nothing_is_an_empty_list() -> None:
    assert {lots_text(()), dividends_text(()), receivables_text(()), rights_text(())} == {"[]"}
    assert (lots_of("[]"), dividends_of("[]"), receivables_of("[]"), rights_of("[]")) == (
        (), (), (), ())
