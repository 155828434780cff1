"""Backtest results built by hand, for what reads them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from core.types import Fees, Fill, OrderSide, OrderType
from trading.backtest_result import BacktestResult, EquityRow, OrderLogRow, TradeRow

DAY = date(2024, 3, 8)
FEES = Fees(commission_cny=Decimal("5.00"), transfer_fee_cny=Decimal("0.01"))


def a_trade(number: int = 1, *, tag: str = "", symbol: str = "600101.SH") -> TradeRow:
    fill = Fill(
        order_id=number, trade_id=str(number), broker="sim", symbol=symbol, side=OrderSide.BUY,
        shares=100, price_cny=Decimal("10.00"), ts_utc=datetime(2024, 3, 8, 2, tzinfo=UTC),
        trading_day=DAY, fees=FEES, tag=tag)
    return TradeRow(order_id=number, ts=DAY.isoformat(), fill=fill,
                    amount_cny=Decimal("1000.00"), cash_after_cny=Decimal("8994.99"))


def an_order(status: str = "FILLED", code: str = "") -> OrderLogRow:
    return OrderLogRow(
        tag="", ts=DAY.isoformat(), symbol="600101.SH", side=OrderSide.BUY, shares=100,
        type=OrderType.LIMIT, limit_cny=Decimal("10.00"), status=status, code=code, text="",
        filled_shares=100, price_cny=Decimal("10.00"), fees=FEES)


def a_result(*, equity_cny: tuple[str, ...] = ("10000.00", "10100.00"),
             **changes: object) -> BacktestResult:
    """One buy in two sessions that gain 1 %; a test names only what it is about."""
    days = [DAY + timedelta(days=number) for number in range(len(equity_cny))]
    result = BacktestResult(
        strategy="orders", engine="event", profile="exchange", bars=2, symbols=1, first=DAY,
        last=days[-1] if days else DAY, initial_cash_cny=Decimal("10000.00"),
        order_log=(an_order(),), trades=(a_trade(),),
        equity=tuple(
            EquityRow(day=day, cash_cny=Decimal(text), market_value_cny=Decimal("0.00"))
            for day, text in zip(days, equity_cny, strict=True)),
        fees=FEES, fees_all_in=True, limit_mismatches=0, warnings=(), journal_seq=7,
        journal_hash="ab" * 32)
    return replace(result, **changes)  # type: ignore[arg-type]  # a builder takes any field
