"""The kill switch: which level may follow which, and requests from outside the trading thread.

The level in force is in the ledger. A request reaches the sender by two roads, and the sender
looks down both immediately before every order leaves: a latch in memory, set from any thread of
this process, and the file `kill.request`, written by a command, a watchdog or a person with an
editor. A file that cannot be read counts as a request to stop: the switch fails closed.
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from core.exceptions import RiskError
from core.types import KillLevel

log = logging.getLogger(__name__)

BY_FILE = "kill.request"
FLATTEN_SOURCE = "flatten"             # of orders that carry out level 4
_LARGEST_BYTES = 4_096
_TRIES, _BETWEEN_S = 20, 1 / 100       # another process may hold the file for a moment (Windows)


# ---- which level may follow which --------------------------------------------------------------


class Actor(Enum):
    """Who changes the level."""

    PERSON = "a person"
    BREAKER = "a circuit breaker"
    REQUEST = "kill.request"           # a command beside the core, or the watchdog
    PROGRAM = "the program"            # strategies, plans, the auto-trader


class Change(Enum):
    """What a step of the level asks for. The value is its letter in the table below."""

    NONE = "="                         # nothing changes; open orders are cancelled again
    ANYBODY = "^"                      # stopping is never refused
    PERSON = "p"
    PERSON_WITH_REASON = "r"           # written to the audit log


_STEPS = (
    # to: NONE PAUSE REDUCE_ONLY BLOCK FLATTEN
    "=^^^^",                           # from NONE
    "p=^^^",                           # from PAUSE
    "pp=^^",                           # from REDUCE_ONLY
    "rrr=^",                           # from BLOCK
    "rrrr=",                           # from FLATTEN
)
CHANGES: dict[tuple[KillLevel, KillLevel], Change] = {
    (old, new): Change(_STEPS[old][new]) for old in KillLevel for new in KillLevel}


def check_change(
    old: KillLevel, new: KillLevel, actor: Actor, reason: str, tripped: Mapping[str, KillLevel],
) -> None:
    """Return if `actor` may go from `old` to `new`.

    Args:
        tripped: breakers that stand, with the level that each of them holds.

    Raises:
        RiskError: only a person lowers the level, with a reason from BLOCK on, and never below
            what a tripped breaker holds.
    """
    change = CHANGES[old, new]
    if change in (Change.NONE, Change.ANYBODY):
        return
    if actor is not Actor.PERSON:
        raise RiskError(
            f"the kill level stays at {old.name}", why=f"{actor.value} may raise it, not lower it",
            remedy="A person lowers it, with a reason")
    if change is Change.PERSON_WITH_REASON and not reason.strip():
        raise RiskError(
            f"the kill level stays at {old.name}", why="no reason was given",
            remedy="Say why orders may be sent again; it is written to the audit log")
    holding = sorted(name for name, level in tripped.items() if level > new)
    if holding:
        raise RiskError(
            f"the kill level stays at {old.name}",
            why=f"these circuit breakers stand: {', '.join(holding)}",
            remedy="Settle the cause and re-arm them first (--rearm NAME --reason TEXT)")


def tripped_levels(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, KillLevel]:
    """The breakers that stand, from the ledger's BREAKER rows, with the level each holds."""
    return {name: KillLevel(row["level"]) for name, row in rows.items() if row["tripped"]}


# ---- requests ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KillRequest:
    level: KillLevel
    reason: str
    by: str = BY_FILE


def write_request(path: Path, request: KillRequest) -> None:
    """Ask a running core to stop; durable when this returns.

    A stricter request that lies there already is kept. Where no text can be written (a full
    disk), an empty file is left: it cannot be understood, and so it blocks.

    Raises:
        OSError: not even that was possible.
    """
    there = read_request(path)
    if there is not None and there.level >= request.level:
        return
    text = json.dumps({"level": int(request.level), "reason": request.reason})
    new = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _patiently_replace(new, path)
    except OSError:
        log.exception("%s could not be written; an empty one blocks all the same", path)
        path.write_bytes(b"")
        with suppress(OSError):
            new.unlink(missing_ok=True)
    _sync_folder(path.parent)


def read_request(path: Path) -> KillRequest | None:
    """The request that lies there; None if there is none. Garbage means BLOCK."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_BYTES)
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
    """Requests that wait for the trading thread. `path` None: no file is looked for (a backtest).

    `ask` is for any thread, the rest for the trading thread.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._asked: KillRequest | None = None

    @property
    def waiting(self) -> bool:
        """Whether somebody in this process asked and the ledger does not say so yet."""
        return self._asked is not None

    def ask(self, request: KillRequest) -> None:
        """Nothing leaves from this moment on; the ledger follows when its turn comes."""
        with self._lock:
            if self._asked is None or request.level > self._asked.level:
                self._asked = request

    def requested(self, level: KillLevel) -> KillRequest | None:
        """The strictest request, if it is stricter than the level in force; None otherwise."""
        filed = None if self._path is None else read_request(self._path)
        found = _strictest(request for request in (self._asked, filed) if request is not None)
        return found if found is not None and found.level > level else None

    def settle(self, level: KillLevel) -> None:
        """Remove requests once a level at least as strict is in the ledger.

        A file that cannot be removed stays, and counts again as soon as the level is set back.
        """
        with self._lock:
            if self._asked is not None and self._asked.level <= level:
                self._asked = None
        if self._path is None:
            return
        request = read_request(self._path)
        if request is not None and request.level <= level:
            self._take_away(self._path, level)

    def _take_away(self, path: Path, level: KillLevel) -> None:
        """Away first, then looked at: a stricter one may have taken its place in between."""
        taken = path.with_name(f"{path.name}.settled")
        try:
            path.replace(taken)
            late = read_request(taken)
            if late is not None and late.level > level:
                self.ask(late)
                write_request(path, late)
            taken.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s was heeded and cannot be removed: %s", path, error)


def _strictest(requests: Iterable[KillRequest]) -> KillRequest | None:
    return max(requests, key=lambda request: request.level, default=None)


def _patiently_replace(new: Path, path: Path) -> None:
    for _ in range(_TRIES - 1):
        try:
            new.replace(path)
        except PermissionError:
            threading.Event().wait(_BETWEEN_S)
        else:
            return
    new.replace(path)


if sys.platform == "win32":
    def _sync_folder(_folder: Path) -> None:
        """Windows has no way to do it; its file system keeps a journal of names."""
else:
    def _sync_folder(folder: Path) -> None:
        """Make the new name itself durable; a power cut may forget it otherwise."""
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError as error:
            log.warning("%s could not be synced: %s", folder, error)
            return
        try:
            os.fsync(descriptor)
        except OSError as error:
            log.warning("%s could not be synced: %s", folder, error)
        finally:
            os.close(descriptor)
