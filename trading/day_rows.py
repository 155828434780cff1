"""The rows of one trading day as an immutable sequence that shares what did not change.

A snapshot is published after every message. Copying a day's 100,000 orders each time would make
the day quadratic; here a change copies one chunk and the list of chunks.
"""

from collections.abc import Hashable, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Generic, TypeVar, overload

T = TypeVar("T")
_CHUNK_ROWS = 256


class Rows(Sequence[T]):
    """Frozen. Equal to any sequence of the same rows."""

    __slots__ = ("_chunks", "_count")

    def __init__(self, chunks: tuple[tuple[T, ...], ...] = (), count: int = 0) -> None:
        """Every chunk but the last has `_CHUNK_ROWS` rows."""
        self._chunks, self._count = chunks, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._chunks)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(self._count)))
        at = index + self._count if index < 0 else index
        if not 0 <= at < self._count:
            raise IndexError(f"row {index} of {self._count}")
        return self._chunks[at // _CHUNK_ROWS][at % _CHUNK_ROWS]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rows):
            return self._chunks == other._chunks
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Rows({list(self)!r})"


class DayRows(Generic[T]):
    """Collects the rows of the newest trading day; a row with a known key replaces the old one."""

    def __init__(self) -> None:
        self.day: date | None = None
        self._clear()

    def _clear(self) -> None:
        self._at: dict[Hashable, int] = {}
        self._chunks: list[list[T]] = []
        self._frozen: list[tuple[T, ...] | None] = []     # None: changed since the last snapshot

    def put(self, day: date, key: Hashable, row: T) -> None:
        """A later day begins anew; a row of an earlier one is none of today's."""
        if self.day is None or day > self.day:
            self.day = day
            self._clear()
        if day < self.day:
            return
        at = self._at.setdefault(key, len(self._at))
        chunk, place = divmod(at, _CHUNK_ROWS)
        if chunk == len(self._chunks):
            self._chunks.append([])
            self._frozen.append(None)
        if place == len(self._chunks[chunk]):
            self._chunks[chunk].append(row)
        else:
            self._chunks[chunk][place] = row
        self._frozen[chunk] = None

    def of(self, day: date) -> Rows[T]:
        """The rows of that day as they are now; none if it is not the newest."""
        if day != self.day:
            return Rows()
        frozen = tuple([chunk if chunk is not None else self._freeze(at)
                        for at, chunk in enumerate(self._frozen)])
        return Rows(frozen, len(self._at))

    def _freeze(self, at: int) -> tuple[T, ...]:
        chunk = self._frozen[at] = tuple(self._chunks[at])
        return chunk
