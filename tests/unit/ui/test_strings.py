"""The table of texts: complete in both languages, with equal fields, and used as it is written."""

import ast
import re
import string
from pathlib import Path

import pytest

from core.types import (
    Adjust,
    Board,
    KillLevel,
    Mode,
    OrderSide,
    OrderStatus,
    OrderType,
    Origin,
    Period,
    Phase,
    Refusal,
)
from tests.support.risk_cases import CASES
from trading.risk_checks import CATALOGUE
from trading.risk_view import MISSING, unjudged
from ui.commands import COMMANDS, Menu
from ui.strings import TABLE, Texts, resolve_language

UI = Path(__file__).parents[3] / "ui"
FAMILIES = {
    "status": OrderStatus, "side": OrderSide, "type": OrderType, "phase": Phase, "board": Board,
    "mode": Mode, "origin": Origin, "period": Period, "adjust": Adjust,
}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_are_there_with_the_same_fields() -> None:
    assert len(TABLE) > 250
    assert [key for key, (chinese, english) in TABLE.items()
            if not chinese.strip() or not english.strip()
            or fields(chinese) != fields(english)] == []


def test_no_english_text_is_chinese_but_the_button_that_leads_there() -> None:
    assert [key for key, (_, english) in TABLE.items()
            if re.search(r"[\u4e00-\u9fff]", english)] == ["cmd.language"]


def test_every_text_that_the_code_names_is_in_the_table() -> None:
    named = {
        node.args[0].value
        for path in UI.rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and (getattr(node.func, "attr", "") == "tr" or getattr(node.func, "id", "") == "tr")
    }

    assert len(named) > 40
    assert sorted(key for key in named if key not in TABLE) == []


@pytest.mark.parametrize(("family", "kind"), FAMILIES.items(), ids=FAMILIES)
def test_every_value_of_the_domain_has_a_word(family: str, kind: type) -> None:
    assert [one for one in kind if f"{family}.{one.value}" not in TABLE] == []  # type: ignore[attr-defined]  # an Enum


def test_every_kill_level_command_and_menu_has_a_word() -> None:
    wanted = [f"kill.{level.name}" for level in KillLevel]
    wanted += [f"cmd.{command.id}" for command in COMMANDS] + [f"menu.{m.value}" for m in Menu]

    assert [key for key in wanted if key not in TABLE] == []


def test_a_switch_of_language_changes_every_later_answer() -> None:
    texts = Texts("zh")
    before = texts.tr("dock.positions")

    texts.switch("en")

    assert (before, texts.tr("dock.positions")) == ("持仓", "Positions")
    assert texts.rank(5) == "5"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        Texts("zh").switch("fr")


@pytest.mark.parametrize(("wanted", "system", "language"), [
    ("en", "zh_CN", "en"), ("auto", "zh_CN", "zh"), ("auto", "de_DE", "en"), ("zh", "C", "zh"),
])
def test_auto_follows_the_system_and_a_choice_does_not(
    wanted: str, system: str, language: str
) -> None:
    assert resolve_language(wanted, system) == language


def refusal(code: str, **numbers: str) -> Refusal:
    return Refusal(code=code, text="the core's own text", numbers=numbers)


T1 = refusal("T1_SELLABLE", shares="400", sellable="0", locked="400", next_session="2026-09-17")


@pytest.mark.parametrize(("language", "parts"), [
    ("zh", ("要卖 400 股", "今日可卖 0 股", "2026-09-17", "T+1")),
    ("en", ("sell 400", "0 may be sold today", "2026-09-17", "T+1")),
])
def test_the_same_day_sale_is_refused_in_the_readers_language(
    language: str, parts: tuple[str, ...]
) -> None:
    text = Texts(language).refusal(T1)

    assert [part for part in parts if part not in text] == []


@pytest.mark.parametrize(("found", "part"), [
    (refusal("T1_SELLABLE", shares="400", sellable="0", locked="0", next_session=""), "请减少数量"),
    (refusal("CASH", needed="", available="1.00"), "请填写限价"),
    (refusal("CASH", needed="9.00", available="1.00", most="0"), "请先卖出"),
    (refusal("STALE_QUOTE", symbol="600101.SH", most="60", age=""), "还没有行情"),
    (refusal("CASH", needed="977702.9", available="13047.39", most="1300"),
     "需要 977,702.90 元（含费用），可用 13,047.39 元；请减到 1,300 股"),
    (refusal("PHASE", phase="LUNCH", type="LIMIT"), "午间休市"),
    (refusal("KILL", level="3", name="BLOCK"), "交易已锁定"),
])
def test_a_refusal_says_what_fits_its_numbers(found: Refusal, part: str) -> None:
    assert part in Texts("zh").refusal(found)


def test_a_refusal_nobody_has_translated_keeps_the_cores_text() -> None:
    texts = Texts("zh")

    assert texts.refusal(refusal("BRAND_NEW")) == "the core's own text"
    assert texts.refusal(refusal("TICK", price="1")) == "the core's own text"


def test_every_refusal_of_the_order_core_is_translated() -> None:
    codes = {rule.code for rule in CATALOGUE}
    for path in (UI.parent / "trading").glob("*.py"):
        codes |= set(re.findall(r'(?:refused|unjudged|_share)\(\s*"([A-Z0-9_]+)"',
                                path.read_text("utf-8")))

    assert len(codes) > 50
    assert sorted(code for code in codes if f"refusal.{code}" not in TABLE) == []


def test_every_unknown_input_of_a_rule_is_named_in_both_languages() -> None:
    found = unjudged("VAR", "history")

    assert [name for name in MISSING if f"missing.{name}" not in TABLE] == []
    assert Texts("zh").refusal(found) == "规则 VAR 无法判断：无法取得历史价格；请重新启动程序。"
    assert "restart the program" in Texts("en").refusal(found)
    assert Texts("en").refusal(refusal("VAR", missing="brand_new")) == "the core's own text"


REFUSALS = [reason for case in CASES for reason in case.reasons()]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_refusal_that_a_rule_makes_is_said_in_both_languages(language: str) -> None:
    """No field is missing, so nobody reads the core's own English in a Chinese window."""
    texts = Texts(language)
    said = [(reason.code, texts.refusal(reason)) for reason in REFUSALS]

    assert {rule.code for rule in CATALOGUE} <= {code for code, _ in said}
    assert [code for code, text in said if "{" in text or len(text) < 8] == []
    if language == "zh":
        assert [code for code, text in said if not re.search(r"[\u4e00-\u9fff]", text)] == []
        assert [code for code, text in said if "；" not in text and "：" not in text] == []
