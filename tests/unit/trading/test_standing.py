from datetime import date

import pytest

from core.exceptions import ConfigError
from core.types import Account, Origin
from tests.support.desk import CNY, DAY1, DAY2, Desk, at
from trading.memory_store import MemoryOrderStore
from trading.standing import Standing, standing_of


def a_standing(account_id: str = Origin.GENERATED.value, day: date = DAY2) -> Standing:
    account = Account(
        account_id=account_id, cash_cny=CNY("1.00"), reserved_cny=CNY("0.00"),
        withdrawable_cny=CNY("1.00"), initial_cash_cny=CNY("1.00"), trading_day=day)
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
