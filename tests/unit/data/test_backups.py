import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import SimClock
from core.exceptions import DataError, TradingError
from core.ports import OrderStore
from data.backups import LedgerBackups, backups_in, restore
from data.order_store import SqliteOrderStore
from tests.support.desk import DAY1, Desk, at
from trading.bookkeeper import Bookkeeper

CLOCK = SimClock(at(DAY1))


def prove(store: OrderStore) -> None:
    Bookkeeper(store, CLOCK)


class Hall:
    """A ledger with a desk on it, and its backups."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ledger = folder / "backups", folder / "ledger.db"
        self.anchor = folder / "ledger.head"
        self.folder.mkdir()
        self.clock = SimClock(at(DAY1))
        self.store = SqliteOrderStore(self.ledger, anchor=self.anchor)
        self.desk = Desk(store=self.store)
        self.told: list[tuple[TradingError, bool]] = []
        self.backups = LedgerBackups(self.ledger, self.folder, clock=self.clock, prove=prove)

    def tell(self, error: TradingError, *, damaged: bool) -> None:
        self.told.append((error, damaged))

    def make(self) -> Path | None:
        self.clock.move_to(self.clock.now_utc() + timedelta(minutes=15))
        return self.backups.make()


@pytest.fixture(name="hall")
def _hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path)
    yield hall
    hall.store.close()


def test_a_backup_beside_a_running_desk_is_the_ledger_as_it_was(hall: Hall) -> None:
    hall.desk.buy(100)
    head, rows = hall.store.head(), hall.store.load()
    file = hall.make()
    hall.desk.buy(100)

    assert file is not None
    with closing(SqliteOrderStore(file)) as copy:
        assert copy.head() == head
        assert copy.load() == rows
    assert [path.name for path in hall.folder.iterdir()] == [file.name]
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0


def test_nothing_is_copied_where_nothing_was_written(hall: Hall) -> None:
    assert hall.make() is not None
    assert hall.make() is None
    hall.desk.buy(100)
    assert hall.make() is not None
    assert len(backups_in(hall.folder)) == 2


def test_thirty_are_kept(hall: Hall) -> None:
    for number in range(30):
        (hall.folder / f"ledger-2020{number:04d}-000000-000000.db").touch()
    file = hall.make()

    found = backups_in(hall.folder)
    assert len(found) == 30
    assert found[-1] == file
    assert found[0].name.startswith("ledger-20200001")


def test_a_copy_that_does_not_hold_is_not_kept(hall: Hall) -> None:
    hall.desk.buy(100)
    hall.store._db.execute("UPDATE accounts SET cash_e4 = 1")
    with pytest.raises(DataError, match="tables differ from its journal"):
        hall.make()

    assert list(hall.folder.iterdir()) == []


def test_the_loop_makes_one_at_the_end_and_tells_of_failures(hall: Hall) -> None:
    stop = threading.Event()
    stop.set()
    hall.backups.run(stop, hall.tell)
    assert len(backups_in(hall.folder)) == 1
    hall.folder.joinpath(".ledger-x").touch()
    hall.store._db.execute("UPDATE accounts SET cash_e4 = 1")
    hall.desk.session.set_kill(hall.desk.session.book.kill_level, "writes something")
    hall.backups.run(stop, hall.tell)

    shutil.rmtree(hall.folder)
    hall.backups.run(stop, hall.tell)

    assert [damaged for _, damaged in hall.told] == [True, False]
    assert "tables differ from its journal" in str(hall.told[0][0])


def test_a_backup_takes_the_place_of_the_ledger_and_the_old_one_is_kept(hall: Hall) -> None:
    hall.desk.buy(100)
    head, file = hall.store.head(), hall.make()
    hall.desk.buy(100)
    hall.store.close()
    assert file is not None
    old = restore(file, hall.ledger, anchor=hall.anchor, clock=CLOCK, prove=prove)

    assert old is not None
    with closing(SqliteOrderStore(old)) as kept:
        assert kept.head()[0] > head[0]
    with closing(SqliteOrderStore(hall.ledger, anchor=hall.anchor)) as store:
        assert store.head() == head
        assert Desk(store=store).buy(100) == 2


@pytest.mark.parametrize("content", [None, b"", b"not a ledger" * 100])
def test_what_is_no_backup_is_not_restored(hall: Hall, content: bytes | None) -> None:
    hall.desk.buy(100)
    head = hall.store.head()
    file = hall.folder / "ledger-bad.db"
    if content is not None:
        file.write_bytes(content)
    if content == b"":
        with closing(SqliteOrderStore(file)):
            pass                            # an empty ledger is a ledger, and is whole
        return
    with pytest.raises(DataError):
        restore(file, hall.ledger, anchor=hall.anchor, clock=CLOCK, prove=prove)

    assert hall.store.head() == head
    assert sorted(path.name for path in hall.ledger.parent.glob("*.part*")) == []


def test_a_restore_that_is_cut_off_leaves_no_room_for_an_empty_ledger(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.desk.buy(100)
    backup = hall.backups.make()
    assert backup is not None
    hall.store.close()
    replace = Path.replace

    def cut_off(path: Path, target: Path | str) -> Path:
        if Path(target) == hall.ledger:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        restore(backup, hall.ledger, anchor=hall.anchor, clock=CLOCK, prove=prove)
    monkeypatch.undo()

    with pytest.raises(DataError, match="lacks entry"):
        SqliteOrderStore(hall.ledger, anchor=hall.anchor)
    restore(backup, hall.ledger, anchor=hall.anchor, clock=CLOCK, prove=prove)
    with closing(SqliteOrderStore(hall.ledger, anchor=hall.anchor)) as store:
        assert store.head()[0] > 0
