"""A whole day of the whole core, and the night after it, from one seed.

The core is put together as `main.py` does for the desk: risk gate with the house's catalogue,
reconciler, circuit breakers, flattener, plans and auto-trader on the trading engine. Around it
are a fake clock, a random market, a broker in bad weather, and a person who orders, cancels,
plans, kills, re-arms and closes cases at random. The process is killed at random points and
started again on the same ledger. Everything the day must keep is looked at all along.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import main
from core.calendar import exchange_calendar
from core.clock import SimClock
from core.desk_types import Autonomy, PlanKind, PlanSpec, Registration
from core.events import EventBus, QuoteEvent, SignalEvent
from core.exceptions import TradingError
from core.rules import shanghai, to_shanghai
from core.settings_types import AutoSettings, RiskSettings, TradingSettings
from core.symbols import parse_instrument
from core.types import (
    FINAL_STATUSES,
    KillLevel,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    Origin,
    Report,
)
from tests.support.desk import DAY1, Reference, calm
from tests.support.faulty_exchange import (
    FAIR,
    START_CNY,
    TICK,
    WEATHERS,
    FaultyExchange,
    Market,
)
from trading.attendants import Attendant
from trading.auto_desk import AutoRoom, EngineAutoDesk
from trading.breakers import breaker_states
from trading.cases import open_cases
from trading.day_rules import DayRules
from trading.executor import ExecutionEngine
from trading.journal import verify_chain
from trading.kill_switch import FLATTEN_SOURCE, KillRequest, write_request
from trading.ledger import projection_bytes, rebuild
from trading.memory_store import MemoryOrderStore
from trading.oms import EXTERNAL
from trading.plan_desk import EnginePlanDesk, PlanRoom
from trading.records import Entry
from trading.registration import registration_to
from trading.risk_checks import MANUAL
from trading.safety_desk import EngineSafetyDesk
from trading.session import SessionParts, TradingSession

CNY = Decimal
SYMBOLS = tuple(sorted(START_CNY))
STEPS_S = (0.3, 1, 3, 5, 20, 45, 90, 115, 300, 600)
OPENS, NOON, AFTERNOON, CLOSES = time(9, 20), time(11, 31), time(12, 59), time(15, 0)
SETTLED, MORNING = time(15, 31), time(9, 16)
PROOF_POLLS, POLL_S = 8, 5
_NS = 1_000_000_000


class Died(BaseException):
    """kill -9: nothing of the process runs any more."""


class Broken(BaseException):
    """A promise was broken inside a call of the core, which must not take it for the broker's."""


@dataclass
class Outcome:
    """What a day was, for comparing two runs and for telling what ran."""

    seed: int
    head: tuple[int, str] = (0, "")
    counts: Counter[str] = field(default_factory=Counter)


class Process:
    """One life of the program: the engine with its desks, until it dies or closes."""

    def __init__(self, day: "WholeDay") -> None:
        self.bus = EventBus()
        plans, auto = PlanRoom(lambda _symbol: [1_000] * 48), AutoRoom(AutoSettings(mode="auto"))
        safety = main._safety_room(day.home)

        def attend(session: TradingSession) -> tuple[Attendant, ...]:
            self.session = session
            return main.desk_attendants(session, safety=safety, plans=plans, auto=auto)

        self.engine = ExecutionEngine(day.parts(attend), self.bus)
        self.plans = EnginePlanDesk(self.engine, plans)
        self.auto = EngineAutoDesk(self.engine, auto, self.bus)
        self.safety = EngineSafetyDesk(self.engine, safety)


