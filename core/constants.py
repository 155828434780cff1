"""The A-share facts as dated rows. Nothing else in the program knows a limit, a lot or an hour.

Every row says from which session it holds (`since`), until which inclusive (`until`, None: still),
how well it is proven (`grade`) and where it comes from (`source`). `core/rules.py` asks the rows;
a day or a board without a row is refused, never guessed. Percentages are printed as the rule
books print them; `core/rules.py` hands out ratios.

Grades: A checked against recorded market data, B official text quoted by a public repository,
C long-standing published rule not re-checked, U unverified.
"""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from core.dated import (
    BOTH_RULES_2026,
    BSE_920,
    BSE_START,
    CHINEXT_REFORM,
    CHINEXT_START,
    MAIN_REFORM,
    RULES_2026,
    STAR_START,
    in_force,
)
from core.holidays import FIRST_DAY, HOLIDAYS, LAST_DAY
from core.hours import (
    AFTER_HOURS,
    BREAKER_HALTS,
    CIRCUIT_BREAKER,
    CLOSE_AUCTIONS,
    ORDER_ENTRY,
    ORDER_TYPES,
    TRADING_HOURS,
    BreakerHalt,
)
from core.types import Board, Exchange, Kind, OrderSide

__all__ = [
    "AFTER_HOURS", "AUCTION_RANGES", "BREAKER_HALTS", "CAGES", "CIRCUIT_BREAKER", "CLOSE_AUCTIONS",
    "CODE_RANGES", "COMMISSION", "DELISTING", "DIVIDEND_TAX", "FEES", "FIRST_DAY", "HALTS",
    "HOLIDAYS", "LAST_DAY", "LIMIT_PCT", "LISTINGS", "LOT_SIZE", "MAX_ORDER", "ORDER_ENTRY",
    "ORDER_TYPES", "RESALE", "ST_BUY_CAPS", "TABLES", "TICKS", "TRADING_HOURS", "WIDE_BANDS",
    "BreakerHalt", "in_force",
]

_D = Decimal
_SSE, _SZSE, _BSE, _CSI = Exchange.SSE, Exchange.SZSE, Exchange.BSE, Exchange.CSI


# ---- 1. boards and code ranges -----------------------------------------------------------------


class CodeRange(NamedTuple):
    """Codes that start with `prefix` on one exchange; the longest prefix wins."""

    exchange: Exchange
    prefix: str
    board: Board
    kind: Kind
    since: date
    grade: str
    source: str
    until: date | None = None


def _codes(
    exchange: Exchange, prefixes: str, board: Board, kind: Kind, grade: str, note: str,
    since: date = FIRST_DAY, until: date | None = None,
) -> tuple[CodeRange, ...]:
    return tuple(
        CodeRange(exchange, prefix, board, kind, since, grade, f"market-rules 1: {note}", until)
        for prefix in prefixes.split()
    )


