"""The OrderStore port on SQLite: all SQL of orders, fills, cash, positions and their journal.

One writer at a time. Every append is one BEGIN IMMEDIATE transaction with synchronous=FULL, so
that what was answered is on the disk. Amounts are INTEGER in 1/10,000 CNY.
"""

import threading
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import apsw

from core.exceptions import DataError
from core.ports import Changes, Projections
from core.types import JournalEntry, KillLevel, StateRow
from data.ledger_anchor import LedgerAnchor, refuse_behind
from data.ledger_archive import LedgerArchive
from data.ledger_file import LedgerFile
from data.ledger_migrations import MIGRATIONS
from data.ledger_rows import ACCOUNT_COLUMNS, account_of, account_rows, write_changes

_GENESIS_HASH = "0" * 64
_HEAD = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
_INSERT_ENTRY = (
    "INSERT INTO journal (seq, trading_day, ts_utc, kind, payload, prev_hash, hash, signature) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")


class SqliteOrderStore:
    """Implements core.ports.OrderStore on one file, `ledger.db`."""

    def __init__(
        self, path: Path, *, read_only: bool = False, vfs: str | None = None,
        anchor: Path | None = None,
    ) -> None:
        """Open, and bring the file to this program's version.

        Args:
            anchor: where the newest entry is noted outside of the ledger; None: nowhere.
            vfs: another file system layer of SQLite, for tests of failing disks.

        Raises:
            DataError: the file is no ledger, is damaged, is newer than this program, lacks an
                entry that was noted, or the disk refuses.
        """
        self._lock = threading.Lock()
        self._file = LedgerFile(path, MIGRATIONS, read_only=read_only, vfs=vfs)
        self.archive = None if read_only else LedgerArchive(self._file, self._lock)
        self._newest: tuple[int, str] | None = None     # of the journal, as this writer left it
        self._anchor: LedgerAnchor | None = None
        if anchor is not None:
            try:
                self._anchor = self._anchored(anchor)
            except BaseException:
                self._file.close()
                raise

    @property
    def _db(self) -> apsw.Connection:
        return self._file.db

    def head(self) -> tuple[int, str]:
        with self._lock, self._file.refusing("read"):
            return self._read_head()

    def _read_head(self) -> tuple[int, str]:
        row = self._db.execute(_HEAD).fetchone()
        return (0, _GENESIS_HASH) if row is None else (row[0], row[1])

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        with self._lock, self._file.refusing("write"):
            db = self._file.db
            db.execute("BEGIN IMMEDIATE")
            try:
                self._write_entries(db, entries)
                write_changes(db, changes)
                db.execute("COMMIT")
            except BaseException:
                self._newest = None
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            self._newest = (entries[-1].seq, entries[-1].hash) if entries else self._newest
            self._file.confirm()
            if self._anchor is not None and self._newest is not None:
                self._anchor.note(*self._newest)
            self._file.tidy()

    def _anchored(self, path: Path) -> LedgerAnchor:
        anchor = LedgerAnchor(path)
        try:
            noted = anchor.noted()
            with self._file.refusing("read"):
                stored = None if noted is None else self._db.execute(
                    "SELECT hash FROM journal WHERE seq = ?", (noted[0],)).get
            refuse_behind(noted, stored, path)
        except BaseException:
            anchor.close()
            raise
        return anchor

    def _write_entries(self, db: apsw.Connection, entries: Sequence[JournalEntry]) -> None:
        """Add to the newest entry. If another program has added one, the number is taken."""
        seq, head = self._newest or self._read_head()
        for entry in entries:
            if (entry.seq, entry.prev_hash) != (seq + 1, head):
                raise DataError(
                    f"the ledger refused entry {entry.seq}", why=f"it does not follow entry {seq}",
                    remedy="Another copy of the program may write here; close it, start again")
            seq, head = entry.seq, entry.hash
        db.executemany(_INSERT_ENTRY, (
            (entry.seq, entry.trading_day.isoformat(), entry.ts_utc.isoformat(), entry.kind,
             entry.payload, entry.prev_hash, entry.hash, entry.signature) for entry in entries))

    def reopen(self) -> None:
        with self._lock:
            self._newest = None
            self._file.reopen()

    def entries(self, after_seq: int = 0) -> Iterator[JournalEntry]:
        """The journal in order. Read in blocks, so that no read transaction stays open."""
        while block := self._block(after_seq):
            yield from block
            after_seq = block[-1].seq

    def _block(self, after_seq: int, rows: int = 5_000) -> list[JournalEntry]:
        with self._lock, self._file.refusing("read"):
            found: list[tuple[Any, ...]] = self._db.execute(
                "SELECT seq, trading_day, ts_utc, kind, payload, prev_hash, hash, signature "
                "FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, rows)).fetchall()
            return [JournalEntry(
                seq=seq, trading_day=date.fromisoformat(day),
                ts_utc=datetime.fromisoformat(ts), kind=kind, payload=payload,
                prev_hash=prev_hash, hash=own_hash, signature=signature,
            ) for seq, day, ts, kind, payload, prev_hash, own_hash, signature in found]

    def load(self) -> Projections:
        with self._lock, self._file.refusing("read"):
            active = self._db.execute("SELECT active FROM desk").get
            floor = self._db.execute("SELECT last_order_id FROM desk").get
            newest = self._db.execute("SELECT coalesce(max(order_id), 0) FROM orders").get
            level = self._db.execute("SELECT kill_level FROM risk_state").get
            accounts = {row[0]: account_of(row) for row in self._db.execute(
                f"SELECT {', '.join(ACCOUNT_COLUMNS)} FROM accounts ORDER BY account_id")}
            first = None if active is None else account_rows(self._db, accounts.pop(active))
            return Projections(
                account=None if first is None else first.account,
                positions=() if first is None else first.positions,
                orders=() if first is None else first.orders,
                fills=() if first is None else first.fills,
                kill_level=KillLevel(level),
                state=tuple(StateRow(kind=kind, key=key, value=value)
                            for kind, key, value in self._db.execute(
                                "SELECT kind, key, value FROM desk_state ORDER BY kind, key")),
                others=tuple(account_rows(self._db, each) for each in accounts.values()),
                last_order_id=max(floor, newest))

    @property
    def outdated(self) -> bool:
        with self._lock, self._file.refusing("read"):
            return bool(self._db.execute("SELECT outdated FROM desk").get)

    def refill(self, projections: Projections) -> None:
        with self._lock, self._file.refusing("write"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute("DELETE FROM fills; DELETE FROM orders; DELETE FROM positions; "
                                 "DELETE FROM accounts; DELETE FROM desk_state")
                for rows in reversed(projections.accounts):         # the active one last
                    write_changes(self._db, Changes(
                        account=rows.account, select=rows.account.account_id, orders=rows.orders,
                        fills=rows.fills, positions=rows.positions))
                write_changes(self._db, Changes(kill_level=projections.kill_level,
                                                 state=projections.state))
                self._db.execute("UPDATE desk SET last_order_id = ?, outdated = 0",
                                 (projections.last_order_id,))
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            if self._anchor is not None:
                self._anchor.close()
                self._anchor = None
            self._file.close()
