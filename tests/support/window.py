"""The real main window over the fake services, for tests: opened, filled, and closed cleanly."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")      # before Qt is imported

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QPoint, Qt, QThread
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from config.paths import StatePaths
from core.ports import Services
from tests.support.fake_services import FakeDesk, FakeReplay, fake_services, fake_store
from ui.app import MainApp
from ui.controls import Figure
from ui.strings import Texts
from ui.theme import DARK, Look

W = TypeVar("W", bound=QWidget)
WAIT_MS = 5_000


def the_app() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def keep(qtbot: QtBot, widget: W) -> W:
    """Close it after the test and hold it until then: a visible widget that only Python owns
    may be collected in the middle of a paint."""
    def let_go(_: QWidget) -> None:
        widget.deleteLater()

    qtbot.addWidget(widget, before_close_func=let_go)
    return widget


def press(widget: QWidget, key: Qt.Key) -> None:
    QTest.keyClick(widget, key)  # type: ignore[call-overload]  # its stubs want a self


def type_into(widget: QWidget, text: str) -> None:
    QTest.keyClicks(widget, text)  # type: ignore[call-arg,arg-type]  # its stubs want a self


def click(widget: QWidget, at: QPoint | None = None) -> None:
    point = widget.rect().center() if at is None else at
    QTest.mouseClick(  # type: ignore[call-overload]  # its stubs want a self
        widget, Qt.MouseButton.LeftButton, pos=point)


def texts(language: str = "zh") -> Texts:
    return Texts(language)


def look() -> Look:
    return Look(DARK)


@contextmanager
def open_window(
    qtbot: QtBot, home: Path, *, services: Services | None = None, language: str = "zh",
    theme_name: str = "dark", size: tuple[int, int] = (1366, 768),
) -> Iterator[MainApp]:
    """Shown and settled, with one step of quotes; afterwards every thread must have ended."""
    services = services if services is not None else fake_services()
    paths = StatePaths(home / "state")
    paths.create()
    main = MainApp(the_app(), services, fake_store(home), paths, language=language,
                   theme_name=theme_name)
    main.window.resize(*size)
    try:
        with qtbot.waitSignal(main.window.first_painted, timeout=WAIT_MS):
            main.show()
        main.begin([])
        settle(qtbot, main)
        replay_of(main).push()
        main.window.bridge.flush()
        settle(qtbot, main)
        yield main
    finally:
        late = main.shut_down()
        running = [t for t in main.window.jobs.findChildren(QThread) if t.isRunning()]
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert (late, running) == ([], [])
        assert sip.isdeleted(main.window)


def settle(qtbot: QtBot, main: MainApp) -> None:
    """Until everything that was asked for is on screen."""
    window = main.window

    def quiet() -> bool:
        asking = window.panels.ticket._settle.isActive()
        return window.settled(quoted=False) and window.jobs.busy == 0 and not asking

    qtbot.waitUntil(quiet, timeout=WAIT_MS)


def replay_of(main: MainApp) -> FakeReplay:
    replay = main.window._services.replay
    assert isinstance(replay, FakeReplay)
    return replay


def desk_of(main: MainApp) -> FakeDesk:
    desk = main.window._services.trading
    assert isinstance(desk, FakeDesk)
    return desk


def shown(root: QWidget, kind: type[W], keep: Callable[[W], bool] = lambda _: True) -> list[W]:
    return [one for one in root.findChildren(kind) if one.isVisible() and keep(one)]


def clipped(root: QWidget) -> list[str]:
    """Every visible label, button and figure whose text has less room than it needs."""
    for _ in range(3):                  # a new text asks for room one event after it was set
        QApplication.processEvents()
    short = [f"label {label.text()!r}" for label in shown(root, QLabel)
             if label.text() and not label.wordWrap() and label.pixmap().isNull()
             and _needs(label) > label.width() + 1]
    short += [f"button {button.text()!r}" for button in shown(root, QPushButton)
              if button.fontMetrics().horizontalAdvance(button.text()) + 4 > button.width()]
    short += [f"field {field.placeholderText()!r}" for field in shown(root, QLineEdit)
              if field.fontMetrics().horizontalAdvance(field.placeholderText()) + 14
              > field.width()]
    short += [f"figure {figure.accessibleName()} {figure.value}"
              for figure in shown(root, Figure) if not figure.fits()]
    return short


def _needs(label: QLabel) -> int:
    metrics = label.fontMetrics()
    return max(metrics.horizontalAdvance(line) for line in label.text().splitlines() or [""])
