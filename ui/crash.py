"""The net under everything: uncaught errors end in a report, never in silence or an abort.

Installed before Qt is imported, so this module imports no Qt. PyQt aborts the process when an
exception leaves a slot and nobody has set `sys.excepthook`; setting it is what keeps the desk up.
"""

import faulthandler
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TextIO

log = logging.getLogger(__name__)
REPORT_FILE = "crash.txt"
Show = Callable[[str], None]


class CrashNet:
    """Catches what nobody else caught, in every thread; writes it down; shows it once."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._show: Show | None = None
        self._shown = False
        self._lock = threading.Lock()
        self._faults: TextIO | None = None
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self.reports = 0

    def install(self) -> "CrashNet":
        """Set the three hooks and the fault handler. Idempotent per object."""
        self._faults = self._fault_file()
        faulthandler.enable(self._faults if self._faults is not None else sys.stderr)
        sys.excepthook = self._uncaught
        threading.excepthook = self._in_thread
        sys.unraisablehook = self._unraisable
        return self

    def attach(self, show: Show | None) -> None:
        """Where the first report goes once a window exists; `show` must accept any thread."""
        self._show = show

    def remove(self) -> None:
        """Put back what was there before; for tests and for an orderly end."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()
            self._faults = None

    def _fault_file(self) -> TextIO | None:
        if self._folder is None:
            return None
        try:
            return (self._folder / "faults.txt").open("a", encoding="utf-8")
        except OSError:
            log.warning("no fault file in %s; native crashes go to standard error", self._folder)
            return None

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self._report(threading.current_thread().name, kind, error, trace)

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_type is SystemExit:
            return
        name = args.thread.name if args.thread is not None else "unknown thread"
        error = args.exc_value if args.exc_value is not None else args.exc_type()
        self._report(name, args.exc_type, error, args.exc_traceback)

    def _unraisable(self, args: "sys.UnraisableHookArgs") -> None:
        error = args.exc_value if args.exc_value is not None else args.exc_type()
        self._report(args.err_msg or "clean-up", args.exc_type, error, args.exc_traceback)

    def _report(
        self,
        where: str,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        text = f"in {where}\n" + "".join(traceback.format_exception(kind, error, trace))
        log.critical("uncaught error %s", text)
        with self._lock:
            self.reports += 1
            first = not self._shown
            self._write(text)
            self._shown = self._shown or self._show is not None
        if first and self._show is not None:
            self._show(text)

    def _write(self, text: str) -> None:
        if self._folder is None:
            return
        try:
            with (self._folder / REPORT_FILE).open("a", encoding="utf-8") as file:
                file.write(text + "\n")
        except OSError:  # a full disk must not hide the error itself, which is in the log
            log.warning("the crash report could not be written to %s", self._folder)
