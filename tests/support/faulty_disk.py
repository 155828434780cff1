"""A layer under SQLite that knows what is on the platter, and fails where it is told to.

Reads and writes go to real files; a sync costs nothing and only notes what is durable from then
on. `image` is what a machine finds after its power was cut: everything synced, and of the rest
any part, torn at sectors. A sync that fails drops what it should have written, as Linux does:
it may still be read, and is never written by a later sync.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import apsw

SECTOR_BYTES = 512
_WAL_SUFFIX = "-wal"


class Fault(Enum):
    IO_ERROR = "IOERR"
    FULL = "FULL"
    SHORT_WRITE = "short write"
    BAD_SYNC = "failing fsync"


@dataclass
class Platter:
    """One file: what is durable, and what was written since the last sync (offset, bytes).

    Bytes None: the file was cut to that length.
    """

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for offset, data in self.pending:
            _apply(self.durable, offset, data)
        self.pending.clear()

    def image(self, rng: random.Random, share: float) -> bytes:
        """Every unsynced sector is there with this probability."""
        found = bytearray(self.durable)
        for offset, data in self.pending:
            if data is None:
                if rng.random() < share:
                    _apply(found, offset, None)
                continue
            for start, piece in _sectors(offset, data):
                if rng.random() < share:
                    _apply(found, start, piece)
        return bytes(found)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset:offset + len(data)] = data


def _sectors(offset: int, data: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(data):
        size = SECTOR_BYTES - (offset + at) % SECTOR_BYTES
        found.append((offset + at, data[at:at + size]))
        at += size
    return found


class FaultyDisk(apsw.VFS):
    """Registered under its name; hand the name to SqliteOrderStore(vfs=...)."""

    def __init__(self, name: str) -> None:
        super().__init__(name, base="")
        self.name = name
        self.platters: dict[str, Platter] = {}
        self.operations, self.syncs = 0, 0
        self.fault: Fault | None = None
        self.fail_at, self.sticky, self.failed = 0, False, 0
        self.after: Callable[[], None] = lambda: None   # called after each write, sync and cut

    def break_at(self, operation: int, fault: Fault, *, sticky: bool) -> None:
        """The n-th operation (BAD_SYNC: sync) from now on fails; sticky: and every later one."""
        self.operations, self.syncs, self.failed = 0, 0, 0
        self.fail_at, self.fault, self.sticky = operation, fault, sticky

    def mend(self) -> None:
        self.fault = None

    def breaks(self, *, sync: bool = False) -> Fault | None:
        """Counts one operation; the fault that hits it."""
        self.operations += 1
        self.syncs += sync
        at = self.syncs if self.fault is Fault.BAD_SYNC else self.operations
        if self.fault is None or (self.fault is Fault.BAD_SYNC and not sync) or (
                at < self.fail_at or (self.failed and not self.sticky)):
            return None
        self.failed += 1
        return self.fault

    def platter(self, name: str) -> Platter:
        return self.platters.setdefault(name, Platter())

    def image(self, folder: Path, rng: random.Random, share: float) -> Path:
        """Write what the next start finds into a folder; the path of its ledger."""
        main = folder / "ledger.db"
        for name, platter in self.platters.items():
            wal = name.endswith(_WAL_SUFFIX)
            (folder / f"ledger.db{_WAL_SUFFIX if wal else ''}").write_bytes(
                platter.image(rng, share))
        return main

    def xOpen(self, name: Any, flags: list[int]) -> "_File":
        return _File(self, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:
        super().xDelete(name, syncdir)
        self.platters.pop(name, None)


class _File(apsw.VFSFile):
    def __init__(self, disk: FaultyDisk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._name = "" if name is None else (
            name if isinstance(name, str) else name.filename())
        if self._name and self._name not in disk.platters:
            with suppress(OSError):
                disk.platter(self._name).durable[:] = Path(self._name).read_bytes()

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._disk.breaks() in (Fault.IO_ERROR, Fault.SHORT_WRITE):
            raise apsw.IOError("this disk cannot read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        fault = self._disk.breaks()
        if fault is Fault.SHORT_WRITE:
            self._write(data[:len(data) // 2], offset)
            raise apsw.IOError("this disk wrote half of it")
        self._refuse(fault)
        self._write(data, offset)
        self._disk.after()

    def _write(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._disk.platter(self._name).pending.append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        self._refuse(self._disk.breaks())
        super().xTruncate(size)
        self._disk.platter(self._name).pending.append((size, None))
        self._disk.after()

    def xSync(self, flags: int) -> None:
        fault = self._disk.breaks(sync=True)
        if fault is not None:
            self._disk.platter(self._name).pending.clear()
        self._refuse(fault)
        self._disk.platter(self._name).sync()
        self._disk.after()

    def _refuse(self, fault: Fault | None) -> None:
        if fault is Fault.FULL:
            raise apsw.FullError("this disk is full")
        if fault is not None:
            raise apsw.IOError("this disk fails")
