"""Conditional orders: they fire once, on trades only, and know T+1, limits, halts and days."""

from datetime import time
from decimal import Decimal

import pytest

from core.desk_types import PlanKind, PlanStatus
from core.types import KillLevel, OrderSide, OrderStatus
from tests.support.desk import DAY1, DAY2, DAY3, MAIN
from tests.support.plan_desks import PlanTable
from trading.plan_rows import PlanRow
from trading.records import Entry

SELL, BUY = OrderSide.SELL, OrderSide.BUY


def holding(shares: int = 1_000) -> PlanTable:
    """A desk on DAY2 that may sell what it bought on DAY1."""
    table = PlanTable()
    table.desk.hold(shares)
    return table


@pytest.mark.parametrize(("kind", "side", "params", "calm", "fires"), [
    (PlanKind.STOP, SELL, {"trigger": "9.80"}, "9.81", "9.80"),
    (PlanKind.STOP, BUY, {"trigger": "10.20"}, "10.19", "10.20"),
    (PlanKind.TAKE_PROFIT, SELL, {"trigger": "10.20"}, "10.19", "10.20"),
    (PlanKind.TAKE_PROFIT, BUY, {"trigger": "9.80"}, "9.81", "9.80"),
    (PlanKind.OCO, SELL, {"stop": "9.80", "take": "10.20"}, "9.90", "9.79"),
    (PlanKind.OCO, SELL, {"stop": "9.80", "take": "10.20"}, "10.10", "10.21"),
    (PlanKind.TRAILING, SELL, {"distance_pct": "2"}, "9.90", "9.80"),
    (PlanKind.TRAILING, BUY, {"distance_pct": "2"}, "10.10", "10.20"),
])
def test_each_kind_fires_at_its_price_and_not_a_tick_before(
    kind: PlanKind, side: OrderSide, params: dict[str, str], calm: str, fires: str
) -> None:
    table = holding()
    plan = table.place(kind, 1_000, side=side, **params)
    table.pass_s(3, "10.00")
    table.pass_s(3, calm)
    assert table.children(plan) == []
    table.pass_s(3, fires)
    table.pass_s(3, fires)

    assert [o.request.side for o in table.children(plan)] == [side]
    assert table.status(plan) is PlanStatus.DONE
    assert table.now(plan).filled_shares == 1_000


@pytest.mark.parametrize(("kind", "params"), [
    (PlanKind.STOP, {"trigger": "9.80"}), (PlanKind.TRAILING, {"distance_pct": "2"}),
    (PlanKind.OCO, {"stop": "9.80", "take": "11.00"})])
def test_it_never_fires_twice_not_even_over_restarts(
    kind: PlanKind, params: dict[str, str]
) -> None:
    table = holding()
    plan = table.place(kind, 1_000, side=SELL, **params)
    for price in ("10.00", "9.70", "9.90", "9.70", "9.60"):
        table.pass_s(3, price)
        table = table.again()
        table.pass_s(3, price)

    assert len(table.children(plan)) == 1
    assert sum('"fired"' in e.payload and '"triggered: ' in e.payload
               for e in table.desk.store.entries() if e.kind == Entry.PLAN) >= 1
    assert sum("triggered: " in e.payload for e in table.desk.store.entries()
               if e.kind == Entry.DECISION) == 1


def test_a_stop_on_shares_bought_today_waits_for_the_next_session_and_says_so() -> None:
    table = PlanTable()
    table.desk.buy(1_000, "10.00")
    table.quote()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80")
    table.pass_s(3, "9.70")

    assert table.children(plan) == []
    assert "armed from 2024-03-05" in table.text(plan)
    assert "bought today" in table.text(plan)
    table.desk.to(DAY2, time(9, 31))
    table.quote("9.75")
    table.pass_s(3, "9.75")
    assert [o.trading_day for o in table.children(plan)] == [DAY2]
    assert table.status(plan) is PlanStatus.DONE


def test_a_stop_sells_what_may_be_sold_and_the_rest_the_next_day() -> None:
    table = holding(500)
    table.desk.buy(500, "10.00")
    table.quote()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80")
    table.pass_s(3, "9.70")
    table.pass_s(3, "9.70")

    assert table.now(plan).filled_shares == 500
    assert "2024-03-06" in table.text(plan)
    table.desk.to(DAY3, time(9, 31))
    table.quote("9.75")
    table.pass_s(3, "9.75")
    assert table.now(plan).filled_shares == 1_000


