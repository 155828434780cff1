"""What a backtest answers: every order, every fill, every session, and the figures from them.

Files are UTF-8 CSV with "\\n" line ends. Amounts have two decimals; a price has two, or three
where it needs them. `ledger_hash` is the SHA-256 of the rows of the --trades file, without its
header line: equal hashes mean equal fills, fees and cash.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.money import FEN, to_fen, to_float
from core.types import Fees, Fill, OrderSide, OrderType
from trading.statistics import CurveFigures, curve_figures
from utils.whole_file import whole_file

ORDER_LOG_COLUMNS = (
    "tag", "ts", "symbol", "side", "shares", "type", "limit_price", "status", "code",
    "filled_shares", "price", "commission_cny", "stamp_duty_cny", "transfer_fee_cny")
TRADE_COLUMNS = (
    "order_id", "tag", "ts", "symbol", "side", "shares", "price", "amount_cny",
    "commission_cny", "stamp_duty_cny", "transfer_fee_cny", "cash_after_cny")
EQUITY_COLUMNS = ("date", "cash_cny", "market_value_cny", "equity_cny")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLogRow:
    """How one order ended: FILLED, PARTIAL, EXPIRED, LOCKED_LIMIT or REFUSED (with its code)."""

    tag: str
    ts: str
    symbol: str
    side: OrderSide
    shares: int
    type: OrderType
    limit_cny: Decimal | None
    status: str
    code: str                      # the first reason of a refusal, else empty
    text: str                      # that reason in words
    filled_shares: int
    price_cny: Decimal | None      # None: nothing filled
    fees: Fees


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRow:
    """One fill. `order_id` counts the orders of the list from 1, in file order."""

    order_id: int
    ts: str
    fill: Fill
    amount_cny: Decimal
    cash_after_cny: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityRow:
    day: date
    cash_cny: Decimal
    market_value_cny: Decimal

    @property
    def equity_cny(self) -> Decimal:
        return self.cash_cny + self.market_value_cny


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestResult:
    """`first` and `last`: the sessions of the first and the last bar played."""

    strategy: str
    engine: str
    profile: str                   # exchange or house
    bars: int
    symbols: int
    first: date
    last: date
    initial_cash_cny: Decimal
    order_log: tuple[OrderLogRow, ...]
    trades: tuple[TradeRow, ...]
    equity: tuple[EquityRow, ...]
    fees: Fees                     # of all orders
    fees_all_in: bool
    limit_mismatches: int          # judged days whose published limits differ from the formula
    warnings: tuple[str, ...]
    journal_seq: int
    journal_hash: str

    @property
    def refused(self) -> dict[str, int]:
        """How many orders were REFUSED, by code."""
        codes = Counter(row.code for row in self.order_log if row.status == "REFUSED")
        return dict(sorted(codes.items()))

    @property
    def final_equity_cny(self) -> Decimal:
        return self.equity[-1].equity_cny if self.equity else self.initial_cash_cny

    @property
    def ledger_hash(self) -> str:
        return hashlib.sha256(csv_text(trade_cells(self.trades)).encode()).hexdigest()

    def curve(self) -> CurveFigures:
        return curve_figures(
            to_float(self.initial_cash_cny), [to_float(row.equity_cny) for row in self.equity],
            to_float(sum((row.amount_cny for row in self.trades), Decimal(0))))

    def figures(self, *, elapsed_ms: int) -> dict[str, Any]:
        """The JSON answer of --backtest. Amounts are text, exact to the fen.

        `elapsed_ms`: how long the run took, by the caller's clock.
        """
        curve = self.curve()
        return {
            "strategy": self.strategy, "engine": self.engine, "risk": self.profile,
            "bars": self.bars, "symbols": self.symbols, "first": self.first.isoformat(),
            "last": self.last.isoformat(), "seconds": elapsed_ms / 1000,
            "bars_per_second": self.bars * 1000 // elapsed_ms if elapsed_ms else None,
            "orders": len(self.order_log), "fills": len(self.trades), "refused": self.refused,
            "initial_cash_cny": amount_text(self.initial_cash_cny),
            "final_equity_cny": amount_text(self.final_equity_cny),
            "total_return_ratio": curve.total_return_ratio,
            "annual_return_ratio": curve.annual_return_ratio,
            "max_drawdown_ratio": curve.max_drawdown_ratio, "sharpe": curve.sharpe,
            "turnover_ratio": curve.turnover_ratio, "fees_cny": self._fees(),
            "ledger_hash": self.ledger_hash, "limit_mismatches": self.limit_mismatches,
            "warnings": list(self.warnings),
        }

    def as_text(self, *, elapsed_ms: int) -> str:
        """The answer for a person at a terminal."""
        refused = ", ".join(f"{code} {count}" for code, count in self.refused.items())
        lines = [
            f"{self.strategy}, {self.engine} engine, risk profile {self.profile}: {self.bars:,} "
            f"bars of {self.symbols:,} symbols, {self.first} to {self.last}, "
            f"{elapsed_ms:,} ms",
            f"orders {len(self.order_log):,}, fills {len(self.trades):,}, refused: "
            f"{refused or 'none'}",
            f"cash at the start {self.initial_cash_cny:,} CNY, equity at the end "
            f"{self.final_equity_cny:,} CNY, fees {self.fees.total_cny:,} CNY",
            f"ledger hash {self.ledger_hash}"]
        return "\n".join([*lines, *(f"note: {warning}" for warning in self.warnings)])

    def _fees(self) -> dict[str, str]:
        found = {"commission": amount_text(self.fees.commission_cny),
                 "stamp_duty": amount_text(self.fees.stamp_duty_cny),
                 "transfer_fee": amount_text(self.fees.transfer_fee_cny)}
        if not self.fees_all_in:
            found |= {"handling": amount_text(self.fees.handling_cny),
                      "regulatory": amount_text(self.fees.regulatory_cny)}
        return found


# ---- files -----------------------------------------------------------------------------------


def write_order_log(result: BacktestResult, path: Path) -> None:
    _write(path, ORDER_LOG_COLUMNS, order_log_cells(result.order_log))


def write_trades(result: BacktestResult, path: Path) -> None:
    _write(path, TRADE_COLUMNS, trade_cells(result.trades))


def write_equity(result: BacktestResult, path: Path) -> None:
    _write(path, EQUITY_COLUMNS, equity_cells(result.equity))


def order_log_cells(rows: Iterable[OrderLogRow]) -> Iterator[Sequence[str]]:
    for row in rows:
        yield (row.tag, row.ts, row.symbol, row.side.value, str(row.shares), row.type.value,
               price_text(row.limit_cny), row.status, row.code, str(row.filled_shares),
               price_text(row.price_cny), *_fee_cells(row.fees))


def trade_cells(rows: Iterable[TradeRow]) -> Iterator[Sequence[str]]:
    for row in rows:
        fill = row.fill
        yield (str(row.order_id), fill.tag, row.ts, fill.symbol, fill.side.value,
               str(fill.shares), price_text(fill.price_cny), amount_text(row.amount_cny),
               *_fee_cells(fill.fees), amount_text(row.cash_after_cny))


def equity_cells(rows: Iterable[EquityRow]) -> Iterator[Sequence[str]]:
    for row in rows:
        yield (row.day.isoformat(), amount_text(row.cash_cny), amount_text(row.market_value_cny),
               amount_text(row.equity_cny))


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as the files hold them."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def amount_text(amount_cny: Decimal) -> str:
    return f"{to_fen(amount_cny):.2f}"


def price_text(price_cny: Decimal | None) -> str:
    """Two decimals, more only where the price has them; empty for none."""
    if price_cny is None:
        return ""
    if price_cny % FEN == 0:
        return f"{price_cny:.2f}"
    return f"{price_cny.normalize():f}"


def _fee_cells(fees: Fees) -> tuple[str, str, str]:
    return (amount_text(fees.commission_cny), amount_text(fees.stamp_duty_cny),
            amount_text(fees.transfer_fee_cny))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Raises DataError where the file cannot be written."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(header)
        csv.writer(file, lineterminator="\n").writerows(rows)
