"""A broker with a book of its own behind a line of changing weather, for whole simulated days.

All that happens here follows from one seed: what trades, what is refused, what is pushed late,
twice, out of order or never, and what its calls answer.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from core.types import BrokerReport, Capabilities, Level, Order, OrderSide, Quote, Report
from tests.support.list_broker import Held, ListBroker

CNY = Decimal
TICK = CNY("0.01")
SETTLE_S = 3                           # its list of orders is complete up to so long ago
START_CNY = {                          # last closes of what is traded
    "600519.SH": CNY("10.00"), "000001.SZ": CNY("12.00"), "300750.SZ": CNY("30.00"),
    "688001.SH": CNY("50.00"), "601318.SH": CNY("40.00")}


class Market:
    """Prices of a few instruments: a random walk on the tick, inside the day's band."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.close_cny = dict(START_CNY)
        self.new_day()

    def new_day(self) -> None:
        """Today's newest price is tomorrow's reference."""
        self.reference_cny = dict(self.close_cny)
        self.volume = dict.fromkeys(self.close_cny, 0)
        self.turnover_cny = dict.fromkeys(self.close_cny, CNY(0))

    def moves(self, seconds: float) -> None:
        for symbol, last_cny in self.close_cny.items():
            ticks = self._rng.choice((0, 0, 1, -1, 2, -2, 5, -5)) + self._rng.randrange(-1, 2)
            reference_cny = self.reference_cny[symbol]
            low_cny, high_cny = reference_cny * CNY("0.93"), reference_cny * CNY("1.07")
            wished_cny = last_cny + ticks * TICK
            self.close_cny[symbol] = wished_cny if low_cny < wished_cny < high_cny else last_cny
            volume = self._rng.randrange(0, 2_000) * 100 + int(seconds) * 1_000
            self.volume[symbol] += volume
            self.turnover_cny[symbol] += volume * self.close_cny[symbol]

    def quotes(self, now_utc: datetime) -> tuple[Quote, ...]:
        return tuple(self._quote(symbol, now_utc) for symbol in self.close_cny)

    def _quote(self, symbol: str, now_utc: datetime) -> Quote:
        last_cny, one_sided = self.close_cny[symbol], self._rng.random()
        return Quote(
            symbol=symbol, ts_utc=now_utc, last_cny=last_cny,
            prev_close_cny=self.reference_cny[symbol], volume_shares=self.volume[symbol],
            amount_cny=self.turnover_cny[symbol],
            bids=() if one_sided < 0.02 else tuple(
                Level(last_cny - TICK * i, 5_000) for i in range(1, 4)),
            asks=() if one_sided > 0.98 else tuple(
                Level(last_cny + TICK * i, 5_000) for i in range(3)))


@dataclass(frozen=True, slots=True)
class Weather:
    """How the line behaves for a while; each field is a fault of ListBroker or a habit here."""

    name: str
    faults: dict[str, object]
    lose: float = 0                    # of the pushes
    shuffle: bool = False
    twice: bool = False


FAIR = Weather("fair", {})
WEATHERS = (
    FAIR, FAIR, FAIR,
    Weather("silent acks", {"silent_after_call": True}),
    Weather("no pushes", {"loses_pushes": True}),
    Weather("lost pushes", {}, lose=0.4),
    Weather("shuffled", {}, shuffle=True),
    Weather("twice", {}, twice=True),
    Weather("twice and shuffled", {}, twice=True, shuffle=True, lose=0.2),
    Weather("disconnected", {"answers": False, "loses_pushes": True}),
    Weather("answers lost", {"place_error": TimeoutError("no answer"), "keeps_on_error": True}),
    Weather("requests lost", {"place_error": TimeoutError("no answer"), "keeps_on_error": False}),
    Weather("says no and keeps it", {"refuses_but_keeps": True}),
    Weather("no id", {"returns_id": " "}), Weather("a wrong id", {"returns_id": "Z-1"}),
    Weather("no remarks", {"empty_remarks": True}),
    Weather("no cancels", {"cancels_allowed": False}),
    Weather("an hour ahead", {"ahead": timedelta(hours=1)}))
_CLEAR: dict[str, object] = {
    "silent_after_call": False, "loses_pushes": False, "answers": True, "place_error": None,
    "keeps_on_error": True, "refuses_but_keeps": False, "returns_id": None,
    "empty_remarks": False, "cancels_allowed": True, "ahead": timedelta()}


