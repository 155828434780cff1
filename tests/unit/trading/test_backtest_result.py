import hashlib
import json
from pathlib import Path

import pytest

from core.settings_types import TradingSettings
from tests.support.daily_table import DAYS, a_day, a_line, a_table
from tests.support.desk import CNY, FUND, MAIN
from trading.backtest import BacktestInput, run_order_list
from trading.backtest_result import (
    BacktestResult,
    amount_text,
    price_text,
    write_equity,
    write_order_log,
    write_trades,
)


@pytest.fixture(name="result")
def _result() -> BacktestResult:
    table = a_table({MAIN: [a_day(10), a_day(10.5)], FUND: [a_day(4.123), a_day(4.12)]})
    return run_order_list(
        BacktestInput(bars=table, trading=TradingSettings(initial_cash_cny=CNY("50000.00"))), [
            a_line(0, MAIN, "BUY", 300, "10.00", tag="a,b"), a_line(0, FUND, "BUY", 1_000),
            a_line(0, MAIN, "SELL", 300, "10.001"), a_line(1, MAIN, "SELL", 300)])


def test_the_order_log_has_a_row_for_every_order(result: BacktestResult, tmp_path: Path) -> None:
    write_order_log(result, tmp_path / "log.csv")

    assert (tmp_path / "log.csv").read_text("utf-8") == (
        "tag,ts,symbol,side,shares,type,limit_price,status,code,filled_shares,price,"
        "commission_cny,stamp_duty_cny,transfer_fee_cny\n"
        '"a,b",2024-03-04,600519.SH,BUY,300,LIMIT,10.00,FILLED,,300,10.00,5.00,0.00,0.03\n'
        ",2024-03-04,510300.SH,BUY,1000,MARKET,,FILLED,,1000,4.123,5.00,0.00,0.00\n"
        ",2024-03-04,600519.SH,SELL,300,LIMIT,10.001,REFUSED,TICK,0,,0.00,0.00,0.00\n"
        ",2024-03-05,600519.SH,SELL,300,MARKET,,FILLED,,300,10.50,5.00,1.58,0.03\n")


def test_the_trades_have_a_row_for_every_fill_and_their_hash_is_the_ledgers(
    result: BacktestResult, tmp_path: Path
) -> None:
    write_trades(result, tmp_path / "trades.csv")
    header, rows = (tmp_path / "trades.csv").read_text("utf-8").split("\n", 1)

    assert header == ("order_id,tag,ts,symbol,side,shares,price,amount_cny,commission_cny,"
                      "stamp_duty_cny,transfer_fee_cny,cash_after_cny")
    assert rows == (
        '1,"a,b",2024-03-04,600519.SH,BUY,300,10.00,3000.00,5.00,0.00,0.03,46994.97\n'
        "2,,2024-03-04,510300.SH,BUY,1000,4.123,4123.00,5.00,0.00,0.00,42866.97\n"
        "4,,2024-03-05,600519.SH,SELL,300,10.50,3150.00,5.00,1.58,0.03,46010.36\n")
    assert result.ledger_hash == hashlib.sha256(rows.encode()).hexdigest()


def test_the_equity_has_a_row_for_every_session(result: BacktestResult, tmp_path: Path) -> None:
    write_equity(result, tmp_path / "equity.csv")

    assert (tmp_path / "equity.csv").read_text("utf-8") == (
        "date,cash_cny,market_value_cny,equity_cny\n"
        "2024-03-04,42866.97,7123.00,49989.97\n2024-03-05,46010.36,4120.00,50130.36\n")


def test_the_figures_have_the_keys_that_scripts_rely_on(result: BacktestResult) -> None:
    figures = json.loads(json.dumps(result.figures(elapsed_ms=250)))

    assert set(figures) >= {
        "strategy", "engine", "bars", "symbols", "first", "last", "seconds", "bars_per_second",
        "orders", "fills", "refused", "initial_cash_cny", "final_equity_cny",
        "total_return_ratio", "annual_return_ratio", "max_drawdown_ratio", "sharpe",
        "turnover_ratio", "fees_cny", "ledger_hash"}
    assert figures["refused"] == {"TICK": 1}
    assert figures["fees_cny"] == {
        "commission": "15.00", "stamp_duty": "1.58", "transfer_fee": "0.06"}
    assert (figures["orders"], figures["fills"], figures["bars"]) == (4, 3, 4)
    assert (figures["seconds"], figures["bars_per_second"]) == (0.25, 16)
    assert (figures["first"], figures["last"]) == (DAYS[0].isoformat(), DAYS[1].isoformat())
    assert figures["final_equity_cny"] == "50130.36"


def test_the_text_for_a_person_names_what_matters(result: BacktestResult) -> None:
    text = result.as_text(elapsed_ms=1_250)

    for part in ("orders 4, fills 3", "TICK 1", "50,130.36", "1,250 ms", result.ledger_hash):
        assert part in text


def test_handling_and_regulatory_fees_appear_when_they_are_charged_by_themselves() -> None:
    trading = TradingSettings(fees_all_in=False)
    result = run_order_list(
        BacktestInput(bars=a_table({MAIN: [a_day(10)]}), trading=trading),
        [a_line(0, MAIN, "BUY", 10_000)])

    assert result.figures(elapsed_ms=0)["fees_cny"] == {
        "commission": "30.00", "stamp_duty": "0.00", "transfer_fee": "1.00", "handling": "3.41",
        "regulatory": "2.00"}


@pytest.mark.parametrize(("price", "text"), [
    ("10", "10.00"), ("10.1", "10.10"), ("4.123", "4.123"), ("4.1200", "4.12"),
    ("1234567.891", "1234567.891"), (None, "")])
def test_a_price_has_two_decimals_or_as_many_as_it_needs(price: str | None, text: str) -> None:
    assert price_text(None if price is None else CNY(price)) == text


def test_an_amount_has_two_decimals() -> None:
    assert [amount_text(CNY(v)) for v in ("1", "1.005", "-2.5", "0")] == [
        "1.00", "1.01", "-2.50", "0.00"]
