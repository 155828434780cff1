"""What the panels show, worked out by hand."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest

from core.types import (
    Account,
    Board,
    DeskSnapshot,
    Fees,
    Fill,
    KillLevel,
    Level,
    Order,
    OrderPreview,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Position,
    Quote,
)
from tests.support.fake_services import BY_SYMBOL, DAY, INSTRUMENTS, NOW
from ui import viewmodels as vm

D = Decimal
SYMBOL = "600103.SH"


def a_quote(symbol: str = SYMBOL, **changes: object) -> Quote:
    values: dict[str, object] = {
        "symbol": symbol, "ts_utc": NOW, "last_cny": D("11.00"), "prev_close_cny": D("10.00"),
        "open_cny": D("10.20"), "high_cny": D("11.00"), "low_cny": D("9.80"),
        "limit_up_cny": D("11.00"), "limit_down_cny": D("9.00"),
    }
    return Quote(**(values | changes))  # type: ignore[arg-type]  # values of its own fields


def a_position(**changes: object) -> Position:
    values: dict[str, object] = {
        "symbol": SYMBOL, "held_shares": 1000, "bought_today_shares": 0, "on_sale_shares": 0,
        "cost_cny": D("10500.00")}
    return Position(**(values | changes))  # type: ignore[arg-type]  # values of its own fields


def a_fill(side: OrderSide, shares: int, price: str, **changes: object) -> Fill:
    values: dict[str, object] = {
        "order_id": 1, "trade_id": "T1", "broker": "simulator", "symbol": SYMBOL, "side": side,
        "shares": shares, "price_cny": D(price), "ts_utc": NOW, "trading_day": DAY}
    return Fill(**(values | changes))  # type: ignore[arg-type]  # values of its own fields


def a_snapshot(*positions: Position, cash: str = "90000.00", fills: tuple[Fill, ...] = (),
               orders: tuple[Order, ...] = ()) -> DeskSnapshot:
    return DeskSnapshot(
        account=Account(account_id="sim", cash_cny=D(cash), reserved_cny=D("1000.00"),
                        withdrawable_cny=D(cash), initial_cash_cny=D("100000.00"),
                        trading_day=DAY),
        positions=positions, orders=orders, fills=fills, kill_level=KillLevel.NONE,
        journal_seq=1)


def test_a_quote_row_says_how_far_the_price_has_come() -> None:
    row = vm.quote_row(SYMBOL, BY_SYMBOL[SYMBOL], a_quote())

    assert (row.change_cny, row.change_ratio) == (D("1.00"), D("0.1"))
    assert row.amplitude_ratio == D("0.12")
    assert row.at_limit == 1
    assert row.live


def test_an_instrument_without_a_quote_shows_nothing_it_does_not_know() -> None:
    row = vm.quote_row(SYMBOL, BY_SYMBOL[SYMBOL], None)

    assert (row.last_cny, row.change_ratio, row.volume_shares) == (None, None, None)
    assert row.at_limit == 0


def test_an_unknown_symbol_still_has_a_row() -> None:
    assert vm.quote_row("123456.SH", None, None).symbol == "123456.SH"


@pytest.mark.parametrize(("symbol", "decimals"), [("600103.SH", 2), ("510126.SH", 3)])
def test_decimals_follow_the_tick_of_the_board(symbol: str, decimals: int) -> None:
    assert vm.decimals_of(BY_SYMBOL[symbol]) == decimals


@pytest.mark.parametrize(("typed", "first"), [
    ("600103", "600103.SH"), ("bcny", "600103.SH"), ("白酒", "600101.SH"), ("0124", "920124.BJ"),
])
def test_an_instrument_is_found_by_code_initials_or_name(typed: str, first: str) -> None:
    assert vm.matches(typed, INSTRUMENTS)[0].symbol == first


def test_a_code_that_begins_so_comes_before_one_that_merely_contains_it() -> None:
    found = [one.symbol for one in vm.matches("30", INSTRUMENTS)]

    assert found[0].startswith("30")
    assert vm.matches("  ", INSTRUMENTS) == []


def test_the_book_has_ten_lines_and_the_largest_size_the_longest_bar() -> None:
    quote = a_quote(asks=(Level(D("11.01"), 300), Level(D("11.02"), 600)),
                    bids=(Level(D("11.00"), 150),))
    lines = vm.book_lines(quote)

    assert len(lines) == 10
    assert [line.rank for line in lines] == [5, 4, 3, 2, 1, 1, 2, 3, 4, 5]
    assert [line.ratio for line in lines if line.shares] == [1.0, 0.5, 0.25]
    assert (lines[4].price_cny, lines[5].price_cny) == (D("11.01"), D("11.00"))


def test_a_book_at_the_upper_limit_has_no_asks() -> None:
    assert all(line.price_cny is None for line in vm.book_lines(a_quote())[:5])


def test_the_account_is_cash_and_holdings() -> None:
    view = vm.account_view(a_snapshot(a_position()), {SYMBOL: a_quote()}, {SYMBOL: a_quote()})

    assert (view.market_value_cny, view.equity_cny) == (D("11000.00"), D("101000.00"))
    assert (view.pnl_cny, view.pnl_ratio) == (D("1000.00"), D("0.01"))
    assert view.available_cny == D("89000.00")


def test_one_holding_without_a_price_makes_the_whole_unknown() -> None:
    view = vm.account_view(a_snapshot(a_position()), {}, {})

    assert (view.market_value_cny, view.equity_cny, view.pnl_cny, view.pnl_today_cny) == (
        None, None, None, None)


def test_todays_gain_counts_holdings_from_the_close_and_trades_from_their_price() -> None:
    fills = (a_fill(OrderSide.BUY, 200, "10.50", fees=Fees(commission_cny=D("5.00"))),)
    snapshot = a_snapshot(a_position(held_shares=1200), fills=fills)

    # 1000 old shares: 1000 x (11 - 10); 200 new: 200 x (11 - 10.50); less 5 of fees
    assert vm.pnl_today(snapshot, {SYMBOL: a_quote()}) == D("1095.00")


def test_what_was_sold_today_counts_to_its_price() -> None:
    fills = (a_fill(OrderSide.SELL, 400, "10.80"),)
    snapshot = a_snapshot(a_position(held_shares=600), fills=fills)

    assert vm.pnl_today(snapshot, {SYMBOL: a_quote()}) == D("920.00")   # 600 x 1 + 400 x 0.80


def test_todays_gain_is_unknown_without_todays_quote() -> None:
    assert vm.pnl_today(a_snapshot(a_position()), {}) is None
    assert vm.pnl_today(a_snapshot(), {}) == D("0.00")


def test_a_position_shows_what_may_be_sold_and_what_it_has_gained() -> None:
    position = a_position(bought_today_shares=300)
    (row,) = vm.position_rows(a_snapshot(position, a_position(symbol="x", held_shares=0)),
                              BY_SYMBOL, {SYMBOL: a_quote()})

    assert (row.held_shares, row.sellable_shares) == (1000, 700)
    assert (row.cost_price_cny, row.pnl_cny) == (D("10.5"), D("500.00"))
    assert row.weight_ratio == D("11000.00") / D("101000.00")


def test_orders_are_read_newest_first_and_only_open_ones_can_be_cancelled() -> None:
    request = OrderRequest(symbol=SYMBOL, side=OrderSide.BUY, shares=300, limit_cny=D("10.00"),
                           created_utc=NOW)
    orders = [Order(order_id=n, request=request, trading_day=DAY, status=status)
              for n, status in enumerate((OrderStatus.LIVE, OrderStatus.FILLED,
                                          OrderStatus.PENDING_CANCEL, OrderStatus.DENIED))]
    rows = vm.order_rows(orders, BY_SYMBOL)

    assert [row.order_id for row in rows] == [3, 2, 1, 0]
    assert [row.cancellable for row in rows] == [False, False, False, True]
    assert [row.refused for row in rows] == [True, False, False, False]
    assert rows[0].average_cny is None


def test_a_fill_shows_its_amount_and_fees() -> None:
    (row,) = vm.fill_rows([a_fill(OrderSide.BUY, 300, "10.05",
                                  fees=Fees(commission_cny=D("5.00")))], BY_SYMBOL)

    assert (row.amount_cny, row.fees_cny, row.name) == (D("3015.00"), D("5.00"), "北辰能源")


@pytest.mark.parametrize(("most", "parts", "board", "lot", "shares"), [
    (1_000, 3, Board.MAIN, 100, 300), (1_000, 1, Board.MAIN, 100, 1_000),
    (999, 4, Board.STAR, 1, 249), (500, 3, Board.STAR, 1, 0), (1_000, 4, Board.BSE, 100, 200),
    (1_000, 2, Board.MAIN, 400, 400), (None, 1, Board.MAIN, 100, 0), (99, 1, Board.MAIN, 100, 0),
    (1_000, 1, Board.OTHER, 100, 0),
])
def test_a_part_of_the_cash_is_a_legal_size_or_nothing(
    most: int | None, parts: int, board: Board, lot: int, shares: int
) -> None:
    assert vm.fraction_of_buy(most, parts, board, lot) == shares


@pytest.mark.parametrize(("sellable", "parts", "shares"), [
    (1_050, 1, 1_050), (1_050, 2, 500), (150, 2, 0), (0, 1, 0),
])
def test_the_whole_holding_keeps_its_odd_rest_and_a_part_is_rounded(
    sellable: int, parts: int, shares: int
) -> None:
    assert vm.fraction_of_sell(sellable, parts, Board.MAIN) == shares


def test_a_step_of_price_stays_inside_the_band_and_above_zero() -> None:
    tick, band = D("0.01"), (D("9.00"), D("11.00"))

    assert vm.stepped(D("10.00"), 3, tick, band) == D("10.03")
    assert vm.stepped(D("11.00"), 1, tick, band) == D("11.00")
    assert vm.stepped(D("9.00"), -1, tick, band) == D("9.00")
    assert vm.stepped(D("0.01"), -5, tick, (None, None)) == D("0.01")


def a_preview(side: OrderSide, **changes: object) -> OrderPreview:
    request = OrderRequest(symbol=SYMBOL, side=side, shares=100, limit_cny=D("10.00"),
                           created_utc=NOW, type=OrderType.LIMIT)
    values: dict[str, object] = {
        "request": request, "refusals": (), "fees": Fees(commission_cny=D("5.00")),
        "cash_needed_cny": D("1005.00"), "proceeds_cny": D("995.00"),
        "available_cny": D("2000.00"), "sellable_shares": 0, "max_buy_shares": 100,
        "limit_down_cny": None, "limit_up_cny": None}
    return OrderPreview(**(values | changes))  # type: ignore[arg-type]  # its own fields


def test_the_ticket_says_what_an_order_moves_and_leaves() -> None:
    buy, sell = (vm.ticket_view(a_preview(side)) for side in (OrderSide.BUY, OrderSide.SELL))

    assert (buy.amount_cny, buy.cash_cny, buy.cash_after_cny) == (
        D("1000.00"), D("1005.00"), D("995.00"))
    assert (sell.amount_cny, sell.cash_cny, sell.cash_after_cny) == (
        D("1000.00"), D("995.00"), D("2995.00"))


def test_a_ticket_without_a_price_shows_no_cost_at_all() -> None:
    view = vm.ticket_view(a_preview(OrderSide.BUY, fees=None, cash_needed_cny=None))

    assert {getattr(view, field) for field in view.__dataclass_fields__} == {None}


@pytest.mark.parametrize(("wall", "share"), [
    (time(8), 0.0), (time(9, 15), 0.0), (time(11, 30), 0.473), (time(12, 15), 0.473),
    (time(13), 0.473), (time(15, 30), 1.0), (time(23), 1.0),
])
def test_the_day_advances_but_not_over_lunch(wall: time, share: float) -> None:
    assert vm.day_progress(wall) == pytest.approx(share, abs=0.001)


def test_a_row_is_a_value_that_can_be_compared() -> None:
    row = vm.quote_row(SYMBOL, BY_SYMBOL[SYMBOL], a_quote())

    assert row == replace(row)
    assert row != replace(row, last_cny=D("10.99"))
    assert isinstance(DAY, date)
