"""A desk driven by hand: no threads, no waiting; a trader that plays to a time and orders."""

import argparse
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import main
from core.clock import SystemClock
from core.events import QuoteEvent
from core.rules import shanghai, to_shanghai
from core.types import (
    DeskSnapshot,
    Fill,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    Quote,
)
from data.database import MarketDatabase
from data.importer import import_bars


def home_at(folder: Path) -> main.Home:
    return main._home(argparse.Namespace(home=folder, mode=None, lang=None, speed=None))


def desk_by_hand(
    home: main.Home, *, day: date | None = None, new_account: bool = False,
    account: str | None = None,
) -> main.Desk:
    """A desk without threads on the first pack of the generated market, or on imported bars."""
    return main.open_desk(home, replay_day=day, new_account=new_account, rest=main.Rest.NEVER,
                          by_hand=True, account=account)


def home_in(tmp_path: Path) -> main.Home:
    return home_at(tmp_path / "home")


def imported(home: main.Home, *files: Path) -> None:
    clock = SystemClock()
    database = MarketDatabase(home.paths.market_db, clock, home.calendar)
    import_bars(database, files, clock=clock, calendar=home.calendar)
    database.close()


class Trader:
    """Plays the replay step by step and enters orders between the steps."""

    def __init__(self, desk: main.Desk) -> None:
        self._desk = desk
        self.quotes: dict[str, Quote] = {}
        desk.services.bus.subscribe(QuoteEvent, self._quoted)

    def _quoted(self, event: QuoteEvent) -> None:
        self.quotes |= {quote.symbol: quote for quote in event.quotes}

    def snapshot(self) -> DeskSnapshot:
        return self._desk.engine.snapshot()

    def play_until(self, wall: str) -> None:
        """Play every tick up to this Shanghai time of the replay's day."""
        day = self._desk.replay.state().day
        until = shanghai(day, time.fromisoformat(wall))
        while self._desk.services.clock.now_utc() < until:
            assert self._desk.replay.step() is not None

    def play_to_day(self, day: date) -> None:
        while to_shanghai(self._desk.services.clock.now_utc()).date() < day:
            assert self._desk.replay.step() is not None

    def play_to_day_after(self, day: date) -> None:
        days = self._desk.replay.state().days
        self.play_to_day(days[days.index(day) + 1])

    def order(
        self, side: OrderSide, symbol: str, shares: int, limit: Decimal | None = None
    ) -> Order:
        """Enter a limit order; without a price, one that should fill at once."""
        request = OrderRequest(
            symbol=symbol, side=side, shares=shares, limit_cny=limit or self.eager(side, symbol),
            created_utc=self._desk.services.clock.now_utc())
        asked = self._desk.engine.submit(request)
        self._desk.engine.drain()
        return asked.result()

    def status_of(self, order: Order) -> OrderStatus:
        return self.now(order).status

    def now(self, order: Order) -> Order:
        found = {each.order_id: each for each in self._desk.ledger.load().orders}
        return found[order.order_id]

    def fill_of(self, order: Order) -> Fill:
        (fill,) = [f for f in self._desk.ledger.load().fills if f.order_id == order.order_id]
        return fill

    def eager(self, side: OrderSide, symbol: str) -> Decimal:
        """A limit that meets the other side, inside the band and the price cage."""
        quote = self.quotes[symbol]
        assert quote.last_cny is not None
        assert quote.limit_up_cny is not None
        assert quote.limit_down_cny is not None
        away = Decimal("1.015") if side is OrderSide.BUY else Decimal("0.985")
        wished = (quote.last_cny * away).quantize(Decimal("0.01"))
        return max(quote.limit_down_cny, min(quote.limit_up_cny, wished))

    def limit_down(self, symbol: str) -> Decimal:
        """A buy at this price rests: nobody sells there."""
        limit_cny = self.quotes[symbol].limit_down_cny
        assert limit_cny is not None
        return limit_cny

    def a_liquid_symbol(self) -> str:
        """A main-board stock that trades today with both sides of its book filled."""
        self.play_until("09:46")
        return next(symbol for symbol, quote in self.quotes.items()
                    if symbol.startswith("60") and len(quote.bids) > 1 and len(quote.asks) > 1)


