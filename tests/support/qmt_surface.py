"""What the vendor documents of miniQMT's trading interface, as tables, each row with its source.

Written before the adapter, from documents alone: nobody here has a terminal. The fake terminal
(tests/support/fake_qmt.py) is built from these rows and so is the adapter's test of its own
mapping. Only facts are carried over. What the documents do not say is in UNDOCUMENTED.
"""

from dataclasses import dataclass

# Where a row was read.
MANUAL = "xttrader.md inside the wheel xtquant 250807.1.2"
CONSTANTS = "xtconstant.py inside the wheel xtquant 250807.1.2"
CALLS = "docstrings of xttrader.py inside the wheel xtquant 250807.1.2"
PLATFORM = "qmt.hxquant.com ?id=48, a broker's page of 2025-07-24"
BRIDGE = "issues of the public bridge xtquant_big_convert"


@dataclass(frozen=True, slots=True)
class Code:
    """A number of the interface. `means` is our English; `says` the vendor's word."""

    name: str
    value: int
    says: str
    means: str
    source: str = CONSTANTS


@dataclass(frozen=True, slots=True)
class StatusCode:
    """`final`: nothing more can happen to the order, going by the vendor's word alone."""

    name: str
    value: int
    says: str
    means: str
    final: bool
    source: str = MANUAL


@dataclass(frozen=True, slots=True)
class Call:
    """A method of XtQuantTrader or of its callback class."""

    name: str
    parameters: tuple[str, ...]
    gives: str
    source: str = MANUAL


@dataclass(frozen=True, slots=True)
class Fact:
    about: str
    says: str
    source: str


ORDER_STATUSES = (
    StatusCode("ORDER_UNREPORTED", 48, "未报", "not yet handed to the counter", final=False),
    StatusCode("ORDER_WAIT_REPORTING", 49, "待报", "waits to be handed on", final=False),
    StatusCode("ORDER_REPORTED", 50, "已报", "at the exchange", final=False),
    StatusCode("ORDER_REPORTED_CANCEL", 51, "已报待撤", "at the exchange, its cancel is pending",
               final=False),
    StatusCode("ORDER_PARTSUCC_CANCEL", 52, "部成待撤", "part filled, the rest's cancel is pending",
               final=False),
    StatusCode("ORDER_PART_CANCEL", 53, "部撤", "part filled, the rest is cancelled", final=True),
    StatusCode("ORDER_CANCELED", 54, "已撤", "cancelled", final=True),
    StatusCode("ORDER_PART_SUCC", 55, "部成", "part filled, the rest is open", final=False),
    StatusCode("ORDER_SUCCEEDED", 56, "已成", "filled", final=True),
    StatusCode("ORDER_JUNK", 57, "废单", "refused by counter or exchange", final=True),
    StatusCode("ORDER_UNKNOWN", 255, "未知", "the terminal does not know", final=False),
)

ORDER_TYPES = (
    Code("STOCK_BUY", 23, "股票买入", "buy"),
    Code("STOCK_SELL", 24, "股票卖出", "sell"),
)

PRICE_TYPES = (
    Code("LATEST_PRICE", 5, "最新价", "the terminal puts the last price in"),
    Code("FIX_PRICE", 11, "指定价", "limit order"),
    Code("MARKET_SH_CONVERT_5_CANCEL", 42, "最优五档即时成交剩余撤销",
         "Shanghai, Beijing: best five levels, rest cancelled"),
    Code("MARKET_SH_CONVERT_5_LIMIT", 43, "最优五档即时成交剩转限价",
         "Shanghai, Beijing: best five levels, rest becomes a limit order"),
    Code("MARKET_PEER_PRICE_FIRST", 44, "对手方最优价格委托", "best price of the other side"),
    Code("MARKET_MINE_PRICE_FIRST", 45, "本方最优价格委托", "best price of the own side"),
    Code("MARKET_SZ_INSTBUSI_RESTCANCEL", 46, "即时成交剩余撤销委托",
         "Shenzhen: what trades at once, rest cancelled"),
    Code("MARKET_SZ_CONVERT_5_CANCEL", 47, "最优五档即时成交剩余撤销",
         "Shenzhen: best five levels, rest cancelled"),
    Code("MARKET_SZ_FULL_OR_CANCEL", 48, "全额成交或撤销委托", "Shenzhen: all or nothing"),
)