def test_a_triggered_stop_at_limit_down_stays_triggered_and_says_stuck() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80")
    table.pass_s(3, "9.00", bids={})
    table.pass_s(3, "9.00", bids={})

    assert table.children(plan) == []
    assert "stuck: nobody buys at the lower limit" in table.text(plan)
    table = table.again()
    table.pass_s(3, "9.05")
    table.pass_s(3, "9.05")
    assert table.status(plan) is PlanStatus.DONE


def test_a_sale_without_a_buyer_all_day_goes_on_the_next_session_once() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80", limit="9.70")
    table.pass_s(3, "9.80", bids={"9.75": 300})
    table.pass_s(3, "9.75", bids={"9.75": 300})
    table.pass_s(3, "9.60", bids={"9.60": 300})
    (child,) = table.children(plan)
    assert child.filled_shares == 300
    table.desk.to(DAY3, time(9, 31))
    table.quote("9.75")
    table = table.again()
    table.pass_s(3, "9.75")
    table.pass_s(3, "9.75")

    first, second = table.all_plans()
    assert first.status is second.status is PlanStatus.DONE
    assert (first.spec.shares, first.filled_shares) == (1_000, 300)
    assert (second.spec.shares, second.filled_shares) == (700, 700)
    assert table.desk.position().held_shares == 0


def test_an_auctions_indicative_price_is_no_trade() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80")
    table.desk.to(DAY3, time(9, 20))
    table.quote("9.50")
    table.quote("9.50", wall=time(9, 26))
    table.quote("9.90", wall=time(9, 31))
    table.quote("9.50", wall=time(14, 58))

    assert table.children(plan) == []
    assert table.status(plan) is PlanStatus.WAITING


def test_a_stale_price_triggers_nothing() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80")
    old = table.a_quote("9.50")
    table.desk.to(DAY2, time(10, 30))
    table.see(old)

    assert table.children(plan) == []
    assert "s old" in table.text(plan)


def test_trades_before_the_plan_was_made_are_not_its_business() -> None:
    table = holding()
    table.pass_s(3, "9.70", low_cny=Decimal("9.70"))
    table.pass_s(3, "9.90", low_cny=Decimal("9.60"))
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80")
    table.act()

    assert table.children(plan) == []


def test_a_low_between_two_snapshots_triggers() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80")
    table.pass_s(3, "9.90", low_cny=Decimal("9.90"), high_cny=Decimal("10.00"))
    table.pass_s(3, "9.90", low_cny=Decimal("9.75"), high_cny=Decimal("10.00"))
    table.pass_s(3, "9.90", low_cny=Decimal("9.75"), high_cny=Decimal("10.00"))

    assert len(table.children(plan)) == 1


def test_a_suspended_instrument_triggers_nothing() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80")
    table.pass_s(3, "9.50", suspended=True)

    assert table.children(plan) == []
    assert "suspended" in table.text(plan)


def test_good_till_date_ends_after_its_last_day() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80", until=DAY2.isoformat())
    table.pass_s(3, "9.90")
    assert table.status(plan) is PlanStatus.WAITING
    table.desk.to(DAY3, time(9, 31))
    table.quote("9.50")

    assert table.status(plan) is PlanStatus.STOPPED
    assert table.children(plan) == []


def test_a_trailing_stop_follows_upwards_and_keeps_its_best_over_a_restart() -> None:
    table = holding()
    plan = table.place(PlanKind.TRAILING, 1_000, side=SELL, distance_pct="2")
    for price in ("10.00", "10.30", "10.60"):
        table.pass_s(3, price)
    table = table.again()
    table.pass_s(3, "10.40")
    assert table.children(plan) == []
    table.pass_s(3, "10.38")
    table.pass_s(3, "10.38")

    assert table.status(plan) is PlanStatus.DONE


def test_a_trailing_stop_begins_only_from_its_activation_price() -> None:
    table = holding()
    plan = table.place(PlanKind.TRAILING, 1_000, side=SELL, distance_pct="1", activate="10.50")
    for price in ("10.40", "10.00", "10.20"):
        table.pass_s(3, price)
    assert table.children(plan) == []
    for price in ("10.60", "10.49", "10.49"):
        table.pass_s(3, price)
    assert table.status(plan) is PlanStatus.DONE


