from decimal import Decimal

import pytest

from config.schema import parse
from core.exceptions import ConfigError


def test_the_file_wins_over_the_environment_against_the_librarys_own_order() -> None:
    parsed = parse({"TRADING_UI__THEME": "dark"}, {"ui": {"theme": "light"}}, {}, {})

    assert parsed == {"ui.theme": "light"}


def test_numbers_become_decimals_without_a_float_on_the_way() -> None:
    parsed = parse({}, {"trading": {"commission": "0.00030000000000000000001"}}, {}, {})

    assert parsed == {"trading.commission": Decimal("0.00030000000000000000001")}


def test_keys_that_nobody_sets_are_absent() -> None:
    assert parse({}, {}, {}, {}) == {}


def test_the_remedy_names_the_place_of_the_bad_value() -> None:
    with pytest.raises(ConfigError, match=r"Correct ui\.theme in here"):
        parse({}, {"ui": {"theme": "pink"}}, {}, {"ui.theme": "here"})


def test_variables_of_no_known_key_are_not_looked_at() -> None:
    assert parse({"TRADING_UI": "{", "TRADING_X__Y": "1"}, {}, {}, {}) == {}
