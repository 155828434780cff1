from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from core.calendar import exchange_calendar
from core.exceptions import DataError
from core.sessions import (
    MARKET_TYPES,
    SHANGHAI,
    bar_ends,
    breaker_halt_until,
    breaker_halts,
    has_after_hours,
    has_close_auction,
    may_cancel,
    may_enter,
    needs_protection,
    order_types,
    phase,
    shanghai,
    to_shanghai,
)
from core.types import OrderType, Phase
from tests.support.market_facts import an_instrument

MAIN_SH, MAIN_SZ, STAR, CHINEXT = "600519.SH", "000001.SZ", "688111.SH", "300750.SZ"
BEIJING, FUND_SH, FUND_SZ, LOF_SH = "920047.BJ", "510300.SH", "159915.SZ", "501018.SH"
ORDINARY = date(2024, 5, 6)
RULES_2026 = date(2026, 7, 6)


def phase_at(symbol: str, day: date, wall: time) -> Phase:
    return phase(an_instrument(symbol), shanghai(day, wall), exchange_calendar())


def test_shanghai_time_is_eight_hours_ahead_of_utc_and_goes_both_ways() -> None:
    moment = datetime(2024, 5, 6, 1, 30, tzinfo=UTC)

    assert shanghai(ORDINARY, time(9, 30)) == moment
    assert shanghai(ORDINARY, time(9, 30)).tzinfo is UTC
    assert to_shanghai(moment).replace(tzinfo=None) == datetime(2024, 5, 6, 9, 30)  # noqa: DTZ001
    assert to_shanghai(moment.astimezone(timezone(timedelta(hours=-5)))) == moment
    assert str(SHANGHAI) == "Asia/Shanghai"


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_shanghai(datetime(2024, 5, 6, 9, 30))  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (time(0, 0), Phase.CLOSED),
        (time(9, 14, 59, 999999), Phase.CLOSED),
        (time(9, 15), Phase.OPEN_AUCTION),
        (time(9, 19, 59), Phase.OPEN_AUCTION),
        (time(9, 20), Phase.OPEN_AUCTION_LOCKED),
        (time(9, 25), Phase.PRE_OPEN),
        (time(9, 30), Phase.CONTINUOUS),
        (time(11, 29, 59), Phase.CONTINUOUS),
        (time(11, 30), Phase.LUNCH),
        (time(12, 59, 59), Phase.LUNCH),
        (time(13, 0), Phase.CONTINUOUS),
        (time(14, 56, 59), Phase.CONTINUOUS),
        (time(14, 57), Phase.CLOSE_AUCTION),
        (time(14, 59, 59), Phase.CLOSE_AUCTION),
        (time(15, 0), Phase.CLOSED),
        (time(15, 10), Phase.CLOSED),
    ],
)
def test_the_phases_of_a_main_board_day(wall: time, expected: Phase) -> None:
    assert phase_at(MAIN_SH, ORDINARY, wall) is expected


@pytest.mark.parametrize(
    ("symbol", "last_without", "first_with"),
    [
        (MAIN_SH, date(2018, 8, 17), date(2018, 8, 20)),
        (STAR, None, date(2019, 7, 22)),
        (FUND_SH, date(2026, 7, 3), RULES_2026),
        (MAIN_SZ, date(2006, 6, 30), date(2006, 7, 3)),
        (FUND_SZ, None, date(2010, 1, 4)),
        (BEIJING, None, date(2021, 11, 15)),
    ],
)
def test_the_closing_auction_came_at_different_times(
    symbol: str, last_without: date | None, first_with: date
) -> None:
    assert phase_at(symbol, first_with, time(14, 58)) is Phase.CLOSE_AUCTION
    assert has_close_auction(an_instrument(symbol), first_with)
    if last_without is not None:
        assert phase_at(symbol, last_without, time(14, 58)) is Phase.CONTINUOUS
        assert phase_at(symbol, last_without, time(15, 0)) is Phase.CLOSED


@pytest.mark.parametrize(
    ("symbol", "last_without", "first_with"),
    [
        (STAR, None, date(2019, 7, 22)),
        (CHINEXT, date(2020, 8, 21), date(2020, 8, 24)),
        (MAIN_SH, date(2026, 7, 3), RULES_2026),
        (MAIN_SZ, date(2026, 7, 3), RULES_2026),
        (FUND_SH, date(2026, 7, 3), RULES_2026),
        (FUND_SZ, date(2026, 7, 3), RULES_2026),
        (LOF_SH, RULES_2026, None),
        (BEIJING, RULES_2026, None),              # written, not in operation
        (BEIJING, date(2026, 12, 31), None),
    ],
)
def test_after_hours_trading_by_board_and_date(
    symbol: str, last_without: date | None, first_with: date | None
) -> None:
    if last_without is not None:
        assert not has_after_hours(an_instrument(symbol), last_without)
        assert phase_at(symbol, last_without, time(15, 10)) is Phase.CLOSED
    if first_with is not None:
        assert phase_at(symbol, first_with, time(15, 0)) is Phase.AFTER_CLOSE
        assert phase_at(symbol, first_with, time(15, 5)) is Phase.AFTER_HOURS
        assert phase_at(symbol, first_with, time(15, 30)) is Phase.CLOSED


