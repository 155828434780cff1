"""Every way in which an order can go, explored to the end on a real session.

States are remembered: two ways that lead to the same book go on in the same way, so a few hundred
states stand for all sequences of events of a length.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.exceptions import OrderError
from core.types import FINAL_STATUSES, OrderSide, OrderStatus, Report
from tests.support.bad_broker import a_report
from tests.support.desk import MAIN, Desk
from tests.support.list_broker import ListBroker
from trading.journal import verify_chain
from trading.ledger import projection_bytes, rebuild
from trading.order_fsm import NEXT, Act
from trading.records import Entry

SHARES = 300
Event = Callable[[Desk, int], None]


def _says(kind: Report, **more: object) -> Event:
    def event(desk: Desk, order_id: int) -> None:
        desk.session.on_report(a_report(kind, order_id, **more))  # type: ignore[arg-type]

    return event


def _fills(trade: str, shares: int) -> Event:
    return _says(Report.FILL, trade=trade, shares=shares, price="10.00")


def _cancel(desk: Desk, order_id: int) -> None:
    try:
        desk.session.cancel(order_id)
    except OrderError:
        return                              # it has ended


def _silence(desk: Desk, order_id: int) -> None:
    desk.session.oms.silence(order_id, "nothing is heard")


def _prove_not_sent(desk: Desk, order_id: int) -> None:
    """Only where the order may be believed never to have been taken, as the reconciler does."""
    order = desk.session.order(order_id)
    if (order.status, Act.NOT_SENT) in NEXT and not order.filled_shares:
        desk.session.oms.prove_not_sent(order_id, "no list names it")


EVENTS: dict[str, Event] = {
    "ack": _says(Report.ACK), "rejected": _says(Report.REJECTED), "fill 100": _fills("a", 100),
    "fill 200": _fills("b", 200), "fill too much": _fills("c", 400),
    "cancelled": _says(Report.CANCELLED), "cancel refused": _says(Report.CANCEL_REFUSED),
    "expired": _says(Report.EXPIRED), "silence": _silence, "cancel": _cancel,
    "not sent": _prove_not_sent,
}


@dataclass(frozen=True)
class Life:
    """Where one sequence of events has led."""

    status: OrderStatus
    filled: tuple[tuple[str, int], ...]
    wanted_gone: bool
    reserved: int
    on_sale: int
    held: int


def after(side: OrderSide, events: tuple[str, ...]) -> tuple[Desk, Life]:
    """A new desk on which an order has been sent and then this has happened."""
    desk = Desk(broker=ListBroker(loses_pushes=True))
    if side is OrderSide.SELL:
        _holding(desk)
    order_id = desk.buy(SHARES, side=side)
    for name in events:
        EVENTS[name](desk, order_id)
    return desk, _life(desk, order_id)


def _holding(desk: Desk) -> None:
    desk.buy(2 * SHARES)
    desk.session.on_report(a_report(
        Report.FILL, 1, trade="h", shares=2 * SHARES, price="10.00"))
    desk.to(desk.parts.calendar.next_session(desk.session.day))


def _life(desk: Desk, order_id: int) -> Life:
    book = desk.session.book
    order = book.orders[order_id]
    position = book.position(MAIN)
    return Life(
        status=order.status, reserved=book.opened.reserved_e4, held=position.held_shares,
        filled=tuple(sorted((fill.trade_id, fill.shares) for fill in book.fills.values()
                            if fill.order_id == order_id)),
        on_sale=position.on_sale_shares,
        wanted_gone=str(order_id) in book.state_of(Entry.CANCEL_ASKED))


def explore(side: OrderSide, most: int) -> Iterator[tuple[tuple[str, ...], Life, Life, Desk]]:
    """Every (events so far, state before, state after one more, its desk), up to `most` events."""
    start = after(side, ())[1]
    known: dict[Life, tuple[str, ...]] = {start: ()}
    edge = [start]
    for _ in range(most):
        following = []
        for before in edge:
            for name in EVENTS:
                path = (*known[before], name)
                desk, now = after(side, path)
                yield path, before, now, desk
                if now not in known:
                    known[now] = path
                    following.append(now)
        edge = following


def broken_promise(side: OrderSide, before: Life, now: Life, desk: Desk) -> str:
    """What no event may do to an order; empty if nothing of it happened."""
    filled, was = (sum(shares for _, shares in life.filled) for life in (now, before))
    order = desk.session.order(desk.session.book.last_order_id)
    sign, start = (1, 0) if side is OrderSide.BUY else (-1, 2 * SHARES)
    promises = {
        "a fill was lost": set(before.filled) <= set(now.filled) and filled >= was,
        "a trade was booked twice": len({trade for trade, _ in now.filled}) == len(now.filled),
        "more was filled than ordered": filled <= SHARES,
        "the order does not say what filled": order.filled_shares == filled,
        "the shares are wrong": now.held == start + sign * filled,
        "it is filled and not called so": (filled == SHARES) is (
            now.status is OrderStatus.FILLED) or now.status not in FINAL_STATUSES,
        "it has ended and reserves": now.status not in FINAL_STATUSES or (
            now.reserved == now.on_sale == 0 and not now.wanted_gone),
        "it is open and reserves nothing": now.status in FINAL_STATUSES or (
            now.reserved > 0 if side is OrderSide.BUY else now.on_sale == SHARES - filled)
            or filled == SHARES,
        "it came back to life": not (before.status in FINAL_STATUSES
                                     and now.status not in FINAL_STATUSES)
        or (before.status is OrderStatus.NOT_SENT and filled > was),
        "the journal tells another book": _is_rebuilt(desk),
    }
    return ", ".join(broken for broken, kept in promises.items() if not kept)


def _is_rebuilt(desk: Desk) -> bool:
    verify_chain(desk.store)
    return projection_bytes(rebuild(desk.store.entries())) == projection_bytes(desk.store.load())
