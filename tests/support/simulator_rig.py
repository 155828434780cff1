"""The simulated broker as a rig: quotes make it trade, and a bad line stands before it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.exceptions import OrderError
from core.settings_types import TradingSettings
from core.types import (
    Bar,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    Fill,
    Order,
    OrderSide,
    Position,
    PositionAtBroker,
    Quote,
    Report,
)
from tests.support.broker_rig import Cancelling, Placing, Truth, rig_reference
from tests.support.desk import CNY, DAY1, a_quote, at
from trading.broker import SimulatorBroker
from trading.matching import FillPolicy
from trading.session import simulator


class SimulatorRig:
    """Fulfils BrokerRig."""

    name = "simulator"
    lacks = frozenset({"external", "restart_keeps_book"})

    def __init__(self) -> None:
        self.clock = SimClock(at(DAY1))
        self.reference = rig_reference()
        self._shown: dict[str, tuple[tuple[str, str], int]] = {}     # the newest display
        self.line = self._new_line()

    def _new_line(self) -> "BadLine":
        _, inner = simulator(
            clock=self.clock, calendar=exchange_calendar(), reference=self.reference,
            policy=FillPolicy(volume_share=CNY(1)), costs=TradingSettings())
        return BadLine(inner, self._fill_whole)

    @property
    def broker(self) -> "BadLine":
        return self.line

    def next_place(self, becomes: Placing) -> None:
        self.line.placing = becomes

    def next_cancel(self, becomes: Cancelling) -> None:
        self.line.cancelling = becomes

    # ---- the exchange ------------------------------------------------------------------------

    def acknowledge(self, order_id: int) -> None:
        self.line.say(order_id, Report.ACK)

    def fill(self, order_id: int, shares: int, price_cny: Decimal | None = None) -> None:
        request = self.line.orders[order_id].request
        price_cny = price_cny or request.limit_cny
        buys = request.side is OrderSide.BUY
        # what we took stays taken while it is on display, so more is shown than before
        shown = "asks" if buys else "bids", f"{price_cny}"
        before, taken = self._shown.get(request.symbol, (("", ""), 0))
        taken = shares + (taken if shown == before else 0)
        self._shown[request.symbol] = shown, taken
        side, at_price = shown
        self.line.inner.on_quotes([a_quote(
            symbol=request.symbol, last=at_price, ts_utc=self.clock.now_utc(),
            **{side: {at_price: taken}})])

    def _fill_whole(self, order: Order) -> None:
        self.fill(order.order_id, order.request.shares)

    def cancelled(self, order_id: int) -> None:
        self.line.inner.cancel(self.line.orders[order_id])

    def refuse_cancel(self, order_id: int) -> None:
        self.line.say(order_id, Report.CANCEL_REFUSED)

    def reject(self, order_id: int) -> None:
        self._end(order_id, Report.REJECTED)

    def expire(self, order_id: int) -> None:
        self._end(order_id, Report.EXPIRED)

    def _end(self, order_id: int, how: Report) -> None:
        with self.line.deaf():
            self.line.inner.cancel(self.line.orders[order_id])
        self.line.ended_as[order_id] = how
        self.line.say(order_id, how)

    def enter_by_hand(self, symbol: str, side: OrderSide, shares: int, limit: str) -> None:
        raise NotImplementedError("the simulator has no other entrance")

    def truth(self, order_id: int) -> Truth | None:
        return self.line.truth(order_id)

    # ---- the line ----------------------------------------------------------------------------

    def hold(self) -> None:
        self.line.held = []

    def release(self, *, backwards: bool = False, copies: int = 1) -> None:
        held, self.line.held = self.line.held or [], None
        for report in (held[::-1] if backwards else held):
            for _ in range(copies):
                self.line.push(report)

    def drop(self) -> None:
        self.line.held = None

    def disconnect(self) -> None:
        self.line.connected = False

    def reconnect(self) -> None:
        self.line.connected = True

    def replay_day(self) -> None:
        for report in list(self.line.log):
            self.line.push(report)

    def skew_clock(self, seconds: int) -> None:
        self.line.skew = timedelta(seconds=seconds)

    def restart(self) -> None:
        self._shown = {}
        self.line = self._new_line()

    def settle(self) -> None:
        """Everything is said on the caller's thread."""

    def close(self) -> None:
        """Nothing is open."""


