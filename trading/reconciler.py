"""Holds the book against the broker's own lists: at the start, all day long, and at its end.

At the start nothing may be sent until orders, trades, positions and cash agree; the window is
not kept waiting. From then on orders are asked for every 5 s, positions and cash every 30 s, on
the monotonic clock. What the lists prove is booked. What still differs has a grace of two polls,
because a fill may be on its way; then a case is opened, its symbol is frozen, and a person looks.
No fill is ever made up: without a trade of the broker nothing is booked.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time

from core.constants import TRADING_HOURS
from core.desk_types import Case, CaseKind
from core.exceptions import DataError, OrderError
from core.money import from_e4, to_e4
from core.rules import may_cancel, phase, shanghai, to_shanghai
from core.types import Order, OrderStatus
from trading.attendants import Onlooker
from trading.cases import Difference, case_of, closing, is_accepted, open_cases, order_of, outdated
from trading.ledger import Booking
from trading.order_lists import Doubt, Lists, Pair, ask, book_lists, order_doubts
from trading.records import Entry, Payload
from trading.recovery import BLOCKER
from trading.session import TradingSession

log = logging.getLogger(__name__)

ORDERS_EVERY_S, HOLDINGS_EVERY_S = 5, 30
GRACE_POLLS = 2                        # a difference that is gone within these was a fill in flight
SILENT_POLLS = 3                       # so many questions without an answer stop trading
CANCEL_AGAIN_S, CANCEL_AGAIN_AT_MOST_S = 2, 60
_DAY_END = max(row.end for row in TRADING_HOURS)
_NS_PER_S = 1_000_000_000
_ORDERS, _HOLDINGS = "orders", "holdings"


class Reconciler(Onlooker):
    """An attendant of the trading session. Writes cases, and what the broker's lists prove."""

    def __init__(self, session: TradingSession) -> None:
        self._session, self._oms = session, session.oms
        self._broker, self._settings = session.parts.broker, session.parts.trading
        self._agreed = False
        self._due_ns = {_ORDERS: 0, _HOLDINGS: 0}
        self._answered = {_ORDERS: False, _HOLDINGS: False}
        self._present: dict[str, dict[tuple[str, str, int], Difference]] = {
            _ORDERS: {}, _HOLDINGS: {}}
        self._polls: dict[tuple[str, str, int], int] = {}      # how often each was seen in a row
        self._silences = {_ORDERS: 0, _HOLDINGS: 0}
        self._strange_polls = 0
        self._began_ns = session.stopwatch_ns()
        self._called_ns: dict[int, int] = {}                   # when each order's call was made
        self._cancels: dict[int, tuple[int, int]] = {}         # id -> (not before, wait) in ns, s
        self._proven_day: date | None = None
        self._reset = False
        self._oms.holds_strangers = True
        session.blockers[BLOCKER] = "the book has not been compared with the broker's yet"

    # ---- what it notes -------------------------------------------------------------------------

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        now_ns = self._session.stopwatch_ns()
        if kind is Entry.ORDER_SENDING:
            self._called_ns[payload["order_id"]] = now_ns
        elif kind is Entry.CANCEL_ASKED:
            _, wait_s = self._cancels.get(payload["order_id"], (0, CANCEL_AGAIN_S))
            self._cancels[payload["order_id"]] = now_ns + wait_s * _NS_PER_S, wait_s
        elif kind is Entry.ACCOUNT_RESET:
            self._reset = True

    def day_opened(self, day: date) -> None:
        self._called_ns, self._cancels, self._polls = {}, {}, {}
        self._due_ns = {_ORDERS: 0, _HOLDINGS: 0}

    # ---- its turn ------------------------------------------------------------------------------

    def act(self) -> None:
        if self._session.failed:
            return
        now_ns = self._session.stopwatch_ns()
        if self._reset:
            self._forget_account()
        self._time_out_calls(now_ns)
        if self._is_due(_ORDERS, ORDERS_EVERY_S, now_ns):
            self._poll_orders(now_ns)
        if self._is_due(_HOLDINGS, HOLDINGS_EVERY_S if self._agreed else ORDERS_EVERY_S, now_ns):
            self._poll_holdings()
        self._ask_cancels_again(now_ns)

    def _is_due(self, what: str, every_s: int, now_ns: int) -> bool:
        if now_ns < self._due_ns[what]:
            return False
        self._due_ns[what] = now_ns + every_s * _NS_PER_S
        return True

    def _time_out_calls(self, now_ns: int) -> None:
        """A call that returned and was never acknowledged: nobody knows whether it arrived."""
        timeout_s = self._settings.ack_timeout_s
        for order in self._session.book.open_orders():
            if order.status is OrderStatus.SENT and self._age_s(order, now_ns) >= timeout_s:
                self._oms.silence(order.order_id,
                                  f"the broker has not acknowledged it within {timeout_s} s")
                self._due_ns[_ORDERS] = 0

    def _age_s(self, order: Order, now_ns: int) -> int:
        """Since its call; of a call by an earlier process at least since the start of this one."""
        return (now_ns - self._called_ns.get(order.order_id, self._began_ns)) // _NS_PER_S

    # ---- orders and trades ---------------------------------------------------------------------

    def _poll_orders(self, now_ns: int) -> None:
        session, capabilities = self._session, self._broker.capabilities
        try:
            lists = ask(self._broker)
            session.pump()
            pairs = book_lists(session.book, self._oms, lists, remarks=capabilities.remarks)
        except OrderError as error:
            self._not_answered(_ORDERS, error)
            return
        self._explain_strangers()
        self._settle_unknown({pair.order_id for pair in pairs}, now_ns)
        self._heard(_ORDERS, self._order_doubts(pairs, lists, now_ns))
        self._prove_day()

    def _order_doubts(
        self, pairs: Iterable[Pair], lists: Lists, now_ns: int
    ) -> list[Doubt]:
        capabilities = self._broker.capabilities
        if not self._oms.lists_tell_of(self._session.day):      # nothing is missing from them
            capabilities = replace(capabilities, complete_list=False, trades=False)
        return order_doubts(
            self._session.book, pairs, lists, capabilities, after_close=self._is_after_close(),
            settled=lambda order: self._age_s(order, now_ns) >= capabilities.settle_s)

    def _explain_strangers(self) -> None:
        """Reports about orders that nobody knew wait two polls for a list that names them."""
        if not self._oms.retake_strangers():
            self._strange_polls = 0
            return
        self._strange_polls += 1
        if self._strange_polls > GRACE_POLLS:
            self._oms.give_strangers_up()
            self._strange_polls = 0

    def _settle_unknown(self, named: set[int], now_ns: int) -> None:
        """An order that a complete and settled list does not name was never taken."""
        capabilities, book = self._broker.capabilities, self._session.book
        final = capabilities.day_end_list and self._is_after_close()
        if not (capabilities.complete_list or final) or not self._oms.lists_tell_of(book.day):
            return
        for order in book.open_orders():
            if (order.status is OrderStatus.UNKNOWN and order.order_id not in named
                    and order.trading_day == book.day and not order.filled_shares
                    and (final or not order.broker_id)
                    and self._age_s(order, now_ns) >= capabilities.settle_s):
                self._oms.prove_not_sent(
                    order.order_id, "the broker's list of the whole day does not name it"
                    if final else "the broker's complete list does not name it")

    def _is_after_close(self) -> bool:
        """By a clock that may be wrong no day is over, and no list is that of a whole day."""
        if self._session.doubts_clock():
            return False
        local = to_shanghai(self._session.parts.clock.now_utc())
        return local.date() > self._session.day or local.time() >= _DAY_END

    def _prove_day(self) -> None:
        """At the end of the day every order has a proven end; the journal says so once."""
        session = self._session
        if not self._is_after_close() or self._proven_day == session.day or self._present[_ORDERS]:
            return
        if not self._oms.lists_tell_of(session.day):
            return
        orders = session.book.orders_of(session.day)    # an open one would be a difference
        self._proven_day = session.day
        if orders:
            session.record(Entry.DECISION, {
                "what": "day_proven", "day": session.day.isoformat(), "orders": len(orders),
                "why": "the broker's list names the end of every order of the day"})

    # ---- positions and cash --------------------------------------------------------------------

    def _poll_holdings(self) -> None:
        capabilities = self._broker.capabilities
        found: list[Difference] = []
        try:
            if capabilities.positions:
                found += self._position_differences()
            if capabilities.cash:
                found += self._cash_differences()
        except Exception as error:      # no answer, or one that is no list: nothing is proven
            log.warning("the broker's positions or cash are missing", exc_info=True)
            self._not_answered(_HOLDINGS, OrderError(
                "the broker does not say what is held", why=str(error)[:200] or repr(error),
                remedy="Check the line to the broker; it is asked again by itself"))
            return
        self._heard(_HOLDINGS, [Doubt(difference) for difference in found])
        if capabilities.positions and self._answered[_ORDERS]:
            self._end_past_orders({difference.symbol for difference in found})

    def _position_differences(self) -> list[Difference]:
        theirs: dict[str, int] = {}
        for row in self._broker.query_positions():
            theirs[row.symbol] = theirs.get(row.symbol, 0) + row.held_shares
        ours = {symbol: position.held_shares
                for symbol, position in self._session.book.positions.items()}
        return [Difference(
            kind=CaseKind.POSITION, symbol=symbol, ours=str(ours.get(symbol, 0)),
            theirs=str(theirs.get(symbol, 0)),
            delta=f"{theirs.get(symbol, 0) - ours.get(symbol, 0):+d}",
            text=f"We hold {ours.get(symbol, 0)} shares of {symbol} in our book, the broker says "
                 f"{theirs.get(symbol, 0)}; find the missing trade or transfer, then close this "
                 "case with what you found")
            for symbol in sorted(theirs.keys() | ours.keys())
            if theirs.get(symbol, 0) != ours.get(symbol, 0)]

    def _cash_differences(self) -> list[Difference]:
        theirs_e4, ours_e4 = to_e4(self._broker.query_cash().cash_cny), (
            self._session.book.opened.cash_e4)
        if theirs_e4 == ours_e4:
            return []
        ours, theirs = from_e4(ours_e4), from_e4(theirs_e4)
        return [Difference(
            kind=CaseKind.CASH, symbol="", ours=str(ours), theirs=str(theirs),
            delta=f"{theirs - ours:+}",
            text=f"Our book has {ours} CNY in cash, the broker says {theirs}; look for a fee, a "
                 "transfer or a dividend, then close this case with what you found")]

    def _end_past_orders(self, differing: set[str]) -> None:
        """Day orders have ended with their day. Where position and cash agree with the broker's,
        nothing of them traded that we do not have, and so their end is proven.
        """
        book = self._session.book
        for order in book.open_orders():
            if order.trading_day < book.day and not {"", order.request.symbol} & differing:
                self._oms.end_by(order.order_id, "its day is over, and what the broker says is "
                                 "held agrees with the book")

    # ---- agreeing ------------------------------------------------------------------------------

    def _not_answered(self, what: str, error: OrderError) -> None:
        self._silences[what] += 1
        if self._agreed and self._silences[what] < SILENT_POLLS:
            return
        self._agreed = self._answered[what] = False
        self._session.blockers[BLOCKER] = str(error)

    def _heard(self, what: str, doubts: list[Doubt]) -> None:
        """Weigh what differs; while nothing does that no person has accepted, trading goes on."""
        self._answered[what] = True
        self._silences[what] = 0
        before = self._present[what]
        self._present[what] = {doubt.found.place: doubt.found for doubt in doubts}
        for place in before.keys() - self._present[what].keys():
            self._polls.pop(place, None)
        for doubt in doubts:
            self._weigh(doubt)
        if all(self._answered.values()):
            self._agree()

    def _weigh(self, doubt: Doubt) -> None:
        place = doubt.found.place
        self._polls[place] = self._polls.get(place, 0) + 1
        if self._polls[place] <= GRACE_POLLS:
            return
        order_id = doubt.found.order_id
        if doubt.reopen is not None:
            self._oms.reopen(self._session.order(order_id), doubt.reopen, doubt.found)
            return
        if doubt.missing:
            self._oms.silence(order_id, "the broker's complete list does not name it any more")
        self._oms.open_case(doubt.found)

    def _agree(self) -> None:
        session = self._session
        differing = [found for group in self._present.values() for found in group.values()
                     if not is_accepted(session.book, found)]
        if not differing:
            self._agreed = True
            session.blockers.pop(BLOCKER, None)
            self._tidy_cases()
        elif not self._agreed:
            session.blockers[BLOCKER] = f"the book and the broker differ: {differing[0].text}"

    def _tidy_cases(self) -> None:
        present = {place for group in self._present.values() for place in group}
        midnight_utc = shanghai(self._session.day, time.min)
        for payload in outdated(self._session.book, present, midnight_utc):
            self._session.record(Entry.CASE, payload)

    def _forget_account(self) -> None:
        """The account whose differences these were is gone."""
        self._reset = False
        self._proven_day = None
        for case in open_cases(self._session.book):
            self._session.record(Entry.CASE, closing(
                self._session.book, case.case_id, by="the core",
                reason="the account was reset", now_utc=self._now_utc()))

    def _now_utc(self) -> datetime:
        return self._session.parts.clock.now_utc()

    # ---- cancels -------------------------------------------------------------------------------

    def _ask_cancels_again(self, now_ns: int) -> None:
        """A cancel that was refused, too early or lost is asked again when it is allowed."""
        for order in self._oms.wanted_cancels():
            not_before_ns, wait_s = self._cancels.get(order.order_id, (0, CANCEL_AGAIN_S))
            if now_ns < not_before_ns or not self._may_cancel(order):
                continue
            wait_s = min(2 * wait_s, CANCEL_AGAIN_AT_MOST_S)
            self._cancels[order.order_id] = now_ns + wait_s * _NS_PER_S, wait_s
            self._oms.ask_again(order.order_id)

    def _may_cancel(self, order: Order) -> bool:
        parts = self._session.parts
        if order.trading_day != self._session.day or order.status is OrderStatus.SENDING:
            return False
        instrument = parts.rules.instrument(order.request.symbol)
        if instrument is None:
            return True                 # nothing is known that forbids it
        try:
            return may_cancel(instrument, phase(instrument, self._now_utc(), parts.calendar))
        except DataError:
            return False


def close_case(session: TradingSession, case_id: int, *, by: str, reason: str) -> Case:
    """A person closes a case: its symbol may be traded again. On the trading thread.

    A case about an order of an earlier day ends that order too: the person is its proof.

    Raises:
        OrderError: no such open case, or nobody and no reason is named.
    """
    payload = closing(session.book, case_id, by=by, reason=reason,
                      now_utc=session.parts.clock.now_utc())
    session.record(Entry.CASE, payload)
    order = session.book.orders.get(order_of(session.book, case_id))
    if order is not None and order.trading_day < session.day:
        session.oms.end_by(order.order_id, f"case {case_id} was closed by {by}: {reason}")
    return case_of(session.book, case_id)
