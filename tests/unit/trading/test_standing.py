from datetime import date

import pytest

from core.exceptions import ConfigError
from core.types import Account, Origin
from tests.support.desk import CNY, DAY1, DAY2, DAY3, Desk, at
from trading.memory_store import MemoryOrderStore
from trading.standing import Standing, account_for, account_rows, standing_of


def a_standing(account_id: str = Origin.GENERATED.value, day: date = DAY2) -> Standing:
    account = Account(
        account_id=account_id, cash_cny=CNY("1.00"), reserved_cny=CNY("0.00"),
        withdrawable_cny=CNY("1.00"), initial_cash_cny=CNY("1.00"), trading_day=day,
        origin=Origin.GENERATED)
    return Standing(account, at(day))


def test_an_empty_ledger_stands_nowhere() -> None:
    assert standing_of(MemoryOrderStore()) is None


def test_a_ledger_stands_at_its_account_and_its_newest_entry() -> None:
    desk = Desk()
    desk.buy(100)

    found = standing_of(desk.store)

    assert found is not None
    assert found.account == desk.session.snapshot().account
    assert found.last_utc == list(desk.store.entries())[-1].ts_utc


def test_an_account_goes_on_with_its_own_market_only() -> None:
    a_standing().check_continues(Origin.GENERATED, DAY2)
    with pytest.raises(ConfigError, match=r"opened on generated data.*--new-account"):
        a_standing().check_continues(Origin.IMPORTED, DAY2)


def test_an_account_never_goes_back_in_time() -> None:
    with pytest.raises(ConfigError, match=f"stands at {DAY2}.*--new-account"):
        a_standing().check_continues(Origin.GENERATED, DAY1)


def test_an_account_that_is_not_active_stands_where_it_was_left() -> None:
    desk = Desk(account_id="one")
    desk.buy(100)
    left = list(desk.store.entries())[-1].ts_utc
    Desk(store=desk.store, account_id="two", day=DAY3)

    one, two = standing_of(desk.store, "one"), standing_of(desk.store)
    assert one is not None
    assert two is not None
    assert (one.account.account_id, one.last_utc) == ("one", left)
    assert (two.account.account_id, two.last_utc) == ("two", at(DAY3))
    assert standing_of(desk.store, "three") is None


def test_an_account_is_named_by_the_caller_by_where_it_stands_or_by_its_data() -> None:
    mine = a_standing("mine")
    assert account_for("other", mine, Origin.GENERATED) == "other"
    assert account_for(None, mine, Origin.GENERATED) == "mine"
    assert account_for(None, mine, Origin.IMPORTED) == "imported"
    assert account_for(None, None, Origin.GENERATED) == "generated"


def test_every_account_is_listed_the_active_one_first() -> None:
    desk = Desk(account_id="one", origin=Origin.GENERATED)
    Desk(store=desk.store, account_id="two", cash="5.00")

    two, one = account_rows(desk.store)
    assert (two["account"], two["active"], two["cash_cny"]) == ("two", True, "5.00")
    assert (one["account"], one["active"], one["origin"]) == ("one", False, "generated")
    assert account_rows(MemoryOrderStore()) == []
