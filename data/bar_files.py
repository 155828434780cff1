"""Opening a table file: what it is, its encoding, its header, and its rows in bounded batches.

A CSV is read as text throughout, so that one bad cell costs one row and not the file; a Parquet
file keeps its types. Memory stays bounded by the batch, however long the file is.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet
from numpy.typing import NDArray

from core.exceptions import DataError

RecordBatch: TypeAlias = pa.RecordBatch
Lines: TypeAlias = NDArray[np.int64]

BATCH_ROWS = 1 << 18
BLOCK_BYTES = 1 << 22          # CSV bytes parsed at once: about 60,000 rows
HEAD_BYTES = 1 << 16
HEADER_CELLS = 4               # a line with fewer cells is a title, not a header
HEADER_LINES = 10              # the header stands within the first lines or nowhere
PARQUET_MAGIC = b"PAR1"
PARQUET_LEAST_BYTES = 12
UNKNOWN_TEXTS = ["", "nan", "NaN", "NAN", "null", "NULL", "None", "NA", "N/A", "-", "--"]
FOOTERS = ("数据来源", "#数据来源")
ACCENTED = re.compile("[\u0080-\u07ff]")
CHINESE = re.compile("[\u2e80-\uffef]")
SUFFIXES = frozenset({".csv", ".txt", ".parquet", ".pq"})


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that does not have the header's number of cells."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is known to be a table, not yet read."""

    path: Path
    columns: tuple[str, ...]       # stripped; in file order
    title: str = ""                # the line above a CSV's header, as TDX writes it
    footer: bool = False           # a TDX source note ends the file
    header_line: int = 0           # 0 for Parquet, whose rows count from 1
    encoding: str = ""             # empty for Parquet
    delimiter: str = ","
    rows: int | None = None        # known for Parquet only
    header_only: bool = False      # of a CSV; Arrow would not open it
    bad_lines: list[BadLine] = field(default_factory=list)     # grows while batches are read
    skipped: list[int] = field(default_factory=list)           # these, blank lines and footers

    def batches(self, columns: tuple[str, ...]) -> Iterator[tuple[Lines, RecordBatch]]:
        """(line numbers, batch) of the named columns, in file order.

        Raises:
            DataError: the file stops being readable half way.
        """
        try:
            yield from self._parquet(columns) if self.rows is not None else self._csv(columns)
        except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
            raise unreadable(self.path, str(error)) from None

    def _parquet(self, columns: tuple[str, ...]) -> Iterator[tuple[Lines, RecordBatch]]:
        with arrow_parquet.ParquetFile(self.path) as file:
            names = {name.strip(): name for name in file.schema_arrow.names}
            wanted = [names[column] for column in columns]
            first = 1
            for batch in file.iter_batches(BATCH_ROWS, columns=wanted):
                batch.validate(full=True)      # text that is not UTF-8 would fail much later
                ordered = pa.RecordBatch.from_arrays(
                    [batch.column(name) for name in wanted], names=list(columns)
                )
                yield np.arange(first, first + len(batch), dtype=np.int64), ordered
                first += len(batch)

    def _csv(self, columns: tuple[str, ...]) -> Iterator[tuple[Lines, RecordBatch]]:
        del self.bad_lines[:], self.skipped[:]
        if self.header_only:
            return
        reader = arrow_csv.open_csv(
            self.path,
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, encoding=self.encoding,
                column_names=list(self.columns), skip_rows=self.header_line,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter, ignore_empty_lines=False,
                invalid_row_handler=self._keep_bad_line,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(self.columns, pa.string()),
                strings_can_be_null=True, null_values=UNKNOWN_TEXTS,
                include_columns=list(columns),
            ),
        )
        line = self.header_line + 1
        for batch in reader:
            lines, line = _line_numbers(line, len(batch), self.skipped)
            yield _without_blank(lines, batch)

    def _keep_bad_line(self, row: arrow_csv.InvalidRow) -> str:
        self.skipped.append(row.number)
        if not _is_footer(row.text):
            self.bad_lines.append(BadLine(row.number, row.text))
        return "skip"


def _line_numbers(first: int, count: int, skipped: list[int]) -> tuple[Lines, int]:
    """Line numbers of `count` good rows from `first` on, and where the next batch starts."""
    behind = [line for line in skipped if line >= first]
    numbers = np.arange(first, first + count + len(behind), dtype=np.int64)
    numbers = numbers[~np.isin(numbers, behind)][:count]
    return numbers, int(numbers[-1]) + 1 if count else first


def _without_blank(lines: Lines, batch: RecordBatch) -> tuple[Lines, RecordBatch]:
    """Blank lines come as rows of unknowns; they are no rows."""
    blank = batch.column(0).is_null()
    for column in batch.columns[1:]:
        if not pc.any(blank).as_py():
            return lines, batch
        blank = pc.and_(blank, column.is_null())
    kept = pc.invert(blank)
    return lines[kept.to_numpy(zero_copy_only=False)], batch.filter(kept)


def _is_footer(text: str) -> bool:
    return not text.strip(" ,\t\r\n;") or text.strip().startswith(FOOTERS)


def unreadable(path: Path, why: str) -> DataError:
    return DataError(
        f"{path.name} cannot be read",
        why=" ".join(why.split())[:200].rstrip("."),
        remedy="Nothing more of it was stored; export or download the file again",
    )


def without_rows(path: Path) -> DataError:
    return DataError(
        f"{path.name} is empty", why="its header is there and no row",
        remedy="Export or download the file again",
    )


