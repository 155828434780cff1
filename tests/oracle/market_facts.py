"""The oracle's own dated A-share facts and the arithmetic over them, in whole numbers.

Written from the design's order-list rules and the market-rules note alone; it shares no line and
no table with the product, so that a mistake in one of the two shows up as a difference.

Units: a price is an int in 1/10,000 CNY (`_e4`), an amount an int in fen (`_fen`),
a ratio a `Fraction`. Every rounding is half up and stands where the value is made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

MAIN, CHINEXT, STAR, BSE, FUND = "MAIN", "CHINEXT", "STAR", "BSE", "FUND"

SH_PREFIXES = {"600": MAIN, "601": MAIN, "603": MAIN, "605": MAIN, "688": STAR, "689": STAR}
SZ_PREFIXES = {
    "000": MAIN, "001": MAIN, "002": MAIN, "003": MAIN,
    "300": CHINEXT, "301": CHINEXT, "302": CHINEXT,
}
SZ_FUND_PREFIXES = ("15", "16", "18")
STAR_INDEX_FUND_PREFIX = "588"

TICK_E4 = {MAIN: 100, CHINEXT: 100, STAR: 100, BSE: 100, FUND: 10}
STEP_SHARES = {MAIN: 100, CHINEXT: 100, FUND: 100, STAR: 1, BSE: 1}
LEAST_BUY_SHARES = {MAIN: 100, CHINEXT: 100, FUND: 100, STAR: 200, BSE: 100}

CHINEXT_REFORM = date(2020, 8, 24)
MAIN_REGISTRATION = date(2023, 4, 10)
FIRST_DAY_44_SINCE = date(2014, 6, 13)
STAR_OPENS = date(2019, 7, 22)
BSE_OPENS = date(2021, 11, 15)
MAIN_ST_WIDENS = date(2026, 7, 6)
TRANSFER_BY_TURNOVER = date(2015, 8, 1)
TRANSFER_HALVED = date(2022, 4, 29)
# The note's row of 2015-08-01 names Shanghai and Shenzhen; Beijing joins with 2022-04-29.
BSE_TRANSFER_BEFORE_HALVING = Fraction(0)
FUND_WIDE_SINCE = CHINEXT_REFORM


def board_of(symbol: str) -> str | None:
    """Board of "600519.SH", or None for what the order list cannot trade."""
    code, _, exchange = symbol.partition(".")
    if len(code) != 6 or not code.isdigit():
        return None
    if exchange == "BJ":
        return BSE
    if exchange == "SH":
        return FUND if code[0] == "5" else SH_PREFIXES.get(code[:3])
    if exchange == "SZ":
        return FUND if code[:2] in SZ_FUND_PREFIXES else SZ_PREFIXES.get(code[:3])
    return None


def half_up(numerator: int, denominator: int) -> int:
    """The integer nearest to a non-negative ratio; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def half_up_fraction(value: Fraction) -> int:
    return half_up(value.numerator, value.denominator)


def limit_ratio(symbol: str, st: bool, on: date) -> Fraction | None:
    """Daily price limit of that day as a ratio; None before the board's first row."""
    board = board_of(symbol)
    if board == MAIN:
        return Fraction(5, 100) if st and on < MAIN_ST_WIDENS else Fraction(10, 100)
    if board == CHINEXT:
        if on >= CHINEXT_REFORM:
            return Fraction(20, 100)
        return Fraction(5, 100) if st else Fraction(10, 100)
    if board == STAR:
        return Fraction(20, 100) if on >= STAR_OPENS else None
    if board == BSE:
        return Fraction(30, 100) if on >= BSE_OPENS else None
    wide = symbol.startswith(STAR_INDEX_FUND_PREFIX) and on >= FUND_WIDE_SINCE
    return Fraction(20, 100) if wide else Fraction(10, 100)


def limit_prices(reference_e4: int, ratio: Fraction, tick_e4: int) -> tuple[int, int]:
    """(down, up): half up to the tick, at least one tick from the reference, never below one."""
    down = half_up_fraction(reference_e4 * (1 - ratio) / tick_e4) * tick_e4
    up = half_up_fraction(reference_e4 * (1 + ratio) / tick_e4) * tick_e4
    if down == reference_e4:
        down -= tick_e4
    if up == reference_e4:
        up += tick_e4
    return max(down, tick_e4), up


def first_day_rule(board: str, listed: date) -> tuple[int, bool]:
    """(limit-free sessions, True when day 1 is capped at 64 % to 144 % of the issue price)."""
    if board == STAR:
        return 5, False
    if board == BSE:
        return 1, False
    if board == FUND:
        return 0, False
    if listed >= (CHINEXT_REFORM if board == CHINEXT else MAIN_REGISTRATION):
        return 5, False
    if listed >= FIRST_DAY_44_SINCE:
        return 0, True
    return 1, False


