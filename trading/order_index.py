"""What a book's open orders come to, without looking at all of them. Kept by the book itself."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from core.types import FINAL_STATUSES, Order, OrderSide, OrderStatus

# These provably never left: nothing of a plan was spent on them.
_NEVER_LEFT = frozenset({OrderStatus.DENIED, OrderStatus.NOT_SENT})


@dataclass(slots=True)
class OpenSide:
    """The open orders of one symbol and side."""

    shares: int = 0                    # their open rest
    waiting_cny: Decimal = Decimal(0)  # of those with a limit: limit times open rest
    unpriced_shares: int = 0           # of those without one
    unknown: dict[int, None] = field(default_factory=dict)     # ids of unproven fate
    by_limit: dict[Decimal | None, dict[int, None]] = field(default_factory=dict)

    def best(self, side: OrderSide) -> tuple[int, Decimal | None] | None:
        """(id, limit) of the order that an opposite one would meet first; None: there is none."""
        if not self.by_limit:
            return None
        limits = [limit for limit in self.by_limit if limit is not None]
        best = None
        if None not in self.by_limit:
            best = max(limits) if side is OrderSide.BUY else min(limits)
        return next(iter(self.by_limit[best])), best

    def add(self, order: Order, sign: int) -> None:
        limit_cny, open_shares = order.request.limit_cny, order.open_shares
        self.shares += sign * open_shares
        if limit_cny is None:
            self.unpriced_shares += sign * open_shares
        else:
            self.waiting_cny += sign * limit_cny * open_shares
        ids = self.by_limit.setdefault(limit_cny, {})
        if sign > 0:
            ids[order.order_id] = None
        else:
            ids.pop(order.order_id, None)
        if not ids:
            del self.by_limit[limit_cny]
        if order.status is OrderStatus.UNKNOWN and sign > 0:
            self.unknown[order.order_id] = None
        else:
            self.unknown.pop(order.order_id, None)


class OrderIndex:
    """Open orders by symbol and side, and what was ever sent for each plan."""

    def __init__(self) -> None:
        self._open: dict[str, dict[int, Order]] = {}
        self._sides: dict[tuple[str, OrderSide], OpenSide] = {}
        self._sent: dict[tuple[int, OrderSide], int] = defaultdict(int)

    def take(self, old: Order | None, new: Order) -> None:
        """An order has changed; `old` None: it is new."""
        symbol, side = new.request.symbol, new.request.side
        known = self._open.get(symbol, {}).pop(new.order_id, None)
        if known is not None:
            self.side(symbol, side).add(known, -1)
        if new.status not in FINAL_STATUSES:
            self._open.setdefault(symbol, {})[new.order_id] = new
            self._sides.setdefault((symbol, side), OpenSide()).add(new, +1)
        elif symbol in self._open and not self._open[symbol]:
            del self._open[symbol]
        if new.request.plan_id:
            key = new.request.plan_id, side
            self._sent[key] += _sent(new) - (0 if old is None else _sent(old))

    def open_in(self, symbol: str) -> Iterable[int]:
        """Ids of the open orders of a symbol."""
        return sorted(self._open.get(symbol, ()))

    def symbols(self) -> Iterable[str]:
        """Symbols that have an open order."""
        return self._open.keys()

    def side(self, symbol: str, side: OrderSide) -> OpenSide:
        """What the open orders of a symbol and side come to. To be read only."""
        return self._sides.get((symbol, side)) or OpenSide()

    def sent_for(self, plan_id: int, side: OrderSide) -> int:
        """Shares of all orders of one side that ever left for a plan, whatever became of them."""
        return self._sent.get((plan_id, side), 0)


def _sent(order: Order) -> int:
    return 0 if order.status in _NEVER_LEFT else order.request.shares
