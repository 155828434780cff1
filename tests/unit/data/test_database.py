import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.exceptions import DataError
from core.symbols import parse_instrument
from core.types import Adjust, Period
from data.database import ImportMark, MarketDatabase
from tests.support.market_bars import a_database, a_table, sessions, wall_s

MAOTAI, BANK = "600519.SH", "000001.SZ"
DAYS = sessions(5)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def filled(folder: Path, closes: list[float], now: str = "2026-03-02T10:00",
           **columns: Any) -> MarketDatabase:
    """600519.SH with these closes on the first sessions of 2024."""
    database = a_database(folder, shanghai(now))
    database.store_bars(a_table({MAOTAI: closes}, **columns))
    database.store_instruments([parse_instrument(MAOTAI)])
    return database


def test_bars_come_back_as_they_were_stored(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0, 10.1, 10.2])

    bars = database.bars(MAOTAI, Period.DAY)

    assert bars.close_cny.tolist() == [10.0, 10.1, 10.2]
    assert bars.amount_cny.tolist() == [10_000.0, 10_100.0, 10_200.0]
    assert bars.ts_s.tolist() == [wall_s(day.isoformat()) for day in DAYS[:3]]


def test_only_the_last_are_given_when_asked_also_across_chunks(tmp_path: Path) -> None:
    database = filled(tmp_path, [float(n) for n in range(1, 151)], first=date(2025, 6, 2))
    with database._file.reading() as db:
        assert db.execute("SELECT count(*) FROM bar_chunks").get == 2

    def closes(last: int | None) -> list[float]:
        return list(database.bars(MAOTAI, Period.DAY, last=last).close_cny)

    assert closes(3) == [148, 149, 150]
    assert closes(140) == list(range(11, 151))
    assert closes(None) == list(range(1, 151))


@pytest.mark.parametrize(("now", "seen"), [
    ("2024-01-02T14:59:59", 0), ("2024-01-02T15:00", 1), ("2024-01-03T09:30", 1),
    ("2024-01-04T15:00", 3),
])
def test_a_bar_that_has_not_ended_is_not_seen(tmp_path: Path, now: str, seen: int) -> None:
    database = filled(tmp_path, [10.0, 10.1, 10.2], now=now)

    assert len(database.bars(MAOTAI, Period.DAY)) == seen
    assert len(database.bars(MAOTAI, Period.DAY, last=2)) == min(seen, 2)
    assert len(database.table(Period.DAY)) == seen
    assert database.sessions(Period.DAY) == [day for day in DAYS[:3] if day.isoformat() <= now]
    assert len(database.recorded_days(Period.DAY)) == 3


def test_an_unknown_symbol_has_no_bars_no_facts_and_no_instrument(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0])

    assert len(database.bars(BANK, Period.DAY)) == 0
    assert database.instrument(BANK) is None
    assert database.day_facts(BANK, DAYS[0]) is None


def test_storing_merges_and_reports(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0, 10.1])

    result = database.store_bars(a_table({BANK: [5.0], MAOTAI: [10.0, 99.0, 10.2]}))

    assert (result.stored, result.known, result.replaced) == (2, 1, 0)
    assert result.conflicts.tolist() == [2]            # the row of 99.0 in the table
    assert database.bars(MAOTAI, Period.DAY).close_cny.tolist() == [10.0, 10.1, 10.2]


def test_a_whole_universe_is_one_table(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0, 10.1])
    database.store_bars(a_table({BANK: [5.0, 5.1, 5.2]}))

    table = database.table(Period.DAY, fields=("close_cny",))

    assert table.symbols == (BANK, MAOTAI)
    assert table.close_cny[table.slice_of(BANK)].tolist() == [5.0, 5.1, 5.2]
    assert table.close_cny[table.slice_of(MAOTAI)].tolist() == [10.0, 10.1]
    assert np.isnan(table.open_cny).all()              # not asked for
    assert database.table(Period.DAY, [MAOTAI]).symbols == (MAOTAI,)


def test_prices_are_adjusted_by_the_published_factor(tmp_path: Path) -> None:
    factor = np.array([1.0, 2.0, 2.0])
    database = filled(tmp_path, [10.0, 5.0, 5.5], adj_factor=factor)

    def closes(adjust: Adjust) -> list[float]:
        return list(database.bars(MAOTAI, Period.DAY, adjust).close_cny)

    assert closes(Adjust.NONE) == [10.0, 5.0, 5.5]
    assert closes(Adjust.QFQ) == [5.0, 5.0, 5.5]
    assert closes(Adjust.HFQ) == [10.0, 10.0, 11.0]


def test_forward_adjustment_is_anchored_at_the_last_visible_bar(tmp_path: Path) -> None:
    prev_close = np.array([np.nan, 10.0, 5.0])
    early = filled(tmp_path, [10.0, 10.0, 5.0], now="2024-01-03T15:00", prev_close_cny=prev_close)

    assert early.bars(MAOTAI, Period.DAY, Adjust.QFQ).close_cny.tolist() == [10.0, 10.0]


