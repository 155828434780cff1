from dataclasses import replace
from typing import Any

import pytest

from core.exceptions import OrderError
from tests.support.desk import CNY, DAY1, Desk
from tests.support.risk_cases import REPORTED
from trading.records import Entry
from trading.registration import (
    register,
    registration_from,
    registration_of,
    registration_to,
)


def test_a_registration_is_the_same_after_the_journal() -> None:
    funded = replace(REPORTED, fund_cny=CNY("1000000.00"), registered_on=DAY1)

    assert registration_from(registration_to(REPORTED)) == REPORTED
    assert registration_from(registration_to(funded)) == funded


def test_it_belongs_to_its_account_alone() -> None:
    desk = Desk()
    assert registration_of(desk.session.book) is None
    for account in ("other", "main"):
        desk.session.record(Entry.REGISTRATION, {
            "key": account, "value": registration_to(REPORTED), "why": "", "by": "test"})
        assert (registration_of(desk.session.book) == REPORTED) is (account == "main")


def test_what_was_reported_is_durable_and_a_later_report_replaces_it() -> None:
    desk = Desk()
    for rate in (5, 8):
        known = register(desk.session, software="Trading Graph", version="0.4.0", by=" a person ",
                         strategy_kind="trend", most_per_second=rate, most_per_day=100)
        assert registration_of(desk.session.book) == known
        assert (known.most_per_second, known.by, known.registered_on) == (rate, "a person", DAY1)
    again = Desk(store=desk.store)
    assert registration_of(again.session.book) == known


@pytest.mark.parametrize("wrong", [
    {"by": " "}, {"strategy_kind": ""}, {"most_per_second": 0}, {"most_per_day": -1}])
def test_half_a_report_is_none(wrong: dict[str, Any]) -> None:
    desk = Desk()
    values: dict[str, Any] = {
        "software": "Trading Graph", "version": "0.4.0", "by": "a person",
        "strategy_kind": "trend", "most_per_second": 5, "most_per_day": 100}
    with pytest.raises(OrderError, match="was not entered"):
        register(desk.session, **(values | wrong))
    assert registration_of(desk.session.book) is None
