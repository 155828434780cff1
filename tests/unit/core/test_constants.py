from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from core import constants
from core.constants import CODE_RANGES, FEES, LIMIT_PCT, LOT_SIZE, TABLES, TRADING_HOURS
from core.types import Board, Exchange


def test_the_names_of_the_manual_are_here() -> None:
    assert constants.HOLIDAYS
    assert LIMIT_PCT
    assert LOT_SIZE
    assert TRADING_HOURS
    assert all(hasattr(constants, name) for name in constants.__all__)


@pytest.mark.parametrize("title", [title for title, _ in TABLES])
def test_every_row_says_how_well_it_is_proven_and_by_what(title: str) -> None:
    for row in dict(TABLES)[title]:
        values = row._asdict()
        since, until = values.get("since"), values.get("until")
        assert values["grade"] in set("ABCU")
        assert len(values["source"]) > 10
        assert until is None or since is None or since <= until


def test_every_table_of_rows_is_in_the_manual() -> None:
    tables = {id(rows) for _, rows in TABLES}
    here = [
        value for name, value in vars(constants).items()
        if name.isupper() and isinstance(value, tuple) and name != "TABLES"
    ]

    assert {id(value) for value in here} == tables


def test_no_two_prefixes_of_an_exchange_are_equal() -> None:
    keys = [(row.exchange, row.prefix) for row in CODE_RANGES]

    assert len(keys) == len(set(keys))


def test_traded_boards_have_every_kind_of_row() -> None:
    traded = {Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE, Board.FUND}

    for table in (constants.LIMIT_PCT, constants.TICKS, constants.LOT_SIZE, constants.MAX_ORDER,
                  constants.ORDER_TYPES, constants.RESALE):
        assert traded <= {row.board for row in table}


@pytest.mark.parametrize("item", ["stamp_duty", "transfer_fee", "handling", "regulatory"])
@pytest.mark.parametrize("exchange", [Exchange.SSE, Exchange.SZSE, Exchange.BSE])
def test_the_rows_of_a_fee_follow_each_other_without_gap_or_overlap(
    item: str, exchange: Exchange
) -> None:
    rows = [row for row in FEES if row.item == item and row.exchange in (None, exchange)]

    assert rows[-1].until is None
    for before, after in pairwise(rows):
        assert before.until is not None
        assert (after.since - before.until).days == 1


def test_facts_that_are_often_wrong_elsewhere() -> None:
    """The ten facts of market-rules 0, as rows."""
    st_rows = [r for r in LIMIT_PCT if r.board is Board.MAIN and r.st]
    assert [(r.since, r.limit_pct) for r in st_rows] == [
        (date(1998, 4, 22), Decimal(5)), (date(2026, 7, 6), Decimal(10))]
    star = next(r for r in LOT_SIZE if r.board is Board.STAR)
    assert (star.min_shares, star.step_shares) == (200, 1)
    assert next(r for r in CODE_RANGES if r.prefix == "920").exchange is Exchange.BSE
    beijing = next(r for r in constants.AFTER_HOURS if r.board is Board.BSE)
    assert beijing.since is None
    assert constants.COMMISSION[0].min_cny == Decimal("5.00")
