"""Moving-average cross: hold while the short average of closes is above the long one.

Idea: prices that have risen over the last week against the last month tend to go on for a
while. Buying on the cross from below and leaving on the cross from above follows the longer
moves and cuts the losing ones.

Source: the oldest of technical rules; tested as a class by Brock, Lakonishok and LeBaron,
"Simple Technical Trading Rules and the Stochastic Properties of Stock Returns", The Journal of
Finance 47 (1992). 5 and 20 are the averages Chinese charts show by default.

When it fails: in a market without direction the averages cross again and again, and every
round trip pays commission, stamp duty and the price moved since the cross. It is late by
construction, it cannot leave on a day that is sealed at the lower limit, and T+1 keeps it in
for the first day. It is the shipped example, not advice.
"""

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.exceptions import ConfigError
from core.types import BarColumns
from strategies.base import Parameter, Signal, Signals, Strategy


class MaCross(Strategy):
    """HOLD while mean(close, fast) > mean(close, slow), LEAVE while below, NONE when equal."""

    name = "ma_cross"
    title_en = "Moving-average cross"
    title_zh = "均线交叉"
    parameters = (
        Parameter("fast_bars", 5, 2, 120, "bars", "length of the short average", "短期均线长度"),
        Parameter("slow_bars", 20, 3, 500, "bars", "length of the long average", "长期均线长度"),
    )

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        super().__init__(values)
        self._fast, self._slow = int(self.values["fast_bars"]), int(self.values["slow_bars"])
        if self._fast >= self._slow:
            raise ConfigError(
                f"ma_cross has fast_bars {self._fast} and slow_bars {self._slow}",
                why="the fast average must be shorter than the slow one",
                remedy="Set fast_bars below slow_bars in strategies/enabled.json",
            )

    @property
    def warm_up_bars(self) -> int:
        return self._slow - 1

    def generate_signals(self, bars: BarColumns) -> Signals:
        close_cny = np.asarray(bars.close_cny, np.float64)
        gap = moving_mean(close_cny, self._fast) - moving_mean(close_cny, self._slow)
        return np.where(np.isnan(gap), Signal.NONE, np.sign(gap)).astype(np.int8)


def moving_mean(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Mean of the last `length` values at each row; NaN in the first rows and beside a NaN.

    Every window is summed by itself: a running sum would carry its rounding error, and one
    unknown value, through all later rows.
    """
    out = np.full(len(values), np.nan)
    if len(values) >= length:
        out[length - 1:] = sliding_window_view(values, length).mean(axis=1)
    return out
