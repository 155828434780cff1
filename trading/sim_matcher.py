"""Our orders meet the recorded market: levels, bars and auctions. It decides, others report.

Every fill leaves through `fill`, every end that is not a fill through `end`.
"""

from collections.abc import Callable, Sequence
from datetime import time
from decimal import Decimal

from core.rules import to_shanghai
from core.types import Level, OrderSide, OrderType, Quote, Report
from trading.day_rules import SymbolDay
from trading.matching import (
    beyond,
    cut_to_volume,
    fills_at_open,
    later_trade,
    take_levels,
    traded_at,
    trades_through,
)
from trading.sim_auction import AuctionPrint, auction_fills
from trading.sim_book import PriceLevel, Resting, SymbolOrders
from trading.sim_market import (
    OPEN_PRINT,
    BarRoom,
    Passed,
    Room,
    SymbolMarket,
    own_side,
    shown_ahead,
)

# What is left of these after their first meeting with the market is cancelled.
CANCEL_REST = frozenset({
    OrderType.BEST5_CANCEL, OrderType.IMMEDIATE_CANCEL, OrderType.FILL_OR_KILL})
# These turn into a limit order at a price that the market decides when they arrive.
PRICED_BY_MARKET = frozenset({
    OrderType.BEST5_LIMIT, OrderType.OWN_BEST, OrderType.COUNTER_BEST})

Fill = Callable[[Resting, Decimal, int], None]
End = Callable[[Resting, Report, str], None]


