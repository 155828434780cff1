"""Makes the rest of the generated market in a child process, so that the window never waits.

`python -m data.generated.build CACHE_DIR SEED SYMBOLS SESSIONS LAST` makes the daily bars part
by part into a folder beside the final one, then joins them. A part that is there and undamaged
is not made again, so an interrupted build goes on where it stopped.
"""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from core.calendar import TradingCalendar, exchange_calendar
from core.exceptions import DataError
from data.generated import store
from data.generated.daily import DailyColumns, daily_market
from data.generated.universe import Plan, listings

PART_SYMBOLS = 64
_POLL_S = 0.1
_LAST_WORDS = 400                  # characters of a failed child's error that are kept
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is. `failed` says why it ended early; empty: it did not."""

    done_parts: int
    parts: int
    finished: bool
    failed: str = ""

    @property
    def ratio(self) -> float:
        return 1.0 if self.finished else self.done_parts / (self.parts + 1)


def build(cache_dir: Path, plan: Plan, calendar: TradingCalendar) -> Path:
    """Make and store the whole market of a plan; return its folder.

    Raises:
        DataError: the disk is full or the folder cannot be written.
    """
    folder = store.folder_of(cache_dir, plan)
    if store.load(folder, plan.symbols, plan.sessions) is not None:
        return folder
    parts = [_part(folder, plan, number, calendar) for number in range(_parts(plan))]
    store.save(folder, DailyColumns(*(
        np.concatenate([getattr(part, name) for part in parts]) for name in store.COLUMNS)))
    shutil.rmtree(_drafts(folder), ignore_errors=True)
    return folder


def _part(folder: Path, plan: Plan, number: int, calendar: TradingCalendar) -> DailyColumns:
    path = _drafts(folder) / f"part-{number}"
    chosen = listings(plan.symbols)[number * PART_SYMBOLS:(number + 1) * PART_SYMBOLS]
    stored = store.load(path, len(chosen), plan.sessions)
    if stored is not None:
        return stored
    made = daily_market(plan, chosen, calendar).columns
    store.save(path, made)
    return made


def _parts(plan: Plan) -> int:
    return -(-plan.symbols // PART_SYMBOLS)


def _drafts(folder: Path) -> Path:
    return folder.with_name(folder.name + ".parts")


class BuildHandle:
    """A build in a child process: how far it is, and a way to end it."""

    def __init__(
        self, cache_dir: Path, plan: Plan, process: "subprocess.Popen[str]",
        on_done: Callable[[], object] | None = None,
    ) -> None:
        self._folder, self._plan, self._process = store.folder_of(cache_dir, plan), plan, process
        self._on_done = on_done
        self._failed = ""

    def progress(self) -> Progress:
        """Never waits. A child that was killed or failed is reported with what it last said."""
        code = self._process.poll()
        if code and not self._failed:
            said = self._process.stderr.read() if self._process.stderr else ""
            self._failed = said.strip()[-_LAST_WORDS:] or f"the builder ended with status {code}"
        done = len(list(_drafts(self._folder).glob(f"part-*/{store.MANIFEST}")))
        return Progress(done, _parts(self._plan), code == 0, self._failed)

    def run(self, stop: threading.Event) -> None:
        """Wait for the end on the caller's thread, then tell whoever wanted to know."""
        while not stop.is_set():
            progress = self.progress()
            if progress.failed:
                raise DataError("the generated market is not complete", why=progress.failed,
                                remedy="The desk goes on with a small market; it is made again "
                                       "at the next start")
            if progress.finished:
                if self._on_done is not None:
                    self._on_done()
                return
            stop.wait(_POLL_S)

    def stop(self) -> None:
        """End the child, whatever it is doing. What it has stored so far is kept."""
        if self._process.poll() is None:
            self._failed = "it was stopped"
            self._process.terminate()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


def start_build(
    cache_dir: Path, plan: Plan, *, on_done: Callable[[], object] | None = None
) -> BuildHandle:
    """Start the child. `on_done` is called by `BuildHandle.run` once the bars are stored.

    Raises:
        DataError: no process can be started.
    """
    command = [sys.executable, "-m", __spec__.name if __name__ != "__main__" else
               "data.generated.build", str(cache_dir.resolve()), str(plan.seed),
               str(plan.symbols), str(plan.sessions), plan.last.isoformat()]
    try:
        process = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
    except OSError as error:
        raise DataError("the generated market cannot be completed", why=str(error),
                        remedy="Close other programs and start again") from None
    return BuildHandle(cache_dir, plan, process, on_done)


def main(arguments: Sequence[str]) -> int:
    """The child. Its errors go to standard error in one line."""
    cache_dir, seed, symbols, sessions, last = arguments
    plan = Plan(int(seed), int(symbols), int(sessions), date.fromisoformat(last))
    try:
        build(Path(cache_dir), plan, exchange_calendar())
    except DataError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
