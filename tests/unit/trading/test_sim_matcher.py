from dataclasses import replace
from datetime import time
from decimal import Decimal

import pytest

from core.types import OrderSide, OrderType, Phase, Report
from tests.support.desk import CNY, DAY1, a_bar, a_quote, at
from tests.support.sim_orders import resting, the_day
from trading.matching import later_trade, traded_at
from trading.sim_auction import AuctionPrint
from trading.sim_book import Resting, SymbolOrders
from trading.sim_market import Passed, Room, SymbolMarket
from trading.sim_matcher import Matcher

BUY, SELL = OrderSide.BUY, OrderSide.SELL


class Floor:
    """A matcher, one symbol's orders and market, and what came of it."""

    def __init__(self, *orders: Resting) -> None:
        self.said: list[tuple[int, str, int]] = []
        self.ended: list[tuple[int, Report]] = []
        self.matcher = Matcher(fill=self._fill, end=self._end, rest_ends=False)
        self.book, self.market = SymbolOrders(), SymbolMarket(Decimal("0.25"))
        for order in orders:
            self.book.add(order)

    def _fill(self, order: Resting, price_cny: Decimal, shares: int) -> None:
        order.left_shares -= shares
        self.said.append((order.order_id, f"{price_cny}", shares))
        if not order.left_shares:
            order.ended = Report.FILL
            self.book.remove(order)

    def _end(self, order: Resting, how: Report, _text: str) -> None:
        order.ended = how
        self.book.remove(order)
        self.ended.append((order.order_id, how))

    def see(self, *, volume: int = 0, last: str = "10.00", amount: str | None = None,
            bids: dict[str, int] | None = None, asks: dict[str, int] | None = None) -> None:
        """One quote of the continuous auction."""
        quote = a_quote(last=last, bids=bids, asks=asks, volume_shares=volume,
                        amount_cny=None if amount is None else CNY(amount))
        self.market.displayed.show(quote)
        self.matcher.rested(
            self.book, self.market, quote, self.market.passed(quote), the_day())
        for order in list(self.book.fresh.values()):
            self.matcher.fresh(order, self.book, self.market, quote, the_day())
        self.market.note_quote(quote, the_day(), Phase.CONTINUOUS)


def test_a_resting_order_waits_for_what_was_shown_before_it() -> None:
    floor = Floor(resting(1, 300, "10.00", fresh=True))
    floor.see(bids={"10.00": 1_000}, asks={"10.01": 500})
    floor.see(volume=1_000, bids={"10.00": 200}, asks={"10.01": 500})
    assert floor.said == []
    floor.see(volume=2_000, bids={"9.99": 200}, asks={"10.01": 500})

    # 800 of the first thousand were surely sold at 10.00, 200 more stood there: all gone now
    assert floor.said == []
    floor.see(volume=4_000, last="9.99", bids={"9.98": 200}, asks={"10.01": 500})
    assert floor.said == [(1, "10.00", 300)]


def test_the_amount_tells_exactly_how_much_traded_at_our_price() -> None:
    bids, asks = {"10.00": 1_000}, {"10.02": 500}
    floor = Floor(resting(1, 300, "10.00", fresh=True))
    floor.see(volume=0, amount="0.00", bids=bids, asks=asks)
    # 1,400 at 10.00 and 600 at 10.02: the display was refilled and shows nothing of it
    floor.see(volume=2_000, amount="20012.00", bids=bids, asks=asks)

    assert floor.said == [(1, "10.00", 300)]


def test_what_traded_through_our_price_fills_us_at_it_within_our_share() -> None:
    floor = Floor(resting(1, 300, "10.00", fresh=True), resting(2, 300, "9.99", fresh=True))
    floor.see(bids={"10.00": 9_000}, asks={"10.01": 500})
    floor.see(volume=1_600, last="9.98", bids={"9.97": 500}, asks={"9.99": 0})

    assert floor.said == [(1, "10.00", 300), (2, "9.99", 100)]


def test_a_crossed_order_takes_the_display_at_its_own_price_in_price_then_time() -> None:
    floor = Floor(*(resting(n, 300, limit) for n, limit in enumerate(
        ("10.00", "10.01", "10.00"), start=1)))
    floor.see(asks={"9.99": 700})

    assert floor.said == [(2, "10.01", 300), (1, "10.00", 300), (3, "10.00", 100)]


def test_an_order_on_the_far_side_of_the_market_is_not_touched() -> None:
    floor = Floor(resting(1, 300, "9.50", fresh=True))
    floor.see(bids={"10.00": 100}, asks={"10.01": 100})
    floor.see(volume=100_000, bids={"10.00": 100}, asks={"10.01": 100})

    assert floor.said == []


def test_a_fill_or_kill_takes_all_or_is_cancelled_untouched() -> None:
    for shown, said, ended in ((300, [(1, "10.00", 300)], []), (299, [], [(1, Report.CANCELLED)])):
        floor = Floor(resting(1, 300, "10.50", fresh=True, type=OrderType.FILL_OR_KILL))
        floor.see(asks={"10.00": shown})
        assert (floor.said, floor.ended) == (said, ended)