def open_table(path: Path) -> TableFile:
    """Look at a file without reading its rows.

    Raises:
        DataError: missing, empty, binary, truncated Parquet, or without a header.
    """
    _refuse_odd(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise DataError(
            f"{path} cannot be opened", why=error.strerror or str(error),
            remedy="Check the path and its permissions",
        ) from None
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise DataError(
            f"{path.name} is empty", why=f"it holds {size} bytes and no row",
            remedy="Export or download the file again",
        )
    if head[:4] == PARQUET_MAGIC or path.suffix.lower() in (".parquet", ".pq"):
        return _open_parquet(path, head, size)
    return _open_text(path, head)


def _refuse_odd(path: Path) -> None:
    """What would block for ever, or what Arrow cannot name, is refused before it is touched."""
    if path.exists() and not path.is_file():
        raise DataError(
            f"{path} cannot be opened", why="it is no ordinary file, and is read twice",
            remedy="Give a CSV (UTF-8 or GBK) or a Parquet file",
        )
    if not str(path).isascii() and any("\ud800" <= letter <= "\udfff" for letter in str(path)):
        raise DataError(
            f"{path} cannot be opened", why="its name is not UTF-8 text here",
            remedy="Rename it, or set a UTF-8 locale such as LANG=C.UTF-8",
        )


def files_of(paths: list[Path]) -> list[Path]:
    """The table files meant by a list of files and folders, folders sorted by name.

    Raises:
        DataError: a path that does not exist, or a folder without table files.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(
            p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()
        ) if path.is_dir() else [path]
        if not inside:
            raise DataError(
                f"{path} holds no table", why="no .csv, .txt or .parquet file is in it",
                remedy="Name the files, or the folder that holds them",
            )
        found += inside
    return found


def _open_parquet(path: Path, head: bytes, size: int) -> TableFile:
    if head[:4] != PARQUET_MAGIC:
        raise unreadable(path, "it is named Parquet and does not start as one")
    try:
        with arrow_parquet.ParquetFile(path) as file:
            names = tuple(name.strip() for name in file.schema_arrow.names)
            rows = file.metadata.num_rows
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        why = "the Parquet file is truncated" if size < PARQUET_LEAST_BYTES else str(error)
        raise unreadable(path, why) from None
    _refuse_repeated(path, names)
    return TableFile(path, names, rows=rows)


def _open_text(path: Path, head: bytes) -> TableFile:
    encoding, tail = _encoding(path)
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    lines = text.lstrip("\ufeff").splitlines()
    number, delimiter, cells = _header(path, lines)
    names = tuple(cell or f"column {at}" for at, cell in enumerate(cells, start=1))
    _refuse_repeated(path, names)
    return TableFile(
        path, names, title=" ".join(lines[:number]).strip(),
        footer=any(mark in tail for mark in FOOTERS),
        header_line=number + 1, encoding=encoding, delimiter=delimiter,
        header_only=len(head) < HEAD_BYTES and not any(map(str.strip, lines[number + 1:])),
    )


def _header(path: Path, lines: list[str]) -> tuple[int, str, tuple[str, ...]]:
    """(index of the line, delimiter, cells) of the first line that names columns."""
    for number, line in enumerate(lines[:HEADER_LINES]):
        delimiter = max(",\t;|", key=line.count)
        cells = tuple(cell.strip().strip('"') for cell in line.split(delimiter))
        if len(cells) >= HEADER_CELLS and not _is_data(cells):
            return number, delimiter, cells
    raise DataError(
        f"{path.name} has no header",
        why=f"none of its first lines names columns; it starts with {lines[0][:60]!r}",
        remedy="Export it again with a header line",
    )


def _is_data(cells: tuple[str, ...]) -> bool:
    return sum(cell[:1].isdigit() for cell in cells) > len(cells) // 2


def _refuse_repeated(path: Path, names: tuple[str, ...]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            f"{path.name} names a column twice", why=f"{', '.join(repeated)} stands more than once",
            remedy="Remove one of the two and import again",
        )


def _encoding(path: Path) -> tuple[str, str]:
    """(encoding, last text) of a text file: UTF-8 if all of it decodes so, else GB18030.

    Some Chinese words in GBK happen to be valid UTF-8 (茅台 reads as accented letters), so text
    that would hold two-byte characters and nothing Chinese is taken for GBK.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            last, seen = _decoded(path, encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" and seen.accented and not seen.chinese:
            continue
        return encoding, last
    raise DataError(
        f"{path.name} is not text", why="it is neither UTF-8 nor GBK",
        remedy="Save it as UTF-8 CSV and import again",
    )


@dataclass(slots=True)
class _Seen:
    accented: bool = False         # characters of two bytes in UTF-8
    chinese: bool = False


def _decoded(path: Path, encoding: str) -> tuple[str, _Seen]:
    """Decode everything, keep the end. Raises UnicodeDecodeError, or DataError on NUL bytes."""
    decode = codecs.getincrementaldecoder(encoding)().decode
    last, seen = "", _Seen()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            if b"\0" in block:
                raise DataError(
                    f"{path.name} is not a table", why="it is a binary file (it holds NUL bytes)",
                    remedy="Give a CSV (UTF-8 or GBK) or a Parquet file",
                )
            last = decode(block, False)
            if not last.isascii():
                seen.accented |= ACCENTED.search(last) is not None
                seen.chinese |= CHINESE.search(last) is not None
    return last[-200:] + decode(b"", True), seen
