"""The main window: puts the panels into docks, the commands into menus, and wires the desks."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QCloseEvent,
    QHideEvent,
    QKeyEvent,
    QPaintEvent,
    QShowEvent,
)
from PyQt6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from config.settings import SettingsStore
from core.exceptions import ConfigError
from core.ports import Services
from core.types import DeskSnapshot, KillLevel, Mode, OrderPreview, OrderSide, Origin
from ui import theme
from ui.bridge import Bridge
from ui.chart_desk import ChartDesk
from ui.commands import CommandBar
from ui.controls import name
from ui.docks import DockArea, Place
from ui.icon import app_icon
from ui.layout_keeper import LayoutKeeper
from ui.market_desk import MarketDesk, Panels
from ui.order_desk import OrderDesk
from ui.panels.account import AccountBar
from ui.panels.auto import AutoPanel
from ui.panels.base import Panel
from ui.panels.book import BookPanel
from ui.panels.chart import ChartPanel
from ui.panels.fills import FillsPanel
from ui.panels.orders import OrdersPanel
from ui.panels.plans import PlansPanel
from ui.panels.positions import PositionsPanel
from ui.panels.replay import ReplayBar
from ui.panels.safety import SafetyPanel
from ui.panels.signals import SignalsPanel
from ui.panels.status import StatusPanel
from ui.panels.ticket import TicketPanel
from ui.panels.watchlist import WatchlistPanel
from ui.safety_desk import SafetyDesk
from ui.settings_saver import SettingsSaver
from ui.strings import Texts
from ui.theme import Look
from ui.viewmodels import QuoteRow
from ui.workers import JobRunner, Mailbox

if TYPE_CHECKING:
    from ui.dialogs import ConfirmDialog

MIN_SIZE = (1280, 700)
FIRST_SIZE = (1600, 940)
LAYOUT_FILE, WATCHLIST_FILE = "window.json", "watchlist.json"
PLACES = (
    ("chart", Place.CENTRE), ("watchlist", Place.LEFT), ("book", Place.RIGHT),
    ("ticket", Place.RIGHT_BELOW), ("positions", Place.BELOW), ("orders", Place.BELOW),
    ("fills", Place.BELOW), ("signals", Place.BELOW), ("plans", Place.BELOW),
    ("auto", Place.BELOW), ("safety", Place.BELOW),
)


class MainWindow(QMainWindow):
    first_painted = pyqtSignal()

    def __init__(
        self, services: Services, store: SettingsStore, layouts: Path | None, texts: Texts,
        look: Look,
    ) -> None:
        super().__init__()
        self.setObjectName("main")
        self._services, self._store, self._layouts = services, store, layouts
        self.texts, self.look = texts, look
        self.mailbox = Mailbox(self)
        self.jobs = JobRunner(self.mailbox, self)
        self.bridge = Bridge(services.bus, self)
        self._saver = SettingsSaver(store, self.jobs, self._setting_failed)
        self._painted = self._may_close = False
        self.panels = self._make_panels()
        self._make_desks()
        self._lay_out()
        self._make_commands()
        self._wire()
        self.retranslate()

    # ---- building --------------------------------------------------------------------------

    def _make_panels(self) -> Panels:
        texts, look = self.texts, self.look
        return Panels(
            watchlist=WatchlistPanel(texts, look), chart=ChartPanel(texts, look),
            book=BookPanel(texts, look),
            ticket=TicketPanel(texts, look, self._store.settings.trading.lot_size_shares),
            positions=PositionsPanel(texts, look), orders=OrdersPanel(texts, look),
            fills=FillsPanel(texts, look), signals=SignalsPanel(texts, look),
            safety=SafetyPanel(texts, look), plans=PlansPanel(texts, look),
            auto=AutoPanel(texts, look),
            account=AccountBar(texts, look), status=StatusPanel(texts, look),
            replay=ReplayBar(texts, look),
        )

    def _make_desks(self) -> None:
        settings = self._store.settings.data
        watchlist = None if self._layouts is None else self._layouts / WATCHLIST_FILE
        self.market = MarketDesk(self._services, self.panels, self.texts, self.jobs, self.bridge,
                                 watchlist, settings.calendar_file)
        self.chart = ChartDesk(self._services.market, self.market.state, self.panels.chart,
                               self.texts, self.jobs, self.bridge, settings.max_history_days)
        self.orders = OrderDesk(self._services, self.market.state, self.panels, self.texts,
                                self.mailbox, self.bridge)
        self.safety = SafetyDesk(self._services, self.panels, self.texts, self.mailbox,
                                 self.bridge)

    def _lay_out(self) -> None:
        desk = QWidget()
        desk.setObjectName("desk")
        self.docks = DockArea(desk)
        for panel, place in PLACES:
            self.docks.add(panel, getattr(self.panels, panel), place)
        self.docks.raise_panel("positions")
        layout = None if self._layouts is None else self._layouts / LAYOUT_FILE
        self.keeper = LayoutKeeper(self, self.docks, layout, self.texts, self.show_notice,
                                   self.panels.watchlist.table.fitting)
        column = QVBoxLayout(desk)
        column.setContentsMargins(3, 0, 3, 0)
        column.setSpacing(3)
        column.addWidget(self.panels.account)
        column.addWidget(self.docks.widget, 1)
        if self._services.replay is not None:
            column.addWidget(self.panels.replay)
        column.addWidget(self.panels.status)
        self.setCentralWidget(desk)
        self.setMinimumSize(*MIN_SIZE)
        self.resize(*FIRST_SIZE)
        self.setWindowIcon(app_icon(self.look.theme))

    def _make_commands(self) -> None:
        bar = self.menuBar()
        assert bar is not None      # a main window always has one
        handlers: dict[str, Callable[[], None]] = {
            "settings": self._open_settings, "quit": self._close_soon,
            "buy": lambda: self._trade(OrderSide.BUY), "sell": lambda: self._trade(OrderSide.SELL),
            "cancel": self.panels.orders.cancel_current, "cancel_all": self.orders.cancel_all,
            "kill": self._ask_kill, "kill_now": self._kill_now, "search": self._search,
            "previous": lambda: self.panels.watchlist.step(-1),
            "next": lambda: self.panels.watchlist.step(1),
            "period": self.panels.chart.periods.advance,
            "adjust": self.panels.chart.adjusts.advance,
            "pause": self.market.toggle_pause, "language": self._toggle_language,
            "theme": self._toggle_theme, "red_up": self._toggle_red_up,
            "reset_layout": self.keeper.reset, "full_screen": self._toggle_full_screen,
            "shortcuts": self._open_shortcuts, "about": self._open_about,
        }
        self.commands = CommandBar(self, bar, handlers, self.texts)
        self.commands.add_panels([self.docks.toggle_action(panel) for panel in self.docks.names])
        self.commands.actions["red_up"].setChecked(self.look.theme.red_up)
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 1, 6, 1)
        row.setSpacing(4)
        self.language_button, self.theme_button = QPushButton(), QPushButton()
        self.kill_button = QPushButton()
        for button, slot in ((self.language_button, self._toggle_language),
                             (self.theme_button, self._toggle_theme),
                             (self.kill_button, self._ask_kill)):
            button.setProperty("flat", button is not self.kill_button)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _, call=slot: call())
            row.addWidget(button)
        self.kill_button.setProperty("act", "danger")
        self.kill_button.setCheckable(True)
        bar.setCornerWidget(corner)

    def _wire(self) -> None:
        self.market.notice.connect(self.show_notice)
        self.orders.notice.connect(self.show_notice)
        self.safety.notice.connect(self.show_notice)
        self.safety.reason_asked.connect(self._ask_reason)
        self.panels.plans.new_asked.connect(self._open_plan)
        self.chart.failed.connect(lambda text: self.show_notice("ERROR", text))
        self.bridge.notice.connect(self.show_notice)
        self.bridge.signal.connect(self.panels.signals.add)
        self.market.symbol_changed.connect(lambda _: self.chart.show_symbol())
        self.market.symbol_changed.connect(self.orders.show_instrument)
        self.market.learned.connect(self.orders.refresh)
        self.market.looked.connect(self.chart.look_again)
        self.market.moved.connect(self.chart.take_quotes)
        self.market.moved.connect(self.orders.take_quotes)
        self.market.earlier_day_asked.connect(self._ask_earlier_day)
        self.orders.snapshot_changed.connect(self._take_snapshot)
        self.orders.confirm_asked.connect(self._confirm_order)
        self.panels.watchlist.trade_asked.connect(lambda _: self._trade(OrderSide.BUY))
        self.panels.positions.sell_asked.connect(lambda _: self._trade(OrderSide.SELL))
        self.panels.status.show_facts(self._services.mode, self._services.market.origin)

    # ---- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """After the first paint: everything that reads or waits."""
        self.panels.watchlist.table.setFocus()
        self.market.start()
        self.orders.refresh()
        self.safety.start()
        if self._services.market.origin is Origin.GENERATED:
            self.show_notice("INFO", self.texts.tr("notice.welcome"))

    def stop(self) -> None:
        """Nothing may reach the window any more; its layout is remembered."""
        self.keeper.save()
        self.bridge.close()
        for desk in (self.market, self.chart, self.orders, self.safety):
            desk.stop()

    def settled(self, *, quoted: bool) -> bool:
        """Everything that was asked for is on screen; `quoted`: quotes as well."""
        return self.market.settled(quoted=quoted) and self.chart.settled

    def show_symbol(self, symbol: str) -> None:
        """ConfigError: nobody knows it."""
        if symbol not in self.market.state.instruments:
            raise ConfigError(f"{symbol} is not known", why="it is not among the instruments",
                              remedy="Use a code as the watchlist shows it, as 600519.SH")
        self.market.choose(symbol)

    def show_notice(self, severity: str, text: str) -> None:
        self.panels.status.add_notice(severity, text)

    # ---- language and look -----------------------------------------------------------------

    def retranslate(self) -> None:
        tr = self.texts.tr
        self.setWindowTitle(tr("app.title"))
        for panel in self._every_panel():
            panel.retranslate()
        for dock in self.docks.names:
            self.docks.set_title(dock, tr(f"dock.{dock}"))
        self.commands.retranslate()
        name(self.language_button, self.texts, "cmd.language")
        name(self.theme_button, self.texts, "cmd.theme")
        self._show_kill(self.orders.kill_level)
        if self.orders.snapshot is not None:
            self.orders.refresh()

    def set_language(self, language: str) -> None:
        self.texts.switch(language)
        self.panels.status.forget_news()
        self.retranslate()

    def set_theme(self, theme_name: str, *, red_up: bool) -> None:
        self.look.theme = theme.theme_of(theme_name, red_up=red_up)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, self.look.theme)
        self.commands.actions["red_up"].setChecked(red_up)
        for panel in self._every_panel():
            panel.restyle()
        self.setWindowIcon(app_icon(self.look.theme))

    def _every_panel(self) -> list[Panel]:
        return [getattr(self.panels, field) for field in Panels.__dataclass_fields__]

    def _toggle_language(self) -> None:
        language = "en" if self.texts.language == "zh" else "zh"
        self.set_language(language)
        self._saver.save("ui.language", language)

    def _toggle_theme(self) -> None:
        other = "light" if self.look.theme.dark else "dark"
        self.set_theme(other, red_up=self.look.theme.red_up)
        self._saver.save("ui.theme", other)

    def _toggle_red_up(self) -> None:
        red_up = not self.look.theme.red_up
        self.set_theme(self.look.theme.name, red_up=red_up)
        self._saver.save("ui.red_up", "true" if red_up else "false")

    def _setting_failed(self, why: str) -> None:
        self.show_notice("ERROR", self.texts.tr("notice.setting", why=why))

    def _apply_settings(self) -> None:
        """What the settings dialog changed and does not need a restart."""
        settings = self._store.settings
        if settings.ui.language in ("zh", "en") and settings.ui.language != self.texts.language:
            self.set_language(settings.ui.language)
        self.set_theme(settings.ui.theme, red_up=settings.ui.red_up)
        self.chart.max_days = settings.data.max_history_days
        self.panels.ticket.set_lot(settings.trading.lot_size_shares)
        self.chart.show_symbol()

    # ---- what the user asks for ------------------------------------------------------------

    def _trade(self, side: OrderSide) -> None:
        self.docks.raise_panel("ticket")
        self.orders.trade(side)

    def _search(self) -> None:
        self.docks.raise_panel("watchlist")
        self.panels.watchlist.search.setFocus()
        self.panels.watchlist.search.selectAll()

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _close_soon(self) -> None:
        QTimer.singleShot(0, self.close)

    def _confirm_order(self, row: QuoteRow, preview: OrderPreview) -> None:
        from ui.dialogs import OrderDialog

        dialog = OrderDialog(self.texts, self.look, row, preview, self)
        dialog.accepted.connect(lambda: self.orders.place(dialog.request))
        dialog.open()

    def _ask_kill(self) -> None:
        blocked = self.orders.kill_level >= KillLevel.BLOCK
        self._show_kill(self.orders.kill_level)     # the click has not decided anything yet
        key = "unkill" if blocked else "kill"
        level = KillLevel.NONE if blocked else KillLevel.BLOCK
        self._ask(key, "cmd." + key, lambda: self.orders.set_kill(level))

    def _kill_now(self) -> None:
        """The hot key: no question stands between a person and the stop."""
        if self.orders.kill_level < KillLevel.BLOCK:
            self.orders.set_kill(KillLevel.BLOCK)

    def _ask_earlier_day(self, day: date) -> None:
        def reset() -> None:
            self.orders.reset(day, lambda: self.market.go_to(day))

        dialog = self._ask("replay.reset", "replay.reset.ok", reset, day=day.isoformat())
        dialog.rejected.connect(self.panels.replay.show_day)

    def _ask(
        self, key: str, ok_key: str, then: Callable[[], None], **fields: object
    ) -> "ConfirmDialog":
        from ui.dialogs import ConfirmDialog

        tr = self.texts.tr
        dialog = ConfirmDialog(self.texts, tr(f"{key}.title"), tr(f"{key}.text", **fields),
                               ok_key, self)
        dialog.accepted.connect(then)
        dialog.open()
        return dialog

    def _ask_reason(
        self, key: str, fields: dict[str, object], then: Callable[[str], None]
    ) -> None:
        from ui.reason_dialog import ReasonDialog

        tr = self.texts.tr
        dialog = ReasonDialog(self.texts, tr(f"{key}.title", **fields), tr(f"{key}.text"), self)
        dialog.given.connect(then)
        dialog.open()

    def _open_plan(self) -> None:
        """A plan for the instrument that is shown."""
        from ui.plan_dialog import PlanDialog

        symbol = self.market.state.symbol
        if symbol is None:
            return
        row = self.market.state.row(symbol)
        dialog = PlanDialog(self.texts, row.symbol, row.name,
                            self._store.settings.trading.lot_size_shares, self)
        dialog.placed.connect(self.safety.place_plan)
        dialog.open()

    def _open_settings(self) -> None:
        from ui.dialogs import SettingsDialog

        SettingsDialog(self.texts, self._store, self._apply_settings, self).open()

    def _open_shortcuts(self) -> None:
        from ui.dialogs import ShortcutsDialog

        ShortcutsDialog(self.texts, self.commands.shortcuts(), self).open()

    def _open_about(self) -> None:
        from ui.dialogs import TextDialog

        tr = self.texts.tr
        TextDialog(self.texts, tr("about.title"), tr("about.text"), self).open()

    def show_crash(self, report: str) -> None:
        """From any thread."""
        def show() -> None:
            from ui.dialogs import TextDialog

            tr = self.texts.tr
            text = f"{tr('crash.text')}\n\n{report}"
            TextDialog(self.texts, tr("crash.title"), text, self, copy=True).open()

        self.mailbox.post(show)

    # ---- what changes ----------------------------------------------------------------------

    def _take_snapshot(self, snapshot: DeskSnapshot) -> None:
        self._show_kill(snapshot.kill_level)
        self.chart.show_fills(snapshot.fills)
        held = {p.symbol for p in snapshot.positions if p.held_shares}
        self.market.watch_also(held | {o.request.symbol for o in snapshot.orders})

    def _show_kill(self, level: KillLevel) -> None:
        blocked = level >= KillLevel.BLOCK
        name(self.kill_button, self.texts, "cmd.unkill" if blocked else "cmd.kill")
        self.kill_button.setChecked(blocked)

    # ---- Qt's events -----------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.bridge.set_visible(True)
        self.keeper.place_docks()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.bridge.set_visible(False)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """A digit or letter that nobody took starts a search, as on a trading terminal."""
        text = event.text() if event is not None else ""
        if text.isalnum():
            self._search()
            self.panels.watchlist.search.type_text(text)
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        live = self._services.mode is Mode.LIVE
        if event is not None and live and self.orders.open_orders() and not self._may_close:
            event.ignore()
            self._ask("quit", "cmd.quit", self._close_anyway, count=self.orders.open_orders())
            return
        super().closeEvent(event)

    def _close_anyway(self) -> None:
        self._may_close = True
        self._close_soon()
