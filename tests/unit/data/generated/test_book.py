import hashlib

import numpy as np
import pytest

from data.generated.book import SLOTS, SNAPSHOTS, DayBook, day_book, snapshot_seconds
from data.generated.daily import DailyMarket
from data.generated.day_bars import day_bars, traded
from data.generated.intraday import DayBars, MinuteBars, minute_bars

Day = tuple[DayBars, MinuteBars, DayBook]


def a_day(market: DailyMarket, row: int, session: int) -> Day:
    days = day_bars(market, np.array([row]), np.array([session]))
    bars = minute_bars(market.plan.seed, days)
    return days, bars, day_book(market.plan.seed, days, bars)


@pytest.fixture(scope="module")
def some_days(market: DailyMarket) -> list[Day]:
    pairs = [(row, int(session)) for row in range(0, 64, 3)
             for session in np.flatnonzero(traded(market, row))[7::150]]
    return [a_day(market, row, session) for row, session in pairs]


@pytest.fixture(scope="module")
def sealed_day(market: DailyMarket) -> Day:
    hit = (market.columns.close == market.columns.up) & (market.columns.volume > 0)
    row, session = np.argwhere(hit)[5]
    return a_day(market, int(row), int(session))


def test_snapshots_come_every_three_seconds_of_continuous_trading() -> None:
    seconds = snapshot_seconds()

    assert (len(seconds), SNAPSHOTS) == (4801, 4801)
    assert seconds[0] == 9 * 3600 + 25 * 60
    assert seconds[1] == 9 * 3600 + 30 * 60 + 3
    assert (seconds[2400], seconds[2401]) == (11 * 3600 + 30 * 60, 13 * 3600 + 3)
    assert seconds[-1] == 15 * 3600


def test_the_snapshots_of_a_minute_are_exactly_its_bar(some_days: list[Day]) -> None:
    for _, bars, book in some_days:
        prices = book.last[1:].reshape(-1, SLOTS)
        volumes = np.diff(book.volume).reshape(-1, SLOTS)
        amounts = np.diff(book.amount).reshape(-1, SLOTS)
        assert (prices[:, 0] == bars.open[0, 1:]).all()
        assert (prices.max(1) == bars.high[0, 1:]).all()
        assert (prices.min(1) == bars.low[0, 1:]).all()
        assert (prices[:, -1] == bars.close[0, 1:]).all()
        assert (volumes.sum(1) == bars.volume[0, 1:]).all()
        assert (amounts.sum(1) == bars.amount[0, 1:]).all()
        assert volumes.min() >= 0
        assert amounts.min() >= 0


def test_a_price_changes_only_with_a_trade(some_days: list[Day]) -> None:
    for _, _, book in some_days:
        moved = np.diff(book.last) != 0
        assert (np.diff(book.volume)[moved] > 0).all()


def test_the_book_is_never_crossed_and_never_beyond_the_limits(some_days: list[Day]) -> None:
    for days, _, book in some_days:
        bids, asks = book.bid_levels > 0, book.ask_levels > 0
        assert (book.ask > book.bid).all()
        assert (book.ask + book.ask_levels - 1 <= days.up[0])[asks].all()
        assert (book.bid - book.bid_levels + 1 >= days.down[0])[bids].all()
        assert min(book.bid_shares.min(), book.ask_shares.min()) >= 100


def test_the_last_price_is_the_best_bid_or_the_best_ask(some_days: list[Day]) -> None:
    for _, _, book in some_days:
        assert ((book.last == book.bid) | (book.last == book.ask)).all()


def test_the_spread_is_mostly_one_tick(some_days: list[Day]) -> None:
    one = [float((book.ask - book.bid == 1).mean()) for _, _, book in some_days
           if book.last.max() < 10_000]

    assert 0.7 < float(np.median(one)) < 0.9


def test_no_level_is_shown_before_half_past_nine_and_in_the_closing_auction(
    some_days: list[Day]
) -> None:
    for days, _, book in some_days:
        closed = slice(-3 * SLOTS, -1)
        assert book.bid_levels[0] == book.ask_levels[0] == 0
        assert not days.close_auction[0] or not book.bid_levels[closed].any()


def test_nobody_sells_at_a_locked_upper_limit_and_the_queue_is_long(sealed_day: Day) -> None:
    days, bars, book = sealed_day
    locked = np.repeat((bars.low[0] == days.up[0]) & (bars.volume[0] > 0), SLOTS)[SLOTS:]
    locked[-3 * SLOTS:] = False

    assert locked.any()
    assert not book.ask_levels[1:][locked].any()
    assert (book.bid[1:][locked] == days.up[0]).all()
    assert np.median(book.bid_shares[1:][locked, 0]) > 10 * np.median(book.ask_shares[:, 0])


def test_a_day_of_quotes_is_bit_for_bit_the_same_on_every_machine(market: DailyMarket) -> None:
    _, _, book = a_day(market, 3, 1_000)

    columns = (book.last, book.volume, book.amount, book.bid_shares, book.ask_shares,
               book.bid_levels, book.ask_levels)
    assert hashlib.sha256(b"".join(part.tobytes() for part in columns)).hexdigest() == (
        "8fc79f2f3b019e240d007b975666c4a1d08769cbbd8d2bd92454d7ee09831257")
