"""Small controls shared by the panels: figures with captions, button rows, steppers, search."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from PyQt6.QtCore import QPoint, QSize, QStringListModel, Qt, pyqtSignal
from PyQt6.QtGui import (
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPolygon,
    QWheelEvent,
)
from PyQt6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from core.types import Instrument
from ui.formats import UNKNOWN
from ui.strings import Texts
from ui.theme import SMALL_PX, TEXT_PX, Look, sized
from ui.tones import Tone
from ui.viewmodels import matches

CONTROL_PX = 24
GAP_PX = 6
FIGURE_PX = 19
ARROW_PX = 8
LONGEST_NUMBER, LONGEST_QUERY = 16, 40     # characters that can be typed
_NUMBER = re.compile(r"[+-]?[0-9]{1,10}(\.[0-9]{0,5})?|\.[0-9]{1,5}")
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class ToneLabel(QLabel):
    """A label whose colour is a meaning; it is restyled only when the meaning changes."""

    def __init__(self, tone: Tone = Tone.TEXT, *, badge: bool = False) -> None:
        super().__init__()
        self.setProperty("tone", tone.value)
        self.setProperty("badge", badge)

    def show_text(self, text: str, tone: Tone | None = None) -> None:
        if text != self.text():
            self.setText(text)
        if tone is not None and tone.value != self.property("tone"):
            self.setProperty("tone", tone.value)
            style = self.style()
            if style is not None:
                style.unpolish(self)
                style.polish(self)


class Figure(QWidget):
    """A caption and a number, painted; `sample` is the widest number it must hold.

    The number stands at the right edge, so that a grid of figures aligns; a `flowing` one
    follows its caption, as in a bar.
    """

    def __init__(
        self, look: Look, texts: Texts, key: str, sample: str, *,
        flowing: bool = False, bold: bool = False,
    ) -> None:
        super().__init__()
        self._look, self._texts, self._key, self._sample = look, texts, key, sample
        self._align = LEFT if flowing else RIGHT
        self._caption_font = sized(self.font(), SMALL_PX)
        self._value_font = sized(self.font(), TEXT_PX, bold=bold)
        self._caption, self._value, self._tone = "", UNKNOWN, Tone.FAINT
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.retranslate()

    @property
    def value(self) -> str:
        return self._value

    @property
    def tone(self) -> Tone:
        return self._tone

    def show_value(self, text: str, tone: Tone = Tone.TEXT) -> None:
        """Repaints only if something changed."""
        if (text, tone) == (self._value, self._tone):
            return
        self._value, self._tone = text, tone
        self.setAccessibleDescription(text)
        self.update()

    def retranslate(self) -> None:
        self._caption = self._texts.tr(self._key)
        self.setAccessibleName(self._caption)
        tip = f"tip.{self._key}"
        self.setToolTip(self._texts.tr(tip) if tip in self._texts else self._caption)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        caption, value = self._widths(self._sample)
        return QSize(caption + GAP_PX + value + 2, FIGURE_PX)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def fits(self) -> bool:
        """Whether what it shows now is painted whole."""
        caption, value = self._widths(self._value)
        return caption + GAP_PX + value <= self.width()

    def paintEvent(self, _: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setFont(self._caption_font)
        painter.setPen(self._look.colour(Tone.MUTED))
        painter.drawText(self.rect(), LEFT, self._caption)
        painter.setFont(self._value_font)
        painter.setPen(self._look.colour(self._tone))
        caption = self._widths(self._value)[0]
        painter.drawText(self.rect().adjusted(caption + GAP_PX, 0, 0, 0), self._align, self._value)
        painter.end()

    def _widths(self, value: str) -> tuple[int, int]:
        caption = QFontMetrics(self._caption_font).horizontalAdvance(self._caption)
        return caption, QFontMetrics(self._value_font).horizontalAdvance(value)


class Segment(QWidget):
    """A row of buttons of which exactly one is down. Its ids are stable, its texts translated."""

    changed = pyqtSignal(str)

    def __init__(self, texts: Texts, prefix: str, ids: Sequence[str]) -> None:
        super().__init__()
        self._texts, self._prefix = texts, prefix
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        for id_ in ids:
            button = QPushButton()
            button.setCheckable(True)
            button.setProperty("flat", True)
            button.setFixedHeight(CONTROL_PX - 2)
            button.clicked.connect(lambda _, chosen=id_: self.changed.emit(chosen))
            self._group.addButton(button)
            row.addWidget(button)
            self.buttons[id_] = button
        self.buttons[ids[0]].setChecked(True)
        self.retranslate()

    @property
    def chosen(self) -> str:
        return next(id_ for id_, button in self.buttons.items() if button.isChecked())

    def choose(self, id_: str | None) -> None:
        """Without announcing it. None: a value that has no button, so all are up."""
        if id_ is not None:
            self.buttons[id_].setChecked(True)
            return
        self._group.setExclusive(False)
        for button in self.buttons.values():
            button.setChecked(False)
        self._group.setExclusive(True)

    def advance(self) -> None:
        """The next one, and after the last the first, as if it had been clicked."""
        ids = list(self.buttons)
        self.buttons[ids[(ids.index(self.chosen) + 1) % len(ids)]].click()

    def retranslate(self) -> None:
        for id_, button in self.buttons.items():
            name(button, self._texts, f"{self._prefix}.{id_}")


class Stepper(QWidget):
    """A number one types or steps, with its buttons and the Up and Down keys."""

    stepped = pyqtSignal(int)      # how many steps; the owner knows how large one is
    edited = pyqtSignal(str)

    def __init__(self, texts: Texts, key: str) -> None:
        super().__init__()
        self._texts, self._key = texts, key
        self.edit = _StepEdit()
        self.edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.edit.setFixedHeight(CONTROL_PX)
        self.edit.setMaxLength(LONGEST_NUMBER)
        self.setFixedHeight(CONTROL_PX)
        self.edit.stepped.connect(self.stepped)
        self.edit.textEdited.connect(self.edited)
        self._less, self._more = QPushButton("-"), QPushButton("+")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget, step in ((self._less, -1), (self.edit, 0), (self._more, 1)):
            row.addWidget(widget, 1 if widget is self.edit else 0)
            if isinstance(widget, QPushButton):
                widget.setFixedSize(CONTROL_PX + 2, CONTROL_PX)
                widget.setAutoRepeat(True)
                widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
                widget.clicked.connect(lambda _, by=step: self.stepped.emit(by))
        self.setFocusProxy(self.edit)
        self.retranslate()

    def number(self) -> Decimal | None:
        """None: empty, or not a plain number of a size that can be meant. Full-width counts."""
        typed = unicodedata.normalize("NFKC", self.edit.text()).strip().replace(",", "")
        return Decimal(typed) if _NUMBER.fullmatch(typed) else None

    def show_number(self, text: str) -> None:
        if text != self.edit.text():
            self.edit.setText(text)

    def mark_wrong(self, wrong: bool) -> None:
        """An outline that says the value cannot be used; the reason stands below the ticket."""
        if bool(self.edit.property("wrong")) == wrong:
            return
        self.edit.setProperty("wrong", wrong)
        style = self.edit.style()
        if style is not None:
            style.unpolish(self.edit)
            style.polish(self.edit)

    def retranslate(self) -> None:
        tr = self._texts.tr
        caption = tr(self._key)
        self.edit.setAccessibleName(caption)
        self.edit.setToolTip(tr(f"tip.{self._key}"))
        for button, key in ((self._less, "control.less"), (self._more, "control.more")):
            button.setAccessibleName(tr(key, what=caption))
            button.setToolTip(tr(key, what=caption))


class _StepEdit(QLineEdit):
    stepped = pyqtSignal(int)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        steps = {int(Qt.Key.Key_Up): 1, int(Qt.Key.Key_Down): -1}
        step = steps.get(event.key()) if event is not None else None
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(step)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None and self.hasFocus() and event.angleDelta().y():
            self.stepped.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()


class SymbolSearch(QLineEdit):
    """Finds an instrument by code, pinyin initials or name; Enter takes the first."""

    found = pyqtSignal(str)        # symbol

    def __init__(self, texts: Texts, key: str) -> None:
        super().__init__()
        self._texts, self._key = texts, key
        self._instruments: Sequence[Instrument] = ()
        self._hits: dict[str, str] = {}
        self._lines = QStringListModel(self)
        helper = QCompleter(self._lines, self)
        helper.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        helper.setMaxVisibleItems(12)
        helper.activated.connect(self._take_line)
        self.setCompleter(helper)
        self.setMaxLength(LONGEST_QUERY)
        self.setFixedHeight(CONTROL_PX)
        self.textEdited.connect(self._look_up)
        self.returnPressed.connect(self._take_first)
        self.retranslate()

    def set_instruments(self, instruments: Sequence[Instrument]) -> None:
        self._instruments = instruments

    def retranslate(self) -> None:
        tr = self._texts.tr
        self.setPlaceholderText(tr(self._key))
        self.setAccessibleName(tr(self._key))
        self.setToolTip(tr("tip.search"))

    def type_text(self, text: str) -> None:
        """As if it had been typed here: replaces what stood, and opens the list of hits."""
        self.setText(text)
        self.textEdited.emit(text)
        helper = self.completer()
        if helper is not None:
            helper.complete()

    def _look_up(self, typed: str) -> None:
        found = matches(typed, self._instruments)
        self._hits = {f"{i.symbol}  {i.name}  {i.pinyin}": i.symbol for i in found}
        self._lines.setStringList(list(self._hits))

    def _take_line(self, line: str) -> None:
        symbol = self._hits.get(line)
        if symbol is not None:
            self.found.emit(symbol)

    def _take_first(self) -> None:
        self._look_up(self.text())
        if self._hits:
            self.found.emit(next(iter(self._hits.values())))


class FlatCombo(QComboBox):
    """A choice as flat as the fields beside it; the style would draw it with a gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.setStyleSheet("combobox-popup: 0")     # a list of bounded length, not a whole screen

    def paintEvent(self, _: QPaintEvent | None) -> None:
        role, painter = QPalette.ColorRole, QPainter(self)
        colours = self.palette()
        edge = role.Highlight if self.hasFocus() else role.Mid
        painter.setPen(colours.color(edge))
        painter.setBrush(colours.color(role.Base))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 2, 2)
        painter.setPen(colours.color(role.Text))
        inner = self.rect().adjusted(6, 0, -ARROW_PX - 8, 0)
        text = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, LEFT, text)
        middle, right = self.height() // 2, self.width() - 8
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color(role.PlaceholderText))
        painter.drawPolygon(QPolygon([
            QPoint(right - ARROW_PX, middle - 2), QPoint(right, middle - 2),
            QPoint(right - ARROW_PX // 2, middle + 3)]))
        painter.end()


def name(button: QPushButton, texts: Texts, key: str) -> None:
    """Text, accessible name and tooltip of a button, in the language in force."""
    text = texts.tr(key)
    tip = f"tip.{key}"
    button.setText(text)
    button.setAccessibleName(text)
    button.setToolTip(texts.tr(tip) if tip in texts else text)
