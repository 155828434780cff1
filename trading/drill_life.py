"""One life of the recovery drill: a process that trades until it is killed.

It is a real trading session on a real ledger. Its broker is a line to the exchange in the parent
process; it dies at a named crash point by its own hand, or wherever the parent kills it.
"""

import json
import logging
import os
import random
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.events import Event, FillEvent
from core.exceptions import OrderError
from core.ports import OrderStore
from core.rules import shanghai
from core.settings_types import RiskSettings, TradingSettings
from core.symbols import parse_instrument
from core.types import (
    Bar,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    DayFacts,
    Fill,
    Instrument,
    KillLevel,
    Order,
    OrderRequest,
    OrderSide,
    Position,
    PositionAtBroker,
    Quote,
)
from trading.day_rules import DayRules
from trading.drill_exchange import FEN, REPLIES
from trading.drill_wire import Line, Message, report_from_wire
from trading.risk_checks import RiskProfile
from trading.session import SessionParts, TradingSession

SYMBOL = "600519.SH"
REFERENCE_CNY = Decimal("10.00")
FIRST_DAY = date(2024, 3, 4)
_OPENS = time(9, 35)
_STEP = timedelta(seconds=1)
# How often a random life does what it may do, in per cent.
_CANCELS, _CANCELS_ALL, _SELLS, _NEXT_DAY, _KILLS = 40, 20, 40, 25, 25
_SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)     # Windows ends a process by either
NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class LifePlan:
    """How one life goes. `reply`: of every order; empty: a random one each."""

    ledger: str
    port: int
    token: str
    seed: int
    point: str = NEVER                 # the crash point at which it kills itself
    passing: int = 1                   # at which passing of it
    reply: str = ""


def die() -> None:
    """End this very process at once: no handler, no flush, no destructor runs."""
    os.kill(os.getpid(), _SIGKILL)