CODE_RANGES = (
    *_codes(_SSE, "600 601 603 605", Board.MAIN, Kind.STOCK, "C", "Shanghai main board A shares"),
    *_codes(_SSE, "688", Board.STAR, Kind.STOCK, "B", "STAR", STAR_START),
    *_codes(_SSE, "689", Board.STAR, Kind.CDR, "B", "STAR depositary receipts", STAR_START),
    *_codes(_SSE, "900", Board.B_SHARE, Kind.B_SHARE, "C", "Shanghai B shares, USD"),
    *_codes(_SSE, "510 511 512 513 514 515 516 517 518 520 530 56 58", Board.FUND, Kind.ETF, "C",
            "511 bond and money, 513 and 520 cross-border, 518 gold, 588 STAR indices"),
    *_codes(_SSE, "501 502 506", Board.FUND, Kind.LOF, "C", "Shanghai LOF"),
    *_codes(_SSE, "500", Board.FUND, Kind.CLOSED_FUND, "C", "Shanghai closed funds"),
    *_codes(_SSE, "508", Board.FUND, Kind.REIT, "C", "Shanghai REIT"),
    *_codes(_SSE, "110 111 113 118", Board.CONVERTIBLE, Kind.CONVERTIBLE, "C", "118 is STAR's"),
    *_codes(_SSE, "132", Board.OTHER, Kind.EXCHANGEABLE, "C", "exchangeable bonds"),
    *_codes(_SSE, "204", Board.OTHER, Kind.REPO, "C", "reverse repo"),
    *_codes(_SSE, "000", Board.OTHER, Kind.INDEX, "A", "Shanghai indices; sz000001 is a bank"),
    *_codes(_SZSE, "000 001 002 003", Board.MAIN, Kind.STOCK, "C",
            "Shenzhen main board; 002 was the SME board until 2021-04-06, 003 since 2020"),
    *_codes(_SZSE, "300 301 302", Board.CHINEXT, Kind.STOCK, "C", "302 used from 2025",
            CHINEXT_START),
    *_codes(_SZSE, "200", Board.B_SHARE, Kind.B_SHARE, "C", "Shenzhen B shares, HKD"),
    *_codes(_SZSE, "159", Board.FUND, Kind.ETF, "C", "Shenzhen ETF"),
    *_codes(_SZSE, "16", Board.FUND, Kind.LOF, "C", "Shenzhen LOF"),
    *_codes(_SZSE, "184", Board.FUND, Kind.CLOSED_FUND, "C", "Shenzhen closed funds"),
    *_codes(_SZSE, "180", Board.FUND, Kind.REIT, "C", "Shenzhen REIT"),
    *_codes(_SZSE, "123 127 128", Board.CONVERTIBLE, Kind.CONVERTIBLE, "C", "123 is ChiNext's"),
    *_codes(_SZSE, "120", Board.OTHER, Kind.EXCHANGEABLE, "C", "exchangeable bonds"),
    *_codes(_SZSE, "1318", Board.OTHER, Kind.REPO, "C", "reverse repo"),
    *_codes(_SZSE, "399", Board.OTHER, Kind.INDEX, "A", "Shenzhen indices"),
    *_codes(_BSE, "920", Board.BSE, Kind.STOCK, "B",
            "all of Beijing since 2025-10-09, new listings from 2024-04 (or 10: U)",
            date(2024, 4, 1)),
    *_codes(_BSE, "43 83 87", Board.BSE, Kind.LEGACY_BSE, "B",
            "Beijing before the switch of 2025-10-09 (that day U); shared with the NEEQ",
            BSE_START, BSE_920 - timedelta(days=1)),
    *_codes(_BSE, "400 420 82", Board.OTHER, Kind.NEEQ, "C", "NEEQ and delisted"),
    *_codes(_BSE, "899", Board.OTHER, Kind.INDEX, "A", "Beijing indices"),
    *_codes(_CSI, "93", Board.OTHER, Kind.INDEX, "A", "indices of the CSI company"),
)


class WideBand(NamedTuple):
    """Funds whose code alone says that they follow a 20 % board."""

    exchange: Exchange
    prefix: str
    since: date
    grade: str
    source: str
    until: date | None = None


WIDE_BANDS = (
    WideBand(_SSE, "588", CHINEXT_REFORM, "C", "market-rules 1, 3: 588 are funds on STAR indices"),
)


# ---- 3. daily price limits ---------------------------------------------------------------------


class LimitRow(NamedTuple):
    board: Board
    st: bool | None      # under risk warning (ST, *ST) that day; None: makes no difference
    since: date
    limit_pct: Decimal
    grade: str
    source: str
    until: date | None = None
    wide_band: bool = False


