"""The QMT adapter as a rig: the real line and the real child over the fake terminal.

The child runs on a thread here, for speed; tests/unit/trading/qmt/test_process.py runs it as a
process of its own.
"""

import tempfile
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from core.clock import SimClock, SystemClock
from core.types import KillLevel, OrderSide
from tests.support.broker_rig import Cancelling, Placing, Truth, rig_reference
from tests.support.desk import CNY, DAY1, at
from tests.support.fake_qmt import BUY, FakeOrder, FakeTerminal
from trading.kill_switch import KillRequest, write_request
from trading.qmt.broker import QmtBroker
from trading.qmt.child import Terms, serve
from trading.qmt.link import Timings
from trading.qmt.process import Running
from trading.qmt.translate import remark_of

TAG = "c0ffee"
PATIENCE_MS = 20_000               # a ceiling: on a busy machine it is still no race
FAST = Timings(first_retry_ms=10, most_retry_ms=50, silence_ms=PATIENCE_MS,
               call_ms=PATIENCE_MS, within_ms=PATIENCE_MS, greet_ms=PATIENCE_MS)


class ThreadChild:
    """The child's own code on a thread of this process."""

    def __init__(self, terms: Terms, terminal: FakeTerminal) -> None:
        self._thread = threading.Thread(
            target=self._run, args=(terms, terminal), name="qmt child", daemon=True)
        self._thread.start()

    @staticmethod
    def _run(terms: Terms, terminal: FakeTerminal) -> None:
        try:
            serve(terms, terminal.make, SystemClock())
        except OSError:
            return                     # the desk went away before it was greeted

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        self._thread.join(PATIENCE_MS / 1_000)


def thread_starter(terminal: FakeTerminal, kill_request: Path | None = None,
                   retry_ms: int = 5, beat_ms: int = 1_000) -> Callable[[int, str], Running]:
    def start(port: int, token: str) -> Running:
        return ThreadChild(Terms(
            port=port, token=token, account="1000000365", userdata="userdata_mini",
            kill_request="" if kill_request is None else str(kill_request), beat_ms=beat_ms,
            retry_ms=retry_ms), terminal)
    return start


def wait_for(condition: Callable[[], bool]) -> None:
    """Returns when it holds; fails when it does not in a long time."""
    pause, clock = threading.Event(), SystemClock()
    until_ns = clock.monotonic_ns() + PATIENCE_MS * 1_000_000
    while not condition():
        assert clock.monotonic_ns() < until_ns, "it did not come true"
        pause.wait(1 / 1_000)


class QmtRig:
    """Fulfils BrokerRig."""

    name = "qmt"
    lacks = frozenset({"expiry"})

    def __init__(self, timings: Timings = FAST) -> None:
        self.clock = SimClock(at(DAY1))
        self.reference = rig_reference()
        self.terminal = FakeTerminal(lambda: int(self.clock.now_utc().timestamp()))
        self._folder = tempfile.TemporaryDirectory()
        self.kill_request = Path(self._folder.name) / "kill.request"
        self._timings = timings
        self._broker = self._new_broker()

    def _new_broker(self) -> QmtBroker:
        broker = QmtBroker(
            start_child=thread_starter(self.terminal, self.kill_request), clock=self.clock,
            line_clock=SystemClock(), tag=TAG, timings=self._timings)
        assert broker.open(PATIENCE_MS), broker.trouble
        return broker

    @property
    def broker(self) -> QmtBroker:
        return self._broker

    def order(self, order_id: int) -> FakeOrder:
        found = self.terminal.by_remark(remark_of(TAG, order_id))
        assert found is not None, f"the terminal has no order {order_id}"
        return found

    # ---- what it shall do with requests ------------------------------------------------------

    def next_place(self, becomes: Placing) -> None:
        """REFUSE: the child itself refuses, as a kill.request lies there until `settle`."""
        self.terminal.placing = becomes
        if becomes is Placing.REFUSE:
            self.terminal.placing = Placing.TAKE
            write_request(self.kill_request, KillRequest(KillLevel.BLOCK, "the rig says no"))

    def next_cancel(self, becomes: Cancelling) -> None:
        self.terminal.cancelling = becomes

    # ---- the exchange ------------------------------------------------------------------------

    def acknowledge(self, order_id: int) -> None:
        self.terminal.move(self.order(order_id), "ORDER_REPORTED")

    def fill(self, order_id: int, shares: int, price_cny: Decimal | None = None) -> None:
        self.terminal.trade(self.order(order_id), shares,
                            None if price_cny is None else float(price_cny))

    def cancelled(self, order_id: int) -> None:
        self.terminal.cancelled(self.order(order_id))

    def refuse_cancel(self, order_id: int) -> None:
        self.terminal.refuse_cancel(self.order(order_id))

    def reject(self, order_id: int) -> None:
        self.terminal.move(self.order(order_id), "ORDER_JUNK", "废单")

    def expire(self, order_id: int) -> None:
        self.terminal.cancelled(self.order(order_id))

    def enter_by_hand(self, symbol: str, side: OrderSide, shares: int, limit: str) -> None:
        order = self.terminal.enter(symbol=symbol, side=BUY if side is OrderSide.BUY else BUY + 1,
                                    volume=shares, price=float(limit))
        self.terminal.move(order, "ORDER_REPORTED")

    def truth(self, order_id: int) -> Truth | None:
        order = self.terminal.by_remark(remark_of(TAG, order_id))
        if order is None:
            return None
        amount = sum((CNY(str(trade.price)) * trade.shares for trade in self.terminal.trades
                      if trade.number == order.number), CNY(0))
        return Truth(filled_shares=order.traded, amount_cny=amount, open=order.open)

    # ---- the line ----------------------------------------------------------------------------

    def hold(self) -> None:
        self.terminal.held = []

    def release(self, *, backwards: bool = False, copies: int = 1) -> None:
        with self.terminal.lock:
            held, self.terminal.held = self.terminal.held or [], None
            for push in (held[::-1] if backwards else held):
                for _ in range(copies):
                    self.terminal.push(push)

    def drop(self) -> None:
        self.terminal.held = None

    def disconnect(self) -> None:
        self.terminal.disconnect()
        wait_for(lambda: not self._broker.online)

    def reconnect(self) -> None:
        self.terminal.reconnect()
        assert self._broker.wait_online(PATIENCE_MS), self._broker.trouble

    def replay_day(self) -> None:
        self.terminal.replay_day()

    def skew_clock(self, seconds: int) -> None:
        self.terminal.skew_s = seconds

    def restart(self) -> None:
        self._broker.close()
        self._broker = self._new_broker()

    def settle(self) -> None:
        self.kill_request.unlink(missing_ok=True)
        self.terminal.settle()
        if self._broker.online:
            self._broker.ping()

    def close(self) -> None:
        self._broker.close()
        self.terminal.close()
        self._folder.cleanup()
