"""Cancels against fills, at random timings, over a line that loses and reorders."""

import random

from core.exceptions import OrderError
from core.types import FINAL_STATUSES, OrderStatus, Report
from tests.support.list_broker import Held, ListBroker
from tests.support.reconciled import ReconciledDesk

SHARES = 500
_MOST_POLLS = 40


def race(seed: int) -> str:
    """One order that is cancelled while it fills; what is wrong at the end, or empty."""
    rng = random.Random(seed)
    desk = ReconciledDesk(ListBroker(seed=seed))
    desk.buy(SHARES)
    held = desk.market.of(1)
    steps = ["fill"] * rng.randrange(6) + ["cancel"] * rng.randrange(1, 3) + [
        "deliver"] * rng.randrange(4) + ["poll"] * rng.randrange(3) + [
        "refusing"] * rng.randrange(2) + ["deaf"] * rng.randrange(2)
    rng.shuffle(steps)
    for step in steps:
        _STEPS[step](desk, held, rng)
    desk.market.cancels_allowed = desk.market.answers = True
    for _ in range(_MOST_POLLS):
        desk.polls()
        if desk.order().status in FINAL_STATUSES:
            break
    return _wrong(desk, held)


def _wrong(desk: ReconciledDesk, held: Held) -> str:
    order = desk.order()
    if order.filled_shares != held.filled or not desk.agrees():
        return f"{order.filled_shares} filled here, {held.filled} at the broker"
    if order.status not in FINAL_STATUSES or held.left:
        return f"it was to be cancelled and is {order.status.value}"
    if (order.status is OrderStatus.FILLED) is not (held.filled == SHARES):
        return f"{held.filled} filled and called {order.status.value}"
    if desk.session.snapshot().account.reserved_cny or desk.cases:
        return "cash stays reserved, or a case was opened"
    return ""


def _fill(desk: ReconciledDesk, held: Held, rng: random.Random) -> None:
    if held.left:
        desk.market.trade(held, min(held.left, 100 * rng.randrange(1, 4)))


def _cancel(desk: ReconciledDesk, _held: Held, _rng: random.Random) -> None:
    try:
        desk.session.cancel(1)
    except OrderError:
        return                              # it has ended


def _deliver(desk: ReconciledDesk, _held: Held, rng: random.Random) -> None:
    desk.delivered(shuffle=rng.random() < 0.5, twice=rng.random() < 0.3, lose=rng.choice((0, 0.5)))


def _poll(desk: ReconciledDesk, _held: Held, _rng: random.Random) -> None:
    desk.polls(deliver=False)


def _refusing(desk: ReconciledDesk, held: Held, _rng: random.Random) -> None:
    desk.market.cancels_allowed = not desk.market.cancels_allowed
    desk.market.say(held, Report.CANCEL_REFUSED)


def _deaf(desk: ReconciledDesk, _held: Held, _rng: random.Random) -> None:
    desk.market.answers = not desk.market.answers


_STEPS = {"fill": _fill, "cancel": _cancel, "deliver": _deliver, "poll": _poll,
          "refusing": _refusing, "deaf": _deaf}
