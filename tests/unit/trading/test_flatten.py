from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from core.calendar import exchange_calendar
from core.desk_types import FlattenLine, Obstacle
from tests.support.bad_broker import BadBroker
from tests.support.desk import (
    CNY,
    DAY1,
    DAY2,
    FUND,
    MAIN,
    STAR,
    Desk,
    Reference,
    a_bar,
    a_quote,
    at,
)
from trading.flatten import BrokerLists, FlattenView, Sale, flatten_plan, sales_now

LISTS = BrokerLists(open_orders=(), held_shares={}, complete=True, offers_positions=True)


def a_view(desk: Desk, **changes: Any) -> FlattenView:
    values: dict[str, Any] = {
        "now_utc": desk.clock.now_utc(), "book": desk.session.book, "calendar": exchange_calendar(),
        "quotes": {MAIN: a_quote(bids={"10.00": 500}, asks={"10.01": 500})},
        "symbol_day": lambda symbol: desk.rules.of(symbol, desk.session.day)}
    return FlattenView(**(values | changes))


def a_holder(shares: int = 1000, **changes: Any) -> Desk:
    desk = Desk(**changes)
    desk.hold(shares)
    return desk


def the_sale(view: FlattenView) -> FlattenLine:
    (line,) = flatten_plan(view).sales
    return line


# ---- orders ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wall", "obstacle", "again"), [
    (time(9, 16), Obstacle.NONE, None), (time(9, 21), Obstacle.NO_CANCEL_PHASE, time(9, 30)),
    (time(9, 26), Obstacle.NO_CANCEL_PHASE, time(9, 30)), (time(10), Obstacle.NONE, None),
    (time(11, 40), Obstacle.NO_CANCEL_PHASE, time(13)),
    (time(14, 58), Obstacle.NO_CANCEL_PHASE, None),
    (time(15, 1), Obstacle.CLOSED, None), (time(8), Obstacle.CLOSED, time(9, 15))])
def test_an_order_says_when_it_can_be_cancelled(
    wall: time, obstacle: Obstacle, again: time | None
) -> None:
    desk = Desk()
    desk.buy(100)
    (line,) = flatten_plan(a_view(desk, now_utc=at(DAY1, wall))).cancels

    assert (line.order_id, line.shares, line.obstacle) == (1, 100, obstacle)
    assert line.possible_at == (None if again is None else at(DAY1, again))
    assert ("ends with the day" in line.text) is (again is None and obstacle is not Obstacle.NONE)


def test_an_order_of_unproven_fate_is_said_to_be_unknown() -> None:
    broker = BadBroker()
    broker.place_error = TimeoutError("no answer")
    desk = Desk(broker=broker)
    desk.buy(100)
    (line,) = flatten_plan(a_view(desk)).cancels

    assert line.obstacle is Obstacle.UNKNOWN_ORDER
    assert "UNKNOWN" in line.text


def test_an_order_in_something_that_nobody_knows_any_more_is_unknown() -> None:
    desk = Desk()
    desk.buy(100)

    assert flatten_plan(a_view(desk, symbol_day=lambda _: None)).cancels[0].obstacle is (
        Obstacle.UNKNOWN)


# ---- positions ---------------------------------------------------------------------------------


def test_what_can_be_sold_now_is_sold_a_hundredth_below_the_best_bid_at_most() -> None:
    view = a_view(a_holder())

    assert the_sale(view).obstacle is Obstacle.NONE
    assert sales_now(view) == (Sale(MAIN, 1000, CNY("9.90")),)
    assert "9.90" in the_sale(view).text


def test_a_sale_stays_inside_band_and_cage() -> None:
    desk = a_holder()
    low = a_view(desk, quotes={MAIN: a_quote(last="9.05", bids={"9.05": 100})})
    assert sales_now(low)[0].limit_cny == CNY("9.00")           # the band's end; 8.96 was meant

    reference = Reference()
    reference.reference_cny[STAR] = CNY("50.00")
    star = Desk(reference=reference, profile=Desk().parts.profile)
    star.hold(200, "50.00", symbol=STAR)
    caged = a_view(star, quotes={STAR: a_quote(symbol=STAR, last="50.00", bids={"50.00": 100})})
    assert sales_now(caged)[0].limit_cny == CNY("49.50")        # 49.00 is the cage's end


def test_without_bids_the_last_price_counts_and_at_the_lower_limit_nobody_buys() -> None:
    desk = a_holder()
    assert sales_now(a_view(desk, quotes={MAIN: a_quote(last="9.50")}))[0].limit_cny == CNY("9.41")
    stuck = a_view(desk, quotes={MAIN: a_quote(last="9.00")})

    assert (sales_now(stuck), the_sale(stuck).obstacle) == ((), Obstacle.LIMIT_DOWN)
    buyers = a_view(desk, quotes={MAIN: a_quote(last="9.00", bids={"9.00": 100})})
    assert sales_now(buyers) == (Sale(MAIN, 1000, CNY("9.00")),)


def test_todays_purchase_waits_for_the_next_session() -> None:
    desk = Desk()
    desk.buy(300)
    desk.play(a_bar())
    line = the_sale(a_view(desk))

    assert (line.obstacle, line.shares, line.possible_at) == (
        Obstacle.T1, 300, at(DAY2, time(9, 15)))
    nobody = the_sale(a_view(desk, symbol_day=lambda _: None))
    assert (nobody.obstacle, nobody.possible_at) == (Obstacle.T1, None)


