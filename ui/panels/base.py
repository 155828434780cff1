"""What every panel is: a named widget that can be re-read in another language or theme."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from ui.strings import Texts
from ui.theme import Look


class Panel(QWidget):
    """Gets frozen values, emits intents. It knows no service, no clock and no other panel."""

    def __init__(self, name: str, texts: Texts, look: Look) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.name, self.texts, self.look = name, texts, look

    def retranslate(self) -> None:
        """Read every text again in the language in force."""
        raise NotImplementedError

    def restyle(self) -> None:
        """The colours changed; painted panels repaint, styled ones have nothing to do."""
        self.update()
