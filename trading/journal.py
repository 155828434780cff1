"""The hash chain of the ledger: canonical payloads, links, and the check of a whole chain."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from core.exceptions import DataError
from core.ports import OrderStore
from core.types import JournalEntry

GENESIS_HASH = "0" * 64
Verify = Callable[[str, str], bool]         # (the hash of an entry, its signature)
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False,
                            allow_nan=False)


def canonical_json(payload: Mapping[str, Any]) -> str:
    """Sorted keys, no spaces, amounts as e4 integers: equal content is equal text."""
    return _ENCODER.encode(payload)


def entry_hash(
    prev_hash: str, seq: int, trading_day: date, ts_utc: datetime, kind: str, payload: str
) -> str:
    """SHA-256 over the link's fields, joined by newlines (payloads contain none)."""
    text = (f"{prev_hash}\n{seq}\n{trading_day.isoformat()}\n{ts_utc.isoformat()}"
            f"\n{kind}\n{payload}")
    return hashlib.sha256(text.encode()).hexdigest()


def next_entry(
    head: tuple[int, str], *, trading_day: date, ts_utc: datetime, kind: str,
    payload: Mapping[str, Any],
) -> JournalEntry:
    """The entry that follows `head` (seq, hash)."""
    seq, prev_hash = head[0] + 1, head[1]
    text = canonical_json(payload)
    return JournalEntry(
        seq=seq, trading_day=trading_day, ts_utc=ts_utc, kind=kind, payload=text,
        prev_hash=prev_hash, hash=entry_hash(prev_hash, seq, trading_day, ts_utc, kind, text))


def follow(
    head: tuple[int, str], entry: JournalEntry, verify: Verify | None = None
) -> tuple[int, str]:
    """The head after `entry`; with `verify` its signature has to hold as well.

    Raises:
        DataError: the entry does not follow: something was changed, dropped, inserted or moved.
    """
    if (entry.seq, entry.prev_hash) != (head[0] + 1, head[1]) or entry.hash != entry_hash(
            entry.prev_hash, entry.seq, entry.trading_day, entry.ts_utc, entry.kind,
            entry.payload):
        raise _broken(head[0] + 1, "its hash does not follow from what is stored")
    if verify is not None and not verify(entry.hash, entry.signature):
        raise _broken(entry.seq, "its signature does not hold")
    return entry.seq, entry.hash


def _broken(seq: int, why: str) -> DataError:
    return DataError(f"the journal is broken at entry {seq}", why=why,
                     remedy="Do not trade on it; restore ledger.db from the newest good backup")


def verify_chain(store: OrderStore, verify: Verify | None = None) -> tuple[int, str]:
    """Walk a store's whole journal; the head it ends with. DataError names the first bad entry."""
    head = (0, GENESIS_HASH)
    for entry in store.entries():
        head = follow(head, entry, verify)
    if head != store.head():
        raise DataError(f"the journal ends at entry {head[0]}, its head says {store.head()[0]}",
                        why="entries were cut off or added behind the program's back",
                        remedy="Do not trade on it; restore ledger.db from the newest good backup")
    return head
