"""A fake miniQMT terminal: an order book of its own behind the documented surface, and its faults.

Built from tests/support/qmt_surface.py. It lives in the test's process, so what a child or a desk
lost can be seen. Pushes arrive on a thread of their own, as the vendor's do. It was never compared
with a real terminal.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from tests.support.broker_rig import Cancelling, Placing
from tests.support.qmt_surface import (
    FIELDS,
    MARKET_SUFFIXES,
    ORDER_STATUSES,
    ORDER_TYPES,
    PRICE_TYPES,
    REMARK_CHARACTERS,
)

ST = {row.name: row.value for row in ORDER_STATUSES}
FINAL = frozenset(row.value for row in ORDER_STATUSES if row.final)
BUY = {row.name: row.value for row in ORDER_TYPES}["STOCK_BUY"]
_KNOWN_PRICE_TYPES = {row.value for row in PRICE_TYPES}
_SUFFIXES = dict(MARKET_SUFFIXES)
ACCOUNT = "1000000365"
INITIAL_CASH = 1_000_000.0
FEE = 5.0                          # of each order that traded
FAILED, DONE = -1, 0

Push = tuple[str, Any]             # name of the callback, its value (None: it takes none)


@dataclass(slots=True)
class FakeOrder:
    number: int
    symbol: str
    side: int
    volume: int
    price_type: int
    price: float
    sent_remark: str               # what the caller gave; `remark` is what the terminal shows
    remark: str
    time: int
    status: int = ST["ORDER_REPORTED"]
    traded: int = 0
    amount: float = 0.0
    message: str = ""

    @property
    def open(self) -> bool:
        return self.status not in FINAL


@dataclass(slots=True)
class FakeTrade:
    number: int
    trade_id: str
    shares: int
    price: float
    time: int


@dataclass(slots=True)
class Holding:
    """Shares that were there before the day began."""

    volume: int
    usable: int


class FakeTerminal:
    """The book, the exchange's verbs, the line, and what it shall do wrong next."""

    def __init__(self, now_s: Callable[[], int]) -> None:
        """`now_s`: seconds since 1970 UTC, as the terminal's own clock shows them."""
        self._now_s, self.skew_s = now_s, 0
        self.lock = threading.RLock()
        self.orders: dict[int, FakeOrder] = {}
        self.trades: list[FakeTrade] = []
        self.holdings: dict[str, Holding] = {}
        self.placing, self.cancelling = Placing.TAKE, Cancelling.TAKE
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.sessions: set[int] = set()        # every number that ever connected
        self.log: list[Push] = []              # everything said today
        self.held: list[Push] | None = None
        self.up, self.account_ok = True, True
        self.queries_fail = False
        self.before_order: Callable[[], None] = lambda: None    # a test may wait in the call
        self._live: list[FakeTrader] = []
        self._pushes: queue.Queue[tuple[FakeTrader, Push] | None] = queue.Queue()
        self._numbers = 1_074_000_000
        self._pusher = threading.Thread(target=self._deliver_all, daemon=True)
        self._pusher.start()

    def close(self) -> None:
        self._pushes.put(None)
        self._pusher.join()

    # ---- sessions ------------------------------------------------------------------------------

    def trader(self, session_id: int) -> "FakeTrader":
        return FakeTrader(self, session_id)

    def make(self, _userdata: str, session_id: int, account_id: str) -> tuple[Any, object]:
        """What the child is handed in the place of the vendor's library."""
        return self.trader(session_id), SimpleNamespace(account_type=2, account_id=account_id)

    def admit(self, trader: "FakeTrader") -> bool:
        """A session number that was used before is not let in again."""
        with self.lock:
            if not self.up or trader.session_id in self.sessions:
                return False
            self.sessions.add(trader.session_id)
            self._live.append(trader)
            return True

    def dismiss(self, trader: "FakeTrader") -> None:
        with self.lock:
            self._live = [one for one in self._live if one is not trader]

    # ---- the line ------------------------------------------------------------------------------

    def say(self, callback: str, value: Any) -> None:
        with self.lock:
            self.log.append((callback, value))
            self.push((callback, value))

    def push(self, push: Push) -> None:
        with self.lock:
            if self.held is not None:
                self.held.append(push)
                return
            for trader in self._live:
                self._pushes.put((trader, push))

    def settle(self) -> None:
        """Return when every push has been given to its callback."""
        self._pushes.join()

    def _deliver_all(self) -> None:
        while (item := self._pushes.get()) is not None:
            trader, (callback, value) = item
            handler = getattr(trader.callback, callback, None)
            if handler is not None:
                handler() if value is None else handler(value)
            self._pushes.task_done()

    def disconnect(self) -> None:
        """The link is lost: sessions hear of it and are dead from now on."""
        with self.lock:
            self.up = False
            lost, self._live = self._live, []
            for trader in lost:
                trader.alive = False
                self._pushes.put((trader, ("on_disconnected", None)))

    def reconnect(self) -> None:
        with self.lock:
            self.up = True

    def replay_day(self) -> None:
        with self.lock:
            for push in list(self.log):
                self.push(push)

    # ---- the exchange --------------------------------------------------------------------------

    def now_s(self) -> int:
        return self._now_s() + self.skew_s

    def by_remark(self, remark: str) -> FakeOrder | None:
        """By what the caller gave, whatever the terminal shows of it."""
        with self.lock:
            return next((order for order in self.orders.values()
                         if remark and order.sent_remark == remark), None)

    def enter(self, *, symbol: str, side: int, volume: int, price: float, remark: str = "",
              price_type: int = 11, shown: bool = True) -> FakeOrder:
        with self.lock:
            self._numbers += 1
            order = FakeOrder(
                number=self._numbers, symbol=symbol, side=side, volume=volume,
                price_type=price_type, price=price, sent_remark=remark, time=self.now_s(),
                remark=remark[:REMARK_CHARACTERS] if shown else "")
            self.orders[order.number] = order
            return order

    def move(self, order: FakeOrder, status: str, message: str = "") -> None:
        """The order takes a status and the terminal says so."""
        with self.lock:
            order.status, order.message = ST[status], message
            self.say("on_stock_order", self.as_order(order))

    def trade(self, order: FakeOrder, shares: int, price: float | None = None, *,
              quiet: bool = False) -> None:
        """The order trades: the trade is pushed, then the order. `quiet`: the trade alone."""
        with self.lock:
            at = order.price if price is None else price
            trade = FakeTrade(order.number, f"{len(self.trades) + 1:08d}", shares, at, self.now_s())
            self.trades.append(trade)
            order.traded += shares
            order.amount += shares * at
            self.say("on_stock_trade", self.as_trade(trade))
            order.status = self._after_trade(order)
            if not quiet:
                self.say("on_stock_order", self.as_order(order))

    def _after_trade(self, order: FakeOrder) -> int:
        if order.traded >= order.volume:
            return ST["ORDER_SUCCEEDED"]
        if order.status in (ST["ORDER_REPORTED_CANCEL"], ST["ORDER_PARTSUCC_CANCEL"]):
            return ST["ORDER_PARTSUCC_CANCEL"]
        return order.status if order.status in FINAL else ST["ORDER_PART_SUCC"]

    def cancelled(self, order: FakeOrder, *, quiet: bool = False) -> None:
        ends = "ORDER_PART_CANCEL" if order.traded else "ORDER_CANCELED"
        if quiet:
            order.status = ST[ends]
        else:
            self.move(order, ends)

    def refuse_cancel(self, order: FakeOrder) -> None:
        with self.lock:
            if order.open:
                order.status = ST["ORDER_PART_SUCC" if order.traded else "ORDER_REPORTED"]
            self.say("on_cancel_error", _value(
                "XtCancelError", order_id=order.number, order_sysid=str(order.number),
                market=_SUFFIXES[order.symbol[-2:]], error_id=251, error_msg="撤单失败"))

    # ---- what it shows -------------------------------------------------------------------------

    def as_order(self, order: FakeOrder) -> Any:
        return _value(
            "XtOrder", stock_code=order.symbol, order_id=order.number,
            order_sysid=f"S{order.number}", order_time=order.time, order_type=order.side,
            order_volume=order.volume, price_type=order.price_type, price=order.price,
            traded_volume=order.traded, status_msg=order.message, order_status=order.status,
            traded_price=order.amount / order.traded if order.traded else 0.0,
            order_remark=order.remark)

    def as_trade(self, trade: FakeTrade) -> Any:
        order = self.orders[trade.number]
        return _value(
            "XtTrade", stock_code=order.symbol, order_type=order.side, traded_id=trade.trade_id,
            traded_time=trade.time, traded_price=trade.price, traded_volume=trade.shares,
            traded_amount=trade.price * trade.shares, order_id=order.number,
            order_sysid=f"S{order.number}", order_remark=order.remark)

    def asset(self) -> Any:
        with self.lock:
            spent = sum(o.amount if o.side == BUY else -o.amount for o in self.orders.values())
            frozen = sum((o.volume - o.traded) * o.price for o in self.orders.values()
                         if o.open and o.side == BUY)
            held = sum(row.open_price * row.volume for row in self.positions())
            fees = FEE * sum(1 for o in self.orders.values() if o.traded)
            cash = INITIAL_CASH - spent - frozen - fees
            return _value("XtAsset", cash=cash, frozen_cash=frozen, market_value=held,
                          total_asset=cash + frozen + held)

    def positions(self) -> list[Any]:
        with self.lock:
            rows: dict[str, list[float]] = {
                symbol: [held.volume, held.usable, 1.0] for symbol, held in self.holdings.items()}
            for order in self.orders.values():
                row = rows.setdefault(order.symbol, [0, 0, 1.0])
                sign = 1 if order.side == BUY else -1
                row[0] += sign * order.traded
                if sign < 0:
                    row[1] -= order.traded
                elif order.traded:
                    row[2] = order.amount / order.traded
            return [_value("XtPosition", stock_code=symbol, volume=int(volume), open_price=price,
                           can_use_volume=int(usable), yesterday_volume=int(usable))
                    for symbol, (volume, usable, price) in rows.items() if volume]


