"""Plans on a real session with the simulated broker: sent, restarted, bounded, explained."""

from datetime import time, timedelta
from decimal import Decimal

import pytest

from core.desk_types import PlanKind, PlanStatus
from core.exceptions import OrderError
from core.types import BrokerReport, KillLevel, OrderSide, OrderStatus, Report
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import DAY1, DAY2, DAY3, MAIN
from tests.support.plan_desks import PlanTable, a_curve
from tests.support.plan_lives import Life
from trading.records import Entry


def decisions(table: PlanTable) -> list[str]:
    return [entry.payload for entry in table.desk.store.entries()
            if entry.kind == Entry.DECISION]


# ---- parents -------------------------------------------------------------------------------


def test_a_twap_sends_evenly_and_fills() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.TWAP, 1_200, end="10:12", every_s=60)
    table.quote()
    for minute in range(1, 13):
        table.quote(wall=time(10, minute))
    table.until(time(10, 14))

    assert table.status(plan) is PlanStatus.DONE
    assert [order.request.shares for order in table.children(plan)] == [100] * 12
    assert table.now(plan).filled_shares == 1_200
    assert [order.request.key for order in table.children(plan)][:2] == [
        f"plan-{plan.plan_id}-1", f"plan-{plan.plan_id}-2"]


def test_a_twap_skips_lunch() -> None:
    table = PlanTable(at=time(11, 25))
    plan = table.place(PlanKind.TWAP, 1_000, end="13:05", every_s=60)
    table.quote()
    for wall in (time(11, 26), time(11, 28), time(11, 29, 50), time(11, 31), time(12, 30)):
        table.quote(wall=wall)
    before = table.sent(plan)
    table.until(time(13, 6))

    assert before <= 500
    assert table.now(plan).filled_shares == 1_000


def test_after_sleep_missed_slices_do_not_leave_in_a_burst() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.TWAP, 6_000, end="11:00", every_s=60, catch_up=2)
    table.quote()
    table.quote(wall=time(10, 40))
    largest = max(order.request.shares for order in table.children(plan))
    table.until(time(11, 2))

    assert largest == 200
    assert table.status(plan) is PlanStatus.DONE
    assert table.now(plan).filled_shares < 6_000
    assert "were not sent" in table.text(plan)
    assert any("made up" in payload for payload in decisions(table))


def test_a_vwap_follows_the_stored_curve_and_is_refused_without_one() -> None:
    table = PlanTable(curve=a_curve(), at=time(9, 30))
    plan = table.place(PlanKind.VWAP, 100_000, end="14:57", every_s=300)
    table.quote()
    table.until(time(9, 45), every_s=60)
    early = table.sent(plan)

    assert 100_000 * 3 // 48 < early < 20_000       # more than evenly: the open is busy
    with pytest.raises(OrderError, match="no intraday volume curve"):
        PlanTable().place(PlanKind.VWAP, 1_000)


def test_pov_never_takes_more_than_its_share_of_the_volume() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.POV, 50_000, rate_pct="10", every_s=30, end="10:30")
    volume = 1_000_000
    table.quote(volume_shares=volume)
    for _ in range(20):
        volume += 10_000
        table.pass_s(30, volume_shares=volume)
    sent = table.sent(plan)

    assert 10_000 <= sent <= 20_000


def test_an_iceberg_shows_one_slice_at_a_time() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.ICEBERG, 1_000, limit="10.00", show_shares=300)
    table.quote("10.05")
    assert [o.request.shares for o in table.children(plan)] == [300]
    table.quote("10.04")
    assert len(table.children(plan)) == 1
    table.pass_s(3, "9.99")
    table.pass_s(3, "9.99")
    table.pass_s(3, "9.99")
    table.pass_s(3, "9.99")

    assert [o.request.shares for o in table.children(plan)] == [300, 300, 300, 100]
    assert table.status(plan) is PlanStatus.DONE


def test_an_iceberg_stops_at_the_first_slice_that_the_broker_refuses() -> None:
    broker = BadBroker()
    table = PlanTable(broker=broker)
    plan = table.place(PlanKind.ICEBERG, 1_000, limit="10.00", show_shares=100)
    for _ in range(5):
        table.pass_s(3, "10.05")
        for order in table.desk.session.book.open_orders():
            broker.handler(a_report(Report.REJECTED, order.order_id))
        table.pass_s(3, "10.05")

    assert [o.status for o in table.children(plan)] == [OrderStatus.REJECTED]
    assert table.status(plan) is PlanStatus.FAILED


def test_a_parent_beyond_its_limit_waits_and_says_so() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.TWAP, 1_000, limit="9.90", end="10:10")
    table.quote()
    table.pass_s(61)

    assert table.children(plan) == []
    assert "beyond its limit 9.90" in table.text(plan)


def test_a_star_parent_leaves_no_rest_that_cannot_be_bought() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.TWAP, 500, symbol="688001.SH", end="10:04", every_s=60)
    for second in range(6):
        table.quote("50.00", symbol="688001.SH", wall=time(10, second))

    assert sum(o.request.shares for o in table.children(plan)) == 500
    assert all(o.request.shares >= 200 for o in table.children(plan))
    assert all(o.status is OrderStatus.FILLED for o in table.children(plan))


