"""What must hold of any answer, whoever gave it; neither the product nor the oracle is asked.

Reads the files' text and the bars and recounts: no fill outside the bar, the band, the limit,
the tick, the volume share or the lot; nothing sold that was not held overnight; cash that adds
up and is never negative; equity that is cash plus holdings.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from tests.oracle.bars import SymbolBars
from tests.oracle.market_facts import BSE_TRANSFER_BEFORE_HALVING, Action
from tests.oracle.order_list import Listing

Row = tuple[str, ...]
FEN = Decimal("0.01")
DAYS_COVERING_A_NEW_LISTING = 21


@dataclass(frozen=True)
class Trade:
    order_id: int
    day: date
    symbol: str
    side: str
    shares: int
    price: Decimal
    amount: Decimal
    fees: tuple[Decimal, Decimal, Decimal]
    cash_after: Decimal


@dataclass
class Book:
    """Recounted from nothing but the trades and the bars."""

    cash: Decimal
    held: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    overnight: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True)
class Setting:
    bars: Mapping[str, SymbolBars]
    cash: Decimal
    listings: Mapping[str, Listing]
    actions: Sequence[Action] | None
    commission_rate: Decimal = Decimal("0.0003")


def violations(
    setting: Setting, order_log: Sequence[Row], trades: Sequence[Row], equity: Sequence[Row]
) -> list[str]:
    """One line for each thing that must not be; empty is good."""
    parsed = [_trade(row) for row in trades]
    found = _log_disagrees(order_log, parsed)
    by_day: dict[date, list[Trade]] = defaultdict(list)
    for trade in parsed:
        by_day[trade.day].append(trade)
    values = {date.fromisoformat(row[0]): row for row in equity}
    book = Book(setting.cash)
    for day in sorted({*by_day, *values}):
        found += _play_day(setting, book, day, by_day.get(day, ()), order_log)
        if day in values:
            found += _equity_is_wrong(setting, book, day, values[day])
    if [trade.day for trade in parsed] != sorted(trade.day for trade in parsed):
        found.append("the trades are not in the order of time")
    return found


def _trade(row: Row) -> Trade:
    commission, stamp, transfer = (Decimal(text) for text in row[8:11])
    return Trade(
        int(row[0]), date.fromisoformat(row[2]), row[3], row[4], int(row[5]), Decimal(row[6]),
        Decimal(row[7]), (commission, stamp, transfer), Decimal(row[11]),
    )


def _log_disagrees(order_log: Sequence[Row], trades: Sequence[Trade]) -> list[str]:
    found = []
    filled = {trade.order_id: trade.shares for trade in trades}
    if len(filled) != len(trades):
        found.append("an order has more than one fill")
    for number, row in enumerate(order_log, start=1):
        asked, status, code, done = int(row[4]), row[7], row[8], int(row[9])
        fits = {
            "FILLED": done == asked, "PARTIAL": 0 < done < asked,
            "EXPIRED": done == 0, "LOCKED_LIMIT": done == 0, "REFUSED": done == 0,
        }
        if not fits.get(status, False) or (code != "") != (status == "REFUSED"):
            found.append(f"order {number}: {status} {code!r} with {done} of {asked}")
        if filled.get(number, 0) != done:
            found.append(f"order {number}: log says {done}, trades {filled.get(number, 0)}")
    return found


def _play_day(
    setting: Setting, book: Book, day: date, trades: Iterable[Trade], log: Sequence[Row]
) -> list[str]:
    _ex_dates(setting, book, day)
    book.overnight, book.taken = dict(book.held), defaultdict(int)
    found: list[str] = []
    for trade in trades:
        problems = [
            *_price_is_wrong(setting, trade, log[trade.order_id - 1]),
            *_quantity_is_wrong(setting, book, trade),
            *_money_is_wrong(setting, book, trade),
        ]
        found += [f"order {trade.order_id} {trade.day} {trade.symbol}: {p}" for p in problems]
    return found


def _ex_dates(setting: Setting, book: Book, day: date) -> None:
    if setting.actions is not None:
        before = dict(book.held)
        for action in setting.actions:
            shares = before.get(action.symbol, 0)
            if action.ex_date == day and shares:
                cash = Decimal(shares) * _decimal(action.cash_cny)
                book.cash += cash.quantize(FEN, ROUND_HALF_UP)
                book.held[action.symbol] += int(shares * action.bonus)
        return
    for symbol, shares in book.held.items():
        bars = setting.bars[symbol]
        row = bars.row_of.get(day, 0)
        if not (shares and row) or bars.adj_factor(row) == bars.adj_factor(row - 1):
            continue
        close, reference = _cny(bars, "close", row - 1), _cny(bars, "prev_close", row)
        if close is not None and reference is not None and None not in (
            bars.adj_factor(row), bars.adj_factor(row - 1)
        ):
            credit = (shares * (close - reference)).quantize(FEN, ROUND_HALF_UP)
            book.cash += max(credit, Decimal(0))


def _decimal(value: object) -> Decimal:
    numerator, _, denominator = str(value).partition("/")
    return Decimal(numerator) / Decimal(denominator or 1)


def _cny(bars: SymbolBars, column: str, row: int) -> Decimal | None:
    value = bars.price(column, row)
    return None if value is None else Decimal(value).scaleb(-4)


def _known(bars: SymbolBars, column: str, row: int) -> Decimal:
    value = _cny(bars, column, row)
    assert value is not None
    return value


def _price_is_wrong(setting: Setting, trade: Trade, order: Row) -> list[str]:
    bars = setting.bars[trade.symbol]
    row = bars.row_of[trade.day]
    found = []
    low, high = _known(bars, "low", row), _known(bars, "high", row)
    opened = _known(bars, "open", row)
    if not (low <= trade.price <= high or trade.price == opened):
        found.append(f"fill at {trade.price} outside the bar {low} to {high}")
    if trade.price % _tick(trade.symbol):
        found.append(f"fill at {trade.price} is off the tick")
    if order[6]:
        limit, sign = Decimal(order[6]), 1 if trade.side == "BUY" else -1
        if sign * (trade.price - limit) > 0:
            found.append(f"fill at {trade.price} is worse than the limit {limit}")
    if not _in_band(setting, trade, opened):
        found.append(f"fill at {trade.price} is outside the day's band")
    return found


def _tick(symbol: str) -> Decimal:
    return Decimal("0.001") if symbol[0] in "51" else FEN


def _in_band(setting: Setting, trade: Trade, opened: Decimal) -> bool:
    """Published limits, else reference and ratio with one tick of slack for the rounding.

    Young listings are left out, and days that themselves opened outside.
    """
    bars, listing = setting.bars[trade.symbol], setting.listings.get(trade.symbol, Listing())
    row = bars.row_of[trade.day]
    if listing.list_date is not None and (
        trade.day - listing.list_date < timedelta(days=DAYS_COVERING_A_NEW_LISTING)
    ):
        return True
    down, up = bars.limit("limit_down", row), bars.limit("limit_up", row)
    if down is not None and up is not None:
        return Decimal(down).scaleb(-4) <= trade.price <= Decimal(up).scaleb(-4)
    reference = _cny(bars, "prev_close", row)
    if reference is None and setting.actions is not None:
        return True
    if reference is None:
        reference = _known(bars, "close", row - 1)
    width = reference * _widest(trade.symbol, trade.day, bars.flag("is_st", row))
    slack = width + _tick(trade.symbol)
    return abs(trade.price - reference) <= slack or abs(opened - reference) > slack


def _widest(symbol: str, day: date, st: bool) -> Decimal:
    """Band of the symbol by its first figures; the same figures as the exchanges', told anew."""
    if symbol.endswith(".BJ"):
        return Decimal("0.30")
    if symbol[:2] == "68":
        return Decimal("0.20")
    if symbol[:3] in {"300", "301", "302", "588"} and day.isoformat() >= "2020-08-24":
        return Decimal("0.20")
    narrow = st and symbol[0] in "036" and day.isoformat() < "2026-07-06"
    return Decimal("0.05") if narrow else Decimal("0.10")


