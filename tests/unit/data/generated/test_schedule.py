from datetime import date

import numpy as np

from core.calendar import exchange_calendar
from core.types import Board
from data.generated.daily import DailyMarket
from data.generated.schedule import Fate, Mark, fates, timeline
from data.generated.universe import Plan, listings


def share(market: DailyMarket, mark: int) -> float:
    marks = np.stack([fate.marks for fate in market.fates])
    return float((marks & mark > 0).sum() / (marks & Mark.LISTED > 0).sum())


def fate_of(market: DailyMarket, number: int) -> Fate:
    return market.fates[number]


def test_the_timeline_ends_with_the_plans_last_session() -> None:
    when = timeline(Plan(sessions=300), exchange_calendar())

    assert (len(when.days), when.days[-1]) == (300, date(2026, 6, 30))
    assert len(when.days) - when.live == 64
    assert when.months[-1] == (2026, 6)
    assert when.days[int(when.month_starts[-1])] == date(2026, 6, 1)


def test_a_fate_does_not_depend_on_which_others_are_made() -> None:
    plan = Plan()
    when = timeline(plan, exchange_calendar())

    alone, = fates(plan, listings(30)[20:21], when)
    together = fates(plan, listings(30), when)[20]

    assert (alone.instrument, alone.first, alone.ex_dates) == (
        together.instrument, together.first, together.ex_dates)
    assert (alone.marks == together.marks).all()


def test_the_pack_shows_a_warned_a_halted_and_a_young_instrument(market: DailyMarket) -> None:
    live = market.when.live

    assert fate_of(market, 11).marks[live] & Mark.STAR_ST
    assert (fate_of(market, 12).marks[live + 4:live + 9] & Mark.SUSPENDED > 0).all()
    assert not fate_of(market, 12).marks[live + 9] & Mark.SUSPENDED
    assert 0 < live - fate_of(market, 9).first < 60


def test_a_listing_day_is_a_session_and_not_before_the_board_opened(market: DailyMarket) -> None:
    opened = {Board.MAIN: date(1990, 12, 19), Board.CHINEXT: date(2009, 10, 30),
              Board.STAR: date(2019, 7, 22), Board.BSE: date(2024, 4, 1),
              Board.FUND: date(2004, 1, 1)}
    for fate in market.fates:
        listed = fate.instrument.list_date
        assert listed is not None
        assert exchange_calendar().is_session(listed)
        assert listed >= opened[fate.instrument.board]
        if fate.first >= 0:
            assert market.when.days[fate.first] == listed
            assert not fate.marks[:fate.first].any()
            assert fate.listed_sessions(fate.first) == 1


def test_the_age_in_sessions_is_that_of_the_calendar(market: DailyMarket) -> None:
    calendar = exchange_calendar()
    for fate in market.fates[:20]:
        listed = fate.instrument.list_date
        assert listed is not None
        number = calendar.session_number(listed, market.when.days[-1])
        assert fate.listed_sessions(len(market.when.days) - 1) == number


def test_a_delisted_name_is_warned_then_in_arrangement_for_15_sessions(
    market: DailyMarket
) -> None:
    fate = fate_of(market, 57)
    assert fate.delisting_first is not None
    end = fate.delisting_first + 15

    assert (fate.marks & Mark.DELISTING > 0).sum() == 15
    assert fate.marks[fate.delisting_first - 1] & Mark.STAR_ST
    assert fate.instrument.delist_date == market.when.days[end]
    assert not fate.marks[end:].any()


def test_every_suspension_ends(market: DailyMarket) -> None:
    for fate in market.fates:
        halted = fate.marks & Mark.SUSPENDED > 0
        assert not halted[-1]


def test_ex_dates_come_mostly_in_june_and_july_and_never_in_a_suspension(
    market: DailyMarket
) -> None:
    months = [market.when.days[item.session].month
              for fate in market.fates for item in fate.ex_dates]
    marks = np.stack([fate.marks for fate in market.fates])

    assert sum(month in (6, 7) for month in months) > 0.45 * len(months)
    assert not ((marks & Mark.EX > 0) & (marks & Mark.SUSPENDED > 0)).any()
    assert 0.4 < share(market, Mark.EX) * 242 < 1.1


def test_funds_have_no_st_no_halts_and_no_ex_dates(market: DailyMarket) -> None:
    for fate in market.fates:
        if fate.instrument.board is Board.FUND:
            assert set(fate.marks.tolist()) <= {0, Mark.LISTED}
