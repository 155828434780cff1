"""The user's watchlist as a small file in the state folder."""

import json
from collections.abc import Sequence
from pathlib import Path

from core.exceptions import ConfigError
from core.types import Instrument
from ui.viewmodels import TRADED_BOARDS

VERSION = 1
LARGEST_BYTES = 1_000_000
DEFAULT_COUNT = 28


def read_watchlist(path: Path) -> tuple[str, ...] | None:
    """None: there is no file yet.

    Raises:
        ConfigError: the file is there and cannot be understood; the caller puts it aside.
    """
    try:
        body = json.loads(path.read_bytes()[:LARGEST_BYTES])
        if body["version"] != VERSION:
            raise ValueError(f"version {body['version']} is not {VERSION}")
        symbols = body["symbols"]
        if not isinstance(symbols, list) or not all(isinstance(s, str) for s in symbols):
            raise ValueError("symbols must be a list of texts")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"the watchlist file {path} cannot be used", why=str(error),
            remedy="A default list is shown; the file is kept beside it",
        ) from None
    return tuple(symbols)


def write_watchlist(path: Path, symbols: Sequence[str]) -> None:
    """Whole or not at all. OSError: it was not written and the old file is as it was."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"version": VERSION, "symbols": list(symbols)}), encoding="utf-8")
    new.replace(path)


def default_watchlist(
    instruments: Sequence[Instrument], count: int = DEFAULT_COUNT
) -> tuple[str, ...]:
    """A first list that shows every board: in turn one instrument of each, in order of code."""
    by_board: dict[str, list[str]] = {}
    for instrument in instruments:
        if instrument.board in TRADED_BOARDS:
            by_board.setdefault(instrument.board.value, []).append(instrument.symbol)
    chosen: list[str] = []
    for turn in range(count):
        for symbols in by_board.values():
            if turn < len(symbols) and len(chosen) < count:
                chosen.append(symbols[turn])
    return tuple(chosen)
