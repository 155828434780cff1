"""What this account did on the trading day, from the journal: sends, cancels, rejects, trades.

Told of every entry as it becomes durable, and at a start of the day's entries once more, so no
counter forgets anything with the program. It begins anew with the exchange's trading day, which
DAY_OPENED names, never with a clock's midnight. Durations are on the monotonic clock.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.money import fen_half_up_e4, from_e4
from core.types import Order, OrderRequest, OrderSide, Report
from trading.conduct_checks import REPEAT_WINDOW_S
from trading.records import Entry, Payload

NS = 1_000_000_000
SECOND_NS, MINUTE_NS, RECENT_NS = NS, 60 * NS, 300 * NS
QUICK_CANCEL_NS = SECOND_NS
DAY_BEGINS = frozenset({Entry.DAY_OPENED, Entry.ACCOUNT_RESET, Entry.ACCOUNT_OPENED})
_OF_ORDERS = frozenset({
    Entry.ORDER_SENDING, Entry.CANCEL_ASKED, Entry.REPORT, Entry.FILL})
Likeness = tuple[str, OrderSide, int, Decimal | None]


@dataclass(frozen=True, slots=True)
class _Trade:
    at_ns: int
    side: OrderSide
    shares: int
    amount_e4: int


class Conduct:
    """Counters of one account and day. Owned by the trading thread."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._sent: list[int] = []                 # moments, ascending
        self._messages: list[int] = []             # orders and cancels
        self._rejects: list[int] = []
        self._sent_at: dict[int, int] = {}         # order id -> moment
        self._last_like: dict[Likeness, tuple[int, int, int]] = {}     # order id, moment, plan
        self._cancelled: set[int] = set()
        self._trades: dict[str, deque[_Trade]] = defaultdict(deque)
        self.quick_cancels = 0
        self.peak_second = 0                       # most messages within a second

    # ---- what happened -------------------------------------------------------------------------

    def note(self, kind: str, payload: Payload, orders: Mapping[int, Order], at_ns: int) -> None:
        """One durable entry of the journal, in its order."""
        if kind in DAY_BEGINS:
            self._clear()
        if kind not in _OF_ORDERS or payload["order_id"] not in orders:
            return                                 # not about orders of this account
        order = orders[payload["order_id"]]
        if kind == Entry.ORDER_SENDING:
            self._note_sent(order, at_ns)
        elif kind == Entry.CANCEL_ASKED:
            self._note_cancel(order.order_id, at_ns)
        elif kind == Entry.FILL:
            self._note_trade(order.request, payload, at_ns)
        elif payload["report"] == Report.REJECTED.value:
            self._rejects.append(at_ns)

    def _note_sent(self, order: Order, at_ns: int) -> None:
        self._sent.append(at_ns)
        self._sent_at[order.order_id] = at_ns
        self._last_like[_likeness(order.request)] = (
            order.order_id, at_ns, order.request.plan_id)
        self._note_message(at_ns)

    def _note_cancel(self, order_id: int, at_ns: int) -> None:
        self._note_message(at_ns)
        if order_id in self._cancelled:
            return                                 # asked again: one cancel
        self._cancelled.add(order_id)
        sent_ns = self._sent_at.get(order_id)
        self.quick_cancels += sent_ns is not None and at_ns - sent_ns <= QUICK_CANCEL_NS

    def _note_message(self, at_ns: int) -> None:
        self._messages.append(at_ns)
        self.peak_second = max(self.peak_second, _since(self._messages, at_ns - SECOND_NS))

    def _note_trade(self, request: OrderRequest, payload: Payload, at_ns: int) -> None:
        trades = self._trades[request.symbol]
        trades.append(_Trade(at_ns, request.side, payload["shares"],
                             fen_half_up_e4(payload["price_e4"] * payload["shares"], 1)))
        while trades[0].at_ns <= at_ns - RECENT_NS:
            trades.popleft()

    # ---- what follows --------------------------------------------------------------------------

    def sent(self, now_ns: int, window_ns: int | None = None) -> int:
        """Orders that left within the window before now; None: today."""
        return len(self._sent) if window_ns is None else _since(self._sent, now_ns - window_ns)

    def messages(self, now_ns: int, window_ns: int | None = None) -> int:
        """Orders and cancels; the window as in `sent`."""
        if window_ns is None:
            return len(self._messages)
        return _since(self._messages, now_ns - window_ns)

    @property
    def cancels(self) -> int:
        """Orders of today that somebody asked to cancel."""
        return len(self._cancelled)

    def rejects(self, now_ns: int, window_ns: int = MINUTE_NS) -> int:
        """Orders that the broker rejected within the window before now."""
        return _since(self._rejects, now_ns - window_ns)

    def repeat_of(self, request: OrderRequest, now_ns: int) -> int | None:
        """The same symbol, side, quantity and price that left within five seconds; its order.

        Slices of one plan are alike by design: their keys and the cap of the plan tell them
        from an order that was sent twice.
        """
        known = self._last_like.get(_likeness(request))
        if known is None:
            return None
        order_id, at_ns, plan_id = known
        of_one_plan = request.plan_id != 0 and request.plan_id == plan_id
        return order_id if now_ns - at_ns < REPEAT_WINDOW_S * NS and not of_one_plan else None

    def traded_shares(self, symbol: str, side: OrderSide, now_ns: int) -> int:
        """Own trades of the symbol and side within the last minute."""
        return sum(trade.shares for trade in self._trades.get(symbol, ())
                   if trade.side is side and trade.at_ns > now_ns - MINUTE_NS)

    def traded_cny(self, symbol: str, now_ns: int) -> Decimal:
        """Amount of own trades of the symbol, both sides, within the last five minutes."""
        return from_e4(sum(trade.amount_e4 for trade in self._trades.get(symbol, ())
                           if trade.at_ns > now_ns - RECENT_NS))


def _likeness(request: OrderRequest) -> Likeness:
    return request.symbol, request.side, request.shares, request.limit_cny


def _since(moments: list[int], after_ns: int) -> int:
    """How many lie after a moment. Those of a clock that ran ahead count as just now."""
    return len(moments) - bisect_right(moments, after_ns)
