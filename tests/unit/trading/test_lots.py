from datetime import date
from decimal import Decimal

from core.types import Dividend, Lot, Position
from trading import lots

D = Decimal
JAN, FEB, MAR, APR = (date(2024, month, 2) for month in (1, 2, 3, 4))


def a_position(*held: Lot) -> Position:
    return Position(
        symbol="600519.SH", held_shares=sum(lot.shares for lot in held), bought_today_shares=0,
        on_sale_shares=0, cost_cny=sum((lot.cost_cny for lot in held), D("0.00")), lots=held)


def lot(opened: date, shares: int, cost: str = "0.00", since: date | None = None) -> Lot:
    return Lot(opened=opened, since=since or opened, shares=shares, cost_cny=D(cost))


def buy(position: Position, shares: int, paid: str, day: date) -> Position:
    return lots.bought(position, shares, int(D(paid) * 10_000), 5_0000, day=day, today=True,
                       t0=False)


def test_each_day_of_purchases_is_a_lot() -> None:
    position = buy(buy(buy(a_position(), 100, "1005.00", JAN), 200, "2005.00", JAN), 50, "600.00",
                   FEB)

    assert position.lots == (lot(JAN, 300, "3010.00"), lot(FEB, 50, "600.00"))
    assert position.fees_cny == D("15.00")
    assert sum(each.shares for each in position.lots) == position.held_shares


def test_a_late_purchase_takes_the_place_of_its_day() -> None:
    position = buy(buy(a_position(), 100, "1.00", FEB), 100, "2.00", JAN)

    assert [each.opened for each in position.lots] == [JAN, FEB]


def test_lots_leave_first_in_first_out_and_keep_their_own_cost() -> None:
    position = a_position(lot(JAN, 100, "1000.00"), lot(FEB, 300, "3333.33"))
    left = lots.sold(position, 200, 2_500_0000, 5_0000)

    assert left.lots == (lot(FEB, 200, "2222.22"),)
    assert left.cost_cny == D("2166.66")              # average: 4,333.33 less 2,166.67 with half
    assert left.realised_cny == left.realised_open_cny == D("333.33")


def test_the_tax_of_a_sale_lowers_what_it_realised() -> None:
    left = lots.sold(a_position(lot(JAN, 100, "1000.00")), 100, 1_500_0000, 5_0000, 7_0000)

    assert (left.realised_cny, left.dividend_tax_cny) == (D("493.00"), D("7.00"))
    assert (left.lots, left.cost_cny) == ((), D("0.00"))


def test_bonus_shares_are_lots_as_old_as_the_ones_that_earned_them() -> None:
    position = a_position(lot(JAN, 101, "1000.00"), lot(FEB, 100, "1000.00"))
    after = lots.credited(position, MAR, cash_e4=0, bonus_shares=30)

    assert after.lots == (
        lot(JAN, 101, "1000.00"), lot(JAN, 15, since=MAR),
        lot(FEB, 100, "1000.00"), lot(FEB, 15, since=MAR))
    assert after.held_shares == 231


def test_what_came_on_the_ex_date_earns_nothing_of_it() -> None:
    position = a_position(lot(JAN, 100), lot(MAR, 100))
    after = lots.credited(position, MAR, cash_e4=0, bonus_shares=10)

    assert after.lots == (lot(JAN, 100), lot(JAN, 10, since=MAR), lot(MAR, 100))


def test_bonus_shares_that_no_lot_can_have_earned_are_a_lot_of_the_ex_date() -> None:
    assert lots.credited(a_position(), MAR, cash_e4=0, bonus_shares=10).lots == (lot(MAR, 10),)


def test_cash_of_an_ex_date_counts_as_realised_and_as_dividend() -> None:
    dividend = Dividend(ex_date=MAR, entitled_shares=100, taxable_per_share_cny=D("0.5"))
    after = lots.credited(a_position(lot(JAN, 100)), MAR, cash_e4=50_0000, bonus_shares=0,
                          dividend=dividend)

    assert (after.dividend_cny, after.realised_cny, after.realised_open_cny) == (
        D("50.00"), D("50.00"), D("50.00"))
    assert after.dividends == (dividend,)


