"""One process at a time owns the trading core of a state folder."""

import os
import sys
from pathlib import Path
from types import TracebackType

from core.exceptions import TradingError

OWNER_ONLY = 0o600
PID_BYTES = 32
LOCKED_BYTE = 1_000_000            # beyond the text, so that others may still read the pid

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class StateLock:
    """Held from `acquire` to `release`, or until the process ends, however it ends.

    The operating system keeps the lock, not the file's existence: after a crash nothing has
    to be cleaned up.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises TradingError, naming the holder's pid, if another process owns the folder."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        except OSError as error:
            raise _cannot_lock(self._path, error) from error
        try:
            _try_lock(descriptor)
        except OSError:
            holder = _pid_text(descriptor)
            os.close(descriptor)
            raise TradingError(
                f"the trading core of {self._path.parent} is in use",
                why=f"process {holder} owns it, and two cores would trade twice",
                remedy="Close that copy of the program, or give this one its own --home",
            ) from None
        try:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, str(os.getpid()).encode())
        except OSError as error:
            os.close(descriptor)
            raise _cannot_lock(self._path, error) from error
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "StateLock":
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def holder_pid(path: Path) -> int | None:
    """The process that owns the state folder now; None if nobody does.

    Raises:
        TradingError: the lock cannot be looked at.
    """
    if not path.exists():
        return None
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError as error:
        raise _cannot_lock(path, error) from error
    try:
        _try_lock(descriptor)
    except OSError:
        text = _pid_text(descriptor)
        return int(text) if text.isdecimal() else 0
    finally:
        os.close(descriptor)
    return None


def _cannot_lock(path: Path, error: OSError) -> TradingError:
    return TradingError(
        f"the state folder {path.parent} cannot be locked", why=error.strerror or str(error),
        remedy="Correct its rights and free some space, or choose another with --home",
    )


def _pid_text(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, PID_BYTES).decode("ascii", "replace").strip() or "unknown"
