"""The crash net: reports are written, shown once, and never need Qt."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.crash import REPORT_FILE, CrashNet

ROOT = Path(__file__).parents[3]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[CrashNet]:
    made = CrashNet(tmp_path).install()
    yield made
    made.remove()


def raised(text: str) -> ValueError:
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


def report(net: CrashNet, text: str) -> None:
    error = raised(text)
    sys.excepthook(ValueError, error, error.__traceback__)


def test_an_uncaught_error_is_written_with_its_traceback(net: CrashNet, tmp_path: Path) -> None:
    report(net, "the price was a fish")

    written = (tmp_path / REPORT_FILE).read_text("utf-8")
    assert "ValueError: the price was a fish" in written
    assert "in MainThread" in written
    assert net.reports == 1


def test_only_the_first_report_is_shown_but_all_are_written(
    net: CrashNet, tmp_path: Path
) -> None:
    shown: list[str] = []
    net.attach(shown.append)

    report(net, "first")
    report(net, "second")

    assert len(shown) == 1
    assert "first" in shown[0]
    assert "second" in (tmp_path / REPORT_FILE).read_text("utf-8")


def test_an_error_in_a_thread_is_caught_with_the_threads_name(
    net: CrashNet, tmp_path: Path
) -> None:
    thread = threading.Thread(target=lambda: 1 // 0, name="feeder")
    thread.start()
    thread.join()

    assert "in feeder" in (tmp_path / REPORT_FILE).read_text("utf-8")


def test_a_folder_that_cannot_be_written_does_not_hide_the_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    net = CrashNet(tmp_path / "absent").install()
    try:
        report(net, "still heard")
    finally:
        net.remove()

    assert "still heard" in caplog.text


def test_removing_the_net_puts_back_what_was_there(tmp_path: Path) -> None:
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)

    CrashNet(tmp_path).install().remove()

    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


def test_the_net_needs_no_qt() -> None:
    code = "import ui.crash, sys; sys.exit(any(m.startswith('PyQt6') for m in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


SLOT_FAILS = """
import sys
from pathlib import Path
from ui.crash import CrashNet
CrashNet(Path(sys.argv[1])).install()
from PyQt6.QtCore import QCoreApplication, QTimer
app = QCoreApplication([])
QTimer.singleShot(0, lambda: 1 // 0)
QTimer.singleShot(20, app.quit)
sys.exit(app.exec())
"""


def test_an_error_in_a_slot_does_not_abort_the_process(tmp_path: Path) -> None:
    """PyQt ends the process with status 134 where nobody has set sys.excepthook."""
    done = subprocess.run([sys.executable, "-c", SLOT_FAILS, str(tmp_path)], cwd=ROOT,
                          env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
                          capture_output=True, timeout=60, check=False)

    assert done.returncode == 0
    assert "ZeroDivisionError" in (tmp_path / REPORT_FILE).read_text("utf-8")
