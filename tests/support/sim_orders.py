"""Orders as the simulated market holds them, and the day of an instrument, for its parts' tests."""

from datetime import datetime, time
from typing import Any

from core.types import Order, OrderStatus
from tests.support.desk import CNY, DAY1, MAIN, Reference, a_request, at
from trading.day_rules import DayRules, SymbolDay
from trading.sim_book import Resting


def resting(
    order_id: int = 1, shares: int = 300, limit: str | None = "10.00", *,
    entered_utc: datetime | None = None, fresh: bool = False, **changes: Any,
) -> Resting:
    """An order at the simulated exchange since 10:00, unless told."""
    limit_cny = None if limit is None else CNY(limit)
    request = a_request(shares=shares, limit_cny=limit_cny or CNY("10.00"), **changes)
    order = Order(order_id=order_id, request=request, trading_day=DAY1, status=OrderStatus.LIVE)
    return Resting(order=order, broker_id=f"SIM-{order_id}", limit_cny=limit_cny,
                   left_shares=shares, entered_utc=entered_utc or at(DAY1, time(10)), fresh=fresh)


def the_day(symbol: str = MAIN, reference: Reference | None = None) -> SymbolDay:
    """What governs the symbol on DAY1: MAIN around 10.00, from 9.00 to 11.00."""
    day = DayRules(reference or Reference()).of(symbol, DAY1)
    assert day is not None
    return day
