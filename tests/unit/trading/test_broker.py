from dataclasses import replace
from datetime import date, time

import pytest

from core.calendar import exchange_calendar
from core.exceptions import OrderError
from core.symbols import parse_instrument
from core.types import Level, OrderStatus, OrderType, Period, Report
from tests.support.desk import CNY, DAY1, DAY2, MAIN, STAR, Desk, a_bar, a_quote, a_request, at
from trading.matching import FillPolicy
from trading.session import simulator

S = OrderStatus
SZSE, CHINEXT = "000001.SZ", "300750.SZ"


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


# ---- auctions and phases -----------------------------------------------------------------------


def test_on_bars_the_opening_auction_fills_what_lies_beyond_its_print() -> None:
    desk = Desk(at=time(9, 20))
    desk.buy(100, "10.05")
    desk.buy(100, "10.00")
    desk.session.on_bars([a_bar(price="10.00", ts_utc=at(DAY1, time(9, 31)))])

    assert fills(desk) == [(1, 100, "10.00")]


def test_an_order_after_the_opening_print_never_gets_it() -> None:
    for low, expected in (("10.00", []), ("9.99", [(1, 100, "10.05")])):
        desk = szse_desk(time(9, 27))
        desk.buy(100, "10.05", symbol=SZSE)
        desk.session.on_bars([a_bar(symbol=SZSE, low=low, ts_utc=at(DAY1, time(9, 31)))])
        assert fills(desk) == expected


def test_shanghai_takes_no_order_between_its_opening_print_and_the_open() -> None:
    desk = Desk(at=time(9, 27))
    desk.buy(100)

    assert status(desk, 1) is S.REJECTED


def test_on_bars_the_closing_auction_fills_an_order_of_its_last_minute() -> None:
    desk = Desk(at=time(14, 59, 30))
    desk.buy(100, "10.02")
    desk.buy(100, "10.00")
    desk.session.on_bars([a_bar(price="10.00", ts_utc=at(DAY1, time(15)))])

    assert fills(desk) == [(1, 100, "10.00")]


def test_on_quotes_both_auctions_fill_at_their_print_within_our_share() -> None:
    desk = Desk(at=time(9, 20))
    desk.buy(300, "10.05")
    desk.session.on_quotes([a_quote(
        ts_utc=at(DAY1, time(9, 25)), open_cny=CNY("10.01"), last="10.01", volume_shares=800)])
    assert fills(desk) == [(1, 200, "10.01")]
    desk.to(DAY1, time(14, 58))
    desk.buy(500, "10.04")
    desk.session.on_quotes([a_quote(
        ts_utc=at(DAY1, time(15)), open_cny=CNY("10.01"), last="10.03", volume_shares=4_800)])
    assert fills(desk)[1:] == [(1, 100, "10.03"), (2, 500, "10.03")]


def test_nothing_trades_between_the_auction_and_the_open_nor_at_lunch() -> None:
    desk = szse_desk(time(9, 26))
    desk.buy(100, "10.05", symbol=SZSE)
    for wall in (time(9, 29), time(11, 45)):
        desk.session.on_quotes([a_quote(
            symbol=SZSE, asks={"10.00": 900}, ts_utc=at(DAY1, wall))])
    assert fills(desk) == []
    desk.session.on_quotes([a_quote(
        symbol=SZSE, asks={"10.00": 900}, ts_utc=at(DAY1, time(13)))])
    assert fills(desk) == [(1, 100, "10.00")]


@pytest.mark.parametrize("wall", [time(11, 45), time(15, 20), time(8)])
def test_outside_its_hours_the_exchange_takes_no_order(wall: time) -> None:
    desk = Desk(at=wall)
    desk.buy(100)

    assert status(desk, 1) is S.REJECTED


# ---- cage, halts, after hours ------------------------------------------------------------------


def test_outside_the_cage_an_order_is_rejected_as_the_exchange_does() -> None:
    desk = Desk()
    desk.session.on_quotes([a_quote(bids={"9.99": 100}, asks={"10.00": 100})])
    desk.buy(100, "10.20")
    desk.buy(100, "10.21")

    assert [status(desk, n) for n in (1, 2)] == [S.LIVE, S.REJECTED]


@pytest.mark.parametrize("kind", [OrderType.LIMIT, OrderType.OWN_BEST, OrderType.BEST5_LIMIT])
@pytest.mark.parametrize("price", ["11.01", "8.99", "10.005"])
def test_a_price_off_the_grid_or_outside_the_limits_is_rejected_a_protective_one_too(
    kind: OrderType, price: str
) -> None:
    desk = Desk()
    order = desk.session.order(desk.buy(100, "10.00"))
    request = replace(order.request, limit_cny=CNY(price), type=kind)
    desk.broker.place(replace(order, order_id=7, request=request))

    assert desk.broker.query_orders()[-1].kind is Report.REJECTED


