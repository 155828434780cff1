"""Every value of the domain has a word in both languages, and every row of each table a cell."""

import re
from enum import Enum
from typing import Any

import pytest

from core.desk_types import (
    Autonomy,
    BreakerState,
    CaseKind,
    Obstacle,
    PlanKind,
    PlanStatus,
    ProposalStatus,
)
from core.types import KillLevel
from tests.support.fake_safety import FakeAuto, FakePlans, FakeSafety
from tests.support.safety import BOUNDARIES, LIMITS
from tests.support.window import texts
from trading.breaker_table import BREAKERS, BY_NAME, LEAST_QUOTED, Observation
from ui.safety_columns import (
    breaker_columns,
    breaker_reason,
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


def tripped(name: str, text: str) -> BreakerState:
    return BreakerState(name=name, level=KillLevel.PAUSE, tripped=True, text=text,
                        fired_utc=None, times=1)


FIRED = {
    **{name: BY_NAME[name].fires(Observation(**at), LIMITS)
       for name, (at, _) in BOUNDARIES.items()},
    "market_halt ": BY_NAME["market_halt"].fires(
        Observation(quoted=LEAST_QUOTED, halted=LEAST_QUOTED), LIMITS),
    "market_halt  ": BY_NAME["market_halt"].fires(Observation(index_halt=True), LIMITS),
    "disk ": BY_NAME["disk"].fires(Observation(disk_watched=True), LIMITS),
}


@pytest.mark.parametrize("case", FIRED)
def test_why_a_breaker_fired_is_told_in_chinese_with_every_figure(case: str) -> None:
    name, text = case.strip(), FIRED[case]
    told = breaker_reason(texts("zh"), tripped(name, text))

    assert told != text
    assert re.search("[\u4e00-\u9fff]", told)
    assert sorted(re.findall(r"\d+\.?\d*", told)) == sorted(re.findall(r"\d+\.?\d*", text))
    assert sorted(re.findall(r"\d+\.?\d*", breaker_reason(texts("en"), tripped(name, text)))) == (
        sorted(re.findall(r"\d+\.?\d*", text)))


def test_a_sentence_without_its_figures_is_shown_as_the_core_wrote_it() -> None:
    for name in ("daily_loss", "nobody"):
        assert breaker_reason(texts("zh"), tripped(name, "lost 5 somewhere")) == "lost 5 somewhere"


def test_every_breaker_says_what_to_do_in_both_languages() -> None:
    assert [b.name for b in BREAKERS if f"breaker.do.{b.name}" not in TABLE] == []
