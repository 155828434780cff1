"""How fast bars are stored and read: python benchmarks/storage.py [--symbols N] [--days N]

Generates seeded daily bars, stores them, and reads them in the three ways the program does. The
yardstick in the same run is one SQLite row per bar, the obvious layout.
"""

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import apsw
import numpy as np

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.symbols import parse_instrument
from core.types import Adjust, BarTable, Period
from data.chunks import DAY_S
from data.database import MarketDatabase

WANTED = ("open_cny", "high_cny", "low_cny", "close_cny", "volume_shares", "amount_cny")
EPOCH = date(1970, 1, 1)


def code(number: int) -> str:
    """The symbol of the n-th instrument; there are 4,000."""
    return f"{('600', '601', '603', '605')[number // 1000]}{number % 1000:03d}.SH"


def bars(symbols: int, days: int) -> BarTable:
    """A seeded random walk on the fen grid for each symbol, on real sessions up to 2025."""
    rng = np.random.default_rng(7)
    sessions = exchange_calendar().sessions(date(1995, 1, 1), date(2025, 3, 31))[-days:]
    ts_s = np.tile([(day - EPOCH).days * DAY_S for day in sessions], symbols).astype(np.int64)
    rows = symbols * days
    close = np.round(np.exp(rng.normal(0, 0.02, (symbols, days)).cumsum(axis=1)) * 20 + 1, 2)
    close = close.ravel()
    high, low = np.round(close * 1.01, 2), np.round(close * 0.99, 2)
    volume = rng.integers(1_000, 10_000_000, rows).astype(np.float64)
    unknown = np.full(rows, np.nan)
    return BarTable(
        symbols=tuple(code(n) for n in range(symbols)), period=Period.DAY,
        starts=np.arange(symbols + 1) * days, ts_s=ts_s, open_cny=close, high_cny=high,
        low_cny=low, close_cny=close, volume_shares=volume, amount_cny=volume * close,
        prev_close_cny=np.roll(close, 1), adj_factor=np.ones(rows), limit_up_cny=unknown,
        limit_down_cny=unknown, is_st=np.zeros(rows, dtype=np.int8),
        suspended=np.full(rows, -1, dtype=np.int8),
    )


def timed(action: Callable[[], object], rounds: int) -> list[float]:
    """Sorted wall seconds of each round."""
    found = []
    for _ in range(rounds):
        before = time.perf_counter()
        action()
        found.append(time.perf_counter() - before)
    return sorted(found)


def each(action: Callable[[str], object], symbols: tuple[str, ...]) -> list[float]:
    """Sorted wall seconds of one call for each symbol."""
    return sorted(timed(partial(action, symbol), 1)[0] for symbol in symbols)


def line(what: str, seconds: list[float], scale: float, unit: str) -> None:
    middle = statistics.median(seconds) * scale
    late = seconds[int(len(seconds) * 0.99)] * scale
    print(f"{what:<52}{middle:>10.3f} {unit:<12}(p99 {late:.3f}, n {len(seconds)})")


def one_row_per_bar(folder: Path, table: BarTable, symbols: tuple[str, ...]) -> None:
    db = apsw.Connection(str(folder / "rows.db"))
    db.pragma("journal_mode", "wal")
    db.pragma("synchronous", "normal")
    db.execute("CREATE TABLE bars (symbol TEXT, ts INTEGER, o REAL, h REAL, l REAL, c REAL, v REAL,"
               " a REAL, PRIMARY KEY (symbol, ts)) STRICT, WITHOUT ROWID")
    columns = [getattr(table, name).tolist() for name in ("ts_s", *WANTED)]
    names = np.repeat(np.array(table.symbols, dtype=object), np.diff(table.starts)).tolist()

    def store() -> None:
        with db:
            db.executemany("INSERT INTO bars VALUES (?,?,?,?,?,?,?,?)",
                           zip(names, *columns, strict=True))

    per_million = 1e6 / len(table)
    line("rows: write, s per 1M bars", timed(store, 1), per_million, "s")
    line("rows: whole universe to arrays, ms per 1M bars", timed(
        lambda: np.array(db.execute("SELECT ts, o, h, l, c, v, a FROM bars").fetchall()), 1),
        per_million * 1e3, "ms")
    query = "SELECT ts, o, h, l, c, v, a FROM bars WHERE symbol = ? ORDER BY ts DESC LIMIT 500"
    def read(symbol: str) -> None:
        np.array(db.execute(query, (symbol,)).fetchall())

    line("rows: one symbol, 500 bars", each(read, symbols), 1e3, "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=400)
    parser.add_argument("--days", type=int, default=2_500)
    given = parser.parse_args()
    table = bars(given.symbols, given.days)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
          f"SQLite {apsw.sqlite_lib_version()}, {len(table):,} bars")
    with tempfile.TemporaryDirectory() as folder:
        clock = SimClock(datetime(2026, 1, 5, tzinfo=UTC))
        database = MarketDatabase(Path(folder) / "market.db", clock, exchange_calendar())
        per_million = 1e6 / len(table)
        line("chunks: write, s per 1M bars", timed(lambda: database.store_bars(table), 1),
             per_million, "s")
        line("chunks: the same again (all known), s per 1M bars",
             timed(lambda: database.store_bars(table), 3), per_million, "s")
        database.store_instruments([parse_instrument(symbol) for symbol in table.symbols])
        line("chunks: whole universe to arrays, ms per 1M bars",
             timed(lambda: database.table(Period.DAY, fields=WANTED), 9), per_million * 1e3, "ms")
        some = table.symbols[:300]
        for adjust in (Adjust.NONE, Adjust.QFQ):
            newest = partial(database.bars, period=Period.DAY, adjust=adjust, last=500)
            line(f"chunks: one symbol, 500 bars, {adjust.value}", each(newest, some), 1e3, "ms")
        day = exchange_calendar().sessions(date(2025, 3, 3), date(2025, 3, 31))[-1]
        line("chunks: facts of one symbol and day",
             each(partial(database.day_facts, day=day), some), 1e3, "ms")
        database.close()
        size = (Path(folder) / "market.db").stat().st_size
        print(f"{'chunks: bytes a bar on disk':<52}{size / len(table):>10.1f}")
        one_row_per_bar(Path(folder), table, some)


if __name__ == "__main__":
    main()
