"""miniQMT's documented numbers, and what they mean to the order core. Pure tables.

Source: the vendor's manual and constants of xtquant 250807.1.2. A number that stands in no table
means nothing here: it changes nothing.
"""

from core.types import Exchange, OrderSide, OrderType, Report

STOCK_BUY, STOCK_SELL = 23, 24
SIDES = {OrderSide.BUY: STOCK_BUY, OrderSide.SELL: STOCK_SELL}
SIDE_OF = {code: side for side, code in SIDES.items()}

# What each order status says. None: it says nothing that may change an order.
STATUSES: dict[int, Report | None] = {
    48: None,                      # 未报: taken by the terminal, not yet handed on
    49: None,                      # 待报
    50: Report.ACK,                # 已报
    51: Report.ACK,                # 已报待撤: a pending cancel is no end; it may still trade
    52: Report.ACK,                # 部成待撤: the same after a part fill
    53: Report.CANCELLED,          # 部撤
    54: Report.CANCELLED,          # 已撤
    55: Report.ACK,                # 部成: the trades themselves are booked, not this
    56: Report.ACK,                # 已成: likewise
    57: Report.REJECTED,           # 废单
    255: None,                     # 未知: the terminal does not know, so neither do we
}
# In a list these say that the terminal has the order, though nothing is known of the exchange.
TAKEN_STATUSES = frozenset({48, 49})
OPEN_STATUSES = frozenset({48, 49, 50, 51, 52, 55})

FIX_PRICE = 11
PRICE_TYPES: dict[tuple[OrderType, Exchange], int] = {
    **{(OrderType.LIMIT, exchange): FIX_PRICE
       for exchange in (Exchange.SSE, Exchange.SZSE, Exchange.BSE)},
    (OrderType.BEST5_CANCEL, Exchange.SSE): 42,
    (OrderType.BEST5_CANCEL, Exchange.BSE): 42,
    (OrderType.BEST5_CANCEL, Exchange.SZSE): 47,
    (OrderType.BEST5_LIMIT, Exchange.SSE): 43,
    (OrderType.BEST5_LIMIT, Exchange.BSE): 43,
    **{(OrderType.COUNTER_BEST, exchange): 44
       for exchange in (Exchange.SSE, Exchange.SZSE, Exchange.BSE)},
    **{(OrderType.OWN_BEST, exchange): 45
       for exchange in (Exchange.SSE, Exchange.SZSE, Exchange.BSE)},
    (OrderType.IMMEDIATE_CANCEL, Exchange.SZSE): 46,
    (OrderType.FILL_OR_KILL, Exchange.SZSE): 48,
}
TYPE_OF = {code: kind for (kind, _), code in PRICE_TYPES.items()}
TYPES = frozenset(kind for kind, _ in PRICE_TYPES)

# What crosses to the child: attributes of the vendor's values, with the kind of each.
ORDER_FIELDS = (("stock_code", str), ("order_id", int), ("order_time", int), ("order_type", int),
                ("order_volume", int), ("price_type", int), ("price", float),
                ("traded_volume", int), ("order_status", int), ("status_msg", str),
                ("order_remark", str))
TRADE_FIELDS = (("stock_code", str), ("order_id", int), ("order_type", int), ("traded_id", str),
                ("traded_time", int), ("traded_price", float), ("traded_volume", int),
                ("order_remark", str))
POSITION_FIELDS = (("stock_code", str), ("volume", int), ("can_use_volume", int))
ASSET_FIELDS = (("cash", float), ("frozen_cash", float), ("market_value", float))
ORDER_ERROR_FIELDS = (("order_id", int), ("error_id", int), ("error_msg", str),
                      ("order_remark", str))
CANCEL_ERROR_FIELDS = (("order_id", int), ("error_id", int), ("error_msg", str))

REMARK_MOST = 24                   # characters; one broker's page says so, the manual is silent
