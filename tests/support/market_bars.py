"""Small canonical files and databases for the tests of data/."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as arrow_parquet

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.types import BarTable, Period
from data.chunks import FLOAT_FIELDS
from data.database import MarketDatabase
from data.importer import ImportReport, import_bars

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HEADER = "symbol,ts,open,high,low,close,volume,amount"
SHARED = Path(__file__).parents[3] / "shared" / "data"


def a_row(**changes: object) -> dict[str, Any]:
    """A bar that nothing is wrong with: 600519.SH on Tuesday 2024-01-02."""
    values: dict[str, object] = {
        "symbol": "600519.SH", "ts": "2024-01-02", "open": 10.0, "high": 10.5, "low": 9.8,
        "close": 10.2, "volume": 1000, "amount": 10_100.0,
    }
    return values | changes


def a_csv(path: Path, rows: Iterable[Mapping[str, object]], encoding: str = "utf-8") -> Path:
    """A CSV of these rows; the first row names the columns."""
    listed = list(rows)
    lines = [",".join(listed[0])]
    lines += [",".join("" if v is None else str(v) for v in row.values()) for row in listed]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def a_parquet(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    arrow_parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    return path


def sessions(count: int, first: date = date(2024, 1, 2)) -> list[date]:
    calendar = exchange_calendar()
    return list(calendar.sessions(first, date(2026, 2, 27))[:count])


def a_database(folder: Path, now: datetime = NOW) -> MarketDatabase:
    return MarketDatabase(folder / "market.db", SimClock(now), exchange_calendar())


def imported(
    database: MarketDatabase, *paths: Path, now: datetime = NOW, **options: Any
) -> ImportReport:
    return import_bars(
        database, list(paths), clock=SimClock(now), calendar=exchange_calendar(), **options
    )


def a_table(
    closes: Mapping[str, Iterable[float]], period: Period = Period.DAY,
    first: date = date(2024, 1, 2), ts_s: Iterable[int] | None = None, **columns: Any,
) -> BarTable:
    """Daily bars of some symbols on consecutive sessions, all four prices the close.

    `ts_s` replaces the stamps (for one symbol); `columns` replace whole columns.
    """
    listed = {symbol: list(closes[symbol]) for symbol in sorted(closes)}
    flat = np.array([close for values in listed.values() for close in values])
    epoch = date(1970, 1, 1)
    stamps = [(day - epoch) // timedelta(days=1) * 86_400
              for values in listed.values() for day in sessions(len(values), first)]
    found: dict[str, Any] = {name: np.full(len(flat), np.nan) for name in FLOAT_FIELDS}
    found |= {name: flat.copy() for name in ("open_cny", "high_cny", "low_cny", "close_cny")}
    found["volume_shares"] = np.full(len(flat), 1000.0)
    found["amount_cny"] = flat * 1000
    found |= {name: np.full(len(flat), -1, dtype=np.int8) for name in ("is_st", "suspended")}
    found |= columns
    return BarTable(
        symbols=tuple(listed), period=period,
        starts=np.cumsum([0, *(len(values) for values in listed.values())]),
        ts_s=np.array(stamps if ts_s is None else list(ts_s), dtype=np.int64), **found,
    )


def wall_s(text: str) -> int:
    """Seconds of Shanghai wall time of an ISO stamp."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
