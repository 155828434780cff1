"""The values everyone may name. Frozen: a value that changes over time is a new value.

`None` means unknown, zero means zero. Prices are `Decimal` in CNY, quantities whole shares,
moments aware UTC datetimes, trading days plain dates of the exchange's calendar.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, TypeAlias

from core.money import is_price

# A numpy column. `core` stays free of numpy, so the element type is in the field's comment.
Column: TypeAlias = Any

MOST_SHARES = 10**12               # of one request; beyond it amounts leave exact arithmetic


class Exchange(Enum):
    """The value is the suffix of the house notation: 600519.SH."""

    SSE = "SH"
    SZSE = "SZ"
    BSE = "BJ"
    CSI = "CSI"            # the index company: its indices belong to no exchange


class Board(Enum):
    """Which rule book an instrument follows (market-rules 1)."""

    MAIN = "MAIN"          # Shanghai and Shenzhen main board A shares
    CHINEXT = "CHINEXT"
    STAR = "STAR"
    BSE = "BSE"
    FUND = "FUND"          # ETF, LOF, closed fund, REIT
    B_SHARE = "B_SHARE"
    CONVERTIBLE = "CONVERTIBLE"
    OTHER = "OTHER"        # recognised, never traded: index, repo, NEEQ, exchangeable bond


class Kind(Enum):
    STOCK = "STOCK"
    CDR = "CDR"
    ETF = "ETF"
    LOF = "LOF"
    CLOSED_FUND = "CLOSED_FUND"
    REIT = "REIT"
    B_SHARE = "B_SHARE"
    CONVERTIBLE = "CONVERTIBLE"
    EXCHANGEABLE = "EXCHANGEABLE"
    REPO = "REPO"
    INDEX = "INDEX"
    NEEQ = "NEEQ"
    LEGACY_BSE = "LEGACY_BSE"      # 43x/83x/87x of before October 2025


class Mode(Enum):
    SIMULATION = "simulation"
    PAPER = "paper"
    LIVE = "live"


class OrderSide(Enum):
    BUY = "BUY"        # what is stored and logged; the screen text lives in ui/
    SELL = "SELL"


class OrderType(Enum):
    """Market kinds are the exchanges' own (market-rules 7); MARKET is the daily order list's."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    BEST5_CANCEL = "BEST5_CANCEL"          # best five levels, rest cancelled
    BEST5_LIMIT = "BEST5_LIMIT"            # best five levels, rest becomes a limit order
    OWN_BEST = "OWN_BEST"
    COUNTER_BEST = "COUNTER_BEST"
    IMMEDIATE_CANCEL = "IMMEDIATE_CANCEL"  # whatever trades at once, rest cancelled
    FILL_OR_KILL = "FILL_OR_KILL"
    FIXED_PRICE = "FIXED_PRICE"            # after hours, at the close


class OrderStatus(Enum):
    """The life of an order; the legal steps are the table in trading/order_fsm.py."""

    NEW = "NEW"
    DENIED = "DENIED"                  # our own checks refused it; nothing was sent
    INTENT = "INTENT"                  # durable, provably not sent
    SENDING = "SENDING"                # the call may or may not have reached the broker
    SENT = "SENT"
    LIVE = "LIVE"
    PARTIAL = "PARTIAL"
    PENDING_CANCEL = "PENDING_CANCEL"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    PART_CANCELLED = "PART_CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"                # its fate is not proven; never guessed, never resent


FINAL_STATUSES = frozenset({
    OrderStatus.DENIED, OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.PART_CANCELLED,
    OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.NOT_SENT,
})


class Phase(Enum):
    """Where in the trading day an instrument stands (market-rules 6)."""

    CLOSED = "CLOSED"                      # no session today, or outside its hours
    OPEN_AUCTION = "OPEN_AUCTION"          # 09:15-09:20, cancel allowed
    OPEN_AUCTION_LOCKED = "OPEN_AUCTION_LOCKED"    # 09:20-09:25, no cancel
    PRE_OPEN = "PRE_OPEN"                  # 09:25-09:30
    CONTINUOUS = "CONTINUOUS"
    LUNCH = "LUNCH"
    CLOSE_AUCTION = "CLOSE_AUCTION"        # 14:57-15:00, no cancel
    AFTER_CLOSE = "AFTER_CLOSE"            # 15:00-15:05
    AFTER_HOURS = "AFTER_HOURS"            # 15:05-15:30 fixed price


