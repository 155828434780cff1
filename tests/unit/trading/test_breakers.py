from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from core.clock import SimClock
from core.events import NoticeEvent
from core.exceptions import DataError, OrderError, RiskError
from core.settings_types import BreakersSettings, RiskSettings
from core.types import KillLevel, Report
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import CNY, DAY1, FUND, MAIN, Desk, a_bar, a_quote, at
from tests.support.failing_store import FailingStore
from tests.support.safety import BOUNDARIES, GuardedDesk
from trading.breaker_table import BY_NAME, Limits, Observation
from trading.breakers import Watched, breaker_states
from trading.records import Entry

NAMES = list(BY_NAME)


def standing(desk: Desk) -> dict[str, int]:
    """Breakers that stand, and how often each has fired."""
    return {b.name: b.times for b in breaker_states(desk.session.book) if b.tripped}


def level(desk: Desk) -> KillLevel:
    return desk.session.book.kill_level


# ---- every row of the table --------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_breaker_that_fires_is_written_raises_the_level_and_tells(name: str) -> None:
    desk = GuardedDesk()
    desk.tell(**BOUNDARIES[name][1])
    assert (standing(desk), level(desk)) == ({}, KillLevel.NONE)

    desk.tell(**BOUNDARIES[name][0])
    assert standing(desk) == {name: 1}
    assert level(desk) is BY_NAME[name].level
    assert [e.severity for e in desk.events if isinstance(e, NoticeEvent)] == ["CRITICAL"]
    desk.tell(**BOUNDARIES[name][0])
    assert standing(desk) == {name: 1}, "one that stands does not fire again"


@pytest.mark.parametrize("name", NAMES)
def test_a_breaker_stands_after_a_restart_and_holds_its_level(name: str) -> None:
    desk = GuardedDesk()
    desk.tell(**BOUNDARIES[name][0])

    again = GuardedDesk(store=desk.store)
    assert standing(again) == {name: 1}
    with pytest.raises(RiskError, match=name):
        again.session.set_kill(KillLevel.NONE, "it is fine")
    assert level(again) is BY_NAME[name].level


@pytest.mark.parametrize("name", NAMES)
def test_a_re_armed_breaker_lowers_nothing_and_fires_again(name: str) -> None:
    desk = GuardedDesk()
    desk.tell(**BOUNDARIES[name][0])
    desk.told = Observation()
    desk.guard.rearm(name, by="wang", reason="looked at it")
    assert standing(desk) == {}
    assert level(desk) is BY_NAME[name].level
    (row,) = [b for b in breaker_states(desk.session.book) if b.name == name]
    assert (row.rearmed_by, row.times) == ("wang", 1)

    desk.session.set_kill(KillLevel.NONE, "it is fine")
    assert level(desk) is KillLevel.NONE
    desk.tell(**BOUNDARIES[name][0])
    assert standing(desk) == {name: 2}
    assert level(desk) is BY_NAME[name].level


# ---- re-arming and firing ----------------------------------------------------------------------


def test_re_arming_needs_a_person_a_reason_and_a_breaker_that_stands() -> None:
    heard: list[tuple[str, str, str]] = []

    class Sink:
        def record(self, event: str, user: str, details: str) -> None:
            heard.append((event, user, details))

    desk = GuardedDesk(audit=Sink())
    desk.tell(rejects=5)
    for name, by, reason in (("nonsense", "wang", "x"), ("drawdown", "wang", "x"),
                             ("reject_storm", " ", "x"), ("reject_storm", "wang", "")):
        with pytest.raises(OrderError):
            desk.guard.rearm(name, by=by, reason=reason)
    assert (standing(desk), heard) == ({"reject_storm": 1}, [])

    desk.guard.rearm("reject_storm", by="wang", reason="the broker was restarted")
    assert heard == [("breaker re-armed", "wang", "reject_storm: the broker was restarted")]


def test_a_breaker_never_lowers_a_stricter_level() -> None:
    desk = GuardedDesk()
    desk.session.set_kill(KillLevel.BLOCK, "drill")
    desk.tell(rejects=5)

    assert level(desk) is KillLevel.BLOCK
    assert standing(desk) == {"reject_storm": 1}


