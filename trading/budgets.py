"""What each strategy or model may have in the market, counted from the orders it sent. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.types import Order, OrderSide

MODEL = "model:"                   # the source of a model's orders begins with it


@dataclass(frozen=True, slots=True)
class Share:
    """What one source has of one symbol. `open_cny`: its open purchases at their limits."""

    held_shares: int
    cost_cny: Decimal
    open_cny: Decimal
    open_shares: int

    @property
    def exposure_cny(self) -> Decimal:
        return self.cost_cny + self.open_cny


def shares_of(orders: Iterable[Order]) -> dict[str, Share]:
    """By symbol, from all orders of one source; an order of unproven fate counts as open.

    Shares it sold beyond what it bought were others' and count for nothing. Cost is the average
    of its purchases; a split in between leaves shares uncounted, never too many.
    """
    bought: dict[str, tuple[int, Decimal]] = {}
    sold: dict[str, int] = {}
    waiting: dict[str, tuple[int, Decimal]] = {}
    for order in orders:
        symbol = order.request.symbol
        if order.request.side is OrderSide.SELL:
            sold[symbol] = sold.get(symbol, 0) + order.filled_shares
            continue
        shares, amount = bought.get(symbol, (0, Decimal(0)))
        bought[symbol] = shares + order.filled_shares, amount + order.amount_cny
        count, reserved = waiting.get(symbol, (0, Decimal(0)))
        limit_cny = order.request.limit_cny or Decimal(0)
        waiting[symbol] = (count + order.open_shares, reserved + limit_cny * order.open_shares)
    return {symbol: _share(shares, amount, sold.get(symbol, 0), *waiting[symbol])
            for symbol, (shares, amount) in bought.items()}


def _share(
    shares: int, amount: Decimal, sold: int, open_shares: int, open_cny: Decimal
) -> Share:
    held = max(0, shares - sold)
    cost = amount * held / shares if shares else Decimal(0)
    return Share(held, cost, open_cny, open_shares)


def exposure(shares: dict[str, Share]) -> Decimal:
    return sum((share.exposure_cny for share in shares.values()), Decimal(0))


def affordable_shares(cny: Decimal, price_cny: Decimal, step: int, least: int) -> int:
    """Whole steps that the money pays for at that price, rounded down; 0 below the least."""
    shares = int(cny / price_cny) // step * step if cny > 0 else 0
    return shares if shares >= least else 0
