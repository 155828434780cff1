"""A small believable desk for tests of the window: a market that moves, orders that fill.

Nothing here is the product's market or trading core; it fulfils the same ports with as little
as possible. Deterministic: the same calls give the same prices.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from config.settings import SettingsStore
from core.calendar import exchange_calendar
from core.clock import SimClock
from core.events import DayEvent, EventBus, FillEvent, KillEvent, OrderEvent, QuoteEvent
from core.money import to_fen
from core.ports import Services
from core.rules import bar_ends, shanghai, to_shanghai
from core.types import (
    Account,
    Adjust,
    BarColumns,
    Board,
    DayFacts,
    DeskSnapshot,
    Exchange,
    Fees,
    Fill,
    Instrument,
    KillLevel,
    Kind,
    Level,
    Mode,
    Order,
    OrderPreview,
    OrderRequest,
    OrderSide,
    OrderStatus,
    Origin,
    Period,
    Position,
    Quote,
    Refusal,
    ReplayState,
)
from tests.support.fake_safety import FakeAuto, FakePlans, FakeSafety

T = TypeVar("T")
DAY = date(2026, 9, 16)
NOW = shanghai(DAY, time(10, 24, 36))
CASH = Decimal("1000000.00")
SESSIONS = 320
MINUTES = {Period.MIN1: 1, Period.MIN5: 5, Period.MIN15: 15, Period.MIN30: 30, Period.MIN60: 60}

# code, name, pinyin initials, previous close; all invented
LISTED = (
    ("600101.SH", "云岭白酒", "YLBJ", "1478.50"), ("600102.SH", "海川银行", "HCYH", "6.42"),
    ("600103.SH", "北辰能源", "BCNY", "18.77"), ("600104.SH", "长风汽车", "CFQC", "23.15"),
    ("600105.SH", "东岳水泥", "DYSN", "9.06"), ("600106.SH", "华岩保险", "HYBX", "41.88"),
    ("601107.SH", "南屿航运", "NYHY", "12.34"), ("601108.SH", "西陵铁路", "XLTL", "5.09"),
    ("603109.SH", "锦程家居", "JCJJ", "31.60"), ("603110.SH", "*ST兰亭", "STLT", "2.12"),
    ("000111.SZ", "明湖地产", "MHDC", "7.73"), ("000112.SZ", "鼎和电器", "DHDQ", "36.95"),
    ("000113.SZ", "瑞丰农牧", "RFNM", "11.20"), ("002114.SZ", "青禾食品", "QHSP", "14.48"),
    ("002115.SZ", "白鹭旅游", "BLLY", "8.16"), ("002116.SZ", "方舟物流", "FZWL", "19.02"),
    ("300117.SZ", "星野光电", "XYGD", "57.31"), ("300118.SZ", "澄明医疗", "CMYL", "82.64"),
    ("300119.SZ", "云杉软件", "YSRJ", "44.27"), ("300120.SZ", "极光新能", "JGXN", "128.90"),
    ("688121.SH", "矩阵芯片", "JZXP", "199.52"), ("688122.SH", "量衡仪器", "LHYQ", "63.08"),
    ("688123.SH", "蓝鲸生物", "LJSW", "35.41"), ("920124.BJ", "天工机械", "TGJX", "15.87"),
    ("920125.BJ", "林海种业", "LHZY", "21.34"), ("510126.SH", "宽基五十ETF", "KJWS", "2.874"),
    ("159127.SZ", "科创成长ETF", "KCCZ", "1.152"), ("511128.SH", "货币添益ETF", "HBTY", "100.003"),
)
BOARDS = {"60": Board.MAIN, "00": Board.MAIN, "30": Board.CHINEXT, "68": Board.STAR,
          "92": Board.BSE, "51": Board.FUND, "15": Board.FUND}
SUSPENDED, AT_LIMIT, HELD = "603110.SH", "300117.SZ", "600103.SH"


def instrument(symbol: str, name: str, pinyin: str) -> Instrument:
    board = BOARDS[symbol[:2]]
    return Instrument(
        symbol=symbol, exchange=Exchange(symbol[-2:]), board=board,
        kind=Kind.ETF if board is Board.FUND else Kind.STOCK, name=name, pinyin=pinyin,
        t0=symbol == "511128.SH", origin=Origin.GENERATED)


INSTRUMENTS = tuple(instrument(symbol, name, pinyin) for symbol, name, pinyin, _ in LISTED)
PREV_CLOSE = {symbol: Decimal(close) for symbol, _, _, close in LISTED}
BY_SYMBOL = {one.symbol: one for one in INSTRUMENTS}


def tick_of(symbol: str) -> Decimal:
    return Decimal("0.001") if BY_SYMBOL[symbol].board is Board.FUND else Decimal("0.01")


def band_of(symbol: str) -> tuple[Decimal, Decimal]:
    wide = {Board.CHINEXT: "0.20", Board.STAR: "0.20", Board.BSE: "0.30"}
    ratio = Decimal(wide.get(BY_SYMBOL[symbol].board, "0.10"))
    close, tick = PREV_CLOSE[symbol], tick_of(symbol)
    return (close * (1 - ratio)).quantize(tick), (close * (1 + ratio)).quantize(tick)


def a_quote(symbol: str, step: int = 0, now: datetime = NOW, **changes: Any) -> Quote:
    """The quote of one instrument after so many steps of its own seeded walk."""
    close, tick = PREV_CLOSE[symbol], tick_of(symbol)
    down, up = band_of(symbol)
    random = np.random.default_rng(int(symbol[:6]))
    walk = np.cumsum(random.normal(0, 0.0016, 420))[: 40 + step % 380].tolist()
    drift = float(random.normal(0.0, 0.014))
    path = [(close * Decimal(repr(1 + drift + move))).quantize(tick) for move in walk]
    path = [min(max(price, down), up) for price in path]
    if symbol == AT_LIMIT:
        path.append(up)
    last = path[-1]
    volume = int(random.integers(20_000, 900_000)) * 100 * (60 + step) // 100
    sizes = [int(size) * 100 for size in random.integers(3, 900, 10)]
    values: dict[str, Any] = {
        "symbol": symbol, "ts_utc": now, "last_cny": last, "prev_close_cny": close,
        "open_cny": path[0], "high_cny": max(path), "low_cny": min(path),
        "volume_shares": volume, "amount_cny": to_fen(last * volume),
        "limit_up_cny": up, "limit_down_cny": down,
        "asks": () if last == up else tuple(
            Level(last + tick * (n + 1), sizes[n]) for n in range(5)),
        "bids": tuple(Level(last - tick * n, sizes[5 + n]) for n in range(5)),
        "origin": Origin.GENERATED,
    }
    if symbol == SUSPENDED:
        values |= {"last_cny": None, "open_cny": None, "high_cny": None, "low_cny": None,
                   "volume_shares": 0, "amount_cny": Decimal(0), "asks": (), "bids": (),
                   "suspended": True}
    return Quote(**(values | changes))


class FakeMarket:
    """Bars of a seeded walk that ends at the previous close of each instrument."""

    def __init__(self, clock: SimClock, instruments: Sequence[Instrument] = INSTRUMENTS) -> None:
        self._clock, self._instruments = clock, tuple(instruments)
        self.origin = Origin.GENERATED
        self.asked: list[tuple[str, Period, Adjust]] = []

    def instruments(self) -> Sequence[Instrument]:
        return self._instruments

    def instrument(self, symbol: str) -> Instrument | None:
        return BY_SYMBOL.get(symbol)

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        known = BY_SYMBOL.get(symbol)
        if known is None:
            return None
        return DayFacts(instrument=known, day=day, reference_cny=PREV_CLOSE[symbol])

    def sessions(self, period: Period) -> Sequence[date]:
        del period
        return days_before(DAY, SESSIONS)

    def bars(
        self, symbol: str, period: Period, adjust: Adjust = Adjust.NONE, *, last: int | None = None
    ) -> BarColumns:
        self.asked.append((symbol, period, adjust))
        ends = self._day_ends() if period is Period.DAY else self._minute_ends(period)
        ends = ends if last is None else ends[-last:]
        return walk_columns(symbol, period, adjust, ends)

    def _day_ends(self) -> "np.ndarray[Any, Any]":
        days = [datetime.combine(day, time(), UTC) for day in days_before(DAY, SESSIONS)]
        return np.array([int(day.timestamp()) for day in days], dtype=np.int64)

    def _minute_ends(self, period: Period) -> "np.ndarray[Any, Any]":
        now = to_shanghai(self._clock.now_utc()).replace(tzinfo=UTC)
        moments = [datetime.combine(day, end, UTC) for day in (*days_before(DAY, 5), DAY)
                   for end in bar_ends(MINUTES[period])]
        return np.array([int(m.timestamp()) for m in moments if m <= now], dtype=np.int64)


def days_before(day: date, count: int) -> tuple[date, ...]:
    calendar = exchange_calendar()
    return calendar.sessions(day - timedelta(days=2 * count), day - timedelta(days=1))[-count:]


def walk_columns(
    symbol: str, period: Period, adjust: Adjust, ends: "np.ndarray[Any, Any]"
) -> BarColumns:
    count = len(ends)
    random = np.random.default_rng(int(symbol[:6]) + len(period.value))
    step = 0.018 if period is Period.DAY else 0.0012
    moves = random.normal(0.0004 if period is Period.DAY else 0.0, step, count)
    path = np.exp(np.cumsum(moves))
    close = path / path[-1] * float(PREV_CLOSE[symbol])
    open_ = np.concatenate(([close[0]], close[:-1])) * (1 + random.normal(0, step / 3, count))
    spread = np.abs(random.normal(0, step / 2, count))
    high, low = np.maximum(open_, close) * (1 + spread), np.minimum(open_, close) * (1 - spread)
    volume = np.round(random.lognormal(12, 0.5, count) * (1 + 20 * np.abs(moves))) * 100
    return BarColumns(
        symbol=symbol, period=period, adjust=adjust, ts_s=ends, open_cny=open_, high_cny=high,
        low_cny=low, close_cny=close, volume_shares=volume, amount_cny=volume * close,
        origin=Origin.GENERATED)


class FakeReplay:
    """A feed that moves every instrument a little, on its own loop or one `push` at a time."""

    def __init__(self, clock: SimClock, bus: EventBus) -> None:
        self._clock, self._bus = clock, bus
        self._step = 0
        self.watched: tuple[str, ...] = ()
        self.days = (*days_before(DAY, 6), DAY)
        self.day, self.speed, self.paused, self.finished = DAY, 5.0, False, False

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self.paused:
                self.push()
            stop.wait(0.1)

    def push(self) -> None:
        """One step of the whole market, published on the calling thread."""
        self._step += 1
        now = self._clock.now_utc() + timedelta(seconds=3)
        self._clock.move_to(now)
        quotes = tuple(a_quote(symbol, self._step, now) for symbol in BY_SYMBOL)
        self._bus.publish(QuoteEvent(quotes))

    def watch(self, symbols: Sequence[str]) -> None:
        self.watched = tuple(symbols)

    def state(self) -> ReplayState:
        return ReplayState(day=self.day, now_utc=self._clock.now_utc(), speed=self.speed,
                           paused=self.paused, finished=self.finished, days=self.days)

    def set_paused(self, paused: bool) -> None:
        self.paused = paused

    def set_speed(self, speed: float) -> None:
        self.speed = speed

    def choose_day(self, day: date) -> None:
        self.day = day


class FakeDesk:
    """Answers at once. A buy at or above the best ask fills; anything else rests."""

    def __init__(self, clock: SimClock, bus: EventBus, *, empty: bool = False) -> None:
        self._clock, self._bus = clock, bus
        self.cash = CASH
        self.positions: dict[str, Position] = {}
        self.orders: list[Order] = []
        self.fills: list[Fill] = []
        self.level = KillLevel.NONE
        self.day = DAY
        self.previews = 0
        if not empty:
            self._begin()

    def _begin(self) -> None:
        for symbol, held, today, cost in (
            (HELD, 12_300, 0, "231240.00"), ("688121.SH", 400, 400, "81100.27"),
            ("510126.SH", 50_000, 0, "139850.00"), ("300118.SZ", 900, 0, "78120.55"),
        ):
            self.positions[symbol] = Position(
                symbol=symbol, held_shares=held, bought_today_shares=today, on_sale_shares=0,
                cost_cny=Decimal(cost))
        self.cash = Decimal("452318.64")
        for side, symbol, shares, price in (
            (OrderSide.BUY, "688121.SH", 400, "202.70"),
            (OrderSide.BUY, "600102.SH", 5_000, "6.30"),
            (OrderSide.SELL, "688121.SH", 400, "205.00"),
            (OrderSide.SELL, HELD, 300, "19.90"),
        ):
            self._take(OrderRequest(
                symbol=symbol, side=side, shares=shares, limit_cny=Decimal(price),
                created_utc=self._clock.now_utc()), book=False)

    # TradingDesk

    def submit(self, request: OrderRequest) -> "Future[Order]":
        return done(self._take(request, book=True))

    def cancel(self, order_id: int) -> "Future[Order]":
        at = next(n for n, order in enumerate(self.orders) if order.order_id == order_id)
        self.orders[at] = replace(self.orders[at], status=OrderStatus.CANCELLED)
        self._bus.publish(OrderEvent(self.orders[at]))
        return done(self.orders[at])

    def cancel_all(self) -> "Future[int]":
        open_ = [order.order_id for order in self.orders if order.open_shares]
        for order_id in open_:
            self.cancel(order_id)
        return done(len(open_))

    def preview(self, request: OrderRequest) -> "Future[OrderPreview]":
        self.previews += 1
        return done(self._preview(request))

    def snapshot(self) -> DeskSnapshot:
        return DeskSnapshot(
            account=Account(
                account_id="sim", cash_cny=self.cash, reserved_cny=self._reserved(),
                withdrawable_cny=self.cash, initial_cash_cny=CASH, trading_day=self.day),
            positions=tuple(self.positions.values()), orders=tuple(self.orders),
            fills=tuple(self.fills), kill_level=self.level, journal_seq=len(self.orders))

    def set_kill(self, level: KillLevel, reason: str) -> "Future[KillLevel]":
        self.level = level
        self._bus.publish(KillEvent(level, reason))
        return done(level)

    def reset(self, day: date) -> "Future[DeskSnapshot]":
        self.positions, self.orders, self.fills = {}, [], []
        self.cash, self.day = CASH, day
        self._bus.publish(DayEvent(day))
        return done(self.snapshot())

    # how it is done

    def _reserved(self) -> Decimal:
        buys = (o for o in self.orders if o.request.side is OrderSide.BUY)
        return to_fen(sum((o.open_shares * (o.request.limit_cny or Decimal(0)) for o in buys),
                          Decimal(0)))

    def _preview(self, request: OrderRequest) -> OrderPreview:
        down, up = band_of(request.symbol)
        price = request.limit_cny or up
        fees = fees_of(request, price)
        amount = to_fen(price * request.shares)
        buying = request.side is OrderSide.BUY
        held = self.positions.get(request.symbol)
        sellable = held.sellable_shares if held else 0
        available = self.cash - self._reserved()
        return OrderPreview(
            request=request, refusals=tuple(self._refusals(request, price, sellable, available)),
            fees=fees, cash_needed_cny=amount + fees.total_cny if buying else None,
            proceeds_cny=None if buying else amount - fees.total_cny, available_cny=available,
            sellable_shares=sellable, max_buy_shares=int(available / price / 100) * 100,
            limit_down_cny=down, limit_up_cny=up)

    def _refusals(
        self, request: OrderRequest, price: Decimal, sellable: int, available: Decimal
    ) -> Iterator[Refusal]:
        down, up = band_of(request.symbol)
        if not down <= price <= up:
            yield refusal("PRICE_LIMIT", price=price, down=down, up=up)
        if request.side is OrderSide.BUY and request.shares % 100:
            yield refusal("LOT", shares=request.shares, least=100, step=100)
        if request.side is OrderSide.SELL and request.shares > sellable:
            held = self.positions.get(request.symbol)
            locked = held.bought_today_shares if held else 0
            yield refusal("T1_SELLABLE", shares=request.shares, sellable=sellable, locked=locked,
                          next_session="2026-09-17" if locked else "")
        needed = to_fen(price * request.shares) + fees_of(request, price).total_cny
        if request.side is OrderSide.BUY and needed > available:
            yield refusal("CASH", needed=needed, available=available,
                          most=int(available / price / 100) * 100)

    def _take(self, request: OrderRequest, *, book: bool) -> Order:
        price = request.limit_cny or band_of(request.symbol)[1]
        refusals = self._preview(request).refusals
        order = Order(
            order_id=len(self.orders) + 1, request=request, trading_day=self.day,
            status=OrderStatus.DENIED if refusals else OrderStatus.LIVE, refusals=refusals)
        last = a_quote(request.symbol).last_cny or price
        buying = request.side is OrderSide.BUY
        if not refusals and (price >= last if buying else price <= last):
            order = self._fill(order, price, book=book)
        self.orders.append(order)
        self._bus.publish(OrderEvent(order))
        return order

    def _fill(self, order: Order, price: Decimal, *, book: bool) -> Order:
        request = order.request
        fees = fees_of(request, price)
        amount = to_fen(price * request.shares)
        fill = Fill(
            order_id=order.order_id, trade_id=f"T{order.order_id:06d}", broker="simulator",
            symbol=request.symbol, side=request.side, shares=request.shares, price_cny=price,
            ts_utc=self._clock.now_utc(), trading_day=self.day, fees=fees)
        self.fills.append(fill)
        if book:
            self._book(request, amount, fees)
        self._bus.publish(FillEvent(fill))
        return replace(order, status=OrderStatus.FILLED, filled_shares=request.shares,
                       amount_cny=amount, fees=fees)

    def _book(self, request: OrderRequest, amount: Decimal, fees: Fees) -> None:
        held = self.positions.get(request.symbol) or Position(
            symbol=request.symbol, held_shares=0, bought_today_shares=0, on_sale_shares=0,
            cost_cny=Decimal(0))
        if request.side is OrderSide.BUY:
            self.cash -= amount + fees.total_cny
            held = replace(held, held_shares=held.held_shares + request.shares,
                           bought_today_shares=held.bought_today_shares + request.shares,
                           cost_cny=held.cost_cny + amount + fees.total_cny)
        else:
            self.cash += amount - fees.total_cny
            left = held.held_shares - request.shares
            cost = to_fen(held.cost_cny * left / held.held_shares)
            held = replace(held, held_shares=left, cost_cny=cost)
        self.positions[request.symbol] = held


def fees_of(request: OrderRequest, price: Decimal) -> Fees:
    amount = price * request.shares
    stock = BY_SYMBOL[request.symbol].board is not Board.FUND
    sell = request.side is OrderSide.SELL
    return Fees(
        commission_cny=max(Decimal("5.00"), to_fen(amount * Decimal("0.0003"))),
        stamp_duty_cny=to_fen(amount * Decimal("0.0005")) if sell and stock else Decimal("0.00"),
        transfer_fee_cny=to_fen(amount * Decimal("0.00001")) if stock else Decimal("0.00"))


def refusal(code: str, **numbers: object) -> Refusal:
    return Refusal(code=code, text=f"{code} in the core's English",
                   numbers={name: str(value) for name, value in numbers.items()})


def done(result: T) -> "Future[T]":
    future: Future[T] = Future()
    future.set_result(result)
    return future


def fake_services(
    *, empty: bool = False, instruments: Sequence[Instrument] = INSTRUMENTS,
    mode: Mode = Mode.SIMULATION,
) -> Services:
    """Services over the fakes; `services.replay.push()` moves the market by one step."""
    clock, bus = SimClock(NOW), EventBus()
    replay = FakeReplay(clock, bus)
    return Services(
        mode=mode, clock=clock, bus=bus, market=FakeMarket(clock, instruments),
        trading=FakeDesk(clock, bus, empty=empty), feed=replay, replay=replay,
        safety=FakeSafety(), plans=FakePlans(), auto=FakeAuto())


def fake_store(folder: Path) -> SettingsStore:
    """The real settings store on an empty folder."""
    return SettingsStore(folder / "config.json", {}, {})


def desk_orders_fill(services: Services, symbol: str, shares: int = 100) -> Order:
    """Buy at the upper limit, which this desk fills at once."""
    return services.trading.submit(OrderRequest(
        symbol=symbol, side=OrderSide.BUY, shares=shares, limit_cny=band_of(symbol)[1],
        created_utc=services.clock.now_utc())).result()
