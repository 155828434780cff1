"""From the cells of a file to numbers: a stream of batches in the house's units, in file order.

Nothing is judged here except whether a cell can be read at all; data/quality.py judges values.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.exceptions import DataError
from core.symbols import instrument_key
from core.types import Origin, Period
from data.bar_files import Lines, RecordBatch, TableFile
from data.bar_formats import Layout, layout_of
from data.chunks import DAY_S, FLOAT_FIELDS, MINUTE_S

Floats = NDArray[np.float64]
Flags = NDArray[np.int8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]

FLAG_FIELDS = ("is_st", "suspended")
NO_TIME = np.iinfo(np.int64).min
NOON_MINUTE = 690              # 11:30 in minutes of the day
OPEN_MINUTE = 570              # 09:30
AFTERNOON_MINUTE = 780         # 13:00
CLOSE_S = 15 * 3600
SHANGHAI_OFFSET_S = 8 * 3600   # since 1991 without summer time
PERIODS = {1: Period.MIN1, 5: Period.MIN5, 15: Period.MIN15, 30: Period.MIN30, 60: Period.MIN60}
TRUE_TEXTS = frozenset({"1", "1.0", "true", "yes", "y", "是"})
FALSE_TEXTS = frozenset({"0", "0.0", "false", "no", "n", "否"})
MOMENT = re.compile(
    r"(?P<y>\d{4})(?P<sep>[-/.]?)(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})"
    r"(?:[ T]?(?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2})(?:\.?\d+)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
MONTH_FIRST = re.compile(r"(?P<m>\d{2})/(?P<d>\d{2})/(?P<y>\d{4})")
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True, slots=True)
class BarBatch:
    """Consecutive rows of one file. Float columns: NaN is unknown; flags: -1 is unknown."""

    period: Period
    symbols: tuple[str, ...]           # dictionary of `codes`; grows from batch to batch
    codes: Codes                       # -1: the symbol cannot be read, see `symbol_faults`
    ts_s: Ints                         # Shanghai wall time; NO_TIME: cannot be read
    floats: Mapping[str, Floats]       # FLOAT_FIELDS
    flags: Mapping[str, Flags]         # FLAG_FIELDS
    lines: Lines                       # of the file; Parquet rows count from 1
    unreadable: Bools                  # a cell that should be a number is none
    raw: Callable[[Ints], list[str]]   # the cells of rows as text, for the list of refusals
    names: Mapping[str, str] = field(default_factory=dict)
    origin: Origin = Origin.IMPORTED

    def __len__(self) -> int:
        return len(self.ts_s)


class BarStream:
    """One file of bars, opened. Iterate `batches()` once or again; each time from the start."""

    def __init__(self, table: TableFile, layout: Layout) -> None:
        self.table, self.layout = table, layout
        self.symbols: list[str] = []
        self.symbol_faults: dict[str, str] = {}        # text of the file -> why it was refused
        self._code_of: dict[str, int] = {}             # text of the file -> code
        self._index_of: dict[str, int] = {}            # symbol -> code
        self._moments: dict[str, int] = {}
        self.period: Period | None = None

    def batches(self) -> Iterator[BarBatch]:
        """Raises DataError if the file breaks off, or mixes daily bars with minutes."""
        for lines, batch in self.table.batches(self.layout.columns):
            if len(batch):
                yield self._convert(lines, batch)

    def _convert(self, lines: Lines, batch: RecordBatch) -> BarBatch:
        layout = self.layout
        bad = np.zeros(len(batch), dtype=np.bool_)
        ts_s = self._times(batch)
        if self.period is None:
            self.period = bar_period(ts_s, self.table.path.name)
        if self.period is Period.DAY:
            ts_s = np.where(ts_s == NO_TIME, NO_TIME, ts_s - ts_s % DAY_S)
        codes, names = self._codes(batch)
        return BarBatch(
            self.period, tuple(self.symbols), codes, ts_s,
            floats=self._floats(batch, bad),
            flags={key: _flags(batch, layout.flags.get(key)) for key in FLAG_FIELDS},
            lines=lines, unreadable=bad, raw=lambda rows: _row_texts(batch, rows), names=names,
            origin=_origin(batch, layout.origin),
        )

    def _codes(self, batch: RecordBatch) -> tuple[Codes, dict[str, str]]:
        """Dictionary codes of the rows' symbols, and the names the file gives them."""
        if not self.layout.symbol:
            code = self._code(self.layout.file_symbol)
            return np.full(len(batch), code, dtype=np.int32), {}
        texts, at = _dictionary(batch.column(self.layout.symbol))
        if not self.layout.name:
            used = np.unique(at[at >= 0])
            known = np.full(len(texts) + 1, -1, dtype=np.int32)
            known[used] = [self._code(texts[i]) for i in used]
            return known[at], {}
        known = np.array([*(self._code(text) for text in texts), -1], dtype=np.int32)
        codes = known[at]
        return codes, self._names(batch, codes)

    def _names(self, batch: RecordBatch, codes: Codes) -> dict[str, str]:
        """The last name of each symbol in this batch."""
        texts, at = _dictionary(batch.column(self.layout.name))
        pairs = np.unique(codes.astype(np.int64) << 32 | (at.astype(np.int64) + 1))
        return {
            self.symbols[pair >> 32]: texts[(pair & 0xFFFFFFFF) - 1]
            for pair in pairs.tolist() if pair >= 0 and pair & 0xFFFFFFFF
        }

    def _code(self, text: str) -> int:
        found = self._code_of.get(text)
        if found is None:
            found = self._code_of[text] = self._new_code(text)
        return found

    def _new_code(self, text: str) -> int:
        try:
            symbol = instrument_key(text.strip())
        except DataError as error:
            self.symbol_faults[text] = f"{error.what}: {error.why}. {error.remedy}"
            return -1
        code = self._index_of.setdefault(symbol, len(self.symbols))
        if code == len(self.symbols):
            self.symbols.append(symbol)
        return code

    def _times(self, batch: RecordBatch) -> Ints:
        """Seconds of Shanghai wall time, NO_TIME where a stamp cannot be read."""
        column = batch.column(self.layout.time)
        if pa.types.is_date(column.type):
            days = pc.fill_null(column.cast(pa.date32()).cast(pa.int32()), _NO_DAY)
            found = days.to_numpy(zero_copy_only=False).astype(np.int64)
            return np.where(found == _NO_DAY, NO_TIME, found * DAY_S)
        if pa.types.is_timestamp(column.type):
            return _stamps(column)
        texts, at = _dictionary(column)
        seconds = np.array([*(self._moment(text) for text in texts), NO_TIME], dtype=np.int64)
        found = seconds[at]
        if not self.layout.clock:
            return found
        clocks, at = _dictionary(batch.column(self.layout.clock))
        of_day = np.array([*(_clock_s(text) for text in clocks), NO_TIME], dtype=np.int64)[at]
        return np.where((found == NO_TIME) | (of_day == NO_TIME), NO_TIME, found + of_day)

    def _moment(self, text: str) -> int:
        found = self._moments.get(text)
        if found is None:
            found = self._moments[text] = moment_s(text, month_first=self.layout.month_first)
        return found

    def _floats(self, batch: RecordBatch, bad: Bools) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for key in FLOAT_FIELDS:
            column = self.layout.floats.get(key)
            found[key] = (
                numbers(batch.column(column), bad) if column
                else np.full(len(batch), np.nan)
            )
        if self.layout.volume_factor != 1:
            found["volume_shares"] = np.rint(found["volume_shares"] * self.layout.volume_factor)
        if self.layout.amount_factor != 1:
            found["amount_cny"] = np.round(found["amount_cny"] * self.layout.amount_factor, 2)
        return found


