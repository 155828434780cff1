"""A small market and a trading session on it, for tests of the order path."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.events import Event
from core.ports import OrderStore
from core.rules import shanghai
from core.settings_types import RiskSettings, TradingSettings
from core.symbols import parse_instrument
from core.types import (
    Bar,
    DayFacts,
    Instrument,
    Level,
    OrderRequest,
    OrderSide,
    OrderType,
    Period,
    Position,
    Quote,
)
from trading.matching import FillPolicy
from trading.memory_store import MemoryOrderStore
from trading.risk_checks import RiskProfile
from trading.session import SessionParts, TradingSession, simulator
from trading.surroundings import Surroundings
from trading.var import SESSIONS

MAIN, STAR, FUND = "600519.SH", "688001.SH", "510300.SH"
DAY1, DAY2, DAY3 = date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)
CNY = Decimal


class Reference:
    """Every session's facts of a few instruments: the same reference price unless told."""

    def __init__(self) -> None:
        self.known: dict[str, Instrument] = {
            symbol: parse_instrument(symbol) for symbol in (MAIN, STAR, FUND)}
        self.reference_cny: dict[str, Decimal | None] = {
            MAIN: CNY("10.00"), STAR: CNY("50.00"), FUND: CNY("4.000")}
        self.more: dict[str, dict[str, Any]] = {}

    def instrument(self, symbol: str) -> Instrument | None:
        return self.known.get(symbol)

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        instrument = self.known.get(symbol)
        if instrument is None:
            return None
        facts = DayFacts(instrument=instrument, day=day,
                         reference_cny=self.reference_cny.get(symbol))
        return replace(facts, **self.more.get(symbol, {}))


class Desk:
    """A session with its clock, market and store at hand; starts at 10:00 on DAY1."""

    def __init__(
        self, *, store: OrderStore | None = None, cash: str = "1000000.00",
        profile: RiskProfile = RiskProfile.EXCHANGE, rest_ends: bool = False, at: time = time(10),
        day: date = DAY1, reference: Reference | None = None, policy: FillPolicy | None = None,
        **parts: Any,
    ) -> None:
        self.clock = SimClock(shanghai(day, at))
        self.reference = reference or Reference()
        self.store = MemoryOrderStore() if store is None else store
        self.events: list[Event] = []
        costs = parts.get("trading", TradingSettings(initial_cash_cny=CNY(cash)))
        self.rules, self.broker = simulator(
            clock=self.clock, calendar=exchange_calendar(), reference=self.reference,
            policy=policy or FillPolicy(rest_ends=rest_ends), costs=costs)
        values: dict[str, Any] = {
            "clock": self.clock, "calendar": exchange_calendar(), "rules": self.rules,
            "broker": self.broker, "store": self.store,
            "trading": costs, "risk": RiskSettings(),
            "profile": profile, "publish": self.events.append, "surroundings": calm(),
            "rewind": lambda start: self.clock.rewind_to(shanghai(start, time(9, 15)))}
        self.parts = SessionParts(**(values | parts))
        self.session = TradingSession(self.parts)

    def to(self, day: date, wall: time = time(10)) -> None:
        """Move the clock and let the session notice."""
        self.clock.move_to(shanghai(day, wall))
        self.session.advance(self.clock.now_utc())

    def buy(self, shares: int, limit: str | None = "10.00", **changes: Any) -> int:
        return self.session.submit(self.request(shares, limit, **changes)).order_id

    def sell(self, shares: int, limit: str | None = "10.00", **changes: Any) -> int:
        return self.buy(shares, limit, side=OrderSide.SELL, **changes)

    def request(self, shares: int, limit: str | None = "10.00", **changes: Any) -> OrderRequest:
        return a_request(shares=shares, limit_cny=None if limit is None else CNY(limit),
                         created_utc=self.clock.now_utc(), **changes)

    def hold(self, shares: int, limit: str = "10.00", symbol: str = MAIN) -> None:
        """Buy on this day and open the next one, so that the shares may be sold."""
        self.buy(shares, limit, symbol=symbol)
        self.play(a_bar(symbol=symbol, price=limit))
        following = exchange_calendar().next_session(self.session.day)
        self.to(following)

    def position(self, symbol: str = MAIN) -> Position:
        found = {held.symbol: held for held in self.session.snapshot().positions}
        return found.get(symbol, Position(
            symbol=symbol, held_shares=0, bought_today_shares=0, on_sale_shares=0, cost_cny=CNY(0)))

    def play(self, *bars: Bar) -> None:
        """Minute bars that begin now, unless they were given a later end."""
        ends = self.clock.now_utc() + timedelta(minutes=1)
        self.session.on_bars([replace(bar, ts_utc=max(bar.ts_utc, ends)) for bar in bars])


def calm(**changes: Any) -> Surroundings:
    """A world in which every question has an answer, and none speaks against an order."""
    values: dict[str, Any] = {
        "free_disk_bytes": lambda: 10 * 1024**3, "clock_skew_s": lambda: CNY(0),
        "drift_tripped": lambda _source: False, "restricted": frozenset,
        "average_volume": lambda _symbol, _day: 100_000_000,
        "returns": lambda _symbol, _day: np.tile([0.002, -0.002], SESSIONS // 2),
        "industry": lambda symbol: symbol}
    return Surroundings(**(values | changes))


def a_request(**changes: Any) -> OrderRequest:
    """A valid order; a test names only what it is about."""
    values: dict[str, Any] = {
        "symbol": MAIN, "side": OrderSide.BUY, "shares": 100, "type": OrderType.LIMIT,
        "limit_cny": CNY("10.00"), "created_utc": at(DAY1)}
    return OrderRequest(**(values | changes))


def a_bar(
    *, symbol: str = MAIN, price: str = "10.00", low: str | None = None, high: str | None = None,
    volume: int = 1_000_000, ts_utc: datetime | None = None, period: Period = Period.MIN1,
) -> Bar:
    """Opens and closes at `price`; by default the first minute after 10:00 of DAY1."""
    middle = CNY(price)
    return Bar(
        symbol=symbol, period=period, ts_utc=ts_utc or at(DAY1, time(10, 1)), open_cny=middle,
        high_cny=CNY(high or price), low_cny=CNY(low or price), close_cny=middle,
        volume_shares=volume)


def a_quote(
    *, symbol: str = MAIN, last: str = "10.00", bids: Mapping[str, int] | None = None,
    asks: Mapping[str, int] | None = None, ts_utc: datetime | None = None, **more: Any,
) -> Quote:
    return Quote(
        symbol=symbol, ts_utc=ts_utc or at(DAY1), last_cny=CNY(last), prev_close_cny=CNY(last),
        bids=_levels(bids), asks=_levels(asks), **more)


def _levels(sizes: Mapping[str, int] | None) -> tuple[Level, ...]:
    return tuple(Level(CNY(price), shares) for price, shares in (sizes or {}).items())


def at(day: date, wall: time = time(10)) -> datetime:
    return shanghai(day, wall)

