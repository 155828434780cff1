"""A vnpy gateway written against BaseGateway, and a scripted exchange behind it.

The exchange outlives the gateway, as a broker outlives the program. Pushes go through vnpy's own
event engine. It was never compared with a gateway of a real broker.
"""

import threading
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from vnpy.event import EventEngine
from vnpy.trader.constant import Direction, Exchange, OrderType, Status
from vnpy.trader.gateway import BaseGateway
from vnpy.trader.object import (
    CancelRequest,
    OrderData,
    OrderRequest,
    SubscribeRequest,
    TradeData,
)

from tests.support.broker_rig import Cancelling, Placing

ENDED = frozenset({Status.ALLTRADED, Status.CANCELLED, Status.REJECTED})
Said = OrderData | TradeData


@dataclass
class MarketOrder:
    """One order at the exchange. `reference` is what the caller gave, whatever is shown of it."""

    data: OrderData
    reference: str
    trades: list[TradeData] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.data.status not in ENDED


class FakeExchange:
    """The book, its verbs, and what it shall do wrong next."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self.skew = now, timedelta(0)
        self.lock = threading.RLock()
        self.orders: dict[str, MarketOrder] = {}
        self.placing, self.cancelling = Placing.TAKE, Cancelling.TAKE
        self.log: list[Said] = []
        self.held: list[Said] | None = None
        self.up = True
        self.gateway: FakeGateway | None = None
        self._orders_made = self._trades_made = 0

    def now(self) -> datetime:
        return self._now() + self.skew

    def say(self, value: Said) -> None:
        with self.lock:
            self.log.append(copy(value))
            self.push(copy(value))

    def push(self, value: Said) -> None:
        with self.lock:
            if self.held is not None:
                self.held.append(value)
            elif self.up and self.gateway is not None:
                self.gateway.pass_on(value)

    def by_reference(self, reference: str) -> MarketOrder | None:
        return next((order for order in self.orders.values() if order.reference == reference), None)

    def enter(self, req: OrderRequest, name: str, *, shown: bool = True) -> MarketOrder:
        self._orders_made += 1
        data = req.create_order_data(f"{self._orders_made:06d}", name)
        data.datetime = self.now()
        if not shown:
            data.reference = ""
        order = MarketOrder(data, req.reference)
        self.orders[data.orderid] = order
        return order

    def move(self, order: MarketOrder, status: Status) -> None:
        order.data.status = status
        self.say(order.data)

    def trade(self, order: MarketOrder, shares: int, price: float | None = None, *,
              quiet: bool = False) -> None:
        data = order.data
        self._trades_made += 1
        trade = TradeData(
            symbol=data.symbol, exchange=data.exchange, orderid=data.orderid,
            tradeid=f"T{self._trades_made:06d}", direction=data.direction, volume=shares,
            price=data.price if price is None else price, datetime=self.now(),
            gateway_name=data.gateway_name)
        order.trades.append(trade)
        data.traded += shares
        self.say(trade)
        if data.traded >= data.volume:
            data.status = Status.ALLTRADED
        elif data.status not in ENDED:
            data.status = Status.PARTTRADED
        if not quiet:
            self.say(data)

    def cancelled(self, order: MarketOrder, *, quiet: bool = False) -> None:
        order.data.status = Status.CANCELLED
        if not quiet:
            self.say(order.data)


class FakeGateway(BaseGateway):
    """The seven methods that vnpy's contract asks for."""

    default_name = "FAKE"
    def __init__(self, event_engine: EventEngine, gateway_name: str, market: FakeExchange) -> None:
        super().__init__(event_engine, gateway_name)
        self.market = market

    def pass_on(self, value: Said) -> None:
        if isinstance(value, OrderData):
            self.on_order(value)
        else:
            self.on_trade(value)

    def connect(self, setting: dict[str, Any]) -> None:
        """Log in and push the orders and trades of the day, as the contract asks."""
        with self.market.lock:
            self.market.gateway = self
            for order in self.market.orders.values():
                self.on_order(copy(order.data))
                for trade in order.trades:
                    self.on_trade(copy(trade))

    def close(self) -> None:
        with self.market.lock:
            if self.market.gateway is self:
                self.market.gateway = None

    def subscribe(self, req: SubscribeRequest) -> None:
        """No quotes come from here."""

    def query_account(self) -> None:
        """No account is kept."""

    def query_position(self) -> None:
        """No positions are kept."""

    def send_order(self, req: OrderRequest) -> str:
        market = self.market
        with market.lock:
            becomes, market.placing = market.placing, Placing.TAKE
            if not market.up:
                return self._never_sent(req)
            if becomes is Placing.LOSE_REQUEST:
                raise TimeoutError("no answer")
            order = market.enter(req, self.gateway_name, shown=becomes is not Placing.NO_REMARK)
        return _TAKEN[becomes](market, order)

    def _never_sent(self, req: OrderRequest) -> str:
        """The contract: what could not be sent is REJECTED, and has an id all the same."""
        data = req.create_order_data("LOCAL1", self.gateway_name)
        data.status = Status.REJECTED
        self.on_order(data)
        return str(data.vt_orderid)

    def cancel_order(self, req: CancelRequest) -> None:
        market = self.market
        with market.lock:
            becomes, market.cancelling = market.cancelling, Cancelling.TAKE
            order = market.orders.get(req.orderid)
            if not market.up or order is None or not order.open:
                self.write_log("撤单失败")
                return
            if becomes is Cancelling.TAKE:
                market.cancelled(order)
            elif becomes is Cancelling.LOSE_ANSWER:
                market.cancelled(order, quiet=True)
            elif becomes is Cancelling.REFUSE:
                self.write_log("撤单失败")


