"""Order management: ids, what is written before and after a send, and what reports become.

A send is three durable steps around one call: INTENT, SENDING, the call, SENT. Whatever stops
the program in between, the journal says how far it came: INTENT was provably not sent, SENDING
has to be asked about, and nothing is ever sent a second time.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from core.exceptions import DataError, OrderError, TradingError
from core.money import to_e4, to_fen
from core.ports import Clock
from core.rules import same_day_resale
from core.types import (
    BrokerReport,
    Fees,
    Instrument,
    KillLevel,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    Refusal,
    Report,
)
from trading.bookkeeper import Bookkeeper
from trading.broker import BrokerInterface
from trading.day_rules import DayRules
from trading.kill_switch import KillSwitch
from trading.ledger import Book, Booking, fill_problem
from trading.matching import binding_limit
from trading.order_fsm import NEXT, Act, step
from trading.records import (
    Entry,
    Payload,
    fees_to,
    refusals_to,
    report_to,
    request_to,
    subtract_fees,
)
from trading.risk import RiskManager
from trading.risk_checks import MANUAL

log = logging.getLogger(__name__)

CRASH_POINTS = ("before_intent", "after_intent", "after_sending", "after_place", "after_sent",
                "before_report", "after_report")
_IN_FLIGHT = frozenset({OrderStatus.SENDING, OrderStatus.SENT, OrderStatus.UNKNOWN})


class OrderManagementSystem:
    """Owns every entry about orders. Used by the trading session, on its thread only."""

    def __init__(
        self, *, books: Bookkeeper, broker: BrokerInterface, rules: DayRules, risk: RiskManager,
        kill: KillSwitch, clock: Clock, on_booking: Callable[[Entry, Payload, Booking], None],
        on_quarantine: Callable[[BrokerReport, str], None], crash_point: Callable[[str], None],
    ) -> None:
        """`crash_point` is called with each name of CRASH_POINTS; drills die there."""
        self._clock, self._on_quarantine = clock, on_quarantine
        self._books, self._broker, self._rules, self._risk = books, broker, rules, risk
        self._kill, self._on_booking, self._crash_point = kill, on_booking, crash_point

    @property
    def _book(self) -> Book:
        return self._books.book

    # ---- out -----------------------------------------------------------------------------------

    def deny(self, request: OrderRequest, refusals: Sequence[Refusal]) -> Order:
        """Write a refused request down, with all reasons."""
        order_id = self._book.last_order_id + 1
        self._record(Entry.ORDER_DENIED, {
            "order_id": order_id, "request": request_to(request),
            "refusals": refusals_to(refusals)})
        return self._book.orders[order_id]

    def send(self, request: OrderRequest, *, reserved_e4: int, judged: Payload) -> Order:
        """Send a checked request.

        Args:
            reserved_e4: what a buy may cost at most, fees included.
            judged: the numbers it was checked by, kept with the intent.

        Returns:
            The order after the call: SENT or what reports made of it, NOT_SENT if the kill
            switch was pulled in between, REJECTED or UNKNOWN if the broker raised.
        """
        order_id = self._book.last_order_id + 1
        self._crash_point("before_intent")
        self._record(Entry.ORDER_INTENT, {
            "order_id": order_id, "request": request_to(request), "reserved_e4": reserved_e4,
            "judged": judged})
        self._crash_point("after_intent")
        self._record(Entry.ORDER_SENDING, {"order_id": order_id})
        self._crash_point("after_sending")
        if not self._killed(order_id):
            self._call(self._book.orders[order_id])
        return self._book.orders[order_id]

    def _killed(self, order_id: int) -> bool:
        """The last look before an order leaves: has somebody asked to stop?"""
        asked = self._kill.requested(self._book.kill_level)
        if asked is None:
            return False
        self.set_kill(asked.level, asked.reason, "kill.request")
        if asked.level is KillLevel.PAUSE and self._is_manual(order_id):
            return False
        self._record(Entry.ORDER_NOT_SENT, {
            "order_id": order_id, "why": f"the kill switch was pulled: {asked.reason}"})
        return True

    def _is_manual(self, order_id: int) -> bool:
        return self._book.orders[order_id].request.source == MANUAL

    def set_kill(self, level: KillLevel, reason: str, by: str) -> None:
        """Set the kill level, durably; from BLOCK on, open orders are cancelled as well."""
        wanted = self._cancellable() if level >= KillLevel.BLOCK else []
        try:
            self._record(Entry.KILL, {"level": int(level), "reason": reason, "by": by})
        except DataError:
            self._cancel_at_broker(wanted)      # what cannot be written can still be stopped
            raise
        self._kill.settle(level)
        self._cancel_at_broker(wanted)          # all at once; the entry above asks for each
        for order in wanted:
            self._record(Entry.CANCEL_ASKED, {"order_id": order.order_id})

    def _call(self, order: Order) -> None:
        try:
            broker_id = self._broker.place(order)
        except OrderError as error:             # surely not taken
            self._record_report(self._own(order, Report.REJECTED, str(error)))
            return
        except (TradingError, OSError, TimeoutError) as error:      # may have been taken
            log.warning("order %d: the broker's answer is missing: %s", order.order_id, error)
            self._record_report(self._own(order, Report.SILENCE, str(error)))
            return
        self._crash_point("after_place")
        self._record(Entry.ORDER_SENT, {"order_id": order.order_id, "broker_id": broker_id})
        self._crash_point("after_sent")

    def cancel(self, order_id: int) -> Order:
        """Ask the broker to cancel. OrderError: no such order, or it has ended."""
        order = self._book.orders.get(order_id)
        if order is None:
            raise OrderError(f"there is no order {order_id}", why="the ledger does not know it",
                             remedy="Look at the list of today's orders")
        step(order.status, Act.ASK_CANCEL)          # refuse before anything is written
        self._record(Entry.CANCEL_ASKED, {"order_id": order_id})
        self._cancel_at_broker([order])
        return self._book.orders[order_id]

    def _cancel_at_broker(self, orders: Iterable[Order]) -> None:
        for order in orders:
            try:
                self._broker.cancel(order)
            except (TradingError, OSError, TimeoutError) as error:
                log.warning("order %d: the cancel was not answered: %s", order.order_id, error)

    def _cancellable(self) -> list[Order]:
        """Open orders whose cancel may be asked for now."""
        return [order for order in self._book.open_orders()
                if (order.status, Act.ASK_CANCEL) in NEXT]

    def cancel_all(self) -> int:
        """How many cancels were asked for."""
        asked = 0
        for order in self._book.open_orders():
            try:
                self.cancel(order.order_id)
            except OrderError:
                continue            # it ended, or its send is not settled yet
            asked += 1
        return asked

    # ---- in ------------------------------------------------------------------------------------

    def take(self, report: BrokerReport) -> None:
        """Book one report of the broker. What cannot be booked is kept in quarantine."""
        self._crash_point("before_report")
        if report.kind is Report.FILL:
            self._take_fill(report)
        elif report.order_id not in self._book.orders:
            self._quarantine(report, f"no order {report.order_id} is known here")
        else:
            self._record_report(report)
        self._crash_point("after_report")

    def _record_report(self, report: BrokerReport) -> None:
        order = self._book.orders[report.order_id]
        try:
            after = step(order.status, report.kind, filled_shares=order.filled_shares,
                         shares=order.request.shares)
        except OrderError as error:
            self._quarantine(report, str(error))
            return
        if after is order.status and (report.broker_id or order.broker_id) == order.broker_id:
            return                                  # said before
        self._record(Entry.REPORT, {
            "order_id": report.order_id, "report": report.kind.value,
            "broker_id": report.broker_id, "text": report.text})

    def _take_fill(self, report: BrokerReport) -> None:
        book, price_cny = self._book, report.price_cny
        order = book.orders.get(report.order_id)
        if order is not None and (
                order.trading_day, self._broker.name, report.trade_id, order.order_id
        ) in book.fills:
            return                                  # a duplicate: booked already
        problem = fill_problem(book, report)
        if order is not None and not problem:
            problem = _illegal(order, report)
        if order is None or price_cny is None or problem:
            self._quarantine(report, problem)
        else:
            self._record(Entry.FILL, self._fill_payload(order, report, price_cny))

    def _fill_payload(self, order: Order, report: BrokerReport, price_cny: Decimal) -> Payload:
        """The fill with what it adds to the order's fees and leaves reserved."""
        instrument = self._rules.instrument(order.request.symbol)
        if instrument is None:
            raise DataError(f"{order.request.symbol} filled and is not known any more",
                            why="it left the reference data while an order was open",
                            remedy="Restore the reference data, then start again")
        side, shares = order.request.side, order.filled_shares + report.shares
        amount_cny = order.amount_cny + to_fen(price_cny * report.shares)
        whole = self._risk.fees(side, instrument, amount_cny, shares, order.trading_day)
        return {
            "order_id": order.order_id, "broker": self._broker.name,
            "broker_id": report.broker_id, "trade_id": report.trade_id, "shares": report.shares,
            "price_e4": to_e4(price_cny), "fees": fees_to(subtract_fees(whole, order.fees)),
            "t0": same_day_resale(instrument, order.trading_day),
            "reserved_e4": self._still_reserved_e4(order, instrument, shares, amount_cny, whole)}

    def _still_reserved_e4(
        self, order: Order, instrument: Instrument, filled: int, amount_cny: Decimal, whole: Fees
    ) -> int:
        """What the open rest of a buy may still cost: at its limit, with the fees it would add."""
        request, left = order.request, order.request.shares - filled
        day = self._rules.of(request.symbol, order.trading_day)
        limit_cny = binding_limit(request.side, request.type, request.limit_cny,
                                  None if day is None else day.band)
        if request.side is OrderSide.SELL or not left:
            return 0
        if limit_cny is None:       # a limit-free day: keep the rest's share of what was held
            held_e4 = self._book.reserved_e4.get(order.order_id, 0)
            return held_e4 * left // max(1, left + filled - order.filled_shares)
        rest_cny = to_fen(limit_cny * left)
        full = self._risk.fees(request.side, instrument, amount_cny + rest_cny, request.shares,
                               order.trading_day)
        return to_e4(rest_cny + full.total_cny - whole.total_cny)

    def _quarantine(self, report: BrokerReport, why: str) -> None:
        """Keep a report that contradicts the book. Nothing is booked; a person has to look."""
        log.error("a report is kept in quarantine: %s", why)
        self._record(Entry.QUARANTINED, {"why": why, "report": report_to(report)})
        self._on_quarantine(report, why)

    # ---- after a restart -----------------------------------------------------------------------

    def settle_intents(self) -> None:
        """What was written down and never sent was provably not sent."""
        for order in self._book.open_orders():
            if order.status is OrderStatus.INTENT:
                self._not_sent(order, "the program stopped before the call was made")

    def settle_in_flight(self, known: Iterable[int]) -> None:
        """Orders whose call may or may not have been made, after the broker's list was booked.

        Args:
            known: ids of the orders that the broker's list names.
        """
        named = set(known)
        for order in self._book.open_orders():
            if order.status not in _IN_FLIGHT or order.order_id in named:
                continue
            if self._broker.capabilities.complete_list and order.status is not OrderStatus.SENT:
                self._not_sent(order, "the broker's complete list does not name it")
            elif order.status is not OrderStatus.UNKNOWN:
                self._record_report(self._own(order, Report.SILENCE, "not in the broker's list"))

    def end_orders_before(self, day: date) -> None:
        """Orders are good for their day. Without a complete list their end has to be proven."""
        for order in self._book.open_orders():
            if order.trading_day < day:
                if order.status is OrderStatus.INTENT:
                    self._not_sent(order, "its day ended before the call was made")
                else:
                    listed = self._broker.capabilities.complete_list
                    end = Report.EXPIRED if listed else Report.SILENCE
                    self._record_report(self._own(order, end, "its day is over"))

    def _not_sent(self, order: Order, why: str) -> None:
        self._record(Entry.ORDER_NOT_SENT, {"order_id": order.order_id, "why": why})

    def _own(self, order: Order, kind: Report, text: str) -> BrokerReport:
        """A report that we make ourselves, in place of the broker's."""
        return BrokerReport(kind=kind, order_id=order.order_id, broker_id=order.broker_id,
                            ts_utc=self._clock.now_utc(), text=text)

    def _record(self, kind: Entry, payload: Payload) -> None:
        self._on_booking(kind, payload, self._books.record(kind, payload))


def _illegal(order: Order, report: BrokerReport) -> str:
    """Why the order cannot take the report; empty if it can."""
    try:
        step(order.status, report.kind)
    except OrderError as error:
        return str(error)
    return ""
