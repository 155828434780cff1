"""What the panels show, computed from domain values. Pure: no Qt, no clock, no services."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal

from core.constants import TRADING_HOURS
from core.money import FEN
from core.rules import min_buy_shares, purchase_step, quantity_step, tick_cny
from core.types import (
    Board,
    DeskSnapshot,
    Fill,
    Instrument,
    Order,
    OrderPreview,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Origin,
    Position,
    Quote,
    Refusal,
)

ZERO = Decimal("0.00")
BOOK_DEPTH = 5
SHARES_PER_LOT = 100
Quotes = Mapping[str, Quote]
Instruments = Mapping[str, Instrument]
TRADED_BOARDS = frozenset({Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE, Board.FUND})
REFUSED = frozenset({OrderStatus.DENIED, OrderStatus.REJECTED, OrderStatus.NOT_SENT})


# ---- instruments and quotes ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRow:
    """One instrument as the watchlist, the header and the ticket show it."""

    symbol: str
    name: str
    decimals: int = 2
    board: Board = Board.OTHER
    origin: Origin | None = None
    last_cny: Decimal | None = None
    prev_close_cny: Decimal | None = None
    open_cny: Decimal | None = None
    high_cny: Decimal | None = None
    low_cny: Decimal | None = None
    limit_up_cny: Decimal | None = None
    limit_down_cny: Decimal | None = None
    volume_shares: int | None = None
    amount_cny: Decimal | None = None
    suspended: bool = False
    t0: bool = False
    live: bool = False                 # from a quote of today, not from the last close

    @property
    def change_cny(self) -> Decimal | None:
        if self.last_cny is None or self.prev_close_cny is None:
            return None
        return self.last_cny - self.prev_close_cny

    @property
    def change_ratio(self) -> Decimal | None:
        change = self.change_cny
        if change is None or not self.prev_close_cny:
            return None
        return change / self.prev_close_cny

    @property
    def amplitude_ratio(self) -> Decimal | None:
        """(high - low) / previous close, as the exchanges' statistics have it."""
        if self.high_cny is None or self.low_cny is None or not self.prev_close_cny:
            return None
        return (self.high_cny - self.low_cny) / self.prev_close_cny

    def against_close(self, price_cny: Decimal | None) -> Decimal | None:
        """How a price stands to the previous close: its sign is its colour."""
        if price_cny is None or self.prev_close_cny is None:
            return None
        return price_cny - self.prev_close_cny

    @property
    def at_limit(self) -> int:
        """1 at the upper limit, -1 at the lower, 0 elsewhere or unknown."""
        if self.last_cny is None:
            return 0
        return int(self.last_cny == self.limit_up_cny) - int(self.last_cny == self.limit_down_cny)


def decimals_of(instrument: Instrument | None) -> int:
    """Decimals of the instrument's price grid: 2 for shares, 3 for funds."""
    if instrument is None:
        return 2
    exponent = tick_of(instrument.board).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 2


def tick_of(board: Board) -> Decimal:
    """The board's price grid; a fen for what is only shown and never traded."""
    try:
        return tick_cny(board)
    except LookupError:
        return FEN


def quote_row(
    symbol: str, instrument: Instrument | None, quote: Quote | None, *, live: bool = True
) -> QuoteRow:
    """`live` False: the quote stands for an old close, until one of today comes."""
    row = QuoteRow(symbol=symbol, name="")
    if instrument is not None:
        row = QuoteRow(
            symbol=symbol, name=instrument.name, decimals=decimals_of(instrument),
            board=instrument.board, origin=instrument.origin, t0=instrument.t0)
    if quote is None:
        return row
    return replace(
        row, last_cny=quote.last_cny, prev_close_cny=quote.prev_close_cny,
        open_cny=quote.open_cny, high_cny=quote.high_cny, low_cny=quote.low_cny,
        limit_up_cny=quote.limit_up_cny, limit_down_cny=quote.limit_down_cny,
        volume_shares=quote.volume_shares, amount_cny=quote.amount_cny,
        suspended=quote.suspended, live=live,
    )


def matches(query: str, instruments: Iterable[Instrument], limit: int = 12) -> list[Instrument]:
    """Instruments for a few typed characters: code first, then initials, then part of a name."""
    wanted = query.strip().upper()
    if not wanted:
        return []
    found = [(rank, i.symbol, i) for i in instruments if (rank := _rank(wanted, i)) is not None]
    return [instrument for _, _, instrument in sorted(found, key=lambda hit: hit[:2])[:limit]]