def test_backward_adjustment_of_a_tail_keeps_the_first_sessions_prices(tmp_path: Path) -> None:
    prev_close = np.array([np.nan, 10.0, 5.0])
    database = filled(tmp_path, [10.0, 10.0, 5.0], prev_close_cny=prev_close)

    assert database.bars(MAOTAI, Period.DAY, Adjust.HFQ, last=1).close_cny.tolist() == [10.0]


def with_minutes(folder: Path, now: str) -> MarketDatabase:
    stamps = [wall_s(f"2024-01-{day}T{at}") for day in ("02", "03")
              for at in ("09:45", "10:00", "10:15", "10:30", "10:45")]
    database = a_database(folder, shanghai(now))
    database.store_bars(a_table(
        {MAOTAI: [float(n) for n in range(1, 11)]}, Period.MIN15, ts_s=stamps))
    database.store_instruments([parse_instrument(MAOTAI)])
    return database


def test_longer_bars_are_made_of_the_stored_ones(tmp_path: Path) -> None:
    database = with_minutes(tmp_path, "2024-01-03T15:00")

    half_hours = database.bars(MAOTAI, Period.MIN30)
    days = database.bars(MAOTAI, Period.DAY, last=1)

    assert half_hours.close_cny.tolist() == [2, 4, 5, 7, 9, 10]
    assert half_hours.volume_shares.tolist() == [2000, 2000, 1000, 2000, 2000, 1000]
    assert (days.open_cny.tolist(), days.close_cny.tolist()) == ([6.0], [10.0])


def test_a_longer_bar_that_is_still_running_is_not_seen(tmp_path: Path) -> None:
    database = with_minutes(tmp_path, "2024-01-03T10:45")

    assert database.bars(MAOTAI, Period.MIN15, last=1).close_cny.tolist() == [10.0]
    assert database.bars(MAOTAI, Period.MIN30, last=1).close_cny.tolist() == [9.0]
    assert database.bars(MAOTAI, Period.DAY).close_cny.tolist() == [5.0]


def test_minutes_are_adjusted_by_the_factor_of_their_day(tmp_path: Path) -> None:
    database = with_minutes(tmp_path, "2024-01-03T10:45")
    database.store_bars(a_table({MAOTAI: [5.0, 2.5]}, prev_close_cny=np.array([np.nan, 2.5])))

    bars = database.bars(MAOTAI, Period.MIN15, Adjust.QFQ)

    assert bars.close_cny.tolist() == [0.5, 1, 1.5, 2, 2.5, 6, 7, 8, 9, 10]


def test_minutes_keep_the_prices_of_their_own_last_bar(tmp_path: Path) -> None:
    database = with_minutes(tmp_path, "2024-01-04T15:00")
    prev_close = np.array([np.nan, 5.0, 5.0])          # an ex-date after the last minute
    database.store_bars(a_table({MAOTAI: [5.0, 10.0, 5.0]}, prev_close_cny=prev_close))

    assert database.bars(MAOTAI, Period.MIN15, Adjust.QFQ, last=1).close_cny.tolist() == [10.0]


def test_a_days_facts_are_those_of_its_own_bar(tmp_path: Path) -> None:
    database = filled(
        tmp_path, [10.0, 5.0], prev_close_cny=np.array([np.nan, 4.98]),
        is_st=np.array([-1, 1], dtype=np.int8), limit_up_cny=np.array([np.nan, 5.23]),
        limit_down_cny=np.array([np.nan, 4.73]),
    )

    facts = database.day_facts(MAOTAI, DAYS[1])

    assert facts is not None
    assert (facts.reference_cny, facts.st) == (Decimal("4.98"), True)
    assert (facts.limit_up_cny, facts.limit_down_cny) == (Decimal("5.23"), Decimal("4.73"))
    assert not facts.suspended


def test_without_a_reference_price_it_is_the_close_before(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0, 10.11])

    references = [facts.reference_cny for day in DAYS[:3]
                  if (facts := database.day_facts(MAOTAI, day)) is not None]

    assert references == [None, Decimal("10.00"), Decimal("10.11")]


def test_newer_minutes_give_the_close_before_where_days_are_missing(tmp_path: Path) -> None:
    facts = with_minutes(tmp_path, "2024-01-04T09:15").day_facts(MAOTAI, date(2024, 1, 4))

    assert facts is not None
    assert facts.reference_cny == Decimal("10.00")


def test_a_past_session_without_a_bar_or_without_volume_is_a_suspension(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0, 10.0, 10.0], volume_shares=np.array([1000.0, 0.0, 1000.0]))
    database.store_bars(a_table({BANK: [5.0] * 5}))

    suspended = [facts.suspended for day in DAYS
                 if (facts := database.day_facts(MAOTAI, day)) is not None]

    assert suspended == [False, True, False, True, True]