_NO_DAY = -(1 << 31)


def open_bars(table: TableFile, wanted: str = "auto") -> BarStream:
    """A stream of the bars in a file of a known or detected format."""
    return BarStream(table, layout_of(table, wanted))


def moment_s(text: str, *, month_first: bool = False) -> int:
    """Seconds of Shanghai wall time that a stamp means; NO_TIME if it means none.

    Taken: 2024-01-02, 20240102, 2024/1/2, with 09:35, 09:35:00, T09:35:00, a zone, and the
    17 digits of BaoStock. `month_first` also takes TDX's 01/31/2024.
    """
    text = text.strip()
    match = MOMENT.fullmatch(text) or (MONTH_FIRST.fullmatch(text) if month_first else None)
    if match is None:
        return NO_TIME
    parts = match.groupdict()
    hour, minute, second = (int(parts.get(key) or 0) for key in "HMS")
    try:
        wall = datetime(int(parts["y"]), int(parts["m"]), int(parts["d"]), hour, minute, second,
                        tzinfo=UTC)        # wall time is counted as if it were UTC
    except ValueError:
        return NO_TIME
    return int(wall.timestamp()) + _zone_shift_s(parts.get("zone"))


def _zone_shift_s(text: str | None) -> int:
    """What to add to a stamp with this zone to get Shanghai wall time; no zone: nothing."""
    if not text:
        return 0
    if text == "Z":
        return SHANGHAI_OFFSET_S
    ahead_s = int(text[1:3]) * 3600 + int(text[-2:]) * 60
    return SHANGHAI_OFFSET_S - (ahead_s if text[0] == "+" else -ahead_s)