def _rank(wanted: str, instrument: Instrument) -> int | None:
    if instrument.symbol.startswith(wanted):
        return 0
    if instrument.pinyin.startswith(wanted):
        return 1
    if wanted in instrument.name.upper():
        return 2
    return 3 if wanted in instrument.symbol else None


# ---- the book ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BookLine:
    """One of the ten lines of the book, from the fifth ask down to the fifth bid."""

    side: OrderSide            # SELL: an ask
    rank: int                  # 1 is the best
    price_cny: Decimal | None
    shares: int | None
    ratio: float               # of the largest shown size, 0 to 1: the length of its bar


def book_lines(quote: Quote | None) -> tuple[BookLine, ...]:
    asks = quote.asks[:BOOK_DEPTH] if quote else ()
    bids = quote.bids[:BOOK_DEPTH] if quote else ()
    largest = max((level.shares for level in (*asks, *bids)), default=0) or 1

    def line(side: OrderSide, rank: int) -> BookLine:
        levels = asks if side is OrderSide.SELL else bids
        if rank > len(levels):
            return BookLine(side, rank, None, None, 0.0)
        level = levels[rank - 1]
        return BookLine(side, rank, level.price_cny, level.shares, level.shares / largest)

    return (
        *(line(OrderSide.SELL, rank) for rank in range(BOOK_DEPTH, 0, -1)),
        *(line(OrderSide.BUY, rank) for rank in range(1, BOOK_DEPTH + 1)),
    )


# ---- account and positions -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    symbol: str
    name: str
    decimals: int
    held_shares: int
    sellable_shares: int
    bought_today_shares: int
    cost_price_cny: Decimal | None     # what a held share cost, fees included
    last_cny: Decimal | None
    value_cny: Decimal | None
    pnl_cny: Decimal | None
    pnl_ratio: Decimal | None
    weight_ratio: Decimal | None       # of the account's equity


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    equity_cny: Decimal | None         # None: some holding has no price
    available_cny: Decimal
    reserved_cny: Decimal
    withdrawable_cny: Decimal
    market_value_cny: Decimal | None
    pnl_cny: Decimal | None            # since the account was opened
    pnl_ratio: Decimal | None
    pnl_today_cny: Decimal | None      # None: a reference price is not known
    pnl_today_ratio: Decimal | None


def price_now(quote: Quote | None) -> Decimal | None:
    """The last price, or the previous close before the first trade of the day."""
    if quote is None:
        return None
    return quote.last_cny if quote.last_cny is not None else quote.prev_close_cny


def market_value(positions: Iterable[Position], quotes: Quotes) -> Decimal | None:
    """None as soon as one holding has no price: a part is not the whole."""
    total = ZERO
    for position in positions:
        if not position.held_shares:
            continue
        price = price_now(quotes.get(position.symbol))
        if price is None:
            return None
        total += price * position.held_shares
    return total


def account_view(snapshot: DeskSnapshot, priced: Quotes, today: Quotes) -> AccountView:
    """`priced` values the holdings, if need be by an old close; `today` has today's quotes."""
    account = snapshot.account
    value = market_value(snapshot.positions, priced)
    equity = None if value is None else account.cash_cny + account.receivable_cny + value
    pnl = None if equity is None else equity - account.initial_cash_cny
    gain = pnl_today(snapshot, today)
    opening = None if equity is None or gain is None else equity - gain
    return AccountView(
        equity_cny=equity, available_cny=account.available_cny,
        reserved_cny=account.reserved_cny, withdrawable_cny=account.withdrawable_cny,
        market_value_cny=value, pnl_cny=pnl, pnl_ratio=_share(pnl, account.initial_cash_cny),
        pnl_today_cny=gain, pnl_today_ratio=_share(gain, opening),
    )


def pnl_today(snapshot: DeskSnapshot, quotes: Quotes) -> Decimal | None:
    """Today's gain: holdings from the previous close, today's trades from their own price.

    None if a held or traded instrument has no previous close or no price.
    """
    bought, sold, flow = _traded_today(snapshot.fills)
    held = {p.symbol: p.held_shares for p in snapshot.positions}
    total = flow
    for symbol in held.keys() | bought.keys() | sold.keys():
        now_shares = held.get(symbol, 0)
        start_shares = now_shares - bought.get(symbol, 0) + sold.get(symbol, 0)
        if not now_shares and not start_shares:
            continue
        quote = quotes.get(symbol)
        price = price_now(quote)
        if quote is None or price is None or quote.prev_close_cny is None:
            return None
        total += price * now_shares - quote.prev_close_cny * start_shares
    return total


