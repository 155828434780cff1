"""Clocks that jump, stand still, change their zone or stay on for a month, on the real engine.

No wrong trading date, no daily limit that begins again too early, no number used twice, nothing
sent after its deadline.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from core.calendar import exchange_calendar
from core.events import EventBus, NoticeEvent, QuoteEvent
from core.rules import shanghai
from core.settings_types import RiskSettings, TradingSettings
from core.types import FINAL_STATUSES, Order, OrderSide, OrderStatus
from tests.support.desk import CNY, DAY1, DAY2, MAIN, Reference, a_quote, a_request, at, calm
from tests.support.hand_clock import HandClock
from tests.support.list_broker import ListBroker
from trading.day_rules import DayRules
from trading.executor import ExecutionEngine
from trading.memory_store import MemoryOrderStore
from trading.qmt.translate import moment_in
from trading.reconciler import Reconciler
from trading.session import SessionParts

FRIDAY, MONDAY = date(2024, 3, 8), date(2024, 3, 11)
YEARS_10, DAY, HOUR = timedelta(days=3_652), timedelta(days=1), timedelta(hours=1)
ROOT = Path(__file__).parents[2]
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")


class Clocked:
    """The engine with the house's catalogue and a reconciler, on a clock that a test bends."""

    def __init__(self, day: date = DAY1, wall: time = time(10), *, most_a_day: int = 2_000,
                 store: MemoryOrderStore | None = None, broker: ListBroker | None = None) -> None:
        self.clock = HandClock(shanghai(day, wall))
        self.broker, self.bus = broker or ListBroker(), EventBus()
        self.store = store or MemoryOrderStore()
        self.broker.now = self.clock.now_utc
        self.told: list[str] = []
        self.bus.subscribe(NoticeEvent, lambda notice: self.told.append(notice.text))
        self.engine = ExecutionEngine(SessionParts(
            clock=self.clock, calendar=exchange_calendar(), rules=DayRules(Reference()),
            broker=self.broker, store=self.store, trading=TradingSettings(),
            risk=RiskSettings(orders_per_day=most_a_day), surroundings=calm(),
            attendants=lambda session: (Reconciler(session),)), self.bus)
        self.session = self.engine._session
        self.idles(2)

    def idles(self, turns: int = 5, seconds: float = 1) -> None:
        for _ in range(turns):
            self.clock.passes(seconds)
            self.engine._look_around()

    def market(self, at_utc: datetime | None = None) -> None:
        """A quote with the market's own time; without one, that of the wall clock."""
        self.bus.publish(QuoteEvent((a_quote(
            ts_utc=at_utc or self.clock.now_utc(), bids={"9.99": 100_000},
            asks={"10.00": 100_000}, volume_shares=10_000_000),)))
        self.engine.drain()

    def submits(self, side: OrderSide = OrderSide.BUY, shares: int = 100) -> Order | None:
        """The order; None: it was refused with an error."""
        asked = self.engine.submit(a_request(
            side=side, shares=shares, created_utc=self.clock.now_utc()))
        self.engine.drain()
        return None if asked.exception() is not None else asked.result()

    def holds(self, shares: int = 100) -> None:
        """Bought just now: locked until the next session."""
        self.market()
        order = self.submits(shares=shares)
        assert order is not None
        self.broker.trade(self.broker.of(order.order_id), shares)
        self.broker.deliver()
        self.engine.drain()
        assert self.session.book.position(MAIN).held_shares == shares

    @property
    def sent(self) -> int:
        return len([call for call in self.broker.calls if call.startswith("place")])

    @property
    def sent_today(self) -> int:
        figures = self.session._risk.figures
        assert figures is not None
        return figures.conduct.sent(self.clock.monotonic_ns())

    def rolls(self) -> list[date]:
        return [e.trading_day for e in self.store.entries() if e.kind == "DAY_OPENED"]


def frozen(desk: Clocked) -> None:
    desk.clock.frozen = True
    desk.clock.passes(120)


def by(jump: timedelta) -> Callable[[Clocked], None]:
    return lambda desk: desk.clock.jumps(jump)


