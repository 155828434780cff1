"""The process that owns the vendor's library, and nothing else of the desk.

    python -m trading.qmt.child     one JSON line on standard input says where to connect

It runs on the Windows machine that has the terminal. The library is imported here and nowhere
else: importing it calls the package index over the network, and a crash of it ends this process
only. The child looks for `kill.request` by itself immediately before every order leaves, sends
no order twice, sends none that waited too long, and ends when the desk does.
"""

import json
import logging
import queue
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

from core.clock import SystemClock
from core.ports import Clock
from trading.last_look import stopped_by
from trading.qmt.codes import (
    ASSET_FIELDS,
    CANCEL_ERROR_FIELDS,
    ORDER_ERROR_FIELDS,
    ORDER_FIELDS,
    POSITION_FIELDS,
    TRADE_FIELDS,
)
from trading.qmt.wire import HOST, MS_PER_S, NS_PER_MS, Message, Wire, greet_as_child

log = logging.getLogger(__name__)

STRATEGY = "trading_graph"         # shown in the terminal; does not come back from all of them
SESSION_NUMBERS = 2**31 - 1
_IDLE_MS = 60_000
_LOST, _END = object(), object()
Fields = tuple[tuple[str, type], ...]


class Trader(Protocol):
    """What is used of the vendor's XtQuantTrader."""

    def register_callback(self, callback: object) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def connect(self) -> int: ...
    def subscribe(self, account: Any) -> int: ...
    def order_stock(self, account: Any, stock_code: str, order_type: int, order_volume: int,
                    price_type: int, price: float, strategy_name: str, order_remark: str
                    ) -> int: ...
    def cancel_order_stock(self, account: Any, order_id: int) -> int: ...
    def query_stock_asset(self, account: Any) -> Any: ...
    def query_stock_orders(self, account: Any, cancelable_only: bool = False) -> Any: ...
    def query_stock_trades(self, account: Any) -> Any: ...
    def query_stock_positions(self, account: Any) -> Any: ...


