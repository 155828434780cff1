"""The tax on dividends that falls due when shares are sold, by how long they were held. Pure.

Of an individual, first in first out, withheld at the sale and not at the payment; rates by date
in core/constants.py. Rounded once, half up to the fen, for each fill.
"""

from datetime import date, timedelta
from fractions import Fraction

from core.adjust import dividend_tax_ratio
from core.money import E4_PER_CNY, fen_half_up_e4
from core.types import Dividend, Lot, Position
from trading.lots import held_on, split

_DAY = timedelta(days=1)


def dividend_tax_e4(position: Position, shares: int, sold: date) -> int:
    """What is due when `shares` of the position are sold on a day, in 1/10,000 CNY.

    Ex-dates after that day were not the seller's. Shares that came on an ex-date or later
    had no part in it.
    """
    then, _ = held_on(position.lots, sold, shares)
    gone, _ = split(then, shares)
    due = sum((_of_lot(lot, position.dividends, sold) for lot in gone), Fraction(0))
    return fen_half_up_e4((due * E4_PER_CNY).numerator, (due * E4_PER_CNY).denominator)


def _of_lot(lot: Lot, dividends: tuple[Dividend, ...], sold: date) -> Fraction:
    """CNY. The record day is the session before the ex-date: no later than the day before."""
    return sum((
        lot.shares * Fraction(each.taxable_per_share_cny) * Fraction(
            dividend_tax_ratio(lot.opened, sold, record_day=each.ex_date - _DAY))
        for each in dividends
        if each.taxable_per_share_cny and lot.since < each.ex_date <= sold), Fraction(0))
