"""What an order of ours gets in a call auction whose result was recorded without us. Pure.

The recorded price is the auction's price: an order beyond it fills, as far as our share of the
volume goes. At exactly that price the other orders are first; we get what they left unmatched,
which only an indicative book tells. Where such a book is known, the auction is held again with
our orders in it (core/auction.py), and we never get a better price than that one would give.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.rules import call_auction
from core.types import Instrument, Level, OrderSide, Quote
from trading.sim_book import Resting


@dataclass(frozen=True, slots=True)
class AuctionPrint:
    """The result of a call auction as recorded. `shares`: what traded in it."""

    price_cny: Decimal
    shares: int
    opening: bool


@dataclass(frozen=True, slots=True)
class AuctionFill:
    resting: Resting
    price_cny: Decimal
    shares: int                 # at most; whole steps are the caller's matter


def auction_fills(
    result: AuctionPrint, ours: Sequence[Resting], *, room_shares: int, instrument: Instrument,
    tick_cny: Decimal, previous_close_cny: Decimal | None, book: Quote | None,
) -> list[AuctionFill]:
    """What each of our orders trades, price before time.

    Args:
        room_shares: our share of what traded.
        book: the last indicative quote before the print; None: only the print is known.
    """
    price_cny = {side: result.price_cny for side in OrderSide}
    spare = dict.fromkeys(OrderSide, 0)
    if book is not None and book.bids and book.asks:
        price_cny = _with_us(result, ours, instrument, tick_cny, previous_close_cny, book)
        spare = {side: _unmatched(side, result.price_cny, book) for side in OrderSide}
    found: list[AuctionFill] = []
    for resting in sorted(ours, key=_price_then_time):
        price = price_cny[resting.side]
        better = _reach(resting, price)
        if better < 0 or room_shares <= 0:
            continue
        most = room_shares if better > 0 else min(room_shares, spare[resting.side])
        shares = min(resting.left_shares, most)
        if shares <= 0:
            continue
        if better == 0:
            spare[resting.side] -= shares
        room_shares -= shares
        found.append(AuctionFill(resting, price, shares))
    return found


def _with_us(
    result: AuctionPrint, ours: Sequence[Resting], instrument: Instrument, tick_cny: Decimal,
    previous_close_cny: Decimal | None, book: Quote,
) -> dict[OrderSide, Decimal]:
    """The worse for each side of the recorded price and of the price with our orders in it."""
    mine = {side: [Level(resting.limit_cny, resting.left_shares) for resting in ours
                   if resting.side is side and resting.limit_cny is not None]
            for side in OrderSide}
    again = call_auction(
        instrument.exchange, [*book.bids, *mine[OrderSide.BUY]],
        [*book.asks, *mine[OrderSide.SELL]], opening=result.opening, tick_cny=tick_cny,
        previous_close_cny=previous_close_cny or result.price_cny,
        last_cny=None if result.opening else book.last_cny)
    price_cny = result.price_cny if again is None else again.price_cny
    return {OrderSide.BUY: max(price_cny, result.price_cny),
            OrderSide.SELL: min(price_cny, result.price_cny)}


def _unmatched(side: OrderSide, price_cny: Decimal, book: Quote) -> int:
    """What the other side offers at the price beyond what our side of the book takes."""
    demand = sum(level.shares for level in book.bids if level.price_cny >= price_cny)
    supply = sum(level.shares for level in book.asks if level.price_cny <= price_cny)
    return max(0, supply - demand if side is OrderSide.BUY else demand - supply)


def _reach(resting: Resting, price_cny: Decimal) -> int:
    """1 beyond the price, 0 at it, -1 short of it."""
    limit_cny = resting.limit_cny
    if limit_cny is None:
        return 1
    if limit_cny == price_cny:
        return 0
    return 1 if (limit_cny > price_cny) is (resting.side is OrderSide.BUY) else -1


def _price_then_time(resting: Resting) -> tuple[Decimal, int]:
    limit_cny = resting.limit_cny
    if limit_cny is None:
        return Decimal("-Infinity"), resting.order_id
    return (-limit_cny if resting.side is OrderSide.BUY else limit_cny), resting.order_id
