"""The terminal's rows as the order core understands them. Pure.

A row is what the child sent: whole numbers as numbers, prices as the shortest text of the
vendor's float. Whatever cannot be understood raises ValueError, and nothing is guessed.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.exceptions import OrderError
from core.symbols import parse_instrument
from core.types import (
    BrokerReport,
    CashAtBroker,
    Exchange,
    Order,
    OrderAtBroker,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionAtBroker,
    Report,
)
from trading.float_prices import amount_in, price_in
from trading.qmt.codes import PRICE_TYPES, REMARK_MOST, SIDE_OF, SIDES, STATUSES, TYPE_OF

Row = dict[str, Any]

_LATEST_S = 4_102_444_800          # 2100-01-01: seconds beyond it are milliseconds or garbage
_PREFIX = "TG"


# ---- our mark ------------------------------------------------------------------------------------


def remark_of(tag: str, order_id: int) -> str:
    """What the terminal carries for us: unique per ledger and order, never used twice."""
    remark = f"{_PREFIX}{tag}-{order_id}"
    if len(remark) > REMARK_MOST or not remark.isascii():
        raise ValueError(f"the mark {remark!r} is longer than {REMARK_MOST} ASCII characters")
    return remark


def order_id_in(tag: str, remark: str) -> int:
    """Our order's id; 0: the mark is not one of this ledger's."""
    start = f"{_PREFIX}{tag}-"
    digits = remark.removeprefix(start)
    ours = remark.startswith(start) and digits.isascii() and digits.isdigit()
    return int(digits) if ours and not digits.startswith("0") else 0


# ---- out -----------------------------------------------------------------------------------------


def place_of(order: Order, remark: str) -> Row:
    """What the child needs to send an order.

    Raises:
        OrderError: the terminal has no such order kind; nothing was sent.
    """
    request = order.request
    code = PRICE_TYPES.get((request.type, _exchange(request.symbol)))
    if code is None:
        raise OrderError(
            f"order {order.order_id} was not sent",
            why=f"miniQMT documents no {request.type.value} order for {request.symbol}",
            remedy="Enter a limit order")
    return {
        "symbol": request.symbol, "side": SIDES[request.side], "shares": request.shares,
        "price_type": code, "price": str(_sent_price(request)), "remark": remark,
        "manual": request.source == "manual", "sells": request.side is OrderSide.SELL}


def _sent_price(request: OrderRequest) -> Decimal:
    """The documents ask for 0 where a market kind has no protective limit."""
    return Decimal(0) if request.limit_cny is None else request.limit_cny


def _exchange(symbol: str) -> Exchange:
    return parse_instrument(symbol).exchange


# ---- in ------------------------------------------------------------------------------------------


def moment_in(seconds: object) -> datetime:
    number = whole(seconds)
    if not 0 < number < _LATEST_S:
        raise ValueError(f"{seconds!r} is no moment")
    return datetime.fromtimestamp(number, UTC)


def whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value


def order_in(row: Row) -> OrderAtBroker:
    """An order as the terminal lists it."""
    shares, traded = whole(row["order_volume"]), whole(row["traded_volume"])
    if shares <= 0 or not 0 <= traded <= shares:
        raise ValueError(f"an order of {shares} shares with {traded} traded")
    symbol = str(row["stock_code"])
    kind = TYPE_OF.get(whole(row["price_type"]), OrderType.LIMIT)
    limit = price_in(row["price"], symbol) if kind is OrderType.LIMIT else None
    return OrderAtBroker(
        symbol=symbol, side=side_in(row), shares=shares, filled_shares=traded, type=kind,
        limit_cny=limit, remark=str(row["order_remark"]),
        entered_utc=moment_in(row["order_time"]))


def side_in(row: Row) -> OrderSide:
    try:
        return SIDE_OF[whole(row["order_type"])]
    except KeyError:
        raise ValueError(f"{row['order_type']!r} is neither a buy nor a sale") from None


def status_in(row: Row) -> Report | None:
    """None: the status says nothing that may change an order."""
    return STATUSES.get(whole(row["order_status"]))


def trade_in(row: Row, order_id: int) -> BrokerReport:
    shares, trade_id = whole(row["traded_volume"]), str(row["traded_id"])
    if shares <= 0 or not trade_id:
        raise ValueError(f"a trade {trade_id!r} of {shares} shares")
    return BrokerReport(
        kind=Report.FILL, order_id=order_id, broker_id=str(whole(row["order_id"])),
        ts_utc=moment_in(row["traded_time"]), trade_id=trade_id, shares=shares,
        price_cny=price_in(row["traded_price"], str(row["stock_code"])))


def position_in(row: Row) -> PositionAtBroker:
    held, usable = whole(row["volume"]), whole(row["can_use_volume"])
    if held < 0 or usable < 0:
        raise ValueError(f"a position of {held} shares, {usable} usable")
    return PositionAtBroker(symbol=str(row["stock_code"]), held_shares=held,
                            sellable_shares=usable)


def cash_in(row: Row) -> CashAtBroker:
    """`cash` is documented as the usable amount; what orders hold is beside it."""
    usable_cny, held_cny = amount_in(row["cash"]), amount_in(row["frozen_cash"])
    return CashAtBroker(cash_cny=usable_cny + held_cny, available_cny=usable_cny)


def same_order(order: Order, at_broker: OrderAtBroker) -> bool:
    """Whether a row that bears our mark is our order at all (a mark may be reused by others)."""
    request = order.request
    return (request.symbol, request.side, request.shares) == (
        at_broker.symbol, at_broker.side, at_broker.shares)
