"""Dialogs the user opens. None of them appears by itself, and none stops the event loop."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from config.keys import Key, ValueKind
from config.settings import COMMAND_LINE, DEFAULT, KeyDescription, SettingsStore
from core.exceptions import ConfigError
from core.types import INSISTABLE_CODES, OrderPreview, OrderRequest, OrderSide
from ui import formats
from ui.controls import Figure, ToneLabel
from ui.strings import Texts
from ui.theme import LARGE_PX, Look, sized
from ui.tones import Tone
from ui.viewmodels import QuoteRow, ticket_view

COSTS = ("amount", "commission", "stamp_duty", "transfer_fee", "other_fees", "fees", "cash",
         "cash_after")
TRUE, FALSE = "true", "false"
LONGEST_REASON = 400


class BaseDialog(QDialog):
    """A titled column with buttons below; Escape closes it."""

    def __init__(self, texts: Texts, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.texts = texts
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(18, 16, 18, 14)
        self.column.setSpacing(10)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.buttons.addStretch(1)

    def add_button(self, key: str, slot: Callable[[], object], *, act: str = "") -> QPushButton:
        button = QPushButton(self.texts.tr(key))
        tip = f"tip.{key}"
        button.setToolTip(self.texts.tr(tip if tip in self.texts else key))
        button.setAccessibleName(button.text())
        button.setProperty("act", act)
        button.setMinimumWidth(84)
        button.setFixedHeight(28)
        button.clicked.connect(lambda _: slot())
        self.buttons.addWidget(button)
        return button

    def finish(self) -> None:
        self.column.addLayout(self.buttons)


class ConfirmDialog(BaseDialog):
    """A question with one consequence; accepting is never the default of the Enter key."""

    def __init__(
        self, texts: Texts, title: str, text: str, ok_key: str, parent: QWidget | None
    ) -> None:
        super().__init__(texts, title, parent)
        label = QLabel(text)
        label.setWordWrap(True)
        label.setMinimumWidth(360)
        self.column.addWidget(label)
        cancel = self.add_button("dialog.cancel", self.reject)
        self.ok = self.add_button(ok_key, self.accept, act="danger")
        cancel.setDefault(True)
        cancel.setFocus()
        self.finish()


class TextDialog(BaseDialog):
    """A text to read and perhaps to copy."""

    def __init__(
        self, texts: Texts, title: str, text: str, parent: QWidget | None, *, copy: bool = False
    ) -> None:
        super().__init__(texts, title, parent)
        self.text = text
        if copy:
            area = QPlainTextEdit(text)
            area.setReadOnly(True)
            area.setMinimumSize(640, 320)
            area.setAccessibleName(title)
            self.column.addWidget(area)
            self.add_button("dialog.copy", self._copy)
        else:
            label = QLabel(text)
            label.setWordWrap(True)
            label.setMinimumWidth(420)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.column.addWidget(label)
        self.add_button("dialog.close", self.accept).setDefault(True)
        self.finish()

    def _copy(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.text)


class ShortcutsDialog(BaseDialog):
    def __init__(
        self, texts: Texts, lines: Sequence[tuple[str, str]], parent: QWidget | None
    ) -> None:
        super().__init__(texts, texts.tr("shortcuts.title"), parent)
        form = QGridLayout()
        form.setHorizontalSpacing(24)
        for at, (keys, what) in enumerate(lines):
            key = ToneLabel(Tone.ACCENT)
            key.show_text(keys)
            form.addWidget(key, at, 0)
            form.addWidget(QLabel(what), at, 1)
        self.column.addLayout(form)
        self.column.addWidget(QLabel(texts.tr("shortcuts.typing")))
        self.add_button("dialog.close", self.accept).setDefault(True)
        self.finish()


class OrderDialog(BaseDialog):
    """The last look before an order leaves: what, at which price, at which cost."""

    def __init__(
        self, texts: Texts, look: Look, row: QuoteRow, preview: OrderPreview,
        parent: QWidget | None,
    ) -> None:
        request = self._request = preview.request
        super().__init__(texts, texts.tr(f"order.title.{request.side.value}"), parent)
        buying = request.side is OrderSide.BUY
        self.setMinimumWidth(380)
        self._head(row, preview, Tone.RISE if buying else Tone.FALL)
        self._costs(look, preview)
        if buying:
            note = ToneLabel(Tone.MUTED)
            note.setWordWrap(True)
            note.show_text(texts.tr("order.t0" if row.t0 else "order.sellable"))
            self.column.addWidget(note)
        self._reasons(preview)
        self.insists = QLineEdit()
        self._ask_to_insist(preview)
        self.add_button("dialog.cancel", self.reject)
        side = "buy" if buying else "sell"
        self.ok = self.add_button(f"ticket.submit.{side}", self.accept, act=side)
        self.ok.setDefault(True)
        self.ok.setEnabled(not preview.refusals)
        self.ok.installEventFilter(self)
        self.finish()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """The Enter key that opened this and is still held down does not send the order."""
        if isinstance(event, QKeyEvent) and event.isAutoRepeat():
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and not event.isAutoRepeat():
            super().keyPressEvent(event)

    def _head(self, row: QuoteRow, preview: OrderPreview, tone: Tone) -> None:
        tr, request = self.texts.tr, preview.request
        title, terms = ToneLabel(tone), ToneLabel()
        title.setFont(sized(self.font(), LARGE_PX, bold=True))
        title.show_text(tr("order.line", side=tr(f"side.{request.side.value}"), name=row.name,
                           symbol=row.symbol))
        price = "" if request.limit_cny is None else formats.price(request.limit_cny, row.decimals)
        terms.show_text(tr("order.terms", type=tr(f"type.{request.type.value}"), price=price,
                           shares=formats.shares(request.shares)))
        terms.setFont(sized(self.font(), LARGE_PX - 2))
        self.column.addWidget(title)
        self.column.addWidget(terms)

    def _costs(self, look: Look, preview: OrderPreview) -> None:
        view, frame = ticket_view(preview), QFrame()
        grid = QVBoxLayout(frame)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setSpacing(2)
        self.figures: dict[str, Figure] = {}
        for id_ in COSTS:
            figure = Figure(look, self.texts, f"cost.{id_}", "999,999,999.99")
            figure.show_value(formats.money(getattr(view, f"{id_}_cny")))
            grid.addWidget(figure)
            self.figures[id_] = figure
        self.column.addWidget(frame)

    @property
    def request(self) -> OrderRequest:
        """What is to be sent: with the reason, where a person insists."""
        return replace(self._request, override=self.insists.text().strip())

    def _ask_to_insist(self, preview: OrderPreview) -> None:
        """Only where every refusal is a limit of the house that a person may override."""
        codes = {refusal.code for refusal in preview.refusals}
        self.insists.setVisible(False)
        if not codes or not codes <= INSISTABLE_CODES:
            return
        self.insists.setMaxLength(LONGEST_REASON)
        self.insists.setPlaceholderText(self.texts.tr("order.insist"))
        self.insists.setAccessibleName(self.texts.tr("order.insist"))
        self.insists.textChanged.connect(lambda text: self.ok.setEnabled(bool(text.strip())))
        self.insists.setVisible(True)
        self.column.addWidget(self.insists)

    def _reasons(self, preview: OrderPreview) -> None:
        if not preview.refusals:
            return
        reasons = ToneLabel(Tone.WARN)
        reasons.setWordWrap(True)
        lines = [self.texts.refusal(refusal) for refusal in preview.refusals]
        reasons.show_text("\n".join([self.texts.tr("order.refusals"), *lines]))
        self.column.addWidget(reasons)


class SettingsDialog(BaseDialog):
    """Every setting, made from the store's own description; a wrong value is refused in place."""

    def __init__(
        self, texts: Texts, store: SettingsStore, on_saved: Callable[[], None],
        parent: QWidget | None,
    ) -> None:
        super().__init__(texts, texts.tr("settings.title"), parent)
        self._store, self._on_saved = store, on_saved
        self.resize(820, 560)
        self.search = QLineEdit()
        self.search.setPlaceholderText(texts.tr("settings.search"))
        self.search.setAccessibleName(texts.tr("settings.search"))
        self.search.setToolTip(texts.tr("settings.search"))
        self.search.textChanged.connect(self._filter)
        self.none = ToneLabel(Tone.MUTED)
        self.rows = {entry.key.name: SettingRow(texts, entry) for entry in store.describe()}
        self.column.addWidget(self.search)
        self.column.addWidget(self._area(), 1)
        self.column.addWidget(self.none)
        self.add_button("dialog.close", self.reject)
        self.save = self.add_button("settings.save", self._save)
        self.save.setDefault(True)
        self.finish()
        QShortcut(QKeySequence("Ctrl+S"), self, self._save)

    def _area(self) -> QScrollArea:
        inside = QWidget()
        form = QFormLayout(inside)
        form.setContentsMargins(0, 0, 8, 0)
        form.setSpacing(8)
        for row in self.rows.values():
            form.addRow(row)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFrameShape(QFrame.Shape.NoFrame)
        return area

    def _filter(self, typed: str) -> None:
        wanted = typed.strip().lower()
        shown = 0
        for row in self.rows.values():
            hit = wanted in row.haystack
            row.setVisible(hit)
            shown += hit
        self.none.show_text("" if shown else self.texts.tr("settings.none"))

    def _save(self) -> None:
        """Write what was changed; a refused value keeps its row open and says why."""
        wrong = False
        for row in self.rows.values():
            if row.changed:
                wrong |= not self._save_row(row)
        self._on_saved()
        if not wrong:
            self.accept()

    def _save_row(self, row: "SettingRow") -> bool:
        try:
            self._store.set(row.entry.key.name, row.text)
        except ConfigError as error:
            # A value outside its key's bounds is told in the reader's words; what else can go
            # wrong, as a file that cannot be written, in the store's.
            bad_value = error.why.startswith("it must be ")
            why = allowed(row.entry.key, self.texts) if bad_value else error.why
            row.show_error(self.texts.tr("settings.wrong", why=why))
            return False
        row.show_error("")
        return True


