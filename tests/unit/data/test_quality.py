from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from core.calendar import exchange_calendar
from core.exceptions import DataError
from core.symbols import parse_instrument
from core.types import Instrument
from data.bar_files import open_table
from data.bar_reader import open_bars
from data.quality import Doubt, QualityView, Reason, Verdict, day_of_s, judge
from tests.support.market_bars import a_csv, a_row, sessions, wall_s


def a_view(now: str = "2026-03-02T10:00", *known: Instrument) -> QualityView:
    listed = {each.symbol: each for each in known}
    return QualityView(
        exchange_calendar(), wall_s(now),
        lambda symbol: listed.get(symbol, parse_instrument(symbol)),
    )


def verdict(
    folder: Path, rows: list[dict[str, object]], view: QualityView | None = None
) -> Verdict:
    batch = next(open_bars(open_table(a_csv(folder / "a.csv", rows))).batches())
    return judge(batch, view or a_view())


def reasons(folder: Path, *rows: dict[str, object], now: str = "2026-03-02T10:00") -> list[str]:
    return [Reason(code).name for code in verdict(folder, list(rows), a_view(now)).reasons]


@pytest.mark.parametrize(("change", "reason"), [
    ({}, "OK"),
    ({"amount": None}, "OK"),
    ({"volume": None}, "OK"),
    ({"volume": 0, "amount": 0}, "OK"),
    ({"symbol": "000001"}, "SYMBOL"),
    ({"symbol": "hello"}, "SYMBOL"),
    ({"ts": "2024-02-30"}, "TIME"),
    ({"open": "ten"}, "NUMBER"),
    ({"close": None}, "PRICE"),
    ({"low": 0}, "PRICE"),
    ({"open": -1}, "PRICE"),
    ({"high": "inf"}, "PRICE"),
    ({"high": 1e17}, "PRICE"),
    ({"volume": 1e300}, "VOLUME"),
    ({"amount": 1e300}, "VOLUME"),
    ({"high": 10.1}, "OHLC"),
    ({"low": 10.1}, "OHLC"),
    ({"high": 9.7}, "OHLC"),
    ({"volume": -1}, "VOLUME"),
    ({"amount": -1}, "VOLUME"),
    ({"ts": "2026-03-03"}, "FUTURE"),
    ({"ts": "2026-03-02"}, "FUTURE"),          # today's bar has not ended at ten o'clock
    ({"ts": "2024-01-01"}, "CALENDAR"),
    ({"ts": "2024-02-09"}, "CALENDAR"),        # a working day, exchanges closed
    ({"ts": "1989-06-01"}, "CALENDAR"),
])
def test_a_row_is_refused_for_the_first_reason_that_applies(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    good = [a_row(ts=day.isoformat()) for day in sessions(4, date(2024, 3, 1))]

    assert reasons(tmp_path, *good, a_row(**change)) == ["OK"] * 4 + [reason]


def test_todays_daily_bar_is_taken_after_the_close(tmp_path: Path) -> None:
    assert reasons(tmp_path, a_row(ts="2026-03-02"), now="2026-03-02T15:00") == ["OK"]


@pytest.mark.parametrize(("stamp", "reason"), [
    ("09:35", "OK"), ("11:30", "OK"), ("15:00", "OK"), ("09:30", "MINUTE"), ("11:35", "MINUTE"),
    ("13:00", "MINUTE"), ("09:37", "MINUTE"), ("15:05", "MINUTE"), ("09:35:30", "MINUTE"),
])
def test_a_minute_bar_ends_where_bars_of_its_length_end(
    tmp_path: Path, stamp: str, reason: str
) -> None:
    rows = [a_row(ts=f"2024-01-02 {at}") for at in ("09:40", "15:00")]
    rows.append(a_row(ts=f"2024-01-03 {stamp}"))
    batch = next(open_bars(open_table(a_csv(tmp_path / "a.csv", rows[:2]))).batches())
    stream = open_bars(open_table(a_csv(tmp_path / "b.csv", rows)))
    stream.period = batch.period

    found = judge(next(stream.batches()), a_view())

    assert Reason(found.reasons[2]).name == reason


def test_stamps_of_bar_starts_are_refused_as_a_whole(tmp_path: Path) -> None:
    rows = [a_row(ts=f"2024-01-02 {at}") for at in ("09:35", "11:25", "13:00", "13:05", "14:55")]

    with pytest.raises(DataError, match="where bars start"):
        verdict(tmp_path, rows)


def test_the_same_twice_is_a_duplicate_and_two_that_disagree_both_go(tmp_path: Path) -> None:
    found = reasons(
        tmp_path, a_row(), a_row(), a_row(ts="2024-01-03"), a_row(ts="2024-01-03", close=10.3),
        a_row(ts="2024-01-04"),
    )

    assert found == ["OK", "DUPLICATE", "CONTRADICTION", "CONTRADICTION", "OK"]


@pytest.mark.parametrize(("volume", "amount", "what"), [
    (10, 10_100.0, "in lots"),
    (1000, 10.1, "in thousands"),
])
def test_a_file_in_other_units_is_refused_and_the_unit_named(
    tmp_path: Path, volume: float, amount: float, what: str
) -> None:
    rows = [a_row(ts=day.isoformat(), volume=volume * 1000, amount=amount * 1000)
            for day in sessions(30)]

    with pytest.raises(DataError, match=what):
        verdict(tmp_path, rows)


def test_one_row_in_other_units_is_refused_alone(tmp_path: Path) -> None:
    rows = [a_row(ts=day.isoformat(), volume=10**6, amount=10_100_000.0) for day in sessions(30)]
    rows[7]["volume"] = 10**4

    found = verdict(tmp_path, rows)

    assert np.flatnonzero(found.reasons == Reason.UNIT).tolist() == [7]
    assert (found.reasons != Reason.OK).sum() == 1


def test_adjusted_prices_are_refused_as_a_whole(tmp_path: Path) -> None:
    rows = [a_row(ts=day.isoformat(), volume=10**6, amount=15_000_000.0) for day in sessions(30)]

    with pytest.raises(DataError, match="not those that were traded"):
        verdict(tmp_path, rows)


def test_an_index_has_no_price_per_share(tmp_path: Path) -> None:
    rows = [a_row(symbol="000300.SH", ts=day.isoformat(), volume=10**9, amount=10**10)
            for day in sessions(30)]

    assert set(verdict(tmp_path, rows).reasons.tolist()) == {Reason.OK}


def test_a_row_that_is_only_unlikely_is_stored_with_a_doubt(tmp_path: Path) -> None:
    rows = [a_row(ts=day.isoformat(), volume=10**6, amount=10_100_000.0) for day in sessions(30)]
    rows[5]["amount"] = 13_000_000.0
    rows[6]["close"] = 10.203

    found = verdict(tmp_path, rows)

    assert set(found.reasons.tolist()) == {Reason.OK}
    assert np.flatnonzero(found.doubts).tolist() == [5, 6]
    assert (found.doubts[5], found.doubts[6]) == (Doubt.VWAP, Doubt.TICK)


def with_limit(high: float, prev_close: float | None, **changes: object) -> list[dict[str, object]]:
    """Twenty quiet sessions and one whose high is asked about."""
    rows = [a_row(ts=day.isoformat(), prev_close=10.0, is_st=0) for day in sessions(21)]
    rows[-1] |= {"high": high, "prev_close": prev_close, "amount": None} | changes
    return rows


@pytest.mark.parametrize(("high", "changes", "doubtful"), [
    (11.0, {}, False),
    (11.01, {}, True),
    (10.51, {"is_st": 1}, True),
    (10.51, {"is_st": None}, False),                     # unknown is not ST
    (11.01, {"prev_close": None}, False),                # nothing to judge it by
    (11.01, {"limit_up": 12.0}, False),                  # as published
    (11.01, {"limit_up": 99_999.99}, True),              # a sentinel is no limit
    (12.0, {"symbol": "688981.SH"}, False),
    (12.01, {"symbol": "688981.SH"}, True),
])
def test_a_price_beyond_the_limit_is_doubted(
    tmp_path: Path, high: float, changes: dict[str, object], doubtful: bool
) -> None:
    rows = with_limit(high, 10.0)
    rows = [row | {"limit_up": None} for row in rows]
    for row in rows:
        row |= {k: v for k, v in changes.items() if k == "symbol"}
    rows[-1] |= changes

    found = verdict(tmp_path, rows)

    assert bool(found.doubts[-1] & Doubt.LIMIT) is doubtful


def test_the_limit_rounds_half_up(tmp_path: Path) -> None:
    prices = {"open": 1.15, "low": 1.10, "close": 1.15, "prev_close": 1.15, "amount": None}
    rows = [row | prices | {"high": 1.2} for row in with_limit(1.2, 1.15)]

    for high, doubtful in ((1.27, False), (1.28, True)):       # 1.265 is 1.27
        rows[-1]["high"] = high
        assert bool(verdict(tmp_path, rows).doubts[-1] & Doubt.LIMIT) is doubtful


def test_the_first_sessions_of_a_listing_are_not_judged_by_the_limit(tmp_path: Path) -> None:
    rows = with_limit(14.4, 10.0)
    listed = sessions(21)
    skeleton = parse_instrument("600519.SH")
    young = replace(skeleton, list_date=listed[-3])
    old = replace(skeleton, list_date=listed[0])

    assert verdict(tmp_path, rows, a_view("2026-03-02T10:00", young)).doubts[-1] == 0
    assert verdict(tmp_path, rows, a_view("2026-03-02T10:00", old)).doubts[-1] & Doubt.LIMIT


def test_a_symbol_of_unknown_age_is_not_judged_in_its_first_bars(tmp_path: Path) -> None:
    view = a_view()
    rows = with_limit(14.4, 10.0)

    assert verdict(tmp_path, rows[-3:], view).doubts[-1] == 0
    assert view.seen_bars == {"600519.SH": 3}


def test_a_stamp_has_a_date() -> None:
    assert day_of_s(wall_s("2024-01-02T15:00")) == date(2024, 1, 2)
