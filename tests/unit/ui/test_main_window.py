"""The main window: its panels, its switches at run time, its questions, and a typed search."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from core.exceptions import ConfigError
from core.types import KillLevel, Mode, OrderSide
from tests.support.fake_services import days_before, fake_services, fake_store
from tests.support.window import desk_of, open_window, press, replay_of, settle
from ui.app import MainApp
from ui.dialogs import ConfirmDialog, OrderDialog, SettingsDialog, ShortcutsDialog, TextDialog
from ui.market_desk import Panels
from ui.theme import DARK, LIGHT

EVERY_PANEL = {"watchlist", "chart", "book", "ticket", "positions", "orders", "fills", "signals",
               "safety", "plans", "auto", "account", "status", "replay"}


def dialog_of(main: MainApp, kind: type[QDialog]) -> QDialog:
    (found,) = main.window.findChildren(kind)
    return found


@pytest.fixture(autouse=True)
def _no_dialog_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog):
            widget.close()


def test_every_panel_of_the_desk_is_there_and_in_a_dock_or_a_bar(main: MainApp) -> None:
    window = main.window
    assert set(Panels.__dataclass_fields__) == EVERY_PANEL
    assert set(window.docks.names) == EVERY_PANEL - {"account", "status", "replay"}
    for name in EVERY_PANEL:
        panel = getattr(window.panels, name)
        if name in window.docks.names:
            window.docks.raise_panel(name)
        assert panel.isVisible(), name
        assert window.isAncestorOf(panel), name
        assert panel.objectName() == name


def test_the_language_is_switched_while_it_runs_and_kept(
    qtbot: QtBot, main: MainApp, tmp_path: Path
) -> None:
    main.window.commands.actions["language"].trigger()

    assert main.window.windowTitle() == "Trading Graph · A-share desk"
    assert main.window.docks.toggle_action("positions").text() == "Positions"
    assert main.window.panels.ticket.submit.text() == "Place buy order"
    settle(qtbot, main)
    assert fake_store(tmp_path).settings.ui.language == "en"


def test_the_theme_and_the_convention_are_switched_while_it_runs(
    qtbot: QtBot, main: MainApp, tmp_path: Path
) -> None:
    actions = main.window.commands.actions
    actions["theme"].trigger()
    assert main.look.theme == LIGHT

    actions["red_up"].trigger()
    assert (main.look.theme.rise, main.look.theme.fall) == (LIGHT.fall, LIGHT.rise)
    settle(qtbot, main)
    kept = fake_store(tmp_path).settings.ui
    assert (kept.theme, kept.red_up) == ("light", False)
    main.window.set_theme("dark", red_up=True)
    assert main.look.theme == DARK


def test_blocking_trading_asks_first_and_is_lifted_the_same_way(
    qtbot: QtBot, main: MainApp
) -> None:
    main.window.kill_button.click()
    assert desk_of(main).level is KillLevel.NONE
    assert not main.window.kill_button.isChecked()

    dialog_of(main, ConfirmDialog).accept()
    qtbot.waitUntil(lambda: main.window.kill_button.isChecked())
    assert desk_of(main).level is KillLevel.BLOCK

    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    main.window.kill_button.click()
    dialog_of(main, ConfirmDialog).accept()
    qtbot.waitUntil(lambda: not main.window.kill_button.isChecked())


def test_the_hot_key_blocks_at_once_without_a_question_and_only_once(
    qtbot: QtBot, main: MainApp
) -> None:
    action = main.window.commands.actions["kill_now"]
    assert action.shortcut().toString() == "Ctrl+Shift+K"
    assert action.shortcutContext() is Qt.ShortcutContext.ApplicationShortcut

    action.trigger()
    assert desk_of(main).level is KillLevel.BLOCK
    qtbot.waitUntil(lambda: main.window.kill_button.isChecked())
    action.trigger()                            # pressed again in haste: it never lifts anything
    assert desk_of(main).level is KillLevel.BLOCK
    assert main.window.findChildren(ConfirmDialog) == []


def test_an_earlier_day_needs_a_yes_and_resets_the_account(qtbot: QtBot, main: MainApp) -> None:
    earlier = days_before(replay_of(main).day, 2)[0]
    main.window.panels.replay.days.setCurrentIndex(0)
    main.window.panels.replay.day_asked.emit(earlier)
    assert desk_of(main).positions

    dialog_of(main, ConfirmDialog).accept()

    qtbot.waitUntil(lambda: replay_of(main).day == earlier)
    assert not desk_of(main).positions


def test_a_refusal_of_the_earlier_day_puts_the_chooser_back(main: MainApp) -> None:
    replay = main.window.panels.replay
    replay.days.setCurrentIndex(0)
    replay.day_asked.emit(days_before(replay_of(main).day, 2)[0])

    dialog_of(main, ConfirmDialog).reject()

    assert replay.days.currentText() == replay_of(main).day.isoformat()


def test_a_confirmed_order_is_placed(qtbot: QtBot, main: MainApp) -> None:
    before = len(desk_of(main).orders)
    main.window.panels.ticket.submit.click()
    qtbot.waitUntil(lambda: bool(main.window.findChildren(OrderDialog)))

    dialog_of(main, OrderDialog).accept()

    qtbot.waitUntil(lambda: len(desk_of(main).orders) == before + 1)


def test_a_typed_letter_or_digit_starts_a_search(qtbot: QtBot, main: MainApp) -> None:
    main.window.panels.watchlist.table.setFocus()

    press(main.window.panels.watchlist.table, Qt.Key.Key_6)

    assert main.window.panels.watchlist.search.text() == "6"


def test_the_keys_of_a_trading_terminal_work(qtbot: QtBot, main: MainApp) -> None:
    actions, window = main.window.commands.actions, main.window
    first = window.market.state.symbol

    sides = []
    for command in ("sell", "buy"):
        actions[command].trigger()
        sides.append(window.panels.ticket.side)
    assert sides == [OrderSide.SELL, OrderSide.BUY]
    actions["next"].trigger()
    assert window.market.state.symbol != first
    actions["previous"].trigger()
    assert window.market.state.symbol == first
    actions["period"].trigger()
    assert window.panels.chart.periods.chosen == "1m"
    actions["adjust"].trigger()
    actions["pause"].trigger()
    assert replay_of(main).paused
    settle(qtbot, main)


def test_settings_shortcuts_and_about_open_without_stopping_the_window(main: MainApp) -> None:
    for command, kind in (("settings", SettingsDialog), ("shortcuts", ShortcutsDialog),
                          ("about", TextDialog)):
        main.window.commands.actions[command].trigger()
        dialog = dialog_of(main, kind)
        assert dialog.isVisible()
        dialog.close()


def test_settings_take_effect_when_they_are_saved(qtbot: QtBot, main: MainApp) -> None:
    main.window._store.set("ui.theme", "light")
    main.window._store.set("ui.language", "en")
    main.window._store.set("data.max_history_days", "60")
    main.window._store.set("trading.lot_size", "500")

    main.window._apply_settings()
    settle(qtbot, main)

    assert (main.look.theme.name, main.texts.language) == ("light", "en")
    assert len(main.window.panels.chart.chart.model) <= 61
    assert main.window.panels.ticket._lot_shares == 500
    main.window.set_theme("dark", red_up=True)


def test_a_crash_is_shown_once_it_is_reported(qtbot: QtBot, main: MainApp) -> None:
    main.window.show_crash("ValueError: fish")

    qtbot.waitUntil(lambda: bool(main.window.findChildren(TextDialog)))
    found = dialog_of(main, TextDialog)
    assert isinstance(found, TextDialog)
    assert "ValueError: fish" in found.text


def test_an_unknown_symbol_is_refused(main: MainApp) -> None:
    with pytest.raises(ConfigError, match="123456"):
        main.window.show_symbol("123456.SH")


def test_closing_with_open_live_orders_asks_first(qtbot: QtBot, tmp_path: Path) -> None:
    with open_window(qtbot, tmp_path, services=fake_services(mode=Mode.LIVE)) as main:
        assert not main.window.close()
        assert main.window.isVisible()

        dialog_of(main, ConfirmDialog).accept()
        qtbot.waitUntil(lambda: not main.window.isVisible())
