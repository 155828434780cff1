from dataclasses import replace
from datetime import time

import pytest

from core.types import OrderStatus, OrderType, Period
from tests.support.desk import CNY, DAY1, DAY2, MAIN, STAR, Desk, a_bar, a_quote, a_request, at

S = OrderStatus


def status(desk: Desk, order_id: int) -> OrderStatus:
    return desk.session.order(order_id).status


def fills(desk: Desk) -> list[tuple[int, int, str]]:
    """(order, shares, price) of the day's fills."""
    return [(f.order_id, f.shares, f"{f.price_cny}") for f in desk.session.snapshot().fills]


def test_a_new_order_meets_the_next_bars_open_at_the_open() -> None:
    desk = Desk()
    desk.buy(100, "10.50")
    desk.play(a_bar(price="10.00"))

    assert fills(desk) == [(1, 100, "10.00")]


def test_an_order_entered_inside_a_bar_waits_for_the_next() -> None:
    desk = Desk()
    desk.to(DAY1, time(10, 5))
    desk.buy(100, "10.50")
    bar = a_bar(price="10.00", low="9.00", period=Period.MIN15, ts_utc=at(DAY1, time(10, 15)))
    desk.session.on_bars([bar])
    assert fills(desk) == []
    desk.session.on_bars([replace(bar, ts_utc=at(DAY1, time(10, 30)))])
    assert fills(desk) == [(1, 100, "10.00")]


def test_a_rested_order_fills_at_its_own_price_only_when_it_is_traded_through() -> None:
    desk = Desk()
    desk.buy(100, "9.90")
    desk.play(a_bar(low="9.90"))
    assert fills(desk) == []
    desk.play(a_bar(price="9.80", low="9.80"))         # a gap: still not better than its limit
    assert fills(desk) == [(1, 100, "9.90")]


def test_all_orders_of_a_symbol_share_the_volume_of_a_bar_and_the_rest_waits() -> None:
    desk = Desk()
    desk.buy(300)
    desk.buy(300)
    desk.play(a_bar(volume=1_999))                      # 499 shares for us
    assert fills(desk) == [(1, 300, "10.00"), (2, 100, "10.00")]
    assert status(desk, 2) is S.PARTIAL
    desk.play(a_bar(low="9.99", volume=1_000))
    assert fills(desk)[-1] == (2, 200, "10.00")


def test_in_a_daily_list_the_unfilled_rest_ends_with_the_fill() -> None:
    desk = Desk(rest_ends=True)
    desk.buy(300)
    desk.buy(100)
    desk.play(a_bar(volume=999))                        # 249 shares for us

    assert fills(desk) == [(1, 200, "10.00")]
    assert [status(desk, n) for n in (1, 2)] == [S.EXPIRED, S.EXPIRED]
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_the_opening_print_is_met_at_acceptance_once_it_is_known() -> None:
    desk = Desk(rest_ends=True)
    bar = a_bar(price="10.00", low="9.80", volume=1_000)
    desk.broker.start_bar(bar)
    desk.buy(100, "10.10")
    assert fills(desk) == [(1, 100, "10.00")]
    desk.buy(100, "9.90")
    desk.buy(100, "9.95")
    desk.play(bar)
    assert fills(desk) == [(1, 100, "10.00"), (2, 100, "9.90")]     # 250 shares: 50 are no lot
    assert status(desk, 3) is S.EXPIRED


def test_nothing_fills_at_the_limit_that_is_locked_against_the_order() -> None:
    desk = Desk()
    desk.buy(100, "11.00")
    desk.play(a_bar(price="11.00"))
    assert fills(desk) == []
    desk.play(a_bar(price="11.00", low="10.99"))
    assert fills(desk) == [(1, 100, "11.00")]


def test_star_orders_are_cut_to_single_shares() -> None:
    desk = Desk()
    desk.buy(300, "50.00", symbol=STAR)
    desk.play(a_bar(symbol=STAR, price="50.00", volume=999))

    assert fills(desk) == [(1, 249, "50.00")]


def test_a_new_order_takes_displayed_levels_at_their_prices_and_never_more() -> None:
    desk = Desk()
    desk.buy(500, "10.02")
    desk.session.on_quotes([a_quote(asks={"10.01": 200, "10.02": 100, "10.03": 900})])

    assert fills(desk) == [(1, 200, "10.01"), (1, 100, "10.02")]
    assert status(desk, 1) is S.PARTIAL


def test_two_orders_do_not_take_the_same_displayed_shares() -> None:
    desk = Desk()
    desk.buy(200, "10.01")
    desk.buy(200, "10.01")
    desk.session.on_quotes([a_quote(asks={"10.01": 300})])

    assert fills(desk) == [(1, 200, "10.01"), (2, 100, "10.01")]


def test_a_rested_order_that_is_crossed_later_trades_at_its_own_price() -> None:
    desk = Desk()
    desk.buy(100, "10.00")
    desk.session.on_quotes([a_quote(asks={"10.01": 300})])
    desk.session.on_quotes([a_quote(asks={"9.95": 300})])

    assert fills(desk) == [(1, 100, "10.00")]


def test_where_levels_are_shown_bars_no_longer_fill_a_second_time() -> None:
    desk = Desk()
    desk.session.on_quotes([a_quote(bids={"9.99": 100})])
    desk.buy(100, "10.00")
    desk.play(a_bar(price="9.90"))

    assert fills(desk) == []


