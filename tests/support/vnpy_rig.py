"""The vnpy adapter as a rig: vnpy's real event engine, and a gateway written for the tests."""

import tempfile
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from vnpy.event import EventEngine
from vnpy.trader.constant import Status

from core.clock import SimClock
from core.types import KillLevel, OrderSide
from tests.support.broker_rig import Cancelling, Placing, Truth, rig_reference
from tests.support.desk import CNY, DAY1, at
from tests.support.fake_gateway import FakeExchange, FakeGateway, MarketOrder, by_hand, drain
from trading.kill_switch import KillRequest, write_request
from trading.vnpy_broker import VnpyBroker

TAG = "c0ffee"


@cache
def running_engine() -> EventEngine:
    """One for all rigs: stopping vnpy's engine takes it a second. It ends with the process."""
    engine = EventEngine()
    for thread in (engine._thread, engine._timer):
        thread.daemon = True
    engine.start()
    return engine


class VnpyRig:
    """Fulfils BrokerRig."""

    name = "vnpy"
    lacks = frozenset({"expiry", "cancel_refusals"})

    def __init__(self) -> None:
        self.clock = SimClock(at(DAY1))
        self.reference = rig_reference()
        self.market = FakeExchange(self.clock.now_utc)
        self._folder = tempfile.TemporaryDirectory()
        self.kill_request = Path(self._folder.name) / "kill.request"
        self._broker = self._new_broker()

    def _new_broker(self) -> VnpyBroker:
        broker = VnpyBroker(
            gateway=FakeGateway(running_engine(), "FAKE", self.market), engine=running_engine(),
            clock=self.clock, tag=TAG, kill_request=self.kill_request)
        broker.open({"user": "nobody"})
        drain(running_engine())
        return broker

    @property
    def broker(self) -> VnpyBroker:
        return self._broker

    def order(self, order_id: int) -> MarketOrder:
        found = self.market.by_reference(f"TG{TAG}-{order_id}")
        assert found is not None, f"the exchange has no order {order_id}"
        return found

    def next_place(self, becomes: Placing) -> None:
        """REFUSE: the adapter itself refuses, as a kill.request lies there until `settle`."""
        self.market.placing = becomes
        if becomes is Placing.REFUSE:
            self.market.placing = Placing.TAKE
            write_request(self.kill_request, KillRequest(KillLevel.BLOCK, "the rig says no"))

    def next_cancel(self, becomes: Cancelling) -> None:
        self.market.cancelling = becomes

    def acknowledge(self, order_id: int) -> None:
        self.market.move(self.order(order_id), Status.NOTTRADED)

    def fill(self, order_id: int, shares: int, price_cny: Decimal | None = None) -> None:
        self.market.trade(self.order(order_id), shares,
                          None if price_cny is None else float(price_cny))

    def cancelled(self, order_id: int) -> None:
        self.market.cancelled(self.order(order_id))

    def refuse_cancel(self, order_id: int) -> None:
        gateway = self.market.gateway
        if gateway is not None:
            gateway.write_log("撤单失败")       # all that a gateway can say

    def reject(self, order_id: int) -> None:
        self.market.move(self.order(order_id), Status.REJECTED)

    def expire(self, order_id: int) -> None:
        self.market.cancelled(self.order(order_id))

    def enter_by_hand(self, symbol: str, side: OrderSide, shares: int, limit: str) -> None:
        by_hand(self.market, symbol, buys=side is OrderSide.BUY, shares=shares,
                price=float(limit))

    def truth(self, order_id: int) -> Truth | None:
        order = self.market.by_reference(f"TG{TAG}-{order_id}")
        if order is None:
            return None
        amount = sum((CNY(str(trade.price)) * int(trade.volume) for trade in order.trades), CNY(0))
        return Truth(filled_shares=int(order.data.traded), amount_cny=amount, open=order.open)

    def hold(self) -> None:
        self.market.held = []

    def release(self, *, backwards: bool = False, copies: int = 1) -> None:
        with self.market.lock:
            held, self.market.held = self.market.held or [], None
            for value in (held[::-1] if backwards else held):
                for _ in range(copies):
                    self.market.push(value)

    def drop(self) -> None:
        self.market.held = None

    def disconnect(self) -> None:
        self.market.up = False

    def reconnect(self) -> None:
        """The contract: a gateway reconnects by itself and pushes the day again."""
        self.market.up = True
        if self.market.gateway is not None:
            self.market.gateway.connect({})

    def replay_day(self) -> None:
        for value in list(self.market.log):
            self.market.push(value)

    def skew_clock(self, seconds: int) -> None:
        self.market.skew = timedelta(seconds=seconds)

    def restart(self) -> None:
        self._broker.close()
        self._broker = self._new_broker()

    def settle(self) -> None:
        self.kill_request.unlink(missing_ok=True)
        drain(running_engine())

    def close(self) -> None:
        self._broker.close()
        self._folder.cleanup()
