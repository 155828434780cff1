"""Files into market.db: every row judged, every refusal listed, every batch whole or not at all.

A batch of rows and the note of how far its file was read are one transaction, so an import that
was stopped, killed or hit a full disk goes on where it was. Importing a file again stores
nothing new and says so.
"""

import csv
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from core.calendar import TradingCalendar
from core.exceptions import DataError
from core.ports import Clock
from core.rules import to_shanghai
from core.symbols import parse_instrument
from core.types import BarTable, Instrument, Origin
from data.bar_files import TableFile, files_of, open_table, without_rows
from data.bar_reader import BarBatch, open_bars
from data.chunks import FLOAT_FIELDS, Array
from data.database import ImportMark, MarketDatabase
from data.instrument_lists import is_instrument_list, listed_instruments
from data.instruments import named
from data.quality import Doubt, QualityView, Reason, day_of_s, judge, widened
from utils.text_cells import safe_cell

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far the import is; `rows_total` is None where a file does not say."""

    file: str
    file_number: int
    files: int
    rows_done: int
    rows_total: int | None


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What an import did. rows_read = stored + known + replaced + refused + instruments."""

    files: int = 0
    rows_read: int = 0
    rows_stored: int = 0
    rows_known: int = 0            # already in the database, equal
    rows_replaced: int = 0
    rows_refused: int = 0
    rows_resumed: int = 0          # stored by an earlier run that was interrupted
    instruments: int = 0           # rows of instrument lists that were stored
    reasons: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)      # stored, but unlikely
    symbols: int = 0
    first: date | None = None
    last: date | None = None
    ignored_columns: tuple[str, ...] = ()
    failed_files: dict[str, str] = field(default_factory=dict)     # name -> what, why, remedy
    refused_examples: list[dict[str, Any]] = field(default_factory=list)
    refused_list: str = ""
    origin: str = Origin.IMPORTED.value
    stopped: bool = False
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """False if a file failed, the import was stopped, or nothing but refusals came of it."""
        kept = (self.rows_stored + self.rows_known + self.rows_replaced + self.rows_resumed
                + self.instruments)
        return not self.failed_files and not self.stopped and (kept > 0 or not self.rows_refused)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        plain = asdict(self)
        plain["first"] = None if self.first is None else self.first.isoformat()
        plain["last"] = None if self.last is None else self.last.isoformat()
        plain["reasons"], plain["doubts"] = dict(self.reasons), dict(self.doubts)
        plain["ignored_columns"] = list(self.ignored_columns)
        plain["seconds"] = round(self.seconds, 3)
        return plain

    def as_text(self) -> str:
        """The same for people, most important first."""
        lines = [
            f"{self.rows_stored:,} of {self.rows_read:,} rows stored from {self.files} files in "
            f"{self.seconds:.1f} s: {self.symbols:,} symbols, {self.first} to {self.last}"
        ]
        for count, what in (
            (self.rows_known, "rows were known already"),
            (self.rows_replaced, "stored rows were replaced"),
            (self.rows_resumed, "rows had been stored by an interrupted import"),
            (self.instruments, "instruments were stored"),
        ):
            if count:
                lines.append(f"{count:,} {what}")
        lines += [f"{count:,} rows refused: {reason}" for reason, count in self.reasons.items()]
        lines += [f"{count:,} rows stored with a doubt: {doubt}"
                  for doubt, count in self.doubts.items()]
        lines += [f"{name} failed: {why}" for name, why in self.failed_files.items()]
        if self.ignored_columns:
            lines.append(f"ignored columns: {', '.join(self.ignored_columns)}")
        if self.refused_list:
            lines.append(f"refused rows are listed in {self.refused_list}")
        if self.stopped:
            lines.append("stopped; the same command goes on where it was")
        return "\n".join(lines)


def import_bars(
    database: MarketDatabase, paths: Sequence[Path], *, clock: Clock, calendar: TradingCalendar,
    fmt: str = "auto", replace_stored: bool = False, repair: bool = False,
    refused_list: Path | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
    stop: threading.Event | None = None,
) -> ImportReport:
    """Import bars (and instrument lists) from files and folders.

    Args:
        fmt: auto, canonical, tdx, tushare or akshare.
        replace_stored: where the database holds another value, the file wins.
        repair: widen high and low that do not hold open and close, instead of refusing the row.
        refused_list: a CSV that gets every refused row; nothing is written if there is none.
        stop: checked after every batch; what was stored stays, and the next call goes on.

    Raises:
        DataError: nothing could be imported: no such path, or every file was refused as a whole.
            One bad file among several is named in the report, and the others are imported.
    """
    begun_ns = clock.monotonic_ns()
    with ExitStack() as closing:
        run = _Import(
            database, clock, calendar, fmt=fmt, replace_stored=replace_stored, repair=repair,
            refused=_RefusedList(refused_list, closing), progress=progress,
            stop=stop or threading.Event(),
        )
        report = run.all_files(files_of(list(paths)))
    report.seconds = (clock.monotonic_ns() - begun_ns) / 1e9
    return report