class Matcher:
    """The meeting of one symbol's orders with what was recorded. Keeps nothing itself."""

    def __init__(self, *, fill: Fill, end: End, rest_ends: bool) -> None:
        self._fill, self._end, self._rest_ends = fill, end, rest_ends

    # ---- bars --------------------------------------------------------------------------------

    def meet_open(self, resting: Resting, room: BarRoom, day: SymbolDay) -> None:
        """A new order and the opening print of a bar, at its limit or better."""
        resting.fresh = False
        open_cny = room.bar.open_cny
        if resting.type in PRICED_BY_MARKET:
            resting.limit_cny = _within(resting, open_cny)
        if self._believable(open_cny, day) and fills_at_open(
                resting.side, resting.limit_cny, open_cny, day.band):
            self._from_bar(resting, open_cny, room, day)
        if resting.ended is None and resting.type in CANCEL_REST:
            self._end(resting, Report.CANCELLED, "")

    def _believable(self, price_cny: Decimal, day: SymbolDay) -> bool:
        """A recorded price off the grid or outside the day's limits cannot be true: no fill."""
        return self._rest_ends or (
            day.tick_cny is not None and not price_cny % day.tick_cny and _inside(price_cny, day))

    def meet_range(self, resting: Resting, room: BarRoom, day: SymbolDay) -> None:
        """A rested order and the range of a bar: traded through, it fills at its own price."""
        limit_cny = resting.limit_cny
        if limit_cny is not None and trades_through(resting.side, limit_cny, room.bar):
            self._from_bar(resting, limit_cny, room, day)

    def meet_after_print(self, resting: Resting, room: BarRoom, day: SymbolDay) -> None:
        """An order of 09:25 to 09:30: the auction was over, only what traded later counts."""
        resting.fresh = False
        price_cny, limit_cny = later_trade(resting.side, room.bar), resting.limit_cny
        if price_cny is not None and limit_cny is not None and beyond(
                resting.side, limit_cny, price_cny):
            self._from_bar(resting, limit_cny, room, day)

    def _from_bar(
        self, resting: Resting, price_cny: Decimal, room: BarRoom, day: SymbolDay
    ) -> None:
        shares = cut_to_volume(resting.left_shares, room.left_shares, day.step_shares)
        if resting.type is OrderType.FILL_OR_KILL and shares < resting.left_shares:
            return
        room.left_shares -= shares
        if shares:
            self._fill(resting, price_cny, shares)
        if resting.left_shares and self._rest_ends:
            self._end(resting, Report.EXPIRED, "")

    # ---- auctions ----------------------------------------------------------------------------

    def auction(
        self, result: AuctionPrint, orders: SymbolOrders, room: Room, day: SymbolDay,
        book: Quote | None,
    ) -> None:
        """A call auction's print. `room` is what is left of it for us."""
        if day.tick_cny is None or not self._believable(result.price_cny, day):
            return
        ours = [resting for resting in orders.live() if not resting.parked
                and resting.type in (OrderType.LIMIT, OrderType.MARKET, *PRICED_BY_MARKET)
                and not (result.opening and _wall(resting) >= OPEN_PRINT)]
        for found in auction_fills(
                result, ours, room_shares=room.left_shares, instrument=day.instrument,
                tick_cny=day.tick_cny, previous_close_cny=day.facts.reference_cny, book=book):
            shares = cut_to_volume(found.resting.left_shares, found.shares, day.step_shares)
            if shares and _inside(found.price_cny, day):
                room.left_shares -= shares
                self._fill(found.resting, found.price_cny, shares)
        for resting in ours:
            if resting.fresh:
                orders.rest(resting, None)

    # ---- quotes ------------------------------------------------------------------------------

    def rested(
        self, orders: SymbolOrders, market: SymbolMarket, quote: Quote, passed: Passed,
        day: SymbolDay,
    ) -> None:
        """Rested orders: crossed by the display, traded through, or reached in their queue."""
        room = market.room_of(passed.shares)
        for side in OrderSide:
            for price_cny in orders.sides[side].reaching(_farthest(side, quote, passed)):
                level = orders.sides[side].levels[price_cny]
                self._crossed(level, side, market, quote, day)
                if passed.shares and quote.last_cny is not None:
                    self._traded(level, side, price_cny, market, quote, passed, room, day)
            self._show(orders, side, quote)         # what traded is not counted twice

    def _show(self, orders: SymbolOrders, side: OrderSide, quote: Quote) -> None:
        """What the display proves of our places in the queues."""
        shown = own_side(side, quote)
        if not shown or not orders.sides[side].levels:
            return
        for price_cny in orders.sides[side].reaching(shown[-1].price_cny):
            ahead = shown_ahead(side, price_cny, quote)
            if ahead is not None:
                orders.sides[side].levels[price_cny].show(ahead)

    def _crossed(
        self, level: PriceLevel, side: OrderSide, market: SymbolMarket, quote: Quote,
        day: SymbolDay,
    ) -> None:
        for resting in list(level.orders.values()):
            taken = take_levels(side, resting.limit_cny, resting.left_shares,
                                market.displayed.left(side, quote), day.band)
            if not taken:
                return
            for part in taken:
                self._fill(resting, resting.limit_cny or part.price_cny, part.shares)
                market.displayed.take(side, part)

    def _traded(
        self, level: PriceLevel, side: OrderSide, price_cny: Decimal, market: SymbolMarket,
        quote: Quote, passed: Passed, room: Room, day: SymbolDay,
    ) -> None:
        last_cny = quote.last_cny
        if last_cny is None:
            return
        if beyond(side, price_cny, last_cny):           # it traded through us: we were first
            for resting in list(level.orders.values()):
                self._passive(resting, price_cny, resting.left_shares, room, day)
        elif price_cny == last_cny:
            at = _at_price(side, price_cny, market.quote, quote, passed)
            for resting, offer in level.trade(at):
                self._passive(resting, price_cny, offer, room, day)

    def _passive(
        self, resting: Resting, price_cny: Decimal, offer: int, room: Room,
        day: SymbolDay,
    ) -> None:
        shares = cut_to_volume(resting.left_shares, min(offer, room.left_shares), day.step_shares)
        if shares > 0:
            room.left_shares -= shares
            self._fill(resting, price_cny, shares)

    def fresh(
        self, resting: Resting, orders: SymbolOrders, market: SymbolMarket, quote: Quote,
        day: SymbolDay,
    ) -> None:
        """A new order takes the displayed prices; what is left of it rests or is cancelled."""
        if resting.type in PRICED_BY_MARKET - {OrderType.BEST5_LIMIT}:
            self._price_from(resting, quote)
        taken = [] if resting.ended else self._from_levels(resting, market, quote, day)
        for level in taken:
            self._fill(resting, level.price_cny, level.shares)
            market.displayed.take(resting.side, level)
        if resting.type is OrderType.BEST5_LIMIT:
            resting.limit_cny = taken[-1].price_cny if taken else None
        gone = resting.type in CANCEL_REST or (
            resting.type is OrderType.BEST5_LIMIT and resting.limit_cny is None)
        if resting.ended is None and gone:
            self._end(resting, Report.CANCELLED, "")
        ahead = None if resting.limit_cny is None else shown_ahead(
            resting.side, resting.limit_cny, quote)
        orders.rest(resting, ahead)

    def _from_levels(
        self, resting: Resting, market: SymbolMarket, quote: Quote, day: SymbolDay
    ) -> Sequence[Level]:
        taken = take_levels(resting.side, resting.limit_cny, resting.left_shares,
                            market.displayed.left(resting.side, quote), day.band)
        whole = sum(level.shares for level in taken) >= resting.left_shares
        return taken if whole or resting.type is not OrderType.FILL_OR_KILL else []

    def _price_from(self, resting: Resting, quote: Quote) -> None:
        """Own-best and counterparty-best become limit orders; an empty side cancels them."""
        buy = resting.side is OrderSide.BUY
        own = resting.type is OrderType.OWN_BEST
        side = quote.bids if buy is own else quote.asks
        if side:
            resting.limit_cny = _within(resting, side[0].price_cny)
        else:
            self._end(resting, Report.CANCELLED, "")

    # ---- after hours -------------------------------------------------------------------------

    def fixed_price(
        self, resting: Resting, market: SymbolMarket, day: SymbolDay, ratio: Decimal
    ) -> None:
        """At the close, first come first; an order whose limit the close is beyond is void."""
        close_cny = market.close_cny
        if close_cny is None:
            return
        limit_cny = resting.limit_cny
        if limit_cny is not None and limit_cny != close_cny and not beyond(
                resting.side, limit_cny, close_cny):
            self._end(resting, Report.CANCELLED, "the close is beyond its limit")
            return
        shares = cut_to_volume(
            resting.left_shares, market.after_hours_room(ratio), day.step_shares)
        if shares:
            market.after_hours_left = market.after_hours_room(ratio) - shares
            self._fill(resting, close_cny, shares)