def test_what_chinext_kept_outside_the_cage_trades_when_it_is_inside() -> None:
    day = date(2022, 3, 4)
    desk = szse_desk(time(10), day=day)
    quote = a_quote(symbol=CHINEXT, asks={"10.00": 900}, ts_utc=at(day))
    desk.session.on_quotes([quote])
    desk.buy(100, "10.50", symbol=CHINEXT)
    desk.session.on_quotes([quote])
    assert (fills(desk), status(desk, 1)) == ([], S.LIVE)
    desk.session.on_quotes([replace(quote, asks=(Level(CNY("10.40"), 900),))])
    desk.session.on_quotes([replace(quote, asks=(Level(CNY("10.40"), 900),))])
    assert fills(desk) == [(1, 100, "10.40")]


def test_a_halted_instrument_fills_nothing_until_the_halt_is_over() -> None:
    desk = Desk(at=time(9, 40))
    desk.reference.more[MAIN] = {"listed_sessions": 1}
    desk.session.on_quotes([a_quote(
        last="13.00", open_cny=CNY("10.00"), asks={"13.10": 900}, ts_utc=at(DAY1, time(9, 40)))])
    desk.buy(100, "13.20")
    for wall, expected in ((time(9, 45), []), (time(9, 50), [(1, 100, "13.10")])):
        desk.session.on_quotes([a_quote(
            last="13.00", asks={"13.10": 900}, ts_utc=at(DAY1, wall))])
        assert fills(desk) == expected


@pytest.mark.parametrize(("day", "after"), [(date(2026, 7, 3), S.REJECTED),
                                            (date(2026, 7, 6), S.FILLED)])
def test_the_fixed_price_session_trades_at_the_close_where_it_is_in_force(
    day: date, after: OrderStatus
) -> None:
    desk = Desk(day=day, at=time(14, 50))
    desk.session.on_bars([a_bar(price="9.98", volume=4_000_000, ts_utc=at(day, time(14, 51)))])
    desk.buy(100, type=OrderType.FIXED_PRICE)
    desk.session.on_bars([a_bar(price="9.98", ts_utc=at(day, time(15)))])
    desk.to(day, time(15, 30))

    assert status(desk, 1) is after
    assert [price for _, _, price in fills(desk)] == ["9.98"] * (after is S.FILLED)


def test_a_fixed_price_order_of_the_session_itself_trades_at_once() -> None:
    day = date(2026, 7, 6)
    desk = Desk(day=day, at=time(15))
    desk.session.on_bars([a_bar(volume=4_000_000, ts_utc=at(day, time(15)))])
    desk.to(day, time(15, 10))
    desk.buy(100, type=OrderType.FIXED_PRICE)

    assert status(desk, 1) is S.FILLED


def test_a_halt_that_a_bar_set_off_stops_the_bars_that_begin_within_it() -> None:
    desk = Desk(at=time(9, 39))
    desk.reference.more[MAIN] = {"listed_sessions": 1}
    desk.session.on_bars([a_bar(price="10.00", ts_utc=at(DAY1, time(9, 39)))])
    desk.session.on_bars([a_bar(price="10.00", high="13.00", ts_utc=at(DAY1, time(9, 40)))])
    desk.to(DAY1, time(9, 40))
    desk.buy(100, "10.15")
    for wall, expected in ((time(9, 50), []), (time(9, 52), [(1, 100, "10.00")])):
        desk.session.on_bars([a_bar(price="10.00", ts_utc=at(DAY1, wall))])
        assert fills(desk) == expected


def test_a_fill_or_kill_that_a_bar_cannot_fill_whole_is_cancelled_untouched() -> None:
    desk = Desk()
    desk.buy(300, "10.10", type=OrderType.FILL_OR_KILL)
    desk.play(a_bar(volume=800))                        # 200 shares for us

    assert (fills(desk), status(desk, 1)) == ([], S.CANCELLED)


def test_an_order_given_back_inside_a_bar_waits_for_the_next() -> None:
    desk = Desk(at=time(10, 5))
    desk.buy(100, "10.00")
    again = Desk(store=desk.store, at=time(10, 6))
    bar = a_bar(price="9.90", period=Period.MIN15, ts_utc=at(DAY1, time(10, 15)))
    again.session.on_bars([bar])
    assert fills(again) == []
    again.session.on_bars([replace(bar, ts_utc=at(DAY1, time(10, 30)))])
    assert fills(again) == [(1, 100, "10.00")]


# ---- delays, rejections, the broker's own account ----------------------------------------------


def test_an_order_that_is_on_its_way_does_not_meet_a_quote_of_before() -> None:
    desk = Desk(policy=FillPolicy(latency_ms=(500, 500)))
    desk.buy(100, "10.05")
    desk.session.on_quotes([a_quote(asks={"10.00": 900}, ts_utc=at(DAY1))])
    assert fills(desk) == []
    desk.session.on_quotes([a_quote(asks={"10.00": 900}, ts_utc=at(DAY1, time(10, 0, 1)))])
    assert fills(desk) == [(1, 100, "10.00")]


