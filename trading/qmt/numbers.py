"""Which of the terminal's order numbers are ours, and what waits until that is known.

Our mark decides where the terminal carries it, else the number that the call returned. Both are
checked against what we sent: a mark that another order bears as well is not ours.
"""

import logging
import threading
from collections.abc import Iterable

from core.types import Order, OrderAtBroker
from trading.qmt.translate import Row, order_id_in, same_order, side_in, whole
from trading.qmt.wire import Message

log = logging.getLogger(__name__)


class Numbers:
    """Any thread may ask; every answer is given under one lock."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._lock = threading.Lock()
        self._orders: dict[int, Order] = {}
        self._ids: dict[int, int] = {}             # the terminal's number: our id, 0 for others
        self._in_flight = 0
        self._waiting: list[Message] = []
        self.traded = False

    @property
    def any(self) -> bool:
        with self._lock:
            return bool(self._ids)

    def start_with(self, orders: Iterable[Order]) -> None:
        with self._lock:
            for order in orders:
                self._orders[order.order_id] = order
                if order.broker_id.isdigit():
                    self._ids[int(order.broker_id)] = order.order_id

    def leaves(self, order: Order) -> None:
        with self._lock:
            self._orders[order.order_id] = order
            self._in_flight += 1

    def left(self, order_id: int, number: int | None) -> list[Message]:
        """The call has returned. What waited for it."""
        with self._lock:
            self._in_flight -= 1
            if number is not None:
                self._ids[number] = order_id
            return self._take_waiting()

    def seen(self, number: int) -> list[Message]:
        """The order of a number has been told; trades of it that came before."""
        with self._lock:
            ready = [one for one in self._waiting if one["row"]["order_id"] == number]
            self._waiting = [one for one in self._waiting if one["row"]["order_id"] != number]
            return ready

    def waits(self, message: Message) -> None:
        with self._lock:
            self._waiting.append(message)

    def _take_waiting(self) -> list[Message]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def number_of(self, order: Order) -> int | None:
        with self._lock:
            if order.broker_id.isdigit():
                return int(order.broker_id)
            return next((number for number, order_id in self._ids.items()
                         if order_id == order.order_id), None)

    def id_at(self, number: int) -> int:
        with self._lock:
            return self._ids.get(number, 0)

    def id_of(self, row: Row, *, order: OrderAtBroker | None) -> int | None:
        """Our id of a row; 0: somebody else's; None: it cannot be told yet.

        Args:
            order: what the row says of the whole order; None: the row is a trade.
        """
        number, remark = whole(row["order_id"]), str(row["order_remark"])
        with self._lock:
            order_id = order_id_in(self._tag, remark) if remark else 0
            order_id = order_id or self._ids.get(number, 0)
            if order_id:
                order_id = self._checked(order_id, row, order)
            elif number not in self._ids and (order is None or (self._in_flight and not remark)):
                return None
            self._ids[number] = order_id
            return order_id

    def _checked(self, order_id: int, row: Row, at_broker: OrderAtBroker | None) -> int:
        """0 where a row bears our mark or number and is another order all the same."""
        order = self._orders.get(order_id)
        if order is None:
            return order_id                        # of an earlier run: the core compares it
        same = (same_order(order, at_broker) if at_broker is not None else
                (order.request.symbol, order.request.side) == (row["stock_code"], side_in(row)))
        if not same:
            log.error("the terminal's order %s bears the mark of our order %d and is another one",
                      row["order_id"], order_id)
        return order_id if same else 0