# (userdata folder, session number, account) -> a trader and the account object it wants
TraderFactory = Callable[[str, int, str], tuple[Any, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the desk tells its child on standard input; the token is in it."""

    port: int
    token: str
    account: str
    userdata: str
    kill_request: str = ""             # path; empty: nobody can ask
    beat_ms: int = 1_000
    retry_ms: int = 2_000              # between tries to reach the terminal
    greet_ms: int = 10_000


def vendor(userdata: str, session_id: int, account_id: str) -> tuple[Any, object]:
    """The real thing. Imported late: it exists on Windows only and calls the network."""
    from xtquant.xttrader import XtQuantTrader
    from xtquant.xttype import StockAccount

    return XtQuantTrader(userdata, session_id), StockAccount(account_id)


class Child:
    """Answers the desk, and tells it everything that the terminal says."""

    def __init__(self, wire: Wire, terms: Terms, make: TraderFactory, clock: Clock,
                 lead_ns: int) -> None:
        """`lead_ns`: how far our monotonic clock is ahead of the desk's."""
        self._wire, self._terms, self._make = wire, terms, make
        self._clock, self._lead_ns = clock, lead_ns
        self._trader: Any = None
        self._account: object = None
        self._online = False
        self._session = 0
        self._sent: set[str] = set()           # marks of every order that was ever handed on
        self._tasks: queue.Queue[object] = queue.Queue()
        self._ended = threading.Event()

    def run(self) -> None:
        """Until the desk ends the line."""
        threads = [threading.Thread(target=loop, name=loop.__name__, daemon=True)
                   for loop in (self._work, self._beat)]
        for thread in threads:
            thread.start()
        try:
            while True:
                self._hear()
        except OSError as error:
            log.info("the desk is gone: %s", error)
        finally:
            self._ended.set()
            self._tasks.put(_END)
            for thread in threads:
                thread.join(self._terms.greet_ms / MS_PER_S)
            self._stop_trader()

    def _hear(self) -> None:
        with suppress(TimeoutError):           # a desk that wants nothing is no fault
            self._tasks.put(self._wire.receive(_IDLE_MS))

    def _beat(self) -> None:
        while not self._ended.wait(self._terms.beat_ms / MS_PER_S):
            self._tell({"push": "beat"})

    # ---- one thread speaks to the terminal -------------------------------------------------------

    def _work(self) -> None:
        self._connect()
        while not self._ended.is_set():
            try:
                task = self._tasks.get(
                    timeout=None if self._online else self._terms.retry_ms / MS_PER_S)
            except queue.Empty:
                self._connect()
                continue
            if task is _LOST:
                self._offline("the terminal ended the link")
                self._connect()
            elif isinstance(task, dict):
                self._answer(task)

    def _connect(self) -> None:
        """A fresh session: the vendor's connect is one-shot. Everything is told again."""
        self._stop_trader()
        self._session += 1
        try:
            number = 1 + secrets.randbelow(SESSION_NUMBERS)
            trader, account = self._make(self._terms.userdata, number, self._terms.account)
            trader.register_callback(_Callbacks(self, self._session))
            trader.start()
            self._trader, self._account = trader, account
            if trader.connect() != 0:
                return self._offline("the terminal does not answer; is it running, logged in?")
            if trader.subscribe(account) != 0:
                return self._offline("the terminal does not know the account")
            for row in trader.query_stock_trades(account) or ():
                self.tell_of("trade", row, TRADE_FIELDS)
            for row in trader.query_stock_orders(account) or ():
                self.tell_of("order", row, ORDER_FIELDS)
        except Exception as error:  # whatever the vendor's library raises
            log.warning("no link to the terminal", exc_info=self._session == 1)
            return self._offline(f"{type(error).__name__}: {error}")
        self._online = True
        return self._tell({"push": "state", "online": True, "text": ""})

    def _offline(self, text: str) -> None:
        self._online = False
        self._tell({"push": "state", "online": False, "text": text})

    def _stop_trader(self) -> None:
        trader, self._trader, self._online = self._trader, None, False
        if trader is None:
            return
        try:
            trader.stop()
        except Exception:  # it is being thrown away
            log.exception("the old session did not stop")

    # ---- requests --------------------------------------------------------------------------------

    def _answer(self, asked: Message) -> None:
        known: dict[str, Callable[[Message], Message]] = {
            "place": self._place, "cancel": self._cancel, "orders": self._orders,
            "trades": self._trades, "positions": self._positions, "cash": self._cash,
            "ping": lambda _asked: {"online": self._online}}
        act = known.get(str(asked.get("do")))
        if act is None:
            answer = _not_done(f"there is no request {asked.get('do')!r}")
        elif not self._online and asked["do"] != "ping":
            answer = _not_done("there is no link to the terminal")
        else:
            answer = self._guarded(act, asked)
        self._tell({"id": asked.get("id"), **answer})

    def _guarded(self, act: Callable[[Message], Message], asked: Message) -> Message:
        try:
            return act(asked)
        except Exception as error:  # the vendor's library may raise anything, after anything
            log.exception("%s failed", asked.get("do"))
            return {"error": "failed", "text": f"{type(error).__name__}: {error}"}

    def _place(self, asked: Message) -> Message:
        remark, price = str(asked["remark"]), float(asked["price"])
        if remark in self._sent:
            return {"error": "failed", "text": f"{remark} was handed on before"}
        waited_ms = self._waited_ms(asked)
        if waited_ms > asked["within_ms"]:
            return _not_done(f"it waited {waited_ms} ms, more than {asked['within_ms']}")
        stop = stopped_by(Path(self._terms.kill_request) if self._terms.kill_request else None,
                          manual=asked["manual"], sells=asked["sells"])
        if stop is not None:
            return _not_done(f"kill.request asks for {stop.level.name}: {stop.reason}")
        self._sent.add(remark)
        number = self._trader.order_stock(
            self._account, asked["symbol"], asked["side"], asked["shares"], asked["price_type"],
            price, STRATEGY, remark)
        if not isinstance(number, int) or number <= 0:
            return {"error": "failed", "text": f"the terminal answered {number!r}"}
        return {"number": number}

    def _waited_ms(self, asked: Message) -> int:
        now_ns = self._clock.monotonic_ns() - self._lead_ns
        return int((now_ns - asked["sent_ns"]) // NS_PER_MS)

    def _cancel(self, asked: Message) -> Message:
        answered = self._trader.cancel_order_stock(self._account, asked["number"])
        return {"sent": answered == 0}

    def _orders(self, _asked: Message) -> Message:
        return self._listed(self._trader.query_stock_orders(self._account), ORDER_FIELDS)

    def _trades(self, _asked: Message) -> Message:
        return self._listed(self._trader.query_stock_trades(self._account), TRADE_FIELDS)

    def _positions(self, _asked: Message) -> Message:
        return self._listed(self._trader.query_stock_positions(self._account), POSITION_FIELDS)

    def _cash(self, _asked: Message) -> Message:
        found = self._trader.query_stock_asset(self._account)
        return {"row": None if found is None else row_of(found, ASSET_FIELDS)}

    @staticmethod
    def _listed(rows: Iterable[object] | None, fields: Fields) -> Message:
        return {"rows": None if rows is None else [row_of(row, fields) for row in rows]}

    # ---- what the terminal says ------------------------------------------------------------------

    def tell_of(self, what: str, value: object, fields: Fields) -> None:
        """A push to the desk. Called on the vendor's thread; asks the terminal nothing."""
        try:
            row = row_of(value, fields)
        except (AttributeError, TypeError, ValueError) as error:
            log.exception("a push of %s cannot be read", what)
            return self._tell({"push": "garbled", "text": f"{what}: {error}"})
        return self._tell({"push": what, "row": row})

    def lost(self, session: int) -> None:
        if session == self._session:           # an older one has been replaced already
            self._tasks.put(_LOST)

    def _tell(self, message: Message) -> None:
        try:
            self._wire.send(message)
        except OSError as error:
            log.debug("not told: %s", error)   # the reading loop ends the child


class _Callbacks:
    """What the vendor's library calls. Answers of asynchronous calls are not used."""

    def __init__(self, child: Child, session: int) -> None:
        self._child, self._session = child, session

    def on_disconnected(self) -> None:
        self._child.lost(self._session)

    def on_stock_order(self, order: object) -> None:
        self._child.tell_of("order", order, ORDER_FIELDS)

    def on_stock_trade(self, trade: object) -> None:
        self._child.tell_of("trade", trade, TRADE_FIELDS)

    def on_order_error(self, error: object) -> None:
        self._child.tell_of("order_error", error, ORDER_ERROR_FIELDS)

    def on_cancel_error(self, error: object) -> None:
        self._child.tell_of("cancel_error", error, CANCEL_ERROR_FIELDS)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda *_given: None            # pushes that the desk has no use for


def row_of(value: object, fields: Fields) -> dict[str, Any]:
    """The documented attributes of a vendor's value; floats as their shortest text.

    Raises:
        AttributeError, TypeError: one is missing or of another kind.
    """
    return {name: _plain(getattr(value, name), kind, name) for name, kind in fields}


def _plain(found: object, kind: type, name: str) -> object:
    if kind is str:
        return "" if found is None else str(found)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise TypeError(f"{name} is {found!r}")
    if kind is float:
        return repr(float(found))
    if not isinstance(found, int):
        raise TypeError(f"{name} is {found!r}, not a whole number")
    return found


def _not_done(text: str) -> Message:
    """Surely not done: the terminal was not asked."""
    return {"error": "not_done", "text": text}


def serve(terms: Terms, make: TraderFactory, clock: Clock) -> None:
    """Connect to the desk, prove the token, and work until the line ends. Raises OSError."""
    wire = Wire(socket.create_connection((HOST, terms.port), terms.greet_ms / MS_PER_S), clock)
    try:
        lead_ns = greet_as_child(wire, terms.token, clock, terms.greet_ms)
        Child(wire, terms, make, clock, lead_ns).run()
    finally:
        wire.close()
        wire.release()


def main(given: TextIO, make: TraderFactory = vendor) -> int:
    """0: the desk ended the line; 1: it was never reached; 2: what it gave is no terms."""
    try:
        terms = Terms(**json.loads(given.readline()))
    except (ValueError, TypeError):
        log.error("standard input holds no terms; the desk starts this program, not a person")
        return 2
    try:
        serve(terms, make, SystemClock())
    except OSError as error:
        log.error("no desk at port %d: %s", terms.port, error)
        return 1
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    sys.exit(main(sys.stdin))
