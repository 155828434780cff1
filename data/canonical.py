"""Canonical bars straight from files, without a database: what `--backtest --data` reads."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.exceptions import DataError
from core.types import BarTable, Origin, Period
from data.bar_files import files_of, open_table, without_rows
from data.bar_reader import NO_TIME, BarBatch, BarStream, open_bars
from data.chunks import FLOAT_FIELDS, Array
from data.instrument_lists import read_instruments
from data.merging import same_values
from data.order_lists import read_actions, read_orders

__all__ = ["read_actions", "read_bars", "read_instruments", "read_orders"]

FLAGS = ("is_st", "suspended")
FIELDS = ("ts_s", *FLOAT_FIELDS, *FLAGS)


def read_bars(paths: Path | Sequence[Path], fmt: str = "auto") -> BarTable:
    """All bars of some files or folders, sorted by symbol and time.

    Values are taken as they stand; NaN and null mean unknown. Rows that say the same twice
    count once.

    Raises:
        DataError: a file that is no table of bars; a symbol, time or number that cannot be
            read; two rows of one symbol and time that contradict each other (the line is
            named); daily bars and minutes in one call.
    """
    files = files_of([paths] if isinstance(paths, Path) else list(paths))
    codes: dict[str, int] = {}
    parts: list[dict[str, Array]] = []
    names: dict[str, str] = {}
    ignored: dict[str, None] = {}
    origins, periods = set[Origin](), dict[Period, str]()
    for file in files:
        stream = open_bars(open_table(file), fmt)
        ignored |= dict.fromkeys(stream.layout.ignored)
        for batch in stream.batches():
            parts.append(_part(stream, batch, codes))
            names |= batch.names
            origins.add(batch.origin)
            periods.setdefault(batch.period, file.name)
        _refuse_bad_line(stream)
    if len(periods) != 1:
        raise _mixed(periods, files)
    return _sorted_table(
        parts, list(codes), next(iter(periods)), names, tuple(ignored),
        Origin.GENERATED if Origin.GENERATED in origins else Origin.IMPORTED,
    )


def _part(stream: BarStream, batch: BarBatch, codes: dict[str, int]) -> dict[str, Array]:
    """The batch's columns, its symbols numbered as in `codes`, which grows."""
    name = stream.table.path.name
    for bad, what in (
        (batch.codes < 0, "its symbol cannot be read"),
        (batch.ts_s == NO_TIME, "its ts is no date and no bar end"),
        (batch.unreadable, "a cell that should be a number is none"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            faults = [*stream.symbol_faults.values(), ""]
            raise DataError(
                f"{name} line {batch.lines[row]} refused",
                why=f"{what}: {batch.raw(np.array([row]))[0][:80]}. {faults[0]}".rstrip(". "),
                remedy="Correct the file, or import it, which lists what it refuses",
            )
    for symbol in batch.symbols:
        codes.setdefault(symbol, len(codes))
    number = np.array([codes[symbol] for symbol in batch.symbols], dtype=np.int32)
    return {"codes": number[batch.codes], "ts_s": batch.ts_s, **batch.floats, **batch.flags}


def _refuse_bad_line(stream: BarStream) -> None:
    if stream.table.bad_lines:
        bad = stream.table.bad_lines[0]
        raise DataError(
            f"{stream.table.path.name} line {bad.line} refused",
            why=f"it does not have {len(stream.table.columns)} cells: {bad.text[:60]!r}",
            remedy="Correct the file, or import it, which lists what it refuses",
        )


def _mixed(periods: dict[Period, str], files: list[Path]) -> DataError:
    if not periods:
        return without_rows(files[0])
    kinds = ", ".join(f"{period.value} in {name}" for period, name in periods.items())
    return DataError(
        "bars of different lengths cannot be mixed", why=kinds,
        remedy="Give daily bars, or minutes of one length, in one call",
    )


def _sorted_table(
    parts: list[dict[str, Array]], symbols: list[str], period: Period, names: dict[str, str],
    ignored: tuple[str, ...], origin: Origin,
) -> BarTable:
    columns = {
        name: parts[0][name] if len(parts) == 1 else np.concatenate([p.pop(name) for p in parts])
        for name in ("codes", *FIELDS)
    }
    by_name = sorted(range(len(symbols)), key=symbols.__getitem__)
    rank = np.empty(len(symbols), dtype=np.int32)
    rank[by_name] = np.arange(len(symbols), dtype=np.int32)
    codes, ts_s = rank[columns.pop("codes")], columns["ts_s"]
    step_codes, step_ts = np.diff(codes), np.diff(ts_s)
    if not ((step_codes > 0) | ((step_codes == 0) & (step_ts > 0))).all():
        order = np.lexsort((ts_s, codes))
        codes = codes[order]
        columns = {name: array[order] for name, array in columns.items()}
        codes, columns = _without_repeats(codes, columns, [symbols[i] for i in by_name])
    starts = np.searchsorted(codes, np.arange(len(symbols) + 1))
    return BarTable(
        symbols=tuple(symbols[i] for i in by_name), starts=starts, period=period, names=names,
        ignored_columns=ignored, origin=origin, **columns,
    )


def _without_repeats(
    codes: Array, columns: dict[str, Array], symbols: list[str]
) -> tuple[Array, dict[str, Array]]:
    ts_s = columns["ts_s"]
    repeated = np.flatnonzero((np.diff(codes) == 0) & (np.diff(ts_s) == 0)) + 1
    if not len(repeated):
        return codes, columns
    agree = same_values(columns, repeated - 1, columns, repeated)
    if not agree.all():
        row = int(repeated[np.argmin(agree)])
        when = np.datetime64(int(ts_s[row]), "s")
        raise DataError(
            f"{symbols[codes[row]]} has two bars at {when}",
            why=f"their closes are {columns['close_cny'][row - 1]} and {columns['close_cny'][row]}",
            remedy="Remove the wrong one from the files",
        )
    kept = np.ones(len(codes), dtype=np.bool_)
    kept[repeated] = False
    return codes[kept], {name: array[kept] for name, array in columns.items()}
