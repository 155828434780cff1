"""The OrderStore port on SQLite: all SQL of orders, fills, cash, positions and their journal.

One writer at a time. Every append is one BEGIN IMMEDIATE transaction with synchronous=FULL, so
that what was answered is on the disk. Amounts are INTEGER in 1/10,000 CNY.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw

from core.exceptions import DataError
from core.money import from_e4, to_e4
from core.ports import AccountRows, Changes, Projections
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
    Origin,
    Position,
    Refusal,
    StateRow,
)
from data.holding_rows import (
    dividends_of,
    dividends_text,
    lots_of,
    lots_text,
    receivables_of,
    receivables_text,
    rights_of,
    rights_text,
)
from data.ledger_file import LedgerFile
from data.ledger_migrations import MIGRATIONS

_GENESIS_HASH = "0" * 64
_HEAD = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
_INSERT_ENTRY = (
    "INSERT INTO journal (seq, trading_day, ts_utc, kind, payload, prev_hash, hash, signature) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")


class SqliteOrderStore:
    """Implements core.ports.OrderStore on one file, `ledger.db`."""

    def __init__(self, path: Path, *, read_only: bool = False, vfs: str | None = None) -> None:
        """Open, and bring the file to this program's version.

        Args:
            vfs: another file system layer of SQLite, for tests of failing disks.

        Raises:
            DataError: the file is no ledger, is damaged, is newer than this program, or the
                disk refuses.
        """
        self._lock = threading.Lock()
        self._file = LedgerFile(path, MIGRATIONS, read_only=read_only, vfs=vfs)
        self._newest: tuple[int, str] | None = None     # of the journal, as this writer left it

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
                _write_changes(db, changes)
                db.execute("COMMIT")
            except BaseException:
                self._newest = None
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            self._newest = (entries[-1].seq, entries[-1].hash) if entries else self._newest
            self._file.confirm()
            self._file.tidy()

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
            accounts = {row[0]: _account_of(row) for row in self._db.execute(
                f"SELECT {', '.join(_ACCOUNT_COLUMNS)} FROM accounts ORDER BY account_id")}
            first = None if active is None else self._rows_of(accounts.pop(active))
            return Projections(
                account=None if first is None else first.account,
                positions=() if first is None else first.positions,
                orders=() if first is None else first.orders,
                fills=() if first is None else first.fills,
                kill_level=KillLevel(level),
                state=tuple(StateRow(kind=kind, key=key, value=value)
                            for kind, key, value in self._db.execute(
                                "SELECT kind, key, value FROM desk_state ORDER BY kind, key")),
                others=tuple(map(self._rows_of, accounts.values())),
                last_order_id=max(floor, newest))

    def _rows_of(self, account: Account) -> AccountRows:
        """The rows of one account, each kind in its order."""
        def read(table: str, columns: Sequence[str], order: str) -> apsw.Cursor:
            return self._db.execute(
                f"SELECT {', '.join(columns)} FROM {table} WHERE account_id = ? ORDER BY {order}",
                (account.account_id,))

        return AccountRows(
            account=account,
            positions=tuple(map(_position_of, read("positions", _POSITION_COLUMNS, "symbol"))),
            orders=tuple(map(_order_of, read("orders", _ORDER_COLUMNS, "order_id"))),
            fills=tuple(map(_fill_of, read("fills", _FILL_COLUMNS, "fill_no"))))

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
                    _write_changes(self._db, Changes(
                        account=rows.account, select=rows.account.account_id, orders=rows.orders,
                        fills=rows.fills, positions=rows.positions))
                _write_changes(self._db, Changes(kill_level=projections.kill_level,
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
            self._file.close()


# ---- rows out ------------------------------------------------------------------------------

_FEE_COLUMNS = "commission_e4 stamp_duty_e4 transfer_fee_e4 handling_e4 regulatory_e4"
_ORDER_COLUMNS = (
    "order_id symbol side shares limit_e4 limit_text type created_utc tag key source trading_day "
    f"status broker_id filled_shares amount_e4 {_FEE_COLUMNS} refusals updated_utc plan_id "
    "override reserved_e4").split()
_FILL_COLUMNS = ("trading_day broker trade_id order_id symbol side shares price_e4 ts_utc "
                 f"{_FEE_COLUMNS} tag").split()
_POSITION_COLUMNS = str.split(
    "symbol held_shares bought_today_shares on_sale_shares cost_e4 realised_e4 t0 "
    "realised_open_e4 fees_e4 dividend_e4 dividend_tax_e4 lots dividends")
_ACCOUNT_COLUMNS = str.split(
    "account_id cash_e4 reserved_e4 withdrawable_e4 initial_e4 trading_day origin proceeds_e4 "
    "receivables rights left_utc")


def _insert(table: str, columns: Sequence[str]) -> str:
    """Into the active account, where rows belong to one."""
    marks = ", ".join("?" * len(columns))
    if table == "accounts":
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
    return (f"INSERT INTO {table} ({', '.join(columns)}, account_id) "
            f"VALUES ({marks}, (SELECT active FROM desk))")


def _upsert(table: str, columns: Sequence[str], key: str) -> str:
    """Insert, or bring the row with the same first column to the new values."""
    news = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    return f"{_insert(table, columns)} ON CONFLICT ({key}) DO UPDATE SET {news}"


_UPSERT_ORDER = _upsert("orders", _ORDER_COLUMNS, "order_id")
_INSERT_FILL = _insert("fills", _FILL_COLUMNS)
_UPSERT_POSITION = _upsert("positions", _POSITION_COLUMNS, "account_id, symbol")
_UPSERT_ACCOUNT = _upsert("accounts", _ACCOUNT_COLUMNS, "account_id")
_WIPE = "".join(f"DELETE FROM {table} WHERE account_id = (SELECT active FROM desk); "
                for table in ("fills", "orders", "positions", "accounts"))


def _write_changes(db: apsw.Connection, changes: Changes) -> None:
    _write_account(db, changes)
    for order in changes.orders:
        db.execute(_UPSERT_ORDER, _order_row(order))
    for fill in changes.fills:
        db.execute(_INSERT_FILL, _fill_row(fill))
    for position in changes.positions:
        db.execute(_UPSERT_POSITION, _position_row(position))
    if changes.kill_level is not None:
        db.execute("UPDATE risk_state SET kill_level = ?", (int(changes.kill_level),))
    for row in changes.state:
        if row.value is None:
            db.execute("DELETE FROM desk_state WHERE kind = ? AND key = ?", (row.kind, row.key))
        else:
            db.execute("INSERT INTO desk_state VALUES (?, ?, ?) ON CONFLICT (kind, key) "
                       "DO UPDATE SET value = excluded.value", (row.kind, row.key, row.value))


def _write_account(db: apsw.Connection, changes: Changes) -> None:
    """The account's row, and which account is the active one from here on."""
    if changes.wipe:
        db.execute(_WIPE)
        db.execute("UPDATE desk SET last_order_id = ?", (changes.last_order_id or 0,))
    if changes.account is not None:
        db.execute(_UPSERT_ACCOUNT, _account_row(changes.account))
    if changes.select is not None:
        db.execute("UPDATE desk SET active = ?", (changes.select,))


