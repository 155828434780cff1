"""The fill model of the simulator: when an order trades, at what price, and how much. Pure.

Against a bar an order meets the opening print once, when it is new, and after that the range of
the bar (design, rules 3 to 5 of the order list). Against a five-level quote it meets the
displayed shares of the other side. No fill is worse than the limit, outside the day's band, or
beyond the volume.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from core.rules import Band
from core.types import Bar, Level, OrderSide, OrderType


@dataclass(frozen=True, slots=True)
class FillPolicy:
    """How much of the market an order may be.

    `rest_ends`: the rules of a daily order list. The unfilled rest of an order ends with its
    first fill, the opening print is met at the limit or better, and what the list's checks let
    through is taken. Otherwise the exchange's day is played: auctions, cage, halts, phases.
    `after_hours_ratio`: what the fixed-price session is assumed to trade, of the day's volume.
    `latency_ms`: how long a request is on its way, evenly between the two. `reject_ratio`: how
    many orders the exchange rejects for no reason. Both follow from `seed`, day and order.
    """

    volume_share: Decimal = Decimal("0.25")
    rest_ends: bool = False
    after_hours_ratio: Decimal = Decimal("0.001")
    latency_ms: tuple[int, int] = (0, 0)
    reject_ratio: Decimal = Decimal(0)
    seed: int = 0


def binding_limit(
    side: OrderSide, type_: OrderType, limit_cny: Decimal | None, band: Band | None
) -> Decimal | None:
    """The worst price an order accepts; None: any, on a day without limits.

    A market order without a price of its own is a limit order at the far limit of the day.
    """
    if limit_cny is not None and type_ is not OrderType.MARKET:
        return limit_cny
    if band is None or band.free:
        return None
    return band.up_cny if side is OrderSide.BUY else band.down_cny


def fills_at_open(
    side: OrderSide, limit_cny: Decimal | None, open_cny: Decimal, band: Band | None
) -> bool:
    """Whether an order meets the opening print: at the far limit nobody is on the other side."""
    if band is not None and not band.free:
        locked = band.up_cny if side is OrderSide.BUY else band.down_cny
        if open_cny == locked:
            return False
    if limit_cny is None:
        return True
    return limit_cny >= open_cny if side is OrderSide.BUY else limit_cny <= open_cny


def trades_through(side: OrderSide, limit_cny: Decimal, bar: Bar) -> bool:
    """Whether a resting order fills in the bar: touching its price is not enough."""
    return bar.low_cny < limit_cny if side is OrderSide.BUY else bar.high_cny > limit_cny


def later_trade(side: OrderSide, bar: Bar) -> Decimal | None:
    """The best price that surely traded after the opening print of a bar; None: none surely did.

    For an order that came after the opening auction and before the bar: the print itself is in
    the bar's range and was not for it. A low below the open came later, and so did a close that
    differs from it.
    """
    extreme = bar.low_cny if side is OrderSide.BUY else bar.high_cny
    if extreme != bar.open_cny:
        return extreme
    return bar.close_cny if bar.close_cny != bar.open_cny else None


def beyond(side: OrderSide, limit_cny: Decimal | None, price_cny: Decimal) -> bool:
    """Whether the order would have paid more, or taken less, than the price."""
    if limit_cny is None:
        return True
    return limit_cny > price_cny if side is OrderSide.BUY else limit_cny < price_cny


def traded_at(
    price_cny: Decimal, shares: int, amount_cny: Decimal | None, *, bid_cny: Decimal | None,
    ask_cny: Decimal | None, shrunk_shares: int,
) -> int:
    """How many of the shares that traded between two quotes surely traded at one of two prices.

    Args:
        bid_cny, ask_cny: the best prices, if neither moved between the quotes; else None. Then
            the amount tells the split exactly, as there were only these two prices.
        shrunk_shares: by how much the price's display shrank; what is known without an amount.
    """
    least = min(shares, max(0, shrunk_shares))
    if amount_cny is None or bid_cny is None or ask_cny is None or bid_cny >= ask_cny:
        return least
    other_cny = ask_cny if price_cny == bid_cny else bid_cny
    if price_cny not in (bid_cny, ask_cny):
        return least
    at = (other_cny * shares - amount_cny) / (other_cny - price_cny)
    if not 0 <= at <= shares:           # other prices traded in between after all
        return least
    return int(at.to_integral_value(ROUND_FLOOR))


def is_locked(side: OrderSide, limit_cny: Decimal | None, band: Band | None, bar: Bar) -> bool:
    """True for an order at the far limit of a day whose bar never left that limit."""
    if band is None or band.free or limit_cny is None:
        return False
    if side is OrderSide.BUY:
        return limit_cny == band.up_cny and not bar.low_cny < limit_cny
    return limit_cny == band.down_cny and not bar.high_cny > limit_cny


def bar_cap_shares(volume_shares: int, volume_share: Decimal) -> int:
    """What all our fills of one bar may take together."""
    return int((volume_shares * volume_share).to_integral_value(ROUND_FLOOR))


def cut_to_volume(wanted_shares: int, left_shares: int, step_shares: int) -> int:
    """The whole order if it fits in what is left, else what is left in whole steps."""
    if wanted_shares <= left_shares:
        return wanted_shares
    return left_shares // step_shares * step_shares


def take_levels(
    side: OrderSide, limit_cny: Decimal | None, wanted_shares: int, levels: Sequence[Level],
    band: Band | None,
) -> list[Level]:
    """What an incoming order takes from the other side, best level first, at their prices."""
    taken: list[Level] = []
    for level in levels:
        if wanted_shares <= 0 or not _crosses(side, limit_cny, level.price_cny):
            break
        if level.shares > 0 and _inside(level.price_cny, band):
            shares = min(wanted_shares, level.shares)
            taken.append(Level(level.price_cny, shares))
            wanted_shares -= shares
    return taken


def _crosses(side: OrderSide, limit_cny: Decimal | None, price_cny: Decimal) -> bool:
    if limit_cny is None:
        return True
    return price_cny <= limit_cny if side is OrderSide.BUY else price_cny >= limit_cny


def _inside(price_cny: Decimal, band: Band | None) -> bool:
    if band is None or band.free or band.down_cny is None or band.up_cny is None:
        return True
    return band.down_cny <= price_cny <= band.up_cny
