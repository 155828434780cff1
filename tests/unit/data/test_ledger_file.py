import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from core.exceptions import DataError
from data.ledger_file import LedgerFile, refuse_unsafe_folder, refuse_unsafe_sqlite
from data.order_store import SqliteOrderStore
from tests.support.desk import DAY1, Desk, a_bar, at
from trading.bookkeeper import Bookkeeper
from trading.journal import verify_chain
from trading.records import Entry

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="an open file stays there")


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture(name="desk")
def _desk(path: Path) -> Iterator[Desk]:
    with closing(SqliteOrderStore(path)) as store:
        yield Desk(store=store)


@POSIX
def test_a_ledger_that_was_deleted_takes_no_more_and_says_so(desk: Desk, path: Path) -> None:
    desk.buy(100)
    path.unlink()

    with pytest.raises(DataError, match=r"ledger\.db was deleted or replaced"):
        desk.buy(100)
    assert desk.session.failed


@POSIX
def test_a_log_that_was_deleted_is_saved_from_the_open_connection(desk: Desk, path: Path) -> None:
    desk.buy(100)
    Path(f"{path}-wal").unlink()
    order_id = desk.buy(100)

    with closing(SqliteOrderStore(path)) as other:
        assert other.head() == desk.session.head
        assert other.load().orders[-1].order_id == order_id


@POSIX
def test_a_log_that_was_lost_beside_a_reader_stops_trading(desk: Desk, path: Path) -> None:
    """The reader keeps the last connection from saving what was in the log."""
    desk.buy(100)
    with closing(SqliteOrderStore(path, read_only=True)) as reader:
        reader.head()
        Path(f"{path}-wal").unlink()
        with pytest.raises(DataError, match="deleted or replaced"):
            desk.buy(100)
        with pytest.raises(DataError, match=r"could not open|is there no more"):
            desk.session.reload()


@POSIX
def test_another_file_in_the_place_of_the_ledger_is_not_written_to(
    desk: Desk, path: Path
) -> None:
    desk.buy(100)
    other = path.with_name("other.db")
    SqliteOrderStore(other).close()
    before = other.read_bytes()
    other.replace(path)

    with pytest.raises(DataError, match="deleted or replaced"):
        desk.buy(100)
    with pytest.raises(DataError, match="deleted or replaced"):
        desk.session.reload()
    assert path.read_bytes() == before


@POSIX
def test_a_deleted_ledger_is_not_made_anew_by_opening_it_again(desk: Desk, path: Path) -> None:
    path.unlink()

    with pytest.raises(DataError, match="deleted or replaced"):
        desk.store.reopen()
    assert not path.exists()


@POSIX
def test_a_ledger_that_is_put_back_is_trusted_again(desk: Desk, path: Path) -> None:
    away = path.with_name("away.db")
    path.rename(away)
    with pytest.raises(DataError):
        desk.buy(100)
    away.rename(path)
    desk.session.reload()

    assert desk.session.submit(desk.request(100)).order_id == len(desk.store.load().orders)
    assert verify_chain(desk.store) == desk.store.head()


def test_the_writer_keeps_its_log_small_by_itself(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ledger_file._TIDY_PAGES", 50)
    with closing(SqliteOrderStore(path)) as store:
        assert store._db.execute("PRAGMA wal_autocheckpoint").get == 0
        books = Bookkeeper(store, Desk(store=store).clock)
        for _ in range(300):
            books.record(Entry.DECISION, {"why": "x" * 2_000})
        assert Path(f"{path}-wal").stat().st_size < 60 * 4_200


def test_a_reader_that_never_ends_does_not_stop_the_writer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ledger_file._TIDY_PAGES", 20)
    monkeypatch.setattr("data.ledger_file._FORCE_PAGES", 10**9)
    with closing(SqliteOrderStore(path)) as store, closing(apsw.Connection(str(path))) as reader:
        books = Bookkeeper(store, Desk(store=store).clock)
        reader.execute("BEGIN; SELECT count(*) FROM journal")
        for _ in range(50):
            books.record(Entry.DECISION, {"why": "x" * 2_000})
        assert reader.execute("SELECT max(seq) FROM journal").get < books.seq
        reader.execute("COMMIT")
        books.record(Entry.DECISION, {"why": "the reader has gone"})
        books.record(Entry.DECISION, {"why": "the log begins again"})
        size = Path(f"{path}-wal").stat().st_size
        books.record(Entry.DECISION, {"why": "and does not grow"})
        assert Path(f"{path}-wal").stat().st_size == size


def test_everything_is_in_the_main_file_after_it_was_opened_again(
    desk: Desk, path: Path, tmp_path: Path
) -> None:
    desk.buy(100)
    desk.play(a_bar(ts_utc=at(DAY1)))
    desk.store.reopen()
    alone = Path(shutil.copy(path, tmp_path / "alone.db"))

    with closing(SqliteOrderStore(alone)) as copy:
        assert copy.head() == desk.store.head()
        assert copy.load() == desk.store.load()


def test_a_step_of_the_schema_is_made_whole_or_not_at_all(path: Path) -> None:
    first = "CREATE TABLE a (n INTEGER) STRICT"
    LedgerFile(path, (first,)).close()
    broken = (first, "CREATE TABLE b (n INTEGER) STRICT; CREATE TABLE a (n INTEGER) STRICT")

    with pytest.raises(DataError, match="already exists"):
        LedgerFile(path, broken)
    with closing(apsw.Connection(str(path))) as db:
        assert db.execute("PRAGMA user_version").get == 1
        assert db.execute("SELECT group_concat(name) FROM sqlite_schema").get == "a"


def test_live_trading_is_locked_on_a_sqlite_that_can_corrupt() -> None:
    with pytest.raises(DataError, match=r"live trading is locked.*3\.40\.1"):
        refuse_unsafe_sqlite("3.40.1")
    refuse_unsafe_sqlite(apsw.sqlite_lib_version())


def test_a_synchronised_folder_is_refused(tmp_path: Path) -> None:
    synced = tmp_path / "Dropbox" / "desk"
    synced.mkdir(parents=True)

    with pytest.raises(DataError, match="synchronised"):
        refuse_unsafe_folder(synced)
    refuse_unsafe_folder(tmp_path)
