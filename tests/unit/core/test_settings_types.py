from dataclasses import FrozenInstanceError, fields

import pytest

from core.settings_types import Settings


def test_settings_cannot_be_changed_behind_the_store() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().ui.theme = "light"  # type: ignore[misc]  # that is the point


def test_every_section_is_frozen_too() -> None:
    sections = [getattr(Settings(), field.name) for field in fields(Settings())]

    assert all(section.__dataclass_params__.frozen for section in sections)


def test_the_token_is_not_shown_when_settings_are_logged() -> None:
    from core.settings_types import HttpSettings

    assert "hunter2" not in repr(HttpSettings(token="hunter2"))