def _traded_today(fills: Iterable[Fill]) -> tuple[dict[str, int], dict[str, int], Decimal]:
    """(bought shares, sold shares, cash in minus cash out) by symbol, fees included."""
    bought: dict[str, int] = {}
    sold: dict[str, int] = {}
    flow = ZERO
    for fill in fills:
        amount = fill.price_cny * fill.shares
        if fill.side is OrderSide.BUY:
            bought[fill.symbol] = bought.get(fill.symbol, 0) + fill.shares
            flow -= amount
        else:
            sold[fill.symbol] = sold.get(fill.symbol, 0) + fill.shares
            flow += amount
        flow -= fill.fees.total_cny
    return bought, sold, flow


def position_rows(
    snapshot: DeskSnapshot, instruments: Instruments, quotes: Quotes
) -> list[PositionRow]:
    """Everything that is held now, in the order of the ledger."""
    value = market_value(snapshot.positions, quotes)
    equity = None if value is None else snapshot.account.cash_cny + value
    return [
        _position_row(position, instruments.get(position.symbol), quotes, equity)
        for position in snapshot.positions
        if position.held_shares
    ]


def _position_row(
    position: Position, instrument: Instrument | None, quotes: Quotes, equity_cny: Decimal | None
) -> PositionRow:
    price = price_now(quotes.get(position.symbol))
    value = None if price is None else price * position.held_shares
    pnl = None if value is None else value - position.cost_cny
    return PositionRow(
        symbol=position.symbol,
        name=instrument.name if instrument else "",
        decimals=decimals_of(instrument),
        held_shares=position.held_shares,
        sellable_shares=position.sellable_shares,
        bought_today_shares=position.bought_today_shares,
        cost_price_cny=position.cost_cny / position.held_shares,
        last_cny=price, value_cny=value, pnl_cny=pnl,
        pnl_ratio=_share(pnl, position.cost_cny),
        weight_ratio=_share(value, equity_cny),
    )


def _share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else part / whole


# ---- orders and fills ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    order_id: int
    ts_utc: datetime
    symbol: str
    name: str
    decimals: int
    side: OrderSide
    type: OrderType
    limit_cny: Decimal | None
    shares: int
    filled_shares: int
    average_cny: Decimal | None
    fees_cny: Decimal
    status: OrderStatus
    refusals: tuple[Refusal, ...]
    cancellable: bool

    @property
    def refused(self) -> bool:
        return self.status in REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    key: str
    ts_utc: datetime
    order_id: int
    symbol: str
    name: str
    decimals: int
    side: OrderSide
    shares: int
    price_cny: Decimal
    amount_cny: Decimal
    fees_cny: Decimal
    trade_id: str


def order_rows(orders: Sequence[Order], instruments: Instruments) -> list[OrderRow]:
    """Newest first, as a blotter is read."""
    return [_order_row(order, instruments.get(order.request.symbol)) for order in orders[::-1]]


def _order_row(order: Order, instrument: Instrument | None) -> OrderRow:
    request = order.request
    average = order.amount_cny / order.filled_shares if order.filled_shares else None
    return OrderRow(
        order_id=order.order_id, ts_utc=request.created_utc, symbol=request.symbol,
        name=instrument.name if instrument else "", decimals=decimals_of(instrument),
        side=request.side, type=request.type, limit_cny=request.limit_cny,
        shares=request.shares, filled_shares=order.filled_shares, average_cny=average,
        fees_cny=order.fees.total_cny, status=order.status, refusals=order.refusals,
        cancellable=order.open_shares > 0 and order.status is not OrderStatus.PENDING_CANCEL,
    )


def fill_rows(fills: Sequence[Fill], instruments: Instruments) -> list[FillRow]:
    """Newest first."""
    return [_fill_row(fill, instruments.get(fill.symbol)) for fill in fills[::-1]]


def _fill_row(fill: Fill, instrument: Instrument | None) -> FillRow:
    return FillRow(
        key=f"{fill.trading_day}/{fill.broker}/{fill.trade_id}/{fill.order_id}",
        ts_utc=fill.ts_utc, order_id=fill.order_id, symbol=fill.symbol,
        name=instrument.name if instrument else "", decimals=decimals_of(instrument),
        side=fill.side, shares=fill.shares, price_cny=fill.price_cny,
        amount_cny=fill.price_cny * fill.shares, fees_cny=fill.fees.total_cny,
        trade_id=fill.trade_id,
    )


