"""Seventeen faults that other trading systems were seen to have, each by its name.

    B1  a fill is booked twice after a restart
    B2  a restart inserts a made-up opposite fill, and the position looks flat
    B3  a position difference is logged, then ignored
    B4  a fill that was dropped while disconnected is never fetched
    B5  a fill is swallowed while a cancel is in flight
    B6  a cancel timed out, the order traded, and the program thinks there is no trade
    B7  an order is deleted here and lives at the exchange
    B8  "rejected" by its return value, and live
    B9  a reused remark returns another order's id
    B10 a reconnect replays the whole day
    B11 a stale status overwrites a newer one
    B12 the roll of the day corrupts a position, or does not happen
    B13 a daily limit is reset at somebody's midnight
    B14 a size is rounded up, and the balance does not pay for it
    B15 a split is computed with binary fractions
    B16 the database is locked
    B17 an order that was queued before a disconnect is sent after it
"""

import threading
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest

from core.calendar import exchange_calendar
from core.desk_types import CaseKind
from core.settings_types import RiskSettings
from core.types import ActionRow, Capabilities, OrderStatus, Report
from data.order_store import SqliteOrderStore
from tests.support.desk import CNY, DAY2, MAIN, Desk, Reference, a_bar, a_quote
from tests.support.list_broker import ListBroker
from tests.support.reconciled import ReconciledDesk
from trading.cases import frozen
from trading.entitlements import Entitlements
from trading.risk_checks import RiskProfile

S = OrderStatus
WITHOUT_PROOF = Capabilities(complete_list=True, positions=True, cash=True, settle_s=0,
                             refusals_are_proof=False)


def test_b1_all_trades_are_replayed_three_times_after_a_restart_and_booked_once() -> None:
    desk = ReconciledDesk()
    desk.buy(300)
    desk.market.trade(desk.market.of(1), 100)
    desk.polls()
    desk.market.trade(desk.market.of(1), 200)
    again = desk.restarted()
    for _ in range(3):
        desk.market.replay_day()
        again.polls()

    assert again.agrees()
    assert [entry.kind for entry in again.store.entries()].count("FILL") == 2


def test_b2_a_restart_makes_no_fill_up_and_a_difference_freezes() -> None:
    desk = ReconciledDesk()
    desk.market.held[MAIN] = 500                # at the broker; no trade of ours explains it
    again = desk.restarted()
    again.polls(4)

    assert again.session.snapshot().fills == ()
    assert again.position().held_shares == 0
    assert "" in frozen(again.session.book) or MAIN in frozen(again.session.book)
    assert again.session.blockers               # and nothing is sent until a person has looked


def test_b3_a_position_difference_is_frozen_visible_and_in_the_journal() -> None:
    desk = ReconciledDesk(profile=RiskProfile.HOUSE)
    desk.market.held[MAIN] = 100
    desk.polls(18)

    assert MAIN in frozen(desk.session.book)
    assert [case.kind for case in desk.cases] == [CaseKind.POSITION]
    assert "CASE" in [entry.kind for entry in desk.store.entries()]
    refused = desk.session.submit(desk.request(100)).refusals
    assert "FROZEN" in [reason.code for reason in refused]


def test_b4_every_push_of_a_minute_is_lost_and_the_poll_converges() -> None:
    desk = ReconciledDesk()
    desk.market.loses_pushes = True
    for number in (1, 2, 3):
        desk.buy(200)
        desk.market.trade(desk.market.of(number), 100 * (number % 2 + 1))
    desk.polls(12)

    assert desk.agrees()
    assert desk.cases == []


@pytest.mark.parametrize("order", list(permutations(("cancel", "part", "rest", "reject"))))
def test_b5_no_order_of_cancel_fills_and_refusal_swallows_a_fill(order: tuple[str, ...]) -> None:
    desk = ReconciledDesk()
    desk.buy(300)
    held = desk.market.of(1)
    for what in order:
        if what == "cancel" and desk.order().open_shares:
            desk.session.cancel(1)
        elif what == "reject":
            desk.market.say(held, Report.CANCEL_REFUSED)
        elif held.left:
            desk.market.trade(held, 100 if what == "part" else held.left)
    desk.delivered(shuffle=True)
    desk.polls(2)

    assert desk.agrees()
    assert desk.order().filled_shares == held.filled


def test_b6_a_cancel_whose_answer_is_lost_does_not_hide_the_trade() -> None:
    desk = ReconciledDesk()
    desk.buy(300)
    desk.delivered()
    desk.market.answers = False
    desk.session.cancel(1)
    desk.market.answers = True
    desk.market.loses_pushes = True
    desk.market.trade(desk.market.of(1), 300)
    desk.polls()

    assert desk.order().status is S.FILLED
    assert desk.agrees()


