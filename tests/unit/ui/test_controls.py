"""Small controls: figures, button rows, steppers and the search."""

from decimal import Decimal

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.support.fake_services import INSTRUMENTS
from tests.support.window import click, keep, look, press, texts, type_into
from ui.controls import Figure, FlatCombo, Segment, Stepper, SymbolSearch, ToneLabel
from ui.tones import Tone


def test_a_figure_begins_unknown_and_has_room_for_its_sample(qtbot: QtBot) -> None:
    figure = Figure(look(), texts(), "account.equity", "99,999,999.99")
    keep(qtbot, figure)
    figure.resize(figure.sizeHint())

    assert (figure.value, figure.tone) == ("—", Tone.FAINT)
    figure.show_value("99,999,999.99")
    assert figure.fits()
    figure.show_value("99,999,999,999.99")
    assert not figure.fits()
    assert figure.accessibleName() == "总资产"
    assert figure.accessibleDescription() == "99,999,999,999.99"


def test_a_label_is_restyled_only_when_its_meaning_changes(qtbot: QtBot) -> None:
    label = ToneLabel()
    keep(qtbot, label)

    label.show_text("停牌", Tone.WARN)

    assert (label.text(), label.property("tone")) == ("停牌", "warn")


def test_exactly_one_button_of_a_row_is_down_and_a_foreign_value_leaves_all_up(
    qtbot: QtBot
) -> None:
    row, seen = Segment(texts(), "scope", ("mine", "all")), list[str]()
    keep(qtbot, row)
    row.changed.connect(seen.append)

    assert row.chosen == "mine"
    click(row.buttons["all"])
    row.advance()
    row.choose("all")
    assert (row.chosen, seen) == ("all", ["all", "mine"])

    row.choose(None)
    assert not any(button.isChecked() for button in row.buttons.values())


@pytest.mark.parametrize(("typed", "number"), [
    ("10.05", Decimal("10.05")), ("1,200", Decimal(1200)), ("", None), ("ten", None),
    ("nan", None), ("inf", None),
])
def test_a_stepper_reads_numbers_and_nothing_else(
    qtbot: QtBot, typed: str, number: Decimal | None
) -> None:
    stepper = Stepper(texts(), "ticket.price")
    keep(qtbot, stepper)

    type_into(stepper.edit, typed)

    assert stepper.number() == number


def test_keys_and_buttons_step(qtbot: QtBot) -> None:
    stepper, seen = Stepper(texts(), "ticket.price"), list[int]()
    keep(qtbot, stepper)
    stepper.stepped.connect(seen.append)

    press(stepper.edit, Qt.Key.Key_Up)
    press(stepper.edit, Qt.Key.Key_Down)
    click(stepper._more)
    click(stepper._less)

    assert seen == [1, -1, 1, -1]


def test_a_wrong_value_is_outlined(qtbot: QtBot) -> None:
    stepper = Stepper(texts(), "ticket.price")
    keep(qtbot, stepper)

    stepper.mark_wrong(True)

    assert stepper.edit.property("wrong") is True


@pytest.mark.parametrize(("typed", "symbol"), [
    ("688121", "688121.SH"), ("jzxp", "688121.SH"), ("芯片", "688121.SH"),
])
def test_the_search_takes_the_first_hit_on_enter(
    qtbot: QtBot, typed: str, symbol: str
) -> None:
    search, found = SymbolSearch(texts(), "search.placeholder"), list[str]()
    keep(qtbot, search)
    search.set_instruments(INSTRUMENTS)
    search.found.connect(found.append)

    search.type_text(typed)
    search.returnPressed.emit()

    assert found == [symbol]


def test_a_search_without_a_hit_finds_nothing(qtbot: QtBot) -> None:
    search, found = SymbolSearch(texts(), "search.placeholder"), list[str]()
    keep(qtbot, search)
    search.found.connect(found.append)

    search.setText("zzz")
    search.returnPressed.emit()

    assert found == []


def test_a_flat_choice_paints_what_is_chosen(qtbot: QtBot) -> None:
    combo = FlatCombo()
    keep(qtbot, combo)
    combo.addItems(["限价", "市价"])
    combo.resize(120, 24)
    first = combo.grab().toImage()

    combo.setCurrentIndex(1)

    assert combo.grab().toImage() != first


@pytest.mark.parametrize(("typed", "number"), [
    ("300", "300"), ("１００", "100"), ("1,234.50", "1234.50"), (" 36.2 ", "36.2"),
    (".5", "0.5"), ("-5", "-5"),
    ("1e5", None), ("abc", None), ("", None), ("NaN", None), ("Infinity", None), ("1.2.3", None),
    ("9" * 16, None), ("٣٠٠", None),
])
def test_a_number_is_plain_digits_of_a_size_that_can_be_meant(
    qtbot: QtBot, typed: str, number: str | None
) -> None:
    stepper = keep(qtbot, Stepper(texts(), "ticket.shares"))
    stepper.edit.setText(typed)

    assert stepper.number() == (None if number is None else Decimal(number))


def test_ten_thousand_characters_do_not_fit_into_a_field(qtbot: QtBot) -> None:
    stepper = keep(qtbot, Stepper(texts(), "ticket.price"))
    search = keep(qtbot, SymbolSearch(texts(), "search.placeholder"))
    for edit in (stepper.edit, search):
        edit.insert("9" * 10_000)
        assert len(edit.text()) <= 40
