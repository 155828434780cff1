"""A broker with a book of its own, and a switch for every way in which brokers fail.

It shares no code with the order core: orders, trades, positions and cash are counted here a
second time, so that a test may ask whether the two agree. Faults are attributes; set them at any
time. Pushes are kept back until `deliver`, which may shuffle, repeat or lose them.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from core.exceptions import OrderError
from core.types import (
    Bar,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    Fill,
    Order,
    OrderAtBroker,
    OrderSide,
    OrderType,
    Position,
    PositionAtBroker,
    Quote,
    Report,
)
from tests.support.desk import DAY1, MAIN, at

CNY = Decimal
_LIVE = Report.ACK
_NOTHING, _TEN = CNY(0), CNY("10.00")


@dataclass
class Held:
    """One order in the broker's book. `ours` is the id in the remark; 0: entered elsewhere."""

    broker_id: str
    ours: int
    symbol: str
    side: OrderSide
    shares: int
    limit_cny: Decimal | None
    type: OrderType = OrderType.LIMIT
    remark: str = ""
    entered_utc: datetime | None = None
    status: Report = _LIVE
    trades: list[BrokerReport] = field(default_factory=list)
    amount_cny: Decimal = _NOTHING

    @property
    def filled(self) -> int:
        return sum(trade.shares for trade in self.trades)

    @property
    def left(self) -> int:
        return self.shares - self.filled if self.status is _LIVE else 0


