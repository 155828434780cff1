from dataclasses import fields
from decimal import Decimal

import pytest

from config.keys import BY_NAME, KEYS, Key, ValueKind
from core.settings_types import Settings

NUMBERS = (ValueKind.INT, ValueKind.DECIMAL)


def test_every_field_of_the_settings_has_exactly_one_key() -> None:
    settings = Settings()
    in_dataclasses = sorted(
        (section.name, field.name)
        for section in fields(settings) for field in fields(getattr(settings, section.name))
    )

    assert sorted((key.section, key.attribute) for key in KEYS) == in_dataclasses


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_key_has_help_in_both_languages_and_bounds_if_it_is_a_number(key: Key) -> None:
    assert key.help_en.endswith(".")
    assert key.help_zh.endswith("。")
    assert (key.limits is not None) == (key.kind in NUMBERS)
    assert bool(key.choices) == (key.kind is ValueKind.CHOICE)


@pytest.mark.parametrize("key", [k for k in KEYS if k.limits], ids=lambda key: key.name)
def test_every_default_lies_within_its_bounds(key: Key) -> None:
    assert key.limits is not None

    assert key.limits[0] <= Decimal(key.text_of(key.value_in(Settings()))) <= key.limits[1]


def test_a_ratio_is_written_in_per_cent() -> None:
    key = BY_NAME["trading.volume_share_pct"]

    assert key.text_of(Decimal("0.125")) == "12.5"
    assert key.text_of(Decimal("1")) == "100"


def test_the_keys_the_manual_fixes_keep_their_defaults() -> None:
    settings = Settings()

    assert (settings.data.max_history_days, settings.data.truth_preserving_cleaning) == (500, True)
    assert settings.trading.commission_ratio == Decimal("0.0003")
    assert (settings.trading.lot_size_shares, settings.trading.mode.value) == (100, "simulation")