def test_a_cancel_that_is_on_its_way_loses_the_race_against_a_trade() -> None:
    desk = Desk(policy=FillPolicy(latency_ms=(1_000, 1_000)))
    for limit in ("10.05", "9.50"):
        desk.buy(100, limit)
    desk.to(DAY1, time(10, 0, 2))
    desk.session.cancel(1)
    desk.session.cancel(2)
    assert [status(desk, n) for n in (1, 2)] == [S.PENDING_CANCEL] * 2
    desk.session.on_quotes([a_quote(asks={"10.00": 900}, ts_utc=at(DAY1, time(10, 0, 2)))])
    desk.session.on_quotes([a_quote(asks={"10.00": 900}, ts_utc=at(DAY1, time(10, 0, 3)))])

    assert [status(desk, n) for n in (1, 2)] == [S.FILLED, S.CANCELLED]


def test_rejections_by_seed_cost_nothing() -> None:
    desk = Desk(policy=FillPolicy(reject_ratio=CNY(1)))
    desk.buy(100)

    assert status(desk, 1) is S.REJECTED
    assert desk.session.snapshot().account.reserved_cny == CNY("0.00")


def test_its_own_account_equals_the_ledger_through_a_day_of_trades_and_a_restart() -> None:
    desk = Desk()
    desk.hold(500)
    desk.buy(300, "10.00")
    desk.play(a_bar(volume=800))
    desk.sell(200, "9.90")
    desk.play(a_bar())
    for _ in range(2):
        book = desk.session.book
        assert desk.broker.query_cash().cash_cny == book.account.cash_cny
        assert [(p.symbol, p.held_shares, p.sellable_shares)
                for p in desk.broker.query_positions()] == [
            (p.symbol, p.held_shares, p.sellable_shares) for p in book.positions.values()]
        desk = Desk(store=desk.store, at=time(10, 30), day=DAY2)


def test_a_booking_error_of_the_ledger_shows_as_a_difference_the_same_day() -> None:
    desk = Desk()
    desk.buy(100)
    desk.play(a_bar())
    position = desk.position()
    desk.session.book.positions[MAIN] = replace(position, held_shares=position.held_shares + 100)

    assert desk.broker.query_positions()[0].held_shares == 100 != desk.position().held_shares


def test_without_a_fee_schedule_it_says_that_it_keeps_no_account() -> None:
    desk = Desk()
    _, broker = simulator(clock=desk.clock, calendar=exchange_calendar(),
                          reference=desk.reference, policy=FillPolicy())

    assert not broker.capabilities.positions
    assert not broker.capabilities.cash
    for ask in (broker.query_positions, broker.query_cash):
        with pytest.raises(OrderError, match="no account of its own"):
            ask()


def test_each_line_of_its_list_says_what_the_order_is_and_carries_our_id() -> None:
    desk = Desk()
    desk.buy(300, "9.90")
    desk.session.on_quotes([a_quote(asks={"9.90": 100})])
    about = desk.broker.query_orders()[0].about

    assert about is not None
    assert (about.remark, about.symbol, about.shares, about.limit_cny, about.filled_shares) == (
        "1", MAIN, 300, CNY("9.90"), 100)


def test_after_a_restart_its_list_still_names_every_order_of_the_day_and_its_end() -> None:
    desk = Desk()
    desk.buy(100, "10.00")
    desk.play(a_bar())
    desk.session.cancel(desk.buy(100, "9.90"))
    desk.buy(100, "9.80")
    again = Desk(store=desk.store)

    assert [(r.order_id, r.kind.value) for r in again.broker.query_orders()] == [
        (1, "ACK"), (2, "CANCELLED"), (3, "ACK")]
    assert [t.trade_id for t in again.broker.query_trades()] == ["20240304-1-1"]
    again.play(a_bar(price="9.50"))
    assert fills(again)[1:] == [(3, 100, "9.80")]


def test_an_order_of_an_unknown_symbol_is_surely_not_taken() -> None:
    desk = Desk()
    order = desk.session.order(desk.buy(100))
    unknown = replace(order, request=replace(order.request, symbol="600000.SH"))
    with pytest.raises(OrderError, match=r"does not know 600000\.SH"):
        desk.broker.place(unknown)
    assert len(desk.broker.query_orders()) == 1


def szse_desk(wall: time, day: date = DAY1) -> Desk:
    """A desk that knows an instrument of each Shenzhen board, around 10.00."""
    desk = Desk(at=wall, day=day)
    for symbol in (SZSE, CHINEXT):
        desk.reference.known[symbol] = parse_instrument(symbol)
        desk.reference.reference_cny[symbol] = CNY("10.00")
    return desk
