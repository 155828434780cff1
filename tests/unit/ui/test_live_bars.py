"""The forming bar and our trades, worked out by hand."""

from datetime import UTC, datetime, time
from decimal import Decimal

import numpy as np

from core.rules import shanghai
from core.types import Adjust, BarColumns, Fill, OrderSide, Period, Quote
from tests.support.fake_services import DAY, NOW
from ui.live_bars import live_bar, live_scale, trade_markers

D = Decimal
SYMBOL = "600103.SH"


def a_quote(**changes: object) -> Quote:
    values: dict[str, object] = {
        "symbol": SYMBOL, "ts_utc": NOW, "last_cny": D("11.00"), "prev_close_cny": D("10.00"),
        "open_cny": D("10.20"), "high_cny": D("11.00"), "low_cny": D("9.80"),
    }
    return Quote(**(values | changes))  # type: ignore[arg-type]  # values of its own fields


def a_fill(side: OrderSide, shares: int, price: str, symbol: str = SYMBOL) -> Fill:
    return Fill(order_id=1, trade_id="T1", broker="simulator", symbol=symbol, side=side,
                shares=shares, price_cny=D(price), ts_utc=NOW, trading_day=DAY)


def minute_quote(at: time, last: str, volume: int) -> Quote:
    return a_quote(ts_utc=shanghai(DAY, at), last_cny=D(last), volume_shares=volume)


def test_a_minute_bar_grows_with_its_quotes_and_ends_with_its_minute() -> None:
    bar = None
    for at, last, volume in ((time(9, 30, 3), "10.00", 100), (time(9, 30, 30), "10.30", 250),
                             (time(9, 31, 0), "10.10", 400)):
        bar = live_bar(bar, minute_quote(at, last, volume), Period.MIN1)
    assert bar is not None
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (10.0, 10.3, 10.0, 10.1, 300)
    assert datetime.fromtimestamp(bar.ts_s, UTC).time() == time(9, 31)

    following = live_bar(bar, minute_quote(time(9, 31, 3), "10.20", 410), Period.MIN1)
    assert following is not None
    assert (following.open, following.volume) == (10.2, 0.0)


def test_the_opening_auction_belongs_to_the_first_bar_and_nothing_follows_the_last() -> None:
    early = live_bar(None, minute_quote(time(9, 25), "10.00", 1), Period.MIN15)
    assert early is not None
    assert datetime.fromtimestamp(early.ts_s, UTC).time() == time(9, 45)
    assert live_bar(None, minute_quote(time(15, 1), "10.00", 1), Period.MIN1) is None


def test_the_day_bar_is_the_quotes_own_day() -> None:
    bar = live_bar(None, a_quote(volume_shares=500), Period.DAY, 2.0)

    assert bar is not None
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (20.4, 22.0, 19.6, 22.0, 500)
    assert datetime.fromtimestamp(bar.ts_s, UTC) == datetime.combine(DAY, time(), UTC)


def test_no_price_makes_no_bar() -> None:
    assert live_bar(None, a_quote(last_cny=None), Period.DAY) is None


def columns(adjust: Adjust, period: Period = Period.DAY) -> BarColumns:
    ones = np.array([30.0])
    return BarColumns(symbol=SYMBOL, period=period, adjust=adjust, ts_s=np.array([0]),
                      open_cny=ones, high_cny=ones, low_cny=ones, close_cny=ones,
                      volume_shares=ones, amount_cny=ones)


def test_a_backward_adjusted_series_goes_on_at_its_own_level() -> None:
    assert live_scale(columns(Adjust.HFQ), 12.0, a_quote()) == 3.0       # 30 / reference 10
    assert live_scale(columns(Adjust.HFQ, Period.MIN5), 12.0, a_quote()) == 2.5
    assert live_scale(columns(Adjust.QFQ), None, a_quote()) == 1.0


def test_our_trades_are_marked_on_their_own_instrument() -> None:
    other = a_fill(OrderSide.SELL, 100, "9.00", symbol="600101.SH")
    (mark,) = trade_markers([a_fill(OrderSide.BUY, 100, "10.00"), other], SYMBOL)

    assert (mark.price_cny, mark.side) == (10.0, OrderSide.BUY)
    assert datetime.fromtimestamp(mark.ts_s, UTC).time() == time(10, 24, 36)
