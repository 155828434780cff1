"""Starting and ending the child process that owns the vendor's library."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from trading.qmt.child import Terms
from trading.qmt.wire import MS_PER_S

SOURCE = Path(__file__).resolve().parents[2]
CHILD = (sys.executable, "-m", "trading.qmt.child")
LEAVE_MS = 3_000                   # to end by itself once the line is closed


class Running(Protocol):
    """A child, however it runs."""

    @property
    def alive(self) -> bool: ...

    def end(self) -> None:
        """It is gone when this returns."""
        ...


StartChild = Callable[[int, str], Running]     # (port, token)


class ChildProcess:
    """A child in a process of its own. The terms go through its standard input: neither the
    command line nor the environment shows the token.
    """

    def __init__(self, terms: Terms, command: Sequence[str] = CHILD,
                 leave_ms: int = LEAVE_MS) -> None:
        """`leave_ms`: what it gets to end by itself before it is killed."""
        self._leave_ms = leave_ms
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=SOURCE, text=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0))
        stream = self._process.stdin
        if stream is not None:
            with stream:
                stream.write(json.dumps(asdict(terms)) + "\n")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        try:
            self._process.wait(self._leave_ms / MS_PER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def process_starter(
    *, account: str, userdata: str, kill_request: Path | None, command: Sequence[str] = CHILD,
) -> StartChild:
    """Starts the real child for one account of one terminal."""
    def start(port: int, token: str) -> Running:
        return ChildProcess(Terms(
            port=port, token=token, account=account, userdata=userdata,
            kill_request="" if kill_request is None else str(kill_request)), command)
    return start
