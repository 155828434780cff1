"""The only callers of "now". Everything else is handed a clock."""

import threading
import time
from datetime import UTC, datetime


class SystemClock:
    """Wall time of the machine, for paper and live."""

    def now_utc(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class SimClock:
    """A clock that stands still until it is moved, for backtests, replays and tests.

    It runs forward only, so that nothing in the ledger can be dated before what it follows.
    The one way back is `rewind_to`, which belongs to a journaled reset of the account.
    """

    def __init__(self, start_utc: datetime) -> None:
        self._lock = threading.Lock()
        self._now_utc = _aware(start_utc)
        self._era = 0

    @property
    def era(self) -> int:
        """How often it was rewound: who moves it in one era has no say in the next."""
        with self._lock:
            return self._era

    def now_utc(self) -> datetime:
        with self._lock:
            return self._now_utc

    def monotonic_ns(self) -> int:
        """Nanoseconds of simulated time since 1970; moves only with the clock."""
        now = self.now_utc()
        return int(now.timestamp()) * 1_000_000_000 + now.microsecond * 1_000

    def move_to(self, now_utc: datetime) -> None:
        """Move forward to `now_utc`. Raises ValueError for a step back."""
        target = _aware(now_utc)
        with self._lock:
            if target < self._now_utc:
                raise ValueError(f"time runs forward: at {self._now_utc}, asked for {target}")
            self._now_utc = target

    def follow(self, now_utc: datetime, era: int) -> bool:
        """Move forward to `now_utc`, or stay where it is later than that already.

        False, and nothing moves: it was rewound after `era`.
        """
        target = _aware(now_utc)
        with self._lock:
            if era != self._era:
                return False
            self._now_utc = max(self._now_utc, target)
            return True

    def rewind_to(self, now_utc: datetime) -> None:
        """Start again at an earlier moment, together with a fresh simulated account."""
        with self._lock:
            self._now_utc = _aware(now_utc)
            self._era += 1


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a moment must carry a time zone, was {moment!r}")
    return moment.astimezone(UTC)
