"""The program-trading registration of an account: "report first, trade later". To and from JSON."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from core.desk_types import Registration
from core.exceptions import OrderError
from core.money import from_e4, to_e4
from trading.ledger import Book
from trading.records import Entry, Payload


def registration_to(known: Registration) -> Payload:
    return {
        "account_id": known.account_id, "software": known.software, "version": known.version,
        "strategy_kind": known.strategy_kind, "most_per_second": known.most_per_second,
        "most_per_day": known.most_per_day, "registered_on": known.registered_on.isoformat(),
        "by": known.by, "fund_e4": None if known.fund_cny is None else to_e4(known.fund_cny),
    }


def registration_from(value: Mapping[str, Any]) -> Registration:
    fund_e4 = value["fund_e4"]
    return Registration(
        account_id=value["account_id"], software=value["software"], version=value["version"],
        strategy_kind=value["strategy_kind"], most_per_second=value["most_per_second"],
        most_per_day=value["most_per_day"],
        registered_on=date.fromisoformat(value["registered_on"]), by=value["by"],
        fund_cny=None if fund_e4 is None else from_e4(fund_e4))


def registration_of(book: Book) -> Registration | None:
    """The account's own; None: program trading was never reported for it."""
    value = book.state_of(Entry.REGISTRATION).get(book.opened.account_id)
    return None if value is None else registration_from(value)


class _Session(Protocol):
    """What it needs of the trading session."""

    @property
    def book(self) -> Book: ...

    @property
    def day(self) -> date: ...

    def record(self, kind: Entry, payload: Payload) -> None: ...


def register(
    session: _Session, *, software: str, version: str, strategy_kind: str, most_per_second: int,
    most_per_day: int, by: str, fund_cny: Decimal | None = None,
) -> Registration:
    """Write down what was reported for the session's account; a later report replaces it.

    Raises:
        OrderError: a name is missing or a rate is not positive.
    """
    if not strategy_kind.strip() or not by.strip() or min(most_per_second, most_per_day) < 1:
        raise OrderError("the registration was not entered",
                         why="it needs a kind of strategy, who reported it, and rates above zero",
                         remedy="Give them as they stand in the report to the broker")
    known = Registration(
        account_id=session.book.opened.account_id, software=software, version=version,
        strategy_kind=strategy_kind.strip(), most_per_second=most_per_second,
        most_per_day=most_per_day, registered_on=session.day, by=by.strip(), fund_cny=fund_cny)
    session.record(Entry.REGISTRATION, {
        "key": known.account_id, "value": registration_to(known), "by": known.by,
        "why": "program trading was reported to the broker"})
    return known