@pytest.mark.parametrize("day", [date(2024, 5, 1), date(2024, 5, 4), date(2024, 5, 11)])
def test_holidays_and_make_up_weekends_are_closed(day: date) -> None:
    assert phase_at(MAIN_SH, day, time(10, 0)) is Phase.CLOSED


def test_the_trading_day_is_the_one_in_shanghai() -> None:
    evening_before_utc = datetime(2024, 5, 5, 23, 0, tzinfo=UTC)       # 07:00 on the sixth
    assert phase(an_instrument(), evening_before_utc, exchange_calendar()) is Phase.CLOSED
    with pytest.raises(DataError, match="calendar not known"):
        phase(an_instrument(), datetime(2026, 12, 31, 16, 0, tzinfo=UTC), exchange_calendar())


# ---- orders and cancels --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "open_phases"),
    [
        (MAIN_SH, "OPEN_AUCTION OPEN_AUCTION_LOCKED CONTINUOUS CLOSE_AUCTION"),
        (MAIN_SZ, "OPEN_AUCTION OPEN_AUCTION_LOCKED PRE_OPEN CONTINUOUS CLOSE_AUCTION"),
        (BEIJING, "OPEN_AUCTION OPEN_AUCTION_LOCKED CONTINUOUS CLOSE_AUCTION"),
        (FUND_SZ, "OPEN_AUCTION OPEN_AUCTION_LOCKED PRE_OPEN CONTINUOUS CLOSE_AUCTION"),
        ("000001.SH", ""),
    ],
)
def test_limit_orders_are_taken_in_these_phases(symbol: str, open_phases: str) -> None:
    taken = {p.name for p in Phase
             if may_enter(an_instrument(symbol), p, OrderType.LIMIT, ORDINARY)}
    listed = {p.name for p in Phase
              if may_enter(an_instrument(symbol), p, OrderType.MARKET, ORDINARY)}

    assert taken == set(open_phases.split())
    assert listed == taken        # a daily list's market order is a limit order at the limit


@pytest.mark.parametrize(
    ("symbol", "day", "phases"),
    [
        (STAR, ORDINARY, "CONTINUOUS CLOSE_AUCTION AFTER_CLOSE AFTER_HOURS"),
        (CHINEXT, ORDINARY, "OPEN_AUCTION OPEN_AUCTION_LOCKED PRE_OPEN CONTINUOUS CLOSE_AUCTION "
                            "AFTER_CLOSE AFTER_HOURS"),
        (MAIN_SH, date(2026, 7, 3), ""),
        (MAIN_SH, RULES_2026, "CONTINUOUS CLOSE_AUCTION AFTER_CLOSE AFTER_HOURS"),
        (FUND_SH, RULES_2026, "CONTINUOUS CLOSE_AUCTION AFTER_CLOSE AFTER_HOURS"),
        (BEIJING, RULES_2026, ""),
    ],
)
def test_fixed_price_orders_are_taken_in_these_phases(symbol: str, day: date, phases: str) -> None:
    taken = {p.name for p in Phase
             if may_enter(an_instrument(symbol), p, OrderType.FIXED_PRICE, day)}

    assert taken == set(phases.split())


def test_market_kinds_only_in_the_continuous_auction() -> None:
    for p in Phase:
        allowed = may_enter(an_instrument(MAIN_SH), p, OrderType.BEST5_CANCEL, ORDINARY)
        assert allowed is (p is Phase.CONTINUOUS)