# ---- the cap -------------------------------------------------------------------------------


class AckOnly:
    """Makes a broker that takes orders and never reports a fill (Knight 2012)."""

    def __init__(self, table: PlanTable) -> None:
        self._broker = table.desk.broker
        self.placed: list[int] = []
        self._broker.on_quotes = lambda quotes: None           # type: ignore[method-assign]


def test_without_fills_fed_back_the_parent_still_stops_at_its_shares() -> None:
    table = PlanTable()
    AckOnly(table)
    plan = table.place(PlanKind.TWAP, 1_000, end="10:10", every_s=5)
    table.quote()
    table.until(time(10, 12), every_s=5)

    assert table.sent(plan) == 1_000
    assert table.now(plan).sent_shares == 1_000
    assert table.now(plan).filled_shares == 0


def test_a_child_of_unknown_fate_counts_as_sent() -> None:
    table = PlanTable()
    AckOnly(table)
    plan = table.place(PlanKind.TWAP, 200, end="10:10", every_s=5)
    table.quote()
    table.until(time(10, 6), every_s=5)
    (child, *_rest) = table.children(plan)
    table.desk.session.on_report(BrokerReport(
        kind=Report.SILENCE, order_id=child.order_id, broker_id="",
        ts_utc=table.desk.clock.now_utc()))
    table.until(time(10, 12), every_s=5)

    assert table.sent(plan) == 200


# ---- restart -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [PlanKind.TWAP, PlanKind.POV, PlanKind.ICEBERG, PlanKind.VWAP])
def test_a_restart_in_the_middle_doubles_nothing(kind: PlanKind) -> None:
    table = PlanTable(curve=a_curve())
    values = {"limit": "10.00", "show_shares": 200} if kind is PlanKind.ICEBERG else {
        "every_s": 30}
    plan = table.place(kind, 1_000, end="10:20", **values)
    volume, shares, previous = 1_000_000, 0, 0
    for turn in range(50):
        volume += 2_000
        table.pass_s(25, volume_shares=volume)
        shares = table.sent(plan)
        assert previous <= shares <= 1_000
        previous = shares
        if turn % 7 == 3:
            table = table.again()
            assert table.sent(plan) == shares

    keys = [o.request.key for o in table.children(plan)]
    assert len(set(keys)) == len(keys)
    assert table.now(plan).filled_shares == 1_000


def test_a_crash_between_the_decision_and_the_send_sends_once() -> None:
    table = PlanTable()
    table.desk.hold(1_000)
    plan = table.place(PlanKind.STOP, 1_000, side=OrderSide.SELL, trigger="9.80")
    table.desk.session.on_quotes((table.a_quote("9.75"),))
    table.plans.act()                                   # fired and durable, nothing sent yet
    assert table.children(plan) == []
    table = table.again()
    table.pass_s(1, "9.85")                             # it has come back: it fired all the same
    table.pass_s(1, "9.85")

    assert [o.status for o in table.children(plan)] == [OrderStatus.FILLED]
    assert table.status(plan) is PlanStatus.DONE


# ---- stopping ------------------------------------------------------------------------------


def test_a_stopped_plan_cancels_what_rests_and_sends_no_more() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.ICEBERG, 1_000, limit="9.50", show_shares=300)
    table.quote()
    table.plans.stop(plan.plan_id, "changed my mind")
    table.until(time(10, 10))

    assert [o.status for o in table.children(plan)] == [OrderStatus.CANCELLED]
    assert table.text(plan) == "stopped: changed my mind"


def test_the_kill_switch_stops_parents_and_lets_exits_wait() -> None:
    table = PlanTable()
    table.desk.hold(1_000)
    parent = table.place(PlanKind.TWAP, 1_000, end="11:00")
    stop = table.place(PlanKind.STOP, 1_000, side=OrderSide.SELL, trigger="9.80")
    table.quote()
    table.desk.session.set_kill(KillLevel.BLOCK, "a test")
    table.pass_s(5, "9.70")
    table.pass_s(5, "9.70")

    assert table.status(parent) is PlanStatus.STOPPED
    assert table.children(stop) == []
    assert "kill switch" in table.text(stop)
    table.desk.session.set_kill(KillLevel.NONE, "over")
    table.pass_s(5, "9.70")
    table.pass_s(5, "9.70")
    assert table.status(stop) is PlanStatus.DONE


def test_a_blocker_holds_plans_back_without_refusals() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.TWAP, 1_000, end="11:00")
    table.desk.session.blockers["reconciler"] = "not finished"
    table.until(time(10, 5))

    assert table.children(plan) == []
    assert "reconciler: not finished" in table.text(plan)


def test_an_account_reset_stops_every_plan() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.STAGED, 100, limit="10.00")
    table.desk.session.reset(DAY1)
    table.act()

    assert table.status(plan) is PlanStatus.STOPPED
    assert "reset" in table.text(plan)


