from pathlib import Path

import pytest

from config.dead_keys import unread_keys


def a_program(root: Path, code: str) -> Path:
    (root / "ui").mkdir()
    (root / "ui" / "theme.py").write_text(code, "utf-8")
    return root


@pytest.mark.parametrize(
    "code",
    ["a(settings.ui.theme)", "a(self._settings.theme)", "a(ui_settings.theme)",
     "ui = store.settings.ui\na(ui.theme)", "def f(ui: UiSettings): return ui.theme",
     "def f(self, ui: UiSettings): self._ui = ui\ndef g(self): return self._ui.theme"],
)
def test_a_key_is_read_where_the_settings_are_asked_for_it(tmp_path: Path, code: str) -> None:
    unread = unread_keys(a_program(tmp_path, code))

    assert "ui.theme" not in unread
    assert "ui.language" in unread


@pytest.mark.parametrize("code", ["a(replay.speed)", "a(self._market.speed)", "a(market.speed)"])
def test_an_attribute_of_the_same_name_elsewhere_is_no_reading(tmp_path: Path, code: str) -> None:
    assert "market.speed" in unread_keys(a_program(tmp_path, code))
