"""The command table: every command once, no key twice, everything reachable from a menu."""

from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from tests.support.window import keep, texts
from ui.commands import COMMANDS, CommandBar, Menu


def test_no_id_and_no_key_is_given_twice() -> None:
    ids = [command.id for command in COMMANDS]
    keys = [command.keys for command in COMMANDS if command.keys]

    assert len(ids) == len(set(ids))
    assert len(keys) == len(set(keys))
    assert all(not QKeySequence(key).isEmpty() for key in keys)


def test_every_command_stands_in_its_menu_and_runs_its_handler(qtbot: QtBot) -> None:
    window, ran, words = QMainWindow(), list[str](), texts("en")
    keep(qtbot, window)
    bar = window.menuBar()
    assert bar is not None
    handlers = {command.id: lambda id_=command.id: ran.append(id_) for command in COMMANDS}
    made = CommandBar(window, bar, handlers, words)

    for command in COMMANDS:
        menu = made.menus[command.menu]
        assert menu is not None
        assert made.actions[command.id] in menu.actions()
        made.actions[command.id].trigger()
    assert ran == [command.id for command in COMMANDS]

    assert made.actions["buy"].text() == "Buy"
    words.switch("zh")
    made.retranslate()
    assert made.actions["buy"].text() == "买入"
    market = made.menus[Menu.MARKET]
    assert market is not None
    assert market.title() == "行情"
    assert ("F1", "买入") in made.shortcuts()