class FaultyExchange(ListBroker):
    """Its book is the truth a day is measured by.

    `seen`: told every order at the moment it arrives, before anything becomes of it.
    """

    def __init__(self, rng: random.Random, market: Market) -> None:
        super().__init__(seed=rng.randrange(10**9))
        self.capabilities = Capabilities(
            complete_list=True, positions=True, cash=True, settle_s=SETTLE_S,
            refusals_are_proof=False, day_end_list=True)
        self._rng, self._market = rng, market
        self.weather = FAIR
        self.seen: Callable[[Order], None] = lambda _order: None
        self.arrived: list[int] = []           # our ids, in the order of arrival
        self.rejects = 0.0                     # how often an order is rejected after its call

    # ---- the port ------------------------------------------------------------------------------

    def place(self, order: Order) -> str:
        self.seen(order)
        self.arrived.append(order.order_id)
        broker_id = super().place(order)
        if self._rng.random() < self.rejects:
            self.end(self.of(order.order_id), Report.REJECTED)
        return broker_id

    def enter(self, *args: object, **kwargs: object) -> Held:
        held = super().enter(*args, **kwargs)  # type: ignore[arg-type]
        if self._rng.random() < 0.2:
            self.hides.add(held.broker_id)     # its list is a little behind
        return held

    # ---- what happens --------------------------------------------------------------------------

    def change_weather(self, weather: Weather) -> None:
        was_down = not self.answers
        self.weather = weather
        for name, value in (_CLEAR | weather.faults).items():
            setattr(self, name, value)
        if was_down and self.answers:
            self.replay_day()                  # what some gateways do on every reconnect

    def trades(self, often: float = 0.7) -> None:
        """Orders that reach the market trade, in parts or whole, never worse than their limit."""
        for held in list(self.book.values()):
            if not held.left or self._rng.random() > often:
                continue
            last_cny, buys = self._market.close_cny[held.symbol], held.side is OrderSide.BUY
            limit_cny = held.limit_cny or last_cny
            if last_cny > limit_cny if buys else last_cny < limit_cny:
                continue
            parts = held.left // 100
            shares = held.left if parts < 2 or self._rng.random() < 0.5 else (
                100 * self._rng.randrange(1, parts))
            if buys or self.held.get(held.symbol, 0) >= shares:
                self.trade(held, shares, str(last_cny))

    def delivers(self) -> None:
        weather = self.weather
        self.deliver(shuffle=weather.shuffle, twice=weather.twice, lose=weather.lose)
        now_utc = self.now()
        self.hides = {broker_id for broker_id in self.hides
                      if broker_id in self.book and self._is_new(self.book[broker_id], now_utc)}

    def _is_new(self, held: Held, now_utc: datetime) -> bool:
        return held.entered_utc is not None and (
            now_utc - held.entered_utc < timedelta(seconds=SETTLE_S - 1))

    def babbles(self) -> None:
        """A report that cannot be: of a stranger, of negative or no shares, without a trade id."""
        known = self._rng.choice(self.arrived) if self.arrived else 1
        said = BrokerReport(kind=Report.ACK, order_id=known, broker_id="", ts_utc=self.now())
        self._handler(self._rng.choice((
            replace(said, order_id=1_000_000), replace(said, broker_id="X-404", order_id=0),
            replace(said, kind=Report.FILL, shares=-100, trade_id="G1", price_cny=CNY("10.00")),
            replace(said, kind=Report.FILL, shares=100, trade_id="", price_cny=CNY("10.00")),
            replace(said, kind=Report.FILL, shares=100, trade_id="G2", price_cny=CNY("NaN")),
            replace(said, kind=Report.CANCEL_REFUSED, order_id=-5))))

    def somebody_trades_by_hand(self) -> None:
        """An order from the broker's own window, of the same account."""
        symbol = self._rng.choice(sorted(START_CNY))
        last_cny = self._market.close_cny[symbol]
        shares = 200 if symbol.startswith("688") else 100
        if self.held.get(symbol, 0) < shares and self.cash_cny > 100_000:
            self.enter(symbol, OrderSide.BUY, shares, last_cny - TICK * self._rng.randrange(5))