class _RefusedList:
    """Refused rows: the first few for the report, all of them for a CSV that opens when needed."""

    def __init__(self, path: Path | None, closing: ExitStack) -> None:
        self.path, self._closing = path, closing
        self._out: TextIO | None = None
        self.examples: list[dict[str, Any]] = []

    def add(self, file: str, lines: Sequence[int], reasons: Sequence[str],
            rows: Sequence[str]) -> None:
        entries = list(zip(lines, reasons, rows, strict=True))
        for line, reason, row in entries[:EXAMPLES - len(self.examples)]:
            self.examples.append({"file": file, "line": line, "reason": reason, "row": row[:200]})
        if self.path is None or not entries:
            return
        if self._out is None:
            self._out = self._closing.enter_context(
                self.path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")
            )
            csv.writer(self._out).writerow(("file", "line", "reason", "row"))
        csv.writer(self._out).writerows(
            (safe_cell(file), line, reason, safe_cell(row)) for line, reason, row in entries
        )
        self._out.flush()      # a killed import does not go over these rows again

    @property
    def written(self) -> str:
        return str(self.path) if self._out is not None else ""


class _Import:
    """One run over some files."""

    def __init__(
        self, database: MarketDatabase, clock: Clock, calendar: TradingCalendar, *, fmt: str,
        replace_stored: bool, repair: bool, refused: _RefusedList,
        progress: Callable[[ImportProgress], None] | None, stop: threading.Event,
    ) -> None:
        self._database, self._fmt = database, fmt
        self._replace, self._repair = replace_stored, repair
        self._refused, self._progress, self._stop = refused, progress, stop
        wall = to_shanghai(clock.now_utc()).replace(tzinfo=UTC)
        self._known = {each.symbol: each for each in database.instruments()}
        self._view = QualityView(calendar, int(wall.timestamp()), self._instrument)
        self._symbols: set[str] = set()
        self._span: tuple[int, int] | None = None
        self.report = ImportReport()

    def all_files(self, files: Sequence[Path]) -> ImportReport:
        failures: list[DataError] = []
        for number, path in enumerate(files, start=1):
            if self._stop.is_set():
                break
            try:
                self._file(open_table(path), number, len(files))
                self.report.files += 1
            except DataError as error:
                failures.append(error)
                self.report.failed_files[path.name] = str(error)
        if failures and not self.report.files:
            raise failures[0]
        return self._finished()

    def _finished(self) -> ImportReport:
        report = self.report
        report.symbols, report.stopped = len(self._symbols), self._stop.is_set()
        if self._span is not None:
            report.first, report.last = map(day_of_s, self._span)
        report.refused_examples, report.refused_list = self._refused.examples, self._refused.written
        return report

    def _file(self, table: TableFile, number: int, files: int) -> None:
        if is_instrument_list(table):
            self._instrument_list(table)
            return
        stream = open_bars(table, self._fmt)
        report = self.report
        report.ignored_columns = tuple(dict.fromkeys(
            (*report.ignored_columns, *stream.layout.ignored)))
        done_before = self._rows_done(table.path)
        done = 0
        for batch in stream.batches():
            done += len(batch)
            if done <= done_before:
                report.rows_resumed += len(batch)
                continue
            self._batch(table, batch, done)
            if self._progress is not None:
                self._progress(ImportProgress(table.path.name, number, files, done, table.rows))
            if self._stop.is_set():
                return
        if not done and not table.bad_lines:
            raise without_rows(table.path)
        self._bad_lines(table)
        self._database.mark_import(table.path, _mark(table.path, done, complete=True))

    def _rows_done(self, path: Path) -> int:
        """Rows of this very file that an interrupted import has stored."""
        mark, now = self._database.import_mark(path), _mark(path, 0, complete=False)
        if mark is None or mark.complete or self._replace:
            return 0
        same = (mark.size, mark.mtime_ns) == (now.size, now.mtime_ns)
        return mark.rows_done if same else 0

    def _batch(self, table: TableFile, batch: BarBatch, done: int) -> None:
        repaired = np.zeros(len(batch), dtype=np.bool_)
        if self._repair:
            batch, repaired = widened(batch)
        verdict = judge(batch, self._view)
        reasons = verdict.reasons
        verdict.doubts[repaired & (reasons == Reason.OK)] |= Doubt.REPAIRED
        self._refuse_other_origin(batch, reasons)
        good = np.flatnonzero(reasons == Reason.OK)
        order = good[_sorting(batch, good)]
        bars = _table_of(batch, order)
        self._add_instruments(batch, bars.symbols)
        result = self._database.store_bars(
            bars, verdict.doubts[order], replace=self._replace,
            mark=(table.path, _mark(table.path, done, complete=False)),
        )
        reasons[order[result.conflicts]] = Reason.CONFLICT
        report = self.report
        report.rows_read += len(batch)
        report.rows_stored += result.stored
        report.rows_known += result.known
        report.rows_replaced += result.replaced
        self._count(table.path.name, batch, reasons, verdict.doubts)
        self._symbols.update(bars.symbols)
        if len(bars):
            first, last = int(bars.ts_s.min()), int(bars.ts_s.max())
            span = self._span or (first, last)
            self._span = (min(span[0], first), max(span[1], last))

    def _count(self, file: str, batch: BarBatch, reasons: Array, doubts: Array) -> None:
        bad = np.flatnonzero(reasons != Reason.OK)
        names = [Reason(code).name for code in reasons[bad].tolist()]
        self.report.rows_refused += len(bad)
        self.report.reasons.update(names)
        for doubt in Doubt:
            count = int(((doubts & doubt != 0) & (reasons == Reason.OK)).sum())
            if count:
                self.report.doubts[doubt.name or ""] += count
        if len(bad):
            self._refused.add(file, batch.lines[bad].tolist(), names, batch.raw(bad))

    def _bad_lines(self, table: TableFile) -> None:
        bad = table.bad_lines
        if not bad:
            return
        self.report.rows_read += len(bad)
        self.report.rows_refused += len(bad)
        self.report.reasons[Reason.COLUMNS.name] += len(bad)
        self._refused.add(table.path.name, [each.line for each in bad],
                          [Reason.COLUMNS.name] * len(bad), [each.text for each in bad])

    # ---- instruments ---------------------------------------------------------------------

    def _instrument(self, symbol: str) -> Instrument:
        return self._known.get(symbol) or parse_instrument(symbol)

    def _refuse_other_origin(self, batch: BarBatch, reasons: Array) -> None:
        """Generated and real bars never share a symbol."""
        other = [
            symbol in self._known and self._known[symbol].origin is not batch.origin
            for symbol in batch.symbols
        ]
        if any(other):
            reasons[(reasons == Reason.OK) & np.array(other)[batch.codes]] = Reason.ORIGIN
        if batch.origin is Origin.GENERATED:
            self.report.origin = Origin.GENERATED.value

    def _add_instruments(self, batch: BarBatch, symbols: Sequence[str]) -> None:
        """Skeletons of unknown symbols, and names of the nameless."""
        new = []
        for symbol in symbols:
            known = self._known.get(symbol)
            name = batch.names.get(symbol, "")
            if known is None:
                known = replace(parse_instrument(symbol), origin=batch.origin)
            elif known.name or not name:
                continue
            new.append(named(known, name) if name else known)
        if new:
            self._database.store_instruments(new)
            self._known |= {each.symbol: each for each in new}

    def _instrument_list(self, table: TableFile) -> None:
        found, faults = listed_instruments(table)
        self._database.store_instruments(found)
        self._known |= {each.symbol: each for each in found}
        report = self.report
        report.instruments += len(found)
        report.rows_read += len(found) + len(faults)
        report.rows_refused += len(faults)
        report.reasons[Reason.SYMBOL.name] += len(faults)
        self._refused.add(table.path.name, [line for line, _ in faults],
                          [Reason.SYMBOL.name] * len(faults), [why for _, why in faults])


