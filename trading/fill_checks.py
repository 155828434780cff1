"""What a broker's report may look like and still be believed. Pure.

A trade that the broker names is booked wherever the ledger can hold it, because the broker is
the authority on its own trades: a price off the tick, outside the day's band or worse than the
order's limit is booked and opens a case. What the ledger cannot hold (no whole positive number
of shares, more than was open, a sale of more than is held) is kept in quarantine.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.money import on_tick
from core.types import BrokerReport, Order, OrderAtBroker, OrderSide, OrderType, Report
from trading.day_rules import SymbolDay

_MOST_TEXT = 300
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_ID = 64
AHEAD = timedelta(minutes=2)        # a broker's clock further ahead of ours is wrong, or ours is


def cleaned(report: BrokerReport) -> BrokerReport:
    """The report with texts that can be written down: valid, and of a bearable length."""
    text, broker_id, trade_id = (_clean(report.text, _MOST_TEXT),
                                 _clean(report.broker_id, _MOST_ID),
                                 _clean(report.trade_id, _MOST_ID))
    if not isinstance(report.ts_utc, datetime):
        report = replace(report, ts_utc=_UNDATED)
    if (report.text, report.broker_id, report.trade_id) == (text, broker_id, trade_id):
        return report
    return replace(report, text=text, broker_id=broker_id, trade_id=trade_id)


def _clean(text: object, most: int) -> str:
    return str(text).encode("utf-8", "replace").decode()[:most]


def fingerprint(report: BrokerReport) -> str:
    """Tells one report from another, whenever and however often it comes."""
    said = (report.kind.value, report.order_id, report.broker_id, report.trade_id,
            str(report.shares), str(report.price_cny))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def is_about(order: Order, about: OrderAtBroker | None) -> bool:
    """Whether a row can be this order; a row that does not say of what is believed its id."""
    if about is None:
        return True
    request = order.request
    if (about.symbol, about.side, about.shares) != (
            request.symbol, request.side, request.shares):
        return False
    priced = request.type is OrderType.LIMIT and about.limit_cny is not None
    return not priced or about.limit_cny == request.limit_cny


def fill_doubt(order: Order, price_cny: Decimal, day: SymbolDay | None) -> str:
    """What is odd about the price of a fill that will be booked; empty if nothing is."""
    if day is None or day.band is None:
        return ""                       # nothing is known to compare it with
    if day.tick_cny is not None and not on_tick(price_cny, day.tick_cny):
        return f"{price_cny} is off the tick of {day.tick_cny}"
    down, up = day.band.down_cny, day.band.up_cny
    if (down is not None and price_cny < down) or (up is not None and price_cny > up):
        return f"{price_cny} is outside the day's band of {down} to {up}"
    limit = order.request.limit_cny
    if limit is None:
        return ""
    buying = order.request.side is OrderSide.BUY
    if price_cny > limit if buying else price_cny < limit:
        return f"{price_cny} is worse than the order's limit of {limit}"
    return ""


def clock_doubt(report: BrokerReport, now_utc: datetime) -> str:
    """What the report says of the broker's clock; empty if it can be right.

    An old report may be a replay, so only a clock ahead of ours is seen. Nothing is ever booked
    by the broker's clock.
    """
    if report.ts_utc.tzinfo is None or report.kind is Report.SILENCE:
        return ""
    ahead = report.ts_utc - now_utc
    if ahead <= AHEAD:
        return ""
    return (f"The broker's clock is {int(ahead.total_seconds())} s ahead of this computer's; "
            "orders are dated by ours, so compare both with a time server")
