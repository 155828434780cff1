"""The newest entry of a ledger, noted outside of it: a ledger that lacks it has lost something.

A hash chain alone cannot see a tail that was cut off, a log that was deleted or an old file that
was put back. The note is written after the commit and not synced: it is never ahead of the
ledger, and after a power cut it may only be older than need be.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from core.exceptions import DataError

_OWNER_ONLY = 0o600
_NOTE = re.compile(rb"(\d{20}) ([0-9a-z]{64})\n")
_NOTE_BYTES = 86


class LedgerAnchor:
    """One line in a file of its own: number and hash."""

    def __init__(self, path: Path) -> None:
        """Raises DataError: the file cannot be opened."""
        self._path = path
        try:
            self._descriptor = os.open(
                path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), _OWNER_ONLY)
        except OSError as error:
            raise DataError(f"{path} cannot be used", why=error.strerror or str(error),
                            remedy="Correct the rights of the folder anchors/") from error

    def noted(self) -> tuple[int, str] | None:
        """None: nothing was noted yet, or the note was torn by a power cut."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        found = _NOTE.fullmatch(os.read(self._descriptor, _NOTE_BYTES))
        return None if found is None else (int(found[1]), found[2].decode())

    def note(self, seq: int, entry_hash: str) -> None:
        """A disk that refuses leaves the older note, which still holds."""
        with suppress(OSError):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, f"{seq:020d} {entry_hash}\n".encode())

    def close(self) -> None:
        os.close(self._descriptor)


def refuse_behind(noted: tuple[int, str] | None, stored_hash: str | None, anchor: Path) -> None:
    """Raises DataError unless the ledger holds the noted entry.

    Args:
        stored_hash: of the entry with the noted number; None: there is none.
    """
    if noted is None or noted[1] == stored_hash:
        return
    raise DataError(
        f"the ledger lacks entry {noted[0]}", why="it was durable once: the log was deleted, the "
        "end was cut off, or an older file was put in its place",
        remedy="Put the file back or restore the newest backup with --restore-ledger; to go on "
               f"with what there is, delete {anchor}")