LIMIT_PCT = (
    LimitRow(Board.MAIN, False, date(1996, 12, 16), _D(10), "C", "market-rules 3; A in 2022, 2026"),
    LimitRow(Board.MAIN, True, date(1998, 4, 22), _D(5), "C", "market-rules 3; A for 2022",
             until=date(2026, 7, 5)),
    LimitRow(Board.MAIN, True, RULES_2026, _D(10), "A", BOTH_RULES_2026),
    LimitRow(Board.CHINEXT, False, CHINEXT_START, _D(10), "B", "market-rules 3",
             until=date(2020, 8, 23)),
    LimitRow(Board.CHINEXT, True, CHINEXT_START, _D(5), "B", "market-rules 3",
             until=date(2020, 8, 23)),
    LimitRow(Board.CHINEXT, None, CHINEXT_REFORM, _D(20), "A", "market-rules 3, ST included"),
    LimitRow(Board.STAR, None, STAR_START, _D(20), "A", "market-rules 3, ST included"),
    LimitRow(Board.BSE, None, BSE_START, _D(30), "B", "market-rules 3, ST included"),
    LimitRow(Board.B_SHARE, False, date(1996, 12, 16), _D(10), "C", "market-rules 3"),
    LimitRow(Board.B_SHARE, True, date(1998, 4, 22), _D(5), "C",
             "market-rules 3; from 2026-07-06 unverified, so no row", until=date(2026, 7, 5)),
    LimitRow(Board.FUND, None, date(1996, 12, 16), _D(10), "C", "market-rules 3"),
    LimitRow(Board.FUND, None, date(1996, 12, 16), _D(10), "C", "market-rules 3",
             until=date(2020, 8, 23), wide_band=True),
    LimitRow(Board.FUND, None, CHINEXT_REFORM, _D(20), "C",
             "market-rules 3: funds on ChiNext or STAR indices", wide_band=True),
    LimitRow(Board.CONVERTIBLE, None, date(2022, 8, 1), _D(20), "B",
             "market-rules 3; before 2022-08-01 no limit but halts at 20 % and 30 %"),
)


class ListingRow(NamedTuple):
    """How the first sessions of a security listed within since..until are limited."""

    board: Board
    since: date
    free_sessions: int
    grade: str
    source: str
    until: date | None = None
    first_up_pct: Decimal | None = None      # of the issue price, on session 1
    first_down_pct: Decimal | None = None


_IPO_2014 = "上证发〔2014〕37号, 深证会〔2014〕54号: orders 64 % to 144 % of the issue price"
LISTINGS = (
    ListingRow(Board.MAIN, FIRST_DAY, 1, "C", "market-rules 3.1: no fixed band on day 1",
               until=date(2014, 6, 12)),
    ListingRow(Board.MAIN, date(2014, 6, 13), 0, "B", _IPO_2014, until=date(2023, 4, 9),
               first_up_pct=_D(44), first_down_pct=_D(36)),
    ListingRow(Board.MAIN, MAIN_REFORM, 5, "B",
               "market-rules 3.1, registration system; a few approval-system listings differ (U)"),
    ListingRow(Board.CHINEXT, CHINEXT_START, 1, "C", "market-rules 3.1: no fixed band on day 1",
               until=date(2014, 6, 12)),
    ListingRow(Board.CHINEXT, date(2014, 6, 13), 0, "B", _IPO_2014, until=date(2020, 8, 23),
               first_up_pct=_D(44), first_down_pct=_D(36)),
    ListingRow(Board.CHINEXT, CHINEXT_REFORM, 5, "B", "market-rules 3.1"),
    ListingRow(Board.STAR, STAR_START, 5, "B", "market-rules 3.1"),
    ListingRow(Board.BSE, BSE_START, 1, "B", "market-rules 3.1"),
    ListingRow(Board.CONVERTIBLE, date(2022, 8, 1), 0, "B", "market-rules 3",
               first_up_pct=_D("57.3"), first_down_pct=_D("43.3")),
)


class DelistingRow(NamedTuple):
    """The delisting arrangement period, all boards. `limit_pct` None: the board's own."""

    since: date
    free_sessions: int
    limit_pct: Decimal | None
    grade: str
    source: str
    until: date | None = None


DELISTING = (
    DelistingRow(FIRST_DAY, 0, _D(10), "U", "market-rules 3; exact switch unverified",
                 until=date(2020, 12, 30)),
    DelistingRow(date(2020, 12, 31), 1, None, "C", "market-rules 3: rules of 2020-12-31"),
)


class AuctionRange(NamedTuple):
    """Orders of a call auction lie within these percentages of a price, inclusive."""

    base: str            # "issue": first session under the 44 % rule; "reference": limit-free day
    since: date
    down_pct: Decimal
    up_pct: Decimal
    grade: str
    source: str
    until: date | None = None


