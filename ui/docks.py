"""Dockable panels behind one wrapper, and the file that remembers how they stand.

Panels are known by ids, never by their translated titles, so a layout survives a switch of
language. The file carries a version and a digest: what does not fit is put aside, not obeyed.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import PyQt6Ads as ads
from PyQt6.QtCore import QByteArray, QRect
from PyQt6.QtGui import QAction, QGuiApplication
from PyQt6.QtWidgets import QWidget

from core.exceptions import ConfigError

VERSION = 1
LARGEST_BYTES = 1_000_000
MIN_SHOWN_PX = 64              # of a window's title that must lie on a present screen
LEFT_SHARE, RIGHT_SHARE, BELOW_SHARE, BOOK_SHARE = 0.255, 0.165, 0.25, 0.34
LEFT_MIN_PX, RIGHT_MIN_PX, BELOW_MIN_PX, BOOK_MIN_PX = 330, 312, 170, 222


class Place(Enum):
    """Where a panel stands until the user moves it."""

    CENTRE = "centre"
    LEFT = "left"
    RIGHT = "right"
    RIGHT_BELOW = "right_below"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """A remembered window: its docks as the library's bytes, and where it stood."""

    docks: bytes
    x: int
    y: int
    width: int
    height: int
    maximised: bool


class DockArea:
    """The panels of one window. Closing one hides it; its action shows it again.

    The centre has no title and stays: the room of a closed panel goes to it.
    """

    def __init__(self, parent: QWidget) -> None:
        _configure()
        self.widget: QWidget = ads.CDockManager(parent)
        self._manager: Any = self.widget
        self._docks: dict[str, Any] = {}
        self._first: dict[Place, Any] = {}      # the panel each place was made for

    def add(self, name: str, panel: QWidget, place: Place) -> None:
        """The centre first, and RIGHT before RIGHT_BELOW: a place stands next to another."""
        dock = ads.CDockWidget(self._manager, name)
        dock.setObjectName(name)
        dock.setWidget(panel, ads.CDockWidget.eInsertMode.ForceNoScrollArea)
        dock.setMinimumSizeHintMode(
            ads.CDockWidget.eMinimumSizeHintMode.MinimumSizeHintFromContentMinimumSize)
        if place is Place.CENTRE:
            self._manager.setCentralWidget(dock)
        elif place in self._first:
            self._manager.addDockWidgetTabToArea(dock, self._area(place))
        else:
            side, beside = _SIDES[place]
            neighbour = self._area(beside) if beside in self._first else None
            if neighbour is None:
                self._manager.addDockWidget(side, dock)
            else:
                self._manager.addDockWidget(side, dock, neighbour)
        self._first.setdefault(place, dock)
        self._docks[name] = dock
        self._bare_centre()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._docks)

    def set_title(self, name: str, title: str) -> None:
        dock = self._docks[name]
        dock.setWindowTitle(title)
        dock.setTabToolTip(title)
        tab = dock.tabWidget()
        tab.setAccessibleName(title)

    def toggle_action(self, name: str) -> QAction:
        action: QAction = self._docks[name].toggleViewAction()
        return action

    def raise_panel(self, name: str) -> None:
        """Open it if it was closed, and bring its tab to the front."""
        dock = self._docks[name]
        if dock.isClosed():
            dock.toggleView(True)
        dock.setAsCurrentTab()

    def is_open(self, name: str) -> bool:
        return not self._docks[name].isClosed()

    def proportion(self, fit_left: Callable[[int], int]) -> None:
        """The default sizes. `fit_left` shrinks a width to where the left panel ends neatly."""
        width, height = self.widget.width(), self.widget.height()
        left = fit_left(max(LEFT_MIN_PX, round(width * LEFT_SHARE)))
        right = max(RIGHT_MIN_PX, round(width * RIGHT_SHARE))
        below = max(BELOW_MIN_PX, round(height * BELOW_SHARE))
        book = max(BOOK_MIN_PX, round(height * BOOK_SHARE))
        self._manager.rootSplitter().setSizes([left, max(width - left - right, 1), right])
        for place, sizes in (
            (Place.CENTRE, [height - below, below]),
            (Place.RIGHT, [book, max(height - book, 1)]),
        ):
            area = self._area(place)
            if area is not None:
                self._manager.setSplitterSizes(area, sizes)

    def save(self) -> bytes:
        return bytes(self._manager.saveState(VERSION))

    def restore(self, state: bytes) -> bool:
        """False: the library does not understand it, and nothing was moved."""
        done: bool = self._manager.restoreState(QByteArray(state), VERSION)
        if done:
            self._bring_home()
            self._bare_centre()
        return done

    def _bare_centre(self) -> None:
        """The chart says itself what it shows; a title over it would only take its room."""
        area = self._area(Place.CENTRE)
        if area is not None:
            area.setDockAreaFlag(ads.CDockAreaWidget.eDockAreaFlag.HideSingleWidgetTitleBar, True)
            area.titleBar().setVisible(False)

    def _area(self, place: Place | None) -> Any:
        """Where the place's first panel stands now; every restored layout makes new areas."""
        return None if place is None else self._first[place].dockAreaWidget()

    def _bring_home(self) -> None:
        """Floating panels of a monitor that is gone come back onto one that is there."""
        for window in self._manager.floatingWidgets():
            window.setGeometry(on_screen(window.geometry(), screens()))


