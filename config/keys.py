"""Every setting, once: its key, type, bounds, unit and help.

From this table come the parser, `--doctor`, the settings dialog and docs/settings.md.
The default of a key is the default of its field in core/settings_types.py.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path

from core.settings_types import Settings
from core.types import Mode

PER_CENT = 100
SettingValue = bool | int | Decimal | str | Path | Mode | None


class ValueKind(Enum):
    """What the text of a setting is parsed to."""

    BOOL = "true or false"
    INT = "a whole number"
    DECIMAL = "a number"
    CHOICE = "one"
    TEXT = "text"
    FILE = "the path of a file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting. `limits` are inclusive and in the unit a person writes."""

    name: str                              # "trading.commission"
    kind: ValueKind
    help_en: str
    help_zh: str
    field: str = ""                        # in core/settings_types.py; empty: as in the key
    unit: str = ""
    limits: tuple[Decimal, Decimal] | None = None
    choices: tuple[str, ...] = ()
    places: int | None = None              # decimals at most; an amount of money has two
    scale: int = 1                         # PER_CENT: written in per cent, held as a ratio
    secret: bool = False                   # never shown, logged or exported
    needs_restart: bool = True

    @property
    def section(self) -> str:
        return self.name.split(".")[0]

    @property
    def leaf(self) -> str:
        return self.name.split(".")[1]

    @property
    def attribute(self) -> str:
        return self.field or self.leaf

    @property
    def variable(self) -> str:
        """The environment variable that sets this key."""
        return f"TRADING_{self.section}__{self.leaf}".upper()

    @property
    def bounds(self) -> str:
        """Allowed values in words: "1 to 600", "dark, light", or empty."""
        if self.choices:
            return ", ".join(self.choices)
        if self.limits is None:
            return ""
        decimals = f", at most {self.places} decimals" if self.places is not None else ""
        return f"{self.limits[0]} to {self.limits[1]}{decimals}"

    def value_in(self, settings: Settings) -> SettingValue:
        """The value in force, as the program holds it."""
        value: SettingValue = getattr(getattr(settings, self.section), self.attribute)
        return value

    def text_of(self, value: SettingValue) -> str:
        """A held value as a person would write it in config.json."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Mode):
            return value.value
        if isinstance(value, Decimal) and self.scale != 1:
            return f"{(value * self.scale).normalize():f}"
        return str(value)


def _between(low: str, high: str) -> tuple[Decimal, Decimal]:
    return Decimal(low), Decimal(high)


_INT, _DECIMAL, _BOOL = ValueKind.INT, ValueKind.DECIMAL, ValueKind.BOOL

KEYS: tuple[Key, ...] = (
    Key(name="data.max_history_days", kind=_INT, unit="sessions", limits=_between("20", "10000"),
        needs_restart=False,
        help_en="How many sessions of daily history a chart loads.",
        help_zh="图表载入多少个交易日的日线历史。"),
    Key(name="data.truth_preserving_cleaning", kind=_BOOL, needs_restart=False,
        help_en="The importer refuses a bad row and says why; off lets it repair what is certain.",
        help_zh="导入时拒绝坏数据并说明原因；关闭后只修复有把握的部分。"),
    Key(name="data.calendar_file", kind=ValueKind.FILE,
        help_en="A CSV file with one date a line under the heading session or closure, which "
                "extends the calendar beyond its last day.",
        help_zh="CSV 文件，每行一个日期，表头为 session（交易日）或 closure（休市日），"
                "用来延长内置日历。"),
    Key(name="data.actions_file", kind=ValueKind.FILE,
        help_en="A file of announced corporate actions (the columns of --actions); they win over "
                "those derived from prices.",
        help_zh="已公告的公司行动文件（列同 --actions）；优先于由价格推导的除权除息。"),
    Key(name="market.seed", kind=_INT, limits=_between("0", "4294967295"),
        help_en="Seed of the generated market; the same seed gives the same market.",
        help_zh="模拟行情的随机种子；种子相同，行情相同。"),
    Key(name="market.symbols", kind=_INT, unit="instruments", limits=_between("20", "400"),
        help_en="How many instruments the generated market has.",
        help_zh="模拟行情的证券数量。"),
    Key(name="market.sessions", kind=_INT, unit="sessions", limits=_between("60", "2500"),
        help_en="How many sessions of history the generated market has.",
        help_zh="模拟行情的历史交易日数。"),
    Key(name="market.speed", kind=_DECIMAL, unit="simulated seconds per second",
        limits=_between("0.1", "3600"),
        help_en="Speed of the replay when the desk opens.",
        help_zh="启动时的回放速度（每秒对应的模拟秒数）。"),
    Key(name="risk.quote_max_age_s", kind=_INT, unit="s", limits=_between("1", "600"),
        help_en="An older price (in market time) is not fresh, and an order on it is refused.",
        help_zh="行情超过这个时间（按市场时间）视为过期，订单会被拒绝。"),
    Key(name="risk.max_position_pct", field="max_position_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("0.1", "100"),
        help_en="How much of the account one instrument may be, open purchases included.",
        help_zh="单一证券占账户权益的上限（含未成交买单）。"),
    Key(name="risk.max_sector_pct", field="max_sector_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("0.1", "100"),
        help_en="How much of the account one industry may be; instruments of unknown industry "
                "count as one.",
        help_zh="单一行业占账户权益的上限；行业未知的证券合并计算。"),
    Key(name="risk.max_gross_pct", field="max_gross_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("0.1", "100"),
        help_en="How much of the account may be invested at all, open purchases included.",
        help_zh="总持仓占账户权益的上限（含未成交买单）。"),
    Key(name="risk.max_names", kind=_INT, unit="instruments", limits=_between("1", "5000"),
        help_en="How many instruments may be held or be on order at a time.",
        help_zh="同时持有或在买的证券数量上限。"),
    Key(name="risk.daily_loss_limit", field="daily_loss_limit_cny", kind=_DECIMAL, unit="CNY",
        limits=_between("1", "1000000000"), places=2,
        help_en="From this loss of the day on (realised, unrealised and fees) nothing is bought.",
        help_zh="当日亏损（已实现、浮动与费用）达到此数后不再买入。"),
    Key(name="risk.max_drawdown_pct", field="max_drawdown_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("0.1", "100"),
        help_en="From this fall below the account's highest value on, nothing is bought.",
        help_zh="权益自最高点回撤达到此比例后不再买入。"),
    Key(name="risk.var_confidence", kind=_DECIMAL, unit="probability",
        limits=_between("0.8", "0.999"),
        help_en="Confidence of the value at risk of one day.",
        help_zh="单日风险价值（VaR）的置信水平。"),
    Key(name="risk.var_limit_pct", field="var_limit_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("0.01", "100"),
        help_en="How much of the account the value at risk may be after a purchase.",
        help_zh="买入后风险价值占账户权益的上限。"),
    Key(name="risk.max_order_notional", field="max_order_notional_cny", kind=_DECIMAL, unit="CNY",
        limits=_between("100", "1000000000"), places=2,
        help_en="The largest amount of one order.",
        help_zh="单笔委托的最大金额。"),
    Key(name="risk.max_volume_pct", field="max_volume_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("0.01", "100"),
        help_en="How much of the mean daily volume of 20 sessions one order may be.",
        help_zh="单笔委托占近20日平均成交量的上限。"),
    Key(name="risk.max_price_deviation_pct", field="max_price_deviation_ratio", kind=_DECIMAL,
        unit="%", scale=PER_CENT, limits=_between("0.1", "100"),
        help_en="How far above the newest price a purchase may be, and below it a sale; a person "
                "may insist with a reason.",
        help_zh="买价高于（卖价低于）最新价的上限；本人填写理由后可以坚持。"),
    Key(name="risk.orders_per_second", kind=_INT, unit="orders", limits=_between("1", "50"),
        help_en="How many orders may leave within a second.",
        help_zh="每秒最多发出的委托数。"),
    Key(name="risk.orders_per_minute", kind=_INT, unit="orders", limits=_between("1", "3000"),
        help_en="How many orders may leave within a minute.",
        help_zh="每分钟最多发出的委托数。"),
    Key(name="risk.orders_per_day", kind=_INT, unit="orders", limits=_between("1", "5000"),
        help_en="How many orders may leave on a trading day.",
        help_zh="每个交易日最多发出的委托数。"),
    Key(name="risk.max_cancel_pct", field="max_cancel_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("1", "100"),
        help_en="After 20 orders of a day: cancels per order, above which nothing new leaves.",
        help_zh="当日委托满20笔后的撤单比例上限，超过则不再发出新委托。"),
    Key(name="risk.quick_cancels", kind=_INT, unit="cancels", limits=_between("1", "1000"),
        help_en="How many orders of a day may be cancelled within a second of their entry.",
        help_zh="每日一秒内撤单的次数上限。"),
    Key(name="risk.loss_streak", kind=_INT, unit="sales", limits=_between("1", "1000"),
        help_en="After so many losing sales in a row programs pause, until a person re-arms "
                "the breaker.",
        help_zh="连续亏损卖出达到此次数后程序暂停，直到本人重新启用。"),
    Key(name="risk.large_trades", field="large_trades_cny", kind=_DECIMAL, unit="CNY",
        limits=_between("1000", "10000000000"), places=2,
        help_en="How much of one instrument may be traded and ordered within five minutes.",
        help_zh="五分钟内单一证券的成交与委托金额上限。"),
    Key(name="risk.permissions", kind=ValueKind.TEXT,
        help_en="Which of these the account may buy: STAR, CHINEXT, BSE, ST, DELISTING; "
                "words apart by spaces.",
        help_zh="账户可以买入的品种：STAR（科创板）、CHINEXT（创业板）、BSE（北交所）、"
                "ST（风险警示）、DELISTING（退市整理），以空格分隔。"),
    Key(name="risk.restricted_file", kind=ValueKind.FILE,
        help_en="A text file of codes that must not be traded, one a line; while it cannot be "
                "read, nothing is sent.",
        help_zh="禁止交易的证券代码文件，每行一个；文件无法读取时不发出任何委托。"),
    Key(name="trading.mode", kind=ValueKind.CHOICE, choices=tuple(m.value for m in Mode),
        help_en="Which wiring of the trading core starts. Live stays locked until unlocked.",
        help_zh="交易核心的运行模式；实盘在解锁前始终锁定。"),
    Key(name="trading.commission", field="commission_ratio", kind=_DECIMAL,
        unit="of the amount", limits=_between("0", "0.003"),
        help_en="Commission rate of an order; the exchange's ceiling is 0.003.",
        help_zh="佣金费率；上限为千分之三。"),
    Key(name="trading.commission_min", field="commission_min_cny", kind=_DECIMAL, unit="CNY",
        limits=_between("0", "100"), places=2,
        help_en="The least commission of an order.",
        help_zh="每笔委托的最低佣金。"),
    Key(name="trading.fees_all_in", kind=_BOOL,
        help_en="Handling and regulatory fees are contained in the commission; "
                "off charges them on top.",
        help_zh="经手费与证管费已含在佣金内；关闭后另行收取。"),
    Key(name="trading.lot_size", field="lot_size_shares", kind=_INT, unit="shares",
        limits=_between("1", "1000000"), needs_restart=False,
        help_en="Suggested sizes are multiples of this; it can only enlarge the exchange's step.",
        help_zh="建议数量的倍数；只能比交易所的最小单位更大。"),
    Key(name="trading.initial_cash", field="initial_cash_cny", kind=_DECIMAL, unit="CNY",
        limits=_between("1000", "1000000000000"), places=2,
        help_en="Cash of a new simulated account.",
        help_zh="新建模拟账户的初始资金。"),
    Key(name="trading.dividend_tax", kind=ValueKind.CHOICE, choices=("desk", "always", "never"),
        help_en="Where the tax on dividends is withheld when shares are sold, by holding period, "
                "first in first out: on the desk, in backtests as well, or nowhere.",
        help_zh="卖出时按持股期限（先进先出）代扣红利税：仅交易台、回测也扣、或不扣。"),
    Key(name="trading.volume_share_pct", field="volume_share_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("0.01", "100"),
        help_en="How much of a bar's volume the simulated broker may fill.",
        help_zh="模拟撮合最多可占一根K线成交量的比例。"),
    Key(name="trading.send_deadline_s", kind=_INT, unit="s", limits=_between("1", "60"),
        help_en="An order that waited longer, behind a slow machine or a broken line, is not sent.",
        help_zh="订单等待超过这个时间（机器缓慢或线路中断）就不再发送。"),
    Key(name="trading.ack_timeout_s", kind=_INT, unit="s", limits=_between("1", "120"),
        help_en="An order that the broker has not acknowledged by then is of unknown fate; the "
                "broker's list is asked, and the order is never sent again.",
        help_zh="超过这个时间仍未得到柜台确认的订单视为状态未知；系统向柜台查询，绝不重发。"),
    Key(name="breakers.rapid_loss_pct", field="rapid_loss_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("0.01", "100"),
        help_en="Trading is blocked when the account loses so much within five minutes.",
        help_zh="五分钟内权益下跌达到此比例时锁定交易。"),
    Key(name="breakers.rejects", kind=_INT, unit="orders", limits=_between("1", "1000"),
        help_en="Strategies pause when the broker rejects so many orders within a minute.",
        help_zh="一分钟内被券商拒绝的委托达到此数时暂停策略。"),
    Key(name="breakers.errors", kind=_INT, unit="answers", limits=_between("1", "1000"),
        help_en="Trading is blocked when so many answers of the broker are missing or cannot be "
                "booked within a minute.",
        help_zh="一分钟内缺失或无法入账的券商回报达到此数时锁定交易。"),
    Key(name="breakers.stale_data_s", kind=_INT, unit="s", limits=_between("1", "3600"),
        help_en="Strategies pause when something held or ordered has had no price for so long "
                "(market time, continuous trading).",
        help_zh="持有或已委托的证券在连续竞价中超过此时间没有行情时暂停策略。"),
    Key(name="breakers.clock_skew_s", kind=_DECIMAL, unit="s", limits=_between("0.1", "60"),
        help_en="Only sales are allowed once the machine's clock is further off than this, as "
                "after a sleep.",
        help_zh="本机时钟偏差超过此值（例如休眠之后）只许减仓。"),
    Key(name="breakers.market_halt_pct", field="market_halt_ratio", kind=_DECIMAL, unit="%",
        scale=PER_CENT, limits=_between("1", "100"),
        help_en="Strategies pause when so many of the quoted instruments stop trading in a "
                "session.",
        help_zh="盘中停止交易的证券占比达到此值时暂停策略。"),
    Key(name="breakers.free_disk_mib", kind=_INT, unit="MiB", limits=_between("1", "1000000"),
        help_en="Trading is blocked when the ledger's disk has less room than this.",
        help_zh="账本所在磁盘的剩余空间低于此值时锁定交易。"),
    Key(name="auto.mode", kind=ValueKind.CHOICE, choices=("manual", "semi", "auto"),
        help_en="What the auto-trader starts with: shows signals, proposes orders, or sends them. "
                "A choice made at the desk later wins.",
        help_zh="自动交易的初始方式：仅显示信号、提出建议待批准，或自动下单；在界面上的选择优先。"),
    Key(name="auto.approval_s", kind=_INT, unit="s", limits=_between("10", "3600"),
        help_en="How long a proposal of the auto-trader waits for approval.",
        help_zh="自动交易的建议等待批准的时间。"),
    Key(name="auto.budget", field="budget_cny", kind=_DECIMAL, unit="CNY",
        limits=_between("0", "1000000000000"), places=2,
        help_en="What one strategy may have in the market at once.",
        help_zh="单个策略可同时占用的资金。"),
    Key(name="auto.model_budget", field="model_budget_cny", kind=_DECIMAL, unit="CNY",
        limits=_between("0", "1000000000000"), places=2,
        help_en="What one model may have in the market at once.",
        help_zh="单个模型可同时占用的资金。"),
    Key(name="auto.position", field="position_cny", kind=_DECIMAL, unit="CNY",
        limits=_between("0", "1000000000000"), places=2,
        help_en="The most that one purchase of the auto-trader costs.",
        help_zh="自动交易单笔买入的最高金额。"),
    Key(name="auto.cooldown_min", kind=_INT, unit="min", limits=_between("0", "10000"),
        help_en="How long a source leaves an instrument alone after an order on it.",
        help_zh="同一来源对同一证券下单后的冷却时间。"),
    Key(name="broker.kind", kind=ValueKind.CHOICE, choices=("none", "qmt", "vnpy"),
        help_en="The broker of live trading; --broker-check connects to it and sends nothing.",
        help_zh="实盘使用的券商接口；--broker-check 只连接查询，不发送委托。"),
    Key(name="broker.account", kind=ValueKind.TEXT, secret=True,
        help_en="Account number at the broker (QMT).",
        help_zh="券商资金账号（QMT）。"),
    Key(name="broker.qmt_userdata", kind=ValueKind.TEXT,
        help_en="The miniQMT terminal's folder userdata_mini.",
        help_zh="miniQMT 客户端的 userdata_mini 目录。"),
    Key(name="broker.vnpy_gateway", kind=ValueKind.TEXT,
        help_en="Class of the vnpy gateway, as in vnpy_xtp.XtpGateway.",
        help_zh="vnpy 网关的类名，例如 vnpy_xtp.XtpGateway。"),
    Key(name="broker.vnpy_settings", field="vnpy_settings_file", kind=ValueKind.FILE,
        help_en="A JSON file with the gateway's connection settings; keep it private.",
        help_zh="网关连接参数的 JSON 文件；请妥善保管。"),
    Key(name="watchdog.silence_s", kind=_INT, unit="s", limits=_between("2", "600"),
        help_en="The watchdog acts when the window or the trading thread gives no sign for so "
                "long.",
        help_zh="窗口或交易线程超过此时间没有响应时，看门狗将采取行动。"),
    Key(name="watchdog.level", kind=_INT, limits=_between("1", "4"),
        help_en="The kill level that the watchdog asks for.",
        help_zh="看门狗请求的交易开关级别。"),
    Key(name="ui.language", kind=ValueKind.CHOICE, choices=("auto", "zh", "en"),
        needs_restart=False,
        help_en="Language of the window; auto follows the system.",
        help_zh="界面语言；auto 跟随系统。"),
    Key(name="ui.theme", kind=ValueKind.CHOICE, choices=("dark", "light"), needs_restart=False,
        help_en="Colours of the window.",
        help_zh="界面配色。"),
    Key(name="ui.red_up", kind=_BOOL, needs_restart=False,
        help_en="Rising prices are red and falling ones green; off swaps them.",
        help_zh="红涨绿跌；关闭则相反。"),
    Key(name="http.enabled", kind=_BOOL,
        help_en="Serve metrics, health and the dashboard on 127.0.0.1.",
        help_zh="在 127.0.0.1 提供指标、健康检查和仪表板。"),
    Key(name="http.port", kind=_INT, limits=_between("1024", "65535"),
        help_en="Port of the metrics server.",
        help_zh="指标服务的端口。"),
    Key(name="http.token", kind=ValueKind.TEXT, secret=True,
        help_en="Bearer token that opens the dashboard and closes the rest to others; "
                "empty makes a new one for the dashboard at every start.",
        help_zh="仪表板的访问令牌，设置后指标与健康检查也需要它；留空则每次启动生成新的令牌。"),
    Key(name="logging.level", kind=ValueKind.CHOICE,
        choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
        help_en="The least severe messages that are written.",
        help_zh="写入日志的最低级别。"),
)

BY_NAME = {key.name: key for key in KEYS}
