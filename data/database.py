"""All SQL for market data: bars in chunks, instruments, the list of imports.

One file, `market.db`, WAL, `synchronous=NORMAL`: it may be rebuilt by importing again. Every
thread reads through its own connection; one writer at a time, each batch whole or not at all.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import numpy as np

from core.calendar import TradingCalendar
from core.exceptions import DataError
from core.money import from_e4
from core.ports import Clock
from core.rules import to_shanghai
from core.types import (
    ActionRow,
    Adjust,
    BarColumns,
    BarTable,
    DayFacts,
    Instrument,
    Origin,
    Period,
)
from data import chunks, merging, series
from data.chunks import DAY_S, Array
from data.instruments import instrument_of, instrument_row
from data.market_file import MarketFile

EPOCH = date(1970, 1, 1)
WINDOW_CHUNKS = 2              # read back for "the bar before this day"


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What one batch changed. Rows of the batch that were refused are given by index."""

    stored: int
    known: int                 # already there, equal
    replaced: int
    conflicts: Array           # row numbers of the batch: another value is stored for that time


@dataclass(frozen=True, slots=True)
class ImportMark:
    """How far a file was imported; it counts only for the very same file."""

    size: int
    mtime_ns: int
    rows_done: int
    complete: bool             # 0 or 1 as read back


