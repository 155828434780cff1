"""Checkpoints of a ledger, and the rows of days that are over.

A row that is sealed stays in its table until someone asks for it. Whether the sealed rows are
still what they were is said by one digest over the text that SQLite itself makes of them.
"""

import hashlib
import json
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import apsw

from core.exceptions import DataError
from core.ports import AccountRows, Checkpoint, Projections, Seal
from core.types import FINAL_STATUSES, Fill, KillLevel, Order, StateRow
from data.ledger_file import LedgerFile
from data.ledger_rows import (
    ACCOUNT_COLUMNS,
    FILL_COLUMNS,
    ORDER_COLUMNS,
    POSITION_COLUMNS,
    account_of,
    fill_of,
    order_of,
    position_of,
)

_KEPT = 2                      # checkpoints; the older one is there if the newest does not fit
_ENDED = ", ".join(f"'{status.value}'" for status in sorted(FINAL_STATUSES, key=str))
_OPEN = "order_id IN (SELECT value FROM json_each(:open))"
_SEALED_ORDERS = f"(order_id <= :upto AND NOT {_OPEN})"
_ORDERS, _FILLS = ", ".join(ORDER_COLUMNS), ", ".join(FILL_COLUMNS)
_Raw = dict[str, Any]


class LedgerArchive:
    """Implements core.ports.Archive."""

    def __init__(self, file: LedgerFile, lock: threading.Lock) -> None:
        self._file, self._lock = file, lock

    @property
    def _db(self) -> apsw.Connection:
        return self._file.db

    def seal(self, day: date) -> Seal:
        with self._lock, self._file.refusing("read"):
            upto = self._db.execute(
                "SELECT coalesce((SELECT min(order_id) - 1 FROM orders WHERE trading_day >= ?1), "
                "(SELECT max(order_id) FROM orders), 0)", (day.isoformat(),)).get
            fills = self._db.execute(
                "SELECT coalesce((SELECT min(fill_no) - 1 FROM fills WHERE trading_day >= ?1), "
                "(SELECT max(fill_no) FROM fills), 0)", (day.isoformat(),)).get
            still_open: list[Any] = self._db.execute(
                f"SELECT order_id FROM orders WHERE order_id <= ?1 AND status NOT IN ({_ENDED}) "
                "ORDER BY order_id", (upto,)).fetchall()
        return Seal(orders_upto=upto, open_ids=tuple(row[0] for row in still_open),
                    fills_upto=fills)

    def digest(self, seal: Seal) -> str:
        found = hashlib.sha256()
        with self._lock, self._file.refusing("read"):
            for table, columns, where, order in (
                    ("orders", _ORDERS, _SEALED_ORDERS, "order_id"),
                    ("fills", _FILLS, "fill_no <= :fills", "fill_no")):
                texts = self._db.execute(
                    f"SELECT json_array({order}, account_id, {columns}) FROM {table} "
                    f"WHERE {where} ORDER BY {order}", _bound(seal))
                found.update("\n".join(text for (text,) in texts).encode())
        return found.hexdigest()

    def live(self, seal: Seal | None) -> Projections:
        return _projections(self._raw(seal or Seal(orders_upto=0, open_ids=(), fills_upto=0)))

    def _raw(self, seal: Seal) -> _Raw:
        """The rows that are not sealed, as JSON values."""
        with self._lock, self._file.refusing("read"):
            def read(columns: Sequence[str] | str, rest: str) -> list[list[Any]]:
                listed = columns if isinstance(columns, str) else ", ".join(columns)
                return [list(row) for row in self._db.execute(
                    f"SELECT {listed} FROM {rest}", _bound(seal))]

            return {
                "desk": read("active, last_order_id, "
                             "(SELECT coalesce(max(order_id), 0) FROM orders), "
                             "(SELECT kill_level FROM risk_state)", "desk"),
                "accounts": read(ACCOUNT_COLUMNS, "accounts ORDER BY account_id"),
                "positions": read(f"account_id, {', '.join(POSITION_COLUMNS)}",
                                  "positions ORDER BY symbol"),
                "orders": read(f"account_id, {_ORDERS}",
                               f"orders WHERE order_id > :upto OR {_OPEN} ORDER BY order_id"),
                "fills": read(f"account_id, {_FILLS}",
                              "fills WHERE fill_no > :fills ORDER BY fill_no"),
                "state": read("kind, key, value", "desk_state ORDER BY kind, key")}

    def keep(self, seq: int, seal: Seal) -> Checkpoint:
        raw, sealed = self._raw(seal), self.digest(seal)
        text = json.dumps([seq, asdict(seal), sealed, raw], ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._lock, self._file.refusing("write"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?)",
                                 (seq, digest, zlib.compress(text.encode(), 1)))
                self._db.execute(
                    "DELETE FROM checkpoint WHERE seq NOT IN "
                    "(SELECT seq FROM checkpoint ORDER BY seq DESC LIMIT ?)", (_KEPT,))
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._file.confirm()
        return Checkpoint(seq=seq, seal=seal, sealed_digest=sealed, rows=_projections(raw),
                          digest=digest)

    def newest(self) -> Checkpoint | None:
        with self._lock, self._file.refusing("read"):
            row = self._db.execute(
                "SELECT seq, content FROM checkpoint ORDER BY seq DESC LIMIT 1").fetchone()
        if row is None:
            return None
        try:
            text = zlib.decompress(row[1]).decode()
            seq, seal, sealed, raw = json.loads(text)
            return Checkpoint(
                seq=seq, seal=Seal(**seal | {"open_ids": tuple(seal["open_ids"])}),
                sealed_digest=sealed, rows=_projections(raw),
                digest=hashlib.sha256(text.encode()).hexdigest())
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise DataError(f"the checkpoint after entry {row[0]} is not used", why=str(error),
                            remedy="The whole journal is read in its place") from error

    def keys(self, seal: Seal) -> Sequence[tuple[str, str, int]]:
        return self._rows("account_id, key, order_id", "orders WHERE key <> '' AND "
                          f"status <> 'DENIED' AND {_SEALED_ORDERS}", _bound(seal))

    def order(self, account_id: str, order_id: int) -> Order | None:
        found = self._rows(_ORDERS, "orders WHERE account_id = ? AND order_id = ?",
                           (account_id, order_id))
        return order_of(found[0]) if found else None

    def fill(self, account_id: str, key: tuple[date, str, str, int]) -> Fill | None:
        day, broker, trade_id, order_id = key
        found = self._rows(
            _FILLS, "fills WHERE account_id = ? AND trading_day = ? AND broker = ? AND "
            "trade_id = ? AND order_id = ?",
            (account_id, day.isoformat(), broker, trade_id, order_id))
        return fill_of(found[0]) if found else None

    def orders(self, account_id: str, seal: Seal) -> Sequence[Order]:
        return [order_of(row) for row in self._rows(
            _ORDERS, f"orders WHERE {_SEALED_ORDERS} AND account_id = :account ORDER BY order_id",
            _bound(seal) | {"account": account_id})]

    def fills(self, account_id: str, seal: Seal) -> Sequence[Fill]:
        return [fill_of(row) for row in self._rows(
            _FILLS, "fills WHERE fill_no <= :fills AND account_id = :account ORDER BY fill_no",
            _bound(seal) | {"account": account_id})]

    def _rows(
        self, columns: str, rest: str, bound: Mapping[str, object] | Sequence[object]
    ) -> list[Any]:
        with self._lock, self._file.refusing("read"):
            found: list[Any] = self._db.execute(f"SELECT {columns} FROM {rest}", bound).fetchall()
        return found


def _bound(seal: Seal) -> dict[str, object]:
    return {"upto": seal.orders_upto, "open": json.dumps(seal.open_ids),
            "fills": seal.fills_upto}


def _projections(raw: _Raw) -> Projections:
    ((active, floor, newest, level),) = raw["desk"]
    accounts = {row[0]: AccountRows(
        account=account_of(tuple(row)),
        positions=tuple(position_of(tuple(each[1:])) for each in raw["positions"]
                        if each[0] == row[0]),
        orders=tuple(order_of(tuple(each[1:])) for each in raw["orders"] if each[0] == row[0]),
        fills=tuple(fill_of(tuple(each[1:])) for each in raw["fills"] if each[0] == row[0]),
    ) for row in raw["accounts"]}
    first = None if active is None else accounts.pop(active)
    return Projections(
        account=None if first is None else first.account,
        positions=() if first is None else first.positions,
        orders=() if first is None else first.orders,
        fills=() if first is None else first.fills, kill_level=KillLevel(level),
        state=tuple(StateRow(kind=kind, key=key, value=value)
                    for kind, key, value in raw["state"]),
        others=tuple(accounts.values()), last_order_id=max(floor, newest))
