"""After a restart: bring the book and the broker to one truth before anything new is sent."""

from core.exceptions import OrderError
from core.types import FINAL_STATUSES, KillLevel, Order, OrderStatus
from trading.bookkeeper import Bookkeeper
from trading.broker import BrokerInterface
from trading.oms import KILL, OrderManagementSystem
from trading.order_lists import ask, book_lists

BLOCKER = "reconciler"                 # of session.blockers: the broker's side is not known
_AT_BROKER = frozenset({
    OrderStatus.SENT, OrderStatus.LIVE, OrderStatus.PARTIAL, OrderStatus.PENDING_CANCEL})


def _ended_there(order: Order) -> bool:
    """True for an order that the broker had and that is over: its list names it all the same."""
    return order.status in FINAL_STATUSES and bool(order.broker_id)


def recover(
    books: Bookkeeper, broker: BrokerInterface, oms: OrderManagementSystem, *, restarted: bool
) -> str:
    """Settle every order that was open when the program, or its store, stopped.

    `restarted`: the process is new, so a broker that lives in it gets its orders back. One that
    lived on knows more than the ledger does, and is only asked.

    An INTENT was provably not sent. Trades and statuses that the broker names are booked
    (those booked already are recognised). What was being sent and is not named was not sent if
    the broker's list is complete and settled, and stays UNKNOWN otherwise. Cancels that are
    still wanted are asked again, by a person's wish as by a kill. Twice changes nothing more.

    Returns:
        Why the broker's side is not known; empty if it answered.
    """
    book, capabilities = books.book, broker.capabilities
    oms.reindex()
    oms.settle_intents()
    if restarted:
        broker.restore([order for order in book.orders_of(book.day)
                        if order.status in _AT_BROKER or _ended_there(order)],
                       book.fills_of(book.day))
    try:
        pairs = book_lists(book, oms, ask(broker), remarks=capabilities.remarks)
    except OrderError as error:
        oms.settle_in_flight((), settled=False)
        return str(error)
    oms.settle_in_flight((pair.order_id for pair in pairs),
                         settled=capabilities.in_process or capabilities.settle_s == 0)
    if book.kill_level >= KillLevel.BLOCK:
        oms.cancel_all(KILL)
        return ""
    for order in oms.wanted_cancels():
        if order.status is not OrderStatus.UNKNOWN:
            oms.ask_again(order.order_id)
    return ""
