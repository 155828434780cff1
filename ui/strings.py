"""Every word on screen, once, in Chinese and in English, and refusals in the reader's language."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Protocol

from core.types import Refusal
from ui.formats import CHINESE_UNITS, ENGLISH_UNITS, Units
from ui.safety_strings import SAFETY_TABLE

LANGUAGES = ("zh", "en")
RANKS = "一二三四五"


class Tr(Protocol):
    def __call__(self, key: str, /, **fields: object) -> str: ...


def resolve_language(wanted: str, system_locale: str) -> str:
    """`zh` or `en`; `auto` follows the system, and everything that is not Chinese is English."""
    if wanted in LANGUAGES:
        return wanted
    return "zh" if system_locale.lower().startswith("zh") else "en"


class Texts:
    """The table in the language in force. Whoever holds it re-reads after a switch."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]

    def switch(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"language must be one of {LANGUAGES}, was {language!r}")
        self.language = language

    def __contains__(self, key: str) -> bool:
        return key in TABLE

    def tr(self, key: str, /, **fields: object) -> str:
        """The text of a key. KeyError for an unknown one: a missing text is a bug, not a blank."""
        text = TABLE[key][LANGUAGES.index(self.language)]
        return text.format(**fields) if fields else text

    @property
    def units(self) -> Units:
        """How large figures are shortened: 万 and 亿, or K, M and B."""
        return CHINESE_UNITS if self.language == "zh" else ENGLISH_UNITS

    def rank(self, rank: int) -> str:
        return RANKS[rank - 1] if self.language == "zh" else str(rank)

    def refusal(self, refusal: Refusal) -> str:
        """What, why and what to do. A code or field this table does not know: the core's text."""
        numbers = refusal.numbers
        if "missing" in numbers:
            return self._unjudged(refusal)
        variant = _VARIANTS.get(refusal.code, _plain)(numbers)
        key = f"refusal.{refusal.code}{variant}"
        if key not in TABLE:
            return refusal.text
        try:
            return self.tr(key, **self._words(numbers))
        except KeyError:
            return refusal.text

    def _unjudged(self, refusal: Refusal) -> str:
        """A rule one of whose inputs is unknown: which one, and what to do."""
        key = f"missing.{refusal.numbers['missing']}"
        if key not in TABLE:
            return refusal.text
        return self.tr("refusal.unjudged", code=refusal.code, missing=self.tr(key))

    def _words(self, numbers: Mapping[str, str]) -> dict[str, str]:
        """The numbers, with those that are names of ours in the reader's words."""
        words = dict(numbers)
        for field, prefix in (("phase", "phase"), ("type", "type"), ("name", "kill"),
                              ("kind", "kind"), ("window", "window"), ("right", "right")):
            key = f"{prefix}.{words.get(field, '')}"
            if key in TABLE:
                words[field] = self.tr(key)
        for field, decimals in _GROUPED.items():
            if words.get(field):
                words[field] = _grouped(words[field], decimals)
        return words


def _grouped(number: str, decimals: int) -> str:
    """1234567.8 as 1,234,567.80; anything else as it is."""
    try:
        return f"{Decimal(number):,.{decimals}f}"
    except InvalidOperation:
        return number


def _plain(_: Mapping[str, str]) -> str:
    return ""


def _if_empty(field: str, suffix: str) -> Callable[[Mapping[str, str]], str]:
    return lambda numbers: suffix if numbers.get(field, "") in ("", "0") else ""


def _cash(numbers: Mapping[str, str]) -> str:
    if not numbers.get("needed"):
        return ".no_price"
    return ".none" if numbers.get("most", "0") == "0" else ""


# Fields of refusals that are shares or money, with their decimals.
_GROUPED: Mapping[str, int] = MappingProxyType({
    "shares": 0, "sellable": 0, "locked": 0, "most": 0, "bought": 0, "needed": 2, "available": 2,
    "amount": 2, "lost": 2, "held": 0, "own": 0, "volume": 0, "sent": 0,
})

_VARIANTS: Mapping[str, Callable[[Mapping[str, str]], str]] = MappingProxyType({
    "NOT_A_SESSION": _if_empty("next_session", ".no_next"),
    "T1_SELLABLE": _if_empty("locked", ".unlocked"),
    "CASH": _cash,
    "STALE_QUOTE": _if_empty("age", ".none"),
    "ORDER_TYPE": _if_empty("offered", ".protect"),
    "NOT_REPORTED": _if_empty("reported", ".none"),
    "DELISTING": _if_empty("day", ".arrangement"),
    "SECTOR": _if_empty("sector", ".unknown"),
})

