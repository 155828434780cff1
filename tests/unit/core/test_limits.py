from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.constants import LIMIT_PCT
from core.limits import (
    Band,
    auction_band,
    formula_band,
    limit_free_halt,
    limit_ratio,
    price_band,
    price_limits,
    tick_cny,
)
from core.types import Board
from tests.support.market_facts import day_facts

D = Decimal
FREE = Band(True, None, None)


def band(down: str, up: str) -> Band:
    return Band(False, D(down), D(up))


@pytest.mark.parametrize(
    ("reference", "ratio", "down", "up"),
    [
        ("1.72", "0.10", "1.55", "1.89"),            # recorded quotes, market-rules 3
        ("2.46", "0.10", "2.21", "2.71"),
        ("11.74", "0.10", "10.57", "12.91"),
        ("28.31", "0.10", "25.48", "31.14"),
        ("4.51", "0.05", "4.28", "4.74"),
        ("2.12", "0.05", "2.01", "2.23"),
        ("228.82", "0.20", "183.06", "274.58"),
        ("199.52", "0.20", "159.62", "239.42"),
        ("1.15", "0.10", "1.04", "1.27"),            # 1.035 and 1.265: half up, not half even
        ("0.04", "0.10", "0.03", "0.05"),            # the rounded limit equals the reference
        ("0.01", "0.10", "0.01", "0.02"),            # never below one tick
    ],
)
def test_price_limits_round_half_up_to_the_tick(
    reference: str, ratio: str, down: str, up: str
) -> None:
    assert price_limits(D(reference), D(ratio), D("0.01")) == (D(down), D(up))


