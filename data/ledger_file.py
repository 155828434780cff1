"""The file under a ledger: one connection, its side files, and what their loss or damage means.

A ledger whose file was deleted or replaced while it was open would take commits into the void,
so the files are looked at after each one. Errors of SQLite leave here as ours, with a remedy.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from core.exceptions import DataError
from utils.doctor import folder_check, sqlite_check
from utils.health import Status

_BUSY_MS = 5_000
_OWNER_ONLY = 0o600
_HEADER_BYTES = 100
_TIDY_PAGES, _FORCE_PAGES = 4_000, 12_000      # of 4 KiB: 16 MB, and 48 MB of the 64 MB allowed
_CHUNK_BYTES = 2**16               # SQLite writes less than 2**17 at a time
_RESTORE = "Nothing was changed; restore the newest backup from backups/"
_FileId = tuple[int, int]


class LedgerFile:
    """A connection in WAL mode with synchronous=FULL, to one file that must stay the same."""

    def __init__(self, path: Path, migrations: Sequence[str], *, read_only: bool = False,
                 vfs: str | None = None) -> None:
        """Open, and bring the file to the newest version.

        Args:
            vfs: another file system layer of SQLite, for tests of failing disks.

        Raises:
            DataError: it is no ledger, is damaged, is newer than this program, or the disk
                refuses.
        """
        self.path, self._migrations = path, migrations
        self._read_only, self._vfs = read_only, vfs
        self._wal = path.with_name(path.name + "-wal")
        self._wal_pages = 0
        refuse_stump(path)
        with self.refusing("open"):
            self.db = self._connect(create=True)
            try:
                _migrate(self.db, path, migrations, read_only=read_only)
            except BaseException:
                self.db.close()
                raise
            self._file_id, self._wal_id = _id_of(path), _id_of(self._wal)

    def reopen(self) -> None:
        """Close and open again after an error; what is then read is on the disk.

        A sync that failed may have thrown away what it should have written, and still let it be
        read back from memory. So the log is written and synced anew before anything is copied
        out of it, and everything is copied into the main file.

        Raises:
            DataError: the file is not the one that was opened, or cannot be opened or synced.
        """
        self._refuse_other_file()
        if not self._read_only:
            with self.refusing("open"):
                self._rewrite_log()
        with suppress(apsw.Error):
            self.db.close(True)
        with self.refusing("open"):
            self.db = self._connect(create=False)
            self._wal_id = None
            if not self._read_only:
                self.db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _rewrite_log(self) -> None:
        """Write the log's bytes over themselves and sync them. Only its one writer may do so.

        Else a power cut after the copying could leave rows in the main file that are newer than
        the log on the disk, which is read over them at the next start.
        """
        if not self._wal.exists():
            return
        log_file = apsw.VFSFile(self._vfs or "", str(self._wal),
                                [apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_WAL, 0])
        try:
            for offset in range(0, size := log_file.xFileSize(), _CHUNK_BYTES):
                piece = log_file.xRead(min(_CHUNK_BYTES, size - offset), offset)
                log_file.xWrite(piece, offset)
            log_file.xSync(apsw.SQLITE_SYNC_FULL)
        finally:
            log_file.xClose()

    def confirm(self) -> None:
        """After a commit: raises DataError if it went into a file that is gone."""
        self._refuse_other_file()
        wal_id = _id_of(self._wal)
        if self._wal_id is None:
            self._wal_id = wal_id
        elif wal_id != self._wal_id:
            raise self._lost(self._wal)

    def _refuse_other_file(self) -> None:
        if _id_of(self.path) != self._file_id:
            raise self._lost(self.path)

    def _lost(self, file: Path) -> DataError:
        return DataError(
            f"the ledger {self.path} is gone", why=f"{file.name} was deleted or replaced while "
            "the program ran", remedy="Put it back or restore the newest backup, then start again")

    def tidy(self) -> None:
        """The writer's own checkpoint: move the log into the main file once it has grown."""
        if self._wal_pages < _TIDY_PAGES:
            return
        force = self._wal_pages >= _FORCE_PAGES
        mode = apsw.SQLITE_CHECKPOINT_RESTART if force else apsw.SQLITE_CHECKPOINT_PASSIVE
        with suppress(apsw.BusyError):      # a reader holds it up; the next commit tries again
            _, moved = self.db.wal_checkpoint(mode=mode)
            if moved >= self._wal_pages:
                self._wal_pages = 0

    def close(self) -> None:
        with self.refusing("close"):
            self.db.close()

    @contextmanager
    def refusing(self, act: str) -> Iterator[None]:
        """SQLite's errors as one of ours, with a remedy."""
        try:
            yield
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise DataError(f"the ledger {self.path} cannot be trusted",
                            why=f"SQLite says: {error}", remedy=_RESTORE) from error
        except apsw.FullError as error:
            raise DataError(f"could not {act} the ledger {self.path}", why="the disk is full",
                            remedy="Free some space, then start again") from error
        except apsw.BusyError as error:
            raise DataError(
                f"could not {act} the ledger {self.path}", why="another program holds it",
                remedy="Close the other copy, then start again") from error
        except (apsw.Error, ValueError, OSError) as error:
            raise DataError(
                f"could not {act} the ledger {self.path}", why=f"{error}",
                remedy="Check the disk and the folder's rights, then start again") from error

    def _connect(self, *, create: bool) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READONLY if self._read_only else apsw.SQLITE_OPEN_READWRITE
        if create and not self._read_only:
            flags |= apsw.SQLITE_OPEN_CREATE
            if not self.path.exists():
                with suppress(OSError):                 # what is wrong, SQLite says below
                    self.path.touch(mode=_OWNER_ONLY)   # its side files get the same rights
        db = apsw.Connection(str(self.path), flags=flags, vfs=self._vfs)
        try:
            self._set_up(db)
        except BaseException:
            db.close()
            raise
        return db

    def _set_up(self, db: apsw.Connection) -> None:
        db.set_busy_timeout(_BUSY_MS)
        _refuse_foreign(db, self.path, len(self._migrations))
        db.execute("PRAGMA foreign_keys = ON; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF")
        if self._read_only:
            return
        mode = db.execute("PRAGMA journal_mode = WAL").get
        db.execute("PRAGMA synchronous = FULL")
        db.set_wal_hook(self._note_wal)                 # takes the place of the automatic one
        if mode != "wal":
            raise DataError(
                f"the ledger {self.path} cannot use a write-ahead log",
                why=f"the folder only allows the journal mode {mode!r}",
                remedy="Move the state folder to a local disk; see --home")

    def _note_wal(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK


def _id_of(file: Path) -> _FileId | None:
    """Which file a name stands for now; None if there is none. It cannot be reused while open."""
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def refuse_stump(path: Path) -> None:
    """SQLite takes a file shorter than its header for a new one and would write over it."""
    try:
        size = path.stat().st_size
    except OSError:
        return              # it does not exist; what else is wrong, opening will say
    if 0 < size < _HEADER_BYTES:
        raise DataError(f"the ledger {path} cannot be trusted", why=f"it has {size} bytes only",
                        remedy=_RESTORE)


def _refuse_foreign(db: apsw.Connection, path: Path, newest: int) -> None:
    """A newer or somebody else's database is refused before anything is written to it."""
    version = db.execute("PRAGMA user_version").get
    if version > newest:
        raise DataError(
            f"the ledger {path} has version {version}, this program knows {newest}",
            why="a newer version of the program wrote it",
            remedy="Start the newer version, or choose another state folder with --home")
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_schema").get:
        raise DataError(
            f"{path} is no ledger of this program", why="it holds another program's tables",
            remedy="Nothing was changed; move it away, or choose another folder with --home")


def _migrate(
    db: apsw.Connection, path: Path, migrations: Sequence[str], *, read_only: bool
) -> None:
    """One step per transaction, up to this program's version."""
    version = db.execute("PRAGMA user_version").get
    if read_only and version < len(migrations):
        raise DataError(f"the ledger {path} has the old version {version}",
                        why="it was opened for reading only",
                        remedy="Start the program once so that it is brought up to date")
    for number, script in enumerate(migrations[version:], start=version + 1):
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute(script)
            db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def refuse_unsafe_folder(home: Path) -> None:
    """Raises DataError for a folder on the network or a synchronised one: locks fail there."""
    found = folder_check(home)
    if found.status is not Status.HEALTHY:
        raise DataError("the ledger was not opened", why=found.detail, remedy=found.remedy)


def refuse_unsafe_sqlite(version: str) -> None:
    """For live trading. Raises DataError for a SQLite that can corrupt a database."""
    found = sqlite_check(version)
    if found.status is not Status.HEALTHY:
        raise DataError("live trading is locked", why=found.detail, remedy=found.remedy)
