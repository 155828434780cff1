"""The broker port of the order core, and the simulated broker behind it."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from core.calendar import TradingCalendar
from core.exceptions import OrderError
from core.ports import Broker, Clock
from core.rules import Band, may_cancel, phase
from core.types import (
    Bar,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    Fill,
    Level,
    Order,
    OrderSide,
    OrderType,
    Period,
    Phase,
    PositionAtBroker,
    Quote,
    Report,
)
from trading.day_rules import DayRules, SymbolDay
from trading.matching import (
    FillPolicy,
    bar_cap_shares,
    binding_limit,
    cut_to_volume,
    fills_at_open,
    take_levels,
    trades_through,
)

# What is left of these after their first meeting with the market is cancelled.
_CANCEL_REST = frozenset({
    OrderType.BEST5_CANCEL, OrderType.IMMEDIATE_CANCEL, OrderType.FILL_OR_KILL})
# These turn into a limit order at a price that the market decides when they arrive.
_PRICED_BY_MARKET = frozenset({
    OrderType.BEST5_LIMIT, OrderType.OWN_BEST, OrderType.COUNTER_BEST})

# From a bar's first moment to its end; a day's lunch is within.
_LENGTHS = {
    Period.DAY: timedelta(hours=5, minutes=30), Period.MIN60: timedelta(hours=1),
    Period.MIN30: timedelta(minutes=30), Period.MIN15: timedelta(minutes=15),
    Period.MIN5: timedelta(minutes=5), Period.MIN1: timedelta(minutes=1),
}


class BrokerInterface(Broker, Protocol):
    """What the order core needs of a broker beyond core.ports.Broker."""

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """Our open orders of today with their fills, after a restart or a reset."""
        ...

    def end_day(self) -> None:
        """The session is over: report the end of every order that is still open."""
        ...

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """Bars that just ended. A broker with a market of its own ignores them."""
        ...

    def on_quotes(self, quotes: Sequence[Quote]) -> None: ...

    def opening_price(self, symbol: str) -> Decimal | None:
        """The opening print that an order placed now would meet; None: not known."""
        ...


@dataclass(slots=True)
class _Resting:
    """One order in the simulated market. `limit_cny` None: any price, on a limit-free day."""

    order_id: int
    broker_id: str
    symbol: str
    side: OrderSide
    type: OrderType
    limit_cny: Decimal | None
    left_shares: int
    entered_utc: datetime
    fills: int = 0
    fresh: bool = True          # has not met the market yet
    ended: Report | None = None


@dataclass(slots=True)
class _OpenBar:
    bar: Bar
    left_shares: int


class _Displayed:
    """What our fills took of one symbol's displayed shares, while those stay on display.

    The recorded market knows nothing of us and shows them again in its next quote; they are
    gone all the same, until the level is shown smaller or not at all.
    """

    def __init__(self) -> None:
        self._taken: dict[tuple[OrderSide, Decimal], int] = {}      # by the side that takes

    def show(self, quote: Quote) -> None:
        shown = {(side, level.price_cny): level.shares for side in OrderSide
                 for level in _other_side(side, quote)}
        self._taken = {at: min(shares, shown[at])
                       for at, shares in self._taken.items() if at in shown}

    def left(self, side: OrderSide, quote: Quote) -> list[Level]:
        return [Level(level.price_cny, level.shares - self._taken.get((side, level.price_cny), 0))
                for level in _other_side(side, quote)]

    def take(self, side: OrderSide, level: Level) -> None:
        at = side, level.price_cny
        self._taken[at] = self._taken.get(at, 0) + level.shares


class SimulatorBroker:
    """A market that fills our orders from recorded or live bars and quotes, and nothing else.

    Its order list lives in this process, so it is complete by construction: after a restart the
    ledger gives the open orders back (`restore`), and what is not among them was never taken.
    Reports reach the handler in the order of events; trade ids follow from day, order and count.
    """

    def __init__(
        self, *, clock: Clock, calendar: TradingCalendar, rules: DayRules, policy: FillPolicy,
    ) -> None:
        self._clock, self._calendar, self._rules, self._policy = clock, calendar, rules, policy
        self._handler: Callable[[BrokerReport], None] | None = None
        self._orders: dict[int, _Resting] = {}          # in the order they came
        self._live: dict[int, _Resting] = {}            # those that have not ended
        self._displayed: dict[str, _Displayed] = {}
        self._trades: list[BrokerReport] = []
        self._open_bars: dict[str, _OpenBar] = {}       # bars whose opening print is known
        self._with_levels: set[str] = set()             # their quotes decide, not their bars
        self._day: date | None = None

    @property
    def name(self) -> str:
        return "SIM"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(complete_list=True)

    def query_positions(self) -> Sequence[PositionAtBroker]:
        raise _not_asked("positions")

    def query_cash(self) -> CashAtBroker:
        raise _not_asked("cash")

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None:
        self._handler = handler

    def place(self, order: Order) -> str:
        if order.request.type is OrderType.FIXED_PRICE:
            raise OrderError("the simulator took no fixed-price order",
                             why="it does not play the after-hours session",
                             remedy="Enter a limit order during the continuous session")
        resting = self._rest(order, self._clock.now_utc())      # whatever its author says
        self._report(resting, Report.ACK)
        open_bar = self._open_bars.get(resting.symbol)
        if open_bar is not None:
            self._meet_open(resting, open_bar)
        return resting.broker_id

    def cancel(self, order: Order) -> None:
        resting = self._orders.get(order.order_id)
        if resting is None or resting.ended is not None:
            if resting is not None:
                self._report(resting, Report.CANCEL_REFUSED, "the order has ended")
            return
        day = self._symbol_day(resting)
        if not may_cancel(day.instrument, self._phase(day, self._clock.now_utc())):
            self._report(resting, Report.CANCEL_REFUSED,
                         "the exchange takes no cancels in this phase")
            return
        self._end(resting, Report.CANCELLED)

    def query_orders(self) -> Sequence[BrokerReport]:
        return [self._said(order, order.ended or Report.ACK) for order in self._orders.values()]

    def query_trades(self) -> Sequence[BrokerReport]:
        return list(self._trades)

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        self._forget()
        counts: dict[int, int] = {}
        for fill in fills:
            counts[fill.order_id] = counts.get(fill.order_id, 0) + 1
        for order in orders:
            resting = self._rest(order, order.updated_utc or order.request.created_utc)
            resting.fills = counts.get(order.order_id, 0)
            resting.fresh = False
            resting.left_shares = order.open_shares

    def opening_price(self, symbol: str) -> Decimal | None:
        open_bar = self._open_bars.get(symbol)
        return None if open_bar is None else open_bar.bar.open_cny

    # ---- the market moves ------------------------------------------------------------------

    def start_bar(self, bar: Bar) -> None:
        """The opening print of a bar is known: orders placed from now on meet it at once."""
        self._open_bars[bar.symbol] = self._opened(bar)

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """Play bars to their end: new orders meet the open, then all rest through the range.

        An order that was entered inside a bar waits for the next one: nobody can tell which
        part of the range came after it.
        """
        now = {bar.symbol: self._open_bars.get(bar.symbol) or self._opened(bar)
               for bar in bars if bar.symbol not in self._with_levels}
        for bar in bars:
            self._open_bars.pop(bar.symbol, None)
        live = [resting for resting in self._in(now)
                if resting.entered_utc <= _begins(now[resting.symbol].bar)]
        for resting in live:
            if resting.fresh or resting.limit_cny is None:
                self._meet_open(resting, now[resting.symbol])
        for resting in live:
            if resting.ended is not None:
                continue
            limit_cny = resting.limit_cny
            if limit_cny is not None and trades_through(
                    resting.side, limit_cny, now[resting.symbol].bar):
                self._fill_from_bar(resting, limit_cny, now[resting.symbol])

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        now = {quote.symbol: quote for quote in quotes if quote.bids or quote.asks}
        self._with_levels.update(now)
        for symbol in now.keys() & self._displayed.keys():
            self._displayed[symbol].show(now[symbol])
        for resting in self._in(now):
            day = self._symbol_day(resting)
            quote = now[resting.symbol]
            if not quote.suspended and self._phase(day, quote.ts_utc) is Phase.CONTINUOUS:
                self._meet_levels(resting, day, quote)

    def end_day(self) -> None:
        for resting in list(self._live.values()):
            self._end(resting, Report.EXPIRED)
        self._forget()

    def _forget(self) -> None:
        self._orders, self._live, self._trades = {}, {}, []
        self._open_bars, self._displayed, self._with_levels = {}, {}, set()

    # ---- one order -------------------------------------------------------------------------

    def _rest(self, order: Order, entered_utc: datetime) -> _Resting:
        request = order.request
        day = self._rules.of(request.symbol, order.trading_day)
        self._day = order.trading_day
        resting = _Resting(
            order_id=order.order_id, broker_id=f"{self.name}-{order.order_id}",
            symbol=request.symbol, side=request.side, type=request.type,
            limit_cny=binding_limit(request.side, request.type, request.limit_cny,
                                    None if day is None else day.band),
            left_shares=request.shares, entered_utc=entered_utc)
        self._orders[order.order_id] = self._live[order.order_id] = resting
        return resting

    def _in(self, symbols: Container[str]) -> list[_Resting]:
        return [order for order in self._live.values() if order.symbol in symbols]

    def _opened(self, bar: Bar) -> _OpenBar:
        return _OpenBar(bar, bar_cap_shares(bar.volume_shares, self._policy.volume_share))

    def _meet_open(self, resting: _Resting, open_bar: _OpenBar) -> None:
        resting.fresh = False
        open_cny = open_bar.bar.open_cny
        if resting.type in _PRICED_BY_MARKET:
            resting.limit_cny = _within(resting, open_cny)
        if fills_at_open(resting.side, resting.limit_cny, open_cny, self._band(resting)):
            self._fill_from_bar(resting, open_cny, open_bar)
        if resting.ended is None and resting.type in _CANCEL_REST:
            self._end(resting, Report.CANCELLED)

    def _fill_from_bar(self, resting: _Resting, price_cny: Decimal, open_bar: _OpenBar) -> None:
        step = self._symbol_day(resting).step_shares
        shares = cut_to_volume(resting.left_shares, open_bar.left_shares, step)
        if resting.type is OrderType.FILL_OR_KILL and shares < resting.left_shares:
            return
        open_bar.left_shares -= shares
        if shares:
            self._fill(resting, price_cny, shares)
        if resting.left_shares and self._policy.rest_ends:
            self._end(resting, Report.EXPIRED)

    def _meet_levels(self, resting: _Resting, day: SymbolDay, quote: Quote) -> None:
        """A new order takes the displayed prices; one that rested trades at its own price."""
        fresh, resting.fresh = resting.fresh, False
        if fresh and resting.type in _PRICED_BY_MARKET - {OrderType.BEST5_LIMIT}:
            self._price_from(resting, quote)
        displayed = self._displayed.setdefault(resting.symbol, _Displayed())
        taken = [] if resting.ended else take_levels(
            resting.side, resting.limit_cny, resting.left_shares,
            displayed.left(resting.side, quote), day.band)
        if resting.type is OrderType.FILL_OR_KILL and (
                sum(level.shares for level in taken) < resting.left_shares):
            taken = []
        for level in taken:
            own = resting.limit_cny
            self._fill(resting, level.price_cny if fresh or own is None else own, level.shares)
            displayed.take(resting.side, level)
        if fresh and resting.type is OrderType.BEST5_LIMIT:
            resting.limit_cny = taken[-1].price_cny if taken else None
        gone = resting.type in _CANCEL_REST or (
            resting.type is OrderType.BEST5_LIMIT and resting.limit_cny is None)
        if resting.ended is None and gone:
            self._end(resting, Report.CANCELLED)

    def _price_from(self, resting: _Resting, quote: Quote) -> None:
        """Own-best and counterparty-best become limit orders; an empty side cancels them."""
        buy = resting.side is OrderSide.BUY
        own = resting.type is OrderType.OWN_BEST
        side = quote.bids if buy is own else quote.asks
        if side:
            resting.limit_cny = _within(resting, side[0].price_cny)
        else:
            self._end(resting, Report.CANCELLED)

    def _fill(self, resting: _Resting, price_cny: Decimal, shares: int) -> None:
        resting.fills += 1
        resting.left_shares -= shares
        trade_id = f"{self._day:%Y%m%d}-{resting.order_id}-{resting.fills}"
        report = self._said(resting, Report.FILL, trade_id=trade_id, shares=shares,
                            price_cny=price_cny)
        if not resting.left_shares:
            self._leave(resting, Report.FILL)
        self._trades.append(report)
        self._send(report)

    def _leave(self, resting: _Resting, how: Report) -> None:
        resting.ended = how
        self._live.pop(resting.order_id, None)

    def _end(self, resting: _Resting, how: Report) -> None:
        self._leave(resting, how)
        self._report(resting, how)

    def _report(self, resting: _Resting, kind: Report, text: str = "") -> None:
        self._send(self._said(resting, kind, text=text))

    def _said(
        self, resting: _Resting, kind: Report, *, text: str = "", trade_id: str = "",
        shares: int = 0, price_cny: Decimal | None = None,
    ) -> BrokerReport:
        return BrokerReport(
            kind=kind, order_id=resting.order_id, broker_id=resting.broker_id, text=text,
            ts_utc=self._clock.now_utc(), trade_id=trade_id, shares=shares, price_cny=price_cny)

    def _send(self, report: BrokerReport) -> None:
        if self._handler is not None:
            self._handler(report)

    def _symbol_day(self, resting: _Resting) -> SymbolDay:
        day = None if self._day is None else self._rules.of(resting.symbol, self._day)
        if day is None:
            raise OrderError(f"the simulator does not know {resting.symbol}",
                             why="it left the reference data while an order was open",
                             remedy="Reset the simulated account")
        return day

    def _band(self, resting: _Resting) -> Band | None:
        return self._symbol_day(resting).band

    def _phase(self, day: SymbolDay, at_utc: datetime) -> Phase:
        return phase(day.instrument, at_utc, self._calendar)


def _not_asked(what: str) -> OrderError:
    return OrderError(f"the simulator has no {what} of its own",
                      why="it fills orders; the account is kept in the ledger",
                      remedy="Ask only for what its capabilities offer")


def _begins(bar: Bar) -> datetime:
    return bar.ts_utc - _LENGTHS[bar.period]


def _other_side(side: OrderSide, quote: Quote) -> tuple[Level, ...]:
    return quote.asks if side is OrderSide.BUY else quote.bids


def _within(resting: _Resting, price_cny: Decimal) -> Decimal:
    """The market's price, but never worse than a protective limit that the order carries."""
    if resting.limit_cny is None:
        return price_cny
    buy = resting.side is OrderSide.BUY
    return min(price_cny, resting.limit_cny) if buy else max(price_cny, resting.limit_cny)