def test_quotes_outside_the_continuous_auction_fill_nothing() -> None:
    desk = Desk(at=time(9, 20))
    desk.buy(100)
    desk.session.on_quotes([a_quote(asks={"9.99": 100}, ts_utc=at(DAY1, time(9, 24)))])
    assert fills(desk) == []
    desk.session.on_quotes([a_quote(asks={"9.99": 100}, suspended=True)])
    assert fills(desk) == []


@pytest.mark.parametrize(("type_", "filled", "after"), [
    (OrderType.BEST5_CANCEL, 200, S.PART_CANCELLED),
    (OrderType.IMMEDIATE_CANCEL, 200, S.PART_CANCELLED),
    (OrderType.BEST5_LIMIT, 200, S.PARTIAL),
    (OrderType.COUNTER_BEST, 200, S.PARTIAL),
    (OrderType.OWN_BEST, 0, S.LIVE),
    (OrderType.FILL_OR_KILL, 0, S.CANCELLED)])
def test_each_market_kind_ends_in_its_own_way(
    type_: OrderType, filled: int, after: OrderStatus
) -> None:
    desk = Desk()
    desk.buy(500, "10.50", type=type_)
    desk.session.on_quotes([a_quote(bids={"9.99": 900}, asks={"10.01": 200})])
    order = desk.session.order(1)

    assert (order.filled_shares, order.status) == (filled, after)


def test_own_best_without_an_own_side_and_counter_best_without_the_other_are_cancelled() -> None:
    desk = Desk()
    desk.buy(500, "10.50", type=OrderType.OWN_BEST)
    desk.session.on_quotes([a_quote(asks={"10.01": 200})])
    desk.buy(500, "10.50", type=OrderType.COUNTER_BEST)
    desk.session.on_quotes([a_quote(bids={"9.99": 200})])

    assert [status(desk, n) for n in (1, 2)] == [S.CANCELLED, S.CANCELLED]


def test_a_cancel_outside_the_no_cancel_windows_works_and_inside_it_does_not() -> None:
    desk = Desk()
    desk.session.cancel(desk.buy(100, "9.90"))
    assert status(desk, 1) is S.CANCELLED
    locked = Desk(at=time(9, 21))
    locked.session.cancel(locked.buy(100, "9.90"))
    assert status(locked, 1) is S.LIVE


def test_every_open_order_expires_at_the_end_of_its_day() -> None:
    desk = Desk()
    desk.buy(100, "9.90")
    desk.to(DAY2)

    assert status(desk, 1) is S.EXPIRED
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_a_fixed_price_order_is_rejected_honestly() -> None:
    desk = Desk()
    desk.buy(100, type=OrderType.FIXED_PRICE)

    assert status(desk, 1) is S.REJECTED


def test_trade_ids_follow_from_day_order_and_count() -> None:
    desk = Desk()
    desk.buy(300)
    desk.play(a_bar(volume=800))
    desk.play(a_bar(volume=800, low="9.99"))

    assert [f.trade_id for f in desk.session.snapshot().fills] == ["20240304-1-1", "20240304-1-2"]


def test_the_list_of_orders_is_complete_and_names_what_became_of_each() -> None:
    desk = Desk()
    desk.buy(100, "9.90")
    desk.buy(100, "9.80")
    desk.session.cancel(2)

    assert desk.broker.capabilities.complete_list
    assert [(r.order_id, r.kind.value) for r in desk.broker.query_orders()] == [
        (1, "ACK"), (2, "CANCELLED")]
    assert desk.broker.query_trades() == []


def test_a_market_order_on_a_limit_free_day_meets_the_open_whatever_it_is() -> None:
    desk = Desk(rest_ends=True)
    desk.reference.more[MAIN] = {"listed_sessions": 1}
    bar = a_bar(price="77.00")
    desk.broker.start_bar(bar)
    desk.buy(100, None, type=OrderType.MARKET)

    assert fills(desk) == [(1, 100, "77.00")]


def test_displayed_shares_that_we_took_are_gone_while_the_level_stays_on_display() -> None:
    desk = Desk()
    order_id = desk.buy(2_000)
    filled = []
    for shown in ({"10.00": 300}, {"10.00": 300}, {"10.00": 400}, {"10.00": 100}, {"10.00": 150},
                  {"10.01": 100}, {"10.00": 300}):
        desk.session.on_quotes([a_quote(asks=shown)])
        filled.append(desk.session.order(order_id).filled_shares)

    # the same 300 again; 100 more; our 400 shrink to 100; 50 more; gone; a new level
    assert filled == [300, 300, 400, 400, 450, 450, 750]


def test_the_time_an_order_was_entered_is_the_brokers_not_its_authors() -> None:
    desk = Desk(at=time(10, 0, 30))
    asked = a_request(created_utc=at(DAY1, time(9, 30)))
    order_id = desk.session.submit(asked).order_id
    desk.session.on_bars([a_bar(price="9.90", ts_utc=at(DAY1, time(10, 1)))])
    assert desk.session.order(order_id).filled_shares == 0
    desk.session.on_bars([a_bar(price="9.90", ts_utc=at(DAY1, time(10, 2)))])
    assert desk.session.order(order_id).filled_shares == 100
