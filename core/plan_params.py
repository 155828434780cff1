"""What may be asked of each kind of plan: every parameter with type, unit, bounds and help.

From this table come the checks of `trading/plan_specs.py` and the forms of a window. A price is
in CNY on the tick of its instrument, a percentage is written as a person would (0.5 is half a
per cent), a time is Shanghai wall time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from core.desk_types import PlanKind


class ParamKind(Enum):
    """What the text of a parameter is parsed to."""

    PRICE = "a price in CNY"
    PER_CENT = "a percentage"
    WHOLE = "a whole number"
    TIME = "a time HH:MM"
    DAY = "a date YYYY-MM-DD"
    CHOICE = "one of a few words"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanParam:
    """One parameter. `limits` are inclusive and in the unit a person writes.

    `default` None: it must be given; "": it may be left out, and then nothing of it holds.
    """

    name: str
    kind: ParamKind
    help_en: str
    help_zh: str
    default: str | None = ""
    unit: str = ""
    limits: tuple[Decimal, Decimal] | None = None
    choices: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        """What is allowed, in words, for forms and errors."""
        if self.choices:
            return ", ".join(self.choices)
        if self.limits is None:
            return self.kind.value
        return f"{self.kind.value} from {self.limits[0]} to {self.limits[1]}"


def _between(low: str, high: str) -> tuple[Decimal, Decimal]:
    return Decimal(low), Decimal(high)


_PRICES = _between("0.001", "1000000")


def _price(name: str, help_en: str, help_zh: str, *, needed: bool = False) -> PlanParam:
    return PlanParam(name=name, kind=ParamKind.PRICE, unit="CNY", limits=_PRICES,
                     default=None if needed else "", help_en=help_en, help_zh=help_zh)


_LIMIT = _price("limit", "The worst price at which it may trade; empty: only its reach holds.",
                "可接受的最差价格；留空则只受追价幅度限制。")
_REACH = PlanParam(
    name="reach_pct", kind=ParamKind.PER_CENT, unit="%", default="0.5", limits=_between("0", "5"),
    help_en="How far beyond the best price of the other side an order may reach.",
    help_zh="委托价最多超出对手方最优价的幅度。")
_FAR_REACH = PlanParam(
    name="reach_pct", kind=ParamKind.PER_CENT, unit="%", default="2", limits=_between("0", "10"),
    help_en="How far beyond the best price of the other side the order may reach once triggered.",
    help_zh="触发后委托价最多超出对手方最优价的幅度。")
_START = PlanParam(
    name="start", kind=ParamKind.TIME, help_en="When it begins; empty: at once.",
    help_zh="开始时间；留空为立即开始。")
_END = PlanParam(
    name="end", kind=ParamKind.TIME, default="14:55",
    help_en="When it ends; what has not been sent by then is not sent.",
    help_zh="结束时间；届时未发出的数量不再发出。")
_EVERY = PlanParam(
    name="every_s", kind=ParamKind.WHOLE, unit="s", default="60", limits=_between("5", "3600"),
    help_en="Seconds of trading time from one slice to the next.",
    help_zh="两次拆单之间的交易时间（秒）。")
_CATCH_UP = PlanParam(
    name="catch_up", kind=ParamKind.WHOLE, unit="slices", default="2", limits=_between("1", "5"),
    help_en="How many slices one order may make up for after missed ones; the rest is dropped.",
    help_zh="错过拆单后，单笔最多可追补的份数；其余不再追补。")
_UNTIL = PlanParam(
    name="until", kind=ParamKind.DAY, help_en="The last day on which it holds; empty: no end.",
    help_zh="有效期最后一天；留空为长期有效。")
_SLICED = (_START, _END, _EVERY, _LIMIT, _REACH, _CATCH_UP)

PLAN_PARAMS: Mapping[PlanKind, tuple[PlanParam, ...]] = {
    PlanKind.TWAP: _SLICED,
    PlanKind.VWAP: _SLICED,
    PlanKind.POV: (
        PlanParam(name="rate_pct", kind=ParamKind.PER_CENT, unit="%", default="10",
                  limits=_between("0.1", "30"),
                  help_en="Its share of what the market trades while it works.",
                  help_zh="执行期间占市场成交量的比例。"),
        *_SLICED),
    PlanKind.ICEBERG: (
        _price("limit", "The price at which every slice rests.", "每份委托的挂单价格。",
               needed=True),
        PlanParam(name="show_shares", kind=ParamKind.WHOLE, unit="shares", default=None,
                  limits=_between("1", "1000000"),
                  help_en="How many shares are in the market at once.",
                  help_zh="每次显示的股数。"),
        _START, _END),
    PlanKind.STOP: (
        _price("trigger", "Sells when the price falls to it (buys when it rises to it).",
               "价格跌至此价卖出（买入则为涨至此价）。", needed=True),
        _LIMIT, _FAR_REACH, _UNTIL),
    PlanKind.TAKE_PROFIT: (
        _price("trigger", "Sells when the price rises to it (buys when it falls to it).",
               "价格涨至此价卖出（买入则为跌至此价）。", needed=True),
        _LIMIT, _FAR_REACH, _UNTIL),
    PlanKind.TRAILING: (
        PlanParam(name="distance_pct", kind=ParamKind.PER_CENT, unit="%", default=None,
                  limits=_between("0.1", "50"),
                  help_en="Sells when the price has come back this far from its best.",
                  help_zh="价格从最高点回落此幅度时卖出。"),
        _price("activate", "Begins to follow only from this price on.",
               "价格到达此价后才开始跟踪。"),
        _LIMIT, _FAR_REACH, _UNTIL),
    PlanKind.OCO: (
        _price("stop", "Sells when the price falls to it.", "价格跌至此价卖出。", needed=True),
        _price("take", "Sells when the price rises to it.", "价格涨至此价卖出。", needed=True),
        _LIMIT, _FAR_REACH, _UNTIL),
    PlanKind.BRACKET: (
        _price("entry", "The limit price of the purchase.", "买入限价。", needed=True),
        _price("stop", "Sells what was bought when the price falls to it.", "买入后跌至此价卖出。",
               needed=True),
        _price("take", "Sells what was bought when the price rises to it.", "买入后涨至此价卖出。",
               needed=True),
        _FAR_REACH, _UNTIL),
    PlanKind.LIMIT_BREAK: (_LIMIT, _UNTIL),
    PlanKind.GRID: (
        _price("low", "The lowest line.", "网格下沿。", needed=True),
        _price("high", "The highest line.", "网格上沿。", needed=True),
        PlanParam(name="lines", kind=ParamKind.WHOLE, unit="lines", default="5",
                  limits=_between("2", "50"), help_en="Lines from the lowest to the highest.",
                  help_zh="从下沿到上沿的网格线数。"),
        PlanParam(name="step_shares", kind=ParamKind.WHOLE, unit="shares", default=None,
                  limits=_between("1", "1000000"),
                  help_en="Shares bought at each line downwards and sold one line higher.",
                  help_zh="每下一格买入、上一格卖出的股数。"),
        _REACH, _UNTIL),
    PlanKind.STAGED: (
        _price("limit", "The limit price of the order.", "委托限价。", needed=True),
        PlanParam(name="at", kind=ParamKind.CHOICE, default="auction",
                  choices=("auction", "continuous"),
                  help_en="Sent in the opening call auction, or when continuous trading begins.",
                  help_zh="在开盘集合竞价或连续竞价开始时发出。"),
        PlanParam(name="outside", kind=ParamKind.CHOICE, default="refuse",
                  choices=("refuse", "clamp"),
                  help_en="If the price lies outside the new day's limits: refuse, or move it to "
                          "the nearest limit.",
                  help_zh="价格超出新一日涨跌停时：拒绝，或移到最近的涨跌停价。")),
    PlanKind.BEST: (
        _LIMIT,
        PlanParam(name="urgency", kind=ParamKind.CHOICE, default="normal",
                  choices=("low", "normal", "high"),
                  help_en="How much it would cost you not to trade.",
                  help_zh="未成交对您的代价。"),
        PlanParam(name="end", kind=ParamKind.TIME, default="15:30",
                  help_en="When it ends; what has not been sent by then is not sent.",
                  help_zh="结束时间；届时未发出的数量不再发出。")),
}