def test_a_plan_that_is_refused_again_and_again_gives_up() -> None:
    table = PlanTable(cash="1000.00")
    plan = table.place(PlanKind.TWAP, 10_000, end="11:20", every_s=5)
    table.quote()
    table.until(time(11, 15), every_s=20)

    assert table.status(plan) is PlanStatus.FAILED
    assert "CASH" in table.text(plan)
    assert len(table.children(plan)) == 5


def test_a_jump_of_the_wall_clock_holds_everything_until_it_is_steady() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.TWAP, 100_000, end="11:00", every_s=5)
    table.quote()
    sent = table.sent(plan)
    real = table.desk.clock.monotonic_ns
    table.desk.clock.monotonic_ns = lambda: real() - 10_000_000_000  # type: ignore[method-assign]
    table.pass_s(20)
    table.pass_s(3)
    held = table.sent(plan)
    table.pass_s(6)

    assert held == sent
    assert table.sent(plan) > sent
    assert any("wall clock moved" in payload for payload in decisions(table))


def test_finished_plans_are_let_go_after_a_month() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.STAGED, 100, limit="10.00")
    table.plans.stop(plan.plan_id, "no")
    table.desk.to(DAY1 + timedelta(days=35))
    table.act()

    assert str(plan.plan_id) not in table.desk.session.book.state_of(Entry.PLAN)


# ---- staged --------------------------------------------------------------------------------


def test_a_staged_order_is_sent_in_the_next_opening_call() -> None:
    table = PlanTable(at=time(20))
    plan = table.place(PlanKind.STAGED, 500, limit="10.10")
    table.act()
    assert table.children(plan) == []
    table = table.again()
    table.desk.to(DAY2, time(9, 16))
    table.act()

    (child,) = table.children(plan)
    assert child.trading_day == DAY2
    assert child.request.shares == 500


def test_a_staged_order_outside_the_new_days_limits_is_refused_or_moved() -> None:
    for outside, status in (("refuse", PlanStatus.FAILED), ("clamp", PlanStatus.WORKING)):
        table = PlanTable(at=time(20))
        plan = table.place(PlanKind.STAGED, 500, limit="11.00", outside=outside)
        table.desk.reference.reference_cny[MAIN] = Decimal("5.00")
        table.desk.to(DAY2, time(9, 16))
        table.act()

        assert table.status(plan) is status
        if outside == "refuse":
            assert "PRICE_LIMIT" in table.text(plan)
        else:
            assert str(table.children(plan)[0].request.limit_cny) == "5.50"


def test_an_open_that_was_missed_is_not_made_up_for() -> None:
    table = PlanTable(at=time(20))
    auction = table.place(PlanKind.STAGED, 500, limit="10.10")
    later = table.place(PlanKind.STAGED, 500, limit="10.10", at="continuous")
    table.desk.to(DAY2, time(10, 30))
    table.act()

    assert table.status(auction) is table.status(later) is PlanStatus.FAILED
    assert table.children(auction) == table.children(later) == []


# ---- bad input -----------------------------------------------------------------------------


def test_garbage_is_refused_with_a_sentence_and_writes_nothing() -> None:
    table = PlanTable()
    before = table.desk.session.journal_seq
    for kind, params in (
            (PlanKind.STOP, {"trigger": "abc"}), (PlanKind.STOP, {}),
            (PlanKind.STOP, {"trigger": "NaN"}), (PlanKind.STOP, {"trigger": "10.001"}),
            (PlanKind.TWAP, {"every_s": "-5"}), (PlanKind.TWAP, {"nonsense": "1"}),
            (PlanKind.TWAP, {"start": "11:00", "end": "10:00"}),
            (PlanKind.OCO, {"stop": "11", "take": "10", "side": OrderSide.SELL}),
            (PlanKind.GRID, {"low": "9", "high": "11", "step_shares": "1" * 5_000}),
            (PlanKind.STOP, {"trigger": "9.00", "until": "2020-01-01"}),
            (PlanKind.TWAP, {"symbol": "000000.XX"})):
        with pytest.raises(OrderError):
            table.place(kind, 1_000, **params)
    with pytest.raises(OrderError):
        table.place(PlanKind.TWAP, 150)
    with pytest.raises(OrderError):
        table.plans.stop(999, "no such plan")

    assert table.desk.session.journal_seq == before


def test_a_late_fill_of_a_stopped_plan_still_counts() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.ICEBERG, 300, limit="9.90", show_shares=300)
    table.quote()
    table.desk.broker.cancel = lambda order: None       # type: ignore[method-assign]
    table.plans.stop(plan.plan_id, "too late")
    table.pass_s(3, "9.85")

    assert table.status(plan) is PlanStatus.STOPPED
    assert table.now(plan).filled_shares == 300
    assert DAY3 > DAY1


@pytest.mark.parametrize("block", range(4))
def test_over_random_lives_sent_stays_within_shares_and_filled_within_sent(block: int) -> None:
    sent = 0
    for seed in range(block * 10, block * 10 + 10):
        life = Life(seed)
        life.run()
        sent += life.sent

    assert sent > 20
