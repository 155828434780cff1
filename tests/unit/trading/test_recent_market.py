from datetime import datetime, time, timedelta

import pytest

from tests.support.desk import CNY, DAY1, MAIN, STAR, a_quote, at
from trading.recent_market import MINUTE_S, RECENT_S, RecentMarket, market_seconds

OPEN = at(DAY1, time(9, 30))


def fed(*moments: tuple[float, str, int], start: datetime = OPEN) -> RecentMarket:
    """(seconds after the start, last price, volume since the open) of MAIN."""
    recent = RecentMarket()
    for seconds, last, volume in moments:
        recent.note([a_quote(last=last, volume_shares=volume,
                             ts_utc=start + timedelta(seconds=seconds))])
    return recent


def test_the_volume_of_five_minutes_is_what_was_added_since() -> None:
    recent = fed((0, "10", 100), (200, "10", 600), (300, "10", 900), (500, "10", 2_000))

    assert recent.volume_shares(MAIN, RECENT_S) == 1_400      # since the moment at 200 s
    assert recent.volume_shares(MAIN, MINUTE_S) == 1_100      # since the one at 300 s
    assert recent.volume_shares(STAR, RECENT_S) is None


def test_quotes_that_begin_in_the_middle_of_the_day_give_the_days_mean_rate() -> None:
    recent = fed((3_600, "10", 72_000))

    assert recent.volume_shares(MAIN, RECENT_S) == 6_000
    early = fed((10, "10", 700))
    assert early.volume_shares(MAIN, RECENT_S) == 700         # nothing traded before the open


def test_the_move_of_a_minute_is_signed() -> None:
    recent = fed((0, "10.00", 1), (30, "11.00", 1), (61, "10.50", 1))

    assert recent.move_ratio(MAIN, MINUTE_S) == CNY("0.05")
    assert fed((0, "10.00", 1), (30, "9.50", 1)).move_ratio(MAIN, MINUTE_S) == CNY("-0.05")
    assert recent.move_ratio(STAR, MINUTE_S) is None


def test_what_comes_late_or_without_a_price_changes_nothing() -> None:
    recent = fed((100, "10.00", 500))
    recent.note([a_quote(last="9.00", volume_shares=1, ts_utc=OPEN + timedelta(seconds=50))])

    assert recent.move_ratio(MAIN, MINUTE_S) == 0
    assert recent.volume_shares(MAIN, RECENT_S) == 500
    recent.forget()
    assert recent.volume_shares(MAIN, RECENT_S) is None


def test_what_is_kept_does_not_grow_with_the_day() -> None:
    recent = fed(*((second, "10.00", second) for second in range(0, 7_000)))

    assert len(recent._moments[MAIN]) <= RECENT_S // 10 + 2


@pytest.mark.parametrize(("wall", "seconds"), [
    (time(9, 30), 0), (time(9, 25), -300), (time(11, 30), 7_200), (time(12, 0), 7_200),
    (time(13, 0), 7_200), (time(15, 0), 14_400)])
def test_the_lunch_break_is_no_market_time(wall: time, seconds: int) -> None:
    assert market_seconds(at(DAY1, wall)) == seconds
