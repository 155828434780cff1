"""Which strategies there are: the shipped `enabled.json`, overlaid by the state folder's own.

A shipped strategy is a class in SHIPPED_CLASSES and an entry in the file. The user's file,
`strategies/enabled.json` in the state folder, is laid over the shipped one key by key, so it
holds only what differs. A strategy of the user's own stands beside it as `<name>.py`. Its code
is loaded only if its entry holds the file's SHA-256: a person has read exactly this text.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, cast

from core.exceptions import ConfigError
from strategies.base import Strategy
from strategies.ma_cross import MaCross

SHIPPED_CLASSES: Mapping[str, type[Strategy]] = MappingProxyType(
    {shipped.name: shipped for shipped in (MaCross,)}
)
SHIPPED_FOLDER = Path(__file__).parent
REGISTER = "enabled.json"
ENTRY_KEYS = frozenset({"enabled", "parameters", "backtest", "approved_sha256"})
BACKTEST_KEYS = frozenset({"initial_cash_cny", "max_positions", "symbols", "from", "to"})
MOST_POSITIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestPlan:
    """How a strategy is backtested when nothing else is asked for."""

    initial_cash_cny: Decimal = Decimal("1000000.00")
    max_positions: int = 10                 # equal parts of equity, at most so many names
    symbols: tuple[str, ...] = ()           # empty: every symbol there is
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One strategy as the two files describe it."""

    name: str
    enabled: bool
    parameters: Mapping[str, object]
    plan: BacktestPlan
    code: Path | None                       # the user's own file; None: shipped
    approved_sha256: str                    # of the code as a person read it; empty: nobody has


class Registry:
    """The strategies by name. Built by `load_registry`."""

    def __init__(self, registrations: Mapping[str, Registration]) -> None:
        self._registrations = registrations

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._registrations))

    def enabled(self) -> tuple[Registration, ...]:
        return tuple(r for name in self.names() if (r := self._registrations[name]).enabled)

    def registration(self, name: str) -> Registration:
        """Raises ConfigError for a name that stands in neither file."""
        if name not in self._registrations:
            raise ConfigError(
                f"strategy {name!r} is not known",
                why=f"the known ones are: {', '.join(self.names()) or 'none'}",
                remedy="Choose one of them, or add it to strategies/enabled.json in the state "
                       "folder",
            )
        return self._registrations[name]

    def strategy_class(self, name: str) -> type[Strategy]:
        """The class, for its parameters and titles; loads its code."""
        registration = self.registration(name)
        code = registration.code
        if code is None:
            return SHIPPED_CLASSES[name]
        _check_approved(registration, code)
        for candidate in vars(_module_of(name, code)).values():
            if _is_strategy(candidate, name):
                return cast(type[Strategy], candidate)
        raise ConfigError(
            f"{code} holds no strategy {name!r}",
            why=f"it defines no Strategy class whose name is {name!r}",
            remedy=f"Give its class the line: name = {name!r}",
        )

    def build(self, name: str, overrides: Mapping[str, object] | None = None) -> Strategy:
        """A strategy with its registered parameters, `overrides` laid over them.

        Raises:
            ConfigError: unknown strategy, code that is not approved or does not load, or a
                parameter it cannot take.
        """
        values = {**self.registration(name).parameters, **(overrides or {})}
        return self.strategy_class(name)(values)


def _check_approved(registration: Registration, code: Path) -> None:
    sha256 = hashlib.sha256(_bytes(code)).hexdigest()
    if registration.approved_sha256.lower() != sha256:
        raise ConfigError(
            f"strategy {registration.name!r} was not loaded",
            why=f"the code in {code} has not been approved as it is now",
            remedy=f'Read the file; if you trust it, write "approved_sha256": "{sha256}" into the '
                   f"entry {registration.name!r} of strategies/enabled.json in the state folder",
        )


def _is_strategy(candidate: object, name: str) -> bool:
    is_class = isinstance(candidate, type) and issubclass(candidate, Strategy)
    return is_class and getattr(candidate, "name", None) == name


def load_registry(state_folder: Path | None = None) -> Registry:
    """The shipped strategies, overlaid by `strategies/` of the state folder where it exists.

    Raises:
        ConfigError: a file that is not JSON of the expected shape, a strategy without code, or
            a backtest plan out of bounds. Parameters are checked when a strategy is built.
    """
    entries = _read(SHIPPED_FOLDER / REGISTER)
    own_folder = None if state_folder is None else state_folder / "strategies"
    if own_folder is not None and (own_folder / REGISTER).exists():
        for name, entry in _read(own_folder / REGISTER).items():
            entries[name] = _overlaid(entries.get(name, {}), entry)
    registrations = {
        name: _registration(name, entry, own_folder) for name, entry in entries.items()
    }
    return Registry(MappingProxyType(registrations))


