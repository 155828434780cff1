"""A store that fails once, for tests of what follows a failed write."""

from collections.abc import Sequence

from core.exceptions import DataError
from core.ports import Changes
from core.types import JournalEntry
from trading.memory_store import MemoryOrderStore


class FailingStore(MemoryOrderStore):
    """Fails once at the given entry; `written` says whether it happened all the same."""

    def __init__(self, at_seq: int, *, written: bool) -> None:
        super().__init__()
        self.at_seq, self.written = at_seq, written
        self.opens, self.reopened, self.appends = True, 0, 0

    def reopen(self) -> None:
        self.reopened += 1
        if not self.opens:
            raise DataError("could not open", why="the disk is away", remedy="Put it back")

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        self.appends += 1
        if entries[0].seq <= self.at_seq <= entries[-1].seq:
            self.at_seq = -1
            if self.written:
                super().append(entries, changes)
            raise DataError("could not write", why="the disk is full", remedy="Free some space")
        super().append(entries, changes)
