"""Ex-dates: the reference price, what the holder gets, and adjusted prices. Pure functions.

A cumulative factor is 1 on a symbol's first session and grows at every ex-date by
`step_factor`. Then hfq (backward) = price x factor: the first session keeps its prices, stable
history for features and returns. qfq (forward) = price x factor / newest factor: the latest
session keeps its prices, for charts. qfq changes at every ex-date, so it is never stored.
Matching, limits, fees and profit use unadjusted prices only (market-rules 10).
"""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from operator import mul

from core.constants import DIVIDEND_TAX, in_force
from core.exceptions import DataError
from core.money import E4_PER_CNY, fen_half_up_e4, from_e4, is_price

_ZERO = Decimal(0)


def ex_reference_price(
    previous_close_cny: Decimal, *, cash: Decimal = _ZERO, bonus: Decimal = _ZERO,
    rights: Decimal = _ZERO, rights_price: Decimal = _ZERO, tick_cny: Decimal = Decimal("0.01"),
) -> Decimal:
    """Reference price of an ex-date: (P - cash + rights_price x rights) / (1 + bonus + rights).

    Args:
        cash: CNY per share before tax. bonus: free shares per share (bonus and capitalisation).
        rights: rights shares per share, at `rights_price`.

    Returns:
        Half up to the tick. The exchange's own figure prevails where it is published:
        differential dividends and restructurings have formulas of their own.

    Raises:
        DataError: a negative or unknown part, or a result that is no price.
    """
    for name, value in (("cash", cash), ("bonus", bonus), ("rights", rights),
                        ("rights price", rights_price)):
        if not value.is_finite() or value < 0:
            raise _refused(f"{name} is {value}", "it must be zero or positive")
    if not is_price(previous_close_cny):
        raise _refused(f"the previous close is {previous_close_cny}", "it must be a price")
    exact = (previous_close_cny - cash + rights_price * rights) / (1 + bonus + rights)
    reference_cny = exact.quantize(tick_cny, ROUND_HALF_UP)
    if reference_cny <= 0:
        raise _refused(f"the reference would be {reference_cny}",
                       f"{cash} a share is paid on a close of {previous_close_cny}")
    return reference_cny


def entitlement(shares: int, *, cash: Decimal, bonus: Decimal) -> tuple[Decimal, int]:
    """(cash in CNY half up to the fen, bonus shares rounded down) for shares held over an ex-date.

    Before tax; rights are not taken up by themselves. In whole numbers: 6,000 shares at 1.15 for
    one are 6,900, whatever a float makes of it.
    """
    cny, per = cash.as_integer_ratio()
    free, each = bonus.as_integer_ratio()
    return from_e4(fen_half_up_e4(shares * cny * E4_PER_CNY, per)), shares * free // each


def dividend_tax_ratio(bought: date, sold: date, *, record_day: date) -> Decimal:
    """Tax of an individual on a dividend, withheld when the shares are sold, first in first out.

    Held up to one month, up to one year, or longer (calendar months, the last day included).
    LookupError for a record day before 2013.
    """
    rows = in_force(DIVIDEND_TAX, record_day)
    if not rows:
        raise LookupError(f"no dividend tax known for {record_day}; add a row")
    row = rows[-1]
    if sold <= _months_after(bought, 1):
        return row.month_pct / 100
    return (row.year_pct if sold <= _months_after(bought, 12) else row.longer_pct) / 100


def step_factor(previous_close_cny: Decimal, reference_cny: Decimal) -> Decimal:
    """By how much the factor grows at an ex-date: previous close / reference; 1 if equal."""
    if not (is_price(previous_close_cny) and is_price(reference_cny)):
        raise _refused(f"close {previous_close_cny}, reference {reference_cny}",
                       "both must be prices")
    return previous_close_cny / reference_cny


def cumulative_factors(steps: Iterable[Decimal]) -> tuple[Decimal, ...]:
    """Factors of consecutive sessions from each session's step (1 on ordinary days)."""
    return tuple(accumulate(steps, mul))


def hfq(price_cny: Decimal, factor: Decimal) -> Decimal:
    """Backward-adjusted price, exact; round where it is shown."""
    return price_cny * factor


def qfq(price_cny: Decimal, factor: Decimal, newest_factor: Decimal) -> Decimal:
    """Forward-adjusted price, exact; round where it is shown."""
    return price_cny * factor / newest_factor


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or the last one if that month is shorter."""
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    first_after = date(year + month // 12, month % 12 + 1, 1)
    last = date.fromordinal(first_after.toordinal() - 1).day
    return date(year, month, min(day.day, last))


def _refused(what: str, why: str) -> DataError:
    return DataError(f"ex-date refused: {what}", why=why,
                     remedy="Correct the row of corporate actions, or leave it out")
