from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from core.calendar import exchange_calendar
from core.types import Adjust, BarColumns, Period
from tests.support.daily_table import DAYS, NAN, a_day, a_table
from tests.support.desk import DAY1, MAIN, STAR
from trading.market_history import History, Past, market_past, table_past
from trading.var import LEAST_SESSIONS, SESSIONS

EPOCH = date(1970, 1, 1).toordinal()
CALENDAR = exchange_calendar()
BEFORE = CALENDAR.sessions(DAY1 - timedelta(days=600), DAY1 - timedelta(days=1))


def past_of(count: int, returns: Any = 0.01, volumes: Any = 1_000.0) -> Past:
    """The newest `count` sessions before DAY1."""
    days = np.array([day.toordinal() - EPOCH for day in BEFORE[-count:]], dtype=np.int64)
    return days, np.full(count, returns, dtype=float), np.full(count, volumes, dtype=float)


def history(past: Past) -> History:
    return History(lambda _symbol, _day: past, CALENDAR)


def test_the_mean_volume_is_that_of_the_newest_twenty_traded_sessions() -> None:
    days, returns, volumes = past_of(40)
    volumes[:20], volumes[-5:], volumes[-6] = 9_000, 0, NAN       # suspended; unknown

    found = history((days, returns, volumes)).average_volume(MAIN, DAY1)
    assert found == (14 * 1_000 + 6 * 9_000) // 20
    nothing = np.array([], dtype=np.int64), np.array([]), np.array([])
    assert history(nothing).average_volume(MAIN, DAY1) is None


def test_what_is_of_the_day_itself_is_not_known_before_it() -> None:
    days, returns, volumes = past_of(100)
    days = np.append(days, DAY1.toordinal() - EPOCH)
    later = days, np.append(returns, 9.0), np.append(volumes, 1e12)

    assert history(later).average_volume(MAIN, DAY1) == 1_000
    found = history(later).returns(MAIN, DAY1)
    assert found is not None
    assert found.max() == 0.01


def test_returns_stand_at_their_sessions_and_a_suspended_one_is_zero() -> None:
    days, returns, volumes = past_of(300, np.arange(300) / 1_000)
    keep = np.ones(300, dtype=bool)
    keep[-3] = False
    found = history((days[keep], returns[keep], volumes[keep])).returns(MAIN, DAY1)

    assert found is not None
    assert found.shape == (SESSIONS,)
    assert found[-4:] == pytest.approx([0.296, 0.0, 0.298, 0.299])
    assert found[0] == pytest.approx((300 - SESSIONS) / 1_000)


@pytest.mark.parametrize(("count", "known"), [(LEAST_SESSIONS - 1, False), (LEAST_SESSIONS, True)])
def test_a_short_history_is_none_and_one_that_will_do_is_repeated(count: int, known: bool) -> None:
    found = history(past_of(count, 0.02)).returns(MAIN, DAY1)

    assert (found is not None) is known
    if found is not None:
        assert found == pytest.approx(np.full(SESSIONS, 0.02))       # no quiet days were made up


def test_each_day_is_asked_about_once_and_the_calendars_begin_is_no_crash() -> None:
    asked = []

    def past(symbol: str, day: date) -> Past:
        asked.append((symbol, day))
        return past_of(100)

    known = History(past, CALENDAR)
    for _ in range(3):
        known.returns(MAIN, DAY1)
        known.average_volume(MAIN, DAY1)
    known.returns(STAR, DAY1)
    assert known.returns(MAIN, CALENDAR.first) is None

    assert asked == [(MAIN, DAY1), (STAR, DAY1), (MAIN, CALENDAR.first)]


class Market:
    """Two closes that double, forward-adjusted."""

    def bars(
        self, symbol: str, period: Period, adjust: Adjust = Adjust.NONE, *, last: int | None = None
    ) -> BarColumns:
        assert (period, adjust, last) == (Period.DAY, Adjust.QFQ, SESSIONS + 2)
        values = np.array([10.0, 20.0])
        return BarColumns(
            symbol=symbol, period=period, adjust=adjust,
            ts_s=np.array([86_400 * 10 + 54_000, 86_400 * 11 + 54_000]), open_cny=values,
            high_cny=values, low_cny=values, close_cny=values, volume_shares=values,
            amount_cny=values)


def test_stored_bars_give_the_change_of_adjusted_closes() -> None:
    days, returns, volumes = market_past(Market())(MAIN, DAY1)  # type: ignore[arg-type]

    assert days.tolist() == [10, 11]
    assert np.isnan(returns[0])
    assert (returns[1], volumes.tolist()) == (1.0, [10.0, 20.0])


def test_a_backtests_table_gives_the_change_against_the_exchanges_reference() -> None:
    table = a_table({MAIN: [a_day(10, prev_close=NAN), a_day(11, prev_close=10.5),
                            a_day(12, prev_close=NAN), a_day(NAN)], STAR: [a_day(50)]})
    days, returns, _ = table_past(table)(MAIN, DAY1)

    assert days.tolist() == [day.toordinal() - EPOCH for day in DAYS[:4]]
    assert np.isnan(returns[[0, 3]]).all()
    assert returns[1:3] == pytest.approx([11 / 10.5 - 1, 12 / 11 - 1])
    assert len(table_past(table)("600000.SH", DAY1)[0]) == 0
