from datetime import timedelta
from typing import Any

import pytest

from core.desk_types import CaseKind
from core.exceptions import OrderError
from tests.support.desk import DAY1, MAIN, Desk, at
from trading import cases
from trading.cases import Difference
from trading.records import Entry

NOW = at(DAY1)


def a_difference(**changes: Any) -> Difference:
    values: dict[str, Any] = {"kind": CaseKind.POSITION, "symbol": MAIN, "ours": "0",
                              "theirs": "100", "delta": "+100", "text": "what, why, what to do"}
    return Difference(**(values | changes))


def opened(desk: Desk, found: Difference, case_id: int = 7) -> None:
    payload = cases.opening(desk.session.book, found, case_id, NOW)
    assert payload is not None
    desk.session.record(Entry.CASE, payload)


def closed(desk: Desk, case_id: int = 7) -> None:
    desk.session.record(Entry.CASE, cases.closing(
        desk.session.book, case_id, by="Li", reason="a transfer", now_utc=NOW))


def test_an_open_case_freezes_its_symbol_until_a_person_closes_it() -> None:
    desk = Desk()
    opened(desk, a_difference())
    assert cases.frozen(desk.session.book) == {MAIN: "what, why, what to do"}

    closed(desk)

    assert cases.frozen(desk.session.book) == {}
    case = cases.case_of(desk.session.book, 7)
    assert (case.closed_by, case.reason, case.closed_utc) == ("Li", "a transfer", NOW)
    assert cases.open_cases(desk.session.book) == ()
    assert cases.all_cases(desk.session.book) == (case,)


def test_a_case_survives_a_restart() -> None:
    desk = Desk()
    opened(desk, a_difference(order_id=3))

    again = Desk(store=desk.store)

    assert cases.frozen(again.session.book) == {MAIN: "what, why, what to do"}
    assert cases.order_of(again.session.book, 7) == 3
    assert cases.order_of(again.session.book, 8) == 0


def test_the_same_place_has_one_open_case() -> None:
    desk = Desk()
    opened(desk, a_difference())

    assert cases.opening(desk.session.book, a_difference(delta="+300"), 8, NOW) is None
    assert cases.opening(desk.session.book, a_difference(order_id=2), 8, NOW) is not None


def test_what_a_person_accepted_is_not_asked_again_and_anything_else_is() -> None:
    desk = Desk()
    opened(desk, a_difference())
    closed(desk)

    assert cases.opening(desk.session.book, a_difference(), 8, NOW) is None
    assert cases.is_accepted(desk.session.book, a_difference())
    assert not cases.is_accepted(desk.session.book, a_difference(delta="+200"))
    assert cases.opening(desk.session.book, a_difference(delta="+200"), 8, NOW) is not None


def test_a_case_that_moves_neither_shares_nor_cash_freezes_nothing() -> None:
    desk = Desk()
    opened(desk, a_difference(freezes=False))

    assert cases.frozen(desk.session.book) == {}
    assert len(cases.open_cases(desk.session.book)) == 1


def test_further_reports_join_the_open_case_once_each_and_not_without_end() -> None:
    desk = Desk()
    opened(desk, a_difference(kind=CaseKind.REPORT, seen="a"))
    book = desk.session.book
    for number in range(60):
        found = a_difference(kind=CaseKind.REPORT, seen=f"r{number}")
        payload = cases.opening(book, found, 8, NOW)
        if payload is not None:
            assert payload["key"] == "7"
            desk.session.record(Entry.CASE, payload)

    assert cases.was_seen(book, a_difference(kind=CaseKind.REPORT, seen="a"))
    assert cases.was_seen(book, a_difference(kind=CaseKind.REPORT, seen="r48"))
    assert not cases.was_seen(book, a_difference(kind=CaseKind.REPORT, seen="r49"))
    assert cases.opening(book, a_difference(kind=CaseKind.REPORT, seen="a"), 8, NOW) is None
    closed(desk)
    assert cases.is_accepted(book, a_difference(kind=CaseKind.REPORT, seen="a"))
    assert not cases.is_accepted(book, a_difference(kind=CaseKind.REPORT, seen="new"))


@pytest.mark.parametrize(("case_id", "by", "reason"), [
    (9, "Li", "found it"), (7, " ", "found it"), (7, "Li", " ")])
def test_a_case_is_closed_by_somebody_with_a_reason(case_id: int, by: str, reason: str) -> None:
    desk = Desk()
    opened(desk, a_difference())

    with pytest.raises(OrderError, match=f"case {case_id} was not closed"):
        cases.closing(desk.session.book, case_id, by=by, reason=reason, now_utc=NOW)


def test_a_closed_case_cannot_be_closed_again() -> None:
    desk = Desk()
    opened(desk, a_difference())
    closed(desk)
    with pytest.raises(OrderError, match="no such case is open"):
        closed(desk)


def test_a_closed_case_is_dropped_on_a_later_day_once_its_difference_is_gone() -> None:
    desk = Desk()
    opened(desk, a_difference())
    assert cases.outdated(desk.session.book, set(), NOW + timedelta(days=1)) == []      # open
    closed(desk)
    book, later = desk.session.book, NOW + timedelta(days=1)

    assert cases.outdated(book, {a_difference().place}, later) == []
    assert cases.outdated(book, set(), NOW - timedelta(hours=1)) == []
    (payload,) = cases.outdated(book, set(), later)
    desk.session.record(Entry.CASE, payload)
    assert cases.all_cases(book) == ()
