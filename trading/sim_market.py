"""What the simulated exchange has seen of one symbol today, and what follows from it.

Quotes tell the displayed book and what traded between two of them; bars tell a range and a
volume. Halts of a limit-free day and the price cage are decided here, by core/rules.py.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal

from core.rules import has_close_auction, limit_free_halt, price_cage, to_shanghai
from core.types import Bar, Level, OrderSide, Period, Phase, Quote
from trading.day_rules import SymbolDay
from trading.matching import bar_cap_shares
from trading.sim_auction import AuctionPrint
from trading.sim_book import Resting

OPEN_PRINT, OPEN, CLOSE_AUCTION, CLOSE = time(9, 25), time(9, 30), time(14, 57), time(15, 0)
_OPENING_SEEN_UNTIL = time(9, 31)      # a first quote later than this tells no auction volume

# From a bar's first moment to its end; a day's lunch is within.
_LENGTHS = {
    Period.DAY: timedelta(hours=5, minutes=30), Period.MIN60: timedelta(hours=1),
    Period.MIN30: timedelta(minutes=30), Period.MIN15: timedelta(minutes=15),
    Period.MIN5: timedelta(minutes=5), Period.MIN1: timedelta(minutes=1),
}


def begins(bar: Bar) -> datetime:
    return bar.ts_utc - _LENGTHS[bar.period]


@dataclass(slots=True)
class Room:
    """What all our fills of some recorded volume may still take."""

    left_shares: int


@dataclass(slots=True)
class BarRoom(Room):
    bar: Bar


@dataclass(frozen=True, slots=True)
class BarPlan:
    """Which parts of the trading day a bar tells of, for one instrument."""

    opening: bool           # its open is the print of the opening auction
    continuous: bool        # its range was traded in the continuous auction
    closing: bool           # its close is the print of the closing auction


@dataclass(frozen=True, slots=True)
class Passed:
    """What traded between two quotes. None: the figure of one of them is not known."""

    shares: int
    amount_cny: Decimal | None


class Displayed:
    """What our fills took of one symbol's displayed shares, while those stay on display.

    The recorded market knows nothing of us and shows them again in its next quote; they are
    gone all the same, until the level is shown smaller or not at all.
    """

    def __init__(self) -> None:
        self._taken: dict[tuple[OrderSide, Decimal], int] = {}      # by the side that takes

    def show(self, quote: Quote) -> None:
        if self._taken:
            shown = {(side, level.price_cny): level.shares for side in OrderSide
                     for level in other_side(side, quote)}
            self._taken = {at: min(shares, shown[at])
                           for at, shares in self._taken.items() if at in shown}

    def left(self, side: OrderSide, quote: Quote) -> list[Level]:
        return [Level(level.price_cny, level.shares - self._taken.get((side, level.price_cny), 0))
                for level in other_side(side, quote)]

    def take(self, side: OrderSide, level: Level) -> None:
        at = side, level.price_cny
        self._taken[at] = self._taken.get(at, 0) + level.shares


@dataclass(slots=True)
class SymbolMarket:
    """One symbol today."""

    volume_share: Decimal
    displayed: Displayed = field(default_factory=Displayed)
    quote: Quote | None = None                 # the newest
    indicative: Quote | None = None            # the newest of a call auction, with levels
    with_levels: bool = False                  # its quotes decide, not its bars
    last_cny: Decimal | None = None
    close_cny: Decimal | None = None
    volume_shares: int = 0                     # of the day so far
    opened: bool = False                       # the opening auction is over
    open_cny: Decimal | None = None
    after_hours_left: int | None = None        # what may still trade at the fixed price
    _halted_until: time | None = None
    _reached_pct: frozenset[int] = frozenset()

    # ---- bars --------------------------------------------------------------------------------

    def room(self, bar: Bar) -> BarRoom:
        return BarRoom(bar_cap_shares(bar.volume_shares, self.volume_share), bar)

    def room_of(self, shares: int) -> Room:
        return Room(bar_cap_shares(shares, self.volume_share))

    def plan(self, bar: Bar, day: SymbolDay) -> BarPlan:
        """What a bar of the desk tells. A daily bar tells of both auctions and all between."""
        first, last = to_shanghai(begins(bar)).time(), to_shanghai(bar.ts_utc).time()
        on = to_shanghai(bar.ts_utc).date()
        auction = has_close_auction(day.instrument, on)
        traded = bar.volume_shares > 0
        return BarPlan(
            opening=traded and not self.opened and first <= OPEN,
            continuous=traded and first >= OPEN and not (auction and first >= CLOSE_AUCTION),
            closing=traded and auction and last == CLOSE)

    def note_bar(self, bar: Bar, day: SymbolDay) -> None:
        """After it was played."""
        local = to_shanghai(bar.ts_utc)
        if bar.volume_shares:
            self.opened = True
            self.open_cny = self.open_cny or bar.open_cny
            self.last_cny = bar.close_cny
            if self.quote is None:
                self.volume_shares += bar.volume_shares
        if local.time() >= CLOSE:
            self.close_cny = self.last_cny
        for price_cny in (bar.high_cny, bar.low_cny):
            self._may_halt(price_cny, local.date(), local.time(), day)

    # ---- quotes ------------------------------------------------------------------------------

    def passed(self, quote: Quote) -> Passed:
        """What traded since the last quote; nothing is assumed before the first."""
        before = self.quote
        if before is None:
            return Passed(0, None)
        amounts = quote.amount_cny, before.amount_cny
        amount = None if amounts[0] is None or amounts[1] is None else amounts[0] - amounts[1]
        return Passed(max(0, quote.volume_shares - before.volume_shares), amount)

    def opening_print(self, quote: Quote) -> AuctionPrint | None:
        """The opening auction's result, if this quote is the first to tell it."""
        wall = to_shanghai(quote.ts_utc).time()
        if self.opened or quote.open_cny is None or wall < OPEN_PRINT:
            return None
        self.opened, self.open_cny = True, quote.open_cny
        if wall > _OPENING_SEEN_UNTIL or not quote.volume_shares:
            return None
        return AuctionPrint(quote.open_cny, quote.volume_shares, opening=True)

    def closing_print(self, quote: Quote, passed: Passed, day: SymbolDay) -> AuctionPrint | None:
        local = to_shanghai(quote.ts_utc)
        if self.close_cny is not None or local.time() < CLOSE or quote.last_cny is None:
            return None
        self.close_cny = quote.last_cny
        if not passed.shares or not has_close_auction(day.instrument, local.date()):
            return None
        return AuctionPrint(quote.last_cny, passed.shares, opening=False)

    def note_quote(self, quote: Quote, day: SymbolDay, phase: Phase) -> None:
        """After it was played."""
        self.quote = quote
        self.volume_shares = max(self.volume_shares, quote.volume_shares)
        self.last_cny = quote.last_cny or self.last_cny
        if phase is not Phase.CONTINUOUS and (quote.bids or quote.asks):
            self.indicative = quote
        if phase is Phase.CONTINUOUS and quote.last_cny is not None:
            local = to_shanghai(quote.ts_utc)
            self._may_halt(quote.last_cny, local.date(), local.time(), day)

    # ---- halts and the cage ------------------------------------------------------------------

    def halted(self, at_utc: datetime) -> bool:
        return self._halted_until is not None and to_shanghai(
            at_utc).time() < self._halted_until

    def _may_halt(self, price_cny: Decimal, on: date, at: time, day: SymbolDay) -> None:
        if day.band is None or not day.band.free or self.open_cny is None:
            return
        halt = limit_free_halt(
            day.instrument.board, on, open_cny=self.open_cny, price_cny=price_cny, at=at,
            done_pct=self._reached_pct)
        if halt is not None:
            self._halted_until = halt.until
            self._reached_pct |= halt.reached_pct

    def caged(self, resting: Resting, day: SymbolDay, phase: Phase) -> tuple[bool, bool]:
        """(outside the price cage, kept by the exchange until it is inside).

        Not judged before anything was seen of the symbol today: its base is not known then.
        """
        quote, limit_cny = self.quote, resting.limit_cny
        if limit_cny is None or self.last_cny is None:
            return False, False
        cage = price_cage(
            day.instrument.board, resting.side, resting.order.trading_day,
            best_bid_cny=quote.bids[0].price_cny if quote and quote.bids else None,
            best_ask_cny=quote.asks[0].price_cny if quote and quote.asks else None,
            last_cny=self.last_cny, previous_close_cny=day.facts.reference_cny, phase=phase,
            type=resting.type)
        if cage is None or cage.bound_cny is None:
            return False, False
        inside = (limit_cny <= cage.bound_cny if resting.side is OrderSide.BUY
                  else limit_cny >= cage.bound_cny)
        return not inside, cage.parked

    # ---- after hours -------------------------------------------------------------------------

    def after_hours_room(self, ratio: Decimal) -> int:
        """What all our fixed-price orders may take together.

        No recorded market here tells the session's own volume, so it is taken as this ratio of
        the day's; our share of it is the usual one.
        """
        if self.after_hours_left is None:
            assumed = int((self.volume_shares * ratio).to_integral_value(ROUND_FLOOR))
            self.after_hours_left = bar_cap_shares(assumed, self.volume_share)
        return self.after_hours_left


def other_side(side: OrderSide, quote: Quote) -> tuple[Level, ...]:
    return quote.asks if side is OrderSide.BUY else quote.bids


def own_side(side: OrderSide, quote: Quote) -> tuple[Level, ...]:
    return quote.bids if side is OrderSide.BUY else quote.asks


def shown_ahead(side: OrderSide, price_cny: Decimal, quote: Quote | None) -> int | None:
    """What the recorded market shows at our price on our side; None: it cannot be seen."""
    levels = () if quote is None else own_side(side, quote)
    for level in levels:
        if level.price_cny == price_cny:
            return level.shares
    if not levels:
        return None
    worst = levels[-1].price_cny
    behind = price_cny < worst if side is OrderSide.BUY else price_cny > worst
    return None if behind else 0       # between what is shown, or before it: nobody is there
