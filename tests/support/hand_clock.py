"""A clock whose wall time and steady time a test moves apart."""

from datetime import datetime, timedelta


class HandClock:
    """Fulfils Clock. `frozen`: the wall stands still while time passes."""

    def __init__(self, now_utc: datetime) -> None:
        self._now_utc, self._steady_us = now_utc, 0
        self.frozen = False

    def now_utc(self) -> datetime:
        return self._now_utc

    def monotonic_ns(self) -> int:
        return self._steady_us * 1_000

    def passes(self, seconds: float) -> None:
        step = timedelta(seconds=seconds)
        self._steady_us += step // timedelta(microseconds=1)
        if not self.frozen:
            self._now_utc += step

    def jumps(self, by: timedelta) -> None:
        """Somebody sets the wall clock."""
        self._now_utc += by

    def set_to(self, now_utc: datetime) -> None:
        self._now_utc = now_utc