class FakeTrader:
    """One session of XtQuantTrader: what METHODS documents, nothing else."""

    def __init__(self, terminal: FakeTerminal, session_id: int) -> None:
        self.terminal, self.session_id = terminal, session_id
        self.callback: Any = None
        self.alive = False
        self._tried = False

    def register_callback(self, callback: object) -> None:
        self.callback = callback

    def start(self) -> None:
        """Nothing to prepare."""

    def stop(self) -> None:
        self.alive = False
        self.terminal.dismiss(self)

    def connect(self) -> int:
        """One-shot: a session that was lost never comes back."""
        if self._tried or not self.terminal.admit(self):
            return FAILED
        self._tried = self.alive = True
        return DONE

    def subscribe(self, _account: object) -> int:
        return DONE if self.alive and self.terminal.account_ok else FAILED

    def unsubscribe(self, _account: object) -> int:
        return DONE if self.alive else FAILED

    def order_stock(self, account: object, stock_code: str, order_type: int, order_volume: int,
                    price_type: int, price: float, strategy_name: str, order_remark: str) -> int:
        terminal = self.terminal
        terminal.calls.append(("order_stock", (stock_code, order_type, order_volume, price_type,
                                               price, strategy_name, order_remark)))
        terminal.before_order()
        becomes, terminal.placing = terminal.placing, Placing.TAKE
        if not self.alive or price_type not in _KNOWN_PRICE_TYPES:
            return FAILED
        if becomes is Placing.LOSE_REQUEST:
            raise TimeoutError("no answer from the terminal")
        order = terminal.enter(
            symbol=stock_code, side=order_type, volume=order_volume, price=price,
            price_type=price_type, remark=order_remark, shown=becomes is not Placing.NO_REMARK)
        return _TAKEN[becomes](terminal, order)

    def cancel_order_stock(self, account: object, order_id: int) -> int:
        terminal = self.terminal
        terminal.calls.append(("cancel_order_stock", (order_id,)))
        becomes, terminal.cancelling = terminal.cancelling, Cancelling.TAKE
        order = terminal.orders.get(order_id)
        if not self.alive or order is None or not order.open:
            return FAILED
        if becomes is Cancelling.TAKE:
            terminal.cancelled(order)
        elif becomes is Cancelling.PEND:
            terminal.move(order, "ORDER_PARTSUCC_CANCEL" if order.traded
                          else "ORDER_REPORTED_CANCEL")
        elif becomes is Cancelling.REFUSE:
            terminal.refuse_cancel(order)
        elif becomes is Cancelling.LOSE_ANSWER:
            terminal.cancelled(order, quiet=True)
            raise TimeoutError("no answer from the terminal")
        return DONE

    def cancel_order_stock_sysid(self, account: object, market: int, order_sysid: str) -> int:
        return self.cancel_order_stock(account, int(order_sysid.removeprefix("S")))

    def query_stock_asset(self, _account: object) -> Any:
        return self.terminal.asset() if self._answers else None

    def query_stock_orders(self, _account: object, cancelable_only: bool = False) -> Any:
        with self.terminal.lock:
            return self._listed([
                self.terminal.as_order(order) for order in self.terminal.orders.values()
                if order.open or not cancelable_only])

    def query_stock_trades(self, _account: object) -> Any:
        with self.terminal.lock:
            return self._listed([self.terminal.as_trade(one) for one in self.terminal.trades])

    def query_stock_positions(self, _account: object) -> Any:
        return self._listed(self.terminal.positions())

    @property
    def _answers(self) -> bool:
        return self.alive and not self.terminal.queries_fail

    def _listed(self, rows: list[Any]) -> list[Any] | None:
        """Failure and an empty list look the same, as documented."""
        return rows if rows and self._answers else None


