import pytest

from core.types import OrderSide, Quote
from tests.support.desk import CNY, a_quote
from tests.support.sim_orders import resting, the_day
from trading.sim_auction import AuctionPrint, auction_fills
from trading.sim_book import Resting

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def fills(
    *ours: Resting, price: str = "10.00", shares: int = 4_000, room: int = 1_000,
    book: Quote | None = None, opening: bool = True,
) -> list[tuple[int, str, int]]:
    return [(f.resting.order_id, f"{f.price_cny}", f.shares) for f in auction_fills(
        AuctionPrint(CNY(price), shares, opening), ours, room_shares=room,
        instrument=the_day().instrument, tick_cny=CNY("0.01"), previous_close_cny=CNY("10.00"),
        book=book)]


@pytest.mark.parametrize(("side", "beyond", "short"), [(BUY, "10.01", "9.99"),
                                                       (SELL, "9.99", "10.01")])
def test_beyond_the_print_it_fills_at_the_print_and_short_of_it_not(
    side: OrderSide, beyond: str, short: str
) -> None:
    assert fills(resting(1, limit=beyond, side=side)) == [(1, "10.00", 300)]
    assert fills(resting(1, limit=short, side=side)) == []


def test_at_the_very_print_nothing_is_assumed_where_only_the_print_is_known() -> None:
    assert fills(resting(1, limit="10.00")) == []


def test_at_the_print_we_get_what_the_other_side_left_unmatched() -> None:
    book = a_quote(bids={"10.00": 1_000}, asks={"10.00": 1_200})

    assert fills(resting(1, limit="10.00"), book=book) == [(1, "10.00", 200)]
    assert fills(resting(1, limit="10.00", side=SELL), book=book) == []


def test_the_best_price_comes_first_then_the_first_order_and_all_share_the_volume() -> None:
    ours = (resting(1, 300, "10.01"), resting(2, 300, "10.05"), resting(3, 300, "10.01"))

    assert fills(*ours, room=500) == [(2, "10.00", 300), (1, "10.00", 200)]


def test_an_order_at_any_price_comes_before_all_others() -> None:
    assert fills(resting(1, limit="10.50"), resting(2, limit=None), room=300) == [
        (2, "10.00", 300)]


def test_an_order_large_enough_to_move_the_price_never_gets_the_better_one() -> None:
    book = a_quote(bids={"10.00": 500}, asks={"10.00": 500, "10.05": 5_000})

    assert fills(resting(1, 2_000, "10.10"), book=book, room=2_000) == [(1, "10.05", 2_000)]


def test_no_volume_for_us_is_no_fill() -> None:
    assert fills(resting(1, limit="10.50"), room=0) == []
