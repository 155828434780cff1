"""Bars of any market as canonical CSV or Parquet, each row labelled with its origin."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet

from core.exceptions import DataError
from core.ports import MarketData
from core.types import BarTable, Instrument, Period
from data.chunks import Array
from utils.text_cells import safe_cell
from utils.whole_file import whole_file

OPTIONAL = {       # column of the file -> column of the table
    "prev_close": "prev_close_cny", "adj_factor": "adj_factor", "limit_up": "limit_up_cny",
    "limit_down": "limit_down_cny", "is_st": "is_st", "suspended": "suspended",
}


@runtime_checkable
class TableSource(Protocol):
    """A market that hands out whole tables, previous closes and flags included."""

    def table(self, period: Period, symbols: Sequence[str] = ()) -> BarTable: ...


def export_bars(
    market: MarketData, path: Path, *, period: Period = Period.DAY, symbols: Sequence[str] = ()
) -> int:
    """Write unadjusted bars that have ended by now; return how many rows.

    The suffix chooses the kind: .parquet, anything else is CSV. The file appears whole or not
    at all. The result can be read by `--backtest --data` and by `--import-bars`.

    Raises:
        DataError: nothing to export, or the file cannot be written.
    """
    wanted = sorted(symbols) or [each.symbol for each in market.instruments()]
    schema = _schema(period)
    rows = 0
    with whole_file(path) as part, _writer(part, path, schema) as writer:
        for symbol in wanted:
            batch = _batch(market, symbol, period, schema)
            if batch.num_rows:
                writer.write_batch(batch)
                rows += batch.num_rows
        if rows == 0:
            raise DataError(
                "there are no bars to export",
                why=f"no instrument asked for has {period.value} bars",
                remedy="Check the symbols and the period, or import bars first",
            )
    return rows


def _writer(part: Path, path: Path, schema: pa.Schema) -> Any:
    if path.suffix.lower() in (".parquet", ".pq"):
        return arrow_parquet.ParquetWriter(part, schema, compression="zstd")
    return arrow_csv.CSVWriter(part, schema)


def _schema(period: Period) -> pa.Schema:
    stamp = pa.date32() if period is Period.DAY else pa.timestamp("s")
    prices = [(name, pa.float64()) for name in ("open", "high", "low", "close")]
    return pa.schema([
        ("symbol", pa.string()), ("ts", stamp), *prices, ("volume", pa.float64()),
        ("amount", pa.float64()),
        *((name, pa.int8() if name in ("is_st", "suspended") else pa.float64())
          for name in OPTIONAL),
        ("name", pa.string()), ("origin", pa.string()),
    ])


def _batch(
    market: MarketData, symbol: str, period: Period, schema: pa.Schema
) -> pa.RecordBatch:
    columns, facts = _columns(market, symbol, period)
    rows = len(columns.ts_s)
    instrument = market.instrument(symbol)
    origin = market.origin if instrument is None else instrument.origin
    stamps = columns.ts_s.astype("datetime64[s]")
    arrays = [
        pa.array([symbol] * rows), pa.array(stamps).cast(schema.field("ts").type),
        *(_numbers(getattr(columns, f"{name}_cny")) for name in ("open", "high", "low", "close")),
        _numbers(columns.volume_shares), _numbers(columns.amount_cny),
        *(_flags(facts[n]) if n in ("is_st", "suspended") else _numbers(facts[n])
          for n in OPTIONAL),
        pa.array([_name(instrument)] * rows), pa.array([origin.value] * rows),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _columns(market: MarketData, symbol: str, period: Period) -> tuple[Any, dict[str, Array]]:
    """Bars of one symbol, and the day's facts where the market keeps them beside the bars."""
    if isinstance(market, TableSource):
        table = market.table(period, [symbol])
        return table, {name: getattr(table, column) for name, column in OPTIONAL.items()}
    bars = market.bars(symbol, period)
    return bars, {
        name: np.full(len(bars), -1, dtype=np.int8) if name in ("is_st", "suspended")
        else np.full(len(bars), np.nan) for name in OPTIONAL
    }


def _name(instrument: Instrument | None) -> str:
    return "" if instrument is None else safe_cell(instrument.name)


def _numbers(values: Array) -> pa.Array:
    return pa.array(values, from_pandas=True)          # NaN becomes null: unknown


def _flags(values: Array) -> pa.Array:
    return pa.array(values, mask=values < 0)
