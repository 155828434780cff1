from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.exceptions import DataError
from core.types import Board, Kind
from data.bar_files import open_table
from data.instrument_lists import is_instrument_list, listed_instruments, read_instruments
from tests.support.market_bars import a_csv, a_parquet, a_row


def test_a_list_gives_what_it_knows_and_the_code_gives_the_rest(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "i.csv", [
        {"symbol": "688981.SH", "list_date": "2020-07-16", "delist_date": "", "issue_price": 27.46,
         "t0": "", "kind": ""},
        {"symbol": "510300.SH", "list_date": "2012-05-28", "delist_date": "", "issue_price": "",
         "t0": 1, "kind": "lof"},
    ])

    chip, fund = read_instruments(path)

    assert (chip.board, chip.list_date) == (Board.STAR, date(2020, 7, 16))
    assert (chip.issue_price_cny, chip.delist_date, chip.t0) == (Decimal("27.46"), None, False)
    assert (fund.kind, fund.t0, fund.issue_price_cny) == (Kind.LOF, True, None)


def test_a_vendors_list_is_read_by_its_own_names(tmp_path: Path) -> None:
    path = a_parquet(tmp_path / "i.parquet", [
        {"ts_code": "000002.SZ", "name": "万科Ａ", "industry": "全国地产", "list_date": "19910129",
         "cnspell": "wka"},
    ])

    (found,) = read_instruments(path)

    assert (found.name, found.industry, found.pinyin) == ("万科Ａ", "全国地产", "WKA")


@pytest.mark.parametrize(("change", "reason"), [
    ({"symbol": "000001"}, "ambiguous"),
    ({"list_date": "soon"}, "no date"),
    ({"delist_date": "2019-01-01"}, "before list_date"),
    ({"issue_price": 0}, "above zero"),
    ({"kind": "tulip"}, "none of STOCK"),
    ({"t0": "maybe"}, "1 or 0"),
])
def test_a_line_that_cannot_be_read_is_named(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    good = {"symbol": "600519.SH", "list_date": "2020-01-02", "delist_date": "",
            "issue_price": "", "t0": "", "kind": ""}

    with pytest.raises(DataError, match=rf"line 3.*{reason}"):
        read_instruments(a_csv(tmp_path / "i.csv", [good, good | change]))


def test_an_import_takes_the_good_lines_and_lists_the_others(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "i.csv", [
        {"symbol": "600519.SH", "name": "贵州茅台", "list_date": "20010827", "area": "贵州"},
        {"symbol": "TS0018.SH", "name": "上港集箱", "list_date": "20000719", "area": "上海"},
    ])

    found, faults = listed_instruments(open_table(path))

    assert [each.symbol for each in found] == ["600519.SH"]
    assert [line for line, _ in faults] == [3]


def test_bars_are_not_taken_for_a_list(tmp_path: Path) -> None:
    bars = a_csv(tmp_path / "b.csv", [a_row(industry="x")])
    listed = a_csv(tmp_path / "i.csv", [
        {"symbol": "600519.SH", "list_date": "20010827", "name": "x", "area": "y"}])

    assert not is_instrument_list(open_table(bars))
    assert is_instrument_list(open_table(listed))


def test_a_list_without_symbols_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column symbol"):
        read_instruments(a_csv(tmp_path / "i.csv", [{"a": 1, "b": 2, "c": "x", "d": "y"}]))
