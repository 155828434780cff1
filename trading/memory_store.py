"""An OrderStore in memory, for backtests and tests: the same journal and hash, no disk."""

from collections.abc import Iterator, Sequence

from core.exceptions import DataError
from core.ports import Changes, Projections
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


class MemoryOrderStore:
    """Implements core.ports.OrderStore."""

    def __init__(self) -> None:
        self._entries: list[JournalEntry] = []
        self._orders: dict[int, Order] = {}
        self._fills: dict[FillKey, Fill] = {}
        self._positions: dict[str, Position] = {}
        self._account: Account | None = None
        self._kill_level = KillLevel.NONE
        self._state: dict[tuple[str, str], StateRow] = {}

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
            if fill_key(fill) in self._fills:
                raise _refused(f"fill {fill.trade_id} of order {fill.order_id} is stored already")
        self._entries.extend(entries)
        self._apply(changes)

    def _apply(self, changes: Changes) -> None:
        if changes.wipe:
            self._orders.clear()
            self._fills.clear()
            self._positions.clear()
        for order in changes.orders:
            self._orders[order.order_id] = order
        for fill in changes.fills:
            self._fills[fill_key(fill)] = fill
        for position in changes.positions:
            self._positions[position.symbol] = position
        self._account = changes.account or self._account
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
        return Projections(
            account=self._account,
            positions=tuple(self._positions[symbol] for symbol in sorted(self._positions)),
            orders=tuple(self._orders[order_id] for order_id in sorted(self._orders)),
            fills=tuple(self._fills.values()), kill_level=self._kill_level,
            state=tuple(self._state[at] for at in sorted(self._state)))

    def close(self) -> None:
        """Nothing is held open."""


def _refused(why: str) -> DataError:
    return DataError("the ledger refused an entry", why=why,
                     remedy="Trading stops; start again so that the ledger is read afresh")