def test_a_stop_between_row_and_level_is_made_good_after_the_restart() -> None:
    desk = GuardedDesk()
    desk.session.record(Entry.BREAKER, {
        "key": "rapid_loss", "by": "breakers", "why": "x",
        "value": {"tripped": True, "level": 3, "text": "x", "times": 1}})
    again = GuardedDesk(store=desk.store)
    again.look()

    assert level(again) is KillLevel.BLOCK


def test_a_breaker_that_cannot_be_written_blocks_all_the_same() -> None:
    store = FailingStore(3, written=False)
    desk = GuardedDesk(store=store)
    desk.told = Observation(rapid_loss_ratio=Decimal("0.5"))
    with pytest.raises(DataError):
        desk.look()

    assert desk.session.kill_asked
    assert desk.session._kill.waiting


# ---- what is observed --------------------------------------------------------------------------


def test_a_days_loss_trips_at_the_limit_and_not_a_fen_below() -> None:
    limit = Limits(risk=RiskSettings(daily_loss_limit_cny=CNY("1000.00")),
                   breakers=BreakersSettings(rapid_loss_ratio=CNY("0.5")))
    desk = GuardedDesk(limits=limit, cash="100000.00")
    desk.hold(1000)
    desk.look()
    desk.session.on_quotes([a_quote(last="9.01", ts_utc=desk.clock.now_utc())])
    desk.look()
    assert standing(desk) == {}

    desk.session.on_quotes([a_quote(last="9.00", ts_utc=desk.clock.now_utc())])
    desk.look()
    assert standing(desk) == {"daily_loss": 1}
    assert level(desk) is KillLevel.REDUCE_ONLY


def test_a_restart_in_the_day_forgets_no_loss_of_the_day() -> None:
    limit = Limits(risk=RiskSettings(daily_loss_limit_cny=CNY("900.00")),
                   breakers=BreakersSettings())
    desk = GuardedDesk(limits=limit, cash="100000.00")
    desk.hold(1000)
    desk.sell(1000, "9.10")
    desk.play(a_bar(price="9.10"))
    before = desk.guard.observe().day_profit_cny
    again = GuardedDesk(limits=limit, store=desk.store, at=time(10, 1), day=desk.session.day)
    again.look()

    assert before == again.guard.observe().day_profit_cny == CNY("-909.64")
    assert standing(again) == {"daily_loss": 1}


def test_a_fall_from_the_highest_value_is_known_after_a_restart_and_counted_afresh_when_re_armed(
) -> None:
    desk = GuardedDesk(cash="100000.00")
    desk.hold(5000)
    for last in ("10.00", "10.90"):
        desk.session.on_quotes([a_quote(last=last, ts_utc=desk.clock.now_utc())])
        desk.look()
    again = GuardedDesk(store=desk.store, day=desk.session.day)
    again.session.on_quotes([a_quote(last="9.90", ts_utc=again.clock.now_utc())])
    fall = again.guard.observe().drawdown_ratio
    assert fall is not None
    assert Decimal("0.045") < fall < Decimal("0.05")

    again.tell(drawdown_ratio=Decimal("0.2"))
    again.told = None
    again.guard.rearm("drawdown", by="wang", reason="a new strategy")
    assert again.guard.observe().drawdown_ratio == 0


def test_a_rapid_loss_is_counted_within_its_window_only() -> None:
    desk = GuardedDesk(cash="100000.00")
    desk.hold(5000)
    for last, wall in (("10.00", time(10, 1)), ("9.70", time(10, 2)), ("9.70", time(10, 8))):
        desk.clock.move_to(at(desk.session.day, wall))
        desk.session.on_quotes([a_quote(last=last, ts_utc=desk.clock.now_utc())])
        seen = desk.guard.observe().rapid_loss_ratio
        assert seen is not None
        assert (seen > Decimal("0.014")) is (wall == time(10, 2))


def test_rejects_of_a_minute_are_a_storm_and_a_restart_remembers_them() -> None:
    broker = BadBroker(complete=True)
    desk = GuardedDesk(broker=broker)
    for number in range(1, 6):
        desk.buy(100)
        desk.session.on_report(a_report(Report.REJECTED, number))
        assert desk.guard.observe().rejects == number
    again = GuardedDesk(store=desk.store, broker=BadBroker(complete=True))
    assert again.guard.observe().rejects == 5
    again.look()
    again.guard.rearm("reject_storm", by="wang", reason="x")
    assert again.guard.observe().rejects == 0

    desk.clock.move_to(desk.clock.now_utc() + timedelta(seconds=60))
    assert desk.guard.observe().rejects == 0


