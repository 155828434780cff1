"""Remembers where the window and its docks stood, and never lets a bad file stop a start."""

import logging
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMainWindow

from core.exceptions import ConfigError
from ui.docks import (
    DockArea,
    WindowLayout,
    on_screen,
    put_aside,
    read_layout,
    screens,
    write_layout,
)
from ui.strings import Texts

log = logging.getLogger(__name__)
Notice = Callable[[str, str], None]


class LayoutKeeper:
    """`path` None: nothing is read or written, as for a screenshot."""

    def __init__(
        self, window: QMainWindow, docks: DockArea, path: Path | None, texts: Texts,
        notice: Notice, fit_left: Callable[[int], int],
    ) -> None:
        self._fit_left = fit_left
        self._window, self._docks, self._path = window, docks, path
        self._texts, self._notice = texts, notice
        self._default: bytes | None = None

    def place_window(self) -> bool:
        """Before it is shown: where it stood, on a screen that is there. False: nowhere yet."""
        layout = self._read_quietly()
        if layout is None:
            return False
        frame = self._window.geometry()
        frame.setRect(layout.x, layout.y, layout.width, layout.height)
        self._window.setGeometry(on_screen(frame, screens()))
        if layout.maximised:
            self._window.setWindowState(Qt.WindowState.WindowMaximized)
        return True

    def place_docks(self) -> None:
        """Once it is shown: the default first, then what is remembered over it."""
        if self._default is not None:
            return
        self._docks.proportion(self._fit_left)
        self._default = self._docks.save()
        if self._path is None:
            return
        try:
            layout = read_layout(self._path)
            if layout is not None and not self._docks.restore(layout.docks):
                raise ConfigError("layout", why="its docks are not known here", remedy="")
        except ConfigError as error:
            log.warning("%s", error)
            self._put_aside(self._path)

    def reset(self) -> None:
        if self._default is not None:
            self._docks.restore(self._default)
            self._docks.proportion(self._fit_left)

    def save(self) -> None:
        """Nothing to save before the docks have been placed once."""
        if self._path is None or self._default is None:
            return
        window = self._window
        normal = window.normalGeometry() if window.isMaximized() else window.geometry()
        layout = WindowLayout(
            self._docks.save(), normal.x(), normal.y(), normal.width(), normal.height(),
            maximised=window.isMaximized())
        try:
            write_layout(self._path, layout)
        except OSError as error:
            log.error("the layout was not saved: %s", error)
            self._notice("ERROR", self._texts.tr("notice.layout_save", why=str(error)))

    def _read_quietly(self) -> WindowLayout | None:
        try:
            return None if self._path is None else read_layout(self._path)
        except ConfigError:
            return None         # place_docks puts it aside and says so

    def _put_aside(self, path: Path) -> None:
        try:
            kept = put_aside(path)
        except OSError as error:
            log.error("the broken layout file stays: %s", error)
            kept = path
        self._notice("WARNING", self._texts.tr("notice.layout", kept=kept.name))
