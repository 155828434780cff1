"""Signs of life that cost nothing: counters in a small file that two processes map into memory.

A beat is one addition in memory: it never waits, needs no room on the disk, and can be seen by
the watchdog however badly the desk hangs. Counters have no clock in them, so a machine that
sleeps and wakes cannot make them look old.
"""

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType

_NUMBER = struct.Struct("<q")
_PLACES = 8                        # of eight bytes each
_RUNNING, _ENDED = 1, 2
_STATE, _ORDERS, _MARK = 0, 1, 7
_OURS = int.from_bytes(b"TGBEATS1", "little")      # what tells such a file from any other


class Source(IntEnum):
    """Who beats; the value is the place in the file."""

    TRADING = 2                    # the thread that owns the session
    WINDOW = 3                     # the event loop of the window


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the file says. A source that has never beaten is not there, and is not missed."""

    ended: bool                    # the desk ended in an orderly way
    open_orders: int
    beats: dict[Source, int]


class Heartbeats:
    """The file, mapped. Each number has one writer."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """OSError: the file cannot be made or mapped. ValueError: it is not such a file."""
        self.path = path
        if create:
            path.write_bytes(bytes(_NUMBER.size * _PLACES))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _NUMBER.size * _PLACES)
        if create:
            self._put(_MARK, _OURS)
            self._put(_STATE, _RUNNING)
        elif self._get(_MARK) != _OURS:
            self._map.close()
            raise ValueError("it is no file of heartbeats")

    def beat(self, source: Source) -> None:
        self._put(source, self._get(source) + 1)

    def say_open_orders(self, number: int) -> None:
        self._put(_ORDERS, number)

    def end(self) -> None:
        """From now on silence is no alarm."""
        self._put(_STATE, _ENDED)

    def pulse(self) -> Pulse:
        return Pulse(self._get(_STATE) == _ENDED, self._get(_ORDERS),
                     {source: self._get(source) for source in Source if self._get(source)})

    def close(self) -> None:
        self._map.close()

    def __enter__(self) -> "Heartbeats":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _get(self, place: int) -> int:
        (number,) = _NUMBER.unpack_from(self._map, place * _NUMBER.size)
        return int(number)

    def _put(self, place: int, number: int) -> None:
        _NUMBER.pack_into(self._map, place * _NUMBER.size, number)


def beating(beats: Heartbeats | None, source: Source) -> Callable[[], None]:
    """A function that beats; it does nothing where nobody watches."""
    if beats is None:
        return lambda: None
    return lambda: beats.beat(source)