class BadLine:
    """A SimulatorBroker behind a line that loses, repeats and lies. Fulfils BrokerInterface."""

    def __init__(self, inner: SimulatorBroker, fill_whole: Callable[[Order], None]) -> None:
        self.inner, self._fill_whole = inner, fill_whole
        self.placing, self.cancelling = Placing.TAKE, Cancelling.TAKE
        self.orders: dict[int, Order] = {}
        self.ended_as: dict[int, Report] = {}
        self.log: list[BrokerReport] = []
        self.held: list[BrokerReport] | None = None
        self.connected, self.skew, self._deaf = True, timedelta(0), False
        self._handler: Callable[[BrokerReport], None] = lambda _report: None
        inner.on_report(self._said)

    # ---- what comes back ---------------------------------------------------------------------

    def _said(self, report: BrokerReport) -> None:
        if not self._deaf:
            report = replace(report, ts_utc=report.ts_utc + self.skew)
            self.log.append(report)
            self.push(report)

    def push(self, report: BrokerReport) -> None:
        if not self.connected:
            return
        if self.held is not None:
            self.held.append(report)
        else:
            self._handler(report)

    def say(self, order_id: int, kind: Report) -> None:
        self._said(BrokerReport(
            kind=kind, order_id=order_id, broker_id=f"SIM-{order_id}", ts_utc=at(DAY1)))

    def deaf(self) -> "_Deaf":
        return _Deaf(self)

    def hear(self, on: bool) -> None:
        self._deaf = not on

    def truth(self, order_id: int) -> Truth | None:
        trades = [(t.shares, t.price_cny or CNY(0)) for t in self.inner.query_trades()
                  if t.order_id == order_id]
        alive = {report.order_id for report in self.inner.query_orders()
                 if report.kind is Report.ACK and report.about is not None
                 and report.about.filled_shares < report.about.shares}
        if order_id not in self.orders and not trades:
            return None
        return Truth(filled_shares=sum(shares for shares, _ in trades),
                     amount_cny=sum((shares * price for shares, price in trades), CNY(0)),
                     open=order_id in alive)

    # ---- BrokerInterface ---------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None:
        self._handler = handler

    def place(self, order: Order) -> str:
        becomes, self.placing = self.placing, Placing.TAKE
        if not self.connected or becomes is Placing.REFUSE:
            raise OrderError("the order was not taken", why="the line said no", remedy="Wait")
        if becomes is Placing.LOSE_REQUEST:
            raise TimeoutError("no answer")
        silent = becomes in (Placing.TAKE_SILENTLY, Placing.LOSE_ANSWER, Placing.LIE,
                             Placing.STRANGE)
        self.orders[order.order_id] = order
        if silent:
            with self.deaf():
                broker_id = self.inner.place(order)
        else:
            broker_id = self.inner.place(order)
        if becomes in (Placing.LOSE_ANSWER, Placing.LIE):
            raise TimeoutError("no answer that can be believed")
        if becomes is Placing.FILL_FIRST:
            self._fill_whole(order)
        if becomes is Placing.REJECT:
            with self.deaf():
                self.inner.cancel(order)
            self.ended_as[order.order_id] = Report.REJECTED
            self.say(order.order_id, Report.REJECTED)
        return broker_id

    def cancel(self, order: Order) -> None:
        becomes, self.cancelling = self.cancelling, Cancelling.TAKE
        if not self.connected:
            raise OrderError("the cancel was not taken", why="the line is down", remedy="Wait")
        if becomes is Cancelling.TAKE:
            self.inner.cancel(order)
        elif becomes is Cancelling.REFUSE:
            self.say(order.order_id, Report.CANCEL_REFUSED)
        elif becomes is Cancelling.LOSE_ANSWER:
            with self.deaf():
                self.inner.cancel(order)

    def query_orders(self) -> Sequence[BrokerReport]:
        self._must_be_connected()
        return [replace(report, kind=self.ended_as.get(report.order_id, report.kind))
                for report in self.inner.query_orders()]

    def query_trades(self) -> Sequence[BrokerReport]:
        self._must_be_connected()
        return self.inner.query_trades()

    def query_positions(self) -> Sequence[PositionAtBroker]:
        self._must_be_connected()
        return self.inner.query_positions()

    def query_cash(self) -> CashAtBroker:
        self._must_be_connected()
        return self.inner.query_cash()

    def _must_be_connected(self) -> None:
        if not self.connected:
            raise OrderError("the broker was not asked", why="the line is down", remedy="Wait")

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        kept = list(orders)
        self.orders = {order.order_id: order for order in kept}
        self.inner.restore(kept, fills)

    def day_started(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        self.inner.day_started(positions, cash_cny)

    def end_day(self) -> None:
        self.inner.end_day()

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """The rig plays the market."""

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        """The rig plays the market."""

    def opening_price(self, symbol: str) -> Decimal | None:
        return self.inner.opening_price(symbol)


class _Deaf:
    """Nothing that the exchange says inside this block is pushed."""

    def __init__(self, line: BadLine) -> None:
        self._line = line

    def __enter__(self) -> None:
        self._line.hear(False)

    def __exit__(self, *_exc: object) -> None:
        self._line.hear(True)
