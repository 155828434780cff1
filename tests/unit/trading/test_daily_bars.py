from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from core.calendar import exchange_calendar
from core.exceptions import DataError
from core.symbols import parse_instrument
from core.types import ActionRow, BarTable, Instrument
from tests.support.daily_table import DAYS, NAN, a_day, a_table
from tests.support.desk import CNY, MAIN
from trading.daily_bars import DailyBars

OTHER = "000001.SZ"


def market(
    table: BarTable, *, instruments: tuple[Instrument, ...] = (),
    actions: tuple[ActionRow, ...] = (),
) -> DailyBars:
    return DailyBars(table, exchange_calendar(), instruments=instruments, actions=actions)


def test_prices_are_exact_however_the_file_spelled_them() -> None:
    found = market(a_table({MAIN: [a_day(0.1 + 0.2, low=0.29, high=1234.56)]}))
    bar = found.bar(MAIN, DAYS[0])

    assert bar is not None
    assert (bar.open_cny, bar.low_cny, bar.high_cny) == (CNY("0.30"), CNY("0.29"), CNY("1234.56"))


@pytest.mark.parametrize(("value", "exact"), [
    (10.00005, "10.0001"), (10.00004999, "10.0000"), (2.675, "2.675"), (1e7 + 0.01, "10000000.01")])
def test_a_price_finer_than_the_ledger_is_taken_by_its_text_half_up(
    value: float, exact: str
) -> None:
    bar = market(a_table({MAIN: [a_day(value)]})).bar(MAIN, DAYS[0])

    assert bar is not None
    assert bar.open_cny == CNY(exact)


def test_the_reference_is_the_published_one_else_the_previous_close() -> None:
    found = market(a_table({MAIN: [
        a_day(10, prev_close=NAN), a_day(11, prev_close=NAN), None, a_day(12, prev_close=11.5)]}))
    references = [facts.reference_cny for day in DAYS[:4]
                  if (facts := found.day_facts(MAIN, day)) is not None]

    assert references == [None, CNY("10.00"), None, CNY("11.50")]


def test_actions_since_the_previous_bar_move_the_reference_one_after_the_other() -> None:
    actions = (
        ActionRow(symbol=MAIN, ex_date=DAYS[2], cash_per_share_cny=Decimal("1")),
        ActionRow(symbol=MAIN, ex_date=DAYS[1], bonus_per_share=Decimal("1")),
        ActionRow(symbol=MAIN, ex_date=DAYS[0], cash_per_share_cny=Decimal("5")))
    found = market(a_table({MAIN: [a_day(10), None, a_day(4, prev_close=NAN)]}), actions=actions)
    facts = found.day_facts(MAIN, DAYS[2])

    assert facts is not None
    assert facts.reference_cny == CNY("4.00")           # 10 / 2 - 1


@pytest.mark.parametrize(("bar", "suspended"), [
    (a_day(10), False), (a_day(10, suspended=1), True), (a_day(10, suspended=0), False),
    (a_day(10, volume=0), True), (a_day(10, volume=NAN), True), (a_day(10, open=NAN), True),
    (None, True)])
def test_only_a_bar_with_volume_and_prices_is_a_day_of_trading(
    bar: dict[str, float] | None, suspended: bool
) -> None:
    found = market(a_table({MAIN: [bar, a_day(10)], OTHER: [a_day(1)]}))
    facts = found.day_facts(MAIN, DAYS[0])

    assert facts is not None
    assert facts.suspended is suspended
    assert (found.bar(MAIN, DAYS[0]) is None) is suspended


def test_unknown_flags_are_unknown_and_known_ones_are_taken() -> None:
    found = market(a_table({MAIN: [a_day(10), a_day(10, is_st=1), a_day(10, is_st=0)]}))
    flags = [facts.st for day in DAYS[:3] if (facts := found.day_facts(MAIN, day)) is not None]

    assert flags == [False, True, False]


def test_the_listing_age_counts_sessions_and_is_unknown_without_a_date() -> None:
    listed = replace(parse_instrument(MAIN), list_date=date(2024, 3, 2))      # a Saturday
    table = a_table({MAIN: [a_day(10)] * 3})
    ages = [facts.listed_sessions for day in DAYS[:3]
            if (facts := market(table, instruments=(listed,)).day_facts(MAIN, day)) is not None]

    assert ages == [1, 2, 3]
    facts = market(table).day_facts(MAIN, DAYS[0])
    assert facts is not None
    assert facts.listed_sessions is None


def test_nobody_knows_a_symbol_without_bars_even_if_it_is_in_the_list() -> None:
    found = market(a_table({MAIN: [a_day(10)]}), instruments=(parse_instrument(OTHER),))

    assert found.instrument(OTHER) is None
    assert found.day_facts(OTHER, DAYS[0]) is None
    assert found.bar(OTHER, DAYS[0]) is None


def test_the_closes_of_a_day_are_those_that_are_known() -> None:
    found = market(a_table({MAIN: [a_day(10), a_day(10, close=NAN)], OTHER: [a_day(3.5)] * 2}))

    assert found.closes_e4(DAYS[0]) == {MAIN: 100_000, OTHER: 35_000}
    assert found.closes_e4(DAYS[1]) == {OTHER: 35_000}
    assert found.closes_e4(DAYS[9]) == {}


def test_a_change_of_the_factor_is_an_ex_date_within_one_symbol_only() -> None:
    found = market(a_table({
        MAIN: [a_day(10), a_day(9, prev_close=9.5, adj_factor=1.05), a_day(9, adj_factor=1.05)],
        OTHER: [a_day(3, adj_factor=7), a_day(3, adj_factor=NAN), a_day(3, adj_factor=8)]}))

    assert found.factor_steps() == {DAYS[1]: [(MAIN, 5_000)]}


def test_bars_on_days_without_a_session_are_counted() -> None:
    days = (date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 4))
    assert market(a_table({MAIN: [a_day(10)] * 3}, days)).off_calendar() == 1


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(DataError, match="no bars"):
        market(a_table({}))
    assert np.isnan(NAN)
