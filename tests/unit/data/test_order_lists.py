from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.exceptions import DataError
from core.types import ActionRow, OrderLine, OrderSide, OrderType
from data.order_lists import read_actions, read_orders
from tests.support.market_bars import a_csv


def an_order(**changes: object) -> dict[str, object]:
    return {"ts": "2024-01-02", "symbol": "600519.SH", "side": "BUY", "shares": 100,
            "type": "LIMIT", "limit_price": "10.10", "tag": "t1"} | changes


def an_action(**changes: object) -> dict[str, object]:
    return {"symbol": "600519.SH", "ex_date": "2024-01-02", "cash_per_share": "0.40",
            "bonus_per_share": "0.2", "rights_per_share": "", "rights_price": ""} | changes


def test_an_order_keeps_its_exact_price_its_place_and_its_tag(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "o.csv", [
        an_order(), an_order(side="sell", type="MARKET", limit_price="", tag="", symbol="sz000001"),
    ])

    first, second = read_orders(path)

    assert first == OrderLine(
        line=2, ts="2024-01-02", day=date(2024, 1, 2), symbol="600519.SH", side=OrderSide.BUY,
        shares=100, type=OrderType.LIMIT, limit_cny=Decimal("10.10"), tag="t1")
    assert str(first.limit_cny) == "10.10"
    assert (second.line, second.symbol, second.side, second.limit_cny) == (
        3, "000001.SZ", OrderSide.SELL, None)


def test_a_file_without_tags_will_do(tmp_path: Path) -> None:
    row = an_order()
    del row["tag"]

    assert read_orders(a_csv(tmp_path / "o.csv", [row]))[0].tag == ""


def test_a_symbol_nobody_knows_is_left_for_the_backtest_to_refuse(tmp_path: Path) -> None:
    assert read_orders(a_csv(tmp_path / "o.csv", [an_order(symbol="XYZ")]))[0].symbol == "XYZ"


@pytest.mark.parametrize(("change", "reason"), [
    ({"shares": 0}, "above zero"),
    ({"shares": -100}, "whole number above zero"),
    ({"shares": 100.5}, "whole number above zero"),
    ({"shares": "many"}, "whole number above zero"),
    ({"shares": ""}, "must not be empty"),
    ({"shares": "9" * 40}, "more than"),
    ({"shares": "9" * 5_000}, "more than"),
    ({"limit_price": "1e999999"}, "more than"),
    ({"side": "HOLD"}, "BUY or SELL"),
    ({"side": ""}, "must not be empty"),
    ({"type": "STOP"}, "LIMIT or MARKET"),
    ({"ts": "2024-02-30"}, "no date"),
    ({"ts": ""}, "must be a date"),
    ({"limit_price": ""}, "a LIMIT order needs one"),
    ({"limit_price": "ten"}, "no number"),
    ({"limit_price": "NaN"}, "a LIMIT order needs one"),
    ({"limit_price": "-1"}, "above zero"),
    ({"symbol": "000001"}, "000001.SZ"),
    ({"symbol": ""}, "must not be empty"),
])
def test_what_is_no_order_is_refused_by_its_line(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(DataError, match=rf"line 3.*{reason}"):
        read_orders(a_csv(tmp_path / "o.csv", [an_order(), an_order(**change)]))


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="side, shares wanted"):
        read_orders(a_csv(tmp_path / "o.csv", [
            {"ts": 1, "symbol": "a", "type": "b", "limit_price": "c"}]))


def test_an_action_is_exact_and_unsaid_parts_are_nothing(tmp_path: Path) -> None:
    (found,) = read_actions(a_csv(tmp_path / "a.csv", [an_action()]))

    assert found == ActionRow(
        symbol="600519.SH", ex_date=date(2024, 1, 2), cash_per_share_cny=Decimal("0.40"),
        bonus_per_share=Decimal("0.2"))


@pytest.mark.parametrize(("change", "reason"), [
    ({"symbol": "000001"}, "ambiguous"),
    ({"ex_date": ""}, "must be a date"),
    ({"cash_per_share": "-1"}, "must not be negative"),
    ({"rights_per_share": "0.3"}, "need a price"),
])
def test_what_is_no_action_is_refused_by_its_line(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(DataError, match=rf"line 3.*{reason}"):
        read_actions(a_csv(tmp_path / "a.csv", [an_action(), an_action(**change)]))


def test_a_list_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(an_action()) + "\n")

    assert read_actions(path) == ()