class MarketDatabase:
    """Bars and instruments of one state folder; MarketData and ReferenceData of core/ports.

    Raises DataError from every method when the file is corrupt, locked by another program,
    or the disk is full; what was stored before stays as it was.
    """

    def __init__(self, path: Path, clock: Clock, calendar: TradingCalendar) -> None:
        self.path = path
        self._clock, self._calendar = clock, calendar
        self._file = MarketFile(path)
        self._local = threading.local()

    def close(self) -> None:
        """Close every connection; the object is of no use afterwards."""
        self._file.close()

    # ---- writing -------------------------------------------------------------------------

    def store_bars(
        self, table: BarTable, doubts: Array | None = None, *, replace: bool = False,
        mark: tuple[Path, ImportMark] | None = None,
    ) -> StoreResult:
        """Merge bars by time, and note how far the file was read, in one transaction.

        Args:
            table: sorted by symbol and time, no time twice.
            doubts: int8 bits of data/quality.py per row; None: no doubts.
            replace: where another value is stored for the same time, the new one wins.
        """
        with self._file.writing() as db:
            merge = _Upsert(db, self._file.corrupt, table, doubts, replace=replace)
            for number, symbol in enumerate(table.symbols):
                merge.symbol(symbol, int(table.starts[number]), int(table.starts[number + 1]))
            days = np.unique(table.ts_s // DAY_S).tolist()
            db.executemany(
                "INSERT OR IGNORE INTO bar_days VALUES (?, ?)",
                ((table.period.value, day) for day in days),
            )
            if mark is not None:
                self._mark(db, *mark)
        return merge.result()

    def mark_import(self, path: Path, mark: ImportMark) -> None:
        """Note how far a file was imported."""
        with self._file.writing() as db:
            self._mark(db, path, mark)

    def _mark(self, db: apsw.Connection, path: Path, mark: ImportMark) -> None:
        db.execute(
            "INSERT OR REPLACE INTO imports VALUES (?, ?, ?, ?, ?, ?)",
            (str(path.resolve()), mark.size, mark.mtime_ns, mark.rows_done, mark.complete,
             self._clock.now_utc().isoformat()),
        )

    def import_mark(self, path: Path) -> ImportMark | None:
        """How far this path was imported before."""
        rows = self._all(
            "SELECT size, mtime_ns, rows_done, complete FROM imports WHERE path = ?",
            (str(path.resolve()),),
        )
        return ImportMark(*rows[0]) if rows else None

    def store_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Add instruments, or replace what is known of them."""
        with self._file.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO instruments VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                [instrument_row(instrument) for instrument in instruments],
            )

    # ---- reference data ------------------------------------------------------------------

    @property
    def origin(self) -> Origin:
        """Generated if anything in here is: the label is never lost."""
        found = {instrument.origin for instrument in self.instruments()}
        return Origin.GENERATED if Origin.GENERATED in found else Origin.IMPORTED

    def instruments(self) -> Sequence[Instrument]:
        """Every known instrument by symbol."""
        return tuple(self._known().values())

    def instrument(self, symbol: str) -> Instrument | None:
        return self._known().get(symbol)

    def _known(self) -> dict[str, Instrument]:
        """This thread's instruments by symbol, read again only after somebody has written."""
        with self._file.reading() as db:
            version = int(db.pragma("data_version"))
        if getattr(self._local, "version", None) != version:
            rows = self._all("SELECT * FROM instruments ORDER BY symbol")
            self._local.known = {each.symbol: each for each in map(instrument_of, rows)}
            self._local.version = version
        found: dict[str, Instrument] = self._local.known
        return found

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        """What was known of the symbol before `day` opened, as far as the stored bars tell.

        The reference price is the day's own `prev_close`, else the close before it. A past
        recorded day without a bar of the symbol, or with volume 0, counts as suspended.
        """
        instrument = self.instrument(symbol)
        if instrument is None:
            return None
        columns = self._daily_until(symbol, day)
        today = _row_at(columns, day)
        of_day = {name: array[today:today + 1] if today >= 0 else array[:0]
                  for name, array in columns.items()}
        before = columns["close_cny"][:today] if today >= 0 else columns["close_cny"]
        return DayFacts(
            instrument=instrument, day=day,
            reference_cny=_price(of_day["prev_close_cny"], -1) or _price(before, -1),
            st=bool((of_day["is_st"] == 1).any()),
            suspended=self._suspended(of_day, day),
            listed_sessions=self._listed_sessions(instrument, day),
            limit_up_cny=_price(of_day["limit_up_cny"], -1),
            limit_down_cny=_price(of_day["limit_down_cny"], -1),
        )

    def action(self, symbol: str, day: date) -> ActionRow | None:
        """Derived where the factor changes: the fall of the reference price, as cash.

        A reference above the close before it takes nothing from the holder (None).
        """
        columns = self._daily_until(symbol, day)
        today = _row_at(columns, day)
        if today < 1:
            return None
        factors = columns["adj_factor"][today - 1:today + 1]
        close_cny = _price(columns["close_cny"], today - 1)
        reference_cny = _price(columns["prev_close_cny"], today)
        if not np.isfinite(factors).all() or factors[0] == factors[1]:
            return None
        if close_cny is None or reference_cny is None or reference_cny >= close_cny:
            return None
        return ActionRow(symbol=symbol, ex_date=day, derived=True,
                         cash_per_share_cny=close_cny - reference_cny)

    def _daily_until(self, symbol: str, day: date) -> dict[str, Array]:
        """Daily bars of the last chunks up to `day`, its own included; minutes fill in."""
        last_s = _midnight_s(day)
        columns = self._read(symbol, Period.DAY, last_s, WINDOW_CHUNKS)
        newest = columns["ts_s"][-1] if len(columns["ts_s"]) else -1
        if newest >= last_s:
            return columns
        for period in series.finer_than(Period.DAY):
            minutes = self._read(symbol, period, last_s - 1, WINDOW_CHUNKS)
            if len(minutes["ts_s"]) and minutes["ts_s"][-1] >= newest + DAY_S:
                return series.aggregate(minutes, Period.DAY)
        return columns

    def _suspended(self, of_day: dict[str, Array], day: date) -> bool:
        """From the day's own bar (none or one row); what nobody can know yet is False."""
        if (of_day["suspended"] >= 0).any():
            return bool(of_day["suspended"][0])
        if day >= to_shanghai(self._clock.now_utc()).date():
            return False
        if len(of_day["ts_s"]):
            return bool(of_day["volume_shares"][0] == 0)
        return bool(self._all(
            "SELECT 1 FROM bar_days WHERE period = ? AND day = ?",
            (Period.DAY.value, _midnight_s(day) // DAY_S),
        ))

    def _listed_sessions(self, instrument: Instrument, day: date) -> int | None:
        if instrument.list_date is None or day > self._calendar.last:
            return None
        return self._calendar.session_number(instrument.list_date, day) or None

    # ---- bars ----------------------------------------------------------------------------

    def sessions(self, period: Period) -> Sequence[date]:
        """Days up to today with bars of this period, ascending."""
        today = to_shanghai(self._clock.now_utc()).date()
        return [day for day in self.recorded_days(period) if day <= today]

    def recorded_days(self, period: Period) -> Sequence[date]:
        """Every stored day, those after the clock's now included: for replays only."""
        rows = self._all("SELECT day FROM bar_days WHERE period = ? ORDER BY day", (period.value,))
        return [EPOCH + timedelta(days=day) for (day,) in rows]

    def bars(
        self, symbol: str, period: Period, adjust: Adjust = Adjust.NONE, *, last: int | None = None
    ) -> BarColumns:
        """At most `last` newest bars that have ended by now; made of finer ones if need be."""
        columns = self._ended(symbol, period, last)
        if adjust is not Adjust.NONE and len(columns["ts_s"]):
            columns = self._adjusted(symbol, period, adjust, columns)
        instrument = self.instrument(symbol)
        return BarColumns(
            symbol=symbol, period=period, adjust=adjust,
            origin=Origin.IMPORTED if instrument is None else instrument.origin,
            **{name: columns[name] for name in (
                "ts_s", *series.PRICES, "volume_shares", "amount_cny")},
        )

    def _ended(self, symbol: str, period: Period, last: int | None) -> dict[str, Array]:
        now_s = self._now_s()
        columns = self._newest(symbol, period, now_s, last)
        if len(columns["ts_s"]):
            return columns
        for finer in series.finer_than(period):
            ratio = series.LENGTHS[period] // series.LENGTHS[finer] + 1
            parts = self._newest(symbol, finer, now_s, None if last is None else (last + 2) * ratio)
            if len(parts["ts_s"]):
                whole = series.aggregate(parts, period)
                whole = _until(whole, series.end_s(period, whole["ts_s"]), now_s)
                return whole if last is None else _tail(whole, last)
        return columns

    def _newest(
        self, symbol: str, period: Period, now_s: int, last: int | None
    ) -> dict[str, Array]:
        """Stored bars of exactly this period that have ended by `now_s`."""
        limit_s = now_s - series.CLOSE_S if period is Period.DAY else now_s
        parts: list[dict[str, Array]] = []
        wanted = last
        for row in self._chunk_rows(symbol, period, limit_s):
            columns = self._unpacked(symbol, row, limit_s, wanted)
            parts.append(columns)
            if wanted is not None:
                wanted -= len(columns["ts_s"])
                if wanted <= 0:
                    break
        return _joined(parts)

    def _unpacked(
        self, symbol: str, row: tuple[int, int, str, int, bytes], limit_s: int, wanted: int | None
    ) -> dict[str, Array]:
        rows, last_s, layout, crc, body = row
        if chunks.crc_of(body) != crc:
            raise self._file.corrupt(f"a block of {symbol} does not match its checksum")
        if last_s <= limit_s:
            start = 0 if wanted is None else max(0, rows - wanted)
            return chunks.unpack(layout, body, rows, start)
        columns = chunks.unpack(layout, body, rows)
        columns = _until(columns, columns["ts_s"], limit_s)
        return columns if wanted is None else _tail(columns, wanted)

    def _read(self, symbol: str, period: Period, limit_s: int, blocks: int) -> dict[str, Array]:
        """Bars stamped up to `limit_s`, at least the last of them, out of `blocks` chunks."""
        parts = []
        for row in self._chunk_rows(symbol, period, limit_s):
            parts.append(self._unpacked(symbol, row, limit_s, None))
            if len(parts) == blocks:
                break
        return _joined(parts)

    def _chunk_rows(
        self, symbol: str, period: Period, limit_s: int
    ) -> Iterator[tuple[int, int, str, int, bytes]]:
        """Newest chunk first."""
        with self._file.reading() as db:
            yield from db.execute(
                "SELECT rows, last_s, layout, crc, body FROM bar_chunks"
                " WHERE period = ? AND symbol = ? AND first_s <= ? ORDER BY chunk DESC",
                (period.value, symbol, limit_s),
            )

    def _adjusted(
        self, symbol: str, period: Period, adjust: Adjust, columns: dict[str, Array]
    ) -> dict[str, Array]:
        """Factors come from the daily bars up to today: an ex-date is known before its open."""
        today_s = self._now_s() // DAY_S * DAY_S
        days = self._newest(symbol, Period.DAY, today_s + series.CLOSE_S, None)
        day_factors = series.ex_factors(days)
        factors = series.factors_at(columns["ts_s"], days["ts_s"], day_factors)
        first = day_factors[0] if len(day_factors) else 1.0
        anchor = factors[-1] if adjust is Adjust.QFQ else first
        return series.adjusted(columns, factors, float(anchor), adjust)

    def table(
        self, period: Period, symbols: Sequence[str] = (), *, fields: Sequence[str] = chunks.FIELDS
    ) -> BarTable:
        """Every stored bar of a period that has ended by now, as columns; for whole universes.

        Args:
            symbols: empty means all.
            fields: columns of data/chunks.py that are wanted; the others come out empty.
        """
        limit_s = self._now_s() - (series.CLOSE_S if period is Period.DAY else 0)
        rows = self._table_rows(period, symbols, limit_s)
        for symbol, _, _, crc, body in rows:
            if chunks.crc_of(body) != crc:
                raise self._file.corrupt(f"a block of {symbol} does not match its checksum")
        blocks = [(layout, body, count) for _, count, layout, _, body in rows]
        out = chunks.unpack_many(blocks, {"ts_s", *fields})
        return _table(period, [(row[0], row[1]) for row in rows], out, limit_s, self.origin)

    def _table_rows(
        self, period: Period, symbols: Sequence[str], limit_s: int
    ) -> list[tuple[str, int, str, int, bytes]]:
        query = (
            "SELECT symbol, rows, layout, crc, body FROM bar_chunks"
            " WHERE period = ? AND first_s <= ? {} ORDER BY symbol, chunk"
        )
        if not symbols:
            return self._all(query.format(""), (period.value, limit_s))
        found = []
        for symbol in sorted(set(symbols)):
            found += self._all(query.format("AND symbol = ?"), (period.value, limit_s, symbol))
        return found

    def day_bars(
        self, period: Period, day: date, symbols: Sequence[str] = ()
    ) -> dict[str, dict[str, Array]]:
        """All columns of one day by symbol, whatever the clock says: for replays only."""
        first_s = _midnight_s(day)
        chunk = int(chunks.chunk_of(period, np.array([first_s]))[0])
        rows = self._all(
            "SELECT symbol, rows, layout, crc, body FROM bar_chunks"
            " WHERE period = ? AND chunk = ? AND first_s < ? AND last_s >= ? ORDER BY symbol",
            (period.value, chunk, first_s + DAY_S, first_s),
        )
        wanted = set(symbols)
        found = {}
        for symbol, count, layout, crc, body in rows:
            if wanted and symbol not in wanted:
                continue
            if chunks.crc_of(body) != crc:
                raise self._file.corrupt(f"a block of {symbol} does not match its checksum")
            columns = chunks.unpack(layout, body, count)
            inside = slice(*np.searchsorted(columns["ts_s"], (first_s, first_s + DAY_S)))
            if inside.start < inside.stop:
                found[symbol] = {name: array[inside] for name, array in columns.items()}
        return found

    def bar_symbols(self, period: Period) -> list[str]:
        """Symbols with bars of this period, sorted."""
        return [symbol for (symbol,) in self._all(
            "SELECT DISTINCT symbol FROM bar_chunks WHERE period = ? ORDER BY symbol",
            (period.value,),
        )]

    def _now_s(self) -> int:
        wall = to_shanghai(self._clock.now_utc()).replace(tzinfo=UTC)
        return int(wall.timestamp())

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._file.reading() as db:
            found: list[tuple[Any, ...]] = db.execute(query, values).fetchall()
            return found


class _Upsert:
    """One batch on its way into the chunks, inside one transaction."""

    def __init__(
        self, db: apsw.Connection, corrupt: Callable[[str], DataError], table: BarTable,
        doubts: Array | None, *, replace: bool,
    ) -> None:
        self._db, self._corrupt, self._replace = db, corrupt, replace
        self._period = table.period
        self._columns = _columns_of(table, doubts)
        self._encoder = chunks.ChunkEncoder(self._columns)
        self._chunks = chunks.chunk_of(table.period, table.ts_s)
        self._stored = self._known = self._replaced = 0
        self._conflicts: list[Array] = []

    def symbol(self, symbol: str, start: int, stop: int) -> None:
        """Store rows `start` up to `stop`, which are one symbol's in order of time."""
        if start == stop:
            return
        numbers = self._chunks[start:stop]
        edges = [start, *(np.flatnonzero(np.diff(numbers)) + 1 + start).tolist(), stop]
        held = self._held(symbol, int(numbers[0]), int(numbers[-1]))
        rows = []
        for first, last in itertools.pairwise(edges):
            chunk = int(self._chunks[first])
            found = held.get(chunk)
            row = (
                self._merged(symbol, found, first, last) if found
                else self._fresh(first, last)
            )
            if row is not None:
                rows.append((self._period.value, symbol, chunk, *row))
        self._db.executemany(
            "INSERT OR REPLACE INTO bar_chunks"
            " (period, symbol, chunk, rows, first_s, last_s, layout, crc, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows,
        )

    def result(self) -> StoreResult:
        conflicts = np.concatenate(self._conflicts) if self._conflicts else np.empty(0, np.int64)
        return StoreResult(self._stored, self._known, self._replaced, conflicts)

    def _held(self, symbol: str, first: int, last: int) -> dict[int, tuple[Any, ...]]:
        rows = self._db.execute(
            "SELECT chunk, rows, layout, crc, body FROM bar_chunks"
            " WHERE period = ? AND symbol = ? AND chunk BETWEEN ? AND ?",
            (self._period.value, symbol, first, last),
        )
        return {row[0]: row[1:] for row in rows}

    def _fresh(self, first: int, last: int) -> tuple[Any, ...]:
        self._stored += last - first
        body = self._encoder.body(first, last)
        ts_s = self._columns["ts_s"]
        return (last - first, int(ts_s[first]), int(ts_s[last - 1]), self._encoder.layout,
                chunks.crc_of(body), body)

    def _merged(
        self, symbol: str, held: tuple[Any, ...], first: int, last: int
    ) -> tuple[Any, ...] | None:
        """The chunk's new row; None: it stays as it is."""
        rows, layout, crc, body = held
        if chunks.crc_of(body) != crc:
            raise self._corrupt(f"a block of {symbol} does not match its checksum")
        new = {name: array[first:last] for name, array in self._columns.items()}
        merged = merging.merge(chunks.unpack(layout, body, rows), new, replace=self._replace)
        self._stored += merged.fresh
        self._known += merged.known
        self._replaced += merged.replaced
        self._conflicts.append(merged.conflicts + first)
        if merged.columns is None:
            return None
        encoder, ts_s = chunks.ChunkEncoder(merged.columns), merged.columns["ts_s"]
        whole = encoder.body(0, len(ts_s))
        return (len(ts_s), int(ts_s[0]), int(ts_s[-1]), encoder.layout,
                chunks.crc_of(whole), whole)


def _columns_of(table: BarTable, doubts: Array | None) -> dict[str, Array]:
    found = {name: getattr(table, name) for name in chunks.FIELDS if name != "doubts"}
    found["doubts"] = np.zeros(len(table), dtype=np.int8) if doubts is None else doubts
    return found


def _joined(parts: list[dict[str, Array]]) -> dict[str, Array]:
    """Chunks that were read newest first, as one series, oldest first."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return chunks.empty_columns()
    return {name: np.concatenate([part[name] for part in parts[::-1]]) for name in parts[0]}


def _until(columns: dict[str, Array], ends_s: Array, limit_s: int) -> dict[str, Array]:
    stop = int(np.searchsorted(ends_s, limit_s, side="right"))
    return {name: array[:stop] for name, array in columns.items()}


def _tail(columns: dict[str, Array], last: int) -> dict[str, Array]:
    start = max(0, len(columns["ts_s"]) - last)
    return {name: array[start:] for name, array in columns.items()}


def _midnight_s(day: date) -> int:
    return (day - EPOCH).days * DAY_S


def _row_at(columns: dict[str, Array], day: date) -> int:
    """The row of the day, -1 if it has none."""
    ts_s = columns["ts_s"]
    at = int(np.searchsorted(ts_s, _midnight_s(day)))
    return at if at < len(ts_s) and ts_s[at] == _midnight_s(day) else -1


def _price(values: Array, row: int) -> Decimal | None:
    """The price in a row, None if it is unknown; row -1 is the last one."""
    if not len(values) or not values[row] > 0:
        return None
    return from_e4(round(float(values[row]) * chunks.GRAIN))


def _table(
    period: Period, runs: list[tuple[str, int]], out: dict[str, Array], limit_s: int,
    origin: Origin,
) -> BarTable:
    """Columns of consecutive chunks as a table, without what lies after `limit_s`."""
    symbols = list(dict.fromkeys(symbol for symbol, _ in runs))
    counts = dict.fromkeys(symbols, 0)
    for symbol, rows in runs:
        counts[symbol] += rows
    starts = np.concatenate(([0], np.cumsum(list(counts.values()), dtype=np.int64)))
    ended = out["ts_s"] <= limit_s
    if not ended.all():
        before = np.concatenate(([0], np.cumsum(ended)))
        starts = before[starts]
        out = {name: array[ended] for name, array in out.items()}
    rows = len(out["ts_s"])
    columns: dict[str, Any] = {
        name: out[name] if name in out else _unknown_column(name, rows)
        for name in chunks.FIELDS if name != "doubts"
    }
    return BarTable(
        symbols=tuple(symbols), starts=starts, period=period, origin=origin, **columns
    )


def _unknown_column(name: str, rows: int) -> Array:
    if name in chunks.FLAG_FIELDS:
        return np.full(rows, -1, dtype=np.int8)
    return np.full(rows, np.nan)
