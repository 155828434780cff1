"""The kill switch: its durable level is in the ledger; a request from outside is a file.

`kill.request` may be written by a command, a watchdog or a person with an editor. The sender
looks for it immediately before every order leaves. A file that cannot be read counts as a
request to stop: the switch fails closed.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from core.types import KillLevel

log = logging.getLogger(__name__)

_LARGEST_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class KillRequest:
    level: KillLevel
    reason: str


def write_request(path: Path, request: KillRequest) -> None:
    """Ask a running core to stop; durable when this returns."""
    text = json.dumps({"level": int(request.level), "reason": request.reason})
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def read_request(path: Path) -> KillRequest | None:
    """The request that lies there; None if there is none. Garbage means BLOCK."""
    try:
        text = path.read_bytes()[:_LARGEST_BYTES]
    except FileNotFoundError:
        return None
    except OSError as error:
        return KillRequest(KillLevel.BLOCK, f"kill.request cannot be read: {error}")
    try:
        found = json.loads(text)
        return KillRequest(KillLevel(found["level"]), str(found["reason"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return KillRequest(KillLevel.BLOCK, "kill.request is not readable as JSON")


class KillSwitch:
    """Where a request from outside may lie. `path` None: nobody can ask (a backtest)."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def requested(self, level: KillLevel) -> KillRequest | None:
        """A request that is stricter than the level in force; None otherwise."""
        request = None if self._path is None else read_request(self._path)
        return request if request is not None and request.level > level else None

    def settle(self, level: KillLevel) -> None:
        """Remove the request once a level at least as strict is in the ledger.

        One that cannot be removed stays, and counts again as soon as the level is set back.
        """
        if self._path is None:
            return
        request = read_request(self._path)
        if request is not None and request.level <= level:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("%s was heeded and cannot be removed: %s", self._path, error)