def _acked(terminal: FakeTerminal, order: FakeOrder) -> int:
    terminal.move(order, "ORDER_REPORTED")
    return order.number


def _unmarked(terminal: FakeTerminal, order: FakeOrder) -> int:
    """The push without our mark comes before the number that could tell whose it is."""
    terminal.move(order, "ORDER_REPORTED")
    terminal.settle()
    return order.number


def _silent(_terminal: FakeTerminal, order: FakeOrder) -> int:
    order.status = ST["ORDER_WAIT_REPORTING"]
    return order.number


def _junk(terminal: FakeTerminal, order: FakeOrder) -> int:
    terminal.move(order, "ORDER_REPORTED")
    terminal.move(order, "ORDER_JUNK", "废单: 交易所拒绝")
    return order.number


def _no_answer(_terminal: FakeTerminal, _order: FakeOrder) -> int:
    raise TimeoutError("no answer from the terminal")


def _lie(_terminal: FakeTerminal, _order: FakeOrder) -> int:
    return FAILED


def _fill_first(terminal: FakeTerminal, order: FakeOrder) -> int:
    terminal.trade(order, order.volume, quiet=True)
    terminal.settle()
    terminal.say("on_stock_order", terminal.as_order(order))
    return order.number


def _strange(terminal: FakeTerminal, order: FakeOrder) -> int:
    terminal.move(order, "ORDER_UNKNOWN")
    return order.number


_TAKEN: dict[Placing, Callable[[FakeTerminal, FakeOrder], int]] = {
    Placing.TAKE: _acked, Placing.NO_REMARK: _unmarked, Placing.REFUSE: _acked,
    Placing.TAKE_SILENTLY: _silent, Placing.REJECT: _junk, Placing.LOSE_ANSWER: _no_answer,
    Placing.LIE: _lie, Placing.FILL_FIRST: _fill_first, Placing.STRANGE: _strange,
}
_EMPTY: dict[str, object] = {"int": 0, "str": "", "float": 0.0}


def _value(kind: str, **known: object) -> Any:
    """A value with every documented attribute of its kind, and no other."""
    names = dict(FIELDS[kind])
    assert known.keys() <= names.keys(), f"{kind} documents no {known.keys() - names.keys()}"
    values = {name: _EMPTY[sort] for name, sort in names.items()}
    return SimpleNamespace(**values | {"account_type": 2, "account_id": ACCOUNT} | known)
