"""The life of the desktop: from an empty process to a painted window, and back to nothing.

`main.py` installs `ui.crash.CrashNet` before it imports this module, because this one imports Qt.
Nothing slow is imported before the first paint: no torch, pandas, scipy, numba or pyqtgraph.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PyQt6.QtCore import (
    QElapsedTimer,
    QEventLoop,
    QLibraryInfo,
    QLocale,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    QTranslator,
    qInstallMessageHandler,
)
from PyQt6.QtWidgets import QApplication

from config.paths import StatePaths
from config.settings import SettingsStore
from core.exceptions import ConfigError
from core.ports import Services
from ui import theme
from ui.crash import CrashNet
from ui.main_window import PLACES, MainWindow
from ui.strings import Texts, resolve_language
from ui.theme import Look
from ui.workers import timer

log = logging.getLogger(__name__)
Loop = Callable[[threading.Event], None]
Size = tuple[int, int]

SCREENSHOT_WAIT_MS = 10_000    # for bars; a picture without them is still true
QUOTES_WAIT_MS = 2_500         # for first quotes: before the open and for dead rows none come
POLL_MS = 40
SETTLE_MS = 350                # a few frames after everything has arrived
JOIN_MS = 10_000
BEAT_MS = 500
# The offscreen platform says this of size hints and raised windows; it means nothing.
HARMLESS = "This plugin does not support"


class StartLedger:
    """Named steps of the start with their milliseconds, for the log and for tests."""

    def __init__(self) -> None:
        self._timer = QElapsedTimer()
        self._timer.start()
        self.steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = self._timer.nsecsElapsed()
        yield
        self.steps[name] = (self._timer.nsecsElapsed() - began) / 1e6

    def mark(self, name: str) -> None:
        """Milliseconds since the ledger was opened."""
        self.steps[name] = self._timer.nsecsElapsed() / 1e6

    def __str__(self) -> str:
        return ", ".join(f"{name} {ms:.1f} ms" for name, ms in self.steps.items())


class MainApp:
    """One window with its threads. Makes no event loop; `run_desktop` does."""

    def __init__(
        self, app: QApplication, services: Services, store: SettingsStore,
        paths: StatePaths | None, *, language: str, theme_name: str,
        ledger: StartLedger | None = None,
    ) -> None:
        self.app, self._services = app, services
        self.ledger = ledger if ledger is not None else StartLedger()
        settings = store.settings.ui
        self.texts = Texts(resolve_language(language, QLocale.system().name()))
        self.look = Look(theme.theme_of(theme_name, red_up=settings.red_up))
        with self.ledger.step("style"):
            self.has_chinese = theme.prepare(app)
        with self.ledger.step("window"):
            layouts = None if paths is None else paths.layouts
            self.window = MainWindow(services, store, layouts, self.texts, self.look)
        with self.ledger.step("colours"):       # once all widgets are there: polished once
            theme.apply(app, self.look.theme)
        self._translator = QTranslator()

    def show(self, *, fill_screen: bool = False) -> None:
        """Where it stood last; the first time `fill_screen` takes all there is."""
        placed = self.window.keeper.place_window()
        with self.ledger.step("show"):
            if fill_screen and not placed:
                screen = self.window.screen()
                if screen is not None:      # its size once it is no longer maximized
                    room = screen.availableGeometry().size()
                    self.window.resize(self.window.size().boundedTo(room))
                self.window.showMaximized()
            else:
                self.window.show()

    def begin(self, workers: Sequence[Loop]) -> None:
        """After the first paint: host the loops of the other rooms, and fill the window."""
        self.ledger.mark("first paint")
        for loop in workers:
            self.window.jobs.host(loop, self._loop_failed)
        self.window.start()
        self._load_qt_words()
        if not self.has_chinese:
            self.window.show_notice("WARNING", self.texts.tr("notice.no_chinese"))
        log.info("start: %s", self.ledger)

    def shut_down(self) -> list[str]:
        """Remember the layout, end every thread and close; the names of threads that hang."""
        self.window.stop()
        late = self.window.jobs.shut_down(JOIN_MS)
        self.window.mailbox.close()
        self.window.close()
        self.window.deleteLater()
        for thread in late:
            log.critical("a thread did not end within %s ms: %s", JOIN_MS, thread.objectName())
        return [thread.objectName() for thread in late]

    def _load_qt_words(self) -> None:
        """Qt's own words (cut, copy, paste) in Chinese; English is built in."""
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self.texts.language == "zh" and self._translator.load("qtbase_zh_CN", folder):
            self.app.installTranslator(self._translator)

    def _loop_failed(self, why: str) -> None:
        self.window.show_notice("CRITICAL", self.texts.tr("notice.loop_failed", why=why))