def _quantity_is_wrong(setting: Setting, book: Book, trade: Trade) -> list[str]:
    bars = setting.bars[trade.symbol]
    volume = bars.volume(bars.row_of[trade.day]) or 0
    book.taken[trade.symbol] += trade.shares
    found = []
    if book.taken[trade.symbol] > int(volume / 4):
        found.append(f"{book.taken[trade.symbol]} shares taken of a bar of {volume}")
    single = trade.symbol.endswith(".BJ") or trade.symbol[:2] == "68"
    if trade.side == "BUY":
        if not single and trade.shares % 100:
            found.append(f"bought {trade.shares} shares")
        book.held[trade.symbol] += trade.shares
        if setting.listings.get(trade.symbol, Listing()).same_day_resale:
            book.overnight[trade.symbol] = book.overnight.get(trade.symbol, 0) + trade.shares
        return found
    book.held[trade.symbol] -= trade.shares
    book.overnight[trade.symbol] = book.overnight.get(trade.symbol, 0) - trade.shares
    if book.overnight[trade.symbol] < 0:
        found.append("sold shares that were bought the same day or never")
    return found


def _money_is_wrong(setting: Setting, book: Book, trade: Trade) -> list[str]:
    found = []
    if trade.amount != (trade.price * trade.shares).quantize(FEN, ROUND_HALF_UP):
        found.append(f"amount {trade.amount}")
    if trade.fees != _fees(setting, trade):
        found.append(f"fees {trade.fees} instead of {_fees(setting, trade)}")
    sign = -1 if trade.side == "BUY" else 1
    book.cash += sign * trade.amount - sum(trade.fees)
    if book.cash != trade.cash_after:
        found.append(f"cash {trade.cash_after} instead of {book.cash}")
        book.cash = trade.cash_after
    if trade.side == "BUY" and book.cash < 0:
        found.append(f"cash is {book.cash}")
    return found


