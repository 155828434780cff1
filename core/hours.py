"""The trading day as dated rows: hours, auctions, order entry, kinds of order, circuit breaker.

Part of `core/constants.py`, which explains `since`, `until`, `grade` and `source`.
"""

from datetime import date, time
from decimal import Decimal
from typing import NamedTuple

from core.dated import (
    BOTH_RULES_2026,
    BSE_START,
    CHINEXT_REFORM,
    CHINEXT_START,
    MAIN_REFORM,
    RULES_2026,
    SSE_RULES_2026,
    STAR_START,
)
from core.holidays import FIRST_DAY
from core.types import Board, Exchange, Kind, OrderType

_D = Decimal
_SSE, _SZSE, _BSE = Exchange.SSE, Exchange.SZSE, Exchange.BSE


# ---- 6. sessions -------------------------------------------------------------------------------


class HoursRow(NamedTuple):
    """One part of the trading day, Shanghai wall time, the end exclusive."""

    phase: str           # the name of a core.types.Phase
    start: time
    end: time
    since: date
    grade: str
    source: str
    until: date | None = None


TRADING_HOURS = tuple(
    HoursRow(phase, start, end, FIRST_DAY, "C", f"market-rules 6: {note}")
    for phase, start, end, note in (
        ("OPEN_AUCTION", time(9, 15), time(9, 20), "opening call auction, cancel allowed"),
        ("OPEN_AUCTION_LOCKED", time(9, 20), time(9, 25), "opening call auction, no cancel"),
        ("PRE_OPEN", time(9, 25), time(9, 30), "pause; the opening price is known"),
        ("CONTINUOUS", time(9, 30), time(11, 30), "continuous auction"),
        ("LUNCH", time(11, 30), time(13, 0), "no auction at 13:00"),
        ("CONTINUOUS", time(13, 0), time(14, 57), "continuous auction"),
        ("CLOSE_AUCTION", time(14, 57), time(15, 0),
         "closing call auction, no cancel; continuous where there is none (CLOSE_AUCTIONS)"),
        ("AFTER_CLOSE", time(15, 0), time(15, 5), "where there is after-hours trading"),
        ("AFTER_HOURS", time(15, 5), time(15, 30), "fixed price, where in force (AFTER_HOURS)"),
    )
)


class CloseAuctionRow(NamedTuple):
    exchange: Exchange
    funds: bool
    since: date
    grade: str
    source: str
    until: date | None = None


CLOSE_AUCTIONS = (
    CloseAuctionRow(_SSE, False, date(2018, 8, 20), "C", "market-rules 6: Shanghai stocks"),
    CloseAuctionRow(_SSE, True, RULES_2026, "B", SSE_RULES_2026),
    CloseAuctionRow(_SZSE, False, date(2006, 7, 1), "C", "market-rules 6: 2006-07, day unverified"),
    CloseAuctionRow(_SZSE, True, date(2006, 7, 1), "C", "market-rules 6: 2006-07, day unverified"),
    CloseAuctionRow(_BSE, False, BSE_START, "C", "market-rules 6"),
)


class AfterHoursRow(NamedTuple):
    """Fixed-price trading after the close. `since` None: written, not in operation."""

    board: Board
    kinds: frozenset[Kind]
    since: date | None
    grade: str
    source: str


_STOCKS = frozenset({Kind.STOCK, Kind.CDR})
AFTER_HOURS = (
    AfterHoursRow(Board.STAR, _STOCKS, STAR_START, "B", "market-rules 6"),
    AfterHoursRow(Board.CHINEXT, _STOCKS, CHINEXT_REFORM, "B", "market-rules 6"),
    AfterHoursRow(Board.MAIN, _STOCKS, RULES_2026, "A", BOTH_RULES_2026),
    AfterHoursRow(Board.FUND, frozenset({Kind.ETF}), RULES_2026, "B", f"{BOTH_RULES_2026}: ETF"),
    AfterHoursRow(Board.BSE, _STOCKS, None, "B",
                  "market-rules 6: in the rules of 2026, not in operation on 2026-08-29"),
)


class EntryRow(NamedTuple):
    """Phases (names of core.types.Phase) in which an exchange takes orders."""

    exchange: Exchange
    fixed_price: bool
    phases: frozenset[str]
    since: date
    grade: str
    source: str
    until: date | None = None


