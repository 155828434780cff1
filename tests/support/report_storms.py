"""Storms of reports: one true day at a broker, told in a thousand bad ways.

What the ledger says after a storm must not depend on how the day was told: the same trades, the
same statuses, the same cash, shares and reservations.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.symbols import parse_instrument
from core.types import BrokerReport, OrderSide, Report
from tests.support.desk import CNY, MAIN, Reference
from tests.support.list_broker import Held, ListBroker
from tests.support.reconciled import ReconciledDesk
from trading.ledger import projection_bytes

BUYS, SELLS = 4, 2
# Bought here and sold there: average cost depends on the order of purchases and sales of one
# symbol by its definition.
BOUGHT = "600000.SH"
KINDS_OF_STORM = ("shuffled", "duplicated", "dropped", "replayed")


@dataclass(frozen=True)
class Day:
    """What really happened: the orders as the broker holds them, and every push it sent."""

    broker: ListBroker
    pushes: tuple[BrokerReport, ...]


def a_day(seed: int) -> tuple[ReconciledDesk, Day]:
    """Six orders of which each ends in its own way; nothing of it is delivered yet."""
    rng = random.Random(seed)
    broker, reference = ListBroker(seed=seed), Reference()
    reference.known[BOUGHT] = parse_instrument(BOUGHT)
    reference.reference_cny[BOUGHT] = CNY("10.00")
    desk = ReconciledDesk(broker, reference=reference)
    give(desk, 2_000)
    for number in range(1, BUYS + SELLS + 1):
        buys = number <= BUYS
        desk.buy(100 * rng.randrange(1, 5), "10.00", tag=str(number),
                 symbol=BOUGHT if buys else MAIN,
                 side=OrderSide.BUY if buys else OrderSide.SELL)
    for held in broker.book.values():
        _live_through(broker, held, rng)
    pushes, broker.pushes = tuple(broker.pushes), []
    return desk, Day(broker, pushes)


def give(desk: ReconciledDesk, shares: int) -> None:
    """Shares that were bought before: the desk buys them, and a night passes."""
    order_id = desk.buy(shares, "10.00")
    desk.market.trade(desk.market.of(order_id), shares)
    desk.delivered()
    desk.market.next_day()
    desk.to(desk.parts.calendar.next_session(desk.session.day))
    desk.polls()


def _live_through(broker: ListBroker, held: Held, rng: random.Random) -> None:
    """Fills in parts, and one of the ends that exist."""
    for _ in range(rng.randrange(4)):
        if held.left:
            broker.trade(held, 100, f"{rng.randrange(990, 1001) / 100:.2f}"
                         if held.side is OrderSide.BUY else
                         f"{rng.randrange(1000, 1011) / 100:.2f}")
    if rng.random() < 0.3 and held.left:
        broker.say(held, Report.CANCEL_REFUSED)
    if held.left:
        broker.end(held, rng.choice((Report.CANCELLED, Report.EXPIRED, Report.REJECTED)))


def told(desk: ReconciledDesk, day: Day, pushes: Sequence[BrokerReport]) -> str:
    """Tell the desk the day in this way, then let it look at the lists; what its ledger says."""
    for report in pushes:
        desk.session.on_report(report)
    desk.polls()
    return ledger_text(desk)


def storm(day: Day, rng: random.Random) -> list[BrokerReport]:
    """The pushes as a bad line would bring them."""
    pushes = list(day.pushes)
    for kind in rng.sample(KINDS_OF_STORM, rng.randrange(1, len(KINDS_OF_STORM) + 1)):
        match kind:
            case "shuffled":
                rng.shuffle(pushes)
            case "duplicated":
                pushes = [report for report in pushes for _ in range(rng.randrange(1, 4))]
            case "dropped":
                pushes = [report for report in pushes if rng.random() < 0.7]
            case "replayed":
                pushes = [*pushes, *day.pushes]
    return pushes


def ledger_text(desk: ReconciledDesk) -> str:
    """Every projection, without what only says when and in which order it was told."""
    found = desk.store.load()
    at_once = found.fills[0].ts_utc
    orders = tuple(replace(order, updated_utc=at_once) for order in found.orders)
    fills = tuple(sorted(
        (replace(fill, ts_utc=at_once, fees=type(fill.fees)()) for fill in found.fills),
        key=lambda fill: (fill.order_id, fill.trade_id)))
    return projection_bytes(replace(found, orders=orders, fills=fills)).decode()


def is_true(desk: ReconciledDesk, day: Day) -> bool:
    """The book says what the broker's says: shares, cash, and every order's fills."""
    filled = {held.ours: held.filled for held in day.broker.book.values()}
    ours = {order.order_id: order.filled_shares for order in desk.session.book.orders.values()
            if order.order_id in filled}
    account = desk.session.book.account
    return (filled == ours and desk.agrees() and account.reserved_cny == CNY(0)
            and desk.position().on_sale_shares == 0 and not desk.cases)