def test_a_dividend_is_done_when_no_lot_has_lived_through_it() -> None:
    dividend = Dividend(ex_date=MAR, entitled_shares=100, taxable_per_share_cny=D("0.5"))
    position = lots.credited(a_position(lot(JAN, 100)), MAR, cash_e4=0, bonus_shares=0,
                             dividend=dividend)
    assert lots.new_day(position) is position
    sold_and_bought = buy(lots.sold(position, 100, 0, 0), 100, "1.00", MAR)

    assert lots.new_day(sold_and_bought).dividends == ()
    assert lots.new_day(sold_and_bought).bought_today_shares == 0


def test_what_is_realised_on_the_open_position_starts_afresh_with_it() -> None:
    sold = lots.sold(a_position(lot(JAN, 100, "1000.00")), 100, 1_500_0000, 0)
    again = buy(sold, 100, "1000.00", FEB)

    assert (again.realised_cny, again.realised_open_cny) == (D("500.00"), D("0.00"))
    arrived = lots.arrived(sold, 10, D("40.00"), FEB)
    assert (arrived.realised_open_cny, arrived.lots) == (D("0.00"), (lot(FEB, 10, "40.00"),))


def test_a_late_purchase_or_sale_spreads_the_bonus_shares_anew() -> None:
    had = lots.credited(a_position(lot(JAN, 100)), MAR, cash_e4=0, bonus_shares=20)
    more = lots.corrected(buy(had, 50, "500.00", FEB), MAR, cash_e4=10_0000, bonus_shares=10)
    assert more.lots == (lot(JAN, 100), lot(JAN, 20, since=MAR),
                         lot(FEB, 50, "500.00"), lot(FEB, 10, since=MAR))
    assert more.dividend_cny == D("10.00")

    sold = lots.sold(more, 100, 1_200_0000, 0, late=FEB)
    less = lots.corrected(sold, MAR, cash_e4=-4_0000, bonus_shares=-20)
    assert less.lots == (lot(FEB, 50, "500.00"), lot(FEB, 10, since=MAR))
    assert (less.held_shares, less.dividend_cny) == (60, D("6.00"))


def test_a_late_sale_takes_its_cost_from_what_was_held_on_its_day() -> None:
    position = buy(a_position(lot(JAN, 100, "1000.00")), 100, "2000.00", MAR)

    left = lots.sold(position, 50, 600_0000, 0, late=FEB)
    assert (left.cost_cny, left.realised_cny) == (D("2500.00"), D("100.00"))
    assert lots.sold(position, 150, 600_0000, 0, late=FEB).cost_cny == D("750.00")


def test_bonus_that_was_sold_already_is_taken_off_the_newest_lots() -> None:
    position = a_position(lot(JAN, 100), lot(FEB, 20))
    assert lots.corrected(position, MAR, cash_e4=0, bonus_shares=-25).lots == (lot(JAN, 95),)


def test_a_corrected_ex_date_is_known_once() -> None:
    first = Dividend(ex_date=MAR, entitled_shares=100, taxable_per_share_cny=D("0.5"))
    more = Dividend(ex_date=MAR, entitled_shares=150, taxable_per_share_cny=D("0.5"))
    position = lots.credited(a_position(lot(JAN, 100)), MAR, cash_e4=0, bonus_shares=0,
                             dividend=first)

    assert lots.corrected(position, MAR, cash_e4=0, bonus_shares=0,
                          dividend=more).dividends == (more,)


def test_a_written_off_position_loses_its_cost_and_its_lots() -> None:
    gone = lots.written_off(a_position(lot(JAN, 100, "1000.00")))

    assert (gone.held_shares, gone.lots, gone.dividends) == (0, (), ())
    assert gone.realised_cny == gone.realised_open_cny == D("-1000.00")


def test_splitting_more_than_there_is_gives_what_there_is() -> None:
    assert lots.split((lot(JAN, 10),), 20) == ((lot(JAN, 10),), ())
    assert lots.split((lot(JAN, 10), lot(FEB, 5)), 10) == ((lot(JAN, 10),), (lot(FEB, 5),))
