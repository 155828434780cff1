"""The stored intraday volume curve of an instrument, for VWAP. Unknown is None, never even."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

import numpy as np

from core.exceptions import TradingError
from core.ports import MarketData
from core.types import Period
from trading.plan_schedule import BUCKET_S, BUCKETS, session_s

DAYS = 10                          # of history that the curve is averaged over
FEWEST_DAYS = 3
_BARS_A_DAY = 48
_DAY_S = 86_400


def volume_curve(market: MarketData, symbol: str) -> Sequence[int] | None:
    """Shares traded in each five minutes of continuous trading, summed over the newest days.

    A bar counts for the five minutes that end with it; the closing auction counts for the last.
    None: fewer than three days of five-minute bars, or an unknown volume among them.
    """
    try:
        bars = market.bars(symbol, Period.MIN5, last=DAYS * _BARS_A_DAY)
    except TradingError:
        return None
    if len(bars) == 0 or not bool(np.isfinite(bars.volume_shares).all()):
        return None
    if len(np.unique(bars.ts_s // _DAY_S)) < FEWEST_DAYS:
        return None
    curve = [0] * BUCKETS
    for ts_s, volume in zip(bars.ts_s.tolist(), bars.volume_shares.tolist(), strict=True):
        curve[_bucket(ts_s)] += int(volume)
    return curve if sum(curve) > 0 else None


def _bucket(ts_s: int) -> int:
    """The five minutes of session time in which a bar with that end lies."""
    wall = datetime.fromtimestamp(ts_s % _DAY_S, UTC).time()
    ends_s = session_s(time(wall.hour, wall.minute))
    return min(BUCKETS - 1, max(0, ends_s - 1) // BUCKET_S)