@pytest.mark.parametrize(
    ("symbol", "on", "kinds"),
    [
        (MAIN_SH, date(2023, 4, 7), "LIMIT BEST5_CANCEL BEST5_LIMIT"),
        (MAIN_SH, date(2023, 4, 10), "LIMIT BEST5_CANCEL BEST5_LIMIT OWN_BEST COUNTER_BEST"),
        (STAR, date(2019, 7, 22),
         "LIMIT BEST5_CANCEL BEST5_LIMIT OWN_BEST COUNTER_BEST FIXED_PRICE"),
        (MAIN_SZ, ORDINARY,
         "LIMIT COUNTER_BEST OWN_BEST IMMEDIATE_CANCEL BEST5_CANCEL FILL_OR_KILL"),
        (CHINEXT, ORDINARY,
         "LIMIT COUNTER_BEST OWN_BEST IMMEDIATE_CANCEL BEST5_CANCEL FILL_OR_KILL FIXED_PRICE"),
        (BEIJING, ORDINARY, "LIMIT OWN_BEST COUNTER_BEST BEST5_CANCEL BEST5_LIMIT"),
        (FUND_SH, ORDINARY, "LIMIT"),
        (FUND_SH, RULES_2026, "LIMIT FIXED_PRICE"),
        ("113001.SH", ORDINARY, ""),
        ("000001.SH", ORDINARY, ""),
        (STAR, date(2019, 7, 19), ""),
    ],
)
def test_order_types_by_board_and_date(symbol: str, on: date, kinds: str) -> None:
    assert {t.name for t in order_types(an_instrument(symbol), on)} == set(kinds.split())


def test_shanghai_wants_a_protective_price_on_every_market_kind() -> None:
    for kind in OrderType:
        market = kind in MARKET_TYPES
        assert needs_protection(an_instrument(MAIN_SH), kind, ORDINARY) is market
        assert needs_protection(an_instrument(STAR), kind, ORDINARY) is market
        assert not needs_protection(an_instrument(MAIN_SZ), kind, ORDINARY)
        assert not needs_protection(an_instrument(BEIJING), kind, ORDINARY)


def test_no_cancel_in_the_last_five_minutes_of_the_opening_auction_nor_at_the_close() -> None:
    def cancellable(symbol: str) -> set[str]:
        return {p.name for p in Phase if may_cancel(an_instrument(symbol), p)}

    everywhere = {"OPEN_AUCTION", "CONTINUOUS", "AFTER_CLOSE", "AFTER_HOURS"}
    assert cancellable(MAIN_SH) == cancellable(BEIJING) == everywhere
    assert cancellable(MAIN_SZ) == everywhere | {"PRE_OPEN"}


# ---- circuit breaker, bars -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "open_at", "halted_at"),
    [
        (date(2016, 1, 4), [time(13, 11), time(13, 27), time(13, 32)],
         [time(13, 12), time(13, 26), time(13, 33), time(14, 59)]),
        (date(2016, 1, 7), [time(9, 41), time(9, 58)],
         [time(9, 42), time(9, 59), time(10, 30), time(14, 0)]),
        (date(2016, 1, 5), [time(13, 12), time(14, 0)], []),
        (date(2016, 1, 8), [time(9, 42), time(14, 0)], []),
    ],
)
def test_two_days_of_2016_were_cut_short(
    day: date, open_at: list[time], halted_at: list[time]
) -> None:
    assert [phase_at(MAIN_SH, day, w) for w in open_at] == [Phase.CONTINUOUS] * len(open_at)
    assert [phase_at(MAIN_SH, day, w) for w in halted_at] == [Phase.CLOSED] * len(halted_at)
    assert bool(breaker_halts(day)) is bool(halted_at)


@pytest.mark.parametrize(
    ("on", "move", "wall", "until"),
    [
        (date(2016, 1, 4), "-0.05", time(13, 12), time(13, 27)),
        (date(2016, 1, 4), "0.05", time(14, 44), time(14, 59)),
        (date(2016, 1, 4), "-0.05", time(14, 45), time(15, 0)),
        (date(2016, 1, 7), "-0.07", time(9, 59), time(15, 0)),
        (date(2016, 1, 7), "-0.0499", time(9, 59), None),
        (date(2015, 12, 31), "-0.07", time(10, 0), None),
        (date(2016, 1, 8), "-0.07", time(10, 0), None),
    ],
)
def test_the_circuit_breaker_held_for_four_sessions(
    on: date, move: str, wall: time, until: time | None
) -> None:
    assert breaker_halt_until(on, Decimal(move), wall) == until


def test_minute_bars_end_from_09_31_to_15_00_without_the_lunch_hour() -> None:
    assert len(bar_ends(1)) == 240
    assert (bar_ends(1)[0], bar_ends(1)[119], bar_ends(1)[120], bar_ends(1)[-1]) == (
        time(9, 31), time(11, 30), time(13, 1), time(15, 0))
    assert bar_ends(60) == (time(10, 30), time(11, 30), time(14, 0), time(15, 0))
    assert len(bar_ends(15)) == 16


@pytest.mark.parametrize("minutes", [0, -5, 7, 240])
def test_bars_that_do_not_fill_a_half_day_are_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="half day"):
        bar_ends(minutes)
