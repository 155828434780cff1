from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.exceptions import DataError
from data.broker_statements import COLUMNS, read_broker_statement

D = Decimal
CHINESE = ("成交日期,证券代码,证券名称,操作,成交数量,成交均价,成交金额,手续费,印花税,过户费,"
           "发生金额,资金余额,成交编号\n"
           '20240304,600519,贵州茅台,证券买入,100,"1,700.000",170000.00,51.00,0.00,1.70,'
           "-170052.70,829947.30,0001\n"
           '20240305,="000001",平安银行,证券卖出,-200,10.5,2100.00,5.00,1.05,0.02,2093.93,'
           "832041.23,--\n"
           "20240306,600519,贵州茅台,股息红利税补缴,0,0,0.00,0.00,0.00,0.00,-12.00,832029.23,\n"
           "20240306,600519,贵州茅台,股息入账,0,0,0.00,0.00,0.00,0.00,60.00,832089.23,\n"
           "20240306,,,银行转存,0,0,0.00,0.00,0.00,0.00,10.00,832099.23,\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_chinese_delivery_list_is_read_exactly(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(CHINESE.encode(encoding))
    buy, sell, tax, dividend, transfer = read_broker_statement(file)

    assert (buy.day, buy.kind, buy.symbol, buy.shares) == (
        date(2024, 3, 4), "BUY", "600519.SH", 100)
    assert (buy.price_cny, buy.amount_cny, buy.cash_change_cny, buy.trade_id) == (
        D("1700.000"), D("170000.00"), D("-170052.70"), "0001")
    assert (sell.kind, sell.symbol, sell.shares, sell.stamp_duty_cny) == (
        "SELL", "000001.SZ", 200, D("1.05"))
    assert [each.kind for each in (tax, dividend, transfer)] == ["TAX", "DIVIDEND", "OTHER"]
    assert (transfer.symbol, transfer.cash_after_cny, transfer.line) == ("", D("832099.23"), 6)


def test_english_columns_and_house_codes_are_read(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("trading_day,kind,symbol,shares,price_cny\n2024-03-04,BUY,510300.SH,100,4.001\n"
                    "2024-03-04,sell,1,100,\n2024-03-04,transfer,920001,0,\n", "utf-8")
    first, second, third = read_broker_statement(file)

    assert (first.price_cny, first.amount_cny, first.symbol) == (D("4.001"), None, "510300.SH")
    assert (second.kind, second.symbol, second.price_cny) == ("SELL", "000001.SZ", None)
    assert (third.kind, third.symbol) == ("OTHER", "920001.BJ")


@pytest.mark.parametrize("word", ["股息红利差异扣税", "红利差异税扣税", "股息红利税补缴"])
def test_the_tax_on_dividends_has_many_names(tmp_path: Path, word: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"日期,操作,证券代码,数量\n20240304,{word},600519,0\n", "utf-8")

    assert read_broker_statement(file)[0].kind == "TAX"


def test_the_market_column_decides_before_the_digits(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("日期,操作,证券代码,交易市场,数量\n20240304,买入,000001,深圳A股,100\n", "utf-8")

    assert read_broker_statement(file)[0].symbol == "000001.SZ"


@pytest.mark.parametrize(("row", "why"), [
    ("someday,BUY,600519.SH,100,1", "no date"), (",BUY,600519.SH,100,1", "must be a date"),
    ("20240304,BUY,600519.SH,1.5,1", "whole number"), ("20240304,BUY,600519.SH,x,1", "no number"),
    ("20240304,BUY,600519.SH,1E+999999999,1", "such a number"),
    ("20240304,BUY,600519.SH,100,1E-999999", "such a number"),
    ("20240304,BUY,600519.SH,100,Infinity", "no number"), ("20240304,BUY,??,100,1", "line 2"),
    ("20240304,,600519.SH,100,1", "must not be empty")])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, row: str, why: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"day,kind,symbol,shares,price\n{row}\n", "utf-8")

    with pytest.raises(DataError, match=why):
        read_broker_statement(file)


def test_a_file_without_the_needed_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("a,b,c,d\n1,2,3,4\n", "utf-8")

    with pytest.raises(DataError, match="no column for day, kind, symbol, shares"):
        read_broker_statement(file)


def test_the_page_names_every_heading() -> None:
    page = (Path(__file__).parents[3] / "docs" / "statement.md").read_text("utf-8")
    assert [name for names in COLUMNS.values() for name in names if name not in page] == []
