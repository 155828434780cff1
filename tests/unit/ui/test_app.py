"""The life of the desktop: hosting loops, closing cleanly, pictures, and what is not imported."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PyQt6.QtCore import QThread, QTimer
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from config.paths import StatePaths
from core.exceptions import ConfigError
from tests.support.fake_services import FakeReplay, fake_services, fake_store
from tests.support.window import the_app
from ui.app import StartLedger, run_desktop, take_screenshot
from ui.main_window import MainWindow

ROOT = Path(__file__).parents[3]
SLOW = ("torch", "pandas", "akshare", "scipy", "talib", "numba", "pyqtgraph", "pydantic")


def paths_in(folder: Path) -> StatePaths:
    paths = StatePaths(folder / "state")
    paths.create()
    return paths


def the_window() -> MainWindow:
    return next(w for w in QApplication.topLevelWidgets()
                if isinstance(w, MainWindow) and w.isVisible())


def test_loops_run_on_qthreads_while_the_desk_is_open_and_end_with_it(
    qtbot: QtBot, tmp_path: Path
) -> None:
    services, seen = fake_services(), list[bool]()
    ended = threading.Event()

    def loop(stop: threading.Event) -> None:
        seen.append(QThread.currentThread() is not the_app().thread())
        stop.wait()
        ended.set()

    def ready() -> None:
        QTimer.singleShot(300, lambda: the_window().close())

    code = run_desktop(services, fake_store(tmp_path), paths_in(tmp_path),
                       workers=(loop, services.feed.run), on_ready=ready, language="en")

    assert (code, seen) == (0, [True])
    assert ended.is_set()
    assert (tmp_path / "state" / "layouts" / "window.json").exists()


def test_a_loop_that_dies_is_said_in_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    texts: list[str] = []

    def dying(_: threading.Event) -> None:
        raise OSError("cable pulled")

    def look_and_close() -> None:
        window = the_window()
        texts.append(window.panels.status.notice.toolTip())
        window.close()

    run_desktop(fake_services(), fake_store(tmp_path), paths_in(tmp_path), workers=(dying,),
                on_ready=lambda: QTimer.singleShot(300, look_and_close), language="zh")

    assert "cable pulled" in texts[0]
    assert "请重新启动程序" in texts[0]


@pytest.mark.parametrize(("size", "panel", "symbol"), [
    ((1366, 768), None, None), ((1600, 900), "orders", "688121.SH"),
])
def test_a_picture_has_the_asked_size_and_shows_the_desk(
    qtbot: QtBot, tmp_path: Path, size: tuple[int, int], panel: str | None, symbol: str | None
) -> None:
    services, file = fake_services(), tmp_path / "desk.png"
    assert isinstance(services.replay, FakeReplay)

    done = take_screenshot(services, fake_store(tmp_path), file, size=size, panel=panel,
                           symbol=symbol, workers=(services.replay.run,), language="zh")

    picture = QImage(str(file))
    assert done == {"file": str(file), "width": size[0], "height": size[1]}
    assert (picture.width(), picture.height()) == size
    colours = {picture.pixel(x, y) for x in range(0, size[0], 5) for y in range(0, size[1], 5)}
    assert len(colours) > 100


@pytest.mark.parametrize(("changes", "part"), [
    ({"panel": "cellar"}, "panel 'cellar' is not known"),
    ({"symbol": "123456.SH"}, "123456.SH is not known"),
    ({"size": (300, 200)}, "300x200 is too small"),
])
def test_a_picture_that_cannot_be_made_is_refused_with_what_to_do(
    qtbot: QtBot, tmp_path: Path, changes: dict[str, object], part: str
) -> None:
    with pytest.raises(ConfigError, match=part):
        take_screenshot(fake_services(), fake_store(tmp_path), tmp_path / "x.png",
                        **({"size": (1366, 768)} | changes))  # type: ignore[arg-type]  # of its own keywords


def test_a_picture_without_a_place_is_refused(qtbot: QtBot, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not written"):
        take_screenshot(fake_services(), fake_store(tmp_path), tmp_path / "none" / "x.png",
                        size=(1366, 768))


def test_the_ledger_names_its_steps() -> None:
    ledger = StartLedger()
    with ledger.step("window"):
        pass
    ledger.mark("first paint")

    assert list(ledger.steps) == ["window", "first paint"]
    assert str(ledger).startswith("window 0.")


FIRST_PAINT = """
import sys
from pathlib import Path
from tests.support.fake_services import fake_services, fake_store
from ui.app import run_desktop
from config.paths import StatePaths
home = Path(sys.argv[1])
paths = StatePaths(home / "state")
paths.create()
loaded = []
def ready():
    loaded.extend(name for name in sys.argv[2].split(",") if name in sys.modules)
    from PyQt6.QtWidgets import QApplication
    QApplication.instance().closeAllWindows()
code = run_desktop(fake_services(), fake_store(home), paths, on_ready=ready)
sys.exit(f"loaded before the first paint: {loaded}" if loaded else code)
"""


def test_nothing_slow_is_imported_before_the_first_paint(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(tmp_path), ",".join(SLOW)], cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
        timeout=60, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