AUCTION_RANGES = (
    AuctionRange("issue", date(2014, 6, 13), _D(80), _D(120), "C",
                 "market-rules 3.1: opening call auction of the first session"),
    AuctionRange("reference", STAR_START, _D(50), _D(900), "C",
                 "market-rules 4: limit-free days; text of 2026 unverified"),
)


class HaltRow(NamedTuple):
    """Halts on a limit-free day, measured from the day's opening price (market-rules 3.2)."""

    board: Board
    since: date
    thresholds_pct: tuple[int, ...]
    minutes: int
    latest_end: time
    grade: str
    source: str
    until: date | None = None


HALTS = tuple(
    HaltRow(board, since, (30, 60), 10, time(14, 57), "B", "market-rules 3.2")
    for board, since in ((Board.STAR, STAR_START), (Board.CHINEXT, CHINEXT_REFORM),
                         (Board.MAIN, MAIN_REFORM), (Board.BSE, BSE_START))
)


# ---- 4. price cage -----------------------------------------------------------------------------


class CageRow(NamedTuple):
    """Valid declaration range of a limit order in the continuous auction."""

    board: Board
    since: date
    buy_pct: Decimal     # of the base: a buy may not be above
    sell_pct: Decimal    # a sell may not be below
    ticks: int           # or so many ticks from the base, whichever is wider; 0: not offered
    parked: bool         # True: kept by the exchange until in range; False: rejected
    grade: str
    source: str
    until: date | None = None


CAGES = (
    CageRow(Board.STAR, STAR_START, _D(102), _D(98), 0, False, "B", "market-rules 4"),
    CageRow(Board.CHINEXT, CHINEXT_REFORM, _D(102), _D(98), 0, True, "C", "market-rules 4",
            until=date(2023, 4, 9)),
    CageRow(Board.CHINEXT, MAIN_REFORM, _D(102), _D(98), 10, False, "B", "market-rules 4"),
    CageRow(Board.MAIN, MAIN_REFORM, _D(102), _D(98), 10, False, "B", "market-rules 4"),
    CageRow(Board.BSE, BSE_START, _D(105), _D(95), 10, False, "B", "market-rules 4"),
)


# ---- 5. ticks, lots, order size ----------------------------------------------------------------


class TickRow(NamedTuple):
    board: Board
    tick_cny: Decimal
    since: date
    grade: str
    source: str
    until: date | None = None


TICKS = (
    *(TickRow(board, _D("0.01"), FIRST_DAY, "B", "market-rules 5")
      for board in (Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE)),
    TickRow(Board.FUND, _D("0.001"), FIRST_DAY, "C", "market-rules 5"),
    TickRow(Board.CONVERTIBLE, _D("0.001"), FIRST_DAY, "B", "market-rules 5"),
    TickRow(Board.B_SHARE, _D("0.001"), FIRST_DAY, "C", "market-rules 1: Shanghai, USD"),
)


class LotRow(NamedTuple):
    """Legal quantities. `odd_rest`: how a remainder too small for the rule may be sold."""

    board: Board
    min_shares: int
    step_shares: int
    odd_rest: str        # "ride": with round lots or alone; "all": only everything there is
    since: date
    grade: str
    source: str
    until: date | None = None


LOT_SIZE = (
    LotRow(Board.MAIN, 100, 100, "ride", FIRST_DAY, "C", "market-rules 5"),
    LotRow(Board.CHINEXT, 100, 100, "ride", CHINEXT_START, "C", "market-rules 5"),
    LotRow(Board.FUND, 100, 100, "ride", FIRST_DAY, "C", "market-rules 5"),
    LotRow(Board.STAR, 200, 1, "all", STAR_START, "B", "market-rules 5: 200, then steps of 1"),
    LotRow(Board.BSE, 100, 1, "all", BSE_START, "B", "market-rules 5: 100, then steps of 1"),
    LotRow(Board.CONVERTIBLE, 10, 10, "ride", FIRST_DAY, "B", "market-rules 5: a lot is 10 units"),
)


class MaxOrderRow(NamedTuple):
    """The largest single order. Sizes after 2026-07-06 were not re-checked."""

    board: Board
    since: date
    limit_shares: int
    market_shares: int
    fixed_price_shares: int | None       # None: not known
    grade: str
    source: str
    until: date | None = None


