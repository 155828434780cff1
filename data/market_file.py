"""The file market.db: its connections, transactions, and SQLite's errors in the house's words."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import WeakSet

import apsw

from core.exceptions import DataError
from data.migrations import MIGRATIONS, atomic, migrate

BUSY_MS = 5_000
PAGE_BYTES = 8_192
CACHE_KIB = 16_384
OWNER_ONLY = 0o600
WAL_BYTES = 16 << 20           # what a large import leaves of its log


class MarketFile:
    """One writer at a time, a read connection for every thread, clean-up of ended threads'.

    Raises DataError when the file is corrupt, newer than this program, somebody else's,
    locked by another program, or when the disk is full; what was stored stays as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write_lock = threading.RLock()
        self._mine = threading.local()         # its connection ends with its thread, Qt's too
        self._readers: WeakSet[apsw.Connection] = WeakSet()
        self._readers_lock = threading.Lock()
        self._writer = self._open()

    def _open(self) -> apsw.Connection:
        with self._translated():
            _refuse_foreign(self.path)
            db = _connect(self.path)
            db.pragma("page_size", PAGE_BYTES)
            db.pragma("journal_mode", "wal")
            db.pragma("synchronous", "normal")
            db.pragma("journal_size_limit", WAL_BYTES)
            migrate(db)
            return db

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """This thread's connection; it cannot write."""
        with self._translated():
            yield self._reader()

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """A transaction: all of the block's writes, or none."""
        with self._write_lock, self._translated(), atomic(self._writer) as db:
            yield db

    def close(self) -> None:
        """Close every connection; the object is of no use afterwards."""
        with self._readers_lock, self._write_lock:
            for connection in tuple(self._readers):
                connection.close()
            self._readers.clear()
            self._writer.close()

    def _reader(self) -> apsw.Connection:
        found: apsw.Connection | None = getattr(self._mine, "reader", None)
        if found is None:
            found = self._mine.reader = _connect(self.path)
            found.pragma("query_only", True)
            with self._readers_lock:
                self._readers.add(found)
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's errors in the house's words."""
        try:
            yield
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise self.corrupt(str(error)) from None
        except apsw.FullError:
            raise DataError(
                "market data was not stored", why=f"the disk of {self.path.parent} is full",
                remedy="Free some space and run the command again; it goes on where it stopped",
            ) from None
        except (apsw.BusyError, apsw.LockedError):
            raise DataError(
                f"{self.path.name} is locked", why="another program is writing to it",
                remedy="Wait for that import to end, or close that program, and try again",
            ) from None
        except (apsw.CantOpenError, apsw.IOError, apsw.ReadOnlyError) as error:
            raise DataError(
                f"{self.path} cannot be used", why=str(error),
                remedy="Check the folder, its permissions and the disk",
            ) from None

    def corrupt(self, why: str) -> DataError:
        return DataError(
            f"{self.path} is damaged", why=why,
            remedy="Move it away and import the files again; orders and cash are not in it",
        )


def _connect(path: Path) -> apsw.Connection:
    if not path.exists():
        with suppress(OSError):            # what is wrong, SQLite says below
            path.touch(mode=OWNER_ONLY)    # its side files get the same rights
    db = apsw.Connection(str(path))
    db.set_busy_timeout(BUSY_MS)
    db.pragma("cache_size", -CACHE_KIB)
    return db


def _refuse_foreign(path: Path) -> None:
    """A newer or somebody else's database is refused before anything is written to it.

    Raises:
        DataError: as said; apsw errors for a file that is no database.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        version = int(db.pragma("user_version"))
        tables = db.execute("SELECT count(*) FROM sqlite_schema").get
    finally:
        db.close()
    if version > len(MIGRATIONS):
        raise DataError(
            f"{path} is of a newer version of this program",
            why=f"it has layout {version}, this program knows up to {len(MIGRATIONS)}",
            remedy="Start the newer program, or move the file away and import again",
        )
    if version == 0 and tables:
        raise DataError(
            f"{path} is not this program's database", why="it holds other tables",
            remedy="Move it away; this program makes its own",
        )