def test_shares_on_sale_locked_and_free_are_said_apart() -> None:
    desk = a_holder()
    desk.sell(400, "10.50")
    desk.buy(200)
    desk.play(a_bar())
    plan = flatten_plan(a_view(desk))

    assert [(line.obstacle, line.shares) for line in plan.sales] == [
        (Obstacle.ON_SALE, 400), (Obstacle.T1, 200), (Obstacle.NONE, 600)]


@pytest.mark.parametrize("how", ["facts", "quote"])
def test_a_suspended_holding_is_stuck_and_nobody_knows_until_when(how: str) -> None:
    desk, quotes = a_holder(), {MAIN: a_quote(suspended=how == "quote")}
    if how == "facts":
        desk.reference.more[MAIN] = {"suspended": True}
        desk.rules.forget()
    line = the_sale(a_view(desk, quotes=quotes))

    assert (line.obstacle, line.possible_at) == (Obstacle.SUSPENDED, None)


def test_outside_the_hours_it_says_when_the_exchange_takes_orders_again() -> None:
    desk = a_holder()
    lunch = the_sale(a_view(desk, now_utc=at(desk.session.day, time(8))))
    assert (lunch.obstacle, lunch.possible_at) == (
        Obstacle.CLOSED, at(desk.session.day, time(9, 15)))
    evening = the_sale(a_view(desk, now_utc=at(desk.session.day, time(16))))
    following = exchange_calendar().next_session(desk.session.day)
    assert evening.possible_at == at(following, time(9, 15))

    beyond = the_sale(a_view(desk, now_utc=at(date(2031, 1, 2))))
    assert (beyond.obstacle, beyond.possible_at) == (Obstacle.CLOSED, None)


@pytest.mark.parametrize("quotes", [{}, {MAIN: replace(a_quote(), last_cny=None)}])
def test_without_a_price_of_today_nothing_is_guessed(quotes: dict[str, Any]) -> None:
    view = a_view(a_holder(), quotes=quotes)

    assert (the_sale(view).obstacle, sales_now(view)) == (Obstacle.UNKNOWN, ())


def test_without_facts_of_the_day_nothing_is_sold() -> None:
    desk = a_holder()
    assert the_sale(a_view(desk, symbol_day=lambda _: None)).obstacle is Obstacle.UNKNOWN
    day = desk.rules.of(MAIN, desk.session.day)
    assert day is not None
    for lacking in (replace(day, band=None), replace(day, tick_cny=None)):
        view = a_view(desk, symbol_day=lambda _, lacking=lacking: lacking)
        assert sales_now(view) == ()


def test_more_than_one_order_may_hold_is_sold_in_legal_parts() -> None:
    desk = Desk(cash="900000000.00")
    desk.hold(1_000_000, "4.000", symbol=FUND)
    for _ in range(2):
        desk.buy(1_000_000, "4.000", symbol=FUND)
    desk.play(a_bar(symbol=FUND, price="4.000", volume=10_000_000))
    desk.to(exchange_calendar().next_session(desk.session.day))
    view = a_view(desk, quotes={FUND: a_quote(symbol=FUND, last="4.000", bids={"4.000": 100})})

    assert sales_now(view) == (Sale(FUND, 1_000_000, CNY("3.960")),)
    assert "1250000 after them" in the_sale(view).text


# ---- flat --------------------------------------------------------------------------------------


def test_flat_is_never_said_while_something_is_held_or_may_fill() -> None:
    holder, buyer = a_holder(), Desk()
    buyer.buy(100)

    assert not flatten_plan(a_view(holder, lists=LISTS)).flat
    plan = flatten_plan(a_view(buyer, lists=LISTS))
    assert (plan.flat, plan.proof) == (False, "0 instruments are held and 1 orders may still fill")


@pytest.mark.parametrize(("lists", "flat", "proof"), [
    (None, False, "not asked"),
    (LISTS, True, "positions agree"),
    (replace(LISTS, open_orders=None, trouble="the line is down"), False, "the line is down"),
    (replace(LISTS, held_shares=None, trouble="no answer"), False, "no answer"),
    (replace(LISTS, open_orders=("F7 (ACK)",)), False, "F7"),
    (replace(LISTS, open_orders=tuple("abcdefg")), False, "a, b, c, d, e ..."),
    (replace(LISTS, held_shares={MAIN: 100}), False, MAIN),
    (replace(LISTS, held_shares=None, offers_positions=False), True, "no list of positions"),
    (replace(LISTS, held_shares=None, offers_positions=False, complete=False), False,
     "may be incomplete"),
])
def test_flat_rests_on_the_brokers_own_lists(
    lists: BrokerLists | None, flat: bool, proof: str
) -> None:
    plan = flatten_plan(a_view(Desk(), lists=lists))

    assert plan.flat is flat
    assert proof in plan.proof
    assert (plan.cancels, plan.sales) == ((), ())


def test_a_position_that_was_sold_is_no_line_of_the_plan() -> None:
    desk = a_holder()
    desk.sell(1000, "9.90")
    desk.play(a_bar(price="10.00"))

    assert flatten_plan(a_view(desk, lists=LISTS)).flat
    assert desk.session.book.positions[MAIN].held_shares == 0