def _bad(path: Path | str, what: str, remedy: str) -> ConfigError:
    return ConfigError(f"{path} cannot be used", why=what, remedy=remedy)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _bad(path, error.strerror or str(error), "Restore the file, or remove its entry "
                   "from strategies/enabled.json") from error


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The entries of one register, checked for shape and for misspelled keys."""
    try:
        entries = json.loads(_bytes(path).decode("utf-8"))
    except ValueError as error:
        raise _bad(path, f"it is not JSON: {error}", "Correct or delete the file") from error
    if not isinstance(entries, dict):
        raise _bad(path, "it must be a JSON object", "Correct or delete the file")
    for name, entry in entries.items():
        _check_entry(path, name, entry)
    return entries


def _check_entry(path: Path, name: str, entry: object) -> None:
    if not name.isidentifier() or not isinstance(entry, dict):
        raise _bad(path, f"entry {name!r} must be a name with a JSON object", "Correct the entry")
    for part, known in ((entry, ENTRY_KEYS), (entry.get("backtest", {}), BACKTEST_KEYS)):
        unknown = sorted(set(part) - known) if isinstance(part, dict) else ["backtest"]
        if unknown:
            raise _bad(path, f"{name} has an unusable key {unknown[0]!r}; known are "
                       f"{', '.join(sorted(known))}", "Correct the entry")
    if not isinstance(entry.get("enabled", False), bool):
        raise _bad(path, f"{name}.enabled must be true or false", "Correct the entry")
    if not isinstance(entry.get("approved_sha256", ""), str):
        raise _bad(path, f"{name}.approved_sha256 must be a text", "Correct the entry")
    if not isinstance(entry.get("parameters", {}), dict):
        raise _bad(path, f"{name}.parameters must be a JSON object", "Correct the entry")


def _overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    out = {**below, **above}
    for key in ("parameters", "backtest"):
        if key in below and key in above:
            out[key] = {**below[key], **above[key]}
    return out


def _registration(name: str, entry: Mapping[str, Any], own_folder: Path | None) -> Registration:
    code = None if name in SHIPPED_CLASSES else (own_folder or SHIPPED_FOLDER) / f"{name}.py"
    if code is not None and not code.exists():
        raise _bad(f"strategy {name!r}", f"there is no file {code}",
                   f"Put the code there, or remove {name} from strategies/enabled.json")
    return Registration(
        name=name,
        enabled=entry.get("enabled", False),
        parameters=MappingProxyType(dict(entry.get("parameters", {}))),
        plan=_plan(name, entry.get("backtest", {})),
        code=code,
        approved_sha256=entry.get("approved_sha256", ""),
    )


def _plan(name: str, raw: Mapping[str, Any]) -> BacktestPlan:
    default = BacktestPlan()
    positions = raw.get("max_positions", default.max_positions)
    if type(positions) is not int or not 1 <= positions <= MOST_POSITIONS:
        raise _bad(f"the backtest plan of {name}",
                   f"max_positions is {positions!r}, not a whole number from 1 to "
                   f"{MOST_POSITIONS}", "Correct it in strategies/enabled.json")
    symbols = raw.get("symbols", [])
    if not isinstance(symbols, list) or not all(isinstance(s, str) for s in symbols):
        raise _bad(f"the backtest plan of {name}", "symbols must be a list of texts",
                   "Correct it in strategies/enabled.json")
    return BacktestPlan(
        initial_cash_cny=_cash(name, raw.get("initial_cash_cny", default.initial_cash_cny)),
        max_positions=positions,
        symbols=tuple(symbols),
        first=_day(name, "from", raw.get("from")),
        last=_day(name, "to", raw.get("to")),
    )


def _cash(name: str, value: object) -> Decimal:
    try:
        cash_cny = Decimal(str(value))
    except InvalidOperation:
        cash_cny = Decimal(0)
    if not cash_cny.is_finite() or cash_cny <= 0:
        raise _bad(f"the backtest plan of {name}",
                   f"initial_cash_cny is {value!r}, not an amount above zero",
                   "Correct it in strategies/enabled.json")
    return cash_cny.quantize(Decimal("0.01"))


def _day(name: str, key: str, value: object) -> date | None:
    try:
        return None if value is None else date.fromisoformat(str(value))
    except ValueError as error:
        raise _bad(f"the backtest plan of {name}", f"{key} is {value!r}, not a date",
                   "Write it as 2024-03-08, or null") from error


def _module_of(name: str, path: Path) -> ModuleType:
    """Load a user's file under a name of its own, without writing compiled files beside it."""
    spec = spec_from_file_location(f"user_strategy_{name}", path)
    if spec is None or spec.loader is None:
        raise _bad(path, "it is not a Python file", "Give it the ending .py")
    module = module_from_spec(spec)
    wrote_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a user's file may raise anything
        raise _bad(path, f"{type(error).__name__}: {error}", "Correct the file") from error
    finally:
        sys.dont_write_bytecode = wrote_bytecode
    return module
