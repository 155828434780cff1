"""The list of instruments that nobody may trade here: a text file, one code a line."""

from pathlib import Path

from core.exceptions import DataError
from core.symbols import instrument_key


class RestrictedList:
    """Reads the file again whenever it has changed. Owned by the trading thread."""

    def __init__(self, path: Path | None) -> None:
        """`path` None: there is no list, so nothing is on it."""
        self._path = path
        self._read_at: tuple[int, int] | None = None
        self._symbols: frozenset[str] | None = frozenset()

    def symbols(self) -> frozenset[str] | None:
        """Codes in the house's spelling; None while the file cannot be read or understood."""
        if self._path is None:
            return self._symbols
        try:
            stat = self._path.stat()
            changed = stat.st_mtime_ns, stat.st_size
            if changed != self._read_at:
                self._symbols, self._read_at = _parsed(self._path), changed
        except OSError:
            self._read_at = None
            return None
        return self._symbols


def _parsed(path: Path) -> frozenset[str] | None:
    """Empty lines and those that begin with # say nothing; one wrong line makes all unknown."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
        return frozenset(instrument_key(line) for line in lines if line and line[0] != "#")
    except (DataError, UnicodeError, ValueError):
        return None