def test_every_close_from_1_to_500_has_limits_within_half_a_tick_of_the_exact_ones() -> None:
    for fen in range(100, 50_001):
        down, up = price_limits(D(fen).scaleb(-2), D("0.1"), D("0.01"))
        assert (int(up * 100), int(down * 100)) == ((fen * 11 + 5) // 10, (fen * 9 + 5) // 10)


@given(
    fen=st.integers(1, 10_000_000), pct=st.sampled_from([5, 10, 20, 30]),
    tick=st.sampled_from(["0.01", "0.001"]),
)
def test_the_band_contains_the_reference_and_lies_on_the_grid(
    fen: int, pct: int, tick: str
) -> None:
    reference, ratio = D(fen).scaleb(-2), D(pct) / 100
    down, up = price_limits(reference, ratio, D(tick))

    assert D(tick) <= down <= reference < up
    assert down % D(tick) == 0 == up % D(tick)
    assert abs(up - reference * (1 + ratio)) <= D(tick)
    assert down == D(tick) or abs(down - reference * (1 - ratio)) <= D(tick)


@pytest.mark.parametrize(
    ("board", "st_flag", "on", "pct"),
    [
        (Board.MAIN, False, date(1996, 12, 16), 10),
        (Board.MAIN, True, date(1998, 4, 22), 5),
        (Board.MAIN, True, date(2026, 7, 3), 5),          # the last session of the narrow band
        (Board.MAIN, True, date(2026, 7, 5), 5),
        (Board.MAIN, True, date(2026, 7, 6), 10),
        (Board.MAIN, False, date(2026, 7, 6), 10),
        (Board.CHINEXT, False, date(2020, 8, 21), 10),
        (Board.CHINEXT, True, date(2020, 8, 21), 5),
        (Board.CHINEXT, False, date(2020, 8, 24), 20),
        (Board.CHINEXT, True, date(2020, 8, 24), 20),     # ST never narrows here
        (Board.STAR, False, date(2019, 7, 22), 20),
        (Board.STAR, True, date(2025, 1, 2), 20),
        (Board.BSE, False, date(2021, 11, 15), 30),
        (Board.BSE, True, date(2025, 1, 2), 30),
        (Board.B_SHARE, True, date(2026, 7, 3), 5),
        (Board.FUND, False, date(2019, 1, 2), 10),
        (Board.CONVERTIBLE, False, date(2022, 8, 1), 20),
    ],
)
def test_the_limit_of_a_board_follows_st_and_date(
    board: Board, st_flag: bool, on: date, pct: int
) -> None:
    assert limit_ratio(board, st=st_flag, on=on) == D(pct) / 100


@pytest.mark.parametrize(("on", "ratio"), [(date(2020, 8, 23), "0.1"), (date(2020, 8, 24), "0.2")])
def test_a_fund_on_a_20_percent_board_has_the_wide_band_from_2020_08_24(
    on: date, ratio: str
) -> None:
    assert limit_ratio(Board.FUND, st=False, on=on, wide_band=True) == D(ratio)


def test_the_wide_band_flag_means_nothing_for_a_stock() -> None:
    assert limit_ratio(Board.MAIN, st=False, on=date(2024, 1, 2), wide_band=True) == D("0.1")


@pytest.mark.parametrize(
    ("board", "st_flag", "on"),
    [
        (Board.MAIN, False, date(1996, 12, 13)),
        (Board.MAIN, True, date(1998, 4, 21)),
        (Board.CHINEXT, False, date(2009, 10, 29)),
        (Board.STAR, False, date(2019, 7, 19)),
        (Board.BSE, False, date(2021, 11, 12)),
        (Board.B_SHARE, True, date(2026, 7, 6)),          # unverified, so no row
        (Board.CONVERTIBLE, False, date(2022, 7, 29)),
        (Board.OTHER, False, date(2024, 1, 2)),
    ],
)
def test_a_day_or_board_without_a_row_is_refused(board: Board, st_flag: bool, on: date) -> None:
    with pytest.raises(LookupError, match=board.name):
        limit_ratio(board, st=st_flag, on=on)


def test_no_two_limit_rows_hold_for_the_same_case() -> None:
    for a in LIMIT_PCT:
        for b in LIMIT_PCT:
            same = a is not b and a.board is b.board and a.wide_band is b.wide_band
            if same and (a.st is b.st or None in (a.st, b.st)):
                first, second = sorted((a, b), key=lambda row: row.since)
                assert first.until is not None
                assert first.until < second.since


def test_an_ordinary_session_takes_the_board_band_around_the_reference() -> None:
    assert price_band(day_facts(reference="10.23")) == band("9.21", "11.25")
    assert price_band(day_facts(reference="10.23", st=True)) == band("9.72", "10.74")
    assert price_band(day_facts("688111.SH", reference="228.82")) == band("183.06", "274.58")
    assert price_band(day_facts("510300.SH", reference="3.512")) == band("3.161", "3.863")
    assert price_band(day_facts("588000.SH", reference="1.003")) == band("0.802", "1.204")


@pytest.mark.parametrize("reference", [None, "0", "-1", "NaN", "Infinity"])
def test_without_a_reference_the_band_is_unknown(reference: str | None) -> None:
    assert price_band(day_facts(reference=reference)) is None


def test_before_1996_12_16_the_band_is_unknown_not_free() -> None:
    assert price_band(day_facts(day=date(1996, 12, 13))) is None
    assert price_band(day_facts(day=date(1996, 12, 16))) == band("9.00", "11.00")


def test_an_index_and_an_old_convertible_have_no_band() -> None:
    assert price_band(day_facts("000001.SH")) is None
    assert price_band(day_facts("113001.SH", day=date(2022, 7, 29))) is None


# ---- published limits ----------------------------------------------------------------------------


def test_published_limits_win_over_the_formula() -> None:
    facts = day_facts(limit_up_cny=D("10.50"), limit_down_cny=D("9.50"))

    assert price_band(facts) == band("9.50", "10.50")
    assert formula_band(facts) == band("9.00", "11.00")
    assert price_band(day_facts(
        reference=None, limit_up_cny=D("10.50"), limit_down_cny=D("9.50"))) == band("9.50", "10.50")


@pytest.mark.parametrize("up", ["-1", "0", "99999", "99999.99", "1000000000", "NaN"])
@pytest.mark.parametrize("down", ["-1", "0", "NaN"])
def test_a_sentinel_is_missing_never_a_price(up: str, down: str) -> None:
    facts = day_facts(limit_up_cny=D(up), limit_down_cny=D(down))

    assert price_band(facts) == band("9.00", "11.00")


def test_one_published_limit_fills_its_side_only() -> None:
    assert price_band(day_facts(limit_up_cny=D("10.50"))) == band("9.00", "10.50")
    assert price_band(day_facts(limit_down_cny=D("9.50"), limit_up_cny=D(-1))) == band(
        "9.50", "11.00")
    assert price_band(day_facts(reference=None, limit_up_cny=D("10.50"))) is None


def test_published_limits_in_the_wrong_order_are_ignored() -> None:
    facts = day_facts(limit_up_cny=D("9.50"), limit_down_cny=D("10.50"))

    assert price_band(facts) == band("9.00", "11.00")


# ---- new listings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "listed", "free"),
    [
        ("600001.SH", date(2014, 6, 12), 1),
        ("600001.SH", date(2023, 4, 10), 5),
        ("001300.SZ", date(2024, 3, 4), 5),
        ("300001.SZ", date(2009, 10, 30), 1),
        ("300001.SZ", date(2020, 8, 24), 5),
        ("688001.SH", date(2019, 7, 22), 5),
        ("920001.BJ", date(2024, 5, 6), 1),
    ],
)
def test_the_first_sessions_are_limit_free_as_long_as_the_listing_day_grants(
    symbol: str, listed: date, free: int
) -> None:
    later = date(2024, 6, 3)
    bands = [
        price_band(day_facts(symbol, later, list_date=listed, listed_sessions=n))
        for n in range(1, 8)
    ]

    assert [b == FREE for b in bands] == [n <= free for n in range(1, 8)]
    assert None not in bands


