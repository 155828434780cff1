from pathlib import Path

import pytest

from core.exceptions import DataError
from data.bar_files import TableFile
from data.bar_formats import BarFormat, layout_of

TDX = ("日期", "开盘", "最高", "最低", "收盘", "成交量", "成交额")
EASTMONEY = ("日期", "股票代码", "开盘", "收盘", "最高", "最低", "成交量", "成交额", "振幅",
             "涨跌幅", "涨跌额", "换手率")
SINA = ("date", "open", "high", "low", "close", "volume", "amount", "outstanding_share")
TUSHARE = ("ts_code", "trade_date", "open", "high", "low", "close", "pre_close", "change",
           "pct_chg", "vol", "amount")
CANONICAL = ("symbol", "ts", "open", "high", "low", "close", "volume", "amount")


def a_file(columns: tuple[str, ...], name: str = "a.csv", title: str = "") -> TableFile:
    return TableFile(Path(name), columns, title=title)


@pytest.mark.parametrize(("columns", "name", "title", "format"), [
    (CANONICAL, "a.csv", "", BarFormat.CANONICAL),
    (TUSHARE, "a.csv", "", BarFormat.TUSHARE),
    (TDX, "SH#600519.txt", "600519 贵州茅台 日线 不复权", BarFormat.TDX),
    (EASTMONEY, "sh600519.csv", "", BarFormat.AKSHARE),
    (SINA, "sh600519.csv", "", BarFormat.AKSHARE),
])
def test_a_format_is_known_by_its_header(
    columns: tuple[str, ...], name: str, title: str, format: BarFormat
) -> None:
    assert layout_of(a_file(columns, name, title)).format is format


@pytest.mark.parametrize(("columns", "name", "factors"), [
    (CANONICAL, "a.csv", (1, 1)),
    (TUSHARE, "a.csv", (100, 1000)),
    (("ts_code", "trade_time", *TUSHARE[2:]), "a.csv", (1, 1)),
    (EASTMONEY, "sh600519.csv", (100, 1)),
    (SINA, "sh600519.csv", (1, 1)),
    (TDX, "SH#600519.txt", (1, 1)),
])
def test_each_vendor_has_its_units(
    columns: tuple[str, ...], name: str, factors: tuple[int, int]
) -> None:
    layout = layout_of(a_file(columns, name))

    assert (layout.volume_factor, layout.amount_factor) == factors


@pytest.mark.parametrize("name", ["prev_close", "preclose", "pre_close"])
def test_the_reference_price_has_three_names(name: str) -> None:
    assert layout_of(a_file((*CANONICAL, name))).floats["prev_close_cny"] == name


def test_columns_that_no_field_uses_are_listed() -> None:
    assert layout_of(a_file((*CANONICAL, "src", "turnover_pct"))).ignored == ("src", "turnover_pct")


def test_a_header_that_fits_two_vendors_is_not_guessed() -> None:
    with pytest.raises(DataError, match=r"tdx counts volume in shares.*--format"):
        layout_of(a_file(TDX, "sh600519.csv"))


def test_the_asked_format_settles_it() -> None:
    assert layout_of(a_file(TDX, "sh600519.csv"), "akshare").volume_factor == 100


@pytest.mark.parametrize("word", ["前复权", "后复权"])
def test_an_adjusted_tdx_export_is_refused(word: str) -> None:
    with pytest.raises(DataError, match="adjusted prices"):
        layout_of(a_file(TDX, "SH#600519.txt", f"600519 贵州茅台 日线 {word}"))


def test_a_file_that_names_no_instrument_is_refused() -> None:
    with pytest.raises(DataError, match="which instrument"):
        layout_of(a_file(SINA, "bars.csv"))


def test_a_file_name_that_says_the_exchange_wins_over_a_bare_code_column() -> None:
    layout = layout_of(a_file(EASTMONEY, "sz000001_daily.csv"))

    assert (layout.symbol, layout.file_symbol) == ("", "sz000001")


def test_a_bare_file_name_leaves_the_column() -> None:
    assert layout_of(a_file(EASTMONEY, "600519.csv")).symbol == "股票代码"


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataError, match=r"low, close wanted"):
        layout_of(a_file(("symbol", "ts", "open", "high", "volume")))


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(DataError, match="lacks columns"):
        layout_of(a_file(("id", "city", "people", "area")))
