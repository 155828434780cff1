"""The life of an order as one table: what each report or act makes of each status. Pure.

Every pair is decided. A cell is the next status, "." where the report repeats what is known or
comes late and changes nothing, or a small letter: the pair is refused for the reason of that
letter, and a report is kept in quarantine. Four refinements depend on quantities and are made
by `step`: a fill that completes an order makes it FILLED; the end of an order of which a part
has filled is PART_CANCELLED, whether it was cancelled or refused; and an order that is live
with a part filled is PARTIAL.

Late fills are always taken where an order may have been at the broker: those shares are ours.
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
    ADOPT = "ADOPT"            # found in the broker's list, entered by somebody else
    SEND = "SEND"              # written down that the call is about to be made
    SENT = "SENT"              # the call returned
    NOT_SENT = "NOT_SENT"      # proven that the broker never had it
    ASK_CANCEL = "ASK_CANCEL"
    REOPEN = "REOPEN"          # we thought it ended; the broker's list proves that it lives


_REPORTS = (R.ACK, R.REJECTED, R.FILL, R.CANCELLED, R.CANCEL_REFUSED, R.EXPIRED, R.SILENCE)
_CAUSES: tuple[R | Act, ...] = (*_REPORTS, *Act)
_TABLE = """
               | ACK  REJ  FILL CANC CREF EXPI SILE | DENY INTE ADOP SEND SENT NOTS ASKC REOP
NEW            | n    n    n    n    n    n    n    | DENI INTE LIVE o    o    o    o    o
DENIED         | n    n    n    n    n    n    n    | p    p    p    p    p    p    e    n
INTENT         | n    n    n    n    n    n    n    | p    p    p    SNDG o    NOTS NOTS o
SENDING        | LIVE REJE PART CANC .    EXPI UNKN | p    p    p    p    SENT NOTS .    o
SENT           | LIVE REJE PART CANC .    EXPI UNKN | p    p    p    p    p    p    PEND o
LIVE           | .    REJE PART CANC .    EXPI UNKN | p    p    p    p    .    p    PEND p
PARTIAL        | .    REJE PART CANC .    EXPI UNKN | p    p    p    p    .    p    PEND p
PENDING_CANCEL | .    REJE PEND CANC LIVE EXPI UNKN | p    p    p    p    .    p    .    p
UNKNOWN        | LIVE REJE PART CANC .    EXPI .    | p    p    p    p    p    NOTS .    o
FILLED         | .    f    f    f    .    f    e    | p    p    p    p    .    p    e    f
CANCELLED      | .    e    CANC .    .    .    e    | p    p    p    p    .    p    e    LIVE
PART_CANCELLED | .    .    PTCA .    .    .    e    | p    p    p    p    .    p    e    LIVE
REJECTED       | .    .    PTCA e    .    e    e    | p    p    p    p    .    p    e    LIVE
EXPIRED        | .    e    EXPI CANC .    .    e    | p    p    p    p    .    p    e    LIVE
NOT_SENT       | n    .    PART n    .    n    e    | p    p    p    p    p    p    e    LIVE
"""
_STATUS = {
    "DENI": S.DENIED, "INTE": S.INTENT, "SNDG": S.SENDING, "SENT": S.SENT, "LIVE": S.LIVE,
    "PART": S.PARTIAL, "PEND": S.PENDING_CANCEL, "UNKN": S.UNKNOWN, "CANC": S.CANCELLED,
    "PTCA": S.PART_CANCELLED, "REJE": S.REJECTED, "EXPI": S.EXPIRED, "NOTS": S.NOT_SENT,
}
_REASONS = {
    "n": "it never left this program, so nobody can report on it",
    "o": "it is not that far",
    "p": "it is past that step",
    "f": "all its shares have filled, and trades are final",
    "e": "it has ended already",
}
# The surprising rows, in words:
# SENDING, SENT, UNKNOWN + FILL   a fill overtakes the acknowledgement, even the call's return.
# PENDING_CANCEL + FILL           the race stays open until the broker says who won.
# INTENT + ASK_CANCEL             the call was not made: taking it back is all that is needed.
# SENDING, UNKNOWN + ASK_CANCEL   the wish is kept and carried out when the order can be named.
# REJECTED, CANCELLED ... + FILL  a trade is a trade; the broker had more than it said.
# NOT_SENT + FILL                 our proof was wrong: it is open again, and a case is opened.
# EXPIRED + CANCELLED             the broker's word is more exact than the end of the day.
# FILLED + CANCELLED              contradicts trades that are booked: a person has to look.


def _read(table: str) -> tuple[dict[tuple[S, R | Act], S], dict[tuple[S, R | Act], str]]:
    """(the legal steps, why the others are refused)."""
    steps: dict[tuple[S, R | Act], S] = {}
    refused: dict[tuple[S, R | Act], str] = {}
    for line in table.strip().splitlines()[1:]:
        name, *cells = line.replace("|", " ").split()
        for cause, cell in zip(_CAUSES, cells, strict=True):
            if cell in _REASONS:
                refused[S[name], cause] = _REASONS[cell]
            else:
                steps[S[name], cause] = S[name] if cell == "." else _STATUS[cell]
    return steps, refused


NEXT, REFUSED = _read(_TABLE)
ALL_PAIRS = tuple(product(S, (*R, *Act)))


def step(status: S, report: R | Act, *, filled_shares: int = 0, shares: int = 0) -> S:
    """The status after a report or an act.

    Args:
        filled_shares: of the order, this report's fill included.
        shares: of the whole order; 0 where quantities do not matter.

    Raises:
        OrderError: the table refuses the pair, and says why.
    """
    try:
        after = NEXT[status, report]
    except KeyError:
        raise OrderError(
            f"order is {status.name} and cannot take {report.name}",
            why=REFUSED[status, report],
            remedy="The report is kept in quarantine; compare the order with the broker's list",
        ) from None
    if report is R.FILL and 0 < shares <= filled_shares:
        return S.FILLED
    if filled_shares > 0:
        return _PART_FILLED.get(after, after)
    return after


# What a status is called once a part of the order has filled.
_PART_FILLED = {
    S.CANCELLED: S.PART_CANCELLED, S.REJECTED: S.PART_CANCELLED, S.LIVE: S.PARTIAL}
