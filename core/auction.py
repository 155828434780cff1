"""Prices that the exchanges derive from a book: call auction, price cage, official close."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from core.constants import CAGES, CageRow, in_force
from core.limits import tick_cny as board_tick_cny
from core.money import to_tick
from core.types import Board, Exchange, Level, OrderSide, OrderType, Phase


@dataclass(frozen=True, slots=True)
class AuctionResult:
    price_cny: Decimal
    shares: int                  # what trades at that price


@dataclass(frozen=True, slots=True)
class Cage:
    """How far a limit order may reach: at most this for a buy, at least this for a sell."""

    bound_cny: Decimal | None    # None: a cage applies, but no base price is known; refuse
    parked: bool                 # outside it: True kept by the exchange, False rejected


def call_auction(
    exchange: Exchange, buys: Sequence[Level], sells: Sequence[Level], *, opening: bool,
    tick_cny: Decimal, previous_close_cny: Decimal | None, last_cny: Decimal | None = None,
) -> AuctionResult | None:
    """The single price of a call auction; None: the sides do not meet.

    The price trades the most shares, fills every buy above and every sell below it, and all
    of at least one side at it. Among several: the least left unmatched; then Shanghai takes
    the middle (half up to the tick), Shenzhen the nearest to the previous close at the open
    and to the last trade otherwise, Beijing the nearest to the last trade or else the
    previous close (market-rules 6.1).

    Args:
        buys, sells: limit orders in any order; equal prices may repeat.

    Raises:
        ValueError: a tie in Shenzhen or Beijing and no price to be near to.
    """
    candidates = [zone for zone in _zones(buys, sells, tick_cny) if zone.is_clearing]
    if not candidates:
        return None
    volume = max(zone.matched for zone in candidates)
    best = [zone for zone in candidates if zone.matched == volume]
    least = min(zone.unmatched for zone in best)
    best = [zone for zone in best if zone.unmatched == least]
    if exchange is Exchange.SSE:
        middle = (best[0].low_cny + best[-1].high_cny) / 2
        return AuctionResult(to_tick(middle, tick_cny), volume)
    shenzhen_open = exchange is Exchange.SZSE and opening
    near = previous_close_cny if shenzhen_open or last_cny is None else last_cny
    return AuctionResult(_nearest(best, near), volume)


def price_cage(
    board: Board, side: OrderSide, on: date, *, best_bid_cny: Decimal | None,
    best_ask_cny: Decimal | None, last_cny: Decimal | None, previous_close_cny: Decimal | None,
    phase: Phase = Phase.CONTINUOUS, type: OrderType = OrderType.LIMIT,
) -> Cage | None:
    """The valid declaration range of a limit order in the continuous auction; None: no cage.

    Base of a buy: best ask, else best bid, else last trade, else previous close; of a sell:
    best bid, else best ask, else last, else previous close. The bound is half up to the tick.
    The daily limit applies on top.
    """
    row = _cage_row(board, on)
    if row is None or phase is not Phase.CONTINUOUS or type is not OrderType.LIMIT:
        return None
    buying = side is OrderSide.BUY
    book = (best_ask_cny, best_bid_cny) if buying else (best_bid_cny, best_ask_cny)
    base = next((p for p in (*book, last_cny, previous_close_cny) if p is not None), None)
    if base is None:
        return Cage(None, row.parked)
    tick = board_tick_cny(board)
    reach = row.ticks * tick
    bound = (base * (row.buy_pct if buying else row.sell_pct) / 100).quantize(tick, ROUND_HALF_UP)
    if row.ticks:
        bound = max(bound, base + reach) if buying else min(bound, base - reach)
    return Cage(max(bound, tick), row.parked)


def official_close(
    exchange: Exchange, *, auction_cny: Decimal | None, last_minute_vwap_cny: Decimal | None,
    last_cny: Decimal | None, previous_close_cny: Decimal | None,
) -> Decimal | None:
    """The closing price: the closing auction's, else by the exchange's rule, else yesterday's.

    Without an auction price Shanghai and Shenzhen take the volume-weighted price of the
    minute before the last trade (it included), Beijing the last trade.
    """
    fallback = last_cny if exchange is Exchange.BSE else last_minute_vwap_cny
    return next((p for p in (auction_cny, fallback, previous_close_cny) if p is not None), None)


# ---- the pieces --------------------------------------------------------------------------------


class _Zone(NamedTuple):
    """Neighbouring prices at which demand and supply are the same."""

    low_cny: Decimal
    high_cny: Decimal
    demand: int              # shares bid at these prices or above
    supply: int              # shares offered at these prices or below
    above: int               # shares bid above
    below: int               # shares offered below

    @property
    def matched(self) -> int:
        return min(self.demand, self.supply)

    @property
    def unmatched(self) -> int:
        return abs(self.demand - self.supply)

    @property
    def is_clearing(self) -> bool:
        return self.matched > 0 and max(self.above, self.below) <= self.matched


def _zones(buys: Sequence[Level], sells: Sequence[Level], tick_cny: Decimal) -> list[_Zone]:
    """Every declared price and every gap between two of them, ascending."""
    prices = sorted({level.price_cny for level in (*buys, *sells)})
    zones: list[_Zone] = []
    for i, price in enumerate(prices):
        demand = sum(b.shares for b in buys if b.price_cny >= price)
        supply = sum(s.shares for s in sells if s.price_cny <= price)
        above = sum(b.shares for b in buys if b.price_cny > price)
        below = sum(s.shares for s in sells if s.price_cny < price)
        if i and price - prices[i - 1] > tick_cny:
            zones.append(_Zone(prices[i - 1] + tick_cny, price - tick_cny, demand, below,
                               demand, below))
        zones.append(_Zone(price, price, demand, supply, above, below))
    return zones


def _nearest(zones: Sequence[_Zone], near_cny: Decimal | None) -> Decimal:
    if zones[0].low_cny == zones[-1].high_cny:
        return zones[0].low_cny
    if near_cny is None:
        raise ValueError("several prices clear the auction and no reference price is known")
    return min(
        (min(max(near_cny, zone.low_cny), zone.high_cny) for zone in zones),
        key=lambda price: abs(price - near_cny),
    )


@lru_cache(maxsize=8_192)
def _cage_row(board: Board, on: date) -> CageRow | None:
    rows = [row for row in in_force(CAGES, on) if row.board is board]
    return rows[-1] if rows else None
