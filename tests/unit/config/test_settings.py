import json
import os
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from config.keys import KEYS
from config.settings import load_settings
from core.exceptions import ConfigError
from core.settings_types import Settings
from core.types import Mode

ROOT = Path(__file__).parents[3]
COMMISSION = "TRADING_TRADING__COMMISSION"


def write_config(home: Path, content: object) -> Path:
    path = home / "config.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def commission(home: Path, environ: dict[str, str], overrides: dict[str, str]) -> Decimal:
    return load_settings(home, environ, overrides).settings.trading.commission_ratio


def test_the_order_is_default_environment_file_command_line(tmp_path: Path) -> None:
    environ = {COMMISSION: "0.0001"}

    assert commission(tmp_path, {}, {}) == Decimal("0.0003")
    assert commission(tmp_path, environ, {}) == Decimal("0.0001")
    write_config(tmp_path, {"trading": {"commission": 0.0002}})
    assert commission(tmp_path, environ, {}) == Decimal("0.0002")
    assert commission(tmp_path, environ, {"trading.commission": "0.0004"}) == Decimal("0.0004")


def test_layers_are_merged_key_by_key_within_a_section(tmp_path: Path) -> None:
    write_config(tmp_path, {"ui": {"theme": "light"}})

    ui = load_settings(tmp_path, {"TRADING_UI__RED_UP": "false"}, {"ui.language": "zh"}).settings.ui

    assert (ui.theme, ui.red_up, ui.language) == ("light", False, "zh")


def test_every_value_knows_where_it_came_from(tmp_path: Path) -> None:
    path = write_config(tmp_path, {"ui": {"theme": "light"}})
    store = load_settings(tmp_path, {COMMISSION: "0.0001"}, {"trading.mode": "paper"})

    assert store.origin_of("ui.theme") == str(path)
    assert store.origin_of("trading.commission") == COMMISSION
    assert store.origin_of("trading.mode") == "the command line"
    assert store.origin_of("http.port") == "default"


def test_a_number_keeps_the_digits_it_was_written_with(tmp_path: Path) -> None:
    write_config(tmp_path, '{"trading": {"initial_cash": 123456789012.01, "commission": "1e-4"}}')

    trading = load_settings(tmp_path, {}).settings.trading

    assert str(trading.initial_cash_cny) == "123456789012.01"
    assert trading.commission_ratio == Decimal("0.0001")


def test_the_file_says_per_cent_and_the_program_holds_a_ratio(tmp_path: Path) -> None:
    store = load_settings(tmp_path, {}, {"trading.volume_share_pct": "12.5"})

    assert store.settings.trading.volume_share_ratio == Decimal("0.125")


def test_the_parser_reads_every_default_back_as_the_default(tmp_path: Path) -> None:
    """The start on defaults skips the parser, so both must agree."""
    defaults = {key.name: key.text_of(key.value_in(Settings())) for key in KEYS}

    assert load_settings(tmp_path, {}, defaults).settings == Settings()


def test_a_start_on_defaults_does_not_load_the_parser(tmp_path: Path) -> None:
    code = ("import sys; from pathlib import Path; from config.settings import load_settings; "
            f"load_settings(Path({str(tmp_path)!r}), {{}}); sys.exit('pydantic' in sys.modules)")

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("trading.commission", "NaN"), ("trading.commission", "Infinity"),
        ("trading.commission", "0.5"), ("trading.commission", "-0.0001"),
        ("trading.commission", "three"), ("trading.initial_cash", "5000.005"),
        ("http.port", "80"), ("http.port", "9090.5"), ("http.port", "true"),
        ("ui.red_up", "maybe"), ("ui.theme", "pink"), ("trading.mode", "LIVE"),
        ("market.seed", "9" * 5000),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        load_settings(tmp_path, {}, {name: text})

    assert "the command line" in caught.value.remedy


def test_a_bad_secret_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    write_config(tmp_path, {"http": {"token": ["hunter2"]}})

    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path, {})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", '"ui"', '{"ui": "dark"}', '{"ui": {"theme": null}}',
        '{"ui": {"theme": ["dark"]}}', '{"ui": {"theme": "dark", "theme": "light"}}',
        '{"ui": {"colour": "dark"}}', '{"window": {"theme": "dark"}}', '{"ui": {"theme": NaN}}',
        "[" * 100_000, '{"ui": {"theme": "' + "x" * 1_000_001 + '"}}',
    ],
)
def test_a_config_that_cannot_be_understood_is_refused_and_kept(
    tmp_path: Path, content: str
) -> None:
    path = write_config(tmp_path, content)

    with pytest.raises(ConfigError):
        load_settings(tmp_path, {})

    assert path.read_text("utf-8") == content


