"""How much of a parent order should have been sent by now, in session time. Pure.

Session time counts the seconds of continuous trading of a day: auctions and lunch do not exist
in it. Everything is whole shares and whole seconds.
"""

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal

from core.constants import TRADING_HOURS
from core.rules import to_shanghai
from core.types import Phase

_PARTS = tuple((row.start, row.end) for row in TRADING_HOURS
               if row.phase == Phase.CONTINUOUS.value)
BUCKET_S = 300                          # of the stored intraday volume curve


def _seconds(wall: time) -> int:
    return (wall.hour * 60 + wall.minute) * 60 + wall.second


DAY_S = sum(_seconds(end) - _seconds(start) for start, end in _PARTS)
BUCKETS = -(-DAY_S // BUCKET_S)


def session_s(wall: time) -> int:
    """Seconds of continuous trading before this Shanghai wall time."""
    at = _seconds(wall)
    return sum(max(0, min(at, _seconds(end)) - _seconds(start)) for start, end in _PARTS)


def session_s_at(moment: datetime) -> int:
    return session_s(to_shanghai(moment).time())


def even_target(shares: int, begin_s: int, end_s: int, at_s: int) -> int:
    """TWAP: what should have been sent at `at_s`, evenly between begin and end."""
    if at_s >= end_s:
        return shares
    return shares * max(0, at_s - begin_s) // max(1, end_s - begin_s)


def curve_target(
    shares: int, begin_s: int, end_s: int, at_s: int, curve: Sequence[int]
) -> int:
    """VWAP: the same along a curve of volumes, one for each BUCKET_S of session time.

    A window on which the curve says nothing was ever traded is worked evenly.
    """
    if at_s >= end_s:
        return shares
    whole = _volume_until(curve, end_s) - _volume_until(curve, begin_s)
    if whole <= 0:
        return even_target(shares, begin_s, end_s, at_s)
    part = _volume_until(curve, max(begin_s, at_s)) - _volume_until(curve, begin_s)
    return shares * part // whole


def share_target(shares: int, traded_shares: int, rate: Decimal) -> int:
    """POV: its share of what the market has traded since it began, never more than all."""
    return min(shares, int(max(0, traded_shares) * rate))


def _volume_until(curve: Sequence[int], at_s: int) -> int:
    """Volume before `at_s`, times BUCKET_S so that it stays whole."""
    full, rest = divmod(max(0, at_s), BUCKET_S)
    done = sum(curve[:full]) * BUCKET_S
    return done + (curve[full] * rest if full < len(curve) else 0)