def bar_period(ts_s: Ints, name: str) -> Period:
    """Daily if every stamp is at midnight (or every one at 15:00), else by the stamps' grid.

    Raises:
        DataError: the stamps fit no bar length.
    """
    of_day = np.unique(ts_s[ts_s != NO_TIME] % DAY_S)
    if len(of_day) == 0 or (len(of_day) == 1 and of_day[0] in (0, CLOSE_S)):
        return Period.DAY
    minutes = of_day // MINUTE_S
    elapsed = np.where(minutes <= NOON_MINUTE, minutes - OPEN_MINUTE,
                       minutes - AFTERNOON_MINUTE + NOON_MINUTE - OPEN_MINUTE)
    step = int(np.gcd.reduce(elapsed[elapsed > 0])) if (elapsed > 0).any() else 0
    fitting = [length for length in PERIODS if step and step % length == 0]
    if not fitting:
        raise DataError(
            f"{name} has no recognisable bar length",
            why="its stamps are neither days nor minutes of a trading session",
            remedy="Stamps must be dates, or bar ends in Shanghai time such as 2024-01-02 09:35",
        )
    return PERIODS[max(fitting)]


def numbers(column: pa.Array, bad: Bools) -> Floats:
    """float64 of a column; NaN for unknown. Cells that are no number are marked in `bad`."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_text(column.type):
        return _plain_numbers(column)
    try:
        return _plain_numbers(column.cast(pa.float64()))
    except pa.ArrowInvalid:
        trimmed = pc.utf8_trim_whitespace(column)
    readable = pc.fill_null(pc.match_substring_regex(trimmed, NUMBER), True)
    bad |= ~readable.to_numpy(zero_copy_only=False)
    kept = pc.if_else(readable, trimmed, pa.scalar(None, trimmed.type))
    return _plain_numbers(kept.cast(pa.float64()))


def _plain_numbers(column: pa.Array) -> Floats:
    try:
        floats = column.cast(pa.float64(), safe=False)
    except pa.ArrowException:
        raise DataError(
            "a column cannot be read", why=f"it should hold numbers and holds {column.type}",
            remedy="Export the file with plain numeric columns",
        ) from None
    return np.asarray(floats.to_numpy(zero_copy_only=False), dtype=np.float64)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _dictionary(column: pa.Array) -> tuple[list[str], Codes]:
    """(distinct texts, index of each row), index -1 for unknown."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column if _is_text(column.type) else column.cast(pa.string()))
    at = pc.fill_null(column.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False)
    texts = [text or "" for text in column.dictionary.cast(pa.string()).to_pylist()]
    return texts, np.asarray(at, dtype=np.int32)


def _stamps(column: pa.Array) -> Ints:
    zone = column.type.tz              # with a zone it is an instant, else wall time already
    shift_s = 0 if zone is None else SHANGHAI_OFFSET_S
    unknown = column.is_null().to_numpy(zero_copy_only=False)
    seconds = pc.fill_null(column.cast(pa.timestamp("s", zone), safe=False).cast(pa.int64()), 0)
    return np.where(unknown, NO_TIME, seconds.to_numpy(zero_copy_only=False) + shift_s)


def _clock_s(text: str) -> int:
    """Seconds of the day of TDX's `0935`, `935` or `09:35`."""
    digits = text.strip().replace(":", "")
    if not digits.isdigit():
        return NO_TIME
    hour, minute = divmod(int(digits), 100)
    return (hour * 60 + minute) * MINUTE_S


def _flags(batch: RecordBatch, column: str | None) -> Flags:
    """1, 0, or -1 for unknown and unreadable."""
    if column is None:
        return np.full(len(batch), -1, dtype=np.int8)
    values = batch.column(column)
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if pa.types.is_integer(values.type):
        found = pc.fill_null(values.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
        return np.where((found == 0) | (found == 1), found, -1).astype(np.int8)
    texts, at = _dictionary(values)
    meaning = np.array([*(_truth(text) for text in texts), -1], dtype=np.int8)
    return meaning[at]


def _truth(text: str) -> int:
    lowered = text.strip().lower()
    if lowered in TRUE_TEXTS:
        return 1
    return 0 if lowered in FALSE_TEXTS else -1


def _origin(batch: RecordBatch, column: str) -> Origin:
    """Generated if any row of the batch says so: the label is never lost."""
    if column and Origin.GENERATED.value in _dictionary(batch.column(column))[0]:
        return Origin.GENERATED
    return Origin.IMPORTED


def _row_texts(batch: RecordBatch, rows: Ints) -> list[str]:
    taken = batch.take(pa.array(rows))
    cells = [
        pc.fill_null((c.dictionary_decode() if pa.types.is_dictionary(c.type) else c)
                     .cast(pa.string()), "")
        for c in taken.columns
    ]
    texts: list[str] = pc.binary_join_element_wise(*cells, ",").to_pylist()
    return texts
