"""Jobs report once, on the GUI thread; loops are hosted; a shutdown leaves no thread."""

import threading
from concurrent.futures import Future

import pytest
from PyQt6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from core.exceptions import DataError
from tests.support.window import the_app
from ui.workers import JobRunner, Mailbox, land, timer


@pytest.fixture
def mailbox(qtbot: QtBot) -> Mailbox:
    return Mailbox()


@pytest.fixture
def runner(qtbot: QtBot, mailbox: Mailbox) -> JobRunner:
    return JobRunner(mailbox)


def on_gui_thread() -> bool:
    return QThread.currentThread() is the_app().thread()


def test_a_job_works_elsewhere_and_reports_here(qtbot: QtBot, runner: JobRunner) -> None:
    seen: list[tuple[object, bool]] = []

    def work(_: threading.Event) -> tuple[int, bool]:
        return 41 + 1, on_gui_thread()

    runner.run(work, lambda result: seen.append((result, on_gui_thread())), pytest.fail)
    qtbot.waitUntil(lambda: bool(seen))

    assert seen == [((42, False), True)]
    qtbot.waitUntil(lambda: runner.busy == 0)


def test_a_job_that_fails_says_what_and_why(qtbot: QtBot, runner: JobRunner) -> None:
    failed: list[str] = []

    def work(_: threading.Event) -> str:
        raise DataError("bars refused", why="the file is empty", remedy="Import another one")

    runner.run(work, failed.append, failed.append)
    qtbot.waitUntil(lambda: bool(failed))

    assert failed == ["bars refused: the file is empty. Import another one"]


def test_a_bug_in_a_job_is_reported_and_does_not_end_the_process(
    qtbot: QtBot, runner: JobRunner
) -> None:
    failed: list[str] = []

    def work(_: threading.Event) -> str:
        return str(1 // 0)

    runner.run(work, failed.append, failed.append)
    qtbot.waitUntil(lambda: bool(failed))

    assert failed == ["ZeroDivisionError: integer division or modulo by zero"]


def test_a_hosted_loop_runs_on_a_qthread_until_the_shutdown(
    qtbot: QtBot, runner: JobRunner
) -> None:
    threads: list[QThread | None] = []
    running = threading.Event()

    def loop(stop: threading.Event) -> None:
        threads.append(QThread.currentThread())
        running.set()
        stop.wait()

    runner.host(loop, pytest.fail)
    qtbot.waitUntil(running.is_set)
    assert threads[0] is not the_app().thread()

    assert runner.shut_down() == []
    assert runner.busy == 0


def test_a_thread_that_will_not_end_is_named(qtbot: QtBot, runner: JobRunner) -> None:
    release, running = threading.Event(), threading.Event()

    def stubborn(_: threading.Event) -> None:
        running.set()
        release.wait()

    runner.host(stubborn, pytest.fail)
    qtbot.waitUntil(running.is_set)

    late = runner.shut_down(wait_ms=20)

    assert [thread.objectName() for thread in late] == ["job"]
    release.set()
    assert runner.shut_down() == []


def test_a_futures_result_lands_on_this_thread(qtbot: QtBot, mailbox: Mailbox) -> None:
    future: Future[int] = Future()
    seen: list[object] = []
    land(future, mailbox, lambda n: seen.append((n, on_gui_thread())), seen.append)

    threading.Thread(target=future.set_result, args=(7,)).start()
    qtbot.waitUntil(lambda: bool(seen))

    assert seen == [(7, True)]


def test_a_futures_error_lands_as_text_and_a_cancelled_one_says_nothing(
    qtbot: QtBot, mailbox: Mailbox
) -> None:
    failing: Future[int] = Future()
    cancelled: Future[int] = Future()
    seen: list[object] = []
    for future in (failing, cancelled):
        land(future, mailbox, seen.append, seen.append)

    cancelled.cancel()
    failing.set_exception(KeyError("gone"))
    qtbot.waitUntil(lambda: bool(seen))

    assert seen == ["'gone'"]


def test_a_closed_mailbox_drops_what_comes_late(qtbot: QtBot, mailbox: Mailbox) -> None:
    seen: list[int] = []
    mailbox.post(lambda: seen.append(1))
    mailbox.close()
    mailbox.post(lambda: seen.append(2))
    the_app().processEvents()

    assert seen == []


def test_a_timer_does_not_run_before_it_is_started(qtbot: QtBot) -> None:
    owner, seen = QObject(), list[int]()
    made = timer(owner, 1, lambda: seen.append(1), once=True)

    assert not made.isActive()
    made.start()
    qtbot.waitUntil(lambda: seen == [1])
    assert not made.isActive()
