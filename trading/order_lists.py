"""The broker's lists of orders and trades against the book: who is who, and what differs.

A row of the list is one of our orders if the broker's id or our id in its remark says so and
symbol, side, quantity and price agree; a remark alone is not believed, because remarks are used
twice. An order whose call was never answered is also found by what it is. Every other row was
entered elsewhere, and is adopted.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.desk_types import CaseKind
from core.exceptions import OrderError
from core.types import (
    FINAL_STATUSES,
    BrokerReport,
    Capabilities,
    Order,
    OrderStatus,
    Report,
)
from trading.broker import BrokerInterface
from trading.cases import Difference
from trading.fill_checks import is_about
from trading.ledger import Book
from trading.oms import OrderManagementSystem

log = logging.getLogger(__name__)

_NAMELESS = frozenset({OrderStatus.SENDING, OrderStatus.SENT, OrderStatus.UNKNOWN})
_UNHEARD = _NAMELESS | {OrderStatus.PENDING_CANCEL}     # perhaps never acknowledged
_SAME_CALL = timedelta(seconds=5)      # between our call and the broker's entry of one order
_AT_BROKER = frozenset({
    OrderStatus.SENT, OrderStatus.LIVE, OrderStatus.PARTIAL, OrderStatus.PENDING_CANCEL})
_NEVER_OURS = frozenset({OrderStatus.DENIED, OrderStatus.INTENT})
_ENDS = frozenset({Report.CANCELLED, Report.EXPIRED, Report.REJECTED})


@dataclass(frozen=True, slots=True)
class Lists:
    """What the broker holds at one moment: today's orders and today's trades."""

    orders: tuple[BrokerReport, ...]
    trades: tuple[BrokerReport, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """One of our orders and its row in the broker's list."""

    order_id: int
    row: BrokerReport


def ask(broker: BrokerInterface) -> Lists:
    """The broker's lists.

    Raises:
        OrderError: it does not answer, or what it answers is no list.
    """
    try:
        return Lists(tuple(broker.query_orders()), tuple(broker.query_trades()))
    except Exception as error:      # whatever it was: no answer is no proof of anything
        log.warning("the broker's lists are missing", exc_info=True)
        raise OrderError(
            "the broker does not answer", why=str(error)[:200] or type(error).__name__,
            remedy="Check the line to the broker; it is asked again by itself") from None


def book_lists(book: Book, oms: OrderManagementSystem, lists: Lists, *, remarks: bool
               ) -> tuple[Pair, ...]:
    """Book everything the lists prove: identities first, then trades, then how orders stand.

    Args:
        remarks: the broker carries our id, so a row with somebody else's remark is not ours.

    Raises:
        OrderError: they hold what no list can hold. What was booked before that stays booked.
    """
    try:
        pairs = _identified(book, oms, lists.orders, remarks=remarks)
        for trade in lists.trades:
            oms.take(trade)
        for pair in pairs:
            _take_status(book, oms, pair)
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        log.exception("the broker's lists make no sense")
        raise OrderError(
            "the broker's lists make no sense", why=str(error)[:200] or type(error).__name__,
            remedy="Compare them with the broker's own window; they are asked again") from None
    return pairs


def _identified(
    book: Book, oms: OrderManagementSystem, rows: Sequence[BrokerReport], *, remarks: bool
) -> tuple[Pair, ...]:
    pairs, loose = [], []
    for row in rows:
        order = oms.order_of(row)
        if order is not None and order.status not in _NEVER_OURS and is_about(order, row.about):
            pairs.append(Pair(order.order_id, row))
        else:
            loose.append(row)
    pairs += _misnamed(book, oms, rows, loose, remarks=remarks)
    pairs += _by_what_they_are(book, {pair.order_id for pair in pairs}, loose, remarks=remarks)
    for pair in pairs:
        _learn_id(book, oms, pair)
    for row in loose:
        adopted = oms.adopt(row)
        if adopted is not None:
            pairs.append(Pair(adopted.order_id, row))
    return tuple(pairs)


def _misnamed(
    book: Book, oms: OrderManagementSystem, rows: Sequence[BrokerReport],
    loose: list[BrokerReport], *, remarks: bool,
) -> list[Pair]:
    """Orders whose call returned an id that no row carries: a row of the same thing is theirs,
    under its own id, if it carries our id or was entered when we called. Takes from `loose`.
    """
    ids = {row.broker_id for row in rows}
    lost = [order for order in book.open_orders()
            if order.status in _UNHEARD and order.broker_id and order.broker_id not in ids]
    found = []
    for order in lost:
        row = next((row for row in loose if row.about is not None and is_about(order, row.about)
                    and (row.order_id == order.order_id or (
                        _may_be_ours(row, remarks) and row.order_id == 0
                        and _apart(row, order.request.created_utc) <= _SAME_CALL))), None)
        if row is not None:
            loose.remove(row)
            oms.rename(order, row)
            found.append(Pair(order.order_id, row))
    return found


def _by_what_they_are(
    book: Book, named: set[int], loose: list[BrokerReport], *, remarks: bool
) -> list[Pair]:
    """Match orders without an id of the broker to rows without ours; takes rows from `loose`."""
    found = []
    for order in book.open_orders():
        if order.status not in _NAMELESS or order.broker_id or order.order_id in named:
            continue
        rows = [row for row in loose if row.about is not None and is_about(order, row.about)
                and _may_be_ours(row, remarks)]
        if rows:
            called_utc = order.updated_utc or order.request.created_utc
            row = min(rows, key=lambda row: _apart(row, called_utc))
            loose.remove(row)
            found.append(Pair(order.order_id, row))
    return found