@pytest.mark.parametrize("bend", [
    by(YEARS_10), by(-YEARS_10), by(DAY), by(-DAY), by(HOUR), by(-HOUR), by(6 * HOUR), frozen],
    ids=["+10 years", "-10 years", "+1 day", "-1 day", "+1 h", "-1 h", "past the close", "frozen"])
def test_a_clock_that_jumps_moves_no_day_resets_no_limit_and_sends_nothing(
    bend: Callable[[Clocked], None],
) -> None:
    desk = Clocked(most_a_day=2)
    desk.holds()
    true_utc = desk.clock.now_utc()
    resting = desk.submits(shares=200)
    bend(desk)
    desk.idles()
    desk.market(true_utc)                               # the market's own time is the right one
    sold, bought = desk.submits(OrderSide.SELL), desk.submits()

    assert desk.session.day == DAY1
    assert desk.rolls() == []
    assert desk.sent_today == desk.sent == 2
    assert desk.session.book.position(MAIN).sellable_shares == 0
    assert resting is not None
    assert desk.session.order(resting.order_id).status not in FINAL_STATUSES
    for order in (sold, bought):
        assert order is None or order.status is OrderStatus.DENIED
    assert [text for text in desk.told if "wall clock" in text]

    desk.clock.frozen = False
    desk.clock.set_to(true_utc + timedelta(seconds=10))
    desk.idles()
    desk.market()
    over = desk.submits(shares=300)
    assert "clock" not in desk.session.blockers
    assert over is not None
    assert [r.code for r in over.refusals] == ["RATE"]      # the day's limit has gone on
    numbers = list(desk.session.book.orders)
    assert numbers == sorted(set(numbers))


def test_after_sleep_the_markets_own_time_opens_the_day_and_nothing_else_does() -> None:
    desk = Clocked()
    desk.holds()
    desk.clock.set_to(shanghai(DAY2, time(9, 31)))      # the lid was shut over night
    desk.idles()
    assert desk.session.day == DAY1
    assert desk.session.blockers["clock"]
    desk.market()
    desk.idles()
    sold = desk.submits(OrderSide.SELL)

    assert desk.rolls() == [DAY2]
    assert sold is not None
    assert sold.status is not OrderStatus.DENIED


def test_a_wrong_clock_proves_no_end_of_an_order() -> None:
    """After the close the whole day's list would prove that an order was never taken."""
    desk = Clocked()
    desk.broker.capabilities = type(desk.broker.capabilities)(
        complete_list=False, day_end_list=True, settle_s=0)
    desk.market()
    desk.broker.place_error = TimeoutError("no answer")
    desk.broker.hides.add("B1")
    order = desk.submits()
    assert order is not None
    desk.clock.jumps(6 * HOUR)
    desk.idles(10, 5)

    assert desk.session.order(order.order_id).status is OrderStatus.UNKNOWN


@pytest.mark.parametrize(("waited_s", "leaves"), [(5, True), (5.1, False), (3_600, False)])
@pytest.mark.parametrize("still", [True, False])
def test_an_order_past_its_deadline_does_not_leave_whatever_the_wall_clock_says(
    waited_s: float, leaves: bool, still: bool
) -> None:
    desk = Clocked()
    desk.market()
    asked = desk.engine.submit(a_request(created_utc=desk.clock.now_utc()))
    desk.clock.frozen = still and waited_s < 60
    desk.clock.passes(waited_s)
    desk.engine.drain()

    assert desk.sent == int(leaves)
    assert (asked.result().status in (OrderStatus.NOT_SENT, OrderStatus.DENIED)) is not leaves


@pytest.mark.parametrize("back_s", [1, 30, 60])
def test_a_second_that_comes_twice_uses_no_number_twice(back_s: int) -> None:
    """A leap second, or a step of the time server: the same wall time again."""
    desk = Clocked()
    desk.market()
    first = desk.submits()
    desk.clock.passes(6)
    desk.clock.jumps(-timedelta(seconds=back_s))
    desk.market()
    second = desk.submits(shares=200)
    assert first is not None
    assert second is not None
    seqs = [entry.seq for entry in desk.store.entries()]

    assert second.order_id == first.order_id + 1
    assert seqs == list(range(1, len(seqs) + 1))
    assert desk.rolls() == []