def _acked(market: FakeExchange, order: MarketOrder) -> str:
    market.move(order, Status.NOTTRADED)
    return str(order.data.vt_orderid)


def _silent(_market: FakeExchange, order: MarketOrder) -> str:
    return str(order.data.vt_orderid)


def _strange(market: FakeExchange, order: MarketOrder) -> str:
    market.move(order, Status.SUBMITTING)      # what vnpy_xt makes of QMT's 255
    return str(order.data.vt_orderid)


def _rejected(market: FakeExchange, order: MarketOrder) -> str:
    market.move(order, Status.NOTTRADED)
    market.move(order, Status.REJECTED)
    return str(order.data.vt_orderid)


def _no_answer(_market: FakeExchange, order: MarketOrder) -> str:
    order.data.status = Status.NOTTRADED
    raise TimeoutError("no answer")


def _lie(_market: FakeExchange, order: MarketOrder) -> str:
    order.data.status = Status.NOTTRADED
    return ""


def _fill_first(market: FakeExchange, order: MarketOrder) -> str:
    market.trade(order, int(order.data.volume), quiet=True)
    if market.gateway is not None:
        drain(market.gateway.event_engine)
    market.say(order.data)
    return str(order.data.vt_orderid)


_TAKEN: dict[Placing, Callable[[FakeExchange, MarketOrder], str]] = {
    Placing.TAKE: _acked, Placing.REFUSE: _acked, Placing.NO_REMARK: _acked,
    Placing.TAKE_SILENTLY: _silent, Placing.STRANGE: _strange, Placing.REJECT: _rejected,
    Placing.LOSE_ANSWER: _no_answer, Placing.LIE: _lie, Placing.FILL_FIRST: _fill_first,
}


def drain(engine: EventEngine) -> None:
    """Return when every event that was put before has been handled."""
    from vnpy.event import Event

    done = threading.Event()

    def reached(event: Any) -> None:
        if event.data is done:
            done.set()

    engine.register("eDrained", reached)
    engine.put(Event("eDrained", done))
    assert done.wait(20), "vnpy's event engine does not answer"
    engine.unregister("eDrained", reached)


def by_hand(market: FakeExchange, symbol: str, *, buys: bool, shares: int, price: float) -> None:
    """Somebody enters an order at the broker's own terminal."""
    code, suffix = symbol.split(".")
    order = market.enter(OrderRequest(
        symbol=code, exchange={"SH": Exchange.SSE, "SZ": Exchange.SZSE, "BJ": Exchange.BSE}[suffix],
        direction=Direction.LONG if buys else Direction.SHORT, type=OrderType.LIMIT,
        volume=shares, price=price), "FAKE")
    market.move(order, Status.NOTTRADED)