def _fees(setting: Setting, trade: Trade) -> tuple[Decimal, Decimal, Decimal]:
    """The dates and rates of 2008 and later, told a second time."""
    day, is_fund = trade.day.isoformat(), trade.symbol[0] in "51"
    commission = (setting.commission_rate * trade.amount).quantize(FEN, ROUND_HALF_UP)
    stamp, transfer = Decimal(0), Decimal(0)
    if trade.side == "SELL" and not is_fund:
        stamp = Decimal("0.0005" if day >= "2023-08-28" else "0.001") * trade.amount
    if not is_fund:
        transfer = _transfer_fee(trade, day)
    return (
        max(Decimal("5.00"), commission),
        stamp.quantize(FEN, ROUND_HALF_UP),
        transfer.quantize(FEN, ROUND_HALF_UP),
    )


def _transfer_fee(trade: Trade, day: str) -> Decimal:
    exchange = trade.symbol[-2:]
    if day >= "2022-04-29":
        return trade.amount * Decimal("0.00001")
    if exchange == "BJ":
        return _decimal(BSE_TRANSFER_BEFORE_HALVING) * trade.amount
    if day >= "2015-08-01":
        return trade.amount * Decimal("0.00002")
    return Decimal("0.0006") * trade.shares if exchange == "SH" else Decimal(0)


def _equity_is_wrong(setting: Setting, book: Book, day: date, row: Row) -> list[str]:
    value = Decimal(0)
    for symbol, shares in book.held.items():
        gone = setting.listings.get(symbol, Listing()).delist_date
        if shares and (gone is None or day < gone):
            value += (shares * _last_close(setting.bars[symbol], day)).quantize(FEN, ROUND_HALF_UP)
    expected = tuple(
        f"{part.quantize(FEN, ROUND_FLOOR)}" for part in (book.cash, value, book.cash + value)
    )
    return [] if row[1:] == expected else [f"{day}: equity {row[1:]} instead of {expected}"]


def _last_close(bars: SymbolBars, day: date) -> Decimal:
    row = bars.last_row(day)
    while (close := _cny(bars, "close", row)) is None:
        row -= 1
    return close
