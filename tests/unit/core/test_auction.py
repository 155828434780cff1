from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.auction import AuctionResult, Cage, call_auction, official_close, price_cage
from core.types import Board, Exchange, Level, OrderSide, OrderType, Phase

D = Decimal
TODAY = date(2024, 1, 3)


def book(*levels: tuple[str, int]) -> list[Level]:
    return [Level(D(price), shares) for price, shares in levels]


def auction(
    exchange: Exchange, buys: list[Level], sells: list[Level], *, opening: bool = True,
    previous: str | None = "10.00", last: str | None = None,
) -> AuctionResult | None:
    return call_auction(
        exchange, buys, sells, opening=opening, tick_cny=D("0.01"),
        previous_close_cny=None if previous is None else D(previous),
        last_cny=None if last is None else D(last))


@pytest.mark.parametrize("exchange", [Exchange.SSE, Exchange.SZSE, Exchange.BSE])
def test_the_price_with_the_most_volume_wins(exchange: Exchange) -> None:
    buys = book(("10.20", 300), ("10.10", 500), ("10.00", 900))
    sells = book(("9.90", 200), ("10.00", 400), ("10.10", 600), ("10.20", 700))

    # 10.00 trades 600, 10.10 trades min(800, 1200) = 800, 10.20 trades 300
    assert auction(exchange, buys, sells) == AuctionResult(D("10.10"), 800)


@pytest.mark.parametrize("exchange", [Exchange.SSE, Exchange.SZSE, Exchange.BSE])
def test_sides_that_do_not_meet_have_no_price(exchange: Exchange) -> None:
    assert auction(exchange, book(("9.99", 100)), book(("10.00", 100))) is None
    assert auction(exchange, [], book(("10.00", 100))) is None
    assert auction(exchange, [], []) is None


@pytest.mark.parametrize(
    ("exchange", "opening", "previous", "last", "price"),
    [
        (Exchange.SSE, True, "10.40", None, "10.05"),       # the middle, whatever went before
        (Exchange.SZSE, True, "10.03", None, "10.03"),      # nearest to the previous close
        (Exchange.SZSE, True, "10.40", "10.02", "10.10"),
        (Exchange.SZSE, False, "10.40", "10.02", "10.02"),  # nearest to the last trade
        (Exchange.SZSE, False, "9.50", None, "10.00"),
        (Exchange.BSE, True, "9.50", "10.07", "10.07"),     # the last trade, even at the open
        (Exchange.BSE, True, "9.50", None, "10.00"),
    ],
)
def test_equal_prices_are_decided_by_the_exchange_rule(
    exchange: Exchange, opening: bool, previous: str, last: str | None, price: str
) -> None:
    result = auction(exchange, book(("10.10", 100)), book(("10.00", 100)), opening=opening,
                     previous=previous, last=last)

    assert result == AuctionResult(D(price), 100)


def test_the_middle_of_shanghai_is_rounded_half_up_to_the_tick() -> None:
    result = auction(Exchange.SSE, book(("10.01", 100)), book(("10.00", 100)))

    assert result == AuctionResult(D("10.01"), 100)


@pytest.mark.parametrize("exchange", [Exchange.SSE, Exchange.SZSE])
def test_the_least_unmatched_comes_before_the_middle_and_the_nearest(exchange: Exchange) -> None:
    buys = book(("10.10", 100), ("10.00", 50))
    sells = book(("10.00", 100))

    # all prices trade 100; above 10.00 nothing is left over, at 10.00 fifty are
    result = auction(exchange, buys, sells, previous="9.00")

    assert result is not None
    assert result.price_cny == (D("10.06") if exchange is Exchange.SSE else D("10.01"))


def test_a_tie_without_any_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="no reference price"):
        auction(Exchange.SZSE, book(("10.10", 100)), book(("10.00", 100)), previous=None)


SIDE = st.lists(st.tuples(st.integers(990, 1010), st.integers(1, 9)), max_size=8)


@given(SIDE, SIDE, st.sampled_from([Exchange.SSE, Exchange.SZSE, Exchange.BSE]))
def test_no_price_on_the_grid_trades_more_and_better_orders_fill_whole(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], exchange: Exchange
) -> None:
    def matched(fen: int) -> int:
        return min(sum(n for p, n in bids if p >= fen), sum(n for p, n in asks if p <= fen))

    result = auction(
        exchange, [Level(D(p).scaleb(-2), n) for p, n in bids],
        [Level(D(p).scaleb(-2), n) for p, n in asks])
    most = max(matched(fen) for fen in range(990, 1011))

    assert (result is None) is (most == 0)
    if result is not None:
        price = int(result.price_cny * 100)
        assert result.shares == most == matched(price)
        assert sum(n for p, n in bids if p > price) <= most
        assert sum(n for p, n in asks if p < price) <= most


# ---- price cage ----------------------------------------------------------------------------------


def cage(
    board: Board, side: OrderSide, on: date = TODAY, *, bid: str | None = "10.00",
    ask: str | None = "10.01", last: str | None = None, previous: str | None = None,
    phase: Phase = Phase.CONTINUOUS, type: OrderType = OrderType.LIMIT,
) -> Cage | None:
    def price(text: str | None) -> Decimal | None:
        return None if text is None else D(text)

    return price_cage(
        board, side, on, best_bid_cny=price(bid), best_ask_cny=price(ask), last_cny=price(last),
        previous_close_cny=price(previous), phase=phase, type=type)


