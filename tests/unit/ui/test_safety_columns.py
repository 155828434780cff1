"""Every value of the domain has a word in both languages, and every row of each table a cell."""

from enum import Enum
from typing import Any

import pytest

from core.desk_types import (
    Autonomy,
    CaseKind,
    Obstacle,
    PlanKind,
    PlanStatus,
    ProposalStatus,
)
from core.types import KillLevel
from tests.support.fake_safety import FakeAuto, FakePlans, FakeSafety
from tests.support.window import texts
from trading.breaker_table import BREAKERS
from ui.safety_columns import (
    breaker_columns,
    case_columns,
    flatten_columns,
    plan_columns,
    proposal_columns,
)
from ui.strings import TABLE
from ui.tones import Tone

WORDS: dict[str, type[Enum]] = {
    "case": CaseKind, "obstacle": Obstacle, "plan": PlanKind, "plan_status": PlanStatus,
    "proposal": ProposalStatus, "auto.level": Autonomy,
}


@pytest.mark.parametrize("family", WORDS)
def test_every_value_has_a_word(family: str) -> None:
    assert [one for one in WORDS[family] if f"{family}.{one.value}" not in TABLE] == []


def test_every_breaker_has_a_name_in_both_languages() -> None:
    assert [each.name for each in BREAKERS if f"breaker.name.{each.name}" not in TABLE] == []


def test_every_kill_level_has_a_button_and_a_tip() -> None:
    keys = [f"{prefix}safety.level.{level.name}" for level in KillLevel for prefix in ("", "tip.")]

    assert [key for key in keys if key not in TABLE] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_column_has_a_title_and_every_row_a_text(language: str) -> None:
    tables: tuple[tuple[Any, Any], ...] = (
        (breaker_columns, FakeSafety().breakers()), (case_columns, FakeSafety().cases()),
        (flatten_columns, FakeSafety().flatten_plan().result().sales),
        (plan_columns, FakePlans().plans()), (proposal_columns, FakeAuto().proposals()))

    for make, rows in tables:
        for column in make(texts(language)):
            assert f"col.{column.id}" in TABLE
            assert [column.text(row) for row in rows if column.id not in ("reason", "plan_text",
                    "proposal_why") and column.text(row) == ""] == []


def test_a_tripped_breaker_and_an_open_case_stand_out() -> None:
    state = next(c for c in breaker_columns(texts()) if c.id == "breaker_state")
    kind = next(c for c in case_columns(texts()) if c.id == "case_kind")

    assert [state.tone(row) for row in FakeSafety().breakers()] == [Tone.DANGER, Tone.MUTED]
    assert kind.tone(FakeSafety().cases()[0]) is Tone.DANGER


def test_unknown_slippage_is_a_dash_and_known_in_basis_points() -> None:
    slippage = next(c for c in plan_columns(texts()) if c.id == "slippage")

    assert [slippage.text(plan) for plan in FakePlans().plans()] == ["+4.0 bp", "—"]
