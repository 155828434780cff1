import numpy as np
import pytest

from core.types import Adjust, Period
from data.chunks import FIELDS, FLAG_FIELDS, Array
from data.series import adjusted, aggregate, elapsed_minutes, ex_factors, factors_at, finer_than
from tests.support.market_bars import wall_s


def columns(ts_s: list[int], **changes: object) -> dict[str, Array]:
    rows = len(ts_s)
    found: dict[str, Array] = {name: np.full(rows, np.nan) for name in FIELDS}
    found |= {name: np.full(rows, -1, dtype=np.int8) for name in FLAG_FIELDS}
    found["ts_s"] = np.array(ts_s, dtype=np.int64)
    return found | {name: np.asarray(values) for name, values in changes.items()}


def minutes(*stamps: str, **changes: object) -> dict[str, Array]:
    return columns([wall_s(f"2024-01-02T{stamp}") for stamp in stamps], **changes)


def test_trading_minutes_skip_lunch() -> None:
    found = elapsed_minutes(minutes("09:30", "09:31", "11:30", "13:01", "15:00")["ts_s"])

    assert found.tolist() == [0, 1, 120, 121, 240]


def test_longer_bars_take_first_open_extremes_last_close_and_sums() -> None:
    found = aggregate(minutes(
        "09:35", "09:40", "09:45", "09:50",
        open_cny=[1.0, 2, 3, 4], high_cny=[5.0, 9, 6, 7], low_cny=[1.0, 1, 0.5, 3],
        close_cny=[2.0, 3, 4, 5], volume_shares=[10.0, 20, 30, 40], amount_cny=[1.0, 2, np.nan, 4],
    ), Period.MIN15)

    assert found["ts_s"].tolist() == [wall_s("2024-01-02T09:45"), wall_s("2024-01-02T10:00")]
    assert found["open_cny"].tolist() == [1.0, 4.0]
    assert found["high_cny"].tolist() == [9.0, 7.0]
    assert found["low_cny"].tolist() == [0.5, 3.0]
    assert found["close_cny"].tolist() == [4.0, 5.0]
    assert found["volume_shares"].tolist() == [60.0, 40.0]
    assert np.isnan(found["amount_cny"][0])            # a part is unknown
    assert found["amount_cny"][1] == 4.0


@pytest.mark.parametrize(("stamp", "end"), [
    ("09:30", "10:30"), ("10:30", "10:30"), ("10:31", "11:30"), ("11:30", "11:30"),
    ("13:01", "14:00"), ("15:00", "15:00"),
])
def test_an_hour_is_counted_in_trading_time(stamp: str, end: str) -> None:
    found = aggregate(minutes(stamp, close_cny=[1.0]), Period.MIN60)

    assert found["ts_s"].tolist() == [wall_s(f"2024-01-02T{end}")]


def test_a_day_made_of_minutes_is_stamped_with_its_date() -> None:
    found = aggregate(columns([wall_s("2024-01-02T15:00"), wall_s("2024-01-03T09:31")]), Period.DAY)

    assert found["ts_s"].tolist() == [wall_s("2024-01-02"), wall_s("2024-01-03")]


def test_no_bars_aggregate_to_none() -> None:
    assert len(aggregate(columns([]), Period.DAY)["ts_s"]) == 0


def test_the_coarsest_fitting_period_is_tried_first() -> None:
    assert finer_than(Period.MIN30) == (Period.MIN15, Period.MIN5, Period.MIN1)
    assert finer_than(Period.MIN1) == ()


DAYS = [86_400 * day for day in range(3)]


def test_the_published_factor_gives_the_steps() -> None:
    found = ex_factors(columns(DAYS, close_cny=[10.0, 10, 5], adj_factor=[3.0, 3.0, 6.0],
                               prev_close_cny=[np.nan, 10.0, 5.0]))

    assert found.tolist() == [3.0, 3.0, 6.0]


def test_without_a_factor_the_reference_price_gives_the_steps() -> None:
    found = ex_factors(columns(DAYS, close_cny=[10.0, 10, 5], prev_close_cny=[9.9, 10.0, 5.0]))

    assert found.tolist() == [1.0, 1.0, 2.0]


def test_where_two_vendors_factors_meet_the_reference_price_decides() -> None:
    found = ex_factors(columns(DAYS, close_cny=[10.0, 10, 10], adj_factor=[1.5, 22.0, 22.0],
                               prev_close_cny=[np.nan, 10.0, 10.0]))

    assert found.tolist() == [1.5, 1.5, 1.5]


def test_an_unknown_reference_price_is_no_ex_date() -> None:
    assert ex_factors(columns(DAYS, close_cny=[10.0, 9, 5])).tolist() == [1.0, 1.0, 1.0]


def test_adjusting_keeps_the_anchors_prices_and_all_volumes() -> None:
    bars = columns(DAYS, close_cny=[10.0, 10, 5], volume_shares=[1.0, 2, 3])
    factors = np.array([1.0, 1.0, 2.0])

    forward = adjusted(bars, factors, 2.0, Adjust.QFQ)
    backward = adjusted(bars, factors, 1.0, Adjust.HFQ)

    assert forward["close_cny"].tolist() == [5.0, 5.0, 5.0]
    assert backward["close_cny"].tolist() == [10.0, 10.0, 10.0]
    assert forward["volume_shares"].tolist() == [1.0, 2.0, 3.0]


def test_a_minute_has_the_factor_of_its_day() -> None:
    stamps = np.array([86_400 + 40_000, 2 * 86_400 + 40_000, 9 * 86_400])

    found = factors_at(stamps, np.array([86_400, 2 * 86_400]), np.array([1.0, 2.0]))

    assert found.tolist() == [1.0, 2.0, 2.0]