# ---- the ticket ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands in the ticket; not an order until it has an author and a time."""

    symbol: str
    side: OrderSide
    type: OrderType
    shares: int
    limit_cny: Decimal | None


def draft_of(request: OrderRequest) -> Draft:
    """What stood in the ticket when a request was made of it."""
    return Draft(symbol=request.symbol, side=request.side, type=request.type,
                 shares=request.shares, limit_cny=request.limit_cny)


def least_shares(board: Board) -> int:
    """The least legal buy; a hundred for what is only shown."""
    return min_buy_shares(board) if board in TRADED_BOARDS else SHARES_PER_LOT


def share_step(board: Board, lot_shares: int) -> int:
    """By how much a size is stepped: a round hundred even where single shares are legal."""
    return purchase_step(board, lot_shares) if board in TRADED_BOARDS else SHARES_PER_LOT


def fraction_of_buy(max_shares: int | None, parts: int, board: Board, lot_shares: int) -> int:
    """A `parts`-th of what the cash buys, down to a legal size; 0 if not even the least fits.

    `lot_shares` is the house's sizing multiple; it can only enlarge the exchange's step.
    """
    if max_shares is None or board not in TRADED_BOARDS:
        return 0
    step = purchase_step(board, lot_shares)
    wanted = max_shares // parts // step * step
    return wanted if wanted >= min_buy_shares(board) else 0


def fraction_of_sell(sellable_shares: int, parts: int, board: Board) -> int:
    """A `parts`-th of what may be sold today; the whole keeps its odd rest, a part is rounded."""
    if parts == 1 or board not in TRADED_BOARDS:
        return sellable_shares
    wanted = sellable_shares // parts // quantity_step(board) * quantity_step(board)
    return wanted if wanted >= min_buy_shares(board) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """What an order would cost, as the ticket and the confirmation show it."""

    amount_cny: Decimal | None
    commission_cny: Decimal | None
    stamp_duty_cny: Decimal | None
    transfer_fee_cny: Decimal | None
    other_fees_cny: Decimal | None     # handling and regulatory, where they are charged on top
    fees_cny: Decimal | None
    cash_cny: Decimal | None           # what a buy needs, what a sell brings
    cash_after_cny: Decimal | None     # free cash once it has filled whole


def ticket_view(preview: OrderPreview) -> TicketView:
    fees = preview.fees
    if fees is None:
        return TicketView(**dict.fromkeys(TicketView.__dataclass_fields__))
    other, total = fees.handling_cny + fees.regulatory_cny, fees.total_cny
    if preview.request.side is OrderSide.BUY:
        cash = preview.cash_needed_cny
        amount = None if cash is None else cash - total
        after = None if cash is None else preview.available_cny - cash
    else:
        cash = preview.proceeds_cny
        amount = None if cash is None else cash + total
        after = None if cash is None else preview.available_cny + cash
    return TicketView(
        amount_cny=amount, commission_cny=fees.commission_cny,
        stamp_duty_cny=fees.stamp_duty_cny, transfer_fee_cny=fees.transfer_fee_cny,
        other_fees_cny=other, fees_cny=total, cash_cny=cash, cash_after_cny=after,
    )


def stepped(
    price_cny: Decimal, ticks: int, tick: Decimal, band: tuple[Decimal | None, Decimal | None]
) -> Decimal:
    """The price some ticks away, kept above zero and inside the day's band where it is known."""
    moved = max(price_cny + ticks * tick, tick)
    down, up = band
    if down is not None:
        moved = max(moved, down)
    return moved if up is None else min(moved, up)


# ---- the day -------------------------------------------------------------------------------


def day_progress(wall: time) -> float:
    """The share of the day's exchange hours that has passed, the lunch break left out."""
    hours = [(row.start, row.end) for row in TRADING_HOURS if row.phase != "LUNCH"]
    whole = sum(_minutes(end) - _minutes(start) for start, end in hours)
    passed = sum(
        min(max(_minutes(wall) - _minutes(start), 0.0), _minutes(end) - _minutes(start))
        for start, end in hours
    )
    return passed / whole


def _minutes(wall: time) -> float:
    return wall.hour * 60 + wall.minute + wall.second / 60
