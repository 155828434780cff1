"""A process that trades on a ledger until it is killed, by itself at a crash point or from outside.

    python -m tests.recovery.trading_child LEDGER POINT COUNT SEED

POINT is a name of trading.oms.CRASH_POINTS, or "never"; COUNT says at which passing. Every answer
is written to standard output the moment the desk gave it: what stands there was promised.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path

from core.events import Event, FillEvent
from core.types import KillLevel, OrderSide
from data.order_store import SqliteOrderStore
from tests.support.desk import DAY1, Desk, a_bar


class Fate:
    """Kills this very process when the point is passed for the given time."""

    def __init__(self, point: str, count: int) -> None:
        self.point, self.left = point, count

    def __call__(self, passed: str) -> None:
        if passed == self.point:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def promise(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def tell(event: Event) -> None:
    if isinstance(event, FillEvent):
        promise(fill=event.fill.trade_id, order=event.fill.order_id, shares=event.fill.shares)


def main(ledger: Path, point: str, count: int, seed: int) -> None:
    rng = random.Random(seed)
    store = SqliteOrderStore(ledger)
    head = store.head()[0]
    day = DAY1 if not head else next(iter(store.entries(head - 1))).trading_day
    desk = Desk(store=store, day=day, publish=tell, crash_point=Fate(point, count))
    promise(started=desk.session.journal_seq)
    while True:
        for _ in range(rng.randrange(1, 4)):
            side = rng.choice((OrderSide.BUY, OrderSide.BUY, OrderSide.SELL))
            price = f"{rng.randrange(980, 1021) / 100:.2f}"
            order = desk.session.submit(desk.request(100 * rng.randrange(1, 6), price, side=side))
            promise(order=order.order_id, status=order.status.value)
        desk.play(a_bar(price="10.00", low="9.90", high="10.10", volume=rng.randrange(500, 4_000)))
        if rng.random() < 0.3:
            desk.session.cancel_all()
        if rng.random() < 0.2:
            desk.session.set_kill(KillLevel.BLOCK, "the drill")
        if desk.session.book.kill_level is KillLevel.BLOCK:     # also after a death in between
            desk.session.set_kill(KillLevel.NONE, "the drill goes on")
        if rng.random() < 0.3:
            desk.to(desk.parts.calendar.next_session(desk.session.day))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