def run_desktop(
    services: Services,
    store: SettingsStore,
    paths: StatePaths,
    *,
    workers: Sequence[Loop] = (),
    on_ready: Callable[[], None] | None = None,
    language: str = "auto",
    theme_name: str = "dark",
    crash_net: CrashNet | None = None,
    beat: Callable[[], None] | None = None,
) -> int:
    """Show the desk until the user closes it; 0, or 1 if a thread would not end.

    Args:
        workers: loops of the other rooms (feed, execution), started after the first paint on
            threads of the window and asked to stop when it closes.
        on_ready: called once on the GUI thread after the first paint.
        language, theme_name: as in `ui.language` and `ui.theme`.
        crash_net: already installed; from now on its first report is also shown.
        beat: called twice a second while the window's event loop turns.
    """
    ledger = StartLedger()
    with ledger.step("application"):
        app = _application([])
    main = MainApp(app, services, store, paths, language=language, theme_name=theme_name,
                   ledger=ledger)

    def painted() -> None:
        main.begin(workers)
        if beat is not None:
            timer(main.window, BEAT_MS, beat).start()
        if on_ready is not None:
            on_ready()

    main.window.first_painted.connect(painted)
    if crash_net is not None:
        crash_net.attach(main.window.show_crash)
    with _close_on_signals(main):
        main.show(fill_screen=True)
        code = app.exec()
    if crash_net is not None:
        crash_net.attach(None)
    return 1 if main.shut_down() else code


def take_screenshot(
    services: Services,
    store: SettingsStore,
    file: Path,
    *,
    size: Size = (1920, 1080),
    panel: str | None = None,
    symbol: str | None = None,
    workers: Sequence[Loop] = (),
    language: str = "auto",
    theme_name: str = "dark",
) -> dict[str, object]:
    """Paint the real main window without a screen, with the data that is there, into a file.

    `panel` brings that panel to the front; `symbol` chooses the instrument. `workers` run while
    the picture is prepared, so that quotes can arrive.

    Raises:
        ConfigError: unknown panel, symbol or size, or the file cannot be written.
    """
    _check_panel(panel)
    app = _application(["-platform", "offscreen"])
    main = MainApp(app, services, store, None, language=language, theme_name=theme_name)
    try:
        window = main.window
        _check_size(size, (window.minimumWidth(), window.minimumHeight()))
        window.resize(*size)
        window.first_painted.connect(lambda: main.begin(workers))
        main.show()
        _wait(lambda: window.settled(quoted=False), SCREENSHOT_WAIT_MS)
        if workers:
            _wait(lambda: window.settled(quoted=True), QUOTES_WAIT_MS)
        if symbol is not None:
            window.show_symbol(symbol)
            _wait(lambda: window.settled(quoted=False), SCREENSHOT_WAIT_MS)
        if panel is not None:
            window.docks.raise_panel(panel)
        _wait(lambda: False, SETTLE_MS)
        picture = window.grab().toImage()
        if not picture.save(str(file)):
            raise ConfigError(
                f"the picture {file} was not written", why="the file or its format is not possible",
                remedy="Name a .png file in a folder that exists and can be written to")
    finally:
        main.shut_down()
    return {"file": str(file), "width": picture.width(), "height": picture.height()}


def _application(arguments: list[str]) -> QApplication:
    """The one application of the process; a test may have made it already."""
    present = QApplication.instance()
    if isinstance(present, QApplication):
        return present
    qInstallMessageHandler(_log_qt)
    app = QApplication(["trading-graph", *arguments])
    app.setApplicationName("Trading Graph")
    return app


def _log_qt(kind: QtMsgType, _: QMessageLogContext, text: str | None) -> None:
    """Qt's own messages belong in the log, not on the terminal."""
    if text and HARMLESS not in text:
        grave = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
        logging.getLogger("qt").log(logging.ERROR if grave else logging.WARNING, "%s", text)


@contextmanager
def _close_on_signals(main: MainApp) -> Iterator[None]:
    """Ctrl-C and a polite kill close the window as a click would."""
    wanted = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [signal.signal(number, lambda *_: main.window.close()) for number in wanted]
    yield
    for number, handler in zip(wanted, before, strict=True):
        signal.signal(number, handler)


def _check_panel(panel: str | None) -> None:
    names = [name for name, _ in PLACES]
    if panel is not None and panel not in names:
        raise ConfigError(f"panel {panel!r} is not known", why="no panel has that name",
                          remedy=f"Choose one of: {', '.join(names)}")


def _check_size(size: Size, least: Size) -> None:
    if size[0] < least[0] or size[1] < least[1]:
        raise ConfigError(
            f"size {size[0]}x{size[1]} is too small", why="the window would be clipped",
            remedy=f"Ask for at least {least[0]}x{least[1]}")


def _wait(done: Callable[[], bool], limit_ms: int) -> None:
    """Keep the window alive until `done`, at most this long."""
    loop = QEventLoop()
    poll = timer(loop, POLL_MS, lambda: loop.quit() if done() else None)
    poll.start()
    if not done():
        QTimer.singleShot(limit_ms, loop.quit)
        loop.exec()
    poll.stop()
