from dataclasses import replace

from tests.support.desk import CNY, DAY1, Desk
from tests.support.risk_cases import REPORTED
from trading.records import Entry
from trading.registration import registration_from, registration_of, registration_to


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