def most_shares(board: str, on: date) -> int:
    """The largest quantity of one limit order."""
    if board == STAR:
        return 100_000
    if board == CHINEXT and on >= CHINEXT_REFORM:
        return 300_000
    return 1_000_000


def buy_quantity_is_legal(board: str, shares: int) -> bool:
    return shares >= LEAST_BUY_SHARES[board] and shares % STEP_SHARES[board] == 0


def sell_quantity_is_legal(board: str, shares: int, sellable_shares: int) -> bool:
    if board in (STAR, BSE):
        least = LEAST_BUY_SHARES[board]
        return shares >= least or (sellable_shares < least and shares == sellable_shares)
    return shares % 100 == 0 or shares % 100 == sellable_shares % 100


@dataclass(frozen=True)
class FeeTerms:
    """What the account pays its broker, and whether the exchange's own fees are inside it."""

    commission_rate: Fraction
    commission_min_fen: int
    all_in: bool


@dataclass(frozen=True)
class Fees:
    """Fees of one filled order, each in fen."""

    commission: int = 0
    stamp_duty: int = 0
    transfer_fee: int = 0
    handling: int = 0
    regulatory: int = 0

    @property
    def total(self) -> int:
        exchange_fees = self.handling + self.regulatory
        return self.commission + self.stamp_duty + self.transfer_fee + exchange_fees


def stamp_duty_ratio(side: str, on: date) -> Fraction:
    if on < date(2008, 4, 24):
        return Fraction(3, 1000)
    if on < date(2008, 9, 19):
        return Fraction(1, 1000)
    if side == "BUY":
        return Fraction(0)
    return Fraction(1, 1000) if on < date(2023, 8, 28) else Fraction(5, 10_000)


def transfer_fee_fen(symbol: str, shares: int, amount_fen: int, on: date) -> int:
    """Both sides. Until 2015-07-31 only Shanghai, on the number of shares."""
    if on < TRANSFER_BY_TURNOVER:
        # 0.0006 CNY a share is 6/100 fen
        return half_up(shares * 6, 100) if symbol.endswith(".SH") else 0
    if on >= TRANSFER_HALVED:
        return half_up(amount_fen, 100_000)
    if symbol.endswith(".BJ"):
        return half_up_fraction(BSE_TRANSFER_BEFORE_HALVING * amount_fen)
    return half_up(2 * amount_fen, 100_000)


def handling_ratio(symbol: str, on: date) -> Fraction:
    if symbol.endswith(".BJ"):
        if on >= date(2023, 8, 28):
            return Fraction(125, 1_000_000)
        return Fraction(25 if on >= date(2022, 12, 1) else 50, 100_000)
    if on >= date(2023, 8, 28):
        return Fraction(341, 10_000_000)
    return Fraction(487 if on >= date(2015, 8, 1) else 696, 10_000_000)


def fees_of(
    symbol: str, side: str, shares: int, amount_fen: int, on: date, terms: FeeTerms
) -> Fees:
    commission = half_up_fraction(terms.commission_rate * amount_fen)
    commission = max(terms.commission_min_fen, commission)
    if board_of(symbol) == FUND:
        return Fees(commission=commission)
    handling = regulatory = 0
    if not terms.all_in:
        handling = half_up_fraction(handling_ratio(symbol, on) * amount_fen)
        regulatory = half_up(2 * amount_fen, 100_000)
    return Fees(
        commission=commission,
        stamp_duty=half_up_fraction(stamp_duty_ratio(side, on) * amount_fen),
        transfer_fee=transfer_fee_fen(symbol, shares, amount_fen, on),
        handling=handling,
        regulatory=regulatory,
    )


@dataclass(frozen=True)
class Action:
    """One corporate action, per share held before the ex-date."""

    symbol: str
    ex_date: date
    cash_cny: Fraction
    bonus: Fraction
    rights: Fraction
    rights_price_cny: Fraction


def ex_price_e4(previous_close_e4: int, actions: Iterable[Action], tick_e4: int) -> int:
    """Ex-reference price of all actions of one ex-date taken together."""
    numerator, denominator = Fraction(previous_close_e4), Fraction(1)
    for action in actions:
        numerator += (action.rights_price_cny * action.rights - action.cash_cny) * 10_000
        denominator += action.bonus + action.rights
    return half_up_fraction(numerator / denominator / tick_e4) * tick_e4