class LineBroker:
    """A broker at the other end of a line. Fulfils BrokerInterface."""

    name = "DRILL"

    def __init__(self, line: Line, choose_reply: Callable[[], str], clock: SimClock) -> None:
        self._line, self._choose_reply, self._clock = line, choose_reply, clock
        self._handler: Callable[[BrokerReport], None] = lambda _report: None
        self._pushes: deque[BrokerReport] = deque()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(complete_list=True, positions=True, cash=True, settle_s=0)

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None:
        self._handler = handler

    def place(self, order: Order) -> str:
        request = order.request
        answer = self.ask("place", order_id=order.order_id, day=order.trading_day.isoformat(),
                          symbol=request.symbol, side=request.side.value, shares=request.shares,
                          limit=str(request.limit_cny), reply=self._choose_reply())
        for report in answer["before"]:
            self._handler(report_from_wire(report))
        self._pushes.extend(map(report_from_wire, answer["after"]))
        if answer["refusal"]:
            raise OrderError("the order was not taken", why=answer["refusal"], remedy="Go on")
        if answer["broker_id"] is None:
            raise TimeoutError("the exchange does not answer")
        return str(answer["broker_id"])

    def cancel(self, order: Order) -> None:
        answer = self.ask("cancel", order_id=order.order_id)
        self._pushes.extend(map(report_from_wire, answer["after"]))

    def query_orders(self) -> Sequence[BrokerReport]:
        return self._listed("orders")

    def query_trades(self) -> Sequence[BrokerReport]:
        return self._listed("trades")

    def query_positions(self) -> Sequence[PositionAtBroker]:
        held = self.ask("positions")["held"]
        return [PositionAtBroker(symbol=symbol, held_shares=shares, sellable_shares=None)
                for symbol, shares in held.items()]

    def query_cash(self) -> CashAtBroker:
        return CashAtBroker(cash_cny=Decimal(self.ask("cash")["cash_fen"]) / FEN,
                            available_cny=None)

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """It has a book of its own, in the parent."""

    def day_started(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        """It has an account of its own, in the parent."""

    def end_day(self) -> None:
        self._pushes.extend(self._listed("end_day"))
        self.deliver()

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """It has a market of its own."""

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        """It has a market of its own."""

    def opening_price(self, symbol: str) -> Decimal | None:
        return None

    # ---- the line --------------------------------------------------------------------------

    def move_market(self) -> None:
        self._pushes.extend(self._listed("move"))

    def deliver(self) -> None:
        """Hand over what has been pushed since."""
        while self._pushes:
            self._handler(self._pushes.popleft())

    def tell(self, **what: Any) -> None:
        """Something that this process promised to its user; needs no answer."""
        self._line.write({"do": "promise", **what})

    def ask(self, what: str, **more: Any) -> Message:
        self._line.write({"do": what, "now": self._clock.now_utc().isoformat(), **more})
        answer = self._line.read()
        if answer is None:                 # the parent has ended: so does the drill
            raise SystemExit(1)
        return answer

    def _listed(self, what: str) -> list[BrokerReport]:
        return [report_from_wire(report) for report in self.ask(what)["reports"]]


class _OneStock:
    """Reference data of a made-up market: one stock, the same reference price every session."""

    def instrument(self, symbol: str) -> Instrument | None:
        return parse_instrument(symbol) if symbol == SYMBOL else None

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        found = self.instrument(symbol)
        return None if found is None else DayFacts(
            instrument=found, day=day, reference_cny=REFERENCE_CNY)


class Life:
    """Opens the ledger, recovers, and trades by a seed until something kills it."""

    def __init__(self, plan: LifePlan, open_store: Callable[[Path], OrderStore]) -> None:
        """Calls the parent first: a life that cannot open its ledger is seen to end."""
        self._plan, self._random = plan, random.Random(plan.seed)
        self._left, self._spared = plan.passing, False
        line = Line(socket.create_connection(("127.0.0.1", plan.port)))
        line.write({"token": plan.token, "pid": os.getpid()})
        store = open_store(Path(plan.ledger))
        account = store.load().account
        newest = next(iter(store.entries(after_seq=max(0, store.head()[0] - 1))), None)
        day = FIRST_DAY if account is None else account.trading_day
        opens_utc = shanghai(day, _OPENS)
        self._clock = SimClock(opens_utc if newest is None else max(opens_utc, newest.ts_utc))
        self._broker = LineBroker(line, self._reply, self._clock)
        self._broker.ask("day", day=day.isoformat())
        self._session = TradingSession(self._parts(store))

    def _parts(self, store: OrderStore) -> SessionParts:
        return SessionParts(
            clock=self._clock, calendar=exchange_calendar(), rules=DayRules(_OneStock()),
            broker=self._broker, store=store, trading=TradingSettings(), risk=RiskSettings(),
            profile=RiskProfile.EXCHANGE, crash_point=self._passed, publish=self._published)

    def live(self) -> None:
        """Never returns of itself, unless its crash point was never passed."""
        self._spared = True                # recovery asked for cancels again: these may trade,
        self._delivered()                  # and are judged too, so the life has to get there
        self._spared = False
        self._broker.ask("recovered", seq=self._session.journal_seq)
        if self._session.book.kill_level is not KillLevel.NONE:
            self._kill_and_unlock()        # an earlier life died with the switch pulled
        for _ in self._days() if self._plan.reply else iter(int, 1):
            for _ in range(self._random.randrange(1, 4)):
                self._trade()
            self._poll()
            if not self._plan.reply and self._often(_KILLS):
                self._kill_and_unlock()
            if self._plan.reply or self._often(_NEXT_DAY):
                self._next_day()
        self._broker.ask("done")

    def _days(self) -> Iterator[int]:
        """A life of one reply lasts long enough to pass every point, and then ends."""
        for day in range(3):
            if day:
                self._kill_and_unlock()
            yield day

    def _trade(self) -> None:
        order = self._session.submit(self._request())
        self._broker.tell(order=order.order_id)
        self._delivered()
        if self._plan.reply or self._often(_CANCELS):
            self._cancel(order.order_id)
        self._broker.move_market()
        self._delivered()
        if self._often(_CANCELS_ALL):
            self._session.cancel_all()
            self._delivered()

    def _cancel(self, order_id: int) -> None:
        try:
            self._session.cancel(order_id)
        except OrderError:
            return                         # it has ended
        self._delivered()

    def _request(self) -> OrderRequest:
        self._clock.move_to(self._clock.now_utc() + _STEP)
        held = self._session.book.position(SYMBOL).sellable_shares // FEN
        sell = held > 0 and self._often(_SELLS)
        lots = self._random.randrange(1, min(held, 5) + 1 if sell else 6)
        return OrderRequest(
            symbol=SYMBOL, side=OrderSide.SELL if sell else OrderSide.BUY, shares=FEN * lots,
            limit_cny=REFERENCE_CNY + Decimal(self._random.randrange(-50, 51)) / FEN,
            created_utc=self._clock.now_utc())

    def _delivered(self) -> None:
        self._broker.deliver()
        self._session.pump()

    def _poll(self) -> None:
        """Ask for the lists again, as after a failure: pushes that were lost are found."""
        self._session.reload()
        self._delivered()

    def _next_day(self) -> None:
        following = exchange_calendar().next_session(self._session.day)
        self._session.close_day()
        self._poll()
        self._clock.move_to(shanghai(following, _OPENS))
        self._broker.ask("day", day=following.isoformat())
        self._session.advance(self._clock.now_utc())

    def _kill_and_unlock(self) -> None:
        for level in (KillLevel.BLOCK, KillLevel.NONE):
            self._session.set_kill(level, "the drill")
            self._delivered()

    def _often(self, per_cent: int) -> bool:
        return self._random.randrange(100) < per_cent

    def _reply(self) -> str:
        return self._plan.reply or self._random.choice(tuple(REPLIES))

    def _passed(self, point: str) -> None:
        if point == self._plan.point and not self._spared:
            self._left -= 1
            if self._left <= 0:
                die()

    def _published(self, event: Event) -> None:
        if isinstance(event, FillEvent):
            self._broker.tell(fill=event.fill.trade_id, order=event.fill.order_id)


def serve(open_store: Callable[[Path], OrderStore]) -> None:
    """Begin a life for each plan that comes as a line of JSON; return when the input ends.

    Where processes can be forked, each life is a fork of this one, which saves the imports and
    keeps this process for the next. Elsewhere this process is the life.
    """
    logging.disable(logging.ERROR)         # silence and garbage are the drill's daily bread
    for text in sys.stdin:
        plan = LifePlan(**json.loads(text))
        if not hasattr(os, "fork"):
            _live(plan, open_store)
            return
        pid = os.fork()
        if pid == 0:
            try:
                _live(plan, open_store)
            finally:
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _live(plan: LifePlan, open_store: Callable[[Path], OrderStore]) -> None:
    Life(plan, open_store).live()


def plan_line(plan: LifePlan) -> str:
    """As `serve` reads it."""
    return json.dumps(asdict(plan)) + "\n"