_AUCTION = ("OPEN_AUCTION", "OPEN_AUCTION_LOCKED")
_TRADING = ("CONTINUOUS", "CLOSE_AUCTION")
_LATE = ("AFTER_CLOSE", "AFTER_HOURS")
ORDER_ENTRY = (
    EntryRow(_SSE, False, frozenset({*_AUCTION, *_TRADING}), FIRST_DAY, "C", "market-rules 6"),
    EntryRow(_SSE, True, frozenset({*_TRADING, *_LATE}), STAR_START, "C",
             "market-rules 6: 09:30-11:30 and 13:00-15:30"),
    EntryRow(_SZSE, False, frozenset({*_AUCTION, "PRE_OPEN", *_TRADING}), FIRST_DAY, "C",
             "market-rules 6: orders are taken 09:25-09:30, not matched"),
    EntryRow(_SZSE, True, frozenset({*_AUCTION, "PRE_OPEN", *_TRADING, *_LATE}), CHINEXT_REFORM,
             "C", "market-rules 6: 09:15-11:30 and 13:00-15:30"),
    EntryRow(_BSE, False, frozenset({*_AUCTION, *_TRADING}), BSE_START, "C",
             "market-rules 6; 09:25-09:30 unverified, so not offered"),
)


# ---- 7. order types ----------------------------------------------------------------------------


class OrderTypeRow(NamedTuple):
    """Kinds of order, besides the fixed price after hours (AFTER_HOURS)."""

    exchange: Exchange
    board: Board
    since: date
    types: frozenset[OrderType]
    protected: bool      # a market kind must carry a protective limit price
    grade: str
    source: str
    until: date | None = None


_LIMIT = frozenset({OrderType.LIMIT})
_SSE_OLD = _LIMIT | {OrderType.BEST5_CANCEL, OrderType.BEST5_LIMIT}
_FOUR = _SSE_OLD | {OrderType.OWN_BEST, OrderType.COUNTER_BEST}
_FIVE = _LIMIT | {OrderType.COUNTER_BEST, OrderType.OWN_BEST, OrderType.IMMEDIATE_CANCEL,
                  OrderType.BEST5_CANCEL, OrderType.FILL_OR_KILL}
ORDER_TYPES = (
    OrderTypeRow(_SSE, Board.MAIN, FIRST_DAY, _SSE_OLD, True, "C",
                 "market-rules 7; first day of the market kinds not documented",
                 until=date(2023, 4, 9)),
    OrderTypeRow(_SSE, Board.MAIN, MAIN_REFORM, _FOUR, True, "C", "market-rules 7"),
    OrderTypeRow(_SSE, Board.STAR, STAR_START, _FOUR, True, "B", "market-rules 7"),
    OrderTypeRow(_SZSE, Board.MAIN, FIRST_DAY, _FIVE, False, "B", "market-rules 7"),
    OrderTypeRow(_SZSE, Board.CHINEXT, CHINEXT_START, _FIVE, False, "B", "market-rules 7"),
    OrderTypeRow(_BSE, Board.BSE, BSE_START, _FOUR, False, "C", "market-rules 7"),
    OrderTypeRow(_SSE, Board.FUND, FIRST_DAY, _LIMIT, True, "U",
                 "market-rules 7 names no market kinds for funds"),
    OrderTypeRow(_SZSE, Board.FUND, FIRST_DAY, _LIMIT, False, "U",
                 "market-rules 7 names no market kinds for funds"),
)


# ---- 11. circuit breaker -----------------------------------------------------------------------


class BreakerRow(NamedTuple):
    """Market-wide: a move of the CSI 300 from its previous close."""

    since: date
    until: date
    move_pct: Decimal
    minutes: int | None          # None: to the close
    to_close_from: time          # a halt that starts here or later lasts to the close
    grade: str
    source: str


CIRCUIT_BREAKER = (
    BreakerRow(date(2016, 1, 1), date(2016, 1, 7), _D(5), 15, time(14, 45), "C", "market-rules 11"),
    BreakerRow(date(2016, 1, 1), date(2016, 1, 7), _D(7), None, time(9, 30), "C",
               "market-rules 11; suspended from 2016-01-08"),
)


class BreakerHalt(NamedTuple):
    """A part of a day on which nothing traded, as it happened."""

    day: date
    start: time
    end: time
    grade: str
    source: str


BREAKER_HALTS = (
    BreakerHalt(date(2016, 1, 4), time(13, 12), time(13, 27), "C", "market-rules 11: 5 %"),
    BreakerHalt(date(2016, 1, 4), time(13, 33), time(15, 0), "C", "market-rules 11: 7 %, about"),
    BreakerHalt(date(2016, 1, 7), time(9, 42), time(9, 57), "C", "market-rules 11: 5 %"),
    BreakerHalt(date(2016, 1, 7), time(9, 59), time(15, 0), "C", "market-rules 11: 7 %, about"),
)
