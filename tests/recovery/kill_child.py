"""A desk that trades wildly until somebody pulls the kill switch, in one of several troubles.

    python -m tests.recovery.kill_child LEDGER REQUEST TROUBLE ORDERS

When ORDERS rest in its market and more are being sent, it says {"ready": true}. Once every open
order has had its cancel it says when, on the machine's steady clock (nanoseconds), the broker was
last asked to place and to cancel; then it waits to be killed.
"""

import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from core.clock import SystemClock
from core.events import EventBus
from core.exceptions import DataError, TradingError
from core.ports import Changes
from core.types import BrokerReport, JournalEntry, Order, Report
from data.order_store import SqliteOrderStore
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import Desk
from trading.executor import ExecutionEngine

TROUBLES = ("none", "window", "loop", "disk", "broker")
FLOOD, OUTSTANDING, LONG_S = 5_000, 8, 60
STEADY_NS = SystemClock().monotonic_ns


class Market(BadBroker):
    """Keeps every order and notes when it was asked for what; `down`: it answers nothing."""

    def __init__(self) -> None:
        super().__init__(complete=True)
        self.down = False
        self.last_place_ns = 0
        self.cancel_ns: dict[int, int] = {}
        self.refused: set[int] = set()

    def place(self, order: Order) -> str:
        self.last_place_ns = STEADY_NS()
        return super().place(order)

    def cancel(self, order: Order) -> None:
        self.cancel_ns.setdefault(order.order_id, STEADY_NS())
        if self.down:
            raise TimeoutError("the broker is down")
        self.handler(a_report(Report.CANCELLED, order.order_id))

    def query_orders(self) -> Sequence[BrokerReport]:
        return [a_report(Report.CANCELLED if order.order_id in self.cancel_ns and not self.down
                         else Report.ACK, order.order_id) for order in self.placed]


class Ledger(SqliteOrderStore):
    """The real ledger; `full`: not a byte more fits on the disk."""

    full = False

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        if self.full:
            raise DataError("could not write", why="the disk is full", remedy="Free some space")
        super().append(entries, changes)


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def trade_on(engine: ExecutionEngine, desk: Desk) -> None:
    """A strategy gone mad: it never looks at an answer."""
    room = threading.Semaphore(OUTSTANDING)
    while True:
        room.acquire()
        engine.submit(desk.request(100)).add_done_callback(lambda _: room.release())


def main(ledger: Path, request: Path, trouble: str, orders: int) -> None:
    store, market = Ledger(ledger), Market()
    desk = Desk(store=store, broker=market, kill_request=request, cash="900000000.00")
    engine = ExecutionEngine(desk.parts, EventBus())
    threading.Thread(target=engine.run, args=(threading.Event(),), daemon=True).start()
    for _ in range(orders):
        engine.submit(desk.request(100)).result(LONG_S)
    threading.Thread(target=trade_on, args=(engine, desk), daemon=True).start()
    if trouble == "loop":
        for _ in range(FLOOD):
            engine.preview(desk.request(100))
    market.down, store.full = trouble == "broker", trouble == "disk"
    threading.Thread(target=report, args=(market, orders), daemon=True).start()
    say(ready=True)
    if trouble == "window":
        blocked = threading.Lock()
        blocked.acquire()
        blocked.acquire()               # as a window's loop that never turns again
    threading.Event().wait(LONG_S)


def report(market: Market, orders: int) -> None:
    for _ in range(LONG_S * 200):
        if len(market.cancel_ns) >= orders and {o.order_id for o in market.placed} <= set(
                market.cancel_ns):
            break
        threading.Event().wait(0.005)
    threading.Event().wait(0.3)         # would anything leave after it?
    say(placed=len(market.placed), cancelled=len(market.cancel_ns),
        last_place_ns=market.last_place_ns, last_cancel_ns=max(market.cancel_ns.values()))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    except TradingError as failed:
        say(failed=str(failed))
