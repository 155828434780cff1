"""Threads of the window: long tasks and hosted loops on QThreads, results on the GUI thread."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from PyQt6.QtCore import QObject, Qt, QThread, QTimer, pyqtSignal, pyqtSlot

from core.exceptions import TradingError

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[threading.Event], object]
Failed = Callable[[str], None]


class Mailbox(QObject):
    """Runs calls on the thread that made it, whichever thread posts them."""

    _posted = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True
        queued = Qt.ConnectionType.QueuedConnection
        self._posted.connect(self._run, queued)  # type: ignore[call-arg]  # not in the stubs

    def post(self, call: Callable[[], None]) -> None:
        """From any thread; dropped after `close`, when there is no window left to tell."""
        if self._open:
            self._posted.emit(call)

    def close(self) -> None:
        self._open = False

    @pyqtSlot(object)
    def _run(self, call: Callable[[], None]) -> None:
        if self._open:
            call()


class Job(QObject):
    """One long task on its own thread; it speaks to the window through signals only."""

    done = pyqtSignal(object)
    failed = pyqtSignal(str)
    finished = pyqtSignal()

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work
        self.stop = threading.Event()

    @pyqtSlot()
    def run(self) -> None:
        try:
            self.done.emit(self._work(self.stop))
        except TradingError as error:
            self.failed.emit(str(error))
        except Exception as error:  # the end of the thread: whatever it was, the window hears it
            log.exception("job failed")
            self.failed.emit(f"{type(error).__name__}: {error}")
        finally:
            self.finished.emit()


class JobRunner(QObject):
    """Starts jobs and, at shutdown, stops and joins every one of them."""

    def __init__(self, mailbox: Mailbox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox = mailbox
        self._running: dict[QThread, Job] = {}

    @property
    def busy(self) -> int:
        """Jobs and hosted loops that have not ended."""
        return len(self._running)

    def run(
        self,
        work: Callable[[threading.Event], T],
        on_done: Callable[[T], None],
        on_failed: Failed,
    ) -> Job:
        """Do `work` on a thread of its own; exactly one of the two calls follows, on this one."""
        job = Job(work)
        post = self._mailbox.post
        job.done.connect(lambda result: post(lambda: on_done(result)))
        job.failed.connect(lambda text: post(lambda: on_failed(text)))
        self.start(job, "job")
        return job

    def host(self, loop: Callable[[threading.Event], None], on_failed: Failed) -> Job:
        """Run a `run(stop)` loop of another room until shutdown; tell if it dies."""
        name = getattr(loop, "__qualname__", type(loop).__name__)

        def whole_life(stop: threading.Event) -> None:
            loop(stop)
            if not stop.is_set():
                log.info("%s ended by itself", name)

        return self.run(whole_life, _ignore, on_failed)

    def start(self, job: Job, name: str) -> None:
        thread = QThread(self)
        thread.setObjectName(name)
        job.moveToThread(thread)
        thread.started.connect(job.run)
        job.finished.connect(thread.quit)
        thread.finished.connect(self._forget_ended)
        thread.finished.connect(thread.deleteLater)
        self._running[thread] = job
        thread.start()

    def shut_down(self, wait_ms: int = 5_000) -> list[QThread]:
        """Ask all jobs to stop; return the threads that did not end in time."""
        running = dict(self._running)
        for job in running.values():
            job.stop.set()
        for thread in running:
            thread.quit()
        late = [thread for thread in running if not thread.wait(wait_ms)]
        self._running = {t: job for t, job in running.items() if t in late}
        return late

    @pyqtSlot()
    def _forget_ended(self) -> None:
        self._running = {t: job for t, job in self._running.items() if not t.isFinished()}


def timer(
    parent: QObject, every_ms: int, call: Callable[[], object], *, once: bool = False
) -> QTimer:
    """A timer that is not running yet."""
    made = QTimer(parent)
    made.setInterval(every_ms)
    made.setSingleShot(once)
    made.timeout.connect(call)
    return made


def land(
    future: "Future[T]", mailbox: Mailbox, on_done: Callable[[T], None], on_failed: Failed
) -> None:
    """Bring a future's result, or its error as text, to the mailbox's thread."""

    def finish(ended: "Future[T]") -> None:
        if ended.cancelled():
            return
        error = ended.exception()
        if error is None:
            result = ended.result()
            mailbox.post(lambda: on_done(result))
        else:
            text = str(error) or type(error).__name__
            mailbox.post(lambda: on_failed(text))

    future.add_done_callback(finish)


def _ignore(_: Any) -> None:
    """A loop's result is nothing."""