def test_a_brackets_exits_are_armed_for_the_next_session() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.BRACKET, 1_000, entry="10.00", stop="9.80", take="10.40")
    table.quote()
    table.pass_s(3)
    table = table.again()
    table.pass_s(3, "9.70")
    _entry, exits = table.all_plans()

    assert table.status(plan) is PlanStatus.DONE
    assert (exits.spec.kind, exits.spec.side, exits.spec.shares) == (PlanKind.OCO, SELL, 1_000)
    assert "armed from 2024-03-05" in exits.text
    table.desk.to(DAY2, time(9, 31))
    table.quote("10.45")
    table.pass_s(3, "10.45")
    assert table.status(exits) is PlanStatus.DONE
    assert len(table.all_plans()) == 2


def test_a_bracket_that_bought_a_part_protects_that_part() -> None:
    table = PlanTable()
    table.place(PlanKind.BRACKET, 1_000, entry="10.00", stop="9.80", take="10.40")
    table.quote(asks={"10.00": 300})
    table.pass_s(3, asks={"10.00": 300})
    table.pass_s(3, asks={"10.05": 100})
    table.desk.to(DAY2, time(9, 31))
    table.quote("10.00")

    entry, exits = table.all_plans()
    assert (entry.filled_shares, exits.spec.shares) == (300, 300)


def test_a_kill_during_a_brackets_purchase_leaves_the_bought_part_its_exits() -> None:
    table = PlanTable()
    table.place(PlanKind.BRACKET, 1_000, entry="10.00", stop="9.80", take="10.40")
    table.quote(asks={"10.00": 300})
    table.pass_s(3, asks={"10.00": 300})
    table.desk.session.set_kill(KillLevel.BLOCK, "enough")
    table.pass_s(3, asks={"10.05": 100})

    entry, exits = table.all_plans()
    assert (entry.filled_shares, exits.spec.kind, exits.spec.shares) == (300, PlanKind.OCO, 300)
    assert table.status(exits) is PlanStatus.WAITING


def test_a_limit_break_buys_only_after_it_was_seen_sealed() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.LIMIT_BREAK, 1_000)
    table.quote("10.90")
    assert table.children(plan) == []
    table.pass_s(3, "11.00", asks={})
    assert table.children(plan) == []
    table = table.again()
    table.pass_s(3, "10.98")
    table.pass_s(3, "10.98")

    assert [o.status for o in table.children(plan)] == [OrderStatus.FILLED]
    assert table.children(plan)[0].request.limit_cny == Decimal("11.00")


def test_an_order_of_a_stop_that_a_person_cancels_is_not_sent_again() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80", limit="9.75")
    table.pass_s(3, "9.80", bids={"9.80": 100})
    (child,) = table.children(plan)
    table.pass_s(3, "9.70")
    table.desk.session.cancel(child.order_id)
    table.pass_s(3, "9.80")

    assert len(table.children(plan)) == 1
    assert table.status(plan) is PlanStatus.STOPPED


def test_a_limit_price_is_never_undercut() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80", limit="9.79")
    table.pass_s(3, "9.60")
    assert table.children(plan) == []
    assert "beyond its limit" in table.text(plan)
    table.pass_s(3, "9.79")
    table.pass_s(3, "9.79")
    assert [o.request.limit_cny for o in table.children(plan)] == [Decimal("9.79")]
    assert DAY1 < DAY2
    assert MAIN in table.desk.reference.known


def test_a_crash_while_the_exits_are_made_makes_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = PlanTable()
    plan = table.place(PlanKind.BRACKET, 1_000, entry="10.00", stop="9.80", take="10.40")
    table.quote()
    keep = table.plans._keep

    def dies_when_done(live: object, row: PlanRow, **more: bool) -> None:
        if row.status is PlanStatus.DONE:
            raise KeyboardInterrupt
        keep(live, row, **more)         # type: ignore[arg-type]

    monkeypatch.setattr(table.plans, "_keep", dies_when_done)
    with pytest.raises(KeyboardInterrupt):
        table.pass_s(3)
    table = table.again()
    table.pass_s(3)

    assert table.status(plan) is PlanStatus.DONE
    assert [p.spec.kind for p in table.all_plans()] == [PlanKind.BRACKET, PlanKind.OCO]


def test_after_the_close_a_stuck_sale_says_that_it_goes_on_the_next_session() -> None:
    table = holding()
    plan = table.place(PlanKind.STOP, 1_000, side=SELL, trigger="9.80", limit="9.75")
    table.pass_s(3, "9.80", bids={"9.80": 100})
    table.pass_s(3, "9.70")
    table.desk.to(DAY2, time(15, 31))
    table.act()

    assert table.status(plan) is PlanStatus.WORKING
    assert "goes on at the next session" in table.text(plan)
    assert len(table.all_plans()) == 1
