"""The life of an order as one table: what each report or act makes of each status. Pure.

A pair that is not in NEXT is refused with an OrderError: the broker and our book disagree, and
nothing is guessed. Two refinements depend on quantities and are made by `step`: a fill that
completes an order makes it FILLED, and a cancel after a part fill makes it PART_CANCELLED.
"""

from enum import Enum
from itertools import product

from core.exceptions import OrderError
from core.types import OrderStatus as S
from core.types import Report as R


class Act(Enum):
    """What we do ourselves; everything else is reported by the broker."""

    DENY = "DENY"              # our checks refused it
    INTEND = "INTEND"          # written down, reservations made
    SEND = "SEND"              # written down that the call is about to be made
    SENT = "SENT"              # the call returned
    NOT_SENT = "NOT_SENT"      # proven that the broker never had it
    ASK_CANCEL = "ASK_CANCEL"


NEXT: dict[tuple[S, R | Act], S] = {
    (S.NEW, Act.DENY): S.DENIED,
    (S.NEW, Act.INTEND): S.INTENT,
    (S.INTENT, Act.SEND): S.SENDING,
    (S.INTENT, Act.NOT_SENT): S.NOT_SENT,
    # the call is out: reports may overtake its return
    (S.SENDING, Act.SENT): S.SENT,
    (S.SENDING, Act.NOT_SENT): S.NOT_SENT,
    (S.SENDING, R.ACK): S.LIVE,
    (S.SENDING, R.REJECTED): S.REJECTED,
    (S.SENDING, R.FILL): S.PARTIAL,
    (S.SENDING, R.CANCELLED): S.CANCELLED,
    (S.SENDING, R.EXPIRED): S.EXPIRED,
    (S.SENDING, R.SILENCE): S.UNKNOWN,
    # the call's return, after a report overtook it, changes nothing
    **{(status, Act.SENT): status for status in (
        S.LIVE, S.PARTIAL, S.FILLED, S.CANCELLED, S.PART_CANCELLED, S.REJECTED, S.EXPIRED)},
    (S.SENT, R.ACK): S.LIVE,
    (S.SENT, R.REJECTED): S.REJECTED,
    (S.SENT, R.FILL): S.PARTIAL,           # the fill overtook the acknowledgement
    (S.SENT, R.CANCELLED): S.CANCELLED,
    (S.SENT, R.EXPIRED): S.EXPIRED,
    (S.SENT, R.SILENCE): S.UNKNOWN,        # never resend: ask the broker what it holds
    (S.SENT, Act.ASK_CANCEL): S.PENDING_CANCEL,
    (S.LIVE, R.ACK): S.LIVE,               # said twice
    (S.LIVE, R.REJECTED): S.REJECTED,      # taken by the broker, refused by the exchange
    (S.LIVE, R.FILL): S.PARTIAL,
    (S.LIVE, R.CANCELLED): S.CANCELLED,
    (S.LIVE, R.EXPIRED): S.EXPIRED,
    (S.LIVE, R.SILENCE): S.UNKNOWN,
    (S.LIVE, Act.ASK_CANCEL): S.PENDING_CANCEL,
    (S.PARTIAL, R.ACK): S.PARTIAL,         # late
    (S.PARTIAL, R.FILL): S.PARTIAL,
    (S.PARTIAL, R.CANCELLED): S.PART_CANCELLED,
    (S.PARTIAL, R.EXPIRED): S.EXPIRED,
    (S.PARTIAL, R.SILENCE): S.UNKNOWN,
    (S.PARTIAL, Act.ASK_CANCEL): S.PENDING_CANCEL,
    (S.PENDING_CANCEL, R.ACK): S.PENDING_CANCEL,
    (S.PENDING_CANCEL, R.REJECTED): S.REJECTED,
    (S.PENDING_CANCEL, R.FILL): S.PENDING_CANCEL,      # the race is open until an answer
    (S.PENDING_CANCEL, R.CANCELLED): S.CANCELLED,
    (S.PENDING_CANCEL, R.CANCEL_REFUSED): S.LIVE,      # or PARTIAL, by what has filled
    (S.PENDING_CANCEL, R.EXPIRED): S.EXPIRED,
    (S.PENDING_CANCEL, R.SILENCE): S.UNKNOWN,
    (S.PENDING_CANCEL, Act.ASK_CANCEL): S.PENDING_CANCEL,
    # its fate is not known until one of these proves it
    (S.UNKNOWN, R.ACK): S.LIVE,
    (S.UNKNOWN, R.REJECTED): S.REJECTED,
    (S.UNKNOWN, R.FILL): S.PARTIAL,
    (S.UNKNOWN, R.CANCELLED): S.CANCELLED,
    (S.UNKNOWN, R.EXPIRED): S.EXPIRED,
    (S.UNKNOWN, R.SILENCE): S.UNKNOWN,
    (S.UNKNOWN, R.CANCEL_REFUSED): S.UNKNOWN,
    (S.UNKNOWN, Act.NOT_SENT): S.NOT_SENT,
    (S.UNKNOWN, Act.ASK_CANCEL): S.UNKNOWN,
    # late or repeated reports about an order that has ended: late fills are ours and are booked
    (S.FILLED, R.ACK): S.FILLED,
    (S.FILLED, R.CANCEL_REFUSED): S.FILLED,
    (S.CANCELLED, R.FILL): S.CANCELLED,    # becomes PART_CANCELLED or FILLED
    (S.CANCELLED, R.ACK): S.CANCELLED,
    (S.CANCELLED, R.CANCELLED): S.CANCELLED,
    (S.CANCELLED, R.EXPIRED): S.CANCELLED,
    (S.PART_CANCELLED, R.FILL): S.PART_CANCELLED,
    (S.PART_CANCELLED, R.ACK): S.PART_CANCELLED,
    (S.PART_CANCELLED, R.CANCELLED): S.PART_CANCELLED,
    (S.PART_CANCELLED, R.EXPIRED): S.PART_CANCELLED,
    (S.EXPIRED, R.FILL): S.EXPIRED,
    (S.EXPIRED, R.ACK): S.EXPIRED,
    (S.EXPIRED, R.EXPIRED): S.EXPIRED,
    (S.EXPIRED, R.CANCELLED): S.EXPIRED,
    (S.EXPIRED, R.CANCEL_REFUSED): S.EXPIRED,
    (S.REJECTED, R.REJECTED): S.REJECTED,
}

ALL_PAIRS = tuple(product(S, (*R, *Act)))


def step(status: S, report: R | Act, *, filled_shares: int = 0, shares: int = 0) -> S:
    """The status after a report or an act.

    Args:
        filled_shares: of the order, this report's fill included.
        shares: of the whole order; 0 where quantities do not matter.

    Raises:
        OrderError: the pair is not in NEXT.
    """
    try:
        after = NEXT[status, report]
    except KeyError:
        raise OrderError(
            f"order is {status.name} and cannot take {report.name}",
            why="the broker and our book disagree",
            remedy="The report is kept in quarantine; compare the order with the broker's list",
        ) from None
    if report is R.FILL and 0 < shares <= filled_shares:
        return S.FILLED
    if after is S.CANCELLED and filled_shares > 0:
        return S.PART_CANCELLED
    if report is R.CANCEL_REFUSED and after is S.LIVE and filled_shares > 0:
        return S.PARTIAL
    return after