class ListBroker:
    """Fulfils BrokerInterface.

    Faults, all settable later:
        place_error: raised by place. `keeps_on_error`: the order was taken all the same.
        refuses_but_keeps: place says no, and the order lives ("-1 but live").
        returns_id: place answers this id instead of the order's own.
        silent_after_call: place returns, and no acknowledgement is pushed.
        loses_pushes: nothing is pushed any more; the lists go on telling the truth.
        answers: False: every question and call raises.
        empty_remarks: the lists name orders without our id.
        remark_of: our id -> the id its remark names instead (a remark that was used twice).
        cancels_allowed: False: a no-cancel window.
        hides: broker ids that the list of orders leaves out.
        hidden_trades: trade ids that the list of trades leaves out.
        ahead: by how much its clock is ahead.
    """

    name = "LIST"

    def __init__(self, *, cash: str = "1000000.00", holdings: dict[str, int] | None = None,
                 seed: int = 0, **faults: object) -> None:
        self.capabilities = Capabilities(
            complete_list=True, positions=True, cash=True, settle_s=0)
        self.now: Callable[[], datetime] = lambda: at(DAY1)
        self.cash_cny = CNY(cash)
        self.held: dict[str, int] = dict(holdings or {})
        self.book: dict[str, Held] = {}
        self.pushes: list[BrokerReport] = []
        self.calls: list[str] = []
        self.rng = random.Random(seed)
        self.place_error: Exception | None = None
        self.keeps_on_error = True
        self.refuses_but_keeps = False
        self.returns_id: str | None = None
        self.silent_after_call = False
        self.loses_pushes = False
        self.answers = True
        self.empty_remarks = False
        self.remark_of: dict[int, int] = {}
        self.cancels_allowed = True
        self.hides: set[str] = set()
        self.hidden_trades: set[str] = set()
        self.ahead = timedelta()
        self._handler: Callable[[BrokerReport], None] = lambda _report: None
        self._numbers = 0
        for name, value in faults.items():
            if not hasattr(self, name):
                raise AttributeError(f"{name} is no fault of this broker")
            setattr(self, name, value)

    # ---- the port ------------------------------------------------------------------------------

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None:
        self._handler = handler

    def place(self, order: Order) -> str:
        self.calls.append(f"place {order.order_id}")
        self._answer()
        request = order.request
        if self.place_error is not None and not self.keeps_on_error:
            raise self.place_error
        held = self.enter(
            request.symbol, request.side, request.shares, request.limit_cny,
            ours=order.order_id, type=request.type)
        if not self.silent_after_call:
            self.say(held, Report.ACK)
        if self.refuses_but_keeps:
            raise OrderError("not taken", why="-1", remedy="None")
        if self.place_error is not None:
            raise self.place_error
        return self.returns_id or held.broker_id

    def cancel(self, order: Order) -> None:
        self.calls.append(f"cancel {order.order_id}")
        self._answer()
        held = self.find(order)
        if held is None:
            raise OrderError("not cancelled", why="no such order", remedy="None")
        if not self.cancels_allowed or not held.left:
            self.say(held, Report.CANCEL_REFUSED)
            return
        self.end(held, Report.CANCELLED)

    def query_orders(self) -> Sequence[BrokerReport]:
        self._answer()
        return [self._row(held) for held in self.book.values()
                if held.broker_id not in self.hides]

    def query_trades(self) -> Sequence[BrokerReport]:
        self._answer()
        return [self._named(held, trade) for held in self.book.values() for trade in held.trades
                if trade.trade_id not in self.hidden_trades]

    def query_positions(self) -> Sequence[PositionAtBroker]:
        self._answer()
        return [PositionAtBroker(symbol=symbol, held_shares=shares, sellable_shares=None)
                for symbol, shares in self.held.items() if shares]

    def query_cash(self) -> CashAtBroker:
        self._answer()
        return CashAtBroker(cash_cny=self.cash_cny, available_cny=None)

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """It has a memory of its own."""

    def end_day(self) -> None:
        """The market's own affair; see `close`."""

    def day_started(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        """It counts for itself."""

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """It has a market of its own."""

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        """It has a market of its own."""

    def opening_price(self, symbol: str) -> Decimal | None:
        return None

    # ---- its market ----------------------------------------------------------------------------

    def enter(
        self, symbol: str = MAIN, side: OrderSide = OrderSide.BUY, shares: int = 100,
        limit_cny: Decimal | None = _TEN, *, ours: int = 0, remark: str = "",
        type: OrderType = OrderType.LIMIT,
    ) -> Held:
        """An order arrives: through us, or (`ours` 0) from the broker's own window."""
        self._numbers += 1
        held = Held(f"B{self._numbers}", ours, symbol, side, shares, limit_cny, type, remark,
                    self.now())
        self.book[held.broker_id] = held
        return held

    def find(self, order: Order) -> Held | None:
        found = self.book.get(order.broker_id)
        return found if found is not None else next(
            (held for held in self.book.values() if held.ours == order.order_id), None)

    def of(self, order_id: int) -> Held:
        return next(held for held in self.book.values() if held.ours == order_id)

    def trade(self, held: Held, shares: int, price: str | None = None) -> BrokerReport:
        """Some shares of an order trade; counted here and pushed."""
        price_cny = held.limit_cny if price is None else CNY(price)
        assert price_cny is not None
        self._numbers += 1
        report = replace(self._said(held, Report.FILL), trade_id=f"T{self._numbers}",
                         shares=shares, price_cny=price_cny)
        fees = fees_cny(held)
        held.trades.append(report)
        held.amount_cny += price_cny * shares
        sign = 1 if held.side is OrderSide.BUY else -1
        self.cash_cny -= sign * price_cny * shares + fees_cny(held) - fees
        self.held[held.symbol] = self.held.get(held.symbol, 0) + sign * shares
        self._push(self._named(held, report))
        return report

    def end(self, held: Held, how: Report) -> None:
        held.status = how
        self.say(held, how)

    def close(self) -> None:
        """The session is over: what is open expires."""
        for held in self.book.values():
            if held.left:
                self.end(held, Report.EXPIRED)

    def next_day(self) -> None:
        """The lists are of one day only."""
        self.book.clear()
        self.pushes.clear()

    # ---- what it pushes ------------------------------------------------------------------------

    def say(self, held: Held, kind: Report) -> None:
        self._push(self._named(held, self._said(held, kind)))

    def deliver(self, *, shuffle: bool = False, twice: bool = False, lose: float = 0) -> None:
        """Hand the kept pushes over, as they come or as a bad line would."""
        pushes, self.pushes = self.pushes * (2 if twice else 1), []
        if shuffle:
            self.rng.shuffle(pushes)
        for report in pushes:
            if self.rng.random() >= lose:
                self._handler(report)

    def replay_day(self) -> None:
        """What some gateways push on every reconnect: everything of today, from the start."""
        for held in list(self.book.values()):
            self._handler(self._named(held, self._said(held, Report.ACK)))
            for trade in held.trades:
                self._handler(self._named(held, trade))
            if held.status is not _LIVE:
                self._handler(self._named(held, self._said(held, held.status)))

    def _push(self, report: BrokerReport) -> None:
        if not self.loses_pushes:
            self.pushes.append(report)

    # ---- the pieces ----------------------------------------------------------------------------

    def _answer(self) -> None:
        if not self.answers:
            raise TimeoutError("the line is down")

    def _row(self, held: Held) -> BrokerReport:
        done = held.status is _LIVE and not held.left
        row = self._named(held, self._said(held, Report.FILL if done else held.status))
        remark = "" if self.empty_remarks else held.remark or (str(held.ours) if held.ours else "")
        return replace(row, about=OrderAtBroker(
            symbol=held.symbol, side=held.side, shares=held.shares, limit_cny=held.limit_cny,
            filled_shares=held.filled, type=held.type, remark=remark,
            entered_utc=held.entered_utc))

    def _named(self, held: Held, report: BrokerReport) -> BrokerReport:
        ours = 0 if self.empty_remarks else self.remark_of.get(held.ours, held.ours)
        return replace(report, order_id=ours)

    def _said(self, held: Held, kind: Report) -> BrokerReport:
        return BrokerReport(kind=kind, order_id=held.ours, broker_id=held.broker_id,
                            ts_utc=self.now() + self.ahead)


def fees_cny(held: Held) -> Decimal:
    """Of the whole order so far: commission, stamp duty and transfer fee of 2024, to the fen."""
    if not held.amount_cny:
        return CNY(0)
    fees = max(CNY("5.00"), _fen(held.amount_cny * CNY("0.0003")))
    fees += _fen(held.amount_cny * CNY("0.00001"))
    if held.side is OrderSide.SELL:
        fees += _fen(held.amount_cny * CNY("0.0005"))
    return fees


def _fen(amount: Decimal) -> Decimal:
    return (amount * 100 + CNY("0.5")).to_integral_value("ROUND_FLOOR") / 100
