from collections import Counter
from pathlib import Path

import pytest

from core.exceptions import ConfigError
from core.symbols import parse_instrument
from core.types import Board, Exchange, Kind, Origin
from data.generated.universe import MAX_SYMBOLS, PACK_SYMBOLS, Plan, listings

REAL = Path(__file__).parents[4] / "../shared/data/stock_basic.parquet"


def test_a_larger_market_only_adds_to_a_smaller_one() -> None:
    assert listings(MAX_SYMBOLS)[:20] == listings(20)


def test_even_the_pack_has_every_board_and_a_fund() -> None:
    boards = {item.instrument.board for item in listings(PACK_SYMBOLS)}

    assert boards == {Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE, Board.FUND}


def test_the_default_market_has_320_instruments_of_which_most_are_main_board() -> None:
    counts = Counter(item.instrument.board for item in listings(Plan().symbols))

    assert sum(counts.values()) == 320
    assert counts[Board.MAIN] == 208
    assert min(counts.values()) >= 16


def test_a_code_is_what_the_rules_say_its_board_looks_like() -> None:
    for item in listings(MAX_SYMBOLS):
        parsed = parse_instrument(item.instrument.symbol)
        assert (parsed.symbol, parsed.exchange, parsed.board, parsed.kind) == (
            item.instrument.symbol, item.instrument.exchange, item.instrument.board,
            item.instrument.kind)


def test_every_instrument_is_labelled_as_generated() -> None:
    assert {item.instrument.origin for item in listings(MAX_SYMBOLS)} == {Origin.GENERATED}


def test_symbols_are_unique() -> None:
    assert len({item.instrument.symbol for item in listings(MAX_SYMBOLS)}) == MAX_SYMBOLS


def test_a_gold_fund_may_be_resold_today_and_a_chinext_fund_has_the_wide_band() -> None:
    funds = [item.instrument for item in listings(200) if item.instrument.kind is Kind.ETF]

    assert {fund.t0 for fund in funds if "黄金" in fund.name} == {True}
    assert {fund.wide_band for fund in funds if "创业板" in fund.name} == {True}
    assert sum(fund.t0 for fund in funds) < len(funds) / 2


@pytest.mark.parametrize("size", [{"symbols": 3}, {"symbols": 401}, {"sessions": 10}])
def test_a_market_that_cannot_be_made_is_refused_by_the_name_of_its_setting(
    size: dict[str, int]
) -> None:
    with pytest.raises(ConfigError, match="market." + next(iter(size))):
        Plan(**size)  # type: ignore[arg-type]  # the keys are those of the parameters


def test_a_short_plan_still_leaves_half_of_its_sessions_to_live() -> None:
    assert (Plan().live_sessions, Plan(sessions=60).live_sessions) == (64, 30)


@pytest.mark.shared
@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared")
def test_no_code_is_or_was_that_of_a_listed_company() -> None:
    import pyarrow.parquet as pq

    real = {symbol[:6] for symbol in
            pq.read_table(REAL, columns=["symbol"]).column("symbol").to_pylist()}

    assert not real & {item.instrument.symbol[:6] for item in listings(MAX_SYMBOLS)}
    assert Exchange.BSE in {item.instrument.exchange for item in listings(MAX_SYMBOLS)}
