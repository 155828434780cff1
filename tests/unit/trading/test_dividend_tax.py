from datetime import date
from decimal import Decimal

import pytest

from core.types import Dividend, Lot, Position
from trading.dividend_tax import dividend_tax_e4

D = Decimal
BOUGHT, EX = date(2024, 1, 31), date(2024, 2, 1)


def a_position(*held: Lot, dividends: tuple[Dividend, ...] | None = None) -> Position:
    return Position(
        symbol="600519.SH", held_shares=sum(lot.shares for lot in held), bought_today_shares=0,
        on_sale_shares=0, cost_cny=D("0.00"), lots=held,
        dividends=(of(EX),) if dividends is None else dividends)


def of(ex_date: date, per_share: str = "1.00") -> Dividend:
    return Dividend(ex_date=ex_date, entitled_shares=1, taxable_per_share_cny=D(per_share))


def lot(opened: date, shares: int = 100, since: date | None = None) -> Lot:
    return Lot(opened=opened, since=since or opened, shares=shares, cost_cny=D("0.00"))


@pytest.mark.parametrize(("sold", "tax_e4"), [
    (date(2024, 2, 1), 20_0000), (date(2024, 2, 29), 20_0000),      # one month: up to its last day
    (date(2024, 3, 1), 10_0000), (date(2025, 1, 31), 10_0000),      # one year: the same day counts
    (date(2025, 2, 1), 0)])
def test_the_rate_falls_with_the_time_the_shares_were_held(sold: date, tax_e4: int) -> None:
    assert dividend_tax_e4(a_position(lot(BOUGHT)), 100, sold) == tax_e4


def test_before_september_2015_even_the_longest_holding_paid_five_per_cent() -> None:
    old = of(date(2015, 9, 8))                       # record day the 7th
    new = of(date(2015, 9, 9))                       # record day the 8th
    bought, sold = date(2013, 1, 31), date(2016, 1, 4)

    assert dividend_tax_e4(a_position(lot(bought), dividends=(old,)), 100, sold) == 5_0000
    assert dividend_tax_e4(a_position(lot(bought), dividends=(new,)), 100, sold) == 0


def test_the_oldest_shares_are_sold_first() -> None:
    both = a_position(lot(date(2022, 1, 4), 100), lot(BOUGHT, 100))

    assert dividend_tax_e4(both, 100, EX) == 0                      # held for over a year
    assert dividend_tax_e4(both, 150, EX) == 10_0000                # and 50 for a day
    assert dividend_tax_e4(both, 200, EX) == 20_0000


def test_only_what_was_held_over_the_ex_date_owes_its_tax() -> None:
    assert dividend_tax_e4(a_position(lot(EX)), 100, EX) == 0
    assert dividend_tax_e4(a_position(lot(BOUGHT)), 100, BOUGHT) == 0      # sold before it, late
    bonus = lot(BOUGHT, since=EX)                    # as old as its parent, and without this cash
    assert dividend_tax_e4(a_position(bonus), 100, EX) == 0


def test_several_ex_dates_are_added_and_rounded_once_to_the_fen() -> None:
    thirds = (of(EX, "0.0333"), of(date(2024, 2, 2), "0.0333"))

    assert dividend_tax_e4(a_position(lot(BOUGHT, 3), dividends=thirds), 3,
                           date(2024, 2, 2)) == 400                 # 0.03996, not 2 x 0.02
    assert dividend_tax_e4(a_position(lot(BOUGHT), dividends=(of(EX, "0"),)), 100, EX) == 0
