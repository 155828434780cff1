"""Differences with the broker: what opens a case, what it freezes, how a person closes it. Pure.

A case is one durable row (Entry.CASE) under its id, the number of the journal entry that opened
it. While it is open its symbol is frozen: the risk gate refuses new orders there. A case without
a symbol freezes the whole account. A closed case stays as long as the difference it accepted is
still there, so that what a person has looked at is not asked again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.desk_types import Case, CaseKind
from core.exceptions import OrderError
from core.rules import to_shanghai
from trading.ledger import Book
from trading.records import Entry, Payload

_MOST_SEEN = 50             # fingerprints that one case remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something in which the book and the broker are not the same.

    `delta`: what stays the same while both sides trade on ("+100"); a person accepts that.
    `freezes`: False where neither shares nor cash can be concerned.
    `seen`: tells one quarantined report from another.
    """

    kind: CaseKind
    symbol: str
    ours: str
    theirs: str
    text: str                          # what, why, what to do, in one English sentence
    order_id: int = 0
    delta: str = ""
    freezes: bool = True
    seen: str = ""

    @property
    def place(self) -> tuple[str, str, int]:
        """Where it is: one case at most is open for each place."""
        return self.kind.value, self.symbol, self.order_id


def _place(row: Mapping[str, Any]) -> tuple[str, str, int]:
    return row["kind"], row["symbol"], row["order_id"]


def _rows(book: Book) -> dict[int, Payload]:
    return {int(key): row for key, row in book.state_of(Entry.CASE).items()}


def all_cases(book: Book) -> tuple[Case, ...]:
    """Open cases and the closed ones that are kept, oldest first."""
    return tuple(_case(case_id, row) for case_id, row in sorted(_rows(book).items()))


def open_cases(book: Book) -> tuple[Case, ...]:
    return tuple(case for case in all_cases(book) if case.closed_utc is None)


def cases_to_show(book: Book) -> tuple[Case, ...]:
    """The open ones, and those closed on the book's day."""
    return tuple(case for case in all_cases(book)
                 if case.closed_utc is None or to_shanghai(case.closed_utc).date() == book.day)


def frozen(book: Book) -> dict[str, str]:
    """Why nothing may be sent, by symbol; the empty symbol concerns the whole account."""
    return {row["symbol"]: row["text"] for row in _rows(book).values()
            if row["freezes"] and row["closed_utc"] is None}


def opening(book: Book, found: Difference, case_id: int, now_utc: datetime) -> Payload | None:
    """The payload that opens a case, or notes a further report in an open one.

    None: a case stands open for it, or a person has accepted this very difference.
    """
    for known_id, row in _rows(book).items():
        if _place(row) != found.place:
            continue
        if row["closed_utc"] is None:
            if not found.seen or found.seen in row["seen"] or len(row["seen"]) >= _MOST_SEEN:
                return None
            return {"key": str(known_id), "value": row | {"seen": [*row["seen"], found.seen]}}
        if _accepts(row, found):
            return None
    return {"key": str(case_id), "value": {
        "kind": found.kind.value, "symbol": found.symbol, "order_id": found.order_id,
        "ours": found.ours, "theirs": found.theirs, "text": found.text, "delta": found.delta,
        "freezes": found.freezes, "seen": [found.seen] if found.seen else [],
        "opened_utc": now_utc.isoformat(), "closed_utc": None, "closed_by": "", "reason": ""}}


def was_seen(book: Book, found: Difference) -> bool:
    """Whether this very report is in quarantine already."""
    return any(_place(row) == found.place and found.seen in row["seen"]
               for row in _rows(book).values())


def _accepts(row: Mapping[str, Any], found: Difference) -> bool:
    return found.seen in row["seen"] if found.seen else row["delta"] == found.delta


def is_accepted(book: Book, found: Difference) -> bool:
    """Whether a person closed a case about this very difference."""
    return any(row["closed_utc"] is not None and _place(row) == found.place
               and _accepts(row, found) for row in _rows(book).values())


def closing(
    book: Book, case_id: int, *, by: str, reason: str, now_utc: datetime
) -> Payload:
    """The payload that closes a case.

    Raises:
        OrderError: there is no such open case, or nobody, or no reason is named.
    """
    row = _rows(book).get(case_id)
    if row is None or row["closed_utc"] is not None:
        raise OrderError(f"case {case_id} was not closed", why="no such case is open",
                         remedy="Look at the list of open cases")
    if not by.strip() or not reason.strip():
        raise OrderError(f"case {case_id} was not closed",
                         why="a case is closed by a person with a reason",
                         remedy="Say who you are and what you found")
    return {"key": str(case_id), "why": reason, "by": by, "value": row | {
        "closed_utc": now_utc.isoformat(), "closed_by": by, "reason": reason}}


def outdated(book: Book, present: set[tuple[str, str, int]], today_utc: datetime) -> list[Payload]:
    """Rows to drop: closed before today, and the difference they accepted is gone.

    Args:
        present: the places of the differences that were found just now.
    """
    return [{"key": str(case_id), "value": None, "why": "closed, and the difference is gone"}
            for case_id, row in sorted(_rows(book).items())
            if row["closed_utc"] is not None and _place(row) not in present
            and datetime.fromisoformat(row["closed_utc"]) < today_utc]


def case_of(book: Book, case_id: int) -> Case:
    """KeyError: no such case."""
    return _case(case_id, _rows(book)[case_id])


def order_of(book: Book, case_id: int) -> int:
    """The order a case is about; 0: none."""
    row = _rows(book).get(case_id)
    return 0 if row is None else int(row["order_id"])


def _case(case_id: int, row: Mapping[str, Any]) -> Case:
    closed = row["closed_utc"]
    case = Case(
        case_id=case_id, kind=CaseKind(row["kind"]), symbol=row["symbol"], ours=row["ours"],
        theirs=row["theirs"], text=row["text"],
        opened_utc=datetime.fromisoformat(row["opened_utc"]))
    return case if closed is None else replace(
        case, closed_utc=datetime.fromisoformat(closed), closed_by=row["closed_by"],
        reason=row["reason"])