def test_silences_and_quarantined_reports_are_errors_until_the_day_ends() -> None:
    broker = BadBroker()
    broker.place_error = TimeoutError("no answer")
    desk = GuardedDesk(broker=broker)
    desk.buy(100)
    desk.session.on_report(a_report(Report.ACK, 99))
    assert desk.guard.observe().errors == 2

    desk.to(desk.parts.calendar.next_session(DAY1))
    assert desk.guard.observe().errors == 0


def lose(desk: GuardedDesk, times: int) -> None:
    for _ in range(times):
        desk.sell(100, "9.90")
        desk.play(a_bar(price="9.90"))
        desk.clock.move_to(desk.clock.now_utc() + timedelta(minutes=1))
        desk.look()


def test_losing_sales_in_a_row_trip_also_over_a_restart_and_a_gain_ends_the_row() -> None:
    desk = GuardedDesk(cash="100000.00")
    desk.hold(2000)
    lose(desk, 3)
    again = GuardedDesk(store=desk.store, day=desk.session.day, at=time(10, 30))
    lose(again, 1)
    assert standing(again) == {}
    again.sell(100, "10.10")
    again.play(a_bar(price="10.10"))
    again.look()
    assert again.guard.observe().losing_sales == 0

    again.clock.move_to(at(again.session.day, time(11)))
    lose(again, 5)
    assert standing(again) == {"loss_streak": 1}
    again.guard.rearm("loss_streak", by="wang", reason="the strategy was corrected")
    again.look()
    assert (standing(again), again.guard.observe().losing_sales) == ({}, 0)


def test_what_is_held_without_a_fresh_price_in_session_is_stale_and_its_worth_unknown() -> None:
    desk = GuardedDesk(cash="100000.00")
    desk.hold(1000)
    day = desk.session.day
    desk.session.on_quotes([a_quote(ts_utc=desk.clock.now_utc())])
    desk.clock.move_to(at(day, time(10, 2)))
    assert desk.guard.observe().stale == ()

    desk.clock.move_to(at(day, time(10, 2, 1)))
    seen = desk.guard.observe()
    assert seen.stale == (MAIN,)
    assert (seen.day_profit_cny, seen.drawdown_ratio) == (None, None)
    desk.session.on_quotes([a_quote(ts_utc=desk.clock.now_utc(), suspended=True)])
    assert desk.guard.observe().stale == ()


@pytest.mark.parametrize(("wall", "stale"), [
    (time(9, 31), False), (time(11, 45), False), (time(13, 1), False), (time(13, 3), True),
    (time(15, 30), False)])
def test_outside_continuous_trading_silence_is_no_staleness(wall: time, stale: bool) -> None:
    desk = GuardedDesk(at=time(9, 16))
    desk.buy(100)
    desk.clock.move_to(at(DAY1, wall))

    assert desk.guard.observe().stale == ((MAIN,) if stale else ())


def test_beyond_the_calendar_nothing_trades_and_nothing_is_stale() -> None:
    desk = GuardedDesk()
    desk.buy(100)
    desk.clock.move_to(at(date(2031, 3, 4)))

    assert desk.guard.observe().stale == ()


def test_a_gain_where_no_streak_runs_writes_nothing() -> None:
    desk = GuardedDesk(cash="100000.00")
    desk.hold(1000)
    desk.sell(100, "10.50")
    desk.play(a_bar(price="10.50"))
    desk.look()

    assert desk.position().held_shares == 900
    assert desk.session.book.state_of(Entry.BREAKER) == {}


def test_an_account_that_is_reset_before_it_was_looked_at_has_nothing_to_forget() -> None:
    desk = GuardedDesk()
    desk.session.reset(DAY1)
    seq = desk.session.journal_seq
    desk.look()

    kinds = [entry.kind for entry in desk.store.entries(seq)]
    assert kinds == [Entry.EQUITY]


def test_a_suspended_holding_is_not_stale_and_an_unknown_one_is() -> None:
    desk = GuardedDesk(cash="100000.00")
    desk.hold(1000)
    desk.clock.move_to(at(desk.session.day, time(10, 30)))
    desk.reference.more[MAIN] = {"suspended": True}
    desk.rules.forget()
    assert desk.guard.observe().stale == ()

    del desk.reference.known[MAIN]
    desk.rules.forget()
    assert desk.guard.observe().stale == (MAIN,)


