import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.exceptions import DataError
from core.types import JournalEntry
from tests.support.desk import Desk
from trading.journal import GENESIS_HASH, canonical_json, follow, next_entry, verify_chain
from trading.memory_store import MemoryOrderStore

DAY, NOW = date(2024, 3, 4), datetime(2024, 3, 4, 2, 0, tzinfo=UTC)


def an_entry(head: tuple[int, str] = (0, GENESIS_HASH), **payload: object) -> JournalEntry:
    return next_entry(head, trading_day=DAY, ts_utc=NOW, kind="KILL", payload=payload)


def test_equal_content_is_equal_text() -> None:
    assert canonical_json({"b": 1, "a": [2, None]}) == '{"a":[2,null],"b":1}'
    assert canonical_json({"name": "平安银行"}) == '{"name":"平安银行"}'


def test_nothing_that_json_does_not_know_gets_into_a_payload() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"price": float("nan")})


def test_the_hash_is_over_every_field_joined_by_newlines() -> None:
    entry = an_entry(level=3)
    text = "\n".join([GENESIS_HASH, "1", "2024-03-04", "2024-03-04T02:00:00+00:00", "KILL",
                      '{"level":3}'])

    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("change", [
    {"seq": 3}, {"trading_day": date(2024, 3, 5)}, {"ts_utc": NOW.replace(second=1)},
    {"kind": "FILL"}, {"payload": "{}"}, {"prev_hash": "1" * 64}, {"hash": "1" * 64}])
def test_a_change_of_any_field_breaks_the_chain(change: dict[str, Any]) -> None:
    first = an_entry()
    second = an_entry((first.seq, first.hash), level=1)

    assert follow((first.seq, first.hash), second) == (2, second.hash)
    with pytest.raises(DataError, match="entry 2"):
        follow((first.seq, first.hash), replace(second, **change))


def test_a_dropped_moved_or_repeated_entry_is_found() -> None:
    desk = Desk()
    desk.buy(100)
    entries = list(desk.store.entries())
    assert verify_chain(desk.store) == desk.store.head()

    for bad in (entries[1:], [*entries[:2], *entries[3:]], [entries[1], entries[0], *entries[2:]],
                [*entries, entries[-1]]):
        with pytest.raises(DataError, match="journal"):
            verify_chain(_Stored(bad))


def test_a_head_that_knows_more_than_the_journal_is_found() -> None:
    desk = Desk()
    desk.buy(100)
    store = _Stored(list(desk.store.entries())[:-1])
    store.told = desk.store.head()

    with pytest.raises(DataError, match="cut off"):
        verify_chain(store)


def test_a_signature_that_does_not_hold_breaks_the_chain() -> None:
    entry = an_entry(level=3)
    head = (0, GENESIS_HASH)

    assert follow(head, entry, lambda signed, _: signed == entry.hash) == (1, entry.hash)
    with pytest.raises(DataError, match="signature"):
        follow(head, entry, lambda _signed, _signature: False)


class _Stored(MemoryOrderStore):
    def __init__(self, entries: list[JournalEntry]) -> None:
        super().__init__()
        self._entries = entries
        self.told: tuple[int, str] | None = None

    def head(self) -> tuple[int, str]:
        return self.told or super().head()
