"""Order management: ids, what is written before and after a send, and what reports become.

A send is three durable steps around one call: INTENT, SENDING, the call, SENT. Whatever stops
the program in between, the journal says how far it came: INTENT was provably not sent, SENDING
has to be asked about, and nothing is ever sent a second time. An order that could not leave
before its deadline does not leave at all.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from core.desk_types import CaseKind
from core.exceptions import DataError, OrderError
from core.money import to_e4, to_fen
from core.ports import Clock
from core.rules import same_day_resale, to_shanghai
from core.types import (
    FINAL_STATUSES,
    BrokerReport,
    Fees,
    Instrument,
    KillLevel,
    Order,
    OrderAtBroker,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Refusal,
    Report,
)
from trading.bookkeeper import Bookkeeper
from trading.broker import BrokerInterface
from trading.cases import Difference, opening, was_seen
from trading.day_rules import DayRules
from trading.fill_checks import cleaned, clock_doubt, fill_doubt, fingerprint, is_about
from trading.kill_switch import KillSwitch
from trading.ledger import Book, Booking, fill_problem
from trading.matching import binding_limit
from trading.order_fsm import NEXT, Act, step
from trading.records import (
    MOST_PRICE_CNY,
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

# Where a drill may die: every step between two durable ones, of each path through the core.
CRASH_POINTS = (
    "before_intent", "after_intent", "after_sending", "before_place", "after_place", "after_sent",
    "before_cancel", "after_cancel_asked", "after_cancel",
    "before_report", "after_report", "before_fill", "after_fill",
    "before_kill", "after_kill", "after_kill_cancels",
    "before_day_end", "before_day_roll", "after_day_roll")
PERSON, KILL = "a person", "kill"   # who wants a cancel
EXTERNAL = "external"               # source of an order that somebody entered elsewhere
_IN_FLIGHT = frozenset({OrderStatus.SENDING, OrderStatus.SENT, OrderStatus.UNKNOWN})
_NS_PER_S = 1_000_000_000
_MOST_STRANGERS = 1_000


class OrderManagementSystem:
    """Owns every entry about orders. Used by the trading session, on its thread only."""

    def __init__(
        self, *, books: Bookkeeper, broker: BrokerInterface, rules: DayRules, risk: RiskManager,
        kill: KillSwitch, clock: Clock, on_booking: Callable[[Entry, Payload, Booking], None],
        on_quarantine: Callable[[BrokerReport, str], None], on_notice: Callable[[str, str], None],
        crash_point: Callable[[str], None], stopwatch_ns: Callable[[], int],
        send_deadline_s: int, extras: Callable[[Order, int], Payload],
    ) -> None:
        """
        Args:
            on_notice: told a severity and what a person should read.
            crash_point: called with each name of CRASH_POINTS; drills die there.
            stopwatch_ns: a monotonic clock, for send deadlines.
            extras: what a fill of so many shares brings besides: tax due, ex-dates it missed.
        """
        self._extras = extras
        self._clock, self._on_quarantine, self._on_notice = clock, on_quarantine, on_notice
        self._stopwatch_ns, self._send_deadline_s = stopwatch_ns, send_deadline_s
        # Reports about orders that nobody entered here. Who reads the broker's lists sets
        # `holds_strangers`; then they wait for the list that explains them.
        self.holds_strangers = False
        self._strangers: dict[str, BrokerReport] = {}
        self._by_broker_id: dict[str, int] = {}
        self._earlier: dict[str, int] = {}      # the same, of days that are over
        self._clock_told: date | None = None
        self._books, self._broker, self._rules, self._risk = books, broker, rules, risk
        self._kill, self._on_booking, self._crash_point = kill, on_booking, crash_point
        self.reindex()

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

    def send(
        self, request: OrderRequest, *, reserved_e4: int, judged: Payload,
        asked_ns: int | None = None,
    ) -> Order:
        """Send a checked request.

        Args:
            reserved_e4: what a buy may cost at most, fees included.
            judged: the numbers it was checked by, kept with the intent.
            asked_ns: when it was asked for, on the stopwatch; None: just now.

        Returns:
            The order after the call: SENT or what reports made of it, DENIED if its key was used
            before, NOT_SENT if the kill switch was pulled in between or it is too late, REJECTED
            or UNKNOWN if the broker raised.
        """
        used = self._book.by_key.get(request.key) if request.key else None
        if used is not None:
            return self.deny(request, (_used_key(request.key, used),))
        asked_ns = self._stopwatch_ns() if asked_ns is None else asked_ns
        order_id = self._book.last_order_id + 1
        self._crash_point("before_intent")
        self._record(Entry.ORDER_INTENT, {
            "order_id": order_id, "request": request_to(request), "reserved_e4": reserved_e4,
            "judged": judged, "deadline_s": self._send_deadline_s})
        self._crash_point("after_intent")
        self._record(Entry.ORDER_SENDING, {"order_id": order_id})
        self._crash_point("after_sending")
        if not self._killed(order_id) and not self._is_late(order_id, asked_ns):
            self._call(self._book.orders[order_id])
        return self._book.orders[order_id]

    def _is_late(self, order_id: int, asked_ns: int) -> bool:
        """What waited, behind a slow machine or a broken line, is not sent into another market."""
        waited_ns = self._stopwatch_ns() - asked_ns
        if waited_ns <= self._send_deadline_s * _NS_PER_S:
            return False
        self._not_sent(self._book.orders[order_id],
                       f"it waited {waited_ns // _NS_PER_S} s, longer than its deadline of "
                       f"{self._send_deadline_s} s; enter it again if it is still wanted")
        return True

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
        """Set the kill level, durably, and cancel the open orders that it forbids: the purchases
        at REDUCE_ONLY, every one from BLOCK on.
        """
        wanted = [order for order in self._cancellable() if _forbidden(level, order)]
        self._crash_point("before_kill")
        try:
            self._record(Entry.KILL, {"level": int(level), "reason": reason, "by": by})
        except DataError:
            self._cancel_at_broker(wanted)      # what cannot be written can still be stopped
            raise
        self._kill.settle(level)
        self._crash_point("after_kill")
        self._cancel_at_broker(wanted)          # all at once; the entry above asks for each
        self._crash_point("after_kill_cancels")
        with self._books.group():
            for order in wanted:
                self._record(Entry.CANCEL_ASKED, {"order_id": order.order_id, "by": KILL})

    def _call(self, order: Order) -> None:
        self._crash_point("before_place")
        try:
            broker_id = self._broker.place(order)
        except OrderError as error:
            self._refused(order.order_id, str(error))
            return
        except Exception as error:      # whatever it was, the order may have been taken
            log.exception("order %d: the broker's answer is missing", order.order_id)
            self.silence(order.order_id, str(error))
            return
        self._crash_point("after_place")
        doubt = self._id_doubt(order.order_id, broker_id)
        if doubt:
            self.silence(order.order_id, doubt)
            return
        self._record(Entry.ORDER_SENT, {"order_id": order.order_id, "broker_id": broker_id})
        self._crash_point("after_sent")

    def _refused(self, order_id: int, text: str) -> None:
        """The call said no. From some brokers, and after any report, that proves nothing."""
        order = self._book.orders[order_id]
        if self._broker.capabilities.refusals_are_proof and order.status is OrderStatus.SENDING:
            self._record_report(order, self._own(order, Report.REJECTED, text))
        else:
            self.silence(order_id, f"refused, which this broker's word does not prove: {text}")

    def _id_doubt(self, order_id: int, broker_id: object) -> str:
        """Why the id that the call returned cannot be this order's; empty if it can."""
        if not isinstance(broker_id, str) or not broker_id.strip():
            return f"the broker returned {broker_id!r} for an id"
        owner = self._named(broker_id)
        if owner is None or owner.order_id == order_id:
            return ""
        return f"the broker returned the id {broker_id} of order {owner.order_id}"

    def cancel(self, order_id: int, by: str = PERSON) -> Order:
        """Ask the broker to cancel. The wish is durable and is carried out when it can be.

        Raises:
            OrderError: no such order, or it has ended.
        """
        order = self._book.orders.get(order_id)
        if order is None:
            raise OrderError(f"there is no order {order_id}", why="the ledger does not know it",
                             remedy="Look at the list of today's orders")
        if order.status is OrderStatus.INTENT:
            self._not_sent(order, "it was taken back before it was sent")
            return self._book.orders[order_id]
        step(order.status, Act.ASK_CANCEL)          # refuse before anything is written
        self._crash_point("before_cancel")
        self._record(Entry.CANCEL_ASKED, {"order_id": order_id, "by": by})
        self._crash_point("after_cancel_asked")
        self._cancel_at_broker([order])
        self._crash_point("after_cancel")
        return self._book.orders[order_id]

    def ask_again(self, order_id: int) -> None:
        """Repeat a cancel that is still wanted and was refused, too early or not answered."""
        order = self._book.orders[order_id]
        if order.status in (OrderStatus.PENDING_CANCEL, OrderStatus.UNKNOWN):
            self._cancel_at_broker([order])         # the wish is written down already
        else:
            wish = self._book.state_of(Entry.CANCEL_ASKED).get(str(order_id), {})
            self.cancel(order_id, wish.get("by") or KILL)

    def wanted_cancels(self) -> list[Order]:
        """Open orders that somebody wants gone: a person, a plan, or the kill switch."""
        wishes = self._book.state_of(Entry.CANCEL_ASKED)
        level = self._book.kill_level
        return [order for order in self._book.open_orders()
                if _forbidden(level, order)
                or wishes.get(str(order.order_id), {"by": KILL})["by"] != KILL]

    def _cancel_at_broker(self, orders: Iterable[Order]) -> None:
        for order in orders:
            if order.status is OrderStatus.SENDING:
                continue                            # the broker has no name for it yet
            try:
                self._broker.cancel(order)
            except Exception:       # a cancel that failed is asked again; it must stop no other
                log.warning("order %d: the cancel was not answered", order.order_id,
                            exc_info=True)

    def _cancellable(self) -> list[Order]:
        """Open orders whose cancel may be asked for now."""
        return [order for order in self._book.open_orders()
                if (order.status, Act.ASK_CANCEL) in NEXT
                and order.status is not OrderStatus.INTENT]

    def cancel_all(self, by: str = PERSON) -> int:
        """How many cancels were asked for."""
        wanted = self._book.open_orders()
        for order in wanted:
            if self._book.orders[order.order_id].status not in FINAL_STATUSES:
                self.cancel(order.order_id, by)     # the broker may answer within an earlier call
        return len(wanted)

    # ---- in ------------------------------------------------------------------------------------

    def take(self, report: BrokerReport) -> None:
        """Book one report of the broker. What cannot be booked is kept in quarantine."""
        self._crash_point("before_report")
        report = cleaned(report)
        self._look_at_clock(report)
        order = self.order_of(report)
        if order is None:
            self._take_stranger(report)
        elif report.kind is Report.FILL:
            self._take_fill(order, replace(report, order_id=order.order_id))
        else:
            self._record_report(order, report)
        self._crash_point("after_report")

    def order_of(self, report: BrokerReport) -> Order | None:
        """The order that a report is about: by the broker's own id, else by ours.

        None: no order is known by it. A remark that was used twice names an order which the
        broker knows under another id; such a report is not about that order.
        """
        named = self._named(report.broker_id)
        if named is not None:
            return named
        order = self._book.orders.get(report.order_id)
        if order is None or (report.broker_id and order.broker_id not in ("", report.broker_id)):
            return self._of_earlier_day(report)
        return order

    def _of_earlier_day(self, report: BrokerReport) -> Order | None:
        """The order of a day that is over which a report repeats. A list may go on naming them
        long after midnight; they must not be taken for new ones. The id alone says nothing:
        it may be used again.
        """
        order = self._book.orders.get(self._earlier.get(report.broker_id, 0))
        if (order is None or order.broker_id != report.broker_id
                or order.trading_day >= self._book.day or not is_about(order, report.about)):
            return None
        moment = report.ts_utc if report.about is None else report.about.entered_utc
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            return order                # undated: what it is about has to do
        return order if to_shanghai(moment).date() <= order.trading_day else None

    def _named(self, broker_id: str) -> Order | None:
        order = self._book.orders.get(self._by_broker_id.get(broker_id, 0))
        return order if order is not None and order.broker_id == broker_id else None

    def reindex(self) -> None:
        """The book is another one: learn the broker's ids of today's and open orders again."""
        if self._book.cash is None:
            return
        known = (*self._book.open_orders(), *self._book.orders_of(self._book.day))
        if not self._broker.capabilities.in_process:
            self._earlier |= self._by_broker_id
            self._earlier |= {order.broker_id: order.order_id for order in reversed(
                self._book.orders_before(self._book.day)) if order.broker_id}
        self._by_broker_id = {order.broker_id: order.order_id for order in known
                              if order.broker_id}

    def _take_stranger(self, report: BrokerReport) -> None:
        if report.kind is not Report.FILL and report.broker_id in self._earlier:
            return                      # of a day that is over; a list tells if it is a new order
        if not self.holds_strangers or len(self._strangers) >= _MOST_STRANGERS:
            self._quarantine(report, f"no order {report.order_id or report.broker_id} is known "
                                     "here", None)
        else:
            self._strangers[fingerprint(report)] = report

    def retake_strangers(self) -> int:
        """Try again what was about orders nobody knew, after a list; how many stay unexplained."""
        waiting, self._strangers = self._strangers, {}
        for report in waiting.values():
            self.take(report)
        return len(self._strangers)

    def give_strangers_up(self) -> None:
        """No list explains them: they go to quarantine."""
        waiting, self._strangers = self._strangers, {}
        for report in waiting.values():
            self._quarantine(report, f"no order {report.order_id or report.broker_id} is known "
                                     "here, and the broker's list does not name it", None)

    def _look_at_clock(self, report: BrokerReport) -> None:
        doubt = clock_doubt(report, self._clock.now_utc())
        if doubt and self._clock_told != self._book.day:
            self._clock_told = self._book.day
            self._on_notice("WARNING", doubt)

    def _record_report(self, order: Order, report: BrokerReport) -> None:
        try:
            after = step(order.status, report.kind, filled_shares=order.filled_shares,
                         shares=order.request.shares)
        except OrderError as error:
            self._quarantine(report, str(error), order)
            return
        if after is order.status and (report.broker_id or order.broker_id) == order.broker_id:
            return                                  # said before
        self._record(Entry.REPORT, {
            "order_id": order.order_id, "report": report.kind.value,
            "broker_id": report.broker_id, "text": report.text})

    def _take_fill(self, order: Order, report: BrokerReport) -> None:
        book, price_cny = self._book, report.price_cny
        if (order.trading_day, self._broker.name, report.trade_id, order.order_id) in book.fills:
            return                                  # a duplicate: booked already
        instrument = self._rules.instrument(order.request.symbol)
        problem = fill_problem(book, report) or _illegal(order, report)
        if not report.trade_id:
            problem = "a fill without the broker's trade id cannot be told from its repetition"
        if instrument is None:
            problem = f"{order.request.symbol} is not in the reference data, so it has no fees"
        if instrument is None or price_cny is None or problem:
            self._quarantine(report, problem, order)
            return
        self._crash_point("before_fill")
        self._record(Entry.FILL, self._fill_payload(order, report, price_cny, instrument)
                     | self._fill_case(order, report, price_cny))
        self._crash_point("after_fill")

    def _fill_case(self, order: Order, report: BrokerReport, price_cny: Decimal) -> Payload:
        """The case that a booked fill opens, if something about it is odd."""
        request = order.request
        doubt = fill_doubt(order, price_cny, self._rules.of(request.symbol, order.trading_day))
        if order.status is OrderStatus.NOT_SENT:
            doubt = "the order was believed never to have reached the broker"
        if not doubt:
            return {}
        return self._case(Difference(
            kind=CaseKind.TRADE, symbol=request.symbol, order_id=order.order_id,
            ours=order.status.value, theirs=f"{report.shares} at {price_cny}",
            seen=fingerprint(report),
            text=f"Trade {report.trade_id} of order {order.order_id} was booked although {doubt}; "
                 "compare it with the broker's statement"))

    def _case(self, found: Difference) -> Payload:
        case = opening(self._book, found, self._books.seq + 1, self._clock.now_utc())
        return {} if case is None else {"case": case}

    def _fill_payload(
        self, order: Order, report: BrokerReport, price_cny: Decimal, instrument: Instrument
    ) -> Payload:
        """The fill with what it adds to the order's fees and leaves reserved."""
        side, shares = order.request.side, order.filled_shares + report.shares
        amount_cny = order.amount_cny + to_fen(price_cny * report.shares)
        whole = self._risk.fees(side, instrument, amount_cny, shares, order.trading_day)
        return {
            "order_id": order.order_id, "broker": self._broker.name,
            "broker_id": report.broker_id, "trade_id": report.trade_id, "shares": report.shares,
            "price_e4": to_e4(price_cny), "fees": fees_to(subtract_fees(whole, order.fees)),
            "t0": same_day_resale(instrument, order.trading_day),
            "reserved_e4": self._still_reserved_e4(order, instrument, shares, amount_cny, whole),
            **self._extras(order, report.shares)}

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

    def _quarantine(self, report: BrokerReport, why: str, order: Order | None) -> None:
        """Keep a report that contradicts the book: nothing is booked, a person has to look.

        The case is opened by the same entry. What is in quarantine already is not kept twice.
        """
        symbol = "" if order is None else order.request.symbol
        found = Difference(
            kind=CaseKind.REPORT, symbol=symbol,
            order_id=0 if order is None else order.order_id,
            ours="no such order" if order is None else order.status.value,
            theirs=f"{report.kind.value} {report.trade_id} {report.shares} at {report.price_cny}",
            freezes=order is not None or report.kind is Report.FILL, seen=fingerprint(report),
            text=f"A report of the broker was not booked: {why}; compare the order with the "
                 "broker's own list, then close this case with what you found")
        if was_seen(self._book, found):
            return
        log.error("a report is kept in quarantine: %s", why)
        self._record(Entry.QUARANTINED,
                     {"why": why, "report": report_to(report)} | self._case(found))
        self._on_quarantine(report, why)

    # ---- what the broker's lists prove ---------------------------------------------------------

    def adopt(self, row: BrokerReport) -> Order | None:
        """Take over an order of the broker's list that was entered elsewhere, by a person or
        another program. It counts in reservations and limits, and we may cancel it.

        None: the row does not say what the order is; it is kept in quarantine.
        """
        row, order_id = cleaned(row), self._book.last_order_id + 1
        try:
            order = self._stranger(row, order_id)
        except (ValueError, TypeError, ArithmeticError) as error:
            self._quarantine(row, f"the broker's list holds an order that cannot be: {error}",
                             None)
            return None
        self._record(Entry.ORDER_ADOPTED, {
            "order_id": order_id, "request": request_to(order.request),
            "broker_id": row.broker_id, "reserved_e4": self._open_rest_e4(order)})
        return self._book.orders[order_id]

    def _stranger(self, row: BrokerReport, order_id: int) -> Order:
        about = row.about
        if about is None:
            raise ValueError("it does not say of what")
        _refuse_unwritable(about)
        request = OrderRequest(
            symbol=about.symbol, side=about.side, shares=about.shares, limit_cny=about.limit_cny,
            type=about.type, created_utc=about.entered_utc or self._clock.now_utc(),
            tag=cleaned(replace(row, text=about.remark)).text, source=EXTERNAL)
        return Order(order_id=order_id, request=request, trading_day=self._book.day,
                     status=OrderStatus.LIVE)

    def rename(self, order: Order, row: BrokerReport) -> None:
        """The call returned an id that the broker's list does not know; it names ours another."""
        self._record_report(order, replace(row, kind=Report.ACK, order_id=order.order_id))

    def reopen(self, order: Order, row: BrokerReport, found: Difference) -> None:
        """We thought it had ended, and the broker's list proves that it lives."""
        self._record(Entry.ORDER_REOPENED, {
            "order_id": order.order_id, "broker_id": row.broker_id,
            "reserved_e4": self._open_rest_e4(order)} | self._case(found))
        self._on_notice("ERROR", found.text)

    def _open_rest_e4(self, order: Order) -> int:
        """What the rest of an order may still cost, where nothing is reserved for it yet."""
        request, left = order.request, order.request.shares - order.filled_shares
        instrument = self._rules.instrument(request.symbol)
        day = self._rules.of(request.symbol, order.trading_day)
        limit_cny = request.limit_cny or binding_limit(
            request.side, request.type, None, None if day is None else day.band)
        if request.side is OrderSide.SELL or limit_cny is None:
            return 0
        if instrument is None:
            return to_e4(to_fen(limit_cny * left))
        return self._still_reserved_e4(
            order, instrument, order.filled_shares, order.amount_cny, order.fees)

    def open_case(self, found: Difference) -> None:
        """Open a case about a difference, unless it is open or accepted already."""
        case = opening(self._book, found, self._books.seq + 1, self._clock.now_utc())
        if case is not None:
            self._record(Entry.CASE, case | {"why": found.text, "by": "the core"})
            self._on_notice("ERROR", found.text)

    def silence(self, order_id: int, text: str) -> None:
        """Nobody knows what became of it: it is asked about, and never sent again."""
        order = self._book.orders[order_id]
        if (order.status, Report.SILENCE) in NEXT:
            self._record_report(order, self._own(order, Report.SILENCE, text))

    def end_by(self, order_id: int, text: str) -> None:
        """An order of an earlier day whose end is proven by other means than its own report."""
        order = self._book.orders[order_id]
        if order.status not in FINAL_STATUSES:
            self._record_report(order, self._own(order, Report.EXPIRED, text))

    def prove_not_sent(self, order_id: int, why: str) -> None:
        self._not_sent(self._book.orders[order_id], why)

    # ---- after a restart -----------------------------------------------------------------------

    def settle_intents(self) -> None:
        """What was written down and never sent was provably not sent."""
        for order in self._book.open_orders():
            if order.status is OrderStatus.INTENT:
                self._not_sent(order, "the program stopped before the call was made")

    def settle_in_flight(self, known: Iterable[int], *, settled: bool) -> None:
        """Orders whose call may or may not have been made, after the broker's list was booked.

        Args:
            known: ids of the orders that the broker's list names.
            settled: the list was asked long enough after the call to name it.
        """
        named = set(known)
        proof = settled and self._broker.capabilities.complete_list
        for order in self._book.open_orders():
            if order.status not in _IN_FLIGHT or order.order_id in named:
                continue
            if proof and self._may_never_have_left(order):
                self._not_sent(order, "the broker's complete list does not name it")
            elif order.status is not OrderStatus.UNKNOWN:
                self.silence(order.order_id, "it is not in the broker's list")

    def _may_never_have_left(self, order: Order) -> bool:
        """Whether today's list can prove that. Not of an order that the broker has named or
        filled before, and not of one of another day, which no list of today names.
        """
        if order.status is OrderStatus.SENT or order.filled_shares:
            return False
        return self._broker.capabilities.in_process or (
            not order.broker_id and self.lists_tell_of(order.trading_day))

    def lists_tell_of(self, day: date) -> bool:
        """Whether what the broker lists now is of that day. Its lists are of the calendar's day,
        while the ledger stands at the newest session.
        """
        return to_shanghai(self._clock.now_utc()).date() == day

    def end_orders_before(self, day: date) -> None:
        """Orders are good for their day. Only a market that lives here ends them by itself."""
        for order in self._book.open_orders():
            if order.trading_day < day:
                if order.status is OrderStatus.INTENT:
                    self._not_sent(order, "its day ended before the call was made")
                elif self._broker.capabilities.in_process:
                    self.end_by(order.order_id, "its day is over")
                else:
                    self.silence(order.order_id, "its day is over and its end is not proven")

    def _not_sent(self, order: Order, why: str) -> None:
        self._record(Entry.ORDER_NOT_SENT, {"order_id": order.order_id, "why": why})

    def _own(self, order: Order, kind: Report, text: str) -> BrokerReport:
        """A report that we make ourselves, in place of the broker's."""
        return cleaned(BrokerReport(
            kind=kind, order_id=order.order_id, broker_id=order.broker_id,
            ts_utc=self._clock.now_utc(), text=text))

    def _record(self, kind: Entry, payload: Payload) -> None:
        booking = self._books.record(kind, payload)
        for order in booking.changes.orders:
            if order.broker_id and (order.status not in FINAL_STATUSES
                                    or order.trading_day == self._book.day):
                self._by_broker_id[order.broker_id] = order.order_id
        self._on_booking(kind, payload, booking)