class Period(Enum):
    DAY = "1d"
    MIN1 = "1m"
    MIN5 = "5m"
    MIN15 = "15m"
    MIN30 = "30m"
    MIN60 = "60m"


class Adjust(Enum):
    NONE = "none"
    QFQ = "qfq"            # forward: the latest session keeps its prices
    HFQ = "hfq"            # backward: the first session keeps its prices


class KillLevel(IntEnum):
    NONE = 0
    PAUSE = 1              # strategies paused, a person may trade
    REDUCE_ONLY = 2
    BLOCK = 3              # no new orders, open ones are cancelled
    FLATTEN = 4


class Origin(Enum):
    """Where market data comes from; shown on screen and in every export."""

    GENERATED = "generated"
    IMPORTED = "imported"
    ONLINE = "online"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What is known of a security, apart from any one day."""

    symbol: str                        # "600519.SH"
    exchange: Exchange
    board: Board
    kind: Kind
    name: str = ""                     # as listed today; history has its own names
    industry: str = ""
    pinyin: str = ""                   # initials, upper case: GZMT
    list_date: date | None = None
    delist_date: date | None = None
    issue_price_cny: Decimal | None = None
    t0: bool = False                   # today's purchase may be sold today
    wide_band: bool = False            # a fund on a ChiNext or STAR index: 20 % band
    origin: Origin = Origin.IMPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """What the exchange says of one instrument for one session, before it opens."""

    instrument: Instrument
    day: date
    reference_cny: Decimal | None      # previous close, or the ex-right reference
    st: bool = False                   # under risk warning (ST, *ST) that day
    suspended: bool = False
    listed_sessions: int | None = None     # 1 on the first session; None: unknown
    delisting_session: int | None = None   # 1 on the first of the delisting arrangement
    relisting_session: int | None = None   # 1 on the first after a relisting
    limit_up_cny: Decimal | None = None    # as published; wins over the formula
    limit_down_cny: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One traded interval, unadjusted. `ts_utc` is its end."""

    symbol: str
    period: Period
    ts_utc: datetime
    open_cny: Decimal
    high_cny: Decimal
    low_cny: Decimal
    close_cny: Decimal
    volume_shares: int
    amount_cny: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Level:
    price_cny: Decimal
    shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A snapshot of one instrument. Day figures are cumulative since the open."""

    symbol: str
    ts_utc: datetime
    last_cny: Decimal | None           # None: no trade yet today
    prev_close_cny: Decimal | None     # the exchange's reference price
    open_cny: Decimal | None = None
    high_cny: Decimal | None = None
    low_cny: Decimal | None = None
    volume_shares: int = 0
    amount_cny: Decimal | None = None
    limit_up_cny: Decimal | None = None
    limit_down_cny: Decimal | None = None
    bids: tuple[Level, ...] = ()       # best first, at most five
    asks: tuple[Level, ...] = ()
    suspended: bool = False
    origin: Origin = Origin.ONLINE


@dataclass(frozen=True, slots=True, kw_only=True)
class BarColumns:
    """One symbol's bars, oldest first, as numpy columns of equal length."""

    symbol: str
    period: Period
    adjust: Adjust
    ts_s: Column           # int64: seconds of Shanghai wall time since 1970-01-01T00:00, bar END
    open_cny: Column       # float64, as are the next three
    high_cny: Column
    low_cny: Column
    close_cny: Column
    volume_shares: Column  # float64; NaN: unknown
    amount_cny: Column     # float64; NaN: unknown
    origin: Origin = Origin.IMPORTED

    def __len__(self) -> int:
        return len(self.ts_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarTable:
    """Unadjusted bars of many instruments: columns sorted by symbol, then time.

    Rows `starts[i]` up to `starts[i + 1]` belong to `symbols[i]`. NaN (floats) and -1 (flags)
    mean unknown. Values are as published; sentinels of the limit columns are still in them.
    """

    symbols: tuple[str, ...]
    starts: Column         # int64, one longer than `symbols`
    period: Period
    ts_s: Column           # int64: seconds of Shanghai wall time; daily bars: midnight of the day
    open_cny: Column       # float64, as are all down to limit_down_cny
    high_cny: Column
    low_cny: Column
    close_cny: Column
    volume_shares: Column
    amount_cny: Column
    prev_close_cny: Column     # the exchange's reference price of that day
    adj_factor: Column         # cumulative; grows at ex-dates
    limit_up_cny: Column
    limit_down_cny: Column
    is_st: Column              # int8
    suspended: Column          # int8
    names: Mapping[str, str] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    origin: Origin = Origin.IMPORTED

    def __len__(self) -> int:
        return len(self.ts_s)

    def slice_of(self, symbol: str) -> slice:
        """The rows of one symbol; empty where it has none."""
        at = bisect_left(self.symbols, symbol)
        if at == len(self.symbols) or self.symbols[at] != symbol:
            return slice(0, 0)
        return slice(int(self.starts[at]), int(self.starts[at + 1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One row of an order list, as its author wrote it."""

    line: int                          # in the file, the header is line 1
    ts: str                            # the text of the file; comes back in the order log
    day: date
    symbol: str
    side: OrderSide
    shares: int
    type: OrderType
    limit_cny: Decimal | None          # None for MARKET
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRow:
    """What one ex-date does to a holder, per share held before it."""

    symbol: str
    ex_date: date
    cash_per_share_cny: Decimal = Decimal(0)
    bonus_per_share: Decimal = Decimal(0)
    rights_per_share: Decimal = Decimal(0)
    rights_price_cny: Decimal | None = None
    pay_date: date | None = None       # of the cash; None: unknown, taken as paid on the ex-date
    par_per_share: Decimal = Decimal(0)    # of the bonus: from profits, taxed at 1 CNY a share
    rights_until: date | None = None   # last day of the subscription; None: unknown
    derived: bool = False              # from reference prices or a factor: no announcement known


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What someone wants done; nobody has checked or sent it yet."""

    symbol: str                        # "600519.SH"
    side: OrderSide
    shares: int
    limit_cny: Decimal | None          # None: a market kind without protection
    created_utc: datetime
    type: OrderType = OrderType.LIMIT
    tag: str = ""                      # the caller's own mark; comes back on every report
    key: str = ""                      # idempotency key; the same key is never sent twice
    source: str = "manual"             # manual, external, or the name of a strategy
    plan_id: int = 0                   # the parent, conditional or staged order it belongs to
    override: str = ""                 # why a person insists against a house limit; empty: nobody

    def __post_init__(self) -> None:
        if not 0 < self.shares <= MOST_SHARES:
            raise ValueError(f"shares must be from 1 to {MOST_SHARES}, was {self.shares}")
        if self.limit_cny is not None and not is_price(self.limit_cny):
            raise ValueError(f"limit_cny must be positive, was {self.limit_cny}")
        if self.type is OrderType.LIMIT and self.limit_cny is None:
            raise ValueError("a limit order needs limit_cny")
        if self.created_utc.tzinfo is None:
            raise ValueError("created_utc must carry a time zone, was naive")


# Limits of the house on which a person may insist with a reason (OrderRequest.override).
INSISTABLE_CODES = frozenset({"FAT_FINGER_PRICE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason not to send an order. The code is stable; texts are made in ui/strings.py."""

    code: str                                          # "T1_SELLABLE"
    text: str                                          # what, why, what to do, in English
    numbers: Mapping[str, str] = field(default_factory=dict)   # fills the translated text


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What one order has cost so far, each item half up to the fen."""

    commission_cny: Decimal = Decimal("0.00")
    stamp_duty_cny: Decimal = Decimal("0.00")
    transfer_fee_cny: Decimal = Decimal("0.00")
    handling_cny: Decimal = Decimal("0.00")        # zero where commission is all-in
    regulatory_cny: Decimal = Decimal("0.00")

    @property
    def total_cny(self) -> Decimal:
        return (self.commission_cny + self.stamp_duty_cny + self.transfer_fee_cny
                + self.handling_cny + self.regulatory_cny)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request that has an id, and what has become of it."""

    order_id: int                      # ledger sequence, unique for ever
    request: OrderRequest
    trading_day: date
    status: OrderStatus
    broker_id: str = ""
    filled_shares: int = 0
    amount_cny: Decimal = Decimal("0.00")      # sum of price x shares of its fills
    fees: Fees = Fees()
    refusals: tuple[Refusal, ...] = ()
    updated_utc: datetime | None = None
    reserved_cny: Decimal = Decimal("0.00")    # what the open rest of a buy may still cost

    @property
    def open_shares(self) -> int:
        return 0 if self.status in FINAL_STATUSES else self.request.shares - self.filled_shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade of one order. The key (trading_day, broker, trade_id, order_id) is unique."""

    order_id: int
    trade_id: str                      # the exchange's or the simulator's
    broker: str
    symbol: str
    side: OrderSide
    shares: int
    price_cny: Decimal
    ts_utc: datetime
    trading_day: date
    fees: Fees = Fees()                # what this fill added to the order's fees
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Shares that came together. They leave first in, first out."""

    opened: date                       # the holding period counts from here; bonus inherits it
    since: date                        # the day they came; earlier ex-dates gave them nothing
    shares: int
    cost_cny: Decimal                  # what is left of the purchase, fees included; bonus: 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend:
    """An ex-date that shares still held have lived through; its tax is due when they are sold."""

    ex_date: date
    entitled_shares: int               # held over the ex-date
    taxable_per_share_cny: Decimal     # 0 where no tax is due (funds, derived ex-dates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What is held of one instrument."""

    symbol: str
    held_shares: int
    bought_today_shares: int           # locked until the next session, unless T+0
    on_sale_shares: int                # in open sell orders
    cost_cny: Decimal                  # what the held shares cost on average, fees included
    realised_cny: Decimal = Decimal("0.00")        # of all time: sales, dividends, less their tax
    t0: bool = False
    realised_open_cny: Decimal = Decimal("0.00")   # of it: since it was last empty
    fees_cny: Decimal = Decimal("0.00")            # of all its trades
    dividend_cny: Decimal = Decimal("0.00")        # of all its ex-dates, before tax
    dividend_tax_cny: Decimal = Decimal("0.00")
    lots: tuple[Lot, ...] = ()                     # oldest first; together the held shares
    dividends: tuple[Dividend, ...] = ()           # that the lots may still owe tax on

    @property
    def sellable_shares(self) -> int:
        locked = 0 if self.t0 else self.bought_today_shares
        return max(0, self.held_shares - locked - self.on_sale_shares)

    @property
    def diluted_cost_cny(self) -> Decimal:
        """Cost less everything that was realised since the position was opened, dividends too:
        what the shares held must still earn. Negative once they have paid for themselves.
        """
        return self.cost_cny - self.realised_open_cny


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    """What an account owns and has not got yet: a dividend, or subscribed shares."""

    symbol: str
    ex_date: date
    due: date                          # the first session on or after it brings it
    cash_cny: Decimal                  # the dividend, or what was paid for the shares
    shares: int = 0                    # 0: a dividend
    derived: bool = False              # the ex-date was derived from reference prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """The right to subscribe new shares of a rights issue. It lapses after its last day."""

    symbol: str
    ex_date: date
    shares: int
    price_cny: Decimal
    until: date                        # the last day on which it can be taken up


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Cash of one account. Market value needs prices and is added by the portfolio view."""

    account_id: str
    cash_cny: Decimal                  # all cash, reserved part included
    reserved_cny: Decimal              # frozen for open buy orders
    withdrawable_cny: Decimal          # without today's sale proceeds
    initial_cash_cny: Decimal
    trading_day: date
    origin: Origin | None = None     # the data it trades on; None: unknown (very old ledgers)
    proceeds_cny: Decimal = Decimal("0.00")    # of today's sales: usable, not withdrawable
    receivables: tuple[Receivable, ...] = ()
    rights: tuple[Right, ...] = ()
    left_utc: datetime | None = None   # when another account was last made the active one

    @property
    def available_cny(self) -> Decimal:
        return self.cash_cny - self.reserved_cny

    @property
    def receivable_cny(self) -> Decimal:
        """What belongs to the account and has not arrived; a part of its equity."""
        return sum((each.cash_cny for each in self.receivables), Decimal("0.00"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSnapshot:
    """The trading core at one instant, for screens and exports. Everything in it is frozen."""

    account: Account
    positions: tuple[Position, ...]
    orders: Sequence[Order]            # of this trading day, newest last
    fills: Sequence[Fill]              # of this trading day, newest last
    kill_level: KillLevel
    journal_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPreview:
    """What an order would cost and why it would be refused, before it is entered."""

    request: OrderRequest
    refusals: tuple[Refusal, ...]
    fees: Fees | None                  # None: no price to judge it by
    cash_needed_cny: Decimal | None    # buys: price x shares and fees
    proceeds_cny: Decimal | None       # sells: price x shares less fees
    available_cny: Decimal
    sellable_shares: int
    max_buy_shares: int | None         # what the free cash buys at this price, in whole lots
    limit_down_cny: Decimal | None     # None: no band today, or unknown (see refusals)
    limit_up_cny: Decimal | None
    # What the account would look like once it has filled; None: not known, or nobody asks.
    available_after_cny: Decimal | None = None
    position_ratio: Decimal | None = None      # of equity in this instrument, as the next two
    sector_ratio: Decimal | None = None
    gross_ratio: Decimal | None = None
    var_before_ratio: Decimal | None = None    # value at risk of one day, of equity
    var_after_ratio: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayState:
    """Where a replay stands."""

    day: date
    now_utc: datetime
    speed: float                       # simulated seconds per wall second
    paused: bool
    finished: bool
    days: tuple[date, ...]             # what may be chosen


class Report(Enum):
    """What a broker may say of one order."""

    ACK = "ACK"
    REJECTED = "REJECTED"
    FILL = "FILL"
    CANCELLED = "CANCELLED"
    CANCEL_REFUSED = "CANCEL_REFUSED"
    EXPIRED = "EXPIRED"                # the day ended with shares unfilled
    SILENCE = "SILENCE"                # our own: no answer before the deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAtBroker:
    """What a broker's own list says an order is. It may be one that nobody entered here."""

    symbol: str
    side: OrderSide
    shares: int
    limit_cny: Decimal | None
    filled_shares: int
    type: OrderType = OrderType.LIMIT
    remark: str = ""                   # what the broker carries for us; our id is in it
    entered_utc: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionAtBroker:
    symbol: str
    held_shares: int
    sellable_shares: int | None        # None: the broker does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class CashAtBroker:
    cash_cny: Decimal                  # all cash, reserved part included
    available_cny: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a broker's interface can be asked, so that nobody relies on what is not there."""

    complete_list: bool                # an order its list does not name was surely never taken
    trades: bool = True                # query_trades names every trade of today
    positions: bool = False
    cash: bool = False
    remarks: bool = True               # carries our order id; matching after a crash is exact
    types: frozenset[OrderType] = frozenset(OrderType)
    refusals_are_proof: bool = True    # an order it refused at once surely does not live there
    in_process: bool = False           # its market lives here: what it did not say did not happen
    settle_s: int = 10                 # how long after a call its list may still lack the order
    day_end_list: bool = False         # after the close its list names every order of the day
    label_en: str = ""                 # shown beside the account: "never tested against ..."
    label_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerReport:
    """One message of a broker about one order, as the adapter understood it."""

    kind: Report
    order_id: int                      # ours, from the remark the broker carries
    broker_id: str
    ts_utc: datetime
    text: str = ""
    trade_id: str = ""                 # FILL only, as are the next two
    shares: int = 0
    price_cny: Decimal | None = None
    about: OrderAtBroker | None = None     # lists only: the order as the broker holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One line of a broker's statement. None: the broker does not print it."""

    line: int                          # in the file, the header is line 1; 0: one of ours
    day: date
    kind: str                          # BUY, SELL, DIVIDEND, TAX, BONUS, OTHER
    symbol: str
    shares: int
    price_cny: Decimal | None = None
    amount_cny: Decimal | None = None
    commission_cny: Decimal | None = None
    stamp_duty_cny: Decimal | None = None
    transfer_fee_cny: Decimal | None = None
    cash_change_cny: Decimal | None = None     # what the cash gains by it
    cash_after_cny: Decimal | None = None
    trade_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    """One durable value of a room of the order core: a case, a breaker, a plan, a proposal."""

    kind: str                          # the kind of journal entry that sets it
    key: str
    value: str | None                  # canonical JSON; None: the row is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One link of the ledger's hash chain.

    `hash` is the SHA-256 of prev_hash, seq, trading_day, ts_utc, kind and payload, joined by
    newlines; `payload` is canonical JSON (sorted keys, no spaces, amounts as e4 integers).
    `signature` is made over the hash; empty where nobody signs.
    """

    seq: int                           # 1, 2, 3 ... without a gap
    trading_day: date
    ts_utc: datetime
    kind: str
    payload: str
    prev_hash: str
    hash: str
    signature: str = ""
