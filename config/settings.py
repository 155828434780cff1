"""Settings: defaults < environment < config.json < command line and settings dialog.

Text of any layer is parsed in one place (config/schema.py); the rest of the program only
sees the frozen values of core/settings_types.py.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from config.keys import BY_NAME, KEYS, Key, SettingValue, ValueKind
from config.paths import StatePaths
from core.exceptions import ConfigError
from core.settings_types import Settings
from core.types import Mode

PREFIX, DELIMITER = "TRADING_", "__"
MAX_FILE_BYTES = 1_000_000
OWNER_ONLY = 0o600
DEFAULT, COMMAND_LINE = "default", "the command line"

Texts = dict[str, str]             # by key name, as a person wrote them


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """One setting as it stands now, for `--doctor`, the settings dialog and the manual."""

    key: Key
    value: str                     # in force, in the unit of the file; a secret is masked
    default: str
    origin: str


class SettingsStore:
    """The settings in force, where each came from, and the only writer of config.json."""

    def __init__(
        self, path: Path, environ: Mapping[str, str], overrides: Mapping[str, str]
    ) -> None:
        self._path = path
        self._environ = {key.name: environ[key.variable]
                         for key in KEYS if environ.get(key.variable)}
        self._chosen = dict(overrides)
        self._file = _read(path)
        self._settings = self._parse(self._file, self._chosen)

    @property
    def settings(self) -> Settings:
        return self._settings

    def origin_of(self, name: str) -> str:
        """`default`, the environment variable, the path of config.json, or `command line`."""
        return self._origins(self._file, self._chosen).get(known(name).name, DEFAULT)

    def describe(self) -> tuple[KeyDescription, ...]:
        origins, defaults = self._origins(self._file, self._chosen), Settings()
        return tuple(
            KeyDescription(
                key=key,
                value=_shown(key, self._settings),
                default=_shown(key, defaults),
                origin=origins.get(key.name, DEFAULT),
            )
            for key in KEYS
        )

    def set(self, name: str, text: str) -> Settings:
        """Keep `text` in config.json and put it in force at once.

        Nothing changes, on disk or in memory, unless the whole result is valid.

        Raises:
            ConfigError: unknown key, bad value, or the file cannot be read or written.
        """
        return self._change({**_read(self._path), known(name).name: text}, name)

    def unset(self, name: str) -> Settings:
        """Take the key out of config.json, so that the layers below speak again."""
        texts = _read(self._path)
        texts.pop(known(name).name, None)
        return self._change(texts, name)

    def _change(self, texts: Texts, name: str) -> Settings:
        chosen = {key: text for key, text in self._chosen.items() if key != name}
        settings = self._parse(texts, chosen)
        if texts != self._file or not self._path.exists():
            _write(self._path, texts)
        self._file, self._chosen, self._settings = texts, chosen, settings
        return settings

    def _origins(self, file: Texts, chosen: Texts) -> dict[str, str]:
        return {
            **{name: BY_NAME[name].variable for name in self._environ},
            **dict.fromkeys(file, str(self._path)),
            **dict.fromkeys(chosen, COMMAND_LINE),
        }

    def _parse(self, file: Texts, chosen: Texts) -> Settings:
        for name in (*file, *chosen):
            known(name)
        if not (self._environ or file or chosen):
            return Settings()      # nothing to parse, so the parser need not be loaded
        from config import schema

        environ = {BY_NAME[name].variable: text for name, text in self._environ.items()}
        parsed = schema.parse(environ, nested(file), nested(chosen),
                              self._origins(file, chosen))
        return _settings_of(parsed)


def load_settings(
    home: Path, environ: Mapping[str, str], overrides: Mapping[str, str] | None = None
) -> SettingsStore:
    """The settings of a state folder. `overrides` are the command line's, by key name.

    Raises:
        ConfigError: a layer holds an unknown key or a bad value, or config.json cannot be
            understood. The file stays as it is.
    """
    _refuse_unknown_variables(environ)
    return SettingsStore(StatePaths(home).config_json, environ, overrides or {})


def known(name: str) -> Key:
    """The key of this name; ConfigError if there is none."""
    if name in BY_NAME:
        return BY_NAME[name]
    raise ConfigError(
        f"setting {name} is not known",
        why="no part of this version reads it",
        remedy="Remove it where it is set, or look up its name in docs/settings.md",
    )


def nested(texts: Texts) -> dict[str, dict[str, str]]:
    """{"ui.theme": "dark"} as {"ui": {"theme": "dark"}}, the shape of config.json."""
    sections: dict[str, dict[str, str]] = {}
    for name, text in texts.items():
        section, leaf = name.split(".", 1)
        sections.setdefault(section, {})[leaf] = text
    return sections


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    """A misspelt TRADING_X__Y would be silently without effect."""
    variables = {key.variable for key in KEYS}
    for name in sorted(environ):
        if name.startswith(PREFIX) and DELIMITER in name and name not in variables:
            raise ConfigError(
                f"environment variable {name} is not known",
                why="no part of this version reads it",
                remedy="Unset it, or look up its name in docs/settings.md",
            )


def _shown(key: Key, settings: Settings) -> str:
    text = key.text_of(key.value_in(settings))
    return "(set)" if key.secret and text else text


def _settings_of(parsed: Mapping[str, object]) -> Settings:
    """The defaults with every parsed value in its place and unit."""
    settings = Settings()
    for name, value in parsed.items():
        key = BY_NAME[name]
        section = replace(getattr(settings, key.section), **{key.attribute: _held(key, value)})
        settings = replace(settings, **{key.section: section})
    return settings


def _held(key: Key, value: object) -> SettingValue:
    """A parsed value in the unit the program holds it in."""
    if key.kind is ValueKind.FILE:
        return Path(str(value)).expanduser() if value else None
    if isinstance(value, Decimal):
        exact = value if key.places is None else value.quantize(Decimal(1).scaleb(-key.places))
        return exact / key.scale
    if key.name == "trading.mode":
        return Mode(value)
    return cast(SettingValue, value)


# ---- config.json -----------------------------------------------------------------------------


def _read(path: Path) -> Texts:
    """Texts by key name from config.json; empty if there is no file."""
    try:
        raw = path.read_bytes() if path.exists() else b"{}"
    except OSError as error:
        raise _file_error(path, error.strerror or str(error)) from error
    if len(raw) > MAX_FILE_BYTES:
        raise _file_error(path, f"it has {len(raw):,} bytes, more than {MAX_FILE_BYTES:,}")
    try:
        tree = json.loads(raw.decode("utf-8-sig"), parse_float=str, parse_int=str,
                          parse_constant=str, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise _file_error(path, str(error)) from None
    if not isinstance(tree, dict) or not all(isinstance(part, dict) for part in tree.values()):
        raise _file_error(path, 'it must hold sections, as in {"ui": {"theme": "dark"}}')
    return {
        f"{section}.{leaf}": _text(path, f"{section}.{leaf}", value)
        for section, part in tree.items()
        for leaf, value in part.items()
    }


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"{', '.join(twice)} stands in it twice")
    return found


def _text(path: Path, name: str, value: object) -> str:
    """A leaf as its text: a number keeps the digits it was written with."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    raise _file_error(path, f"{name} must be a number, a text, true or false")


def _file_error(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path} cannot be read as settings",
        why=why,
        remedy="Correct it or move it away; without it the defaults hold. It was not changed",
    )


def _write(path: Path, texts: Texts) -> None:
    """Whole or not at all: a new file beside it takes its place."""
    fresh = path.with_suffix(".json.new")
    content = json.dumps(nested(dict(sorted(texts.items()))), indent=2, ensure_ascii=False) + "\n"
    try:
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written",
            why=error.strerror or str(error),
            remedy="Free space or correct the rights of the state folder; nothing was changed",
        ) from error