MAX_ORDER = (
    MaxOrderRow(Board.MAIN, FIRST_DAY, 1_000_000, 1_000_000, None, "C", "market-rules 5"),
    MaxOrderRow(Board.CHINEXT, CHINEXT_START, 1_000_000, 1_000_000, None, "C", "market-rules 5",
                until=date(2020, 8, 23)),
    MaxOrderRow(Board.CHINEXT, CHINEXT_REFORM, 300_000, 150_000, 1_000_000, "C", "market-rules 5"),
    MaxOrderRow(Board.STAR, STAR_START, 100_000, 50_000, 1_000_000, "C", "market-rules 5"),
    MaxOrderRow(Board.BSE, BSE_START, 1_000_000, 1_000_000, None, "C", "market-rules 5"),
    MaxOrderRow(Board.FUND, FIRST_DAY, 1_000_000, 1_000_000, None, "C", "market-rules 5"),
)


class BuyCapRow(NamedTuple):
    """What one account may buy of one ST name in a day."""

    board: Board
    since: date
    shares: int
    grade: str
    source: str
    until: date | None = None


ST_BUY_CAPS = (
    BuyCapRow(Board.MAIN, date(2013, 1, 1), 500_000, "B",
              "market-rules 5; first day C (Shanghai risk-warning board), Shenzhen's U"),
    BuyCapRow(Board.BSE, date(2026, 8, 31), 200_000, "B", "北证公告〔2026〕34号"),
)


# ---- 8. same-day resale ------------------------------------------------------------------------


class ResaleRow(NamedTuple):
    """Whether today's purchase may be sold today. Funds carry the flag one by one."""

    board: Board
    prefix: str          # "": the whole board
    allowed: bool        # False for funds: unless the instrument's `t0` flag says so
    since: date
    grade: str
    source: str
    until: date | None = None


RESALE = (
    *(ResaleRow(board, "", False, FIRST_DAY, "C", "market-rules 8: T+1")
      for board in (Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE)),
    ResaleRow(Board.B_SHARE, "", False, FIRST_DAY, "C", "market-rules 8: settlement T+3"),
    ResaleRow(Board.FUND, "", False, FIRST_DAY, "B", "market-rules 8: by the instrument's flag"),
    ResaleRow(Board.FUND, "513", True, date(2015, 1, 19), "B", "market-rules 8: cross-border, SSE"),
    ResaleRow(Board.FUND, "520", True, date(2015, 1, 19), "B", "market-rules 8: cross-border, SSE"),
    ResaleRow(Board.CONVERTIBLE, "", True, FIRST_DAY, "B", "market-rules 8"),
)


# ---- 9. fees -----------------------------------------------------------------------------------


class FeeRow(NamedTuple):
    """A charge on A shares. `rate_pct` of the amount, or `cny_per_share` on face value."""

    item: str            # "stamp_duty", "transfer_fee", "handling", "regulatory"
    side: OrderSide | None       # None: both
    exchange: Exchange | None    # None: all
    since: date
    rate_pct: Decimal
    grade: str
    source: str
    until: date | None = None
    cny_per_share: Decimal = _D(0)


