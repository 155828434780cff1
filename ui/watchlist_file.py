"""The user's watchlist as a small file in the state folder."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path

from core.exceptions import ConfigError
from core.types import Instrument
from ui.viewmodels import TRADED_BOARDS

VERSION = 1
LARGEST_BYTES = 1_000_000
DEFAULT_COUNT = 28
MOST_ASKED = 1_500             # instruments: about a second's reading of the store


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
    instruments: Sequence[Instrument], is_alive: Callable[[str], bool], count: int = DEFAULT_COUNT
) -> tuple[str, ...]:
    """A first list that shows every board: in turn one instrument of each, in order of code.

    `is_alive` says whether an instrument has anything to show; it is asked only until the list
    is full, and of so many at most. Where none of those is alive, the list is of any.
    """
    alive = filter(is_alive, islice(_in_turn(instruments), MOST_ASKED))
    chosen = tuple(islice(alive, count))
    return chosen or tuple(islice(_in_turn(instruments), count))


def _in_turn(instruments: Sequence[Instrument]) -> Iterator[str]:
    """Symbols of the boards that trade here: the first of each, then the second of each."""
    by_board: dict[str, list[str]] = {}
    for instrument in instruments:
        if instrument.board in TRADED_BOARDS:
            by_board.setdefault(instrument.board.value, []).append(instrument.symbol)
    for turn in zip_longest(*by_board.values()):
        yield from (symbol for symbol in turn if symbol is not None)
