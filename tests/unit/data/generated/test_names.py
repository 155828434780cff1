import re
from pathlib import Path

import pytest

from core.types import Board
from data.generated.names import FUND_INDUSTRY, INDUSTRIES, company, fund, fund_theme
from data.generated.universe import MAX_SYMBOLS, listings

REAL = Path(__file__).parents[4] / "../shared/data/stock_basic.parquet"


def test_a_company_is_named_after_two_invented_characters_and_its_industry() -> None:
    name = company(0, Board.MAIN)

    assert (name.text, name.pinyin, name.industry) == ("澜川电气", "LCDQ", "电力设备")


def test_no_two_instruments_share_a_name_or_its_invented_part() -> None:
    names = [item.instrument.name for item in listings(MAX_SYMBOLS)]

    assert len({name[:2] for name in names}) == len(names)


def test_every_name_has_an_initial_for_each_character() -> None:
    for item in listings(MAX_SYMBOLS):
        letters = re.sub(r"[A-Z]+$", "", item.instrument.name)
        latin = item.instrument.name.removeprefix(letters)
        assert item.instrument.pinyin.removesuffix(latin).isascii()
        assert len(item.instrument.pinyin) == len(item.instrument.name)


def test_a_board_lists_only_industries_that_fit_it() -> None:
    fitting = {industry.name for industry in INDUSTRIES if Board.STAR in industry.boards}

    assert {company(number, Board.STAR).industry for number in range(100)} <= fitting
    assert "银行" not in fitting


def test_a_fund_says_what_it_follows() -> None:
    assert fund(4, 100).text.endswith("黄金ETF")
    assert (fund_theme(4), fund(4, 100).industry) == ("黄金", FUND_INDUSTRY)


@pytest.mark.shared
@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared")
def test_no_name_is_that_of_a_company_listed_now_or_before() -> None:
    import pyarrow.parquet as pq

    real = {re.sub(r"\s|\*?ST|退|[AＡ]$", "", text)
            for text in pq.read_table(REAL, columns=["name"]).column("name").to_pylist()}
    ours = {item.instrument.name for item in listings(MAX_SYMBOLS)}

    assert not ours & real
    assert not {name[:2] for name in ours} & real