class WholeDay:
    """`play` runs it; AssertionError: something was lost, doubled, or sent when it must not be."""

    def __init__(self, seed: int, home: main.Home) -> None:
        self.home, self._rng = home, random.Random(seed)
        self.clock = SimClock(shanghai(DAY1, OPENS))
        self.store = MemoryOrderStore()
        self.market = Market(self._rng)
        self.exchange = FaultyExchange(self._rng, self.market)
        self.exchange.now, self.exchange.seen = self.clock.now_utc, self._on_arrival
        self._reference = Reference()
        for symbol in SYMBOLS:
            self._reference.known[symbol] = parse_instrument(symbol)
        self._reference.reference_cny |= self.market.reference_cny
        self._live = self._rng.random() < 0.5
        self._dies_after: int | None = None
        self._sent_ns: list[int] = []
        self.outcome = Outcome(seed)
        home.paths.kill_request.unlink(missing_ok=True)
        self.process = Process(self)
        self._ask(self._register)

    # ---- the parts -----------------------------------------------------------------------------

    def parts(
        self, attend: Callable[[TradingSession], tuple[Attendant, ...]]
    ) -> SessionParts:
        return SessionParts(
            account_id="whole-day", origin=Origin.GENERATED, clock=self.clock,
            calendar=exchange_calendar(), rules=DayRules(self._reference), broker=self.exchange,
            store=self.store, trading=TradingSettings(), risk=RiskSettings(),
            kill_request=self.home.paths.kill_request, crash_point=self._crash_point,
            surroundings=calm(live=self._live, unlocked=lambda: True), attendants=attend)

    def _register(self, session: TradingSession) -> None:
        known = Registration(
            account_id="whole-day", software="Trading Graph", version="1", strategy_kind="any",
            most_per_second=20, most_per_day=5_000, registered_on=DAY1, by="ann")
        session.record(Entry.REGISTRATION, {
            "key": "whole-day", "value": registration_to(known), "why": "reported", "by": "ann"})

    def _crash_point(self, _name: str) -> None:
        if self._dies_after is not None:
            self._dies_after -= 1
            if self._dies_after < 0:
                self._dies_after = None
                raise Died

    # ---- the day -------------------------------------------------------------------------------

    def play(self) -> Outcome:
        """The session, the proof after its close, the night, and the next morning."""
        while (now := self._wall()) < CLOSES:
            if NOON < now < AFTERNOON:
                self._move_to(shanghai(self._day, AFTERNOON))
            self._step()
        self._settle_day()
        self._check_day()
        self._night()
        self.outcome.head = self.store.head()
        return self.outcome

    def _step(self) -> None:
        seconds = self._rng.choice(STEPS_S)
        self._move_to(self.clock.now_utc() + timedelta(seconds=seconds))
        if self._rng.random() < 0.08:
            self.exchange.change_weather(self._rng.choice(WEATHERS))
            self.outcome.counts[self.exchange.weather.name] += 1
        self.exchange.rejects = 0.05 if self._rng.random() < 0.2 else 0
        with self._survived():
            self.market.moves(seconds)
            self.exchange.trades()
            if self._rng.random() < 0.97:
                self.process.bus.publish(QuoteEvent(self.market.quotes(self.clock.now_utc())))
            self.exchange.delivers()
            self.process.engine.drain()
            self.process.engine._look_around()
            self._somebody_acts()
            self.process.engine.drain()
        self._check_step()

    @contextmanager
    def _survived(self) -> Iterator[None]:
        """Whoever dies in here is started again on the same ledger, until it lives."""
        try:
            yield
        except Died:
            while True:
                self.outcome.counts["killed"] += 1
                with suppress(Died):
                    self.process = Process(self)
                    return

    def _move_to(self, now_utc: datetime) -> None:
        self.clock.move_to(max(now_utc, self.clock.now_utc()))

    @property
    def _day(self) -> date:
        return to_shanghai(self.clock.now_utc()).date()

    def _wall(self) -> time:
        return to_shanghai(self.clock.now_utc()).time()

    # ---- somebody acts -------------------------------------------------------------------------

    def _somebody_acts(self) -> None:
        acts: tuple[tuple[int, Callable[[], None]], ...] = (
            (30, self._orders), (8, self._cancels), (5, self._plans), (2, self._stops_a_plan),
            (6, self._signals), (2, self._kills), (6, self._tidies_up), (4, self._dies),
            (1, self._restarts), (3, self.exchange.babbles),
            (2, self.exchange.somebody_trades_by_hand), (2, self._switches_autonomy),
            (29, lambda: None))
        weights = [weight for weight, _ in acts]
        (_, act), = self._rng.choices(acts, weights)
        act()

    def _ask(self, act: Callable[[TradingSession], object]) -> None:
        """Something on the trading thread; a refusal in words is an answer as well."""
        asked = self.process.engine.ask(act)
        self.process.engine.drain()
        with suppress(TradingError):
            asked.result(0)

    def _request(self) -> OrderRequest:
        symbol = self._rng.choice(SYMBOLS)
        held = self.process.session.book.position(symbol).sellable_shares
        sells = held > 0 and self._rng.random() < 0.5
        shares = self._rng.choice((100, 200, 300, 500, 1_000, 37, 0 + 100_000))
        away = self._rng.choice((-3, -1, 0, 0, 1, 2, 5)) * TICK
        last_cny = self.market.close_cny[symbol]
        return OrderRequest(
            symbol=symbol, side=OrderSide.SELL if sells else OrderSide.BUY,
            shares=min(held, shares) if sells else shares, limit_cny=last_cny + away,
            created_utc=self.clock.now_utc())

    def _orders(self) -> None:
        for _ in range(self._rng.choice((1, 1, 1, 2, 8))):
            self._ask(lambda session: session.submit(self._request()))

    def _cancels(self) -> None:
        open_ids = sorted(self.process.session.book.open_ids)
        if not open_ids or self._rng.random() < 0.1:
            self._ask(lambda session: session.cancel_all())
        else:
            order_id = self._rng.choice(open_ids)
            self._ask(lambda session: session.cancel(order_id))

    def _plans(self) -> None:
        symbol = self._rng.choice(SYMBOLS)
        last_cny = self.market.close_cny[symbol]
        kind, side, params = self._wish(last_cny)
        asked = self.process.plans.place(PlanSpec(
            kind=kind, symbol=symbol, side=side, shares=self._rng.choice((300, 1_000, 2_000)),
            source=self._rng.choice((MANUAL, MANUAL, "ma_cross")), params=params))
        self.process.engine.drain()
        with suppress(TradingError):
            asked.result(0)

    def _wish(self, last_cny: Decimal) -> tuple[PlanKind, OrderSide, dict[str, str]]:
        def off(ticks: int) -> str:
            return str(last_cny + ticks * TICK)

        buys, sells = OrderSide.BUY, OrderSide.SELL
        return self._rng.choice((
            (PlanKind.TWAP, buys, {"every_s": "30"}), (PlanKind.VWAP, buys, {"every_s": "60"}),
            (PlanKind.POV, self._rng.choice((buys, sells)), {}),
            (PlanKind.ICEBERG, buys, {"limit": off(1), "show_shares": "200"}),
            (PlanKind.STOP, sells, {"trigger": off(-3)}),
            (PlanKind.TAKE_PROFIT, sells, {"trigger": off(3)}),
            (PlanKind.TRAILING, sells, {"distance_pct": "0.3"}),
            (PlanKind.OCO, sells, {"stop": off(-4), "take": off(4)}),
            (PlanKind.BRACKET, buys, {"entry": off(1), "stop": off(-4), "take": off(6)}),
            (PlanKind.GRID, buys, {"low": off(-8), "high": off(8), "lines": "5",
                                   "step_shares": "200"}),
            (PlanKind.STAGED, buys, {"limit": off(0)}), (PlanKind.BEST, buys, {})))

    def _stops_a_plan(self) -> None:
        plans = self.process.plans.plans()
        if plans:
            self.process.plans.stop(self._rng.choice(plans).plan_id, reason="enough")

    def _signals(self) -> None:
        self.process.bus.publish(SignalEvent(
            self._rng.choice(SYMBOLS), self._rng.choice(("ma_cross", "breakout")),
            self._rng.choice((1.0, -1.0)), "a test", self.clock.now_utc()))
        for proposal in self.process.auto.proposals()[-1:]:
            self.process.auto.approve(proposal.proposal_id, by="ann")

    def _switches_autonomy(self) -> None:
        self.process.auto.set_autonomy(self._rng.choice(list(Autonomy)), by="ann", reason="a test")

    def _kills(self) -> None:
        level = self._rng.choice(list(KillLevel))
        if self._rng.random() < 0.3:
            write_request(self.home.paths.kill_request, KillRequest(level, "from outside"))
        else:
            self.process.engine.set_kill(level, "a test")
        self.process.engine.drain()
        self.process.engine._look_around()
        assert self.process.session.book.kill_level >= level
        self.outcome.counts["kill switch"] += 1

    def _tidies_up(self) -> None:
        """A person closes the cases, re-arms the breakers and lets trading go on."""
        safety = self.process.safety
        for case in open_cases(self.process.session.book):
            safety.close_case(case.case_id, by="ann", reason="compared with the statement")
        for state in breaker_states(self.process.session.book):
            if state.tripped:
                safety.rearm(state.name, by="ann", reason="looked at")
        self.process.engine.drain()
        self._ask(lambda session: session.set_kill(KillLevel.NONE, "all is well again"))

    def _dies(self) -> None:
        self._dies_after = self._rng.randrange(12)

    def _restarts(self) -> None:
        self.process.engine.close()
        self.outcome.counts["restarted"] += 1
        self.process = Process(self)

    # ---- what must hold ------------------------------------------------------------------------

    def _on_arrival(self, order: Order) -> None:
        """The moment an order reaches the exchange: it must have been allowed, once."""
        try:
            self._check_arrival(order)
        except AssertionError as error:
            raise Broken(str(error)) from error
        self.outcome.counts["sent"] += 1

    def _check_arrival(self, order: Order) -> None:
        session, request = self.process.session, order.request
        book = session.book
        assert order.order_id not in self.exchange.arrived, f"order {order.order_id} came twice"
        assert not session.blockers, f"sent although {session.blockers}"
        assert not [case for case in open_cases(book) if case.symbol in ("", request.symbol)
                    and book.state_of(Entry.CASE)[str(case.case_id)]["freezes"]], "frozen"
        assert self._level_allows(book.kill_level, request), f"sent at {book.kill_level}"
        self._check_rates(request)

    def _level_allows(self, level: KillLevel, request: OrderRequest) -> bool:
        selling = request.side is OrderSide.SELL
        return {
            KillLevel.NONE: True, KillLevel.PAUSE: request.source == MANUAL,
            KillLevel.REDUCE_ONLY: selling, KillLevel.BLOCK: False,
            KillLevel.FLATTEN: selling and request.source == FLATTEN_SOURCE}[level]

    def _check_rates(self, request: OrderRequest) -> None:
        now_ns, limits = self.clock.monotonic_ns(), RiskSettings()
        self._sent_ns.append(now_ns)
        for window_s, most in ((1, limits.orders_per_second), (60, limits.orders_per_minute)):
            within = sum(at_ns > now_ns - window_s * _NS for at_ns in self._sent_ns[-most - 1:])
            assert within <= most, f"{within} orders within {window_s} s"
        assert len(self._sent_ns) <= limits.orders_per_day
        if request.plan_id:
            self._check_cap(request)

    def _check_cap(self, request: OrderRequest) -> None:
        """What the exchange ever took for a plan and side, this order included."""
        book = self.process.session.book
        taken = [book.orders[held.ours].request for held in self.exchange.book.values()
                 if held.ours in book.orders]
        shares = request.shares + sum(
            other.shares for other in taken
            if (other.plan_id, other.side) == (request.plan_id, request.side))
        most = book.state_of(Entry.PLAN)[str(request.plan_id)]["shares"]
        assert shares <= most, f"{shares} shares for a plan of {most}"

    def _check_step(self) -> None:
        """Nothing is booked that did not happen, and nothing twice."""
        book = self.process.session.book
        assert self.process.engine.stopped is None, self.process.engine.stopped
        traded = {trade.trade_id: trade for held in self.exchange.book.values()
                  for trade in held.trades}
        booked = [fill for fill in book.fills_of(self.process.session.day)]
        assert len({fill.trade_id for fill in booked}) == len(booked), "a trade is booked twice"
        for fill in booked:
            trade = traded[fill.trade_id]
            assert (fill.shares, fill.price_cny) == (trade.shares, trade.price_cny)
        for position in book.positions.values():
            assert position.held_shares >= position.on_sale_shares >= 0
        for held in self.exchange.book.values():
            order = book.orders.get(held.ours)
            if held.left and order is not None:         # nobody guessed that it is over
                assert order.status not in FINAL_STATUSES, (order, held)

    def _settle_day(self) -> None:
        """The close: everything left has expired, the line is good again, the lists are asked."""
        self._dies_after = None
        self.exchange.trades()
        self.exchange.close()
        self.exchange.pushes.clear()           # nobody hears of it but from the lists
        self.exchange.change_weather(FAIR)
        self._move_to(shanghai(self._day, SETTLED))
        for _ in range(PROOF_POLLS):
            self._move_to(self.clock.now_utc() + timedelta(seconds=POLL_S))
            self.exchange.delivers()
            self.process.engine._look_around()

    def _check_day(self) -> None:
        """The ledger and the broker's own book are one."""
        book = self.process.session.book
        unsettled = [o for o in book.orders.values() if o.status not in FINAL_STATUSES]
        assert not unsettled, unsettled
        ours = {order.broker_id: order for order in book.orders.values() if order.broker_id}
        for held in self.exchange.book.values():
            order = ours[held.broker_id]
            assert order.filled_shares == held.filled, (order, held)
            assert order.amount_cny == held.amount_cny, (order, held)
            assert (order.status is OrderStatus.REJECTED) == (held.status is Report.REJECTED)
            if held.ours and order.request.source == EXTERNAL:
                self.outcome.counts["taken for somebody else's"] += 1
        assert len(book.fills) == sum(len(held.trades) for held in self.exchange.book.values())
        self._check_holdings()
        assert book.account.reserved_cny == 0
        assert all(position.on_sale_shares == 0 for position in book.positions.values())
        assert projection_bytes(rebuild(self.store.entries())) == (
            projection_bytes(self.store.load()))
        verify_chain(self.store)
        self.outcome.counts["fills"] += len(book.fills)
        self.outcome.counts["orders"] += len(book.orders)

    def _check_holdings(self) -> None:
        book = self.process.session.book
        shares = {symbol: p.held_shares for symbol, p in book.positions.items() if p.held_shares}
        assert shares == {symbol: n for symbol, n in self.exchange.held.items() if n}
        assert book.account.cash_cny == self.exchange.cash_cny

    def _night(self) -> None:
        """The roll: everything held may be sold, nothing is open, the day is counted afresh."""
        self.exchange.next_day()
        self.market.new_day()
        self._reference.reference_cny |= self.market.reference_cny
        self._sent_ns.clear()
        following = exchange_calendar().next_session(self._day)
        self._move_to(shanghai(following, MORNING))
        self._restarts()
        for _ in range(PROOF_POLLS):
            self._move_to(self.clock.now_utc() + timedelta(seconds=POLL_S))
            self.process.engine._look_around()
        book = self.process.session.book
        assert book.day == following
        for order in book.open_orders():
            assert order.trading_day == following, order
        for position in book.positions.values():
            assert position.sellable_shares == position.held_shares - position.on_sale_shares
        self._check_holdings()


def play_days(seeds: range, home: main.Home) -> Counter[str]:
    """Every seed's day; what happened in all of them together."""
    total: Counter[str] = Counter()
    for seed in seeds:
        try:
            outcome = WholeDay(seed, home).play()
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        total += outcome.counts
    return total
