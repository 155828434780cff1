"""Small lists from files, cell by cell as text, so that no number passes through a float."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

import pyarrow as pa

from core.exceptions import DataError
from data.bar_files import TableFile

TRUE_TEXTS = frozenset({"1", "1.0", "true", "yes", "y"})
FALSE_TEXTS = frozenset({"0", "0.0", "false", "no", "n", ""})
MOST = 10**12                  # of CNY or shares: sums of it still are exact
DAY = re.compile(r"(\d{4})([-/]?)(\d{1,2})\2(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row: its cells by field, empty where unknown, and where it stands."""

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, key: str) -> str:
        return self.cells.get(key, "")

    def refused(self, key: str, why: str) -> DataError:
        return DataError(
            f"{self.file} line {self.line} refused", why=f"{key} is {self.text(key)!r}: {why}",
            remedy="Correct that line; nothing of the file was used",
        )

    @contextmanager
    def naming(self) -> Iterator[None]:
        """A DataError from inside that names no line gets this one."""
        try:
            yield
        except DataError as error:
            place = f"{self.file} line {self.line}"
            if error.what.startswith(place):
                raise
            raise DataError(
                f"{place} refused", why=f"{error.what}: {error.why}", remedy=error.remedy
            ) from None


def rows_of(table: TableFile, columns: Mapping[str, str]) -> Iterator[TextRow]:
    """Every row of the named columns (field -> column) in file order.

    Raises:
        DataError: a line with the wrong number of cells; the line is named.
    """
    wanted = tuple(dict.fromkeys(columns.values()))
    for lines, batch in table.batches(wanted):
        cells = {column: _texts(batch.column(column)) for column in wanted}
        if table.bad_lines:
            break
        for at, line in enumerate(lines.tolist()):
            yield TextRow(table.path.name, line,
                          {key: cells[column][at] for key, column in columns.items()})
    if table.bad_lines:
        bad = table.bad_lines[0]
        raise DataError(
            f"{table.path.name} line {bad.line} refused",
            why=f"it does not have {len(table.columns)} cells: {bad.text[:60]!r}",
            remedy="Correct that line; nothing of the file was used",
        )


def _texts(column: pa.Array) -> list[str]:
    """Cells as text; a whole float (an integer column that held nulls) without its `.0`."""
    if pa.types.is_floating(column.type):
        return ["" if v is None or v != v else repr(v).removesuffix(".0")
                for v in column.to_pylist()]
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return ["" if v is None else str(v).strip() for v in column.to_pylist()]


def needed(row: TextRow, key: str) -> str:
    text = row.text(key)
    if not text:
        raise row.refused(key, "it must not be empty")
    return text


def day_of(row: TextRow, key: str) -> date | None:
    """A date such as 2024-01-02, 2024/1/2 or 20240102; None where the cell is empty."""
    text = row.text(key)
    if not text:
        return None
    match = DAY.fullmatch(text)
    try:
        if match is not None:
            return datetime(int(match[1]), int(match[3]), int(match[4]), tzinfo=UTC).date()
    except ValueError:
        pass
    raise row.refused(key, "it is no date such as 2024-01-02")


def decimal_of(row: TextRow, key: str, *, positive: bool) -> Decimal | None:
    """The exact number of a cell, never through a float; None where it is empty."""
    text = row.text(key)
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise row.refused(key, "it is no number") from None
    if not value.is_finite() or value < 0 or (positive and value == 0):
        raise row.refused(key, "it must be above zero" if positive else "it must not be negative")
    if value > MOST:
        raise row.refused(key, f"it is more than {MOST:,}")
    return value


def flag_of(row: TextRow, key: str) -> bool:
    text = row.text(key).lower()
    if text in TRUE_TEXTS:
        return True
    if text in FALSE_TEXTS:
        return False
    raise row.refused(key, "it must be 1 or 0")
