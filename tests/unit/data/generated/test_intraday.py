import hashlib
from dataclasses import fields

import numpy as np
import pytest

from data.generated.daily import DailyMarket
from data.generated.day_bars import day_bars, traded
from data.generated.intraday import BARS, DayBars, MinuteBars, minute_bars, spread_to_total


def sample(market: DailyMarket, step: int) -> DayBars:
    """Every step-th traded (instrument, session) pair."""
    alive = np.stack([traded(market, row) for row in range(len(market.fates))])
    rows, sessions = np.nonzero(alive)
    return day_bars(market, rows[::step], sessions[::step])


@pytest.fixture(scope="module")
def days(market: DailyMarket) -> DayBars:
    return sample(market, 37)


@pytest.fixture(scope="module")
def bars(market: DailyMarket, days: DayBars) -> MinuteBars:
    return minute_bars(market.plan.seed, days)


def test_the_minutes_add_up_to_the_day_exactly(days: DayBars, bars: MinuteBars) -> None:
    assert (bars.open[:, 0] == days.open).all()
    assert (bars.high.max(1) == days.high).all()
    assert (bars.low.min(1) == days.low).all()
    assert (bars.close[:, -1] == days.close).all()
    assert (bars.volume.sum(1) == days.volume).all()
    assert (bars.amount.sum(1) == days.amount).all()


def test_every_minute_is_a_bar_in_order_with_its_average_price_inside(
    days: DayBars, bars: MinuteBars
) -> None:
    per_fen = days.ticks_per_fen[:, None]

    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.amount * per_fen >= bars.low * bars.volume).all()
    assert (bars.amount * per_fen <= bars.high * bars.volume).all()


def test_the_opening_auction_is_one_price(bars: MinuteBars) -> None:
    assert (bars.high[:, 0] == bars.low[:, 0]).all()


def test_before_a_closing_auction_two_minutes_are_empty_and_it_has_one_price(
    days: DayBars, bars: MinuteBars
) -> None:
    closing = days.close_auction

    assert not bars.volume[closing, 238:240].any()
    assert (bars.high[closing, 240] == bars.low[closing, 240]).all()
    assert bars.volume[~closing].min() >= 400


def test_an_empty_bar_repeats_the_price_before_it(bars: MinuteBars) -> None:
    rows, at = np.nonzero(bars.volume == 0)

    for part in (bars.open, bars.high, bars.low, bars.close):
        assert (part[rows, at] == bars.close[rows, at - 1]).all()


def test_a_day_that_closes_at_its_limit_stays_there_from_some_minute_on(
    days: DayBars, bars: MinuteBars
) -> None:
    sealed = np.flatnonzero(days.close == days.up)

    assert len(sealed) > 3
    assert (bars.close[sealed, 200:] == days.up[sealed, None]).mean() > 0.7
    assert (bars.close[sealed, 239] == days.up[sealed]).all()


def test_a_pair_gives_the_same_minutes_alone_and_among_others(
    market: DailyMarket, days: DayBars, bars: MinuteBars
) -> None:
    alone = minute_bars(market.plan.seed, days.row(5))

    for part in ("open", "high", "low", "close", "volume", "amount"):
        assert (getattr(alone, part)[0] == getattr(bars, part)[5]).all()


def test_minutes_are_bit_for_bit_the_same_on_every_machine(market: DailyMarket) -> None:
    pairs = day_bars(market, np.array([0, 3, 6]), np.array([1_000, 1_001, 1_002]))
    bars = minute_bars(market.plan.seed, pairs)

    assert hashlib.sha256(b"".join(
        getattr(bars, item.name).tobytes() for item in fields(bars))).hexdigest() == (
        "6df106de70dd2f6aec3df958afd7f22a003ef8eca933eb9d9fd9ef1db744962b")


def test_volume_makes_a_u_over_the_day(bars: MinuteBars) -> None:
    share = (bars.volume / bars.volume.sum(1, keepdims=True)).mean(0)

    assert len(share) == BARS
    assert share[1:16].sum() > 3 * share[106:121].sum()
    assert share[226:241].sum() > 1.2 * share[166:181].sum()


def test_numbers_are_brought_to_their_total_within_their_bounds() -> None:
    made = spread_to_total(np.array([[5, 5, 5]]), np.array([[5, 0, 0]]), np.array([[5, 9, 7]]),
                           np.array([20]))

    assert made.sum() == 20
    assert made[0, 0] == 5


def test_a_total_out_of_reach_is_an_error() -> None:
    with pytest.raises(ValueError, match="add up"):
        spread_to_total(np.array([[1]]), np.array([[0]]), np.array([[2]]), np.array([3]))