def test_b7_an_order_that_a_list_forgets_is_never_deleted_or_believed_dead() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.delivered()
    desk.market.hides.add("B1")
    desk.polls(30)
    assert desk.order().status is S.UNKNOWN
    assert desk.session.snapshot().account.reserved_cny > 0
    desk.market.hides.clear()
    desk.polls()

    assert desk.order().status is S.LIVE


@pytest.mark.parametrize("pushed", [True, False])
def test_b8_an_order_that_was_refused_by_return_value_and_lives_is_found_alive(
    pushed: bool
) -> None:
    broker = ListBroker(refuses_but_keeps=True, silent_after_call=not pushed)
    broker.capabilities = WITHOUT_PROOF
    desk = ReconciledDesk(broker)
    desk.buy(100)
    assert desk.order().status is S.UNKNOWN
    assert desk.session.snapshot().account.reserved_cny > 0
    desk.polls()
    assert desk.order().status is S.LIVE
    desk.market.trade(desk.market.of(1), 100)
    desk.polls()
    assert desk.agrees()


def test_b8_a_broker_that_lies_about_its_word_is_found_out_by_its_list() -> None:
    desk = ReconciledDesk(ListBroker(refuses_but_keeps=True))
    desk.buy(100)
    assert desk.order().status is S.REJECTED
    desk.polls(3)

    assert desk.order().status is S.LIVE
    assert [case.kind for case in desk.cases] == [CaseKind.ORDER]


def test_b8_a_true_refusal_without_proof_ends_by_the_list() -> None:
    broker = ListBroker(place_error=None)
    broker.capabilities = WITHOUT_PROOF
    desk = ReconciledDesk(broker)
    broker.refuses_but_keeps = True
    desk.buy(100)
    broker.book.clear()
    broker.pushes.clear()
    desk.polls()

    assert desk.order().status is S.NOT_SENT
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_b9_a_call_that_returns_another_orders_id_is_not_believed() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.market.returns_id = "B1"
    desk.market.silent_after_call = True
    desk.buy(200)
    assert desk.order(2).status is S.UNKNOWN
    desk.polls()

    assert [desk.order(n).broker_id for n in (1, 2)] == ["B1", "B2"]


def test_b9_a_remark_that_names_another_order_is_checked_against_what_the_order_is() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    desk.market.remark_of[2] = 1                # the second order goes out under the first's remark
    desk.buy(200)
    desk.market.trade(desk.market.of(2), 200)
    desk.polls(2)

    assert [desk.order(n).filled_shares for n in (1, 2)] == [0, 200]
    assert desk.agrees()
    assert desk.cases == []


def test_b10_a_reconnect_that_replays_the_whole_day_changes_nothing() -> None:
    desk = ReconciledDesk()
    for number in (1, 2):
        desk.buy(300)
        desk.market.trade(desk.market.of(number), 100)
    desk.session.cancel(2)
    desk.polls()
    head = desk.store.head()
    for _ in range(3):
        desk.market.replay_day()
        desk.polls()

    assert desk.store.head() == head


def test_b11_a_late_acknowledgement_does_not_wake_a_filled_order() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    held = desk.market.of(1)
    desk.market.trade(held, 100)
    desk.market.say(held, Report.ACK)
    desk.delivered()

    assert desk.order().status is S.FILLED
    assert desk.session.book.open_orders() == []


def test_b12_a_desk_that_is_left_open_for_thirty_days_rolls_every_session_once() -> None:
    desk = Desk()
    desk.buy(100)
    desk.play(a_bar())
    assert desk.position().sellable_shares == 0
    calendar, days = desk.parts.calendar, 0
    for step in range(30 * 24):
        desk.clock.move_to(desk.clock.now_utc() + timedelta(hours=1))
        desk.session.advance(desk.clock.now_utc())
        desk.session.advance(desk.clock.now_utc())
        days = step // 24
    rolled = [entry.trading_day for entry in desk.store.entries() if entry.kind == "DAY_OPENED"]

    assert days == 29
    assert rolled == sorted(set(rolled))
    assert all(calendar.is_session(day) for day in rolled)
    assert len(rolled) == len(calendar.sessions(DAY2, rolled[-1]))
    assert desk.position().sellable_shares == 100