# key: (Chinese, English). The same {fields} stand in both.
TABLE: Mapping[str, tuple[str, str]] = MappingProxyType({
    **SAFETY_TABLE,
    "app.title": ("图策 · A股工作台", "Trading Graph · A-share desk"),
    "app.version": ("版本 {version}", "Version {version}"),
    # panels
    "dock.watchlist": ("自选行情", "Watchlist"),
    "dock.chart": ("走势图", "Chart"),
    "dock.book": ("五档盘口", "Order book"),
    "dock.ticket": ("下单", "Order ticket"),
    "dock.positions": ("持仓", "Positions"),
    "dock.orders": ("委托", "Orders"),
    "dock.fills": ("成交", "Fills"),
    "dock.signals": ("策略信号", "Signals"),
    "dock.account": ("资金账户", "Account"),
    "dock.replay": ("行情回放", "Replay"),
    "dock.status": ("状态栏", "Status bar"),
    "empty.watchlist": ("自选为空。\n在上方输入代码、名称或拼音首字母，再按“加自选”。",
                        "No instruments yet.\nType a code, a name or pinyin initials above, "
                        "then press Add."),
    "empty.positions": ("没有持仓。\n双击自选中的证券，或按 F1 买入。",
                        "Nothing is held.\nDouble-click an instrument, or press F1 to buy."),
    "empty.orders": ("今日没有委托。\n按 F1 买入，按 F2 卖出。",
                     "No orders today.\nPress F1 to buy, F2 to sell."),
    "empty.fills": ("今日没有成交。\n已成交的委托会显示在这里。",
                    "No fills today.\nOrders that trade appear here."),
    "empty.signals": ("没有策略信号。\n启用策略后，信号和理由会显示在这里。",
                      "No signals.\nOnce a strategy is enabled, its signals and reasons "
                      "appear here."),
    "tip.watchlist": ("点击表头按数值排序；双击或回车下单；Delete 移出自选",
                      "Click a header to sort by number; double-click or Enter to trade; "
                      "Delete removes it from the watchlist"),
    "tip.sellable": ("可卖 {sellable} 股；今日买入 {bought} 股，次日可卖（T+1）",
                     "{sellable} can be sold; {bought} were bought today and can be sold from "
                     "the next session (T+1)"),
    "tip.positions": ("双击或回车卖出", "Double-click or Enter to sell"),
    "tip.orders": ("双击、回车或 Delete 撤单；鼠标停在状态上看原因",
                   "Double-click, Enter or Delete cancels; hover the status for the reason"),
    "tip.fills": ("今日成交及费用", "Today's fills and what they cost"),
    "tip.signals": ("策略的意见和理由；不会自动下单",
                    "What strategies say and why; nothing is ordered by itself"),
    "tip.book": ("点击价位填入下单价格；方向键选择，回车确认",
                 "Click a level to take its price; arrow keys and Enter do the same"),
    # columns
    "col.symbol": ("代码", "Code"),
    "col.name": ("名称", "Name"),
    "col.last": ("最新", "Last"),
    "col.change_ratio": ("涨幅", "Chg %"),
    "col.change": ("涨跌", "Change"),
    "col.volume": ("总手", "Vol"),
    "col.amount": ("金额", "Amt"),
    "col.amplitude": ("振幅", "Range"),
    "col.open": ("今开", "Open"),
    "col.high": ("最高", "High"),
    "col.low": ("最低", "Low"),
    "col.prev_close": ("昨收", "Prev"),
    "col.limit_up": ("涨停", "Up lim"),
    "col.limit_down": ("跌停", "Dn lim"),
    "col.held": ("持有", "Held"),
    "col.sellable": ("可卖", "Sellable"),
    "col.cost_price": ("成本价", "Cost"),
    "col.value": ("市值", "Value"),
    "col.pnl": ("浮动盈亏", "P/L"),
    "col.pnl_ratio": ("盈亏比", "P/L %"),
    "col.weight": ("仓位", "Weight"),
    "col.time": ("时间", "Time"),
    "col.side": ("方向", "Side"),
    "col.type": ("类型", "Type"),
    "col.limit": ("委托价", "Limit"),
    "col.shares": ("委托量", "Shares"),
    "col.filled": ("已成交", "Filled"),
    "col.average": ("成交均价", "Average"),
    "col.status": ("状态", "Status"),
    "col.fees": ("费用", "Fees"),
    "col.reason": ("原因", "Reason"),
    "col.order_id": ("编号", "No."),
    "col.fill_price": ("成交价", "Price"),
    "col.fill_shares": ("成交量", "Shares"),
    "col.fill_amount": ("成交额", "Amount"),
    "col.trade_id": ("成交编号", "Trade no."),
    "col.strategy": ("策略", "Strategy"),
    "col.score": ("评分", "Score"),
    "col.why": ("理由", "Why"),
    "tip.col.volume": ("今日成交量，单位：手（100股）", "Traded today, in shares"),
    "tip.col.amount": ("今日成交额，单位：元", "Traded today, in CNY"),
    "tip.col.limit_up": ("今日涨停价", "Today's upper price limit"),
    "tip.col.limit_down": ("今日跌停价", "Today's lower price limit"),
    "tip.col.prev_close": ("昨收或除权除息参考价", "Previous close, or the ex-right reference"),
    # quotes and instruments
    "quote.suspended": ("停牌", "Halted"),
    "board.MAIN": ("主板", "Main"),
    "board.CHINEXT": ("创业板", "ChiNext"),
    "board.STAR": ("科创板", "STAR"),
    "board.BSE": ("北交所", "BSE"),
    "board.FUND": ("基金", "Fund"),
    "board.B_SHARE": ("B股", "B share"),
    "board.CONVERTIBLE": ("可转债", "Convertible"),
    "board.OTHER": ("其他", "Other"),
    "kind.B_SHARE": ("B股", "a B share"),
    "kind.CONVERTIBLE": ("可转债", "a convertible bond"),
    "kind.EXCHANGEABLE": ("可交换债", "an exchangeable bond"),
    "kind.REPO": ("国债逆回购", "a reverse repo"),
    "kind.INDEX": ("指数", "an index"),
    "kind.NEEQ": ("新三板", "an NEEQ share"),
    "kind.LEGACY_BSE": ("北交所旧代码", "a former Beijing code"),
    "search.placeholder": ("代码 / 名称 / 拼音", "Code / name / pinyin"),
    "tip.search": ("输入代码、名称或拼音首字母，回车选中第一个",
                   "Type a code, a name or pinyin initials; Enter takes the first"),
    "scope.mine": ("自选", "Mine"),
    "scope.all": ("全部", "All"),
    "tip.scope.mine": ("只显示自选", "Only my instruments"),
    "tip.scope.all": ("显示全部证券", "All instruments"),
    "watch.add": ("加自选", "Add"),
    "watch.remove": ("移出", "Remove"),
    "tip.watch.add": ("把选中的证券加入自选", "Add the selected instrument to the watchlist"),
    "tip.watch.remove": ("把选中的证券移出自选",
                         "Remove the selected instrument from the watchlist"),
    # chart
    "period.1d": ("日线", "Day"),
    "period.1m": ("1分", "1m"),
    "period.5m": ("5分", "5m"),
    "period.15m": ("15分", "15m"),
    "period.30m": ("30分", "30m"),
    "period.60m": ("60分", "60m"),
    "adjust.none": ("不复权", "Raw"),
    "adjust.qfq": ("前复权", "Fwd adj."),
    "adjust.hfq": ("后复权", "Bwd adj."),
    "tip.adjust.none": ("显示实际成交价，除权除息处有缺口",
                        "Prices as traded, with gaps at ex-dates"),
    "tip.adjust.qfq": ("前复权：最新价不变，调整历史价格",
                       "Forward adjusted: today's price stays, history is adjusted"),
    "tip.adjust.hfq": ("后复权：上市首日价不变，调整之后的价格",
                       "Backward adjusted: the first day's price stays"),
    # book
    "book.ask": ("卖{rank}", "Ask {rank}"),
    "book.bid": ("买{rank}", "Bid {rank}"),
    # ticket
    "ticket.code": ("证券", "Code"),
    "ticket.symbol": ("证券代码", "Instrument"),
    "ticket.price": ("价格", "Price"),
    "ticket.shares": ("数量", "Shares"),
    "ticket.type": ("类型", "Type"),
    "ticket.buy": ("买入", "Buy"),
    "ticket.sell": ("卖出", "Sell"),
    "tip.ticket.buy": ("买入（F1）", "Buy (F1)"),
    "tip.ticket.sell": ("卖出（F2）", "Sell (F2)"),
    "ticket.submit.buy": ("买入下单", "Place buy order"),
    "ticket.submit.sell": ("卖出下单", "Place sell order"),
    "tip.ticket.submit.buy": ("核对费用后提交买入委托（回车）",
                              "Check the costs and place the buy order (Enter)"),
    "tip.ticket.submit.sell": ("核对费用后提交卖出委托（回车）",
                               "Check the costs and place the sell order (Enter)"),
    "tip.ticket.price": ("委托价格（元）；上下键或滚轮按最小变动价位调整",
                         "Limit price in CNY; Up, Down or the wheel move it by a tick"),
    "tip.ticket.shares": ("委托数量（股）；上下键或滚轮按手调整",
                          "Size in shares; Up, Down or the wheel move it by a lot"),
    "tip.ticket.type": ("交易所接受的委托类型", "Order types the exchange takes"),
    "tip.ticket.band": ("点击填入涨跌停价", "Click to take the limit price"),
    "ticket.down": ("跌停 {price}", "Low {price}"),
    "ticket.up": ("涨停 {price}", "High {price}"),
    "ticket.whole": ("全仓", "All"),
    "ticket.part": ("可用数量的 1/{part}，按规则取整",
                    "1/{part} of what is possible, in legal lots"),
    "ticket.most": ("可买 {buy} 股　可卖 {sell} 股", "Can buy {buy}   can sell {sell}"),
    "tip.ticket.most": ("按当前价格可买的股数；今日买入的股票次日才能卖出（T+1）",
                        "What the free cash buys at this price; shares bought today can be "
                        "sold from the next session (T+1)"),
    "ticket.incomplete": ("请填写价格和数量。", "Enter a price and a size."),
    "control.less": ("减少{what}", "Less: {what}"),
    "control.more": ("增加{what}", "More: {what}"),
    "cost.amount": ("金额", "Amount"),
    "cost.commission": ("佣金", "Commission"),
    "cost.stamp_duty": ("印花税", "Stamp duty"),
    "cost.transfer_fee": ("过户费", "Transfer"),
    "cost.other_fees": ("规费", "Levies"),
    "cost.fees": ("费用", "Fees"),
    "cost.cash": ("收付", "Cash"),
    "cost.cash_after": ("成交后", "After"),
    "tip.cost.other_fees": ("经手费和证管费（未含在佣金内时）",
                            "Handling and regulatory fees, where the commission does not "
                            "contain them"),
    "tip.cost.fees": ("各项费用合计", "All fees together"),
    "tip.cost.cash": ("买入所需资金，或卖出到账资金（已计费用）",
                      "What a buy needs or a sell brings, fees included"),
    "tip.cost.cash_after": ("全部成交后的可用资金", "Free cash once it has filled whole"),
    "side.BUY": ("买入", "Buy"),
    "side.SELL": ("卖出", "Sell"),
    "type.LIMIT": ("限价", "Limit"),
    "type.MARKET": ("市价", "Market"),
    "type.BEST5_CANCEL": ("五档即成剩撤", "Best 5, rest cancelled"),
    "type.BEST5_LIMIT": ("五档即成转限价", "Best 5, rest to limit"),
    "type.OWN_BEST": ("本方最优", "Own best"),
    "type.COUNTER_BEST": ("对手方最优", "Counterparty best"),
    "type.IMMEDIATE_CANCEL": ("即成剩撤", "Immediate or cancel"),
    "type.FILL_OR_KILL": ("全额成交或撤销", "Fill or kill"),
    "type.FIXED_PRICE": ("盘后定价", "After-hours fixed price"),
    "order.market": ("市价", "Market"),
    "status.NEW": ("新建", "New"),
    "status.DENIED": ("已拒绝", "Refused"),
    "status.INTENT": ("待报", "Queued"),
    "status.SENDING": ("发送中", "Sending"),
    "status.SENT": ("已报", "Sent"),
    "status.LIVE": ("已挂单", "Working"),
    "status.PARTIAL": ("部分成交", "Part filled"),
    "status.PENDING_CANCEL": ("待撤", "Cancelling"),
    "status.FILLED": ("全部成交", "Filled"),
    "status.CANCELLED": ("已撤单", "Cancelled"),
    "status.PART_CANCELLED": ("部成部撤", "Part cancelled"),
    "status.REJECTED": ("废单", "Rejected"),
    "status.EXPIRED": ("已过期", "Expired"),
    "status.NOT_SENT": ("未报出", "Not sent"),
    "status.UNKNOWN": ("状态不明", "Unknown"),
    "orders.show.every": ("全部", "All"),
    "orders.show.open": ("可撤", "Open"),
    "tip.orders.show.every": ("今日全部委托", "All of today's orders"),
    "tip.orders.show.open": ("只看可以撤销的委托", "Only orders that can be cancelled"),
    "orders.cancel": ("撤单", "Cancel"),
    "orders.cancel_all": ("全部撤单", "Cancel all"),
    "tip.orders.cancel": ("撤销选中的委托（F3）", "Cancel the selected order (F3)"),
    "tip.orders.cancel_all": ("撤销所有未完成的委托（Shift+F3）",
                              "Cancel every open order (Shift+F3)"),
    # account
    "account.equity": ("总资产", "Equity"),
    "account.pnl_today": ("今日盈亏", "Today"),
    "account.pnl_total": ("累计盈亏", "Total P/L"),
    "account.market_value": ("市值", "Holdings"),
    "account.available": ("可用", "Free"),
    "account.frozen": ("冻结", "Frozen"),
    "account.withdrawable": ("可取", "Withdrawable"),
    "tip.account.equity": ("资金加持仓市值（元）", "Cash and holdings, CNY"),
    "tip.account.pnl_today": ("以昨收为基准，含今日买卖和费用",
                              "Against the previous close, today's trades and fees included"),
    "tip.account.pnl_total": ("自开户以来", "Since the account was opened"),
    "tip.account.market_value": ("持仓按最新价计算", "Holdings at the last price"),
    "tip.account.available": ("可用于买入的资金", "Cash that can buy"),
    "tip.account.frozen": ("未完成买单占用的资金", "Reserved by open buy orders"),
    "tip.account.withdrawable": ("不含今日卖出所得", "Without the proceeds of today's sales"),
    # replay
    "replay.day": ("交易日", "Day"),
    "replay.speed": ("倍速", "Speed"),
    "replay.progress": ("当日进度", "Progress of the day"),
    "replay.pause": ("暂停", "Pause"),
    "replay.resume": ("继续", "Resume"),
    "replay.finished": ("已收盘", "Finished"),
    "tip.replay.pause": ("暂停回放（Ctrl+P）", "Pause the replay (Ctrl+P)"),
    "tip.replay.resume": ("继续回放（Ctrl+P）", "Go on with the replay (Ctrl+P)"),
    "tip.replay.finished": ("这一天已放完，请选择另一个交易日",
                            "The day has been played; choose another one"),
    "tip.replay.day": ("选择要回放的交易日；选更早的日子会重置模拟账户",
                       "Choose the day to play; an earlier one starts a fresh simulated account"),
    "speed.1": ("1×", "1×"),
    "speed.5": ("5×", "5×"),
    "speed.20": ("20×", "20×"),
    "speed.60": ("60×", "60×"),
    "speed.300": ("300×", "300×"),
    "speed.1200": ("1200×", "1200×"),
    "replay.reset.title": ("回到更早的交易日？", "Go back to an earlier day?"),
    "replay.reset.text": ("回放 {day} 需要重置模拟账户：持仓、委托和盈亏从头开始。历史流水仍保留。",
                          "Playing {day} needs a fresh simulated account: positions, orders and "
                          "results start again. The journal keeps what was."),
    "replay.reset.ok": ("重置并回放", "Reset and play"),
    # status
    "mode.simulation": ("模拟", "Simulation"),
    "mode.paper": ("仿真", "Paper"),
    "mode.live": ("实盘", "LIVE"),
    "origin.generated": ("生成行情", "Generated data"),
    "origin.imported": ("导入数据", "Imported data"),
    "origin.online": ("实时行情", "Online data"),
    "tip.origin.generated": ("行情由程序生成，不是真实市场，代码和名称均为虚构",
                             "The market is generated: prices, codes and names are invented"),
    "tip.origin.imported": ("行情来自导入的历史数据", "The market is imported history"),
    "tip.origin.online": ("行情来自在线数据源", "The market comes from online sources"),
    "phase.CLOSED": ("休市", "Closed"),
    "phase.OPEN_AUCTION": ("开盘集合竞价", "Opening auction"),
    "phase.OPEN_AUCTION_LOCKED": ("集合竞价（不可撤）", "Opening auction, no cancel"),
    "phase.PRE_OPEN": ("等待开盘", "Before the open"),
    "phase.CONTINUOUS": ("连续竞价", "Continuous trading"),
    "phase.LUNCH": ("午间休市", "Lunch break"),
    "phase.CLOSE_AUCTION": ("收盘集合竞价", "Closing auction"),
    "phase.AFTER_CLOSE": ("已收盘", "After the close"),
    "phase.AFTER_HOURS": ("盘后定价交易", "After-hours trading"),
    "kill.NONE": ("交易正常", "Trading allowed"),
    "kill.PAUSE": ("策略已暂停", "Strategies paused"),
    "kill.REDUCE_ONLY": ("只许减仓", "Reduce only"),
    "kill.BLOCK": ("交易已锁定", "Trading blocked"),
    "kill.FLATTEN": ("正在清仓", "Flattening"),
    "status.mode": ("运行模式", "Mode"),
    "status.origin": ("数据来源", "Data origin"),
    "status.kill": ("交易开关", "Kill switch"),
    "status.notices": ("最近通知", "Recent notices"),
    "status.phase": ("交易阶段", "Trading phase"),
    "status.clock": ("市场时间（上海）", "Market time (Shanghai)"),
    # commands
    "menu.file": ("系统", "System"),
    "menu.trade": ("交易", "Trade"),
    "menu.view": ("视图", "View"),
    "menu.market": ("行情", "Market"),
    "menu.help": ("帮助", "Help"),
    "cmd.settings": ("设置…", "Settings…"),
    "cmd.quit": ("退出", "Quit"),
    "cmd.buy": ("买入", "Buy"),
    "cmd.sell": ("卖出", "Sell"),
    "cmd.cancel": ("撤销选中委托", "Cancel selected order"),
    "cmd.cancel_all": ("全部撤单", "Cancel all orders"),
    "cmd.kill": ("锁定交易", "Block trading"),
    "cmd.kill_now": ("立即锁定（不询问）", "Block trading at once"),
    "cmd.unkill": ("解除锁定", "Allow trading"),
    "cmd.search": ("查找证券", "Find instrument"),
    "cmd.next": ("下一只", "Next instrument"),
    "cmd.previous": ("上一只", "Previous instrument"),
    "cmd.period": ("切换周期", "Next period"),
    "cmd.adjust": ("切换复权", "Next adjustment"),
    "cmd.pause": ("暂停 / 继续回放", "Pause or resume replay"),
    "cmd.language": ("English", "中文"),
    "cmd.theme": ("浅色 / 深色", "Light / dark"),
    "cmd.red_up": ("红涨绿跌", "Red is up"),
    "cmd.reset_layout": ("恢复默认布局", "Reset layout"),
    "cmd.full_screen": ("全屏", "Full screen"),
    "cmd.shortcuts": ("快捷键", "Keyboard shortcuts"),
    "cmd.about": ("关于", "About"),
    "tip.cmd.kill": ("撤销所有委托并禁止新的委托",
                     "Cancel all open orders and refuse new ones"),
    "tip.cmd.kill_now": ("不再询问：撤销所有委托并禁止新的委托",
                         "Without asking: cancel all open orders and refuse new ones"),
    "tip.cmd.unkill": ("重新允许下单", "Allow orders again"),
    "tip.cmd.language": ("界面切换到英文", "Switch the window to Chinese"),
    "tip.cmd.theme": ("在浅色和深色之间切换", "Switch between light and dark"),
    # notices
    "notice.welcome": ("生成行情正在运行：这是程序生成的市场，可以放心练习。",
                       "The generated market is running: nothing here is real, trade freely."),
    "notice.sent": ("委托 {id} 已提交：{side} {symbol} {shares} 股。",
                    "Order {id} is on its way: {side} {shares} {symbol}."),
    "notice.refused": ("委托被拒绝：{reason}", "Order refused: {reason}"),
    "notice.filled": ("成交：{side} {symbol} {shares} 股，价格 {price}。",
                      "Filled: {side} {shares} {symbol} at {price}."),
    "notice.cancel_asked": ("已请求撤销 {count} 笔委托。", "Asked to cancel {count} order(s)."),
    "notice.day": ("进入交易日 {day}。", "Trading day {day}."),
    "notice.bars_failed": ("走势图读取失败：{why}", "The chart's bars could not be read: {why}"),
    "notice.job_failed": ("操作失败：{why}", "That did not work: {why}"),
    "notice.loop_failed": ("后台任务停止：{why}。请重新启动程序。",
                           "A background task stopped: {why}. Restart the program."),
    "notice.layout": ("布局文件无法使用，已恢复默认布局。旧文件保存为 {kept}。",
                      "The layout file could not be used; the default layout is shown. "
                      "The old file is kept as {kept}."),
    "notice.layout_save": ("布局没有保存：{why}", "The layout was not saved: {why}"),
    "notice.watchlist": ("自选文件无法使用，已载入默认自选。旧文件保存为 {kept}。",
                         "The watchlist file could not be used; a default list is shown. "
                         "The old file is kept as {kept}."),
    "notice.no_chinese": ("系统没有中文字体，中文会显示为方框。请安装 fonts-noto-cjk。",
                          "No Chinese font is installed, so Chinese text shows as boxes. "
                          "Install fonts-noto-cjk."),
    "notice.setting": ("设置没有保存：{why}", "The setting was not saved: {why}"),
    # dialogs
    "dialog.ok": ("确定", "OK"),
    "dialog.cancel": ("取消", "Cancel"),
    "dialog.close": ("关闭", "Close"),
    "dialog.copy": ("复制", "Copy"),
    "order.title.BUY": ("确认买入", "Confirm the buy order"),
    "order.title.SELL": ("确认卖出", "Confirm the sell order"),
    "order.line": ("{side} {name} {symbol}", "{side} {name} {symbol}"),
    "order.terms": ("{type} {price} × {shares} 股", "{type} {price} × {shares} shares"),
    "order.refusals": ("这笔委托会被拒绝：", "This order would be refused:"),
    "order.sellable": ("今日买入的股票最早下一交易日可卖。",
                       "Shares bought today can be sold from the next session."),
    "order.t0": ("该品种当日买入可当日卖出（T+0）。",
                 "This instrument may be sold on the day it is bought (T+0)."),
    "kill.title": ("锁定交易？", "Block trading?"),
    "kill.text": ("将撤销所有未完成的委托，并拒绝新的委托，直到您解除锁定。",
                  "Every open order is cancelled and new ones are refused until you allow "
                  "trading again."),
    "unkill.title": ("解除锁定？", "Allow trading again?"),
    "unkill.text": ("将重新允许下单。请先确认锁定的原因已经处理。",
                    "Orders will be taken again. Make sure the reason for the block is settled."),
    "settings.title": ("设置", "Settings"),
    "settings.search": ("搜索设置", "Search settings"),
    "settings.key": ("设置项", "Setting"),
    "settings.value": ("值", "Value"),
    "settings.origin": ("来源", "From"),
    "settings.default": ("默认", "default"),
    "settings.environment": ("环境变量", "environment"),
    "settings.file": ("配置文件", "file"),
    "settings.command_line": ("命令行", "command line"),
    "settings.dialog": ("本窗口", "this window"),
    "settings.restart": ("重启后生效", "after a restart"),
    "settings.none": ("没有匹配的设置。", "No setting matches."),
    "settings.wrong": ("这个值不能用：{why}", "This value cannot be used: {why}"),
    "settings.must": ("应为{kind}{limits}", "it must be {kind}{limits}"),
    "settings.range": ("，{low} 至 {high}", " of {low} to {high}"),
    "settings.places": ("，最多 {places} 位小数", ", at most {places} decimals"),
    "settings.choices": ("：{choices}", " of {choices}"),
    "settings.on": ("开", "On"),
    "settings.off": ("关", "Off"),
    "value.BOOL": ("开或关", "true or false"),
    "value.INT": ("整数", "a whole number"),
    "value.DECIMAL": ("数字", "a number"),
    "value.CHOICE": ("其中之一", "one"),
    "value.TEXT": ("文字", "text"),
    "value.FILE": ("文件路径", "the path of a file"),
    "settings.save": ("保存", "Save"),
    "tip.settings.save": ("保存到配置文件", "Write to the configuration file"),
    "unit.sessions": ("个交易日", "sessions"),
    "unit.instruments": ("只证券", "instruments"),
    "unit.simulated seconds per second": ("模拟秒 / 秒", "simulated seconds per second"),
    "unit.of the amount": ("× 成交额", "of the amount"),
    "unit.CNY": ("元", "CNY"),
    "unit.shares": ("股", "shares"),
    "unit.s": ("秒", "s"),
    "about.title": ("关于", "About"),
    "about.text": (
        "中国A股研究与交易工作台。\n\n"
        "版权所有，保留所有权利。界面使用 PyQt6（GPL-3 或商业许可）和 Qt Advanced Docking "
        "System（LGPL-2.1）；再分发本程序需要相应的 PyQt 许可。详见 docs/licences.md。",
        "A workstation for research and trading in China A-shares.\n\n"
        "All rights reserved. The interface uses PyQt6 (GPL-3 or commercial) and the Qt Advanced "
        "Docking System (LGPL-2.1); redistribution needs a matching PyQt licence. "
        "See docs/licences.md."),
    "shortcuts.title": ("快捷键", "Keyboard shortcuts"),
    "shortcuts.typing": ("直接输入数字或字母：查找证券", "Digits or letters anywhere: find"),
    "crash.title": ("程序遇到错误", "The program met an error"),
    "crash.text": ("窗口仍可使用，但请尽快保存并重新启动。请把下面的报告发给维护者；"
                   "报告也保存在日志文件夹的 crash.txt。",
                   "The window still works, but restart soon. Send the report below to the "
                   "maintainer; it is also in crash.txt in the log folder."),
    "quit.text": ("还有 {count} 笔未完成的委托。退出后它们不会再被监控。",
                         "{count} order(s) are still open. Nobody watches them after you quit."),
    "quit.title": ("退出？", "Quit?"),
    # refusals: what, why, what to do
    "refusal.KILL": ("交易已被限制（{name}）；处理好原因后再解除。",
                     "Trading is restricted ({name}); lift it once the reason is settled."),
    "refusal.UNKNOWN_INSTRUMENT": ("没有 {symbol} 的资料；请核对代码，或先导入数据。",
                                   "Nothing is known of {symbol}; check the code or import "
                                   "its data."),
    "refusal.NOT_TRADABLE": ("{symbol} 是{kind}，本程序只能查看，不能交易；请选择股票或基金。",
                             "{symbol} is {kind}: it is shown here, not traded; choose a share "
                             "or a fund."),
    "refusal.NOT_A_SESSION": ("{day} 休市；请在 {next_session} 再下单。",
                              "The exchanges are closed on {day}; enter it on {next_session}."),
    "refusal.NOT_A_SESSION.no_next": ("{day} 休市；请在交易日下单。",
                                      "The exchanges are closed on {day}; enter it on a "
                                      "trading day."),
    "refusal.SUSPENDED": ("{symbol} 在 {day} 停牌；请等复牌。",
                          "{symbol} does not trade on {day}; wait for its resumption."),
    "refusal.NO_REFERENCE": ("不知道 {symbol} 在 {day} 的昨收价，无法判断涨跌停；请导入昨收数据。",
                             "The previous close of {symbol} for {day} is not known, so its "
                             "limits are not; import it."),
    "refusal.TICK": ("价格 {price} 不是 {tick} 的整数倍；请按最小变动价位修改。",
                     "Price {price} is not a multiple of {tick}; round it to the tick."),
    "refusal.PRICE_LIMIT": ("价格 {price} 超出今日涨跌停 {down} 至 {up}；请在此范围内报价。",
                            "Price {price} is outside today's limits {down} to {up}; choose one "
                            "between."),
    "refusal.LOT": ("不能买 {shares} 股：至少 {least} 股，按 {step} 股递增。",
                    "{shares} shares cannot be bought: at least {least}, in steps of {step}."),
    "refusal.ODD_LOT": ("不能卖 {shares} 股：至少 {least} 股，按 {step} 股递增，零股须一次卖完"
                        "（可卖 {sellable} 股）。",
                        "{shares} shares cannot be sold: at least {least}, in steps of {step}; "
                        "an odd rest only in one piece ({sellable} sellable)."),
    "refusal.MAX_QTY": ("{shares} 股超过单笔上限 {most} 股；请拆分。",
                        "{shares} shares exceed the {most} one order may have; split it."),
    "refusal.T1_SELLABLE": ("要卖 {shares} 股，今日可卖 {sellable} 股；今日买入的 {locked} 股"
                            "须到 {next_session} 才能卖（T+1）。",
                            "Asked to sell {shares}, {sellable} may be sold today; the {locked} "
                            "bought today can be sold from {next_session} (T+1)."),
    "refusal.T1_SELLABLE.unlocked": ("要卖 {shares} 股，今日可卖 {sellable} 股；请减少数量。",
                                     "Asked to sell {shares}, {sellable} may be sold today; "
                                     "lower the size."),
    "refusal.CASH": ("需要 {needed} 元（含费用），可用 {available} 元；请减到 {most} 股。",
                     "It needs {needed} CNY with fees, {available} are free; lower it to "
                     "{most} shares."),
    "refusal.CASH.none": ("需要 {needed} 元（含费用），可用 {available} 元；"
                          "请先卖出或撤销其他买单。",
                          "It needs {needed} CNY with fees, {available} are free; sell "
                          "something or cancel an open buy."),
    "refusal.CASH.no_price": ("没有价格可以计算所需资金；请填写限价。",
                              "No price is known to reserve cash by; enter a limit price."),
    "refusal.ORDER_TYPE": ("该板块不接受{type}委托；请换一种类型。",
                           "This board takes no {type} orders; choose another type."),
    "refusal.ORDER_TYPE.protect": ("{type}委托必须有保护限价；请填写。",
                                   "A {type} order needs a protective limit price here; give one."),
    "refusal.PHASE": ("现在是{phase}，不接受{type}委托；请等下一阶段。",
                      "Now: {phase}. No {type} orders are taken; wait for the next phase."),
    "refusal.STALE_QUOTE": ("{symbol} 的最新价已过去 {age} 秒（上限 {most} 秒）；请等行情恢复。",
                            "The last price of {symbol} is {age} s old (limit {most}); wait for "
                            "the feed."),
    "refusal.STALE_QUOTE.none": ("{symbol} 今天还没有行情；请等行情到达。",
                                 "No price of {symbol} came today; wait for the feed."),
    "refusal.DUPLICATE": ("这笔委托已提交（编号 {order_id}）；不会重复发送。",
                          "This order was sent already (no. {order_id}); nothing is sent twice."),
    "refusal.ST_BUY_CAP": ("风险警示股每日最多买 {most} 股，已买或已报 {bought} 股；请减少数量。",
                           "At most {most} shares of a risk-warning stock may be bought a day, "
                           "{bought} are bought or ordered; lower the size."),
    "refusal.PRICE_CAGE": ("价格 {price} 偏离市价过多，当前界限为 {bound}；请修改价格。",
                           "Price {price} is too far from the market, the bound is now {bound}; "
                           "change the price."),
    "refusal.NO_SHORT": ("要卖 {shares} 股，持有且未挂卖的只有 {held} 股；不能卖空，请减少数量。",
                         "Asked to sell {shares}, {held} are held and not on sale; nothing is "
                         "sold short, lower the size."),
    "refusal.LIVE_LOCKED": ("实盘交易已锁定；请用第二验证因素解锁。",
                            "Live trading is locked; unlock it with your second factor."),
    "refusal.NOT_REPORTED": ("程序化交易报告的上限是 {reported} 笔，已报 {done} 笔；请稍候，"
                             "或先向券商变更报告。",
                             "{reported} orders and cancels were reported as the most, {done} were "
                             "sent; wait, or report a higher figure first."),
    "refusal.NOT_REPORTED.none": ("该账户没有程序化交易报告记录；请先向券商报告，"
                                  "再用 --register-program 登记。",
                                  "Program trading of this account is not registered; report it "
                                  "to your broker, then enter it with --register-program."),
    "refusal.RECONCILING": ("暂不能报单（{owner}：{why}）；请等核对完成。",
                            "Nothing may be sent yet ({owner}: {why}); wait until it is settled."),
    "refusal.FROZEN": ("{symbol} 与券商有未结差异（{case}），已冻结；请核实并填写理由关闭。",
                       "{symbol} is frozen by an open difference ({case}) with the broker; settle "
                       "it and close it with a reason."),
    "refusal.UNKNOWN_OUTSTANDING": ("{symbol} 同方向的委托 {order_id} 状态未证实；"
                                    "请等券商委托列表确认。",
                                    "The fate of order {order_id} in {symbol} on this side is not "
                                    "proven; wait for the broker's list."),
    "refusal.NOT_LISTED": ("{symbol} 于 {day} 上市；请到时再下单。",
                           "{symbol} is listed from {day} on; wait for that day."),
    "refusal.DELISTING": ("{symbol} 已于 {day} 退市；请向券商咨询转让事宜。",
                          "{symbol} was delisted on {day}; ask your broker about its transfer."),
    "refusal.DELISTING.arrangement": ("{symbol} 处于退市整理期；请勿买入，"
                                      "或在 risk.permissions 中加入 DELISTING。",
                                      "{symbol} is in its delisting arrangement; leave it, or add "
                                      "DELISTING to risk.permissions."),
    "refusal.PERMISSION": ("账户没有{right}买入权限；请先在券商开通，再写入 risk.permissions。",
                           "The account has no right to buy {right}; have the broker open it, then "
                           "add it to risk.permissions."),
    "right.STAR": ("科创板", "STAR shares"),
    "right.CHINEXT": ("创业板", "ChiNext shares"),
    "right.BSE": ("北交所股票", "Beijing shares"),
    "right.ST": ("风险警示股票", "risk-warning shares"),
    "refusal.RESTRICTED": ("{symbol} 在禁止交易名单中；如需交易，请先从名单文件中移除。",
                           "{symbol} is on the restricted list; leave it, or take it off the file "
                           "of risk.restricted_file."),
    "refusal.CLOCK": ("时间相差 {seconds} 秒（上限 2 秒）；请用时间服务校准本机时钟。",
                      "Clock and market are {seconds} s apart (limit 2); set the clock by the "
                      "time service."),
    "refusal.DB_HEALTH": ("账本所在磁盘只剩 {free} GiB（至少 1 GiB）；请先清理空间。",
                          "{free} GiB are free on the ledger's disk, 1 GiB is the least; free "
                          "space first."),
    "refusal.MODEL_DRIFT": ("{source} 的模型漂移保护已触发；请检查或重新训练模型后再启用。",
                            "The drift guard of {source} has tripped; train or check the model, "
                            "then re-arm it."),
    "refusal.FAT_FINGER_PRICE": ("价格 {price} 偏离最新价 {last} 达 {is_pct}%"
                                 "（上限 {limit_pct}%）；请改价，或填写理由后坚持。",
                                 "Price {price} is {is_pct} % from the newest price {last} (limit "
                                 "{limit_pct} %); correct it, or insist with a reason."),
    "refusal.FAT_FINGER_SIZE": ("金额 {amount} 元超过单笔上限 {limit} 元；"
                                "请拆分，或调整 risk.max_order_notional。",
                                "{amount} CNY exceed what one order may have ({limit}); split it, "
                                "or raise risk.max_order_notional."),
    "refusal.VOLUME_SHARE": ("{shares} 股超过日均成交量允许的 {most} 股；请分几天完成。",
                             "{shares} shares exceed the share of a mean day's volume ({most}); "
                             "split it over days."),
    "refusal.RECENT_VOLUME": ("{shares} 股超过近五分钟成交量的四分之一（{most} 股）；请拆分。",
                              "{shares} shares exceed a quarter of the last five minutes' volume "
                              "({most}); split it."),
    "refusal.QUOTE_DISAGREE": ("{symbol} 两个行情源分别为 {price} 与 {other}；请等两者一致。",
                               "Two sources give {price} and {other} for {symbol}; wait until "
                               "they agree."),
    "refusal.CROSSED_BOOK": ("{symbol} 盘口倒挂（买一 {bid}，卖一 {ask}），行情有误；"
                             "请等下一笔行情。",
                             "The book of {symbol} is crossed (bid {bid}, ask {ask}), so its quote "
                             "is wrong; wait for the next."),
    "refusal.REPEATED": ("与 {seconds} 秒内的委托 {order_id} 完全相同；请稍候，"
                         "确需重复请改价格或数量。",
                         "The same as order {order_id} of less than {seconds} s ago; wait, or "
                         "change price or quantity if it is meant."),
    "refusal.SELF_TRADE": ("会与自己的委托 {order_id} 成交；请先撤销那一笔。",
                           "It would trade with your own order {order_id}; cancel that one first."),
    "refusal.RATE": ("{window}内已发出 {sent} 笔委托（上限 {limit}）；请稍候。",
                     "{sent} orders have left within the {window} (limit {limit}); wait."),
    "window.second": ("一秒", "second"),
    "window.minute": ("一分钟", "minute"),
    "window.day": ("当日", "day"),
    "refusal.BURST": ("一秒内报撤单 {sent} 笔，属异常申报速率（上限 {limit}）；请稍候。",
                      "{sent} orders and cancels within a second look abnormal (limit {limit}); "
                      "wait."),
    "refusal.CANCEL_RATIO": ("今日 {sent} 笔委托撤了 {cancels} 笔（上限 {limit_pct}%）；"
                             "今日只能本人卖出。",
                             "{cancels} of today's {sent} orders were cancelled (limit "
                             "{limit_pct} %); today a person may still sell."),
    "refusal.QUICK_CANCEL": ("今日一秒内撤单 {cancels} 次（上限 {limit}）；今日只能本人卖出。",
                             "{cancels} orders were cancelled within a second today (limit "
                             "{limit}); a person may still sell."),
    "refusal.DAY_LOSS": ("今日亏损 {lost} 元，已达上限 {limit} 元；下一交易日前只能卖出。",
                         "Today's loss of {lost} CNY has reached the limit of {limit}; only sales "
                         "until the next session."),
    "refusal.DRAWDOWN": ("权益自最高点回撤 {is_pct}%（上限 {limit_pct}%）；"
                         "只能卖出，直到本人提高上限。",
                         "The account is {is_pct} % below its highest value (limit {limit_pct} %); "
                         "only sales until a person raises the limit."),
    "refusal.CONCENTRATION": ("{symbol} 将占账户 {is_pct}%（上限 {limit_pct}%）；请少买。",
                              "{symbol} would be {is_pct} % of the account (limit {limit_pct} %); "
                              "buy less."),
    "refusal.SECTOR": ("行业“{sector}”将占账户 {is_pct}%（上限 {limit_pct}%）；请少买。",
                       "Industry {sector} would be {is_pct} % of the account (limit {limit_pct} "
                       "%); buy less."),
    "refusal.SECTOR.unknown": ("行业未知的证券合计将占账户 {is_pct}%（上限 {limit_pct}%）；"
                               "请少买。",
                               "Instruments of unknown industry would be {is_pct} % of the account "
                               "(limit {limit_pct} %); buy less."),
    "refusal.GROSS": ("总持仓将占账户 {is_pct}%（上限 {limit_pct}%）；请少买。",
                      "{is_pct} % of the account would be invested (limit {limit_pct} %); buy "
                      "less."),
    "refusal.COUNT": ("将持有第 {names} 只证券（上限 {limit} 只）；请先卖出一只。",
                      "It would be instrument number {names} (limit {limit}); sell one first."),
    "refusal.VAR": ("买入后单日风险价值将占账户 {is_pct}%（上限 {limit_pct}%）；请少买。",
                    "The value at risk of a day would be {is_pct} % of the account (limit "
                    "{limit_pct} %); buy less."),
    "refusal.PARENT_CAP": ("计划 {plan_id} 最多发出 {limit} 股，已发出 {sent} 股；"
                           "请停止该计划并检查其委托。",
                           "Plan {plan_id} may send {limit} shares, {sent} were sent; stop the "
                           "plan and look at its orders."),
    "refusal.LOSS_STREAK": ("最近 {losses} 次卖出连续亏损（上限 {limit} 次），程序 {source} 暂停；"
                            "请查明原因后重新启用熔断 loss_streak。",
                            "The last {losses} sales lost money (limit {limit}), programs such as "
                            "{source} pause; find out why, then re-arm the breaker loss_streak."),
    "refusal.REJECT_STORM": ("一分钟内券商拒绝了 {rejects} 笔委托；请查明原因后再让程序继续。",
                             "The broker rejected {rejects} orders within a minute; find out why "
                             "before a program goes on."),
    "refusal.PRICE_PUSH": ("一分钟内价格变动 {is_pct}%，其中 {volume} 股里有 {own} 股是自己的成交；"
                           "请稍候。",
                           "The price moved {is_pct} % within a minute and {own} of its {volume} "
                           "shares were yours; wait."),
    "refusal.LARGE_TRADES": ("五分钟内 {symbol} 的成交与委托将达 {amount} 元（上限 {limit} 元）；"
                             "请分散到更长时间。",
                             "{amount} CNY of {symbol} within five minutes exceed {limit}; spread "
                             "it over time."),
    "refusal.unjudged": ("规则 {code} 无法判断：{missing}", "Not judged ({code}): {missing}"),
    "missing.access": ("没有查询交易权限；请重新启动程序。",
                       "what the desk may do was not asked; restart the program."),
    "missing.conduct": ("无法统计今日的委托与撤单；请重新启动程序。",
                        "today's orders and cancels could not be counted; restart the program."),
    "missing.market": ("没有行情；请等行情到达。", "nothing is known of the market; wait for the "
                       "feed."),
    "missing.exposure": ("账户尚未估值；请等行情到达。", "the account was not valued; wait for "
                         "prices."),
    "missing.equity": ("有持仓没有价格，账户权益未知；请等行情到达或导入数据。",
                       "a holding has no price, so the account's worth is not known; wait for the "
                       "feed or import its data."),
    "missing.cost": ("没有价格可以计算金额；请填写限价。",
                     "no price is known to judge the amount by; enter a limit price."),
    "missing.price": ("没有该证券的价格；请等行情到达。",
                      "no price of the instrument is known; wait for the feed."),
    "missing.average_volume": ("不知道日均成交量；请导入日线数据。",
                               "its mean daily volume is not known; import its daily bars."),
    "missing.recent_volume": ("不知道近几分钟的成交量；请等行情到达。",
                              "its volume of the last minutes is not known; wait for the feed."),
    "missing.minute": ("不知道最近一分钟的行情；请等行情到达。",
                       "its last minute is not known; wait for the feed."),
    "missing.second_quote": ("第二行情源没有该证券的价格；请等两个行情源都有数据。",
                             "the second source has no price of it; wait until both answer."),
    "missing.quote_time": ("不知道最新行情的时间；请等行情到达。",
                           "the time of its newest quote is not known; wait for the feed."),
    "missing.history": ("无法取得历史价格；请重新启动程序。",
                        "its price history could not be asked for; restart the program."),
    "missing.lock": ("不知道实盘是否已解锁；请重新解锁。",
                     "whether live trading is unlocked is not known; unlock it again."),
    "missing.cases": ("无法读取与券商的差异记录；请重新启动程序。",
                      "open differences with the broker could not be read; restart the program."),
    "missing.restricted": ("禁止交易名单无法读取；请检查 risk.restricted_file。",
                           "the list of restricted instruments cannot be read; correct "
                           "risk.restricted_file."),
    "missing.disk": ("不知道账本磁盘的剩余空间；请检查数据目录。",
                     "the free space of the ledger's disk is not known; check the state folder."),
    "missing.drift": ("该策略的模型漂移保护没有应答；请检查模型。",
                      "the drift guard of this strategy does not answer; check the model."),
    "missing.clock": ("不知道本机时钟的误差；请检查时间服务。",
                      "how far the machine's clock is off is not known; check the time service."),
    "missing.plan": ("账本中没有对应的计划；请重新录入计划。",
                     "its plan is not in the ledger; enter the plan again."),
    "missing.position": ("不知道持仓数量；请重新启动程序。",
                         "what is held is not known; restart the program."),
})