def test_open_cases_and_a_tripped_drift_guard_are_seen() -> None:
    desk = GuardedDesk(watched=Watched(drift_tripped=lambda: True))
    assert desk.guard.observe().drift_tripped
    for key, closed in (("1", None), ("2", "2024-03-04T02:00:00+00:00")):
        desk.session.record(Entry.CASE, {
            "key": key, "value": {"closed_utc": closed}, "why": "x", "by": "reconciler"})

    assert desk.guard.observe().open_cases == 1


class Machine(SimClock):
    """Its wall clock can be set without the steady one."""

    slept_ns = 0

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() - self.slept_ns


def test_a_machine_that_slept_has_its_clock_looked_at() -> None:
    clock = Machine(at(DAY1))
    desk = GuardedDesk(clock=clock)
    desk.look()
    clock.move_to(at(DAY1, time(10, 5)))
    desk.look()
    assert standing(desk) == {}

    clock.slept_ns = 3_000_000_000
    desk.look()
    assert standing(desk) == {"clock_skew": 1}
    desk.guard.rearm("clock_skew", by="wang", reason="it slept; orders and quotes are right")
    assert desk.guard.observe().clock_skew_s == 0


def test_quotes_from_the_future_are_a_clock_that_is_behind() -> None:
    desk = GuardedDesk()
    desk.session.on_quotes([a_quote(ts_utc=at(DAY1, time(10, 0, 3)))])

    assert desk.guard.observe().clock_skew_s == -3


def test_instruments_that_stop_trading_in_the_session_are_halted_not_those_that_never_began(
) -> None:
    desk = GuardedDesk()
    desk.session.on_quotes([a_quote(), a_quote(symbol=FUND, suspended=True)])
    assert desk.guard.observe().halted == 0
    desk.session.on_quotes([a_quote(suspended=True)])

    assert (desk.guard.observe().halted, desk.guard.observe().quoted) == (1, 2)


def test_the_disk_is_watched_where_somebody_watches_it() -> None:
    assert not GuardedDesk().guard.observe().disk_watched
    desk = GuardedDesk(watched=Watched(free_bytes=lambda: 7))
    desk.look()

    assert standing(desk) == {"disk": 1}
    assert level(desk) is KillLevel.BLOCK


def test_a_fresh_account_has_a_highest_value_and_a_streak_of_its_own() -> None:
    desk = GuardedDesk(cash="100000.00")
    desk.hold(1000)
    lose(desk, 1)
    assert desk.session.book.state_of(Entry.EQUITY)
    desk.session.reset(DAY1)
    assert desk.guard.observe().losing_sales == 1
    desk.look()

    assert desk.guard.observe().losing_sales == 0
    assert desk.session.book.state_of(Entry.EQUITY)["peak main"] == {"peak_e4": 1_000_000_000}


def test_it_looks_once_a_second_and_after_every_booking() -> None:
    desk, looks = GuardedDesk(), list[int]()
    real = desk.guard.observe
    desk.guard.observe = lambda: looks.append(1) or real()  # type: ignore[method-assign,func-returns-value]
    desk.look()
    desk.session.act()
    assert len(looks) == 1
    desk.buy(100)
    desk.session.act()
    assert len(looks) == 2


def test_the_highest_value_of_one_account_is_no_drawdown_of_another() -> None:
    desk = GuardedDesk(cash="1000000.00")
    desk.look()
    small = GuardedDesk(store=desk.store, cash="100000.00", account_id="small")
    small.look()

    assert small.session.book.kill_level is KillLevel.NONE
    assert set(small.session.book.state_of(Entry.EQUITY)) == {"peak main", "peak small"}


@pytest.mark.parametrize(("every_s", "wall", "stale"), [
    (0, time(10, 2, 1), True), (300, time(10, 7), False), (300, time(10, 7, 1), True)])
def test_a_market_of_bars_is_not_stale_before_the_next_bar_is_due(
    every_s: int, wall: time, stale: bool
) -> None:
    desk = GuardedDesk(watched=Watched(price_every_s=every_s))
    desk.hold(100)
    desk.to(desk.session.day, wall)

    assert bool(desk.guard.observe().stale) is stale