def test_a_config_of_random_bytes_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"\x80\xff\x00PK")

    with pytest.raises(ConfigError, match=r"config\.json"):
        load_settings(tmp_path, {})

    assert path.read_bytes() == b"\x80\xff\x00PK"


def test_a_config_saved_by_a_windows_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b'\xef\xbb\xbf{"ui": {"theme": "light"}}\r\n')

    assert load_settings(tmp_path, {}).settings.ui.theme == "light"


def test_a_misspelt_variable_of_ours_is_refused_and_a_foreign_one_ignored(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TRADING_UI__THEM"):
        load_settings(tmp_path, {"TRADING_UI__THEM": "light"})

    foreign = {"TRADING_DATA": "/x", "TRADING_HOME": "/y", "OTHER__KEY": "z"}
    assert load_settings(tmp_path, foreign | {"TRADING_UI__THEME": ""}).settings == Settings()


def test_a_change_is_in_force_at_once_and_after_a_restart(tmp_path: Path) -> None:
    store = load_settings(tmp_path, {}, {"ui.theme": "dark"})

    assert store.set("ui.theme", "light").ui.theme == "light"
    assert store.settings.ui.theme == "light"
    assert load_settings(tmp_path, {}).settings.ui.theme == "light"


def test_the_file_holds_only_what_was_changed_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    store = load_settings(tmp_path, {COMMISSION: "0.0001"})
    store.set("ui.theme", "light")
    store.set("trading.mode", "paper")
    path = tmp_path / "config.json"

    assert json.loads(path.read_text("utf-8")) == {
        "ui": {"theme": "light"}, "trading": {"mode": "paper"}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["config.json"]


def test_taking_a_change_back_lets_the_layer_below_speak(tmp_path: Path) -> None:
    store = load_settings(tmp_path, {COMMISSION: "0.0001"})
    store.set("trading.commission", "0.0002")

    assert store.unset("trading.commission").trading.commission_ratio == Decimal("0.0001")
    assert store.origin_of("trading.commission") == COMMISSION


def test_a_refused_change_leaves_file_and_settings_alone(tmp_path: Path) -> None:
    store = load_settings(tmp_path, {})
    store.set("ui.theme", "light")
    before = (tmp_path / "config.json").read_bytes()

    with pytest.raises(ConfigError):
        store.set("ui.theme", "pink")
    with pytest.raises(ConfigError):
        store.set("ui.colour", "pink")

    assert (tmp_path / "config.json").read_bytes() == before
    assert store.settings.ui.theme == "light"


def test_a_file_broken_since_the_start_is_not_overwritten(tmp_path: Path) -> None:
    store = load_settings(tmp_path, {})
    path = write_config(tmp_path, "{ my notes")

    with pytest.raises(ConfigError):
        store.set("ui.theme", "light")

    assert path.read_text("utf-8") == "{ my notes"


def test_a_change_made_meanwhile_by_hand_survives(tmp_path: Path) -> None:
    store = load_settings(tmp_path, {})
    write_config(tmp_path, {"ui": {"red_up": False}})

    ui = store.set("ui.theme", "light").ui
    assert (ui.theme, ui.red_up) == ("light", False)

    write_config(tmp_path, {"ui": {"red_up": False, "theme": "light", "language": "zh"}})
    ui = store.unset("ui.theme").ui
    assert (ui.theme, ui.red_up, ui.language) == ("dark", False, "zh")


def test_a_disk_that_refuses_the_file_keeps_the_old_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = load_settings(tmp_path, {})
    store.set("ui.theme", "light")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        store.set("ui.theme", "dark")

    assert store.settings.ui.theme == "light"
    assert json.loads((tmp_path / "config.json").read_text("utf-8")) == {"ui": {"theme": "light"}}


def test_the_description_shows_value_default_and_origin_but_no_secret(tmp_path: Path) -> None:
    rows = {row.key.name: row
            for row in load_settings(tmp_path, {}, {"http.token": "hunter2",
                                                    "trading.volume_share_pct": "10"}).describe()}

    assert len(rows) == len(KEYS)
    assert rows["http.token"].value == "(set)"
    share = rows["trading.volume_share_pct"]
    assert (share.value, share.default, share.origin) == ("10", "25", "the command line")


def test_the_mode_is_a_mode_and_the_calendar_a_path(tmp_path: Path) -> None:
    settings = load_settings(
        tmp_path, {}, {"trading.mode": "paper", "data.calendar_file": "~/days.txt"}).settings

    assert settings.trading.mode is Mode.PAPER
    assert settings.data.calendar_file == Path("~/days.txt").expanduser()
