"""A question that needs a reason: it goes into the journal with the name of who gave it."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QLabel, QLineEdit, QWidget

from ui.dialogs import LONGEST_REASON, BaseDialog
from ui.strings import Texts


class ReasonDialog(BaseDialog):
    """Accepting is possible once something has been written."""

    given = pyqtSignal(str)

    def __init__(self, texts: Texts, title: str, text: str, parent: QWidget | None) -> None:
        super().__init__(texts, title, parent)
        label = QLabel(text)
        label.setWordWrap(True)
        label.setMinimumWidth(380)
        self.edit = QLineEdit()
        self.edit.setMaxLength(LONGEST_REASON)
        self.edit.setPlaceholderText(texts.tr("reason.prompt"))
        self.edit.setAccessibleName(texts.tr("reason.prompt"))
        self.column.addWidget(label)
        self.column.addWidget(self.edit)
        cancel = self.add_button("dialog.cancel", self.reject)
        cancel.setAutoDefault(False)
        self.ok = self.add_button("reason.ok", self._give, act="danger")
        self.ok.setAutoDefault(False)
        self.ok.setEnabled(False)
        self.edit.textChanged.connect(lambda typed: self.ok.setEnabled(bool(typed.strip())))
        self.edit.returnPressed.connect(self._give)
        self.edit.setFocus()
        self.finish()

    def _give(self) -> None:
        reason = self.edit.text().strip()
        if reason:
            self.given.emit(reason)
            self.accept()