MARKETS = (
    Code("SH_MARKET", 0, "上交所", "Shanghai"),
    Code("SZ_MARKET", 1, "深交所", "Shenzhen"),
    Code("MARKET_ENUM_BEIJING", 70, "北交所", "Beijing"),
)
MARKET_SUFFIXES = (("SH", 0), ("SZ", 1), ("BJ", 70))       # CONSTANTS, market_str to market_int

ACCOUNT_TYPES = (Code("SECURITY_ACCOUNT", 2, "股票", "shares"),)
ACCOUNT_STATUSES = (
    Code("ACCOUNT_STATUS_INVALID", -1, "无效", "invalid", MANUAL),
    Code("ACCOUNT_STATUS_OK", 0, "正常", "usable", MANUAL),
    Code("ACCOUNT_STATUS_WAITING_LOGIN", 1, "连接中", "connecting", MANUAL),
    Code("ACCOUNT_STATUSING", 2, "登陆中", "logging in", MANUAL),
    Code("ACCOUNT_STATUS_FAIL", 3, "失败", "failed", MANUAL),
    Code("ACCOUNT_STATUS_INITING", 4, "初始化中", "starting", MANUAL),
    Code("ACCOUNT_STATUS_CORRECTING", 5, "数据刷新校正中", "refreshing", MANUAL),
    Code("ACCOUNT_STATUS_CLOSED", 6, "收盘后", "after the close", MANUAL),
    Code("ACCOUNT_STATUS_ASSIS_FAIL", 7, "穿透副链接断开", "side link lost", MANUAL),
    Code("ACCOUNT_STATUS_DISABLEBYSYS", 8, "系统停用", "disabled by the system", MANUAL),
    Code("ACCOUNT_STATUS_DISABLEBYUSER", 9, "用户停用", "disabled by the user", MANUAL),
)

# What the adapter uses of XtQuantTrader. The class is made as (path, session_id).
METHODS = (
    Call("register_callback", ("callback",), "nothing"),
    Call("start", (), "nothing; starts the threads"),
    Call("stop", (), "nothing"),
    Call("connect", (), "0 connected, anything else not; once only, see FACTS"),
    Call("subscribe", ("account",), "0 or -1"),
    Call("unsubscribe", ("account",), "0 or -1"),
    Call("order_stock", ("account", "stock_code", "order_type", "order_volume", "price_type",
                         "price", "strategy_name", "order_remark"),
         "an order number above 0, or -1 for failure; see FACTS"),
    Call("cancel_order_stock", ("account", "order_id"), "0 the cancel was sent, -1 it was not"),
    Call("cancel_order_stock_sysid", ("account", "market", "order_sysid"),
         "0 the cancel was sent, -1 it was not"),
    Call("query_stock_asset", ("account",), "XtAsset, or None for failure"),
    Call("query_stock_orders", ("account", "cancelable_only"),
         "list of XtOrder of today, or None for failure AND for an empty list"),
    Call("query_stock_trades", ("account",),
         "list of XtTrade of today, or None for failure AND for an empty list"),
    Call("query_stock_positions", ("account",),
         "list of XtPosition, or None for failure AND for an empty list"),
)

CALLBACKS = (
    Call("on_connected", (), "only in the class's source, not in the manual", CALLS),
    Call("on_disconnected", (), "the link to the terminal is lost"),
    Call("on_account_status", ("XtAccountStatus",), "the account's state changed"),
    Call("on_stock_asset", ("XtAsset",), "cash changed"),
    Call("on_stock_order", ("XtOrder",), "an order changed"),
    Call("on_stock_trade", ("XtTrade",), "a trade was made"),
    Call("on_stock_position", ("XtPosition",), "a position changed"),
    Call("on_order_error", ("XtOrderError",), "an order failed"),
    Call("on_cancel_error", ("XtCancelError",), "a cancel failed"),
    Call("on_order_stock_async_response", ("XtOrderResponse",), "an asynchronous order's answer"),
    Call("on_cancel_order_stock_async_response", ("XtCancelOrderResponse",),
         "an asynchronous cancel's answer"),
)

