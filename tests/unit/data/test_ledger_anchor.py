import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.exceptions import DataError
from data.ledger_anchor import LedgerAnchor, refuse_behind
from data.order_store import SqliteOrderStore
from tests.support.desk import Desk


@pytest.fixture(name="anchor")
def _anchor(tmp_path: Path) -> Path:
    return tmp_path / "ledger.head"


def trade(ledger: Path, anchor: Path, orders: int = 1) -> None:
    with closing(SqliteOrderStore(ledger, anchor=anchor)) as store:
        desk = Desk(store=store)
        for _ in range(orders):
            desk.buy(100)


def cut_tail(ledger: Path, copy: Path) -> None:
    shutil.copy(copy, ledger)


def delete(ledger: Path, _copy: Path) -> None:
    ledger.unlink()


@pytest.mark.parametrize("harm", [cut_tail, delete])
def test_a_ledger_that_lacks_what_was_durable_is_refused_at_the_start(
    tmp_path: Path, anchor: Path, harm: Callable[[Path, Path], None]
) -> None:
    ledger, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    trade(ledger, anchor)
    shutil.copy(ledger, copy)
    trade(ledger, anchor)
    harm(ledger, copy)

    with pytest.raises(DataError, match=r"lacks entry \d+.*--restore-ledger"):
        SqliteOrderStore(ledger, anchor=anchor)
    anchor.unlink()                         # as the remedy says
    trade(ledger, anchor)


def test_a_log_that_was_deleted_after_a_crash_is_found(tmp_path: Path, anchor: Path) -> None:
    """The main file alone is a whole, older ledger; only the note tells."""
    ledger, crashed = tmp_path / "ledger.db", tmp_path / "crashed.db"
    trade(ledger, anchor)
    with closing(SqliteOrderStore(ledger, anchor=anchor)) as store:
        Desk(store=store).buy(100)
        shutil.copy(ledger, crashed)        # what is there without its log

        noted = tmp_path / "noted"
        shutil.copy(anchor, noted)
    with pytest.raises(DataError, match="lacks entry"):
        SqliteOrderStore(crashed, anchor=noted)


def test_a_note_that_is_older_than_the_ledger_holds(tmp_path: Path, anchor: Path) -> None:
    ledger, early = tmp_path / "ledger.db", tmp_path / "early"
    trade(ledger, anchor)
    shutil.copy(anchor, early)
    trade(ledger, anchor)

    trade(ledger, early)


@pytest.mark.parametrize("torn", [b"", b"00000", b"\xff" * 90, b"x " + b"0" * 64])
def test_a_note_that_was_torn_says_nothing(anchor: Path, torn: bytes) -> None:
    anchor.write_bytes(torn)
    with closing(LedgerAnchor(anchor)) as found:
        assert found.noted() is None
        found.note(7, "a" * 64)
        assert found.noted() == (7, "a" * 64)


def test_an_anchor_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="folder anchors/"):
        LedgerAnchor(tmp_path / "nowhere" / "ledger.head")


def test_only_the_noted_hash_will_do(anchor: Path) -> None:
    refuse_behind(None, None, anchor)
    refuse_behind((1, "a"), "a", anchor)
    for stored in (None, "b"):
        with pytest.raises(DataError, match="lacks entry 1"):
            refuse_behind((1, "a"), stored, anchor)
