"""The last five minutes of every instrument: how much was traded, how far the price moved.

Kept thin: one moment every ten seconds is enough for figures of one and of five minutes.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from core.constants import TRADING_HOURS
from core.rules import to_shanghai
from core.types import Phase, Quote

MINUTE_S, RECENT_S = 60, 300
_EVERY_S = 10
_LUNCH = next(row for row in TRADING_HOURS if row.phase == Phase.LUNCH.value)
_OPENS = min(row.start for row in TRADING_HOURS if row.phase == Phase.CONTINUOUS.value)
_DAY_BEGINS_S = 3600 * _OPENS.hour + 60 * _OPENS.minute
_LUNCH_S = 3600 * (_LUNCH.end.hour - _LUNCH.start.hour) + 60 * (
    _LUNCH.end.minute - _LUNCH.start.minute)


@dataclass(frozen=True, slots=True)
class _Moment:
    market_s: int              # seconds of continuous trading since the open
    last_cny: Decimal
    volume_shares: int         # since the open


class RecentMarket:
    """What quotes of the day say about the last minutes. Owned by the trading thread."""

    def __init__(self) -> None:
        self._moments: dict[str, deque[_Moment]] = {}
        self._newest: dict[str, _Moment] = {}

    def forget(self) -> None:
        """A new day: yesterday's minutes are not today's."""
        self._moments, self._newest = {}, {}

    def note(self, quotes: Sequence[Quote]) -> None:
        for quote in quotes:
            if quote.last_cny is not None:
                self._note(quote.symbol, _Moment(
                    market_seconds(quote.ts_utc), quote.last_cny, quote.volume_shares))

    def _note(self, symbol: str, moment: _Moment) -> None:
        kept = self._moments.setdefault(symbol, deque())
        if kept and moment.market_s < kept[-1].market_s:
            return                                  # late: overtaken by a newer one
        self._newest[symbol] = moment
        if not kept or moment.market_s - kept[-1].market_s >= _EVERY_S:
            kept.append(moment)
        while len(kept) > 1 and kept[1].market_s <= moment.market_s - RECENT_S:
            kept.popleft()

    def volume_shares(self, symbol: str, window_s: int) -> int | None:
        """Traded within the newest `window_s` of its quotes. None: no quote of today.

        Where the quotes do not reach back so far, the day's mean rate stands in.
        """
        newest = self._newest.get(symbol)
        if newest is None:
            return None
        base = self._before(symbol, newest.market_s - window_s)
        if base is not None:
            return newest.volume_shares - base.volume_shares
        return newest.volume_shares * window_s // max(window_s, newest.market_s)

    def move_ratio(self, symbol: str, window_s: int) -> Decimal | None:
        """Change of the price within the window: 0.02 is 2 % up. None: no quote of today."""
        newest = self._newest.get(symbol)
        if newest is None:
            return None
        base = self._before(symbol, newest.market_s - window_s) or self._moments[symbol][0]
        return newest.last_cny / base.last_cny - 1

    def _before(self, symbol: str, market_s: int) -> _Moment | None:
        """The newest moment that is not after this one."""
        for moment in reversed(self._moments[symbol]):
            if moment.market_s <= market_s:
                return moment
        return None


def market_seconds(ts_utc: datetime) -> int:
    """Seconds of continuous trading from the open up to a moment, the lunch break taken out.

    Negative before the open.
    """
    wall = to_shanghai(ts_utc).time()
    seconds = 3600 * wall.hour + 60 * wall.minute + wall.second - _DAY_BEGINS_S
    if wall >= _LUNCH.end:
        return seconds - _LUNCH_S
    return min(seconds, _seconds_to(_LUNCH.start))


def _seconds_to(wall: time) -> int:
    return 3600 * wall.hour + 60 * wall.minute - _DAY_BEGINS_S