# Attributes of the values that cross, with the type the manual gives (MANUAL).
FIELDS = {
    "XtAsset": (("account_type", "int"), ("account_id", "str"), ("cash", "float"),
                ("frozen_cash", "float"), ("market_value", "float"), ("total_asset", "float")),
    "XtOrder": (("account_type", "int"), ("account_id", "str"), ("stock_code", "str"),
                ("order_id", "int"), ("order_sysid", "str"), ("order_time", "int"),
                ("order_type", "int"), ("order_volume", "int"), ("price_type", "int"),
                ("price", "float"), ("traded_volume", "int"), ("traded_price", "float"),
                ("order_status", "int"), ("status_msg", "str"), ("strategy_name", "str"),
                ("order_remark", "str")),
    "XtTrade": (("account_type", "int"), ("account_id", "str"), ("stock_code", "str"),
                ("order_type", "int"), ("traded_id", "str"), ("traded_time", "int"),
                ("traded_price", "float"), ("traded_volume", "int"), ("traded_amount", "float"),
                ("order_id", "int"), ("order_sysid", "str"), ("strategy_name", "str"),
                ("order_remark", "str")),
    "XtPosition": (("account_type", "int"), ("account_id", "str"), ("stock_code", "str"),
                   ("volume", "int"), ("can_use_volume", "int"), ("open_price", "float"),
                   ("market_value", "float"), ("frozen_volume", "int"),
                   ("on_road_volume", "int"), ("yesterday_volume", "int"),
                   ("avg_price", "float")),
    "XtOrderError": (("account_type", "int"), ("account_id", "str"), ("order_id", "int"),
                     ("error_id", "int"), ("error_msg", "str"), ("strategy_name", "str"),
                     ("order_remark", "str")),
    "XtCancelError": (("account_type", "int"), ("account_id", "str"), ("order_id", "int"),
                      ("market", "int"), ("order_sysid", "str"), ("error_id", "int"),
                      ("error_msg", "str")),
    "XtAccountStatus": (("account_type", "int"), ("account_id", "str"), ("status", "int")),
}

REMARK_CHARACTERS = 24             # FACTS: the only limit that any document names

FACTS = (
    Fact("connect", "one-shot: after a lost link it does not come back; connect again", MANUAL),
    Fact("session_id", "different sessions must have different numbers", MANUAL),
    Fact("order_stock -1", "documented as failure; seen returned for an order that was live",
         f"{MANUAL}; {BRIDGE} #152"),
    Fact("order_remark", "the only text of ours that comes back on orders and trades", MANUAL),
    Fact("order_remark length", "at most 24 Latin characters", PLATFORM),
    Fact("order_remark reuse", "a reused remark was answered with another order's number",
         f"{BRIDGE} #299"),
    Fact("strategy_name", "does not come back from some terminals", f"{BRIDGE} #156 and #161"),
    Fact("None from a query", "failure and an empty list look the same", MANUAL),
    Fact("push and query", "a query made inside a push waits for the pushes queued behind it",
         MANUAL),
    Fact("traded_price of XtTrade", "called an average price of the trade", MANUAL),
    Fact("cash of XtAsset", "the usable amount; frozen_cash is what orders hold", MANUAL),
    Fact("order_volume", "shares", MANUAL),
    Fact("import", "importing the package asks the package index over the network", CALLS),
    Fact("platform", "compiled for 64-bit Windows only", "file list of the same wheel"),
)

UNDOCUMENTED = (
    "whether pushes keep their order, come twice or get lost; the fake does all three",
    "whether a reconnect replays the day; the fake can",
    "the meaning of error_id numbers",
    "whether on_order_error proves that nothing is live",
    "whether an unfilled order ever leaves status 50 after the close",
    "whether order numbers repeat on another day",
    "the unit and zone of order_time and traded_time: taken as seconds since 1970 UTC",
)
