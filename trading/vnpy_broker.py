"""Any gateway of vnpy as a broker of the order core, with fewer guarantees.

The contract of a vnpy gateway has no way to ask for orders or trades: what it pushed is all there
is. So its lists prove nothing, an order without an answer stays UNKNOWN until a push or the end
of the day tells, and a refused cancel is never heard of. A gateway may call an order cancelled
that only waits for its cancel; the ledger books what still trades.

vnpy itself is imported late and only in part: `vnpy.event` and the plain values of
`vnpy.trader`, which need nothing else. Not its window, database or strategies.
"""

import importlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from core.exceptions import ConfigError, OrderError, TradingError
from core.money import to_float
from core.ports import Clock
from core.rules import shanghai
from core.symbols import parse_instrument
from core.types import (
    Bar,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    Exchange,
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
from trading.float_prices import price_in
from trading.last_look import stopped_by

log = logging.getLogger(__name__)

LABEL_EN = ("vnpy gateway: reduced guarantees; tested against a gateway written for the tests, "
            "never against a real broker")
LABEL_ZH = "vnpy 接口：保障较弱；只用为测试编写的网关测试过，从未连接真实券商测试"

# What each status of vnpy says. Trades are booked from trades, never from a status.
STATUSES: dict[str, Report | None] = {
    "SUBMITTING": None, "NOTTRADED": Report.ACK, "PARTTRADED": Report.ACK,
    "ALLTRADED": Report.ACK, "CANCELLED": Report.CANCELLED, "REJECTED": Report.REJECTED,
}
_EXCHANGES = {Exchange.SSE: "SSE", Exchange.SZSE: "SZSE", Exchange.BSE: "BSE"}
_SUFFIXES = {name: exchange.value for exchange, name in _EXCHANGES.items()}
EVENT_ORDER, EVENT_TRADE = "eOrder.", "eTrade."


class Gateway(Protocol):
    """What is used of vnpy's BaseGateway."""

    gateway_name: str

    def connect(self, setting: Any) -> None: ...
    def close(self) -> None: ...
    def send_order(self, req: Any) -> str: ...
    def cancel_order(self, req: Any) -> None: ...


class Engine(Protocol):
    """What is used of vnpy's EventEngine."""

    def register(self, type: str, handler: Callable[[Any], None]) -> None: ...
    def unregister(self, type: str, handler: Callable[[Any], None]) -> None: ...


class VnpyBroker:
    """Fulfils BrokerInterface over one gateway."""

    def __init__(self, *, gateway: Gateway, engine: Engine, clock: Clock, tag: str,
                 kill_request: Path | None = None) -> None:
        """`tag` names the ledger in each order's reference. `engine` is running."""
        self._gateway, self._engine, self._clock, self._tag = gateway, engine, clock, tag
        self._kill_request = kill_request
        self._handler: Callable[[BrokerReport], None] = _nobody
        self._lock = threading.RLock()
        self._orders: dict[int, Order] = {}
        self._ids: dict[str, int] = {}             # the gateway's order id: ours, 0 for others
        self._in_flight = 0
        self._waiting: list[tuple[str, Any]] = []
        self._newest: dict[str, BrokerReport] = {}
        self._trades: dict[tuple[str, str], BrokerReport] = {}
        self.garbled = 0
        engine.register(EVENT_ORDER, self._order_came)
        engine.register(EVENT_TRADE, self._trade_came)

    def open(self, setting: Mapping[str, Any]) -> None:
        """Log in; the gateway then pushes what it has of the day."""
        self._gateway.connect(dict(setting))

    def close(self) -> None:
        self._engine.unregister(EVENT_ORDER, self._order_came)
        self._engine.unregister(EVENT_TRADE, self._trade_came)
        self._gateway.close()

    # ---- BrokerInterface -------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return f"VNPY-{self._gateway.gateway_name}"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            complete_list=False, trades=False, positions=False, cash=False, remarks=False,
            refusals_are_proof=True, day_end_list=False,    # only our own refusals are raised so
            types=frozenset({OrderType.LIMIT}), label_en=LABEL_EN, label_zh=LABEL_ZH)

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None:
        self._handler = handler

    def place(self, order: Order) -> str:
        """The gateway's order id. OrderError: surely not sent; anything else: nobody knows."""
        asked = self._request(order)
        self._look(order)
        with self._lock:
            self._orders[order.order_id] = order
            self._in_flight += 1
        answered = ""
        try:
            answered = self._gateway.send_order(asked) or ""
        except Exception as error:  # a gateway may raise anything, after anything
            raise TradingError("the gateway gave no answer", why=f"{error!r}",
                               remedy="Its pushes and the end of the day tell") from error
        finally:
            self._returned(order.order_id, answered)
        if not answered:
            raise TradingError("the gateway answered without an order id",
                               why="that is no proof that nothing was sent",
                               remedy="Its pushes and the end of the day tell")
        return answered

    def _request(self, order: Order) -> Any:
        from vnpy.trader.constant import Direction
        from vnpy.trader.constant import Exchange as VnpyExchange
        from vnpy.trader.constant import OrderType as VnpyType
        from vnpy.trader.object import OrderRequest

        request = order.request
        instrument = parse_instrument(request.symbol)
        market = _EXCHANGES.get(instrument.exchange)
        if request.type is not OrderType.LIMIT or request.limit_cny is None or market is None:
            raise OrderError(
                f"order {order.order_id} was not sent",
                why=f"gateways take limit orders only, this is {request.type.value}",
                remedy="Enter a limit order")
        buys = request.side is OrderSide.BUY
        return OrderRequest(
            symbol=request.symbol.split(".")[0], exchange=VnpyExchange[market],
            direction=Direction.LONG if buys else Direction.SHORT, type=VnpyType.LIMIT,
            volume=request.shares, price=to_float(request.limit_cny),
            reference=self._reference(order.order_id))

    def _reference(self, order_id: int) -> str:
        return f"TG{self._tag}-{order_id}"

    def _look(self, order: Order) -> None:
        stop = stopped_by(self._kill_request, manual=order.request.source == "manual",
                          sells=order.request.side is OrderSide.SELL)
        if stop is not None:
            raise OrderError(f"order {order.order_id} was not sent", why=stop.reason,
                             remedy="It stays so until a person lowers the kill level")

    def cancel(self, order: Order) -> None:
        """Nothing is heard of a refused cancel: the order stays as it is."""
        from vnpy.trader.constant import Exchange as VnpyExchange
        from vnpy.trader.object import CancelRequest

        found = order.broker_id or self._gateway_id(order.order_id)
        if not found:
            raise OrderError(f"order {order.order_id} cannot be cancelled yet",
                             why="the gateway's id of it is not known",
                             remedy="Cancel it at the broker, or wait for its report")
        code, suffix = order.request.symbol.split(".")
        market = next(name for name, value in _SUFFIXES.items() if value == suffix)
        try:
            self._gateway.cancel_order(CancelRequest(
                orderid=found.removeprefix(f"{self._gateway.gateway_name}."), symbol=code,
                exchange=VnpyExchange[market]))
        except Exception as error:  # a gateway may raise anything, after anything
            raise TradingError("the gateway did not answer the cancel", why=f"{error!r}",
                               remedy="Its pushes tell what became of it") from error

    def _gateway_id(self, order_id: int) -> str:
        with self._lock:
            return next((found for found, ours in self._ids.items() if ours == order_id), "")

    def query_orders(self) -> Sequence[BrokerReport]:
        """The newest that was pushed of each order; no question is asked."""
        with self._lock:
            return list(self._newest.values())

    def query_trades(self) -> Sequence[BrokerReport]:
        """What was pushed; no question is asked."""
        with self._lock:
            return list(self._trades.values())

    def query_positions(self) -> Sequence[PositionAtBroker]:
        raise _not_asked("positions")

    def query_cash(self) -> CashAtBroker:
        raise _not_asked("cash")

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        with self._lock:
            for order in orders:
                self._orders[order.order_id] = order
                if order.broker_id:
                    self._ids[order.broker_id] = order.order_id

    def day_started(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        """The account is the broker's own."""

    def end_day(self) -> None:
        """Nothing can be asked, so nothing is proven."""

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """The exchange has a market of its own."""

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        """The exchange has a market of its own."""

    def opening_price(self, symbol: str) -> Decimal | None:
        return None

    # ---- what the gateway pushes -----------------------------------------------------------------

    def _order_came(self, event: Any) -> None:
        self._came("order", event.data)

    def _trade_came(self, event: Any) -> None:
        self._came("trade", event.data)

    def _came(self, what: str, data: Any) -> None:
        try:
            self._take(what, data)
        except Exception:  # an error here would end vnpy's own event thread, silently
            self.garbled += 1
            log.exception("a %s of the gateway makes no sense: %r", what, data)

    def _take(self, what: str, data: Any) -> None:
        with self._lock:
            order_id = self._identify(what, data)
            if order_id is None:
                self._waiting.append((what, data))
                return
            report = (self._order_report if what == "order" else self._trade_report)(
                data, order_id)
            freed = self._freed(data.vt_orderid) if what == "order" else []
        if report is not None:
            self._handler(report)
        for kind, waited in freed:
            self._take(kind, waited)

    def _identify(self, what: str, data: Any) -> int | None:
        """Our id; 0: somebody else's order; None: it cannot be told yet."""
        found = self._ids.get(data.vt_orderid)
        reference = str(getattr(data, "reference", "") or "")
        if not found and reference.startswith(f"TG{self._tag}-"):
            found = int(reference.removeprefix(f"TG{self._tag}-"))
        if found and not self._same(found, data):
            log.error("order %s of the gateway bears the mark of our order %d and is another one",
                      data.vt_orderid, found)
            found = 0
        if found is None and (self._in_flight or what == "trade"):
            return None
        self._ids[data.vt_orderid] = found or 0
        return found or 0

    def _same(self, order_id: int, data: Any) -> bool:
        order = self._orders.get(order_id)
        return order is None or (order.request.symbol, order.request.side) == (
            _symbol(data), _side(data))

    def _freed(self, gateway_id: str) -> list[tuple[str, Any]]:
        freed = [one for one in self._waiting if one[1].vt_orderid == gateway_id]
        self._waiting = [one for one in self._waiting if one[1].vt_orderid != gateway_id]
        return freed

    def _returned(self, order_id: int, gateway_id: str) -> None:
        """The call has returned: what was pushed meanwhile can be told apart."""
        with self._lock:
            self._in_flight -= 1
            if gateway_id:
                self._ids[gateway_id] = order_id
            waiting, self._waiting = self._waiting, []
        for what, data in waiting:
            self._came(what, data)

    def _order_report(self, data: Any, order_id: int) -> BrokerReport | None:
        kind = STATUSES[data.status.name]
        if kind is None:
            return None
        report = BrokerReport(
            kind=kind, order_id=order_id, broker_id=data.vt_orderid, ts_utc=self._clock.now_utc(),
            about=_about(data))
        self._newest[data.vt_orderid] = report
        return report

    def _trade_report(self, data: Any, order_id: int) -> BrokerReport:
        if not data.tradeid:
            raise ValueError("a trade without an id")
        shares = _shares(data.volume)
        if shares <= 0:
            raise ValueError(f"a trade of {shares} shares")
        report = BrokerReport(
            kind=Report.FILL, order_id=order_id, broker_id=data.vt_orderid,
            ts_utc=_moment(data.datetime, self._clock), trade_id=str(data.tradeid), shares=shares,
            price_cny=price_in(repr(data.price), _symbol(data)))
        self._trades[data.vt_orderid, data.tradeid] = report
        return report


def _about(data: Any) -> OrderAtBroker:
    symbol = _symbol(data)
    return OrderAtBroker(
        symbol=symbol, side=_side(data), shares=_shares(data.volume),
        limit_cny=price_in(repr(data.price), symbol) if data.price else None,
        filled_shares=_shares(data.traded), remark=str(data.reference or ""))


def _symbol(data: Any) -> str:
    return f"{data.symbol}.{_SUFFIXES[data.exchange.name]}"


def _side(data: Any) -> OrderSide:
    return {"LONG": OrderSide.BUY, "SHORT": OrderSide.SELL}[data.direction.name]


def _shares(volume: Any) -> int:
    whole = int(volume)
    if whole != volume or whole < 0:
        raise ValueError(f"{volume!r} is no number of shares")
    return whole


def _moment(found: datetime | None, clock: Clock) -> datetime:
    """A gateway's own time; without a zone it is Shanghai's."""
    if found is None:
        return clock.now_utc()
    if found.tzinfo is None:
        return shanghai(found.date(), found.time())
    return found.astimezone(UTC)


def _not_asked(what: str) -> OrderError:
    return OrderError(f"the gateway was not asked for {what}",
                      why="vnpy's contract has no answer to such a question",
                      remedy="Ask only for what its capabilities offer")


def _nobody(_report: BrokerReport) -> None:
    log.debug("a report came before anybody listened; it is in the list")


def gateway_of(name: str, engine: Any) -> Any:
    """A gateway by its class, "vnpy_xtp.XtpGateway". ConfigError: there is no such class."""
    module, _, kind = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), kind)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"the gateway {name!r} cannot be loaded", why=str(error),
                          remedy="Install its package and name its class in broker.vnpy_gateway, "
                                 "as in vnpy_xtp.XtpGateway") from None
    return found(engine, found.default_name or kind)
