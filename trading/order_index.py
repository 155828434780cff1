"""Where the orders of a book are found without looking at all of them. Kept by the book itself."""

from collections import defaultdict
from collections.abc import Iterable

from core.types import FINAL_STATUSES, Order, OrderSide, OrderStatus

# These provably never left: nothing of a plan was spent on them.
_NEVER_LEFT = frozenset({OrderStatus.DENIED, OrderStatus.NOT_SENT})


class OrderIndex:
    """Open orders by symbol, and what was ever sent for each plan."""

    def __init__(self) -> None:
        self._open: dict[str, dict[int, None]] = {}
        self._sent: dict[tuple[int, OrderSide], int] = defaultdict(int)

    def take(self, old: Order | None, new: Order) -> None:
        """An order has changed; `old` None: it is new."""
        symbol, order_id = new.request.symbol, new.order_id
        if new.status not in FINAL_STATUSES:
            self._open.setdefault(symbol, {})[order_id] = None
        elif symbol in self._open:
            self._open[symbol].pop(order_id, None)
            if not self._open[symbol]:
                del self._open[symbol]
        if new.request.plan_id:
            key = new.request.plan_id, new.request.side
            self._sent[key] += _sent(new) - (0 if old is None else _sent(old))

    def open_in(self, symbol: str) -> Iterable[int]:
        """Ids of the open orders of a symbol, in the order they were entered."""
        return tuple(self._open.get(symbol, ()))

    def symbols(self) -> Iterable[str]:
        """Symbols that have an open order."""
        return self._open.keys()

    def sent_for(self, plan_id: int, side: OrderSide) -> int:
        """Shares of all orders of one side that ever left for a plan, whatever became of them."""
        return self._sent.get((plan_id, side), 0)


def _sent(order: Order) -> int:
    return 0 if order.status in _NEVER_LEFT else order.request.shares
