"""Carries out kill levels 3 and 4 step by step, and plans again as obstacles go away.

Level 3 left cancels wanted that the exchange did not take at that moment: they are asked for
again once it does. Level 4 also sells what can be sold, at a protected price in legal lots. The
level is in the ledger, so a restart or a new session goes on where the last one stopped. What
was done, what is stuck and why is journaled whenever it changes.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from core.desk_types import FlattenPlan, Obstacle
from core.events import NoticeEvent
from core.exceptions import TradingError
from core.rules import quantity_step, sell_quantity_ok
from core.types import (
    Bar,
    BrokerReport,
    KillLevel,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    Quote,
    Refusal,
    Report,
)
from trading.attendants import Onlooker
from trading.flatten import BrokerLists, FlattenView, Sale, flatten_plan, sales_now
from trading.kill_switch import FLATTEN_SOURCE
from trading.plan_refusals import most_shares
from trading.records import Entry
from trading.session import TradingSession

log = logging.getLogger(__name__)

_NS_PER_S = 1_000_000_000
_LOOK_EVERY_NS = _NS_PER_S
_ASK_AGAIN_NS = 10 * _NS_PER_S         # between two cancels of one order
_REPRICE_NS = 30 * _NS_PER_S           # how long a sale waits at its price
_OVER = frozenset({Report.REJECTED, Report.CANCELLED, Report.EXPIRED})


class Flattener(Onlooker):
    """An attendant; idle below level 3."""

    def __init__(self, session: TradingSession) -> None:
        self._session = session
        self._clock = session.parts.clock
        self._quotes: dict[str, Quote] = {}
        self._next_ns = 0
        self._asked_ns: dict[int, int] = {}        # when a cancel was last asked for
        self._sent_ns: dict[int, int] = {}         # when a sale was sent
        self._refused: dict[str, str] = {}         # by symbol: why its sale was not sent
        self._said = ""

    def market(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        self._quotes.update((quote.symbol, quote) for quote in quotes)

    def day_opened(self, day: date) -> None:
        self._quotes.clear()
        self._refused.clear()
        self._next_ns = 0                          # a reset may have taken the clock back

    def plan(self) -> FlattenPlan:
        """What flattening would do now; asks the broker where the ledger holds nothing."""
        return flatten_plan(self._view())

    def act(self) -> None:
        level, now_ns = self._session.book.kill_level, self._clock.monotonic_ns()
        if level < KillLevel.BLOCK:
            self._said = ""
            return
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + _LOOK_EVERY_NS
        self._cancel(now_ns)
        if level is KillLevel.FLATTEN:
            self._sell(now_ns)
            self._say(self.plan())

    # ---- steps ---------------------------------------------------------------------------------

    def _cancel(self, now_ns: int) -> None:
        plan = flatten_plan(self._view(ask=False))
        for line in plan.cancels:
            order = self._session.book.orders[line.order_id or 0]
            if line.obstacle is Obstacle.NONE and self._is_wanted(order, now_ns):
                self._asked_ns[order.order_id] = now_ns
                self._session.cancel(order.order_id)

    def _is_wanted(self, order: Order, now_ns: int) -> bool:
        """Not while an answer is awaited or was just refused; our own sales get their time."""
        if order.status is OrderStatus.PENDING_CANCEL:
            return False
        if now_ns - self._asked_ns.get(order.order_id, -_ASK_AGAIN_NS) < _ASK_AGAIN_NS:
            return False
        flattening = self._session.book.kill_level is KillLevel.FLATTEN
        if order.request.source != FLATTEN_SOURCE or not flattening:
            return True
        return now_ns - self._sent_ns.get(order.order_id, -_REPRICE_NS) >= _REPRICE_NS

    def _sell(self, now_ns: int) -> None:
        for sale in sales_now(self._view(ask=False)):
            request, refusals = self._judged(sale)
            most = most_shares(refusals)
            if most is not None and 0 < (shares := self._part(sale, most)) < sale.shares:
                request, refusals = self._judged(replace(sale, shares=shares))
            if refusals:
                self._refused[sale.symbol] = "; ".join(refusal.text for refusal in refusals)
                continue
            self._refused.pop(sale.symbol, None)
            order = self._session.submit(request)
            self._sent_ns[order.order_id] = now_ns

    def _judged(self, sale: Sale) -> tuple[OrderRequest, tuple[Refusal, ...]]:
        request = self._request(sale)
        return request, self._session.preview(request).refusals

    def _part(self, sale: Sale, most: int) -> int:
        """The largest legal sale of at most so many shares; 0: there is none."""
        instrument = self._session.parts.rules.instrument(sale.symbol)
        if instrument is None:
            return 0
        step = quantity_step(instrument.board)
        shares = most // step * step
        sellable = self._session.book.position(sale.symbol).sellable_shares
        return shares if sell_quantity_ok(instrument.board, shares, sellable) else 0

    def _request(self, sale: Sale) -> OrderRequest:
        return OrderRequest(
            symbol=sale.symbol, side=OrderSide.SELL, shares=sale.shares,
            limit_cny=sale.limit_cny, created_utc=self._clock.now_utc(), source=FLATTEN_SOURCE,
            override="kill level 4: flatten")

    def _say(self, plan: FlattenPlan) -> None:
        """Journal the plan when it has changed, and tell when it is proven done."""
        cancels = [f"order {line.order_id}: {line.text}" for line in plan.cancels]
        sales = [f"{line.symbol} {line.shares}: {line.text}" for line in plan.sales]
        sales += [f"{symbol} was not sold: {why}" for symbol, why in self._refused.items()]
        said = "\n".join((*cancels, *sales, plan.proof))
        if said == self._said:
            return
        self._session.record(Entry.DECISION, {
            "what": "flatten", "why": plan.proof, "by": FLATTEN_SOURCE, "flat": plan.flat,
            "cancels": cancels, "sales": sales})
        self._said = said
        if plan.flat:
            self._session.parts.publish(
                NoticeEvent("WARNING", f"The account is flat: {plan.proof}"))

    # ---- what the plan is made from ------------------------------------------------------------

    def _view(self, *, ask: bool = True) -> FlattenView:
        session = self._session
        book = session.book
        empty = not book.open_ids and not any(p.held_shares for p in book.positions.values())
        return FlattenView(
            now_utc=self._clock.now_utc(), book=book, quotes=self._quotes,
            symbol_day=lambda symbol: session.parts.rules.of(symbol, book.day),
            calendar=session.parts.calendar,
            lists=self._lists() if ask and empty else None)

    def _lists(self) -> BrokerLists:
        """Ask the broker. A list that fails is missing, which proves nothing."""
        broker = self._session.parts.broker
        offers, complete = broker.capabilities.positions, broker.capabilities.complete_list
        try:
            still_open = tuple(
                f"{report.broker_id or report.order_id} ({report.kind.name})"
                for report in broker.query_orders() if self._may_fill(report))
            held = None if not offers else {
                row.symbol: row.held_shares for row in broker.query_positions() if row.held_shares}
        except (TradingError, OSError, TimeoutError) as error:
            return BrokerLists(open_orders=None, held_shares=None, complete=complete,
                               offers_positions=offers, trouble=str(error))
        return BrokerLists(open_orders=still_open, held_shares=held, complete=complete,
                           offers_positions=offers)

    def _may_fill(self, report: BrokerReport) -> bool:
        """Whether the broker's newest word leaves an order open; one we do not know may be."""
        about = report.about
        if report.kind in _OVER or (about is not None and about.filled_shares >= about.shares):
            return False
        order = self._session.book.orders.get(report.order_id)
        filled = order is not None and order.status is OrderStatus.FILLED
        return not (filled and report.kind is Report.FILL)
