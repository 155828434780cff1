import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from core.exceptions import DataError
from core.ports import Changes
from core.types import KillLevel
from data.ledger_migrations import MIGRATIONS
from data.order_store import SqliteOrderStore
from tests.support.desk import DAY1, DAY2, STAR, Desk, a_bar, at
from trading.journal import GENESIS_HASH, next_entry, verify_chain
from trading.ledger import projection_bytes, rebuild
from utils.doctor import is_safe_sqlite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    store = SqliteOrderStore(path)
    yield Desk(store=store)
    store.close()


def trade(desk: Desk) -> None:
    """A day of everything: a fill, a rest, a refusal, a cancel, a sale, a kill level."""
    desk.hold(1_000)
    desk.sell(300, "10.20", tag="t,1")
    desk.play(a_bar(price="10.30", ts_utc=at(DAY2)))
    desk.buy(100, "10.00001")
    desk.buy(200, "49.50", symbol=STAR, key="k1")
    desk.session.cancel(desk.buy(100, "9.90"))
    desk.session.set_kill(KillLevel.REDUCE_ONLY, "drill")


def test_what_was_written_is_read_back_as_it_was(desk: Desk, path: Path) -> None:
    trade(desk)
    other = SqliteOrderStore(path)

    assert projection_bytes(other.load()) == projection_bytes(desk.store.load())
    assert other.load() == rebuild(desk.store.entries())
    assert other.head() == desk.store.head()
    assert list(other.entries(3)) == list(desk.store.entries(3))
    assert verify_chain(other) == desk.store.head()
    other.close()


def test_the_journal_and_the_memory_store_agree_entry_by_entry(desk: Desk) -> None:
    memory = Desk()
    trade(desk)
    trade(memory)

    assert list(desk.store.entries()) == list(memory.store.entries())
    assert desk.store.load() == memory.store.load()


def test_an_empty_ledger_knows_nothing(path: Path) -> None:
    store = SqliteOrderStore(path)

    assert store.head() == (0, GENESIS_HASH)
    assert store.load().account is None
    assert store.load().kill_level is KillLevel.NONE
    store.close()


def test_entries_and_rows_are_written_together_or_not_at_all(desk: Desk) -> None:
    desk.buy(100)
    desk.play(a_bar())
    before, fill = desk.store.head(), desk.store.load().fills[0]
    entry = next_entry(before, trading_day=DAY1, ts_utc=at(DAY1), kind="FILL", payload={})

    with pytest.raises(DataError, match="could not write"):
        desk.store.append((entry,), Changes(kill_level=KillLevel.BLOCK, fills=(fill,)))
    assert desk.store.head() == before
    assert desk.store.load().kill_level is KillLevel.NONE


def test_an_entry_that_does_not_follow_is_refused(desk: Desk) -> None:
    entry = next_entry((99, "0" * 64), trading_day=DAY1, ts_utc=at(DAY1), kind="KILL", payload={})

    with pytest.raises(DataError, match="does not follow"):
        desk.store.append((entry,), Changes())


@pytest.mark.parametrize("statement", [
    "UPDATE journal SET payload = '{}' WHERE seq = 1", "DELETE FROM journal"])
def test_the_journal_can_only_grow(desk: Desk, path: Path, statement: str) -> None:
    desk.buy(100)
    with apsw.Connection(str(path)) as db, pytest.raises(apsw.ConstraintError, match="append-only"):
        db.execute(statement)


@pytest.mark.parametrize("statement", [
    "UPDATE positions SET held_shares = -1", "UPDATE accounts SET cash_e4 = 'much'",
    "UPDATE orders SET filled_shares = shares + 1", "INSERT INTO desk VALUES (2, NULL, 0, 0)"])
def test_the_tables_refuse_what_cannot_be(desk: Desk, path: Path, statement: str) -> None:
    desk.buy(100)
    desk.play(a_bar())
    with apsw.Connection(str(path)) as db, pytest.raises(apsw.ConstraintError):
        db.execute(statement)


def test_the_ledger_is_durable_before_it_answers(desk: Desk, path: Path) -> None:
    db = desk.store._db  # type: ignore[attr-defined]  # the settings of this very connection

    assert db.execute("PRAGMA journal_mode").get == "wal"
    assert db.execute("PRAGMA synchronous").get == 2          # FULL
    assert db.execute("PRAGMA foreign_keys").get == 1
    assert db.execute("PRAGMA mmap_size").get == 0


def test_a_newer_ledger_is_refused_and_left_alone(path: Path) -> None:
    SqliteOrderStore(path).close()
    with apsw.Connection(str(path)) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()

    with pytest.raises(DataError, match="newer version"):
        SqliteOrderStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("garbage", [b"", b"x", b"not a database at all, but long enough" * 99])
def test_a_file_that_is_no_ledger_is_refused_with_a_remedy(path: Path, garbage: bytes) -> None:
    path.write_bytes(garbage)
    if not garbage:
        SqliteOrderStore(path).close()            # an empty file is a new ledger
        return

    with pytest.raises(DataError, match="restore the newest backup"):
        SqliteOrderStore(path)
    assert path.read_bytes() == garbage


def test_a_truncated_ledger_is_refused_not_half_read(desk: Desk, path: Path) -> None:
    trade(desk)
    desk.store.close()
    torn = path.with_name("torn.db")
    shutil.copy(path, torn)
    torn.write_bytes(torn.read_bytes()[:5_000])

    with pytest.raises(DataError, match="ledger"):
        verify_chain(SqliteOrderStore(torn))


def test_a_folder_without_a_place_to_write_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not open"):
        SqliteOrderStore(tmp_path / "nowhere" / "ledger.db")


def test_a_reader_sees_the_ledger_and_changes_nothing(desk: Desk, path: Path) -> None:
    desk.buy(100)
    reader = SqliteOrderStore(path, read_only=True)
    entry = next_entry(reader.head(), trading_day=DAY1, ts_utc=at(DAY1), kind="KILL", payload={})

    assert reader.load() == desk.store.load()
    with pytest.raises(DataError, match="could not write"):
        reader.append((entry,), Changes())
    reader.close()


def test_a_reset_empties_the_tables_and_keeps_the_journal(desk: Desk) -> None:
    desk.buy(100)
    desk.play(a_bar())
    seq = desk.store.head()[0]
    desk.session.reset(DAY1)

    loaded = desk.store.load()
    assert (loaded.orders, loaded.fills, loaded.positions) == ((), (), ())
    assert desk.store.head()[0] == seq + 1
    assert verify_chain(desk.store) == desk.store.head()


def test_the_shipped_sqlite_is_safe() -> None:
    assert is_safe_sqlite(apsw.sqlite_lib_version())


def test_a_row_changed_behind_the_journals_back_is_told_from_a_rebuild(desk: Desk) -> None:
    desk.buy(100)
    loaded = desk.store.load()

    assert projection_bytes(replace(loaded, orders=())) != projection_bytes(
        rebuild(desk.store.entries()))


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with closing(apsw.Connection(str(path))) as db:
        db.execute("CREATE TABLE theirs (n); INSERT INTO theirs VALUES (1)")
    before = path.read_bytes()

    with pytest.raises(DataError, match="no ledger of this program"):
        SqliteOrderStore(path)

    assert path.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_a_new_ledger_and_its_side_files_belong_to_their_owner_only(tmp_path: Path) -> None:
    desk = Desk(store=SqliteOrderStore(tmp_path / "own.db"))
    desk.buy(100)

    found = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.glob("own.db*")}
    assert found == {"own.db": 0, "own.db-shm": 0, "own.db-wal": 0}
