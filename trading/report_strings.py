"""The words of the backtest report, Chinese and English."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["zh", "en"]
Texts: TypeAlias = Mapping[str, str]

_BOTH = {
    "title": ("回测报告", "Backtest report"),
    "orders": ("委托清单", "order list"),
    "engine.event": ("事件引擎", "event engine"),
    "engine.kernel": ("编译引擎", "compiled kernel"),
    "profile.exchange": ("风控：仅交易所与账户规则", "risk: exchange and account rules only"),
    "profile.house": ("风控：包含本机全部限额", "risk: all house limits"),
    "origin.generated": (
        "模拟生成的行情，不是真实市场", "Generated market data, not a real market"),
    "origin.imported": ("导入的行情", "Imported market data"),
    "origin.online": ("在线来源的行情", "Market data from online sources"),
    "warnings": ("请注意", "Please note"),
    "fees_extra": (
        "经手费与证管费另计，未包含在佣金内。",
        "Handling and regulatory fees are charged on top of the commission."),
    "mismatches": (
        "个交易日公布的涨跌停价与公式不一致，以公布的为准。",
        "judged days publish price limits that differ from the formula; the published ones count."),
    "final": ("期末权益", "Final equity"),
    "initial": ("期初资金", "Initial cash"),
    "total": ("总收益率", "Total return"),
    "annual": ("年化收益率", "Annual return"),
    "drawdown": ("最大回撤", "Deepest drawdown"),
    "sharpe": ("夏普比率", "Sharpe ratio"),
    "turnover": ("年换手率", "Turnover a year"),
    "fees_total": ("费用合计", "Fees in all"),
    "fills": ("成交", "Fills"),
    "equity_chart": ("权益曲线", "Equity"),
    "equity_note": ("收盘时，元；虚线为期初资金", "at the close, CNY; dashed: initial cash"),
    "drawdown_chart": ("回撤", "Drawdown"),
    "drawdown_note": ("距此前最高权益的跌幅", "fall from the highest equity before"),
    "fees": ("费用", "Fees"),
    "commission": ("佣金", "Commission"),
    "stamp_duty": ("印花税", "Stamp duty"),
    "transfer_fee": ("过户费", "Transfer fee"),
    "handling": ("经手费", "Handling fee"),
    "regulatory": ("证管费", "Regulatory fee"),
    "outcomes": ("委托结果", "How orders ended"),
    "refusals": ("拒单原因", "Why orders were refused"),
    "none": ("无", "none"),
    "count": ("笔数", "Count"),
    "amount": ("金额（元）", "Amount (CNY)"),
    "FILLED": ("全部成交", "Filled"),
    "PARTIAL": ("部分成交", "Partly filled"),
    "EXPIRED": ("当日未成交", "Expired unfilled"),
    "LOCKED_LIMIT": ("封于涨跌停，未成交", "Locked at the price limit"),
    "REFUSED": ("拒绝", "Refused"),
    "trades": ("成交明细", "Trades"),
    "date": ("日期", "Date"),
    "symbol": ("代码", "Symbol"),
    "side": ("方向", "Side"),
    "BUY": ("买入", "Buy"),
    "SELL": ("卖出", "Sell"),
    "shares": ("数量（股）", "Shares"),
    "price": ("价格", "Price"),
    "fees_of_trade": ("费用", "Fees"),
    "cash_after": ("现金余额", "Cash after"),
    "tag": ("标记", "Tag"),
    "more": ("以上为前 {shown} 笔，另有 {more} 笔，见 --trades 文件。",
             "The first {shown} of them; {more} more are in the --trades file."),
    "no_trades": ("没有成交。", "Nothing was traded."),
    "no_sessions": ("没有交易日。", "No session was played."),
    "sessions": ("个交易日", "sessions"),
    "symbols": ("只证券", "symbols"),
    "bars": ("根日线", "bars"),
    "basis": ("口径", "How the figures are made"),
    "basis_text": (
        "收益按每日权益计算，一年按 242 个交易日；夏普比率以零为无风险利率，取样本标准差；"
        "换手率为成交额除以平均权益的两倍，折合一年。",
        "Returns are of session equity, a year is 242 sessions. Sharpe: zero risk-free rate, "
        "sample deviation. Turnover: traded amount over twice the mean equity, a year."),
    "ledger_hash": ("账本摘要", "Ledger hash"),
    "took": ("用时", "Played in"),
    "journal": ("日志末条", "Journal head"),
    "UNKNOWN_INSTRUMENT": ("没有该证券的行情", "No bars of this symbol"),
    "NOT_TRADABLE": ("该品种不可交易", "Not tradable here"),
    "NOT_A_SESSION": ("非交易日", "Not a session"),
    "SUSPENDED": ("停牌", "Suspended"),
    "NO_REFERENCE": ("没有参考价", "No reference price"),
    "TICK": ("价格不在最小变动价位上", "Price off the tick"),
    "PRICE_LIMIT": ("超出涨跌停价", "Price beyond the limits"),
    "LOT": ("买入数量不合规", "Illegal buy quantity"),
    "ODD_LOT": ("卖出数量不合规", "Illegal sell quantity"),
    "MAX_QTY": ("超过单笔最大数量", "Above the largest order"),
    "T1_SELLABLE": ("可卖数量不足（T+1）", "Not sellable yet (T+1)"),
    "CASH": ("可用资金不足", "Not enough free cash"),
}


def texts(language: Language) -> Texts:
    """Every text by key in one language."""
    place = 0 if language == "zh" else 1
    return MappingProxyType({key: both[place] for key, both in _BOTH.items()})
