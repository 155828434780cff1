"""Lives of a planted build: the same drill, with one promise of the order core broken.

    python -m tests.recovery.defective_life NAME
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from core.exceptions import OrderError
from core.types import Fees, Order, OrderRequest, OrderStatus
from data.order_store import SqliteOrderStore
from trading import drill_life, oms, recovery, risk
from trading.records import Payload

_SEND = oms.OrderManagementSystem.send


def send_before_intent(
    self: Any, request: OrderRequest, *, reserved_e4: int, judged: Payload,
    asked_ns: int | None = None,
) -> Order:
    """The order leaves first and is written down afterwards."""
    place, broker = self._broker.place, self._broker
    early = Order(order_id=self._book.last_order_id + 1, request=request,
                  trading_day=self._book.day, status=OrderStatus.NEW)
    try:
        answer: object = place(early)
    except (OrderError, TimeoutError) as error:
        answer = error

    def answered(_order: Order) -> str:
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    broker.place = answered
    try:
        return _SEND(self, request, reserved_e4=reserved_e4, judged=judged, asked_ns=asked_ns)
    finally:
        broker.place = place


def resend_after_restart(*args: Any, **named: Any) -> str:
    """What was in flight when the program stopped is sent once more."""
    books, broker = args[:2]
    for order in books.book.open_orders():
        if order.status.value in ("SENDING", "SENT", "UNKNOWN"):
            with suppress(OrderError, TimeoutError):
                broker.place(order)
    return _RECOVER(*args, **named)


_RECOVER = recovery.recover


def forget_lost_fills(self: Any) -> Sequence[object]:
    """The broker's list of trades is never asked for."""
    return ()


DEFECTS = {
    "send-before-intent": lambda: setattr(oms.OrderManagementSystem, "send", send_before_intent),
    "resend-after-restart": lambda: setattr(
        sys.modules["trading.session"], "recover", resend_after_restart),
    "trades-never-asked": lambda: setattr(
        drill_life.LineBroker, "query_trades", forget_lost_fills),
    "fees-forgotten": lambda: setattr(
        risk.RiskManager, "fees", lambda *_args, **_named: Fees()),
    "none": lambda: None,
}


if __name__ == "__main__":
    DEFECTS[sys.argv[1]]()
    drill_life.serve(SqliteOrderStore)