def test_an_auction_fills_whole_steps_and_leaves_later_comers_out() -> None:
    early = resting(1, 300, "10.10", entered_utc=at(DAY1, time(9, 20)), fresh=True)
    late = resting(2, 300, "10.10", entered_utc=at(DAY1, time(9, 27)), fresh=True)
    floor = Floor(early, late)
    floor.matcher.auction(AuctionPrint(CNY("10.00"), 1_000, opening=True), floor.book, Room(250),
                          the_day(), None)

    assert floor.said == [(1, "10.00", 200)]
    assert [early.fresh, late.fresh] == [False, True]


@pytest.mark.parametrize("price", ["11.01", "10.005"])
def test_a_print_outside_the_band_or_off_the_grid_fills_nothing(price: str) -> None:
    floor = Floor(resting(1, 300, None))
    floor.matcher.auction(AuctionPrint(CNY(price), 9_000, opening=False), floor.book, Room(900),
                          the_day(), None)

    assert floor.said == []


@pytest.mark.parametrize(("limit", "said", "ended"), [
    ("10.00", [(1, "10.00", 100)], []), ("10.10", [(1, "10.00", 100)], []),
    ("9.99", [], [(1, Report.CANCELLED)])])
def test_the_fixed_price_session_trades_at_the_close_or_voids_the_order(
    limit: str, said: list[tuple[int, str, int]], ended: list[tuple[int, Report]]
) -> None:
    floor = Floor(resting(1, 300, limit, type=OrderType.FIXED_PRICE))
    floor.market.note_bar(a_bar(volume=400_000, ts_utc=at(DAY1, time(15))), the_day())
    for order in list(floor.book.after_hours.values()):
        floor.matcher.fixed_price(order, floor.market, the_day(), Decimal("0.001"))

    assert (floor.said, floor.ended) == (said, ended)


def test_without_a_close_there_is_no_fixed_price_session() -> None:
    floor = Floor(resting(1, type=OrderType.FIXED_PRICE))
    floor.matcher.fixed_price(resting(1), floor.market, the_day(), Decimal(1))

    assert (floor.said, floor.ended) == ([], [])


@pytest.mark.parametrize(("side", "low", "high", "close", "later"), [
    (BUY, "9.90", "10.10", "10.00", "9.90"), (SELL, "9.90", "10.10", "10.00", "10.10"),
    (BUY, "10.00", "10.10", "10.05", "10.05"), (BUY, "10.00", "10.10", "10.00", None)])
def test_what_surely_traded_after_an_opening_print(
    side: OrderSide, low: str, high: str, close: str, later: str | None
) -> None:
    bar = replace(a_bar(low=low, high=high), close_cny=CNY(close))

    assert later_trade(side, bar) == (None if later is None else CNY(later))


@pytest.mark.parametrize(("amount", "bid", "ask", "shrunk", "expected"), [
    (None, None, None, 300, 300), (None, None, None, 3_000, 1_000), (None, None, None, -5, 0),
    ("10000.00", "10.00", "10.02", 0, 1_000), ("10020.00", "10.00", "10.02", 900, 0),
    ("10008.00", "10.00", "10.02", 0, 600), ("9000.00", "10.00", "10.02", 50, 50),
    ("10008.00", "9.98", "10.02", 70, 70)])
def test_only_what_surely_traded_at_a_price_counts(
    amount: str | None, bid: str | None, ask: str | None, shrunk: int, expected: int
) -> None:
    assert traded_at(
        CNY("10.00"), 1_000, None if amount is None else CNY(amount),
        bid_cny=None if bid is None else CNY(bid), ask_cny=None if ask is None else CNY(ask),
        shrunk_shares=shrunk) == expected


def test_nothing_passed_before_the_first_quote() -> None:
    assert SymbolMarket(Decimal(1)).passed(a_quote(volume_shares=5_000)) == Passed(0, None)


def test_what_was_cancelled_before_us_is_seen_in_the_display() -> None:
    floor = Floor(resting(1, 300, "10.00", fresh=True))
    floor.see(bids={"10.00": 1_000}, asks={"10.01": 500})
    floor.see(bids={"10.00": 1_000 - 800}, asks={"10.01": 500})          # and nothing traded
    floor.see(volume=4_000, bids={"9.99": 100}, asks={"10.01": 500})

    # 200 stood before us and were surely sold; that more was, nobody can tell
    assert floor.said == []
    floor = Floor(resting(1, 300, "10.00", fresh=True))
    floor.see(bids={"10.00": 1_000}, asks={"10.01": 500}, amount="0.00")
    floor.see(bids={"10.00": 200}, asks={"10.01": 500}, amount="0.00")
    floor.see(volume=400, bids={"10.00": 900}, asks={"10.01": 500}, amount="4000.00")
    assert floor.said == [(1, "10.00", 100)]