def test_todays_missing_bar_is_no_suspension(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0], now="2024-01-03T10:00")
    database.store_bars(a_table({BANK: [5.0] * 5}))

    facts = database.day_facts(MAOTAI, DAYS[1])

    assert facts is not None
    assert not facts.suspended


def test_the_listing_age_counts_sessions(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0])
    database.store_instruments([replace(parse_instrument(MAOTAI), list_date=DAYS[1])])

    ages = [facts.listed_sessions for day in DAYS[:4]
            if (facts := database.day_facts(MAOTAI, day)) is not None]

    assert ages == [None, 1, 2, 3]


@pytest.mark.parametrize(("factor", "prev_close", "cash"), [
    (2.0, 4.9, Decimal("5.10")),           # 10.00 fell to a reference of 4.90
    (1.0, 4.9, None),                      # the factor says that nothing happened
    (np.nan, 4.9, None),
    (2.0, np.nan, None),
    (2.0, 10.2, None),                     # nothing is taken from the holder
])
def test_an_ex_date_is_derived_where_the_factor_changes(
    tmp_path: Path, factor: float, prev_close: float, cash: Decimal | None
) -> None:
    database = filled(tmp_path, [10.0, 5.0], adj_factor=np.array([1.0, factor]),
                      prev_close_cny=np.array([np.nan, prev_close]))

    found = database.action(MAOTAI, DAYS[1])

    assert (None if found is None else found.cash_per_share_cny) == cash
    assert database.action(MAOTAI, DAYS[0]) is None


def test_instruments_are_seen_after_another_connection_wrote_them(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0])
    assert database.instrument(BANK) is None

    a_database(tmp_path).store_instruments([replace(parse_instrument(BANK), name="平安银行")])

    found = database.instrument(BANK)
    assert found is not None
    assert found.name == "平安银行"
    assert [each.symbol for each in database.instruments()] == [BANK, MAOTAI]


def test_a_day_is_read_past_the_clock_for_a_replay(tmp_path: Path) -> None:
    database = with_minutes(tmp_path, "2024-01-01T10:00")

    found = database.day_bars(Period.MIN15, date(2024, 1, 3))

    assert found[MAOTAI]["close_cny"].tolist() == [6, 7, 8, 9, 10]
    assert database.day_bars(Period.MIN15, date(2024, 1, 3), [BANK]) == {}
    assert len(database.bars(MAOTAI, Period.MIN15)) == 0


def test_how_far_a_file_was_read_is_remembered(tmp_path: Path) -> None:
    database, path = a_database(tmp_path), tmp_path / "a.csv"
    assert database.import_mark(path) is None

    database.mark_import(path, ImportMark(10, 20, 30, False))

    assert database.import_mark(path) == ImportMark(10, 20, 30, False)


def test_a_failed_batch_stores_nothing_of_itself(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0])
    database._file._writer.execute(
        "CREATE TRIGGER no_more BEFORE INSERT ON bar_days BEGIN SELECT RAISE(ABORT, 'stop'); END")

    with pytest.raises(apsw.ConstraintError):
        database.store_bars(a_table({BANK: [5.0] * 5}))

    assert database.bar_symbols(Period.DAY) == [MAOTAI]


def test_a_damaged_block_is_refused_by_symbol(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0, 10.1])
    database._file._writer.execute("UPDATE bar_chunks SET body = zeroblob(length(body))")

    for read in (lambda: database.bars(MAOTAI, Period.DAY), lambda: database.table(Period.DAY),
                 lambda: database.day_bars(Period.DAY, DAYS[0])):
        with pytest.raises(DataError, match=r"600519\.SH does not match its checksum"):
            read()


def test_threads_read_while_another_writes(tmp_path: Path) -> None:
    database = filled(tmp_path, [10.0] * 5)
    lengths: list[int] = []

    def read() -> None:
        lengths.extend(len(database.bars(MAOTAI, Period.DAY)) for _ in range(50))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for thread in readers:
        thread.start()
    for count in range(6, 30):
        database.store_bars(a_table({MAOTAI: [10.0] * count}))
    for thread in readers:
        thread.join()

    assert len(lengths) == 200
    assert lengths[0] >= 5
    database.close()


def test_the_clock_decides_what_is_past(tmp_path: Path) -> None:
    clock = SimClock(shanghai("2024-01-02T09:15"))
    database = MarketDatabase(tmp_path / "market.db", clock, exchange_calendar())
    database.store_bars(a_table({MAOTAI: [10.0, 10.1]}))

    seen = []
    for moment in ("2024-01-02T15:00", "2024-01-03T15:00"):
        clock.move_to(shanghai(moment))
        seen.append(len(database.bars(MAOTAI, Period.DAY)))

    assert seen == [1, 2]
