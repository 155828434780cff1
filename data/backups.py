"""Copies of the ledger that were opened and proven, and how one of them takes its place."""

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Protocol

import apsw

from core.exceptions import DataError, TradingError
from core.ports import Clock, OrderStore
from data.order_store import SqliteOrderStore

FIRST_S, EVERY_S = 30, 15 * 60
KEPT = 30
_SOUND = "ok"                       # what SQLite says of a whole file
_SIDE_FILES = ("-wal", "-shm")
Prove = Callable[[OrderStore], object]     # raises TradingError unless rows and journal agree


class LedgerDamaged(DataError):
    """The ledger itself cannot be trusted, not only a copy of it."""


class Tell(Protocol):
    def __call__(self, error: TradingError, *, damaged: bool) -> None: ...


class LedgerBackups:
    """Makes backups beside a running desk, on a thread of its own."""

    def __init__(
        self, ledger: Path, folder: Path, *, clock: Clock, prove: Prove
    ) -> None:
        self._ledger, self._folder = ledger, folder
        self._clock, self._prove = clock, prove
        self._newest_seq = -1

    def run(self, stop: threading.Event, tell: Tell) -> None:
        """One soon, one every 15 minutes in which something was written, and one at the end.

        So damage that opening does not look for is found soon after it.

        Args:
            tell: (error, damaged) of a backup that could not be made, or does not hold.
        """
        wait_s = FIRST_S
        while not stop.wait(wait_s):
            self._try(tell)
            wait_s = EVERY_S
        self._try(tell)

    def _try(self, tell: Tell) -> None:
        try:
            self.make()
        except LedgerDamaged as error:
            tell(error, damaged=True)
        except TradingError as error:
            tell(error, damaged=False)

    def make(self) -> Path | None:
        """A new backup; None where nothing was written since the last one of this object.

        Raises:
            LedgerDamaged: what was copied does not hold, so neither does the ledger.
            DataError: it could not be written.
        """
        name = f"ledger-{self._clock.now_utc():%Y%m%d-%H%M%S-%f}.db"
        part = self._folder / f".{name}.part"
        try:
            _copy(self._ledger, part)
            seq = self._proven(part)
            if seq == self._newest_seq:
                return None
            _sync(part)
            part.replace(self._folder / name)
        except apsw.CorruptError as error:
            raise LedgerDamaged("trading has stopped: the ledger does not hold", why=str(error),
                                remedy="Restore the newest backup with --restore-ledger") from error
        except (apsw.Error, OSError) as error:
            raise DataError("the ledger was not backed up", why=str(error),
                            remedy="Free some space in the state folder") from error
        finally:
            for suffix in ("", *_SIDE_FILES):
                with suppress(OSError):
                    Path(f"{part}{suffix}").unlink(missing_ok=True)
        self._newest_seq = seq
        for old in backups_in(self._folder)[:-KEPT]:
            with suppress(OSError):
                old.unlink()
        return self._folder / name


    def _proven(self, part: Path) -> int:
        """The number of the newest entry of a copy that holds, or of one that held before."""
        try:
            with closing(SqliteOrderStore(part)) as copy:
                seq = copy.head()[0]
                if seq != self._newest_seq:
                    _refuse_damaged(part)
                    self._prove(copy)
        except TradingError as error:
            raise LedgerDamaged(
                "trading has stopped: the ledger does not hold", why=f"{error.what}: {error.why}",
                remedy="Restore the newest backup with --restore-ledger") from error
        return seq


def backups_in(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob("ledger-*.db"))


def restore(
    backup: Path, ledger: Path, *, anchor: Path, clock: Clock, prove: Prove
) -> Path | None:
    """Put a backup in the place of the ledger; what stood there is kept beside it.

    No desk may be open on the ledger. What was written after the backup is in the file that is
    kept; the next start asks the broker what has become of its orders.

    Args:
        anchor: the note of the newest entry; it is of the old ledger and goes.

    Returns where the old one lies now; None: there was none.

    Raises:
        DataError: the backup is not one, or does not hold; nothing was changed.
    """
    if not backup.is_file():
        raise DataError(f"{backup} was not restored", why="there is no such file",
                        remedy="Choose one of the folder backups/")
    part = ledger.with_name(f".{ledger.name}.part")
    old = ledger.with_name(f"{ledger.stem}-before-{clock.now_utc():%Y%m%d-%H%M%S}{ledger.suffix}")
    try:
        shutil.copyfile(backup, part)
        part.chmod(0o600)
        with closing(SqliteOrderStore(part)) as copy:
            _refuse_damaged(part)
            prove(copy)
        _sync(part)
        there = ledger.exists()
        for suffix in ("", *_SIDE_FILES):
            if Path(f"{ledger}{suffix}").exists():
                Path(f"{ledger}{suffix}").replace(f"{old}{suffix}")
        part.replace(ledger)
        anchor.unlink(missing_ok=True)      # last: until then an empty ledger is refused by it
    except OSError as error:
        raise DataError(f"{backup} was not restored", why=error.strerror or str(error),
                        remedy="Close other copies of the program and free some space") from error
    finally:
        for suffix in ("", *_SIDE_FILES):
            with suppress(OSError):
                Path(f"{part}{suffix}").unlink(missing_ok=True)
    return old if there else None


def _copy(ledger: Path, part: Path) -> None:
    """By SQLite's own backup, in one step, so that a writer cannot make it begin again."""
    part.touch(mode=0o600)
    with closing(apsw.Connection(str(ledger), flags=apsw.SQLITE_OPEN_READONLY)) as source, closing(
            apsw.Connection(str(part))) as copy:
        source.set_busy_timeout(5_000)
        with copy.backup("main", source, "main") as backup:
            backup.step(-1)


def _refuse_damaged(file: Path) -> None:
    with closing(apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        try:
            fault = db.execute("PRAGMA integrity_check(1)").get
        except apsw.Error as error:
            fault = error
    if fault != _SOUND:
        raise DataError(f"{file.name} cannot be trusted", why=f"SQLite says: {fault}",
                        remedy="Use an older backup")


def _sync(file: Path) -> None:
    with file.open("rb+") as written:
        os.fsync(written.fileno())
