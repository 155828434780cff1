import _thread
import sys
import threading
from pathlib import Path

import apsw
import pytest

from core.exceptions import DataError
from data import market_file
from data.market_file import MarketFile
from data.migrations import MIGRATIONS


def test_a_fresh_file_is_wal_normal_and_at_the_newest_version(tmp_path: Path) -> None:
    file = MarketFile(tmp_path / "market.db")

    with file.reading() as db:
        assert db.pragma("journal_mode") == "wal"
        assert db.pragma("user_version") == len(MIGRATIONS)
    with file.writing() as db:
        assert db.pragma("synchronous") == 1
    file.close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    file = MarketFile(tmp_path / "market.db")

    with pytest.raises(DataError), file.reading() as db:
        db.execute("DELETE FROM imports")
    file.close()


def test_an_error_inside_takes_the_whole_transaction_back(tmp_path: Path) -> None:
    file = MarketFile(tmp_path / "market.db")

    def write_and_fail() -> None:
        with file.writing() as db:
            db.execute("INSERT INTO bar_days VALUES ('1d', 1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    with file.reading() as db:
        assert db.execute("SELECT count(*) FROM bar_days").get == 0
    file.close()


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    MarketFile(path).close()
    db = apsw.Connection(str(path))
    db.pragma("user_version", len(MIGRATIONS) + 1)
    db.close()
    before = path.read_bytes()

    with pytest.raises(DataError, match="newer version"):
        MarketFile(path)

    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    db = apsw.Connection(str(path))
    db.execute("CREATE TABLE holidays (day TEXT)")
    db.close()

    with pytest.raises(DataError, match="not this program's database"):
        MarketFile(path)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\0" * 5_000])
def test_a_file_that_is_no_database_is_refused_with_the_remedy(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "market.db"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"is damaged.*import the files again"):
        MarketFile(path)

    assert path.read_bytes() == content


def test_a_damaged_page_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    file = MarketFile(path)
    with file.writing() as db:
        db.executemany("INSERT INTO bar_days VALUES ('1d', ?)", ((day,) for day in range(20_000)))
    file.close()
    content = bytearray(path.read_bytes())
    content[60_000:100_000] = b"\xff" * 40_000
    path.write_bytes(bytes(content))

    file = MarketFile(path)
    with pytest.raises(DataError, match="is damaged"), file.reading() as db:
        db.execute("SELECT sum(day) FROM bar_days").fetchall()
    file.close()


def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    file = MarketFile(tmp_path / "market.db")
    file._writer.pragma("max_page_count", file._writer.pragma("page_count") + 2)

    with pytest.raises(DataError, match=r"the disk of .* is full"), file.writing() as db:
        db.executemany("INSERT INTO bar_days VALUES ('1d', ?)", ((day,) for day in range(50_000)))

    with file.reading() as db:
        assert db.execute("SELECT count(*) FROM bar_days").get == 0
    file.close()


def test_a_file_locked_by_another_program_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market_file, "BUSY_MS", 1)
    file = MarketFile(tmp_path / "market.db")
    other = apsw.Connection(str(file.path))
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DataError, match="another program is writing"), file.writing():
        pass

    other.close()
    file.close()


def test_connections_of_ended_threads_are_closed(tmp_path: Path) -> None:
    file = MarketFile(tmp_path / "market.db")

    def read() -> None:
        with file.reading() as db:
            db.pragma("user_version")

    for _ in range(5):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    read()

    assert len(file._readers) <= 2
    file.close()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be used"):
        MarketFile(tmp_path / "nowhere" / "market.db")


def test_a_thread_that_qt_started_keeps_its_connection_while_others_come(tmp_path: Path) -> None:
    """`threading` does not list such threads; their connection was once taken for abandoned."""
    file = MarketFile(tmp_path / "market.db")
    reading, others_came, answers = threading.Event(), threading.Event(), []

    def foreign() -> None:
        with file.reading() as db:
            rows = db.execute("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n "
                              "WHERE x < 1000) SELECT x FROM n")
            next(rows)
            reading.set()
            others_came.wait(5)
            answers.append(sum(1 for _ in rows))
        reading.set()

    _thread.start_new_thread(foreign, ())
    assert reading.wait(5)
    reading.clear()
    for _ in range(3):
        other = threading.Thread(target=lambda: file.reading().__enter__())
        other.start()
        other.join()
    others_came.set()
    assert reading.wait(5)

    assert answers == [999]
    file.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_a_new_file_and_its_side_files_belong_to_their_owner_only(tmp_path: Path) -> None:
    file = MarketFile(tmp_path / "market.db")
    with file.writing() as db:
        db.execute("INSERT INTO bar_days VALUES ('1d', 1)")

    found = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir()}
    assert found == {"market.db": 0, "market.db-shm": 0, "market.db-wal": 0}
    file.close()
