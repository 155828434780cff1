"""The settings as a pydantic-settings model, built from the table in config/keys.py.

Imported only when there is text to parse: this library takes longer to load than everything
else a first start needs, and a start on defaults has nothing to parse.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
)

from config.keys import BY_NAME, KEYS, Key, ValueKind
from core.exceptions import ConfigError

PREFIX, DELIMITER = "TRADING_", "__"
_VARIABLES = frozenset(key.variable for key in KEYS)
PLAIN_TYPES: Mapping[ValueKind, type] = {
    ValueKind.BOOL: bool, ValueKind.INT: int, ValueKind.DECIMAL: Decimal,
    ValueKind.TEXT: str, ValueKind.FILE: str,
}


def _field(key: Key) -> tuple[Any, Any]:
    """(annotation, Field) of one key. No default: an absent key keeps the program's own."""
    annotation: Any = Literal[key.choices] if key.choices else PLAIN_TYPES[key.kind]
    low, high = key.limits or (None, None)
    return annotation | None, Field(
        default=None, description=key.help_en, ge=low, le=high, decimal_places=key.places
    )


def _sections() -> dict[str, Any]:
    """One nested model per section; unknown keys are refused, not dropped."""
    found: dict[str, Any] = {}
    for section, keys in groupby(KEYS, key=lambda key: key.section):
        fields: Any = {key.leaf: _field(key) for key in keys}
        model = create_model(section, __config__=ConfigDict(extra="forbid"), **fields)
        found[section] = (model, Field(default_factory=model))
    return found


class _Environment(EnvSettingsSource):
    """The environment that was handed in, instead of the process's own."""

    def __init__(self, model: type[BaseSettings], environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(model, env_prefix=PREFIX, env_nested_delimiter=DELIMITER,
                         env_ignore_empty=True)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): self._environ[name] for name in _VARIABLES & self._environ.keys()}


def parse(
    environ: Mapping[str, str],
    file: Mapping[str, Mapping[str, str]],
    chosen: Mapping[str, Mapping[str, str]],
    place_of: Mapping[str, str],
) -> dict[str, object]:
    """Typed values by key name, of the keys that any layer sets; later layers win.

    Args:
        environ: variables by name; only those of known keys are looked at.
        file, chosen: text by section and leaf.
        place_of: where the winning text of a key stands, for the error's remedy.

    Raises:
        ConfigError: names the first key of the wrong type or out of bounds.
    """

    class Layered(BaseSettings):
        model_config = {"extra": "forbid"}

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            *_: PydanticBaseSettingsSource,
            **__: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            """First wins. The library would put the environment above the file."""
            return (
                InitSettingsSource(settings_cls, init_kwargs=dict(chosen)),
                InitSettingsSource(settings_cls, init_kwargs=dict(file)),
                _Environment(settings_cls, environ),
            )

    model = create_model("Text", __base__=Layered, **_sections())
    try:
        parsed = model()
    except ValidationError as error:
        raise _config_error(error, place_of) from None
    return _flat(parsed)


def _flat(parsed: BaseModel) -> dict[str, object]:
    return {
        f"{section}.{leaf}": value
        for section, values in parsed.model_dump(exclude_none=True).items()
        for leaf, value in values.items()
    }


def _config_error(error: ValidationError, place_of: Mapping[str, str]) -> ConfigError:
    first = error.errors()[0]
    key = BY_NAME[".".join(str(part) for part in first["loc"][:2])]
    shown = "not valid" if key.secret else repr(str(first["input"]))
    limits = f" of {key.bounds}" if key.bounds else ""
    return ConfigError(
        f"setting {key.name} is {shown}",
        why=f"it must be {key.kind.value}{limits}",
        remedy=f"Correct {key.name} in {place_of[key.name]}",
    )