@pytest.mark.parametrize("visit", ["missed days", "each day twice"])
def test_b12_missed_and_doubled_rolls_leave_every_share_sellable(visit: str) -> None:
    desk = Desk()
    desk.hold(1_000)
    day = desk.session.day
    for number in range(30):
        day = desk.parts.calendar.next_session(day)
        if visit == "missed days" and number % 3:
            continue
        desk.to(day)
        desk.session.open_day(day)
        assert desk.session.day == day
        assert desk.position().sellable_shares == desk.position().held_shares == 1_000


def test_b13_no_midnight_of_another_time_zone_and_no_weekend_begins_the_days_limit_again() -> None:
    """New York's midnight is in the lunch break, UTC's at eight in the morning."""
    desk = Desk(profile=RiskProfile.HOUSE, risk=RiskSettings(orders_per_day=1), at=time(9, 40))
    friday, monday = date(2024, 3, 8), date(2024, 3, 11)
    desk.to(friday, time(9, 40))
    desk.session.on_quotes([a_quote(ts_utc=desk.clock.now_utc())])
    assert desk.session.order(desk.buy(100)).status is not S.DENIED
    for wall in (time(11, 59), time(12, 0), time(12, 1), time(13, 0), time(14, 50)):
        desk.to(friday, wall)
        desk.session.on_quotes([a_quote(ts_utc=desk.clock.now_utc())])
        assert "RATE" in {r.code for r in desk.session.submit(desk.request(300)).refusals}
    for night, wall in ((9, time(0, 0)), (9, time(8, 0)), (10, time(0, 0)), (10, time(23, 59))):
        desk.to(date(2024, 3, night), wall)
        assert desk.session.day == friday
        assert sent_today(desk) == 1
    desk.to(monday, time(9, 40))
    assert sent_today(desk) == 0


def sent_today(desk: Desk) -> int:
    figures = desk.session._risk.figures
    assert figures is not None
    return figures.conduct.sent(desk.clock.monotonic_ns())


def test_b14_the_largest_size_that_is_offered_can_be_paid_with_its_fees() -> None:
    for cash in ("1000.00", "1005.00", "1005.01", "20113.37", "999999.99"):
        desk = Desk(cash=cash)
        most = desk.session.preview(desk.request(100)).max_buy_shares
        assert most is not None
        if most:
            assert desk.session.submit(desk.request(most)).status is not S.DENIED
        assert desk.session.submit(desk.request(most + 100)).status is S.DENIED


class SplitOf15For100(Reference):
    def action(self, symbol: str, day: date) -> ActionRow | None:
        return ActionRow(symbol=symbol, ex_date=day, bonus_per_share=Decimal("0.15")) if (
            symbol == MAIN and day == DAY2) else None


def test_b15_a_split_of_fifteen_for_a_hundred_gives_every_share() -> None:
    """In binary fractions, 6,000 x 1.15 is 6,899."""
    reference = SplitOf15For100()
    desk = Desk(reference=reference,
                day_start=Entitlements(reference, exchange_calendar()).day_start)
    desk.hold(6_000)

    assert desk.position().held_shares == 6_900


def test_b16_readers_beside_the_writer_never_meet_a_locked_database(tmp_path: Path) -> None:
    path, errors, stop = tmp_path / "ledger.db", list[Exception](), threading.Event()
    desk = Desk(store=SqliteOrderStore(path))

    def read() -> None:
        while not stop.is_set():
            try:
                store = SqliteOrderStore(path, read_only=True)
                store.load()
                store.close()
            except Exception as error:
                errors.append(error)
                raise

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(40):
        desk.buy(100, "9.50")
    stop.set()
    for reader in readers:
        reader.join()

    assert errors == []
    assert len(desk.session.snapshot().orders) == 40


def test_b17_an_order_that_waited_through_a_disconnect_is_not_sent_any_more() -> None:
    desk = ReconciledDesk()
    asked_ns = desk.session.stopwatch_ns()
    desk.clock.move_to(desk.clock.now_utc() + timedelta(seconds=6))
    order = desk.session.submit(desk.request(100), asked_ns=asked_ns)

    assert order.status is S.NOT_SENT
    assert desk.market.calls == []
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_b17_an_order_is_late_too_when_the_machine_sleeps_between_its_intent_and_the_call() -> None:
    slept: list[Desk] = []

    def sleep(point: str) -> None:
        if point == "after_sending" and slept:
            desk = slept.pop()
            desk.clock.move_to(desk.clock.now_utc() + timedelta(minutes=10))

    desk = ReconciledDesk(crash_point=sleep, at=time(10))
    slept.append(desk)
    desk.buy(100)

    assert desk.order().status is S.NOT_SENT
    assert desk.market.calls == []


