"""The intraday curve comes from stored bars, or it is not known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from core.exceptions import DataError
from core.rules import bar_ends
from core.types import Adjust, BarColumns, Period
from trading.plan_schedule import BUCKETS
from trading.volume_curve import volume_curve

SYMBOL = "600519.SH"


class Market:
    def __init__(self, days: int, volume: float = 100.0, *, broken: bool = False) -> None:
        self._days, self._volume, self._broken = days, volume, broken

    def bars(self, symbol: str, period: Period, adjust: Adjust = Adjust.NONE, *,
             last: int | None = None) -> BarColumns:
        if self._broken:
            raise DataError("no bars", why="a test", remedy="none")
        first = datetime(2024, 3, 4, tzinfo=UTC)
        ends = [datetime.combine(first + timedelta(days=day), end, UTC).timestamp()
                for day in range(self._days) for end in bar_ends(5)]
        prices = np.full(len(ends), 10.0)
        volumes = np.full(len(ends), self._volume)
        volumes[::48] *= 5                                    # the first bar of each day
        return BarColumns(
            symbol=symbol, period=period, adjust=adjust, ts_s=np.array(ends, np.int64),
            open_cny=prices, high_cny=prices, low_cny=prices, close_cny=prices,
            volume_shares=volumes, amount_cny=prices)


def curve_of(market: Any) -> list[int] | None:
    found = volume_curve(market, SYMBOL)
    return None if found is None else list(found)


def test_each_bar_falls_into_the_five_minutes_that_it_ends() -> None:
    curve = curve_of(Market(4))

    assert curve is not None
    assert len(curve) == BUCKETS
    assert curve[0] == 4 * 500
    assert curve[1:-1] == [400] * (BUCKETS - 2)
    assert sum(curve) == 4 * (500 + 47 * 100)


@pytest.mark.parametrize("market", [
    Market(0), Market(2), Market(5, float("nan")), Market(5, 0.0), Market(5, broken=True)])
def test_too_little_history_is_unknown(market: Market) -> None:
    assert curve_of(market) is None
