"""After a restart: bring the book and the broker to one truth before anything new is sent."""

from core.types import KillLevel, OrderStatus
from trading.bookkeeper import Bookkeeper
from trading.broker import BrokerInterface
from trading.oms import OrderManagementSystem

_AT_BROKER = frozenset({
    OrderStatus.SENT, OrderStatus.LIVE, OrderStatus.PARTIAL, OrderStatus.PENDING_CANCEL})


def recover(
    books: Bookkeeper, broker: BrokerInterface, oms: OrderManagementSystem, *, restarted: bool
) -> None:
    """Settle every order that was open when the program, or its store, stopped.

    `restarted`: the process is new, so a broker that lives in it gets its orders back. One that
    lived on knows more than the ledger does, and is only asked.

    An INTENT was provably not sent. Trades and statuses that the broker names are booked
    (those booked already are recognised). What was being sent and is not named was not sent if
    the broker's list is complete, and stays UNKNOWN otherwise. Asked-for cancels are asked
    again, and so are those of a kill that was written down. Twice changes nothing more.
    """
    book = books.book
    oms.settle_intents()
    if restarted:
        today = [order for order in book.open_orders() if order.trading_day == book.day]
        broker.restore([order for order in today if order.status in _AT_BROKER],
                       book.fills_of(book.day))
    for trade in broker.query_trades():
        oms.take(trade)
    orders = broker.query_orders()
    for report in orders:
        oms.take(report)
    oms.settle_in_flight(report.order_id for report in orders)
    if book.kill_level >= KillLevel.BLOCK:
        oms.cancel_all()
        return
    for order in book.open_orders():
        if order.status is OrderStatus.PENDING_CANCEL:
            oms.cancel(order.order_id)