FEES = (
    FeeRow("stamp_duty", None, None, date(2007, 5, 30), _D("0.3"), "C", "market-rules 9",
           until=date(2008, 4, 23)),
    FeeRow("stamp_duty", None, None, date(2008, 4, 24), _D("0.1"), "C", "market-rules 9",
           until=date(2008, 9, 18)),
    FeeRow("stamp_duty", OrderSide.SELL, None, date(2008, 9, 19), _D("0.1"), "B",
           "market-rules 9", until=date(2023, 8, 27)),
    FeeRow("stamp_duty", OrderSide.SELL, None, date(2023, 8, 28), _D("0.05"), "B",
           "MoF/STA announcement 2023 No. 39"),
    FeeRow("transfer_fee", None, _SSE, FIRST_DAY, _D(0), "U",
           "market-rules 9: 0.06 % of the face value of 1 CNY; rate unverified",
           until=date(2015, 7, 31), cny_per_share=_D("0.0006")),
    FeeRow("transfer_fee", None, _SZSE, FIRST_DAY, _D(0), "C", "market-rules 9: none",
           until=date(2015, 7, 31)),
    FeeRow("transfer_fee", None, _SSE, date(2015, 8, 1), _D("0.002"), "C", "market-rules 9",
           until=date(2022, 4, 28)),
    FeeRow("transfer_fee", None, _SZSE, date(2015, 8, 1), _D("0.002"), "C", "market-rules 9",
           until=date(2022, 4, 28)),
    FeeRow("transfer_fee", None, _BSE, BSE_START, _D(0), "U",
           "market-rules 9 names Shanghai and Shenzhen only; none until a source says otherwise",
           until=date(2022, 4, 28)),
    FeeRow("transfer_fee", None, None, date(2022, 4, 29), _D("0.001"), "B", "market-rules 9"),
    *(FeeRow("handling", None, exchange, since, _D(rate), grade, source, until=until)
      for exchange in (_SSE, _SZSE)
      for since, until, rate, grade, source in (
          (date(2012, 9, 1), date(2015, 7, 31), "0.00696", "C", "market-rules 9"),
          (date(2015, 8, 1), date(2023, 8, 27), "0.00487", "C", "market-rules 9"),
          (date(2023, 8, 28), None, "0.00341", "B", "上证发〔2023〕137号, 深证上〔2023〕768号"))),
    FeeRow("handling", None, _BSE, BSE_START, _D("0.05"), "C", "market-rules 9",
           until=date(2022, 11, 30)),
    FeeRow("handling", None, _BSE, date(2022, 12, 1), _D("0.025"), "C", "market-rules 9",
           until=date(2023, 8, 27)),
    FeeRow("handling", None, _BSE, date(2023, 8, 28), _D("0.0125"), "B", "market-rules 9"),
    FeeRow("regulatory", None, None, date(2012, 1, 1), _D("0.002"), "C",
           "market-rules 9: throughout 2012 to 2026"),
)


class CommissionRow(NamedTuple):
    """What a broker may ask, handling and regulatory fee contained."""

    max_pct: Decimal
    min_cny: Decimal     # per order, not per fill; a broker may waive it
    since: date
    grade: str
    source: str
    until: date | None = None


COMMISSION = (CommissionRow(_D("0.3"), _D("5.00"), FIRST_DAY, "C", "market-rules 9"),)


# ---- 10. dividend tax --------------------------------------------------------------------------


class DividendTaxRow(NamedTuple):
    """Withheld when the shares are sold, by how long they were held, first in first out."""

    since: date
    month_pct: Decimal   # held up to one month
    year_pct: Decimal    # up to one year
    longer_pct: Decimal
    grade: str
    source: str
    until: date | None = None


DIVIDEND_TAX = (
    DividendTaxRow(date(2013, 1, 1), _D(20), _D(10), _D(5), "C", "market-rules 10",
                   until=date(2015, 9, 7)),
    DividendTaxRow(date(2015, 9, 8), _D(20), _D(10), _D(0), "C", "财税〔2015〕101号"),
)


# Everything above, for the manual: (title, rows).
TABLES: tuple[tuple[str, tuple[NamedTuple, ...]], ...] = (
    ("Code ranges", CODE_RANGES), ("Wide-band funds by code", WIDE_BANDS),
    ("Daily price limits", LIMIT_PCT), ("New listings", LISTINGS),
    ("Delisting arrangement", DELISTING), ("Call auction ranges", AUCTION_RANGES),
    ("Halts on limit-free days", HALTS), ("Price cage", CAGES), ("Ticks", TICKS),
    ("Lots", LOT_SIZE), ("Largest orders", MAX_ORDER), ("Daily buy caps of ST names", ST_BUY_CAPS),
    ("Trading hours", TRADING_HOURS), ("Closing auctions", CLOSE_AUCTIONS),
    ("After-hours fixed price", AFTER_HOURS), ("Order entry", ORDER_ENTRY),
    ("Order types", ORDER_TYPES), ("Same-day resale", RESALE), ("Fees", FEES),
    ("Commission", COMMISSION), ("Dividend tax", DIVIDEND_TAX),
    ("Circuit breaker", CIRCUIT_BREAKER), ("Days the breaker tripped", BREAKER_HALTS),
)
