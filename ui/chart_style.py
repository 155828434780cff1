"""What the chart looks like and says: colours, words and units. Values only, no Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType


class CandleStyle(Enum):
    """HOLLOW leaves the body of a rising candle open, as the Chinese terminals do."""

    HOLLOW = "hollow"
    SOLID = "solid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartColors:
    """Every colour of the chart as "#rrggbb". `up` and `down` follow the user's convention."""

    background: str
    grid: str
    border: str                # between panes and beside the axes
    session: str               # between two days in a minute view
    lunch: str                 # between morning and afternoon
    text: str                  # values
    text_dim: str              # names, axis labels
    up: str
    down: str
    flat: str
    volume_up: str
    volume_down: str
    volume_flat: str
    averages: tuple[str, ...]  # used in turn
    crosshair: str
    tag: str                   # behind the crosshair's labels
    tag_text: str
    price_tag_text: str        # on the last-price tag, over `up`, `down` or `flat`
    buy: str
    sell: str
    badge: str
    focus: str

    def green_up(self) -> "ChartColors":
        """The same theme with the two directions exchanged."""
        return replace(
            self, up=self.down, down=self.up,
            volume_up=self.volume_down, volume_down=self.volume_up,
        )


DARK = ChartColors(
    background="#12161f", grid="#1c222e", border="#2a3140", session="#2b3342", lunch="#222936",
    text="#d5dae3", text_dim="#818b9c",
    up="#f0484f", down="#1fae72", flat="#9aa3b2",
    volume_up="#a83a42", volume_down="#1a7d57", volume_flat="#5c6573",
    averages=("#eceff4", "#f0b93a", "#d274e0", "#4aa3ff", "#ff8a5c", "#5ad1c5"),
    crosshair="#6f7a8c", tag="#3a4457", tag_text="#f2f5fa", price_tag_text="#ffffff",
    buy="#ff7a66", sell="#4fd19a", badge="#d9a441", focus="#3d6fb5",
)

LIGHT = ChartColors(
    background="#ffffff", grid="#eff1f5", border="#d5dae2", session="#d9dee6", lunch="#e7eaf0",
    text="#1d2430", text_dim="#6a7484",
    up="#d9262e", down="#0a8f57", flat="#6d7684",
    volume_up="#e98a8f", volume_down="#74c1a0", volume_flat="#b4bac4",
    averages=("#3c4654", "#c98600", "#a83cba", "#1f73d1", "#d9602e", "#0f958a"),
    crosshair="#8a94a4", tag="#4a5567", tag_text="#ffffff", price_tag_text="#ffffff",
    buy="#d9262e", sell="#0a8f57", badge="#a86f00", focus="#7fa8de",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartTexts:
    """Every word of the chart. `units` are (size, suffix), largest first."""

    open: str
    high: str
    low: str
    close: str
    change: str
    volume: str                # counted in `lot_shares`
    amount: str                # in CNY
    average: str               # followed by its length: MA5
    limit_up: str
    limit_down: str
    buy: str                   # one letter beside an arrow
    sell: str
    loading: str
    no_data: str
    no_data_hint: str
    accessible_name: str
    units: tuple[tuple[float, str], ...]
    lot_shares: int            # what a volume is counted in: hundreds (手), or shares
    lot: str                   # written after a counted volume
    months: tuple[str, ...]    # January first
    weekdays: tuple[str, ...]  # Monday first


ZH = ChartTexts(
    open="开", high="高", low="低", close="收", change="涨跌", volume="量", amount="额",
    average="MA", limit_up="涨停", limit_down="跌停", buy="买", sell="卖",
    loading="正在载入行情…", no_data="暂无行情数据",
    no_data_hint="请导入历史数据，或换一个代码、周期",
    accessible_name="K 线图",
    units=((1e12, "万亿"), (1e8, "亿"), (1e4, "万")), lot_shares=100, lot="手",
    months=tuple(f"{month}月" for month in range(1, 13)),
    weekdays=("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
)

EN = ChartTexts(
    open="O", high="H", low="L", close="C", change="Chg", volume="Vol", amount="Amt",
    average="MA", limit_up="Limit up", limit_down="Limit down", buy="B", sell="S",
    loading="Loading bars…", no_data="No bars to show",
    no_data_hint="Import history, or choose another code or period",
    accessible_name="Price chart",
    units=((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")), lot_shares=1, lot="",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun",
            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
)

TEXTS: Mapping[str, ChartTexts] = MappingProxyType({"zh": ZH, "en": EN})
