from pytestqt.qtbot import QtBot

from tests.support.window import keep, texts, type_into
from ui.reason_dialog import ReasonDialog


def test_nothing_is_confirmed_without_a_reason(qtbot: QtBot) -> None:
    dialog = keep(qtbot, ReasonDialog(texts("en"), "Re-arm?", "It stays.", None))
    given: list[str] = []
    dialog.given.connect(given.append)
    assert not dialog.ok.isEnabled()

    type_into(dialog.edit, "   ")
    assert not dialog.ok.isEnabled()
    dialog.edit.returnPressed.emit()
    assert given == []

    type_into(dialog.edit, "checked with the broker")
    dialog.ok.click()

    assert given == ["checked with the broker"]