def test_a_limit_free_session_needs_no_reference() -> None:
    assert price_band(day_facts("688001.SH", reference=None, listed_sessions=5)) == FREE
    assert price_band(day_facts("688001.SH", reference=None, listed_sessions=6)) is None


@pytest.mark.parametrize(
    ("symbol", "listed"),
    [("603000.SH", date(2014, 6, 13)), ("603000.SH", date(2023, 4, 7)),
     ("300500.SZ", date(2020, 8, 21))],
)
def test_the_44_percent_day_is_measured_from_the_issue_price(symbol: str, listed: date) -> None:
    first = day_facts(symbol, listed, "99.00", list_date=listed, listed_sessions=1, issue="10.01")
    second = day_facts(symbol, listed, "14.41", list_date=listed, listed_sessions=2, issue="10.01")

    assert price_band(first) == band("6.41", "14.41")
    assert price_band(second) == band("12.97", "15.85")


def test_the_44_percent_day_without_an_issue_price_is_unknown() -> None:
    assert price_band(day_facts(day=date(2020, 1, 6), listed_sessions=1)) is None
    assert price_band(day_facts(day=date(2020, 1, 6), listed_sessions=2)) == band("9.00", "11.00")


def test_an_unknown_age_means_the_ordinary_band() -> None:
    assert price_band(day_facts("688001.SH", listed_sessions=None)) == band("8.00", "12.00")


@pytest.mark.parametrize(
    ("day", "session", "expected"),
    [
        (date(2023, 4, 12), 3, FREE),                        # listed 2023-04-10
        (date(2023, 4, 11), 3, band("9.00", "11.00")),       # listed 2023-04-07: the old rule
    ],
)
def test_without_a_listing_date_it_is_counted_back_from_the_age(
    day: date, session: int, expected: Band
) -> None:
    assert price_band(day_facts(day=day, listed_sessions=session)) == expected


def test_an_age_on_a_day_beyond_the_calendar_takes_the_rule_of_that_day() -> None:
    assert price_band(day_facts("688001.SH", date(2027, 1, 5), listed_sessions=3)) == FREE


def test_a_new_convertible_has_its_own_first_day() -> None:
    facts = day_facts("113001.SH", date(2024, 1, 3), listed_sessions=1, issue="100.00")

    assert price_band(facts) == band("56.700", "157.300")
    assert auction_band(facts, opening=True) == band("56.700", "157.300")


def test_the_first_session_of_a_relisting_is_limit_free() -> None:
    assert price_band(day_facts(relisting_session=1)) == FREE
    assert price_band(day_facts(relisting_session=2)) == band("9.00", "11.00")


@pytest.mark.parametrize(
    ("symbol", "day", "session", "expected"),
    [
        ("600001.SH", date(2021, 1, 4), 1, FREE),
        ("600001.SH", date(2021, 1, 4), 2, band("9.00", "11.00")),     # the board's, not ST's
        ("300090.SZ", date(2020, 8, 24), 9, band("9.00", "11.00")),    # stayed at 10 %
        ("300090.SZ", date(2021, 1, 4), 2, band("8.00", "12.00")),
        ("600001.SH", date(2020, 12, 30), 1, band("9.00", "11.00")),   # no free day yet
    ],
)
def test_the_delisting_arrangement_has_a_free_first_day_from_2020_12_31(
    symbol: str, day: date, session: int, expected: Band
) -> None:
    assert price_band(day_facts(symbol, day, delisting_session=session, st=True)) == expected


def test_the_delisting_arrangement_before_any_limit_row_is_unknown() -> None:
    assert price_band(day_facts(day=date(1996, 1, 2), delisting_session=3)) is None


# ---- auctions and halts --------------------------------------------------------------------------


def test_the_opening_auction_of_the_44_percent_day_is_80_to_120_percent() -> None:
    facts = day_facts(day=date(2020, 1, 6), listed_sessions=1, issue="10.00")

    assert auction_band(facts, opening=True) == band("8.00", "12.00")
    assert auction_band(facts, opening=False) == band("6.40", "14.40")


