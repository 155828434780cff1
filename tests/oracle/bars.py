"""Canonical bars for the oracle: read with pyarrow, held per symbol, whole numbers on demand."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

Columns = Mapping[str, Sequence[Any]]
RawBars = Mapping[str, Columns]

SPELLINGS = {"preclose": "prev_close", "pre_close": "prev_close"}
NO_LIMIT_FROM_CNY = 99_999.99
FLOAT_NOISE_E4 = 1e-4
PRICE_COLUMNS = ("open", "high", "low", "close", "prev_close", "limit_up", "limit_down")


def price_e4(value: Any) -> int | None:
    """A price in 1/10,000 CNY; None where it is not known. Half up beyond the fourth decimal."""
    if value is None or math.isnan(value):
        return None
    return math.floor(Fraction(repr(float(value))) * 10_000 + Fraction(1, 2))


def prices_e4(values: Sequence[Any]) -> list[int | None]:
    """A column of prices. Fast where all have at most four decimals, as prices do."""
    array = np.array([math.nan if value is None else value for value in values], np.float64)
    scaled = array * 10_000
    nearest = np.rint(scaled)
    if np.nanmax(np.abs(scaled - nearest), initial=0.0) > FLOAT_NOISE_E4:
        return [price_e4(value) for value in array.tolist()]
    return [None if math.isnan(value) else int(value) for value in nearest.tolist()]


def number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def is_set(value: Any) -> bool:
    """A flag column: unknown is not set."""
    return value is not None and not math.isnan(value) and bool(value)


def published_limit_e4(value: Any) -> int | None:
    """A published limit price; sentinels (-1, 0, 99999.99, 1000000000) mean that there is none."""
    known = number(value)
    if known is None or known <= 0 or known >= NO_LIMIT_FROM_CNY:
        return None
    return price_e4(known)


class SymbolBars:
    """Daily bars of one symbol, oldest first."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.days: list[date] = [as_date(value) for value in columns["ts"]]
        self.row_of = {day: row for row, day in enumerate(self.days)}

        self._prices: dict[str, list[int | None]] = {}

    def has(self, column: str) -> bool:
        return column in self._columns

    def price(self, column: str, row: int) -> int | None:
        if column not in self._columns:
            return None
        if column not in self._prices:
            self._prices[column] = prices_e4(self._columns[column])
        found = self._prices[column][row]
        return found if found is not None and found > 0 else None      # nothing costs zero

    def last_row(self, day: date) -> int:
        """The last row on or before a day; -1 where there is none."""
        return bisect_right(self.days, day) - 1

    def limit(self, column: str, row: int) -> int | None:
        if column not in self._columns:
            return None
        return published_limit_e4(self._columns[column][row])

    def flag(self, column: str, row: int) -> bool:
        return column in self._columns and is_set(self._columns[column][row])

    def volume(self, row: int) -> Fraction | None:
        known = number(self._columns["volume"][row])
        return None if known is None else Fraction(known)

    def adj_factor(self, row: int) -> float | None:
        if "adj_factor" not in self._columns:
            return None
        return number(self._columns["adj_factor"][row])


def as_date(value: Any) -> date:
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[D]").item()
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.date() if isinstance(value, datetime) else value


def read_bars(paths: Iterable[Path], symbols: set[str] | None = None) -> dict[str, SymbolBars]:
    """Bars of canonical CSV and Parquet files, by symbol; later files add later days."""
    out: dict[str, SymbolBars] = {}
    for path in paths:
        table = _read_table(path)
        names = [SPELLINGS.get(name, name) for name in table.column_names]
        table = table.rename_columns(names)
        for symbol, columns in _by_symbol(table).items():
            if symbols is None or symbol in symbols:
                out[symbol] = SymbolBars(columns)
    return out


def _read_table(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_table(path)
    types = dict.fromkeys(PRICE_COLUMNS, pa.float64())
    options = pyarrow.csv.ConvertOptions(column_types=types)
    return pyarrow.csv.read_csv(path, convert_options=options)


def _by_symbol(table: pa.Table) -> dict[str, Columns]:
    """Split by symbol; within a symbol by day. The file's own row order does not matter."""
    symbols = np.asarray(table["symbol"].combine_chunks().to_numpy(zero_copy_only=False), str)
    days = table["ts"].combine_chunks().cast(pa.date32()).to_numpy(zero_copy_only=False)
    order = np.lexsort((days, symbols))
    numbers = {
        name: _numbers(table[name])[order]
        for name in table.column_names
        if name not in {"symbol", "ts"} and not _is_text(table[name].type)
    }
    symbols, days = symbols[order], days[order]
    firsts = np.flatnonzero(np.r_[True, symbols[1:] != symbols[:-1]]).tolist()
    out: dict[str, Columns] = {}
    for first, end in zip(firsts, [*firsts[1:], len(symbols)], strict=True):
        columns: dict[str, Any] = {name: values[first:end] for name, values in numbers.items()}
        out[str(symbols[first])] = columns | {"ts": days[first:end].astype("O")}
    return out


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _numbers(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.float64]]:
    """float64 with NaN for null; exact for prices and for share counts below 2**53."""
    array = column.combine_chunks()
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    return np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