def _sorting(batch: BarBatch, rows: Array) -> Array:
    """Positions in `rows` by symbol and time; symbols in the order of their names."""
    by_name = sorted(range(len(batch.symbols)), key=batch.symbols.__getitem__)
    rank = np.empty(len(batch.symbols), dtype=np.int32)
    rank[by_name] = np.arange(len(batch.symbols), dtype=np.int32)
    codes, ts_s = rank[batch.codes[rows]], batch.ts_s[rows]
    step = np.diff(codes)
    if ((step > 0) | ((step == 0) & (np.diff(ts_s) > 0))).all():
        return np.arange(len(rows))
    return np.lexsort((ts_s, codes))


def _table_of(batch: BarBatch, order: Array) -> BarTable:
    codes = batch.codes[order]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]))
    starts = starts[:1] if not len(codes) else starts.astype(np.int64)
    columns: dict[str, Any] = {name: batch.floats[name][order] for name in FLOAT_FIELDS}
    return BarTable(
        symbols=tuple(batch.symbols[code] for code in codes[starts[:-1]].tolist()),
        starts=starts, period=batch.period, ts_s=batch.ts_s[order],
        is_st=batch.flags["is_st"][order], suspended=batch.flags["suspended"][order],
        origin=batch.origin, **columns,
    )


def _mark(path: Path, rows_done: int, *, complete: bool) -> ImportMark:
    status = path.stat()
    return ImportMark(status.st_size, status.st_mtime_ns, rows_done, complete)