def _refuse_unwritable(about: OrderAtBroker) -> None:
    """ValueError for what a broker's list names and no ledger can hold."""
    if not (isinstance(about.side, OrderSide) and isinstance(about.type, OrderType)):
        raise ValueError(f"side {about.side!r}, type {about.type!r}")
    if not (isinstance(about.symbol, str) and about.symbol.isascii() and about.symbol):
        raise ValueError(f"the symbol {about.symbol!r}")
    if isinstance(about.shares, bool) or not isinstance(about.shares, int):
        raise ValueError(f"{about.shares!r} shares")
    limit_cny = about.limit_cny
    if limit_cny is not None and not (
            isinstance(limit_cny, Decimal) and 0 < limit_cny <= MOST_PRICE_CNY):
        raise ValueError(f"a limit of {limit_cny!r}")


def _used_key(key: str, order_id: int) -> Refusal:
    return Refusal(
        code="DUPLICATE", numbers={"key": key, "order_id": str(order_id)},
        text=f"order {order_id} carries the key {key!r} already; nothing is sent twice")


def _forbidden(level: KillLevel, order: Order) -> bool:
    """Whether the kill level leaves no such order in the market."""
    if level is KillLevel.REDUCE_ONLY:
        return order.request.side is OrderSide.BUY
    return level >= KillLevel.BLOCK


def _illegal(order: Order, report: BrokerReport) -> str:
    """Why the order cannot take the report; empty if it can."""
    try:
        step(order.status, report.kind)
    except OrderError as error:
        return str(error)
    return ""