_SIDES: dict[Place, tuple[Any, Place | None]] = {
    Place.CENTRE: (ads.DockWidgetArea.CenterDockWidgetArea, None),
    Place.LEFT: (ads.DockWidgetArea.LeftDockWidgetArea, None),
    Place.RIGHT: (ads.DockWidgetArea.RightDockWidgetArea, None),
    Place.RIGHT_BELOW: (ads.DockWidgetArea.BottomDockWidgetArea, Place.RIGHT),
    Place.BELOW: (ads.DockWidgetArea.BottomDockWidgetArea, Place.CENTRE),
}


def _configure() -> None:
    """The library keeps its options per process; it reads them when a manager is made."""
    flag = ads.CDockManager.eConfigFlag
    wanted = {
        flag.OpaqueSplitterResize, flag.XmlCompressionEnabled, flag.AlwaysShowTabs,
        flag.DoubleClickUndocksWidget, flag.DisableStylesheet,
    }
    for each in flag:
        ads.CDockManager.setConfigFlag(each, each in wanted)


def screens() -> list[QRect]:
    return [screen.availableGeometry() for screen in QGuiApplication.screens()]


def on_screen(wanted: QRect, available: Sequence[QRect]) -> QRect:
    """`wanted`, moved and shrunk so that its title bar can be seen and grabbed."""
    title = QRect(wanted.x(), wanted.y(), wanted.width(), MIN_SHOWN_PX)
    for screen in available:
        seen = screen.intersected(title)
        if seen.width() >= MIN_SHOWN_PX and seen.height() >= MIN_SHOWN_PX // 2:
            return wanted
    if not available:
        return wanted
    home = available[0]
    size = wanted.size().boundedTo(home.size())
    centred = QRect(home.topLeft(), size)
    centred.moveCenter(home.center())
    return centred


def write_layout(path: Path, layout: WindowLayout) -> None:
    """Whole or not at all. OSError: it was not written and the old file is as it was."""
    docks = base64.b64encode(layout.docks).decode("ascii")
    body = {**asdict(layout), "docks": docks, "version": VERSION, "sha256": _digest(layout.docks)}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(body, indent=1), encoding="utf-8")
    new.replace(path)


def read_layout(path: Path) -> WindowLayout | None:
    """None: there is no file yet, or it belongs to another version of the layout.

    Raises:
        ConfigError: the file is there and cannot be understood; the caller puts it aside.
    """
    try:
        text = path.read_bytes()[:LARGEST_BYTES]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _broken(path, str(error)) from None
    try:
        body = json.loads(text)
        if body["version"] != VERSION:
            return None
        docks = base64.b64decode(body["docks"], validate=True)
        x, y, width, height = (int(body[key]) for key in ("x", "y", "width", "height"))
        maximised, digest = bool(body["maximised"]), body["sha256"]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise _broken(path, f"{type(error).__name__}: {error}") from None
    if digest != _digest(docks):
        raise _broken(path, "its content does not match its digest")
    return WindowLayout(docks, x, y, width, height, maximised)


def put_aside(path: Path) -> Path:
    """Keep a file that could not be read under another name, out of the way of the next start."""
    kept = path.with_suffix(".broken")
    path.replace(kept)
    return kept


def _digest(state: bytes) -> str:
    return hashlib.sha256(state).hexdigest()


def _broken(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"the layout file {path} cannot be used", why=why,
        remedy="The default layout is shown; the file is kept beside it",
    )