def _may_be_ours(row: BrokerReport, remarks: bool) -> bool:
    """A remark of somebody else says whose order it is; an empty or reused one says nothing."""
    return not remarks or row.order_id != 0 or row.about is None or not row.about.remark


def _apart(row: BrokerReport, called_utc: datetime) -> timedelta:
    entered = None if row.about is None else row.about.entered_utc
    if entered is None or entered.tzinfo is None:
        return timedelta.max
    return abs(entered - called_utc)


def _learn_id(book: Book, oms: OrderManagementSystem, pair: Pair) -> None:
    """The list proves that the broker has it, and under which id."""
    order = book.orders[pair.order_id]
    if order.status not in FINAL_STATUSES and not order.broker_id:
        oms.take(replace(pair.row, kind=Report.ACK, order_id=order.order_id))


def _take_status(book: Book, oms: OrderManagementSystem, pair: Pair) -> None:
    """How the row says that the order stands. FILL means that all of it traded: the trades say
    so themselves. What contradicts an end that we know is weighed, not taken.
    """
    order, kind = book.orders[pair.order_id], pair.row.kind
    if kind in _ENDS:
        oms.take(replace(pair.row, order_id=order.order_id))
    elif order.status not in FINAL_STATUSES:
        oms.take(replace(pair.row, kind=Report.ACK, order_id=order.order_id))


# ---- what still differs --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubt:
    """A difference, and what its confirmation does to the order."""

    found: Difference
    reopen: BrokerReport | None = None     # the broker's list proves that the order lives
    missing: bool = False                  # the broker's complete list does not name the order


def order_doubts(
    book: Book, pairs: Iterable[Pair], lists: Lists, capabilities: Capabilities,
    settled: Callable[[Order], bool], *, after_close: bool,
) -> list[Doubt]:
    """What the lists say otherwise than the book, after everything provable was booked."""
    pairs = tuple(pairs)
    named = {pair.order_id for pair in pairs}
    doubts = [doubt for pair in pairs for doubt in _of_pair(book.orders[pair.order_id], pair.row)]
    if not capabilities.in_process:
        if capabilities.complete_list:
            doubts += [_missing(order) for order in book.open_orders()
                       if order.order_id not in named and order.trading_day == book.day
                       and _was_taken(order) and settled(order)]
        if capabilities.trades:
            doubts += _unlisted_fills(book, lists)
    doubted = {doubt.found.order_id for doubt in doubts}
    return doubts + [_still_open(order) for order in book.open_orders()
                     if (after_close or order.trading_day < book.day)
                     and order.order_id not in doubted]


def _was_taken(order: Order) -> bool:
    return order.status in _AT_BROKER or bool(order.status is OrderStatus.UNKNOWN
                                              and order.broker_id)


def _of_pair(order: Order, row: BrokerReport) -> list[Doubt]:
    doubts = []
    number, symbol = order.order_id, order.request.symbol
    if row.kind is Report.ACK and order.status in FINAL_STATUSES and not _is_full(order):
        doubts.append(Doubt(Difference(
            kind=CaseKind.ORDER, symbol=symbol, order_id=number, ours=order.status.value,
            theirs="live", delta=f"live as {row.broker_id}",
            text=f"Order {number} has ended in our book and lives at the broker; it counts as "
                 "open again, so cancel it if it is not wanted"), reopen=row))
    theirs = None if row.about is None else row.about.filled_shares
    if not isinstance(theirs, int):
        theirs = None
    if row.kind is Report.FILL and theirs is None:
        theirs = order.request.shares
    if theirs is not None and theirs != order.filled_shares:
        doubts.append(Doubt(Difference(
            kind=CaseKind.TRADE, symbol=symbol, order_id=number,
            ours=f"{order.filled_shares} filled", theirs=f"{theirs} filled",
            delta=f"{theirs - order.filled_shares:+d}",
            text=f"The broker says that {theirs} shares of order {number} filled, the trades it "
                 f"names add up to {order.filled_shares}; compare with its statement")))
    return doubts


def _is_full(order: Order) -> bool:
    return order.filled_shares == order.request.shares


def _missing(order: Order) -> Doubt:
    return Doubt(Difference(
        kind=CaseKind.ORDER, symbol=order.request.symbol, order_id=order.order_id,
        ours=order.status.value, theirs="not in the list", delta="missing",
        text=f"The broker took order {order.order_id} and its complete list does not name it any "
             "more; its fate is unknown until a person has asked the broker"), missing=True)


def _still_open(order: Order) -> Doubt:
    return Doubt(Difference(
        kind=CaseKind.ORDER, symbol=order.request.symbol, order_id=order.order_id,
        ours=order.status.value, theirs="no end is reported", delta="open after the close",
        text=f"The session of order {order.order_id} is over and its end is not proven; compare "
             "it with the broker's statement of that day, then close this case"))


def _unlisted_fills(book: Book, lists: Lists) -> list[Doubt]:
    """Fills of ours that the broker's trades do not name."""
    listed = {trade.trade_id for trade in lists.trades}
    lost: dict[int, list[str]] = {}
    for fill in book.fills_of(book.day):
        if fill.trade_id not in listed:
            lost.setdefault(fill.order_id, []).append(fill.trade_id)
    return [Doubt(Difference(
        kind=CaseKind.TRADE, symbol=book.orders[number].request.symbol, order_id=number,
        ours=", ".join(trades), theirs="not in the list", delta="-" + ",".join(trades),
        text=f"We booked {', '.join(trades)} of order {number} and the broker's list of trades "
             "does not name it; compare with its statement"))
        for number, trades in lost.items()]



