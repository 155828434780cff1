"""How well orders were executed: against arrival, against the interval, and how big a part. Pure.

A positive slippage is a cost. What is not known is None and never 0.
"""

from dataclasses import dataclass
from decimal import Decimal

from core.types import Order, OrderSide

_BPS = 10_000
_TENTH = Decimal("0.1")
_FINE = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Of one plan or one order. `_bps`: hundredths of a per cent."""

    filled_shares: int
    average_cny: Decimal | None
    arrival_slippage_bps: Decimal | None
    interval_slippage_bps: Decimal | None
    participation_ratio: Decimal | None
    fees_bps: Decimal | None

    def texts(self) -> dict[str, str]:
        """What is known, for Plan.quality."""
        values = {"average_cny": self.average_cny,
                  "arrival_slippage_bps": self.arrival_slippage_bps,
                  "interval_slippage_bps": self.interval_slippage_bps,
                  "participation_ratio": self.participation_ratio, "fees_bps": self.fees_bps}
        return {name: str(value) for name, value in values.items() if value is not None}


def quality_of(
    orders: tuple[Order, ...], *, arrival_cny: Decimal | None,
    interval_volume: int | None = None, interval_amount_cny: Decimal | None = None,
) -> Quality:
    """The quality of orders of one side.

    Args:
        arrival_cny: the price when the decision was made.
        interval_volume: what the market traded while they worked, our own trades included.
        interval_amount_cny: the same as an amount.
    """
    filled = [order for order in orders if order.filled_shares]
    shares = sum(order.filled_shares for order in filled)
    if not shares:
        return Quality(filled_shares=0, average_cny=None, arrival_slippage_bps=None,
                       interval_slippage_bps=None, participation_ratio=None, fees_bps=None)
    amount = sum((order.amount_cny for order in filled), Decimal(0))
    fees = sum((order.fees.total_cny for order in filled), Decimal(0))
    average, side = amount / shares, filled[0].request.side
    vwap = None
    if interval_volume and interval_amount_cny is not None and interval_amount_cny > 0:
        vwap = interval_amount_cny / interval_volume
    share = None
    if interval_volume is not None and interval_volume >= shares:
        share = (Decimal(shares) / interval_volume).quantize(_FINE)
    return Quality(
        filled_shares=shares, average_cny=average.quantize(_FINE),
        arrival_slippage_bps=_slippage(side, average, arrival_cny),
        interval_slippage_bps=_slippage(side, average, vwap), participation_ratio=share,
        fees_bps=(fees / amount * _BPS).quantize(_TENTH))


def _slippage(side: OrderSide, average: Decimal, against: Decimal | None) -> Decimal | None:
    if against is None or against <= 0:
        return None
    worse = average - against if side is OrderSide.BUY else against - average
    return (worse / against * _BPS).quantize(_TENTH)
