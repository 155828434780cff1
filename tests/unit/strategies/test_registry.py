import hashlib
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.exceptions import ConfigError
from strategies.ma_cross import MaCross
from strategies.registry import SHIPPED_CLASSES, BacktestPlan, load_registry

OWN_CODE = '''
from strategies.ma_cross import MaCross


class Mine(MaCross):
    name = "mine"
'''


def a_state_folder(home: Path, register: object, code: dict[str, str] | None = None) -> Path:
    folder = home / "strategies"
    folder.mkdir()
    text = register if isinstance(register, str) else json.dumps(register)
    (folder / "enabled.json").write_text(text, "utf-8")
    for name, source in (code or {}).items():
        (folder / f"{name}.py").write_text(source, "utf-8")
    return home


def approved(name: str, code: str) -> dict[str, Any]:
    """A register whose only entry approves this code."""
    return {name: {"approved_sha256": hashlib.sha256(code.encode()).hexdigest()}}


def test_every_shipped_strategy_is_registered_and_can_be_built() -> None:
    registry = load_registry()

    assert set(registry.names()) == set(SHIPPED_CLASSES)
    assert [registry.build(name).name for name in registry.names()] == list(registry.names())


def test_ma_cross_is_enabled_with_5_and_20_and_a_plan_of_a_million() -> None:
    (only,) = [each for each in load_registry().enabled() if each.name == "ma_cross"]

    assert load_registry().build("ma_cross").values == {"fast_bars": 5, "slow_bars": 20}
    assert only.plan == BacktestPlan()
    assert only.plan.initial_cash_cny == Decimal("1000000.00")


def test_the_users_file_changes_only_what_it_names(tmp_path: Path) -> None:
    home = a_state_folder(tmp_path, {"ma_cross": {
        "parameters": {"slow_bars": 30},
        "backtest": {"from": "2020-01-02", "symbols": ["600519.SH"]},
    }})

    registration = load_registry(home).registration("ma_cross")

    assert registration.enabled
    assert registration.parameters == {"fast_bars": 5, "slow_bars": 30}
    assert registration.plan == BacktestPlan(first=date(2020, 1, 2), symbols=("600519.SH",))


def test_the_users_file_can_disable_a_shipped_strategy(tmp_path: Path) -> None:
    home = a_state_folder(tmp_path, {"ma_cross": {"enabled": False}})

    assert "ma_cross" not in [each.name for each in load_registry(home).enabled()]


def test_overrides_win_over_the_register() -> None:
    assert load_registry().build("ma_cross", {"fast_bars": 10}).values["fast_bars"] == 10


def test_code_of_the_state_folder_is_not_loaded_unasked(tmp_path: Path) -> None:
    trap = "raise SystemExit('loaded')"
    home = a_state_folder(tmp_path, {"mine": {"enabled": True}}, {"mine": trap})

    with pytest.raises(ConfigError, match="has not been approved"):
        load_registry(home).build("mine")


def test_the_refusal_names_the_hash_that_approves_the_file(tmp_path: Path) -> None:
    home = a_state_folder(tmp_path, {"mine": {}}, {"mine": OWN_CODE})
    with pytest.raises(ConfigError) as refused:
        load_registry(home).build("mine")
    (sha256,) = re.findall(r'"approved_sha256": "([0-9a-f]{64})"', refused.value.remedy)

    register = home / "strategies" / "enabled.json"
    register.write_text(json.dumps({"mine": {"approved_sha256": sha256}}), "utf-8")

    assert isinstance(load_registry(home).build("mine"), MaCross)


def test_a_file_that_was_changed_after_its_approval_is_not_loaded(tmp_path: Path) -> None:
    home = a_state_folder(tmp_path, approved("mine", OWN_CODE), {"mine": OWN_CODE + "\n"})

    with pytest.raises(ConfigError, match="has not been approved as it is now"):
        load_registry(home).build("mine")


def test_loading_the_users_code_writes_nothing_beside_it(tmp_path: Path) -> None:
    home = a_state_folder(tmp_path, approved("mine", OWN_CODE), {"mine": OWN_CODE})

    load_registry(home).build("mine")

    assert sorted(p.name for p in (home / "strategies").iterdir()) == ["enabled.json", "mine.py"]


@pytest.mark.parametrize(
    ("code", "complaint"),
    [("class Other: pass", "no strategy 'mine'"), ("1 / 0", "ZeroDivisionError"),
     ("def (", "SyntaxError")],
)
def test_code_that_does_not_hold_the_strategy_is_refused(
    tmp_path: Path, code: str, complaint: str
) -> None:
    home = a_state_folder(tmp_path, approved("mine", code), {"mine": code})

    with pytest.raises(ConfigError, match=complaint):
        load_registry(home).build("mine")


@pytest.mark.parametrize(
    ("register", "complaint"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[]", "must be a JSON object"),
        ({"ma_cross": 5}, "must be a name with a JSON object"),
        ({"../evil": {}}, "must be a name with a JSON object"),
        ({"ma_cross": {"enable": True}}, "unusable key 'enable'"),
        ({"ma_cross": {"enabled": "yes"}}, "must be true or false"),
        ({"ma_cross": {"approved_sha256": 5}}, "must be a text"),
        ({"ma_cross": {"parameters": [5]}}, "parameters must be"),
        ({"ma_cross": {"backtest": []}}, "unusable key 'backtest'"),
        ({"ma_cross": {"backtest": {"cash": 1}}}, "unusable key 'cash'"),
        ({"ma_cross": {"backtest": {"initial_cash_cny": "-1"}}}, "not an amount above zero"),
        ({"ma_cross": {"backtest": {"initial_cash_cny": "NaN"}}}, "not an amount above zero"),
        ({"ma_cross": {"backtest": {"max_positions": 0}}}, "max_positions is 0"),
        ({"ma_cross": {"backtest": {"max_positions": True}}}, "max_positions is True"),
        ({"ma_cross": {"backtest": {"symbols": "600519.SH"}}}, "must be a list"),
        ({"ma_cross": {"backtest": {"from": "2020-13-01"}}}, "not a date"),
        ({"gone": {"enabled": True}}, "there is no file"),
    ],
)
def test_a_bad_register_is_refused_with_its_reason(
    tmp_path: Path, register: object, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_registry(a_state_folder(tmp_path, register))


def test_a_register_that_is_not_text_is_refused(tmp_path: Path) -> None:
    home = a_state_folder(tmp_path, {})
    (home / "strategies" / "enabled.json").write_bytes(b"\x00\xff\xfe")

    with pytest.raises(ConfigError, match="not JSON"):
        load_registry(home)


def test_an_unknown_strategy_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ConfigError, match=r"the known ones are: .*ma_cross"):
        load_registry().build("martingale")


def test_a_parameter_out_of_bounds_is_refused_when_the_strategy_is_built(tmp_path: Path) -> None:
    register: dict[str, Any] = {"ma_cross": {"parameters": {"fast_bars": 1}}}

    with pytest.raises(ConfigError, match="fast_bars is 1"):
        load_registry(a_state_folder(tmp_path, register)).build("ma_cross")