def _account_row(account: Account) -> tuple[Any, ...]:
    return (
        account.account_id, to_e4(account.cash_cny), to_e4(account.reserved_cny),
        to_e4(account.withdrawable_cny), to_e4(account.initial_cash_cny),
        account.trading_day.isoformat(), None if account.origin is None else account.origin.value,
        to_e4(account.proceeds_cny), receivables_text(account.receivables),
        rights_text(account.rights),
        None if account.left_utc is None else account.left_utc.isoformat())


def _position_row(position: Position) -> tuple[Any, ...]:
    return (
        position.symbol, position.held_shares, position.bought_today_shares,
        position.on_sale_shares, to_e4(position.cost_cny), to_e4(position.realised_cny),
        int(position.t0), to_e4(position.realised_open_cny), to_e4(position.fees_cny),
        to_e4(position.dividend_cny), to_e4(position.dividend_tax_cny),
        lots_text(position.lots), dividends_text(position.dividends))


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
        request.plan_id, request.override, to_e4(order.reserved_cny))


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
     plan_id, override, reserved_e4) = row
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
        updated_utc=None if updated is None else datetime.fromisoformat(updated),
        reserved_cny=from_e4(reserved_e4))


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
    (symbol, held, bought_today, on_sale, cost_e4, realised_e4, t0, open_e4, fees_e4, dividend_e4,
     tax_e4, lots, dividends) = row
    return Position(
        symbol=symbol, held_shares=held, bought_today_shares=bought_today, on_sale_shares=on_sale,
        cost_cny=from_e4(cost_e4), realised_cny=from_e4(realised_e4), t0=bool(t0),
        realised_open_cny=from_e4(open_e4), fees_cny=from_e4(fees_e4),
        dividend_cny=from_e4(dividend_e4), dividend_tax_cny=from_e4(tax_e4), lots=lots_of(lots),
        dividends=dividends_of(dividends))


def _account_of(row: tuple[Any, ...]) -> Account:
    (account_id, cash_e4, reserved_e4, withdrawable_e4, initial_e4, day, origin, proceeds_e4,
     receivables, rights, left_utc) = row
    return Account(
        account_id=account_id, cash_cny=from_e4(cash_e4), reserved_cny=from_e4(reserved_e4),
        withdrawable_cny=from_e4(withdrawable_e4), initial_cash_cny=from_e4(initial_e4),
        trading_day=date.fromisoformat(day), origin=None if origin is None else Origin(origin),
        proceeds_cny=from_e4(proceeds_e4), receivables=receivables_of(receivables),
        rights=rights_of(rights),
        left_utc=None if left_utc is None else datetime.fromisoformat(left_utc))
