"""What the user can tell the desk to do: one table that feeds menus, shortcuts and the help."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QMenuBar, QWidget

from ui.strings import Texts


class Menu(Enum):
    FILE = "file"
    TRADE = "trade"
    MARKET = "market"
    VIEW = "view"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Command:
    """One command; its text is `cmd.<id>`."""

    id: str
    menu: Menu
    keys: str = ""
    checkable: bool = False
    line_above: bool = False
    everywhere: bool = False       # also in floating panels and other windows of the desk


COMMANDS = (
    Command("settings", Menu.FILE, "Ctrl+,"),
    Command("quit", Menu.FILE, "Ctrl+Q", line_above=True),
    Command("buy", Menu.TRADE, "F1"),
    Command("sell", Menu.TRADE, "F2"),
    Command("cancel", Menu.TRADE, "F3", line_above=True),
    Command("cancel_all", Menu.TRADE, "Shift+F3"),
    Command("kill", Menu.TRADE, "Ctrl+K", line_above=True),
    Command("kill_now", Menu.TRADE, "Ctrl+Shift+K", everywhere=True),
    Command("search", Menu.MARKET, "Ctrl+F"),
    Command("previous", Menu.MARKET, "PgUp"),
    Command("next", Menu.MARKET, "PgDown"),
    Command("period", Menu.MARKET, "F8", line_above=True),
    Command("adjust", Menu.MARKET, "F9"),
    Command("pause", Menu.MARKET, "Ctrl+P", line_above=True),
    Command("language", Menu.VIEW, "Ctrl+L"),
    Command("theme", Menu.VIEW, "Ctrl+T"),
    Command("red_up", Menu.VIEW, checkable=True),
    Command("reset_layout", Menu.VIEW, line_above=True),
    Command("full_screen", Menu.VIEW, "F11", checkable=True),
    Command("shortcuts", Menu.HELP, "Ctrl+H"),
    Command("about", Menu.HELP),
)


class CommandBar:
    """The table as actions in a menu bar. Each command runs the handler of its id."""

    def __init__(
        self, owner: QWidget, bar: QMenuBar, handlers: Mapping[str, Callable[[], None]],
        texts: Texts,
    ) -> None:
        self._bar, self._texts = bar, texts
        self.menus = {menu: bar.addMenu("") for menu in Menu}
        self.actions: dict[str, QAction] = {}
        for command in COMMANDS:
            self.actions[command.id] = self._make(owner, command, handlers[command.id])
        self.retranslate()

    def _make(self, owner: QWidget, command: Command, handler: Callable[[], None]) -> QAction:
        action = QAction(owner)
        action.setObjectName(command.id)
        action.setCheckable(command.checkable)
        if command.keys:
            action.setShortcut(QKeySequence(command.keys))
        if command.everywhere:
            action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        action.triggered.connect(lambda _checked: handler())
        menu = self.menus[command.menu]
        assert menu is not None     # addMenu makes one
        if command.line_above:
            menu.addSeparator()
        menu.addAction(action)
        owner.addAction(action)
        return action

    def add_panels(self, actions: Sequence[QAction]) -> None:
        """The docks' own show-and-hide actions, below the commands of the view menu."""
        menu = self.menus[Menu.VIEW]
        assert menu is not None     # addMenu makes one
        menu.addSeparator()
        menu.addActions(actions)

    def retranslate(self) -> None:
        tr = self._texts.tr
        for menu, widget in self.menus.items():
            assert widget is not None
            widget.setTitle(tr(f"menu.{menu.value}"))
        for id_, action in self.actions.items():
            key = f"cmd.{id_}"
            action.setText(tr(key))
            action.setToolTip(tr(f"tip.{key}") if f"tip.{key}" in self._texts else tr(key))

    def shortcuts(self) -> list[tuple[str, str]]:
        """(keys, what they do) for the help, in the order of the menus."""
        return [(command.keys, self._texts.tr(f"cmd.{command.id}"))
                for command in COMMANDS if command.keys]
