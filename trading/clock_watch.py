"""Whether the wall clock can be believed: it and the steady clock must tell the same time.

A clock that was set, one that stands still, or a machine that slept show as a jump of one against
the other. Then nobody knows which day it is by the clock alone, until it comes back or the
market's own time says the same.
"""

from datetime import UTC, datetime, timedelta

from core.ports import Clock

TOLERANCE = timedelta(seconds=60)      # a jump up to this moves no day and no phase by much
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockWatch:
    """On the trading thread. `doubt` says why the clock is not believed; empty: it is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._wall_less_steady()

    def _wall_less_steady(self) -> timedelta:
        return self._clock.now_utc() - _EPOCH - timedelta(
            microseconds=self._clock.monotonic_ns() // 1_000)

    @property
    def doubt(self) -> str:
        jumped = self._wall_less_steady() - self._offset
        if abs(jumped) <= TOLERANCE:
            return ""
        return (f"the wall clock moved by {jumped // timedelta(seconds=1)} s against the steady "
                "clock: it was set, it stands still, or the machine slept; it is believed again "
                "when the market's own time agrees with it or it comes back")

    def hear_market(self, ts_utc: datetime) -> None:
        """The newest time that the market itself has put on a price."""
        if abs(ts_utc - self._clock.now_utc()) <= TOLERANCE:
            self._offset = self._wall_less_steady()