@pytest.mark.parametrize(
    ("board", "on", "base", "buy", "sell"),
    [
        (Board.STAR, date(2019, 7, 22), "10.00", "10.20", "9.80"),
        (Board.STAR, TODAY, "2.00", "2.04", "1.96"),              # no ten ticks on STAR
        (Board.MAIN, date(2023, 4, 10), "10.00", "10.20", "9.80"),
        (Board.MAIN, TODAY, "2.00", "2.10", "1.90"),              # ten ticks are wider
        (Board.CHINEXT, TODAY, "2.00", "2.10", "1.90"),
        (Board.CHINEXT, date(2023, 4, 7), "2.00", "2.04", "1.96"),
        (Board.BSE, TODAY, "10.00", "10.50", "9.50"),
        (Board.BSE, TODAY, "1.00", "1.10", "0.90"),
        (Board.MAIN, TODAY, "10.03", "10.23", "9.83"),            # 10.2306, 9.8294
        (Board.STAR, TODAY, "12.25", "12.50", "12.01"),           # 12.495 and 12.005 half up
        (Board.MAIN, TODAY, "0.05", "0.15", "0.01"),
    ],
)
def test_the_cage_of_a_board_and_day(
    board: Board, on: date, base: str, buy: str, sell: str
) -> None:
    parked = board is Board.CHINEXT and on < date(2023, 4, 10)

    assert cage(board, OrderSide.BUY, on, bid=base, ask=base) == Cage(D(buy), parked)
    assert cage(board, OrderSide.SELL, on, bid=base, ask=base) == Cage(D(sell), parked)


@pytest.mark.parametrize(
    ("book_and_trades", "buy_base", "sell_base"),
    [
        ({"bid": "90.00", "ask": "100.00", "last": "70.00", "previous": "60.00"}, 100, 90),
        ({"bid": "90.00", "ask": None, "last": "70.00", "previous": "60.00"}, 90, 90),
        ({"bid": None, "ask": "100.00", "last": "70.00", "previous": "60.00"}, 100, 100),
        ({"bid": None, "ask": None, "last": "70.00", "previous": "60.00"}, 70, 70),
        ({"bid": None, "ask": None, "last": None, "previous": "60.00"}, 60, 60),
    ],
)
def test_the_base_is_the_other_side_then_the_own_then_the_last_then_the_previous_close(
    book_and_trades: dict[str, str | None], buy_base: int, sell_base: int
) -> None:
    assert cage(Board.STAR, OrderSide.BUY, **book_and_trades) == Cage(  # type: ignore[arg-type]
        D(buy_base) * D("1.02"), False)
    assert cage(Board.STAR, OrderSide.SELL, **book_and_trades) == Cage(  # type: ignore[arg-type]
        D(sell_base) * D("0.98"), False)


def test_a_cage_without_any_base_is_unknown_not_absent() -> None:
    assert cage(Board.STAR, OrderSide.BUY, bid=None, ask=None) == Cage(None, False)


@pytest.mark.parametrize(
    ("board", "on", "phase", "type"),
    [
        (Board.MAIN, date(2023, 4, 7), Phase.CONTINUOUS, OrderType.LIMIT),
        (Board.CHINEXT, date(2020, 8, 21), Phase.CONTINUOUS, OrderType.LIMIT),
        (Board.BSE, date(2021, 11, 12), Phase.CONTINUOUS, OrderType.LIMIT),
        (Board.FUND, TODAY, Phase.CONTINUOUS, OrderType.LIMIT),
        (Board.CONVERTIBLE, TODAY, Phase.CONTINUOUS, OrderType.LIMIT),
        (Board.B_SHARE, TODAY, Phase.CONTINUOUS, OrderType.LIMIT),
        (Board.STAR, TODAY, Phase.OPEN_AUCTION, OrderType.LIMIT),
        (Board.STAR, TODAY, Phase.CLOSE_AUCTION, OrderType.LIMIT),
        (Board.STAR, TODAY, Phase.AFTER_HOURS, OrderType.FIXED_PRICE),
        (Board.STAR, TODAY, Phase.CONTINUOUS, OrderType.OWN_BEST),
    ],
)
def test_there_is_no_cage_in_auctions_after_hours_for_funds_or_before_its_day(
    board: Board, on: date, phase: Phase, type: OrderType
) -> None:
    assert cage(board, OrderSide.BUY, on, phase=phase, type=type) is None


@pytest.mark.parametrize(
    ("exchange", "auction_price", "vwap", "last", "close"),
    [
        (Exchange.SSE, "10.01", "10.02", "10.03", "10.01"),
        (Exchange.SZSE, None, "10.02", "10.03", "10.02"),
        (Exchange.BSE, None, "10.02", "10.03", "10.03"),
        (Exchange.SSE, None, None, None, "9.00"),
    ],
)
def test_the_official_close(
    exchange: Exchange, auction_price: str | None, vwap: str | None, last: str | None, close: str
) -> None:
    def price(text: str | None) -> Decimal | None:
        return None if text is None else D(text)

    assert official_close(
        exchange, auction_cny=price(auction_price), last_minute_vwap_cny=price(vwap),
        last_cny=price(last), previous_close_cny=D("9.00")) == D(close)
