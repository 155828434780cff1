from datetime import date

import numpy as np

from core.calendar import exchange_calendar
from data.generated.daily import DailyMarket, daily_market
from data.generated.day_bars import day_bars, traded
from data.generated.universe import Plan, listings

FUND_ROW = 6


def test_a_pair_carries_the_bar_of_its_day(market: DailyMarket) -> None:
    pairs = day_bars(market, np.array([0, 4]), np.array([900, 901]))

    assert pairs.labels == ((market.fates[0].instrument.symbol, market.when.days[900]),
                            (market.fates[4].instrument.symbol, market.when.days[901]))
    assert pairs.close.tolist() == [market.columns.close[0, 900], market.columns.close[4, 901]]
    assert pairs.row(1).labels == pairs.labels[1:]


def test_a_fund_has_ten_ticks_a_fen(market: DailyMarket) -> None:
    assert day_bars(market, np.array([0, FUND_ROW]), np.array([900, 900])
                    ).ticks_per_fen.tolist() == [1, 10]


def test_shanghai_funds_close_by_auction_only_since_2026_07_06() -> None:
    plan = Plan(sessions=60, last=date(2026, 7, 10))
    made = daily_market(plan, listings(16), exchange_calendar())
    sessions = np.array([made.when.days.index(date(2026, 7, 3)),
                         made.when.days.index(date(2026, 7, 6))])

    assert day_bars(made, np.full(2, FUND_ROW), sessions).close_auction.tolist() == [False, True]
    assert day_bars(made, np.zeros(2, np.int64), sessions).close_auction.tolist() == [True, True]


def test_a_suspended_session_was_not_traded(market: DailyMarket) -> None:
    assert not traded(market, 12)[market.when.live + 4:market.when.live + 9].any()
    assert traded(market, 12)[market.when.live + 9]
