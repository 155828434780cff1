"""An OrderStore in memory, for backtests and tests: the same journal and hash, no disk."""

from collections.abc import Iterator, Sequence

from core.exceptions import DataError
from core.ports import AccountRows, Archive, Changes, Projections
from core.types import (
    Account,
    Fill,
    JournalEntry,
    KillLevel,
    Order,
    Position,
    StateRow,
)
from trading.journal import GENESIS_HASH
from trading.ledger import FillKey, fill_key


class _Rows:
    """The rows of one account."""

    def __init__(self) -> None:
        self.account: Account | None = None
        self.orders: dict[int, Order] = {}
        self.fills: dict[FillKey, Fill] = {}
        self.positions: dict[str, Position] = {}

    def sorted(self) -> AccountRows | None:
        if self.account is None:
            return None
        return AccountRows(
            account=self.account,
            positions=tuple(self.positions[symbol] for symbol in sorted(self.positions)),
            orders=tuple(self.orders[order_id] for order_id in sorted(self.orders)),
            fills=tuple(self.fills.values()))


class MemoryOrderStore:
    """Implements core.ports.OrderStore."""

    outdated = False
    archive: Archive | None = None     # what is in memory is never restored

    def __init__(self) -> None:
        self._entries: list[JournalEntry] = []
        self._accounts: dict[str, _Rows] = {}
        self._active = _Rows()
        self._kill_level = KillLevel.NONE
        self._state: dict[tuple[str, str], StateRow] = {}
        self._last_order_id = 0

    def head(self) -> tuple[int, str]:
        return (self._entries[-1].seq, self._entries[-1].hash) if self._entries else (
            0, GENESIS_HASH)

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        """All of it or nothing: everything that can be refused is checked first."""
        seq, head = self.head()
        for entry in entries:
            if (entry.seq, entry.prev_hash) != (seq + 1, head):
                raise _refused(f"entry {entry.seq} does not follow entry {seq}")
            seq, head = entry.seq, entry.hash
        for fill in () if changes.wipe else changes.fills:
            if fill_key(fill) in self._active.fills:
                raise _refused(f"fill {fill.trade_id} of order {fill.order_id} is stored already")
        self._entries.extend(entries)
        self._apply(changes)

    def _apply(self, changes: Changes) -> None:
        if changes.wipe and self._active.account is not None:
            del self._accounts[self._active.account.account_id]
            self._last_order_id = changes.last_order_id or 0
        if changes.account is not None:
            account = changes.account
            self._accounts.setdefault(account.account_id, _Rows()).account = account
        if changes.select is not None:
            self._active = self._accounts[changes.select]
        for order in changes.orders:
            self._active.orders[order.order_id] = order
        for fill in changes.fills:
            self._active.fills[fill_key(fill)] = fill
        for position in changes.positions:
            self._active.positions[position.symbol] = position
        if changes.kill_level is not None:
            self._kill_level = changes.kill_level
        for row in changes.state:
            if row.value is None:
                self._state.pop((row.kind, row.key), None)
            else:
                self._state[row.kind, row.key] = row

    def entries(self, after_seq: int = 0) -> Iterator[JournalEntry]:
        return iter(self._entries[after_seq:])

    def load(self) -> Projections:
        active = self._active.sorted()
        ids = [order_id for rows in self._accounts.values() for order_id in rows.orders]
        return Projections(
            account=None if active is None else active.account,
            positions=() if active is None else active.positions,
            orders=() if active is None else active.orders,
            fills=() if active is None else active.fills, kill_level=self._kill_level,
            state=tuple(self._state[at] for at in sorted(self._state)),
            others=tuple(rows for _, each in sorted(self._accounts.items())
                         if each is not self._active and (rows := each.sorted()) is not None),
            last_order_id=max((self._last_order_id, *ids)))

    def refill(self, projections: Projections) -> None:
        """Never asked for: its rows are never older than the program."""

    def reopen(self) -> None:
        """Nothing can be lost but with the process."""

    def close(self) -> None:
        """Nothing is held open."""


def _refused(why: str) -> DataError:
    return DataError("the ledger refused an entry", why=why,
                     remedy="Trading stops; start again so that the ledger is read afresh")
