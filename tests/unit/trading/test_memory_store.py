from dataclasses import replace

import pytest

from core.exceptions import DataError
from core.ports import Changes
from core.types import KillLevel
from tests.support.desk import DAY1, Desk, a_bar, at
from trading.journal import GENESIS_HASH, next_entry
from trading.memory_store import MemoryOrderStore


def test_an_empty_journal_starts_at_the_genesis_hash() -> None:
    assert MemoryOrderStore().head() == (0, GENESIS_HASH)
    assert MemoryOrderStore().load().account is None


def test_entries_are_given_back_after_any_number() -> None:
    desk = Desk()
    desk.buy(100)
    numbers = [entry.seq for entry in desk.store.entries(after_seq=2)]

    assert numbers == list(range(3, desk.store.head()[0] + 1))


def test_an_entry_that_does_not_follow_changes_nothing() -> None:
    store = MemoryOrderStore()
    entry = next_entry((4, "0" * 64), trading_day=DAY1, ts_utc=at(DAY1), kind="KILL", payload={})

    with pytest.raises(DataError, match="does not follow"):
        store.append((entry,), Changes(kill_level=KillLevel.BLOCK))
    assert store.head()[0] == 0
    assert store.load().kill_level is KillLevel.NONE


def test_the_same_fill_is_never_stored_twice() -> None:
    desk = Desk()
    desk.buy(100)
    desk.play(a_bar())
    fill = desk.store.load().fills[0]
    entry = next_entry(desk.store.head(), trading_day=DAY1, ts_utc=at(DAY1), kind="FILL",
                       payload={})
    before = desk.store.head()

    with pytest.raises(DataError, match="stored already"):
        desk.store.append((entry,), Changes(fills=(replace(fill, shares=1),)))
    assert desk.store.head() == before
