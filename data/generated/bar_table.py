"""The generated daily bars as the table a backtest reads, and as a canonical file."""

from datetime import date
from pathlib import Path

import numpy as np

from core.exceptions import DataError
from core.types import BarTable, Origin, Period
from data.chunks import DAY_S
from data.generated.daily import DailyMarket
from data.generated.day_bars import traded
from data.generated.schedule import Mark
from data.generated.streams import Floats

_EPOCH = date(1970, 1, 1)
_NO_LIMIT_RATIO = 50               # an upper limit so far from the reference means no limit


def bar_table(market: DailyMarket, last: date | None = None) -> BarTable:
    """Every traded day up to `last`, by symbol and time. Limits are NaN on limit-free days."""
    order = sorted(range(len(market.fates)), key=lambda row: market.fates[row].instrument.symbol)
    days = np.array([(day - _EPOCH).days for day in market.when.days], np.int64)
    keep = np.stack([traded(market, row) for row in order])
    if last is not None:
        keep &= days <= (last - _EPOCH).days
    rows, sessions = np.nonzero(keep)
    source = np.array(order)[rows]
    columns = market.columns
    scale = np.array([fate.ticks_per_cny for fate in market.fates])[source]

    def cny(name: str) -> Floats:
        prices: Floats = getattr(columns, name)[source, sessions] / scale
        return prices

    reference, up, down = cny("reference"), cny("up"), cny("down")
    free = up > reference * _NO_LIMIT_RATIO
    return BarTable(
        symbols=tuple(market.fates[row].instrument.symbol for row in order),
        starts=np.concatenate([[0], np.cumsum(keep.sum(1))]).astype(np.int64),
        period=Period.DAY, ts_s=days[sessions] * DAY_S,
        open_cny=cny("open"), high_cny=cny("high"), low_cny=cny("low"), close_cny=cny("close"),
        volume_shares=columns.volume[source, sessions].astype(np.float64),
        amount_cny=columns.amount[source, sessions] / 100, prev_close_cny=reference,
        adj_factor=np.asarray(columns.adj_factor[source, sessions]),
        limit_up_cny=np.where(free, np.nan, up), limit_down_cny=np.where(free, np.nan, down),
        is_st=(columns.marks[source, sessions] & Mark.ST > 0).astype(np.int8),
        suspended=np.zeros(len(rows), np.int8),
        names={fate.instrument.symbol: fate.instrument.name for fate in market.fates},
        origin=Origin.GENERATED,
    )


# Column of a canonical file: the field of the table (design, section 3).
_FILE_COLUMNS = {
    "open": "open_cny", "high": "high_cny", "low": "low_cny", "close": "close_cny",
    "volume": "volume_shares", "amount": "amount_cny", "prev_close": "prev_close_cny",
    "adj_factor": "adj_factor", "limit_up": "limit_up_cny", "limit_down": "limit_down_cny",
    "is_st": "is_st", "suspended": "suspended",
}


def write_canonical(table: BarTable, path: Path) -> None:
    """Write Parquet that `--import-bars` and `--data` read; the label stays with every row.

    Raises:
        DataError: the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    counts = np.diff(table.starts)
    symbols = pa.DictionaryArray.from_arrays(
        np.repeat(np.arange(len(table.symbols), dtype=np.int32), counts), list(table.symbols))
    names = pa.DictionaryArray.from_arrays(
        symbols.indices, [table.names[symbol] for symbol in table.symbols])
    columns = {"symbol": symbols, "ts": pa.array(table.ts_s // DAY_S, pa.int32()).cast(pa.date32())}
    columns |= {name: pa.array(getattr(table, field), from_pandas=True)
                for name, field in _FILE_COLUMNS.items()}
    columns |= {"name": names, "origin": pa.array([Origin.GENERATED.value] * len(table))}
    draft = path.with_name(path.name + ".draft")
    try:
        pq.write_table(pa.table(columns), draft, compression="zstd")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise DataError(f"{path} was not written", why=str(error),
                        remedy="Check the folder and the free space") from None