def test_a_leap_second_in_a_text_is_refused_and_no_other_moment() -> None:
    for text in ("2016-12-31T23:59:60+00:00", "23:59:60"):
        with pytest.raises(ValueError, match=r"no moment|whole number"):
            moment_in(text)
    assert moment_in(1_483_228_800) == datetime.fromisoformat("2017-01-01T00:00:00+00:00")


@pytest.mark.parametrize(("day", "opens"), [
    (FRIDAY, None), (date(2024, 3, 9), None), (date(2024, 3, 10), MONDAY), (DAY1, DAY2)])
def test_midnight_opens_a_day_only_where_a_session_begins(day: date, opens: date | None) -> None:
    desk = Clocked(day, time(23, 59, 50))
    before = desk.session.day
    for _ in range(40):
        desk.idles(1, 0.5)
        began = desk.clock.now_utc() >= shanghai(day + timedelta(days=1), time.min)
        assert desk.session.day == (opens if opens is not None and began else before)


def test_a_long_weekend_is_one_night() -> None:
    """The national holiday of 2024: closed from October 1 to 7."""
    desk = Clocked(date(2024, 9, 30), time(14, 50), most_a_day=1)
    desk.holds()
    for _ in range(8 * 48):
        assert desk.sent_today == (1 if desk.session.day == date(2024, 9, 30) else 0)
        desk.idles(1, 1_800)

    assert desk.rolls() == [date(2024, 10, 8)]
    assert desk.session.book.position(MAIN).sellable_shares == 100


def test_a_desk_that_stays_on_for_thirty_days_opens_every_session_once() -> None:
    desk = Clocked(most_a_day=1)
    sessions = exchange_calendar().sessions(DAY1, DAY1 + timedelta(days=30))
    for day in sessions:
        while desk.clock.now_utc() < shanghai(day, time(10)):
            desk.idles(1, 3_600)
        desk.broker.next_day()
        desk.market()
        order = desk.submits()
        assert order is not None
        assert order.status is not OrderStatus.DENIED
        again = desk.submits(shares=200)
        assert again is not None
        assert "RATE" in {r.code for r in again.refusals}
        desk.broker.close()
        desk.broker.deliver()
        desk.engine.drain()

    assert [DAY1, *desk.rolls()] == list(sessions)
    assert desk.sent == len(sessions)
    keys = [order.order_id for order in desk.session.book.orders.values()]
    assert keys == list(range(1, 2 * len(sessions) + 1))


def test_a_restart_with_a_clock_gone_back_neither_resets_the_day_nor_uses_a_number_again() -> None:
    desk = Clocked(most_a_day=1)
    desk.holds()
    desk.engine.close()
    again = Clocked(DAY1 - timedelta(days=3_652), store=desk.store, broker=desk.broker,
                    most_a_day=1)
    again.market(at(DAY1))
    refused = again.submits()
    right = Clocked(DAY1, time(10, 30), store=desk.store, broker=desk.broker, most_a_day=1)
    right.market()
    over = right.submits()

    assert refused is None or refused.status is OrderStatus.DENIED
    assert right.session.day == DAY1
    assert right.sent_today == 1
    assert over is not None
    assert [r.code for r in over.refusals] == ["RATE"]
    assert over.order_id > 1


@pytest.mark.parametrize("day", ["2024-03-08", "2024-03-29", "2024-10-25"])
def test_the_zone_of_the_host_and_its_summer_time_change_nothing(day: str) -> None:
    """The weekends on which New York, Berlin and Lord Howe, or one of them, change their clocks."""
    heads = {_played_in(zone, day) for zone in ZONES}

    assert len(heads) == 1


def _played_in(zone: str, day: str) -> str:
    """What three sessions leave behind in a process whose host is in that zone."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.three_days", day], cwd=ROOT, check=True,
        capture_output=True, text=True, env={**os.environ, "TZ": zone}, timeout=120)
    return done.stdout


def test_money_is_where_it_was() -> None:
    """After all those jumps the ledger still equals the broker's own count."""
    desk = Clocked()
    desk.holds()
    for jump in (DAY, -DAY, HOUR, -HOUR, YEARS_10, -YEARS_10):
        desk.clock.jumps(jump)
        desk.idles(3, 5)
    assert desk.session.cash_cny == desk.broker.cash_cny
    assert desk.session.cash_cny < CNY("1000000.00")