def came_after_print(resting: Resting) -> bool:
    """True for an order of 09:25 to 09:30, which the opening auction did not see."""
    return _wall(resting) >= OPEN_PRINT


def _wall(resting: Resting) -> time:
    return to_shanghai(resting.entered_utc).time()


def _inside(price_cny: Decimal, day: SymbolDay) -> bool:
    band = day.band
    if band is None or band.free or band.down_cny is None or band.up_cny is None:
        return True
    return band.down_cny <= price_cny <= band.up_cny


def _farthest(side: OrderSide, quote: Quote, passed: Passed) -> Decimal:
    """The worst price of ours that this quote can touch; beyond everything if it touches none."""
    prices = [level.price_cny for level in (quote.asks if side is OrderSide.BUY
                                            else quote.bids)[:1]]
    if passed.shares and quote.last_cny is not None:
        prices.append(quote.last_cny)
    if side is OrderSide.BUY:
        return min(prices, default=Decimal("Infinity"))
    return max(prices, default=Decimal("-Infinity"))


def _at_price(
    side: OrderSide, price_cny: Decimal, before: Quote | None, now: Quote, passed: Passed
) -> int:
    """How much surely traded at our price between the quotes."""
    if before is None:
        return 0
    then, still = shown_ahead(side, price_cny, before), shown_ahead(side, price_cny, now)
    shrunk = 0 if then is None else then - (still or 0)
    best = _best(now) if _best(now) == _best(before) else (None, None)
    return traded_at(price_cny, passed.shares, passed.amount_cny, bid_cny=best[0],
                     ask_cny=best[1], shrunk_shares=shrunk)


def _best(quote: Quote) -> tuple[Decimal | None, Decimal | None]:
    """The best bid and ask; None where nothing is shown."""
    return (quote.bids[0].price_cny if quote.bids else None,
            quote.asks[0].price_cny if quote.asks else None)


def _within(resting: Resting, price_cny: Decimal) -> Decimal:
    """The market's price, but never worse than a protective limit that the order carries."""
    if resting.limit_cny is None:
        return price_cny
    buy = resting.side is OrderSide.BUY
    return min(price_cny, resting.limit_cny) if buy else max(price_cny, resting.limit_cny)