def test_a_call_auction_of_a_limit_free_day_is_50_to_900_percent_of_the_reference() -> None:
    assert auction_band(day_facts("688001.SH", listed_sessions=1), opening=True) == band(
        "5.00", "90.00")
    assert auction_band(
        day_facts("688001.SH", listed_sessions=1, reference=None), opening=True) is None
    assert auction_band(day_facts(day=date(2010, 1, 5), listed_sessions=1), opening=True) == FREE


def test_an_ordinary_call_auction_has_the_day_band() -> None:
    assert auction_band(day_facts(), opening=True) == band("9.00", "11.00")
    assert auction_band(day_facts(reference=None), opening=True) is None


@pytest.mark.parametrize(
    ("price", "at", "done", "until", "reached"),
    [
        ("13.00", time(9, 31), set(), time(9, 41), {30}),
        ("7.00", time(9, 31), set(), time(9, 41), {-30}),
        ("7.00", time(9, 45), {30}, time(9, 55), {-30}),          # each direction once
        ("16.00", time(9, 45), {30}, time(9, 55), {30, 60}),
        ("16.00", time(9, 31), set(), time(9, 41), {30, 60}),     # straight through: one halt
        ("4.00", time(14, 50), {-30}, time(14, 57), {-30, -60}),  # ends at 14:57
        ("13.00", time(11, 19), set(), time(11, 29), {30}),
        ("13.00", time(11, 20), set(), time(13, 0), {30}),        # nothing trades at 11:30
        ("13.00", time(11, 25), set(), time(13, 0), {30}),
        ("13.00", time(13, 0), set(), time(13, 10), {30}),
    ],
)
def test_a_limit_free_day_halts_ten_minutes_at_30_and_60_percent(
    price: str, at: time, done: set[int], until: time, reached: set[int]
) -> None:
    halt = limit_free_halt(Board.STAR, date(2024, 1, 3), open_cny=D(10), price_cny=D(price), at=at,
                           done_pct=done)

    assert halt is not None
    assert (halt.until, set(halt.reached_pct)) == (until, reached)


@pytest.mark.parametrize(
    ("board", "on", "price", "at", "done"),
    [
        (Board.STAR, date(2024, 1, 3), "12.99", time(10, 0), set()),
        (Board.STAR, date(2024, 1, 3), "13.50", time(10, 0), {30}),
        (Board.STAR, date(2024, 1, 3), "10.00", time(10, 0), set()),
        (Board.STAR, date(2024, 1, 3), "16.00", time(14, 57), set()),
        (Board.MAIN, date(2023, 4, 7), "16.00", time(10, 0), set()),       # not in force yet
        (Board.CHINEXT, date(2020, 8, 21), "16.00", time(10, 0), set()),
        (Board.BSE, date(2021, 11, 12), "16.00", time(10, 0), set()),
        (Board.FUND, date(2024, 1, 3), "16.00", time(10, 0), set()),
    ],
)
def test_trading_goes_on_where_no_threshold_is_newly_reached(
    board: Board, on: date, price: str, at: time, done: set[int]
) -> None:
    assert limit_free_halt(
        board, on, open_cny=D(10), price_cny=D(price), at=at, done_pct=done) is None


def test_ticks_are_fen_for_stocks_and_mills_for_funds() -> None:
    assert {tick_cny(b) for b in (Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE)} == {D("0.01")}
    assert tick_cny(Board.FUND) == tick_cny(Board.CONVERTIBLE) == D("0.001")
    with pytest.raises(LookupError, match="OTHER"):
        tick_cny(Board.OTHER)


# ---- recorded quotes -----------------------------------------------------------------------------

RECORDED = Path(__file__).parents[3].parent / "shared" / "fixtures" / "tencent"


@pytest.mark.shared
@pytest.mark.skipif(not RECORDED.exists(), reason="the development data is not beside the checkout")
@pytest.mark.parametrize(
    ("name", "encoding", "prefix", "day"),
    [
        ("quote_2022-11-22_szse_noon.gbk.txt", "gb18030", "sz", date(2022, 11, 22)),
        ("quote_2026-09-14_szse_close.utf8.txt", "utf-8", "sz", date(2026, 9, 14)),
    ],
)
def test_published_limits_of_recorded_quotes_equal_the_formula(
    name: str, encoding: str, prefix: str, day: date
) -> None:
    compared = 0
    for line in (RECORDED / name).read_text(encoding).splitlines():
        cells = line.split("~")
        if len(cells) <= 48 or cells[47] == "-1":
            continue
        facts = day_facts(prefix + cells[2], day, cells[4], st="ST" in cells[1])
        assert formula_band(facts) == band(cells[48], cells[47]), cells[1]
        compared += 1

    assert compared >= 4