def allowed(key: Key, texts: Texts) -> str:
    """What a setting takes: its kind and its bounds."""
    tr, limits = texts.tr, ""
    if key.choices:
        limits = tr("settings.choices", choices=", ".join(key.choices))
    elif key.limits is not None:
        limits = tr("settings.range", low=key.limits[0], high=key.limits[1])
        if key.places is not None:
            limits += tr("settings.places", places=key.places)
    return tr("settings.must", kind=tr(f"value.{key.kind.name}"), limits=limits)


class SettingRow(QWidget):
    """One setting: its name, its value with the unit, where it came from, and its help."""

    def __init__(self, texts: Texts, entry: KeyDescription) -> None:
        super().__init__()
        self.entry = entry
        key, tr = entry.key, texts.tr
        help_text = key.help_zh if texts.language == "zh" else key.help_en
        self.haystack = f"{key.name} {key.help_zh} {key.help_en} {key.unit}".lower()
        self._editor = self._make_editor(texts)
        self._editor.setAccessibleName(key.name)
        self._editor.setAccessibleDescription(help_text)
        self._editor.setToolTip(
            allowed(key, texts) if key.bounds else help_text)
        self._editor.setFixedWidth(190)
        title, unit, origin = QLabel(key.name), ToneLabel(Tone.MUTED), ToneLabel(Tone.FAINT)
        unit.show_text(tr(f"unit.{key.unit}") if f"unit.{key.unit}" in texts else key.unit)
        origin.show_text(self._origin(texts))
        self.help, self.error = ToneLabel(Tone.MUTED), ToneLabel(Tone.WARN)
        restart = f" ({tr('settings.restart')})" if key.needs_restart else ""
        self.help.show_text(help_text + restart)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 6)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(2, 1)
        title.setFixedWidth(260)
        for at, widget in enumerate((title, self._editor, unit, origin)):
            grid.addWidget(widget, 0, at)
        for at, label in enumerate((self.help, self.error), start=1):
            label.setWordWrap(True)
            grid.addWidget(label, at, 0, 1, 4)
        self.error.setVisible(False)

    def _make_editor(self, texts: Texts) -> QWidget:
        key, value = self.entry.key, self.entry.value
        if key.kind is ValueKind.BOOL:
            box = QCheckBox()
            def show(on: bool) -> None:
                box.setText(texts.tr("settings.on" if on else "settings.off"))

            box.toggled.connect(show)
            box.setChecked(value == TRUE)
            show(box.isChecked())
            return box
        if key.choices:
            combo = QComboBox()
            combo.addItems(list(key.choices))
            combo.setCurrentText(value)
            return combo
        edit = QLineEdit("" if key.secret else value)
        if key.secret:
            edit.setEchoMode(QLineEdit.EchoMode.Password)
            edit.setPlaceholderText(value)
        return edit

    def _origin(self, texts: Texts) -> str:
        origin = self.entry.origin
        if origin == DEFAULT:
            return texts.tr("settings.default")
        if origin == COMMAND_LINE:
            return texts.tr("settings.command_line")
        if origin == self.entry.key.variable:
            return texts.tr("settings.environment")
        return texts.tr("settings.file")

    @property
    def text(self) -> str:
        editor = self._editor
        if isinstance(editor, QCheckBox):
            return TRUE if editor.isChecked() else FALSE
        if isinstance(editor, QComboBox):
            return editor.currentText()
        assert isinstance(editor, QLineEdit)    # the only other kind that is made
        return editor.text().strip()

    def set_text(self, text: str) -> None:
        """As if the user had typed it."""
        editor = self._editor
        if isinstance(editor, QCheckBox):
            editor.setChecked(text == TRUE)
        elif isinstance(editor, QComboBox):
            editor.setCurrentText(text)
        elif isinstance(editor, QLineEdit):
            editor.setText(text)

    @property
    def changed(self) -> bool:
        if self.entry.key.secret:
            return self.text != ""
        return self.text != self.entry.value

    def show_error(self, text: str) -> None:
        self.error.show_text(text)
        self.error.setVisible(bool(text))
