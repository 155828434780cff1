"""The OrderStore port on SQLite: all SQL of orders, fills, cash, positions and their journal.

One writer at a time. Every append is one BEGIN IMMEDIATE transaction with synchronous=FULL, so
that what was answered is on the disk. Amounts are INTEGER in 1/10,000 CNY.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw

from core.exceptions import DataError
from core.money import from_e4, to_e4
from core.ports import Changes, Projections
from core.types import (
    Account,
    Fees,
    Fill,
    JournalEntry,
    KillLevel,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Position,
    Refusal,
    StateRow,
)

MIGRATIONS = (
    """
    CREATE TABLE journal (
        seq          INTEGER PRIMARY KEY CHECK (seq > 0),
        trading_day  TEXT NOT NULL,
        ts_utc       TEXT NOT NULL,
        kind         TEXT NOT NULL,
        payload      TEXT NOT NULL,
        prev_hash    TEXT NOT NULL CHECK (length(prev_hash) = 64),
        hash         TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)) STRICT;
    CREATE TRIGGER journal_keeps BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER journal_stays BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TABLE orders (
        order_id        INTEGER PRIMARY KEY,
        symbol          TEXT NOT NULL,
        side            TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
        shares          INTEGER NOT NULL CHECK (shares > 0),
        limit_e4        INTEGER CHECK (limit_e4 > 0),
        limit_text      TEXT,
        type            TEXT NOT NULL,
        created_utc     TEXT NOT NULL,
        tag             TEXT NOT NULL,
        key             TEXT NOT NULL,
        source          TEXT NOT NULL,
        trading_day     TEXT NOT NULL,
        status          TEXT NOT NULL,
        broker_id       TEXT NOT NULL,
        filled_shares   INTEGER NOT NULL CHECK (filled_shares BETWEEN 0 AND shares),
        amount_e4       INTEGER NOT NULL,
        commission_e4   INTEGER NOT NULL,
        stamp_duty_e4   INTEGER NOT NULL,
        transfer_fee_e4 INTEGER NOT NULL,
        handling_e4     INTEGER NOT NULL,
        regulatory_e4   INTEGER NOT NULL,
        refusals        TEXT NOT NULL,
        updated_utc     TEXT) STRICT;
    CREATE INDEX orders_by_day ON orders (trading_day);
    CREATE UNIQUE INDEX orders_by_key ON orders (key) WHERE key <> '' AND status <> 'DENIED';
    CREATE TABLE fills (
        fill_no         INTEGER PRIMARY KEY,
        trading_day     TEXT NOT NULL,
        broker          TEXT NOT NULL,
        trade_id        TEXT NOT NULL,
        order_id        INTEGER NOT NULL REFERENCES orders (order_id),
        symbol          TEXT NOT NULL,
        side            TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
        shares          INTEGER NOT NULL CHECK (shares > 0),
        price_e4        INTEGER NOT NULL CHECK (price_e4 > 0),
        ts_utc          TEXT NOT NULL,
        commission_e4   INTEGER NOT NULL,
        stamp_duty_e4   INTEGER NOT NULL,
        transfer_fee_e4 INTEGER NOT NULL,
        handling_e4     INTEGER NOT NULL,
        regulatory_e4   INTEGER NOT NULL,
        tag             TEXT NOT NULL,
        UNIQUE (trading_day, broker, trade_id, order_id)) STRICT;
    CREATE TABLE positions (
        symbol              TEXT PRIMARY KEY,
        held_shares         INTEGER NOT NULL CHECK (held_shares >= 0),
        bought_today_shares INTEGER NOT NULL CHECK (bought_today_shares >= 0),
        on_sale_shares      INTEGER NOT NULL CHECK (on_sale_shares >= 0),
        cost_e4             INTEGER NOT NULL,
        realised_e4         INTEGER NOT NULL,
        t0                  INTEGER NOT NULL CHECK (t0 IN (0, 1))) STRICT;
    CREATE TABLE account (
        row_no          INTEGER PRIMARY KEY CHECK (row_no = 1),
        account_id      TEXT NOT NULL,
        cash_e4         INTEGER NOT NULL,
        reserved_e4     INTEGER NOT NULL CHECK (reserved_e4 >= 0),
        withdrawable_e4 INTEGER NOT NULL,
        initial_e4      INTEGER NOT NULL,
        trading_day     TEXT NOT NULL) STRICT;
    CREATE TABLE risk_state (
        row_no          INTEGER PRIMARY KEY CHECK (row_no = 1),
        kill_level      INTEGER NOT NULL CHECK (kill_level BETWEEN 0 AND 4)) STRICT;
    INSERT INTO risk_state VALUES (1, 0);
    """,
    """
    ALTER TABLE orders ADD COLUMN plan_id INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE orders ADD COLUMN override TEXT NOT NULL DEFAULT '';
    CREATE TABLE desk_state (
        kind            TEXT NOT NULL,
        key             TEXT NOT NULL,
        value           TEXT NOT NULL,
        PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;
    """,
)

_GENESIS_HASH = "0" * 64
_BUSY_MS = 5_000
_OWNER_ONLY = 0o600
_HEADER_BYTES = 100


class SqliteOrderStore:
    """Implements core.ports.OrderStore on one file, `ledger.db`."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open, and bring the file to this program's version.

        Raises:
            DataError: the file is no ledger, is damaged, is newer than this program, or the
                disk refuses.
        """
        self._path = path
        self._lock = threading.Lock()
        _refuse_stump(path)
        with self._refusing("open"):
            self._db = _connect(path, read_only=read_only)
            try:
                _migrate(self._db, path, read_only=read_only)
            except BaseException:
                self._db.close()
                raise

    def head(self) -> tuple[int, str]:
        with self._lock, self._refusing("read"):
            row = self._db.execute(
                "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        return (0, _GENESIS_HASH) if row is None else (row[0], row[1])

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        with self._lock, self._refusing("write"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._write_entries(entries)
                _write_changes(self._db, changes)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _write_entries(self, entries: Sequence[JournalEntry]) -> None:
        row = self._db.execute(
            "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        seq, head = row or (0, _GENESIS_HASH)
        for entry in entries:
            if (entry.seq, entry.prev_hash) != (seq + 1, head):
                raise DataError(
                    f"the ledger refused entry {entry.seq}", why=f"it does not follow entry {seq}",
                    remedy="Another copy of the program may write here; close it, start again")
            self._db.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", (
                entry.seq, entry.trading_day.isoformat(), entry.ts_utc.isoformat(), entry.kind,
                entry.payload, entry.prev_hash, entry.hash))
            seq, head = entry.seq, entry.hash

    def entries(self, after_seq: int = 0) -> Iterator[JournalEntry]:
        """The journal in order. Read in blocks, so that no read transaction stays open."""
        while block := self._block(after_seq):
            yield from block
            after_seq = block[-1].seq

    def _block(self, after_seq: int, rows: int = 5_000) -> list[JournalEntry]:
        with self._lock, self._refusing("read"):
            found: list[tuple[Any, ...]] = self._db.execute(
                "SELECT seq, trading_day, ts_utc, kind, payload, prev_hash, hash FROM journal "
                "WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, rows)).fetchall()
            return [JournalEntry(
                seq=seq, trading_day=date.fromisoformat(day),
                ts_utc=datetime.fromisoformat(ts), kind=kind, payload=payload,
                prev_hash=prev_hash, hash=own_hash,
            ) for seq, day, ts, kind, payload, prev_hash, own_hash in found]

    def load(self) -> Projections:
        with self._lock, self._refusing("read"):
            account = self._db.execute("SELECT * FROM account").fetchone()
            level = self._db.execute("SELECT kill_level FROM risk_state").get
            return Projections(
                account=None if account is None else _account_of(account),
                positions=tuple(map(_position_of, self._db.execute(
                    "SELECT * FROM positions ORDER BY symbol"))),
                orders=tuple(map(_order_of, self._db.execute(
                    f"SELECT {', '.join(_ORDER_COLUMNS)} FROM orders ORDER BY order_id"))),
                fills=tuple(map(_fill_of, self._db.execute(
                    f"SELECT {', '.join(_FILL_COLUMNS)} FROM fills ORDER BY fill_no"))),
                kill_level=KillLevel(level),
                state=tuple(StateRow(kind=kind, key=key, value=value)
                            for kind, key, value in self._db.execute(
                                "SELECT kind, key, value FROM desk_state ORDER BY kind, key")))

    def close(self) -> None:
        with self._lock, self._refusing("close"):
            self._db.close()

    @contextmanager
    def _refusing(self, act: str) -> Iterator[None]:
        """SQLite's errors as one of ours, with a remedy."""
        try:
            yield
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise DataError(
                f"the ledger {self._path} cannot be trusted", why=f"SQLite says: {error}",
                remedy="Nothing was changed; restore the newest backup from backups/") from error
        except apsw.FullError as error:
            raise DataError(f"could not {act} the ledger {self._path}", why="the disk is full",
                            remedy="Free some space, then start again") from error
        except apsw.BusyError as error:
            raise DataError(
                f"could not {act} the ledger {self._path}", why="another program holds it",
                remedy="Close the other copy, then start again") from error
        except (apsw.Error, ValueError) as error:
            raise DataError(
                f"could not {act} the ledger {self._path}", why=f"{error}",
                remedy="Check the disk and the folder's rights, then start again") from error


def _refuse_stump(path: Path) -> None:
    """SQLite takes a file shorter than its header for a new one and would write over it."""
    try:
        size = path.stat().st_size
    except OSError:
        return              # it does not exist; what else is wrong, opening will say
    if 0 < size < _HEADER_BYTES:
        raise DataError(f"the ledger {path} cannot be trusted", why=f"it has {size} bytes only",
                        remedy="Nothing was changed; restore the newest backup from backups/")


def _refuse_foreign(db: apsw.Connection, path: Path) -> None:
    """A newer or somebody else's database is refused before anything is written to it."""
    version = db.execute("PRAGMA user_version").get
    if version > len(MIGRATIONS):
        raise DataError(
            f"the ledger {path} has version {version}, this program knows {len(MIGRATIONS)}",
            why="a newer version of the program wrote it",
            remedy="Start the newer version, or choose another state folder with --home")
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_schema").get:
        raise DataError(
            f"{path} is no ledger of this program", why="it holds another program's tables",
            remedy="Nothing was changed; move it away, or choose another folder with --home")


def _connect(path: Path, *, read_only: bool) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READONLY if read_only else (
        apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    if not read_only and not path.exists():
        with suppress(OSError):            # what is wrong, SQLite says below
            path.touch(mode=_OWNER_ONLY)   # its side files get the same rights
    db = apsw.Connection(str(path), flags=flags)
    try:
        db.set_busy_timeout(_BUSY_MS)
        _refuse_foreign(db, path)
        db.execute("PRAGMA foreign_keys = ON; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF")
        if not read_only:
            mode = db.execute("PRAGMA journal_mode = WAL").get
            db.execute("PRAGMA synchronous = FULL")
            if mode != "wal":
                raise DataError(
                    f"the ledger {path} cannot use a write-ahead log",
                    why=f"the folder only allows the journal mode {mode!r}",
                    remedy="Move the state folder to a local disk; see --home")
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: apsw.Connection, path: Path, *, read_only: bool) -> None:
    """One step per transaction, up to this program's version."""
    version = db.execute("PRAGMA user_version").get
    if read_only and version < len(MIGRATIONS):
        raise DataError(f"the ledger {path} has the old version {version}",
                        why="it was opened for reading only",
                        remedy="Start the program once so that it is brought up to date")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        with db:
            db.execute(script)
            db.execute(f"PRAGMA user_version = {number}")


# ---- rows out ------------------------------------------------------------------------------

_FEE_COLUMNS = "commission_e4 stamp_duty_e4 transfer_fee_e4 handling_e4 regulatory_e4"
_ORDER_COLUMNS = (
    "order_id symbol side shares limit_e4 limit_text type created_utc tag key source trading_day "
    f"status broker_id filled_shares amount_e4 {_FEE_COLUMNS} refusals updated_utc plan_id "
    "override").split()
_FILL_COLUMNS = ("trading_day broker trade_id order_id symbol side shares price_e4 ts_utc "
                 f"{_FEE_COLUMNS} tag").split()
_POSITION_COLUMNS = ["symbol", "held_shares", "bought_today_shares", "on_sale_shares",
                     "cost_e4", "realised_e4", "t0"]
_ACCOUNT_COLUMNS = ["row_no", "account_id", "cash_e4", "reserved_e4", "withdrawable_e4",
                    "initial_e4", "trading_day"]


def _insert(table: str, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def _upsert(table: str, columns: Sequence[str]) -> str:
    """Insert, or bring the row with the same first column to the new values."""
    news = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    return f"{_insert(table, columns)} ON CONFLICT ({columns[0]}) DO UPDATE SET {news}"


_UPSERT_ORDER = _upsert("orders", _ORDER_COLUMNS)
_INSERT_FILL = _insert("fills", _FILL_COLUMNS)
_UPSERT_POSITION = _upsert("positions", _POSITION_COLUMNS)
_UPSERT_ACCOUNT = _upsert("account", _ACCOUNT_COLUMNS)


def _write_changes(db: apsw.Connection, changes: Changes) -> None:
    if changes.wipe:
        db.execute("DELETE FROM fills; DELETE FROM orders; DELETE FROM positions; "
                   "DELETE FROM account")
    for order in changes.orders:
        db.execute(_UPSERT_ORDER, _order_row(order))
    for fill in changes.fills:
        db.execute(_INSERT_FILL, _fill_row(fill))
    for position in changes.positions:
        db.execute(_UPSERT_POSITION, (
            position.symbol, position.held_shares, position.bought_today_shares,
            position.on_sale_shares, to_e4(position.cost_cny), to_e4(position.realised_cny),
            int(position.t0)))
    if changes.account is not None:
        account = changes.account
        db.execute(_UPSERT_ACCOUNT, (
            1, account.account_id, to_e4(account.cash_cny), to_e4(account.reserved_cny),
            to_e4(account.withdrawable_cny), to_e4(account.initial_cash_cny),
            account.trading_day.isoformat()))
    if changes.kill_level is not None:
        db.execute("UPDATE risk_state SET kill_level = ?", (int(changes.kill_level),))
    for row in changes.state:
        if row.value is None:
            db.execute("DELETE FROM desk_state WHERE kind = ? AND key = ?", (row.kind, row.key))
        else:
            db.execute("INSERT INTO desk_state VALUES (?, ?, ?) ON CONFLICT (kind, key) "
                       "DO UPDATE SET value = excluded.value", (row.kind, row.key, row.value))


def _order_row(order: Order) -> tuple[Any, ...]:
    request = order.request
    return (
        order.order_id, request.symbol, request.side.value, request.shares,
        *_limit_row(request.limit_cny), request.type.value, request.created_utc.isoformat(),
        request.tag, request.key, request.source, order.trading_day.isoformat(),
        order.status.value, order.broker_id, order.filled_shares, to_e4(order.amount_cny),
        *_fees_row(order.fees),
        json.dumps([{"code": r.code, "text": r.text, "numbers": dict(r.numbers)}
                    for r in order.refusals], ensure_ascii=False),
        None if order.updated_utc is None else order.updated_utc.isoformat(),
        request.plan_id, request.override)


def _limit_row(limit_cny: Decimal | None) -> tuple[int | None, str | None]:
    """A refused order may have asked for a price finer than the ledger; it is kept as text."""
    if limit_cny is None:
        return None, None
    try:
        return to_e4(limit_cny), None
    except ValueError:
        return None, str(limit_cny)


def _fill_row(fill: Fill) -> tuple[Any, ...]:
    return (
        fill.trading_day.isoformat(), fill.broker, fill.trade_id, fill.order_id, fill.symbol,
        fill.side.value, fill.shares, to_e4(fill.price_cny), fill.ts_utc.isoformat(),
        *_fees_row(fill.fees), fill.tag)


def _fees_row(fees: Fees) -> tuple[int, ...]:
    return tuple(to_e4(item) for item in (
        fees.commission_cny, fees.stamp_duty_cny, fees.transfer_fee_cny, fees.handling_cny,
        fees.regulatory_cny))


# ---- rows in -------------------------------------------------------------------------------


def _order_of(row: tuple[Any, ...]) -> Order:
    (order_id, symbol, side, shares, limit_e4, limit_text, kind, created, tag, key, source, day,
     status, broker_id, filled, amount_e4, *fees_e4, refusals, updated,
     plan_id, override) = row
    limit = None if limit_e4 is None else from_e4(limit_e4)
    return Order(
        order_id=order_id, trading_day=date.fromisoformat(day), status=OrderStatus(status),
        request=OrderRequest(
            symbol=symbol, side=OrderSide(side), shares=shares, type=OrderType(kind),
            limit_cny=limit if limit_text is None else Decimal(limit_text),
            created_utc=datetime.fromisoformat(created), tag=tag, key=key, source=source,
            plan_id=plan_id, override=override),
        broker_id=broker_id, filled_shares=filled, amount_cny=from_e4(amount_e4),
        fees=_fees_of(fees_e4),
        refusals=tuple(Refusal(**refusal) for refusal in json.loads(refusals)),
        updated_utc=None if updated is None else datetime.fromisoformat(updated))


def _fill_of(row: tuple[Any, ...]) -> Fill:
    (day, broker, trade_id, order_id, symbol, side, shares, price_e4, ts, *fees_e4, tag) = row
    return Fill(
        order_id=order_id, trade_id=trade_id, broker=broker, symbol=symbol, side=OrderSide(side),
        shares=shares, price_cny=from_e4(price_e4), ts_utc=datetime.fromisoformat(ts),
        trading_day=date.fromisoformat(day), fees=_fees_of(fees_e4), tag=tag)


def _fees_of(items_e4: Sequence[int]) -> Fees:
    commission, stamp, transfer, handling, regulatory = map(from_e4, items_e4)
    return Fees(commission_cny=commission, stamp_duty_cny=stamp, transfer_fee_cny=transfer,
                handling_cny=handling, regulatory_cny=regulatory)


def _position_of(row: tuple[Any, ...]) -> Position:
    symbol, held, bought_today, on_sale, cost_e4, realised_e4, t0 = row
    return Position(
        symbol=symbol, held_shares=held, bought_today_shares=bought_today, on_sale_shares=on_sale,
        cost_cny=from_e4(cost_e4), realised_cny=from_e4(realised_e4), t0=bool(t0))


def _account_of(row: tuple[Any, ...]) -> Account:
    _, account_id, cash_e4, reserved_e4, withdrawable_e4, initial_e4, day = row
    return Account(
        account_id=account_id, cash_cny=from_e4(cash_e4), reserved_cny=from_e4(reserved_e4),
        withdrawable_cny=from_e4(withdrawable_e4), initial_cash_cny=from_e4(initial_e4),
        trading_day=date.fromisoformat(day))
