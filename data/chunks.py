"""Bars of one instrument as a compact blob: columns one after the other, a letter for each.

A chunk holds about a thousand bars (`SPAN_DAYS`): small enough that one more bar rewrites
little, large enough that a whole universe is a few thousand blobs. Measured in
benchmarks/storage.py. Encoding is exact: a column that does not fit the small form is float64.

| letter | stored as | for |
| --- | --- | --- |
| `m` | int32 minutes of wall time | time |
| `q` | int32 of 1/10,000 | prices on that grid |
| `u` | uint32 whole | volume |
| `d` | float64 | anything else; NaN is unknown |
| `b` | int8 | flags |
| `-` | nothing | a column of unknowns (flags: -1) |
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import Period

FLOAT_FIELDS = (
    "open_cny", "high_cny", "low_cny", "close_cny", "volume_shares", "amount_cny",
    "prev_close_cny", "adj_factor", "limit_up_cny", "limit_down_cny",
)
FLAG_FIELDS = ("is_st", "suspended", "doubts")
FIELDS = ("ts_s", *FLOAT_FIELDS, *FLAG_FIELDS)
SPAN_DAYS = {               # calendar days of a chunk
    Period.DAY: 1461, Period.MIN60: 366, Period.MIN30: 183, Period.MIN15: 92, Period.MIN5: 31,
    Period.MIN1: 7,
}
DAY_S = 86_400
MINUTE_S = 60
GRAIN = 10_000.0
WIDTHS = {"m": 4, "q": 4, "u": 4, "d": 8, "b": 1, "-": 0}
DTYPES = {"m": np.int32, "q": np.int32, "u": np.uint32, "d": np.float64, "b": np.int8}
INT32_MAX = (1 << 31) - 1
UINT32_MAX = (1 << 32) - 1

Array = NDArray[Any]


def chunk_of(period: Period, ts_s: Array) -> Array:
    """The chunk number of each stamp."""
    return ts_s // (SPAN_DAYS[period] * DAY_S)


class ChunkEncoder:
    """Packs sorted columns once, then hands out the blob of any run of rows."""

    def __init__(self, columns: Mapping[str, Array]) -> None:
        packed = [_pack(name, columns[name]) for name in FIELDS]
        self.layout = "".join(letter for letter, _ in packed)
        self._views = [
            (array.view(np.uint8).data, WIDTHS[letter])
            for letter, array in packed if array is not None and len(array)
        ]

    def body(self, start: int, stop: int) -> bytes:
        """The blob of rows `start` up to `stop`."""
        return b"".join([view[start * width:stop * width] for view, width in self._views])


def _pack(name: str, values: Array) -> tuple[str, Array | None]:
    """(letter, array to store) of one column; the smallest exact form."""
    if name == "ts_s":
        return "m", (values // MINUTE_S).astype(np.int32)
    if name in FLAG_FIELDS:
        empty = 0 if name == "doubts" else -1
        return ("-", None) if (values == empty).all() else ("b", np.ascontiguousarray(values))
    if name == "volume_shares":
        return _pack_whole(values)
    if name in ("amount_cny", "adj_factor"):
        return _pack_float(values)
    with np.errstate(all="ignore"):
        scaled = np.rint(values * GRAIN)
    # NaN fails both comparisons, so a column with unknowns is stored as float64
    if (np.abs(scaled) < INT32_MAX).all() and (scaled / GRAIN == values).all():
        return "q", scaled.astype(np.int32)
    return _pack_float(values)


def _pack_whole(values: Array) -> tuple[str, Array | None]:
    if ((values >= 0) & (values <= UINT32_MAX)).all() and (np.rint(values) == values).all():
        return "u", values.astype(np.uint32)
    return _pack_float(values)


def _pack_float(values: Array) -> tuple[str, Array | None]:
    if np.isnan(values).all():
        return "-", None
    return "d", np.ascontiguousarray(values, dtype=np.float64)


def crc_of(body: bytes) -> int:
    return zlib.crc32(body)


def unpack(
    layout: str, body: bytes, rows: int, start: int = 0, fields: Sequence[str] = FIELDS
) -> dict[str, Array]:
    """The columns of a blob from row `start` on, as int64, float64 and int8."""
    found: dict[str, Array] = {}
    offset = 0
    for name, letter in zip(FIELDS, layout, strict=True):
        if name in fields:
            found[name] = _unpack(name, letter, body, offset, rows)[start:]
        offset += rows * WIDTHS[letter]
    return found


def unpack_many(
    blocks: Sequence[tuple[str, bytes, int]], fields: Iterable[str] = FIELDS
) -> dict[str, Array]:
    """The columns of many (layout, body, rows), one after the other, as one series.

    Each column is joined raw and converted once, which is what makes a universe fast.
    """
    rows = sum(block[2] for block in blocks)
    offsets = [0] * len(blocks)
    views = [memoryview(body) for _, body, _ in blocks]
    found: dict[str, Array] = {}
    for at, name in enumerate(FIELDS):
        letters = [layout[at] for layout, _, _ in blocks]
        widths = [WIDTHS[letter] for letter in letters]
        ends = [o + w * block[2] for o, w, block in zip(offsets, widths, blocks, strict=True)]
        if name in fields and len(set(letters)) == 1:
            raw = b"".join([v[o:e] for v, o, e in zip(views, offsets, ends, strict=True)])
            found[name] = _unpack(name, letters[0], raw, 0, rows)
        elif name in fields:
            parts = [_unpack(name, letter, body, offset, count) for letter, offset, (_, body, count)
                     in zip(letters, offsets, blocks, strict=True)]
            found[name] = np.concatenate(parts) if parts else _unpack(name, "-", b"", 0, 0)
        offsets = ends
    return found


def _unpack(name: str, letter: str, body: bytes, offset: int, rows: int) -> Array:
    kind = np.int64 if name == "ts_s" else np.int8 if name in FLAG_FIELDS else np.float64
    if letter == "-":
        return np.full(rows, _unknown(name), dtype=kind)
    raw = np.frombuffer(body, DTYPES[letter], rows, offset)
    if letter == "q":
        return raw / GRAIN
    if letter == "m":
        return raw.astype(np.int64) * MINUTE_S
    return raw.astype(kind)


def _unknown(name: str) -> float:
    if name == "doubts":
        return 0
    return -1 if name in FLAG_FIELDS else np.nan


def empty_columns() -> dict[str, Array]:
    """All columns, no rows."""
    return unpack("m" + "-" * (len(FIELDS) - 1), b"", 0)
