"""The form follows the table of parameters; what it sends is what was typed."""

import pytest
from PyQt6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from core.desk_types import PlanKind, PlanSpec
from core.plan_params import PLAN_PARAMS, ParamKind
from core.types import OrderSide
from tests.support.window import keep, texts
from ui.plan_dialog import PlanDialog
from ui.strings import TABLE


@pytest.fixture
def dialog(qtbot: QtBot) -> PlanDialog:
    return keep(qtbot, PlanDialog(texts("en"), "600102.SH", "Somewhere", 100, None))


def choose(dialog: PlanDialog, kind: PlanKind) -> None:
    dialog.kinds.setCurrentIndex(list(PLAN_PARAMS).index(kind))


def typed(dialog: PlanDialog, name: str, text: str) -> None:
    field = dialog.fields[name]
    assert isinstance(field, QLineEdit)
    field.setText(text)


def test_every_kind_has_a_field_for_each_of_its_parameters(dialog: PlanDialog) -> None:
    for kind, params in PLAN_PARAMS.items():
        choose(dialog, kind)
        assert dialog.kind is kind
        assert list(dialog.fields) == [param.name for param in params]


def test_every_parameter_and_choice_has_a_word() -> None:
    every = [param for params in PLAN_PARAMS.values() for param in params]
    keys = [f"plan_param.{param.name}" for param in every]
    keys += [f"plan_choice.{choice}" for param in every for choice in param.choices]

    assert [key for key in keys if key not in TABLE] == []


def test_what_was_typed_is_sent_with_the_defaults(dialog: PlanDialog) -> None:
    got: list[PlanSpec] = []
    dialog.placed.connect(got.append)
    choose(dialog, PlanKind.STOP)
    dialog.side.buttons["SELL"].click()
    dialog.shares.setText("300")
    typed(dialog, "trigger", "9.50")

    dialog.ok.click()

    (spec,) = got
    assert (spec.kind, spec.side, spec.shares) == (PlanKind.STOP, OrderSide.SELL, 300)
    assert spec.params["trigger"] == "9.50"
    assert "until" not in spec.params


def test_a_missing_parameter_or_number_is_named_and_nothing_is_sent(dialog: PlanDialog) -> None:
    got: list[PlanSpec] = []
    dialog.placed.connect(got.append)
    choose(dialog, PlanKind.STOP)
    dialog.shares.setText("many")

    dialog.ok.click()

    assert got == []
    assert "Trigger" in dialog.problem.text()
    assert "Shares" in dialog.problem.text()


def test_a_like_named_field_keeps_what_was_typed(dialog: PlanDialog) -> None:
    choose(dialog, PlanKind.STOP)
    typed(dialog, "trigger", "9.50")

    choose(dialog, PlanKind.TAKE_PROFIT)

    field = dialog.fields["trigger"]
    assert isinstance(field, QLineEdit)
    assert field.text() == "9.50"


def test_choices_are_offered_as_words(dialog: PlanDialog) -> None:
    choose(dialog, PlanKind.STAGED)
    choices = [p for p in PLAN_PARAMS[PlanKind.STAGED] if p.kind is ParamKind.CHOICE]

    assert dialog.spec is not None
    for param in choices:
        assert not isinstance(dialog.fields[param.name], QLineEdit)
