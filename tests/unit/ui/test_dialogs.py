"""Dialogs: what they say, what they refuse, and that nothing happens without a yes."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from core.types import OrderPreview, OrderRequest, OrderSide
from tests.support.fake_services import BY_SYMBOL, NOW, a_quote, fake_services, fake_store, refusal
from tests.support.window import click, clipped, keep, look, press, texts
from ui.dialogs import (
    ConfirmDialog,
    OrderDialog,
    SettingsDialog,
    ShortcutsDialog,
    TextDialog,
)
from ui.viewmodels import quote_row

SYMBOL = "600103.SH"
D = TypeVar("D", bound=QDialog)


def opened(qtbot: QtBot, dialog: D) -> D:
    """Shown, and kept after it closes so that the test can look at it."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    keep(qtbot, dialog)
    dialog.show()
    return dialog


def preview(side: OrderSide = OrderSide.BUY) -> OrderPreview:
    request = OrderRequest(symbol=SYMBOL, side=side, shares=300, limit_cny=Decimal("18.80"),
                           created_utc=NOW)
    return fake_services().trading.preview(request).result()


def order_dialog(qtbot: QtBot, language: str, found: OrderPreview) -> OrderDialog:
    row = quote_row(SYMBOL, BY_SYMBOL[SYMBOL], a_quote(SYMBOL))
    return opened(qtbot, OrderDialog(texts(language), look(), row, found, None))


def test_the_enter_key_that_opened_the_confirmation_and_is_held_sends_nothing(
    qtbot: QtBot
) -> None:
    dialog = order_dialog(qtbot, "zh", preview())
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier,
                     "", autorep=True)
    for widget in (dialog.ok, dialog):
        QApplication.sendEvent(widget, held)
    assert dialog.isVisible()

    press(dialog.ok, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_confirmation_shows_every_cost_and_sends_only_on_a_yes(
    qtbot: QtBot, language: str
) -> None:
    dialog = order_dialog(qtbot, language, preview())

    shown = {id_: figure.value for id_, figure in dialog.figures.items()}
    assert shown["amount"] == "5,640.00"
    assert (shown["commission"], shown["transfer_fee"], shown["fees"]) == ("5.00", "0.06", "5.06")
    assert shown["cash"] == "5,645.06"
    assert clipped(dialog) == []
    with qtbot.waitSignal(dialog.accepted):
        click(dialog.ok)


def test_an_order_that_would_be_refused_cannot_be_confirmed(qtbot: QtBot) -> None:
    reason = refusal("LOT", shares=30, least=100, step=100)
    found = replace(preview(), refusals=(reason,))
    dialog = order_dialog(qtbot, "zh", found)

    assert not dialog.ok.isEnabled()


def test_a_person_may_insist_against_a_limit_of_the_house_with_a_reason(qtbot: QtBot) -> None:
    reason = refusal("FAT_FINGER_PRICE", price=10, last=9, is_pct=11, limit_pct=2)
    dialog = order_dialog(qtbot, "zh", replace(preview(), refusals=(reason,)))
    assert not dialog.ok.isEnabled()

    dialog.insists.setText("the auction will open there")

    assert dialog.ok.isEnabled()
    assert dialog.request.override == "the auction will open there"


def test_nobody_insists_against_the_exchange(qtbot: QtBot) -> None:
    reasons = (refusal("FAT_FINGER_PRICE", price=10, last=9, is_pct=11, limit_pct=2),
               refusal("LOT", shares=30, least=100, step=100))
    dialog = order_dialog(qtbot, "zh", replace(preview(), refusals=reasons))

    assert not dialog.insists.isVisible()
    assert not dialog.ok.isEnabled()


def test_a_question_is_not_answered_by_the_enter_key(qtbot: QtBot) -> None:
    words = texts()
    dialog = opened(qtbot, ConfirmDialog(
        words, words.tr("kill.title"), words.tr("kill.text"), "cmd.kill", None))

    with qtbot.waitSignal(dialog.rejected):
        press(dialog, Qt.Key.Key_Return)


def test_a_report_can_be_copied(qtbot: QtBot) -> None:
    dialog = opened(qtbot, TextDialog(texts(), "report", "ValueError: fish", None, copy=True))

    dialog._copy()

    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == "ValueError: fish"


def test_the_shortcuts_are_listed(qtbot: QtBot) -> None:
    dialog = opened(qtbot, ShortcutsDialog(texts(), [("F1", "买入")], None))

    assert clipped(dialog) == []


class Saved:
    """Counts how often the window was asked to apply the settings."""

    times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def saved() -> Saved:
    return Saved()


@pytest.fixture
def settings(qtbot: QtBot, tmp_path: Path, saved: Saved) -> SettingsDialog:
    return opened(qtbot, SettingsDialog(texts(), fake_store(tmp_path), saved, None))


def test_every_setting_has_a_row_with_its_value_unit_and_origin(
    settings: SettingsDialog, tmp_path: Path
) -> None:
    entries = fake_store(tmp_path / "other").describe()

    assert list(settings.rows) == [entry.key.name for entry in entries]
    assert settings.rows["trading.commission"].text == "0.0003"
    assert "佣金" in settings.rows["trading.commission"].help.text()


@pytest.mark.parametrize(("language", "told"), [
    ("zh", "这个值不能用：应为整数，20 至 10000"),
    ("en", "This value cannot be used: it must be a whole number of 20 to 10000"),
])
def test_a_refused_value_is_told_in_the_readers_language(
    qtbot: QtBot, tmp_path: Path, saved: Saved, language: str, told: str
) -> None:
    dialog = opened(qtbot, SettingsDialog(texts(language), fake_store(tmp_path), saved, None))
    row = dialog.rows["data.max_history_days"]
    row.set_text("9" * 30)

    dialog.save.click()

    assert row.error.text() == told
    assert dialog.isVisible()


def test_a_search_leaves_what_matches_and_says_when_nothing_does(
    settings: SettingsDialog
) -> None:
    settings.search.setText("佣金")
    visible = [name for name, row in settings.rows.items() if row.isVisible()]
    assert "trading.commission" in visible
    assert "http.port" not in visible

    settings.search.setText("no such thing")
    assert settings.none.text() == "没有匹配的设置。"


def test_a_changed_value_is_written_and_applied(
    settings: SettingsDialog, saved: Saved, tmp_path: Path
) -> None:
    settings.rows["ui.theme"].set_text("light")
    settings.rows["ui.red_up"].set_text("false")

    settings._save()

    kept = fake_store(tmp_path).settings.ui
    assert (kept.theme, kept.red_up, saved.times) == ("light", False, 1)
    assert settings.result() == QDialog.DialogCode.Accepted


def test_a_wrong_value_is_refused_in_its_row_and_the_dialog_stays(
    settings: SettingsDialog, tmp_path: Path
) -> None:
    settings.rows["http.port"].set_text("99999999")
    settings.rows["ui.theme"].set_text("light")

    settings._save()

    error = settings.rows["http.port"].error
    assert error.isVisible()
    assert "这个值不能用" in error.text()
    assert settings.isVisible()
    assert fake_store(tmp_path).settings.ui.theme == "light"
