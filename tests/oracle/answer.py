"""What comes out: rows of text exactly as the files hold them, and the figures of `--json`."""

import csv
import io
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from tests.oracle.market_facts import Fees
from tests.oracle.order_list import ListedOrder

SESSIONS_A_YEAR = 242
LOG_COLUMNS = (
    "tag", "ts", "symbol", "side", "shares", "type", "limit_price", "status", "code",
    "filled_shares", "price", "commission_cny", "stamp_duty_cny", "transfer_fee_cny",
)
TRADE_COLUMNS = (
    "order_id", "tag", "ts", "symbol", "side", "shares", "price", "amount_cny",
    "commission_cny", "stamp_duty_cny", "transfer_fee_cny", "cash_after_cny",
)
EQUITY_COLUMNS = ("date", "cash_cny", "market_value_cny", "equity_cny")

Row = tuple[str, ...]


@dataclass(frozen=True)
class Fill:
    order: ListedOrder
    shares: int
    price_e4: int
    amount_fen: int
    fees: Fees
    cash_after_fen: int


@dataclass
class Outcome:
    """How one order ended."""

    status: str = ""
    code: str = ""
    fill: Fill | None = None


@dataclass(frozen=True)
class OracleResult:
    """Rows hold text exactly as the files do; the figures are those of `--json`."""

    order_log: list[Row]
    trades: list[Row]
    equity: list[Row]
    refused: dict[str, int]
    final_equity_cny: str
    fees_cny: dict[str, str]
    ledger_hash: str
    total_return_ratio: float
    annual_return_ratio: float
    max_drawdown_ratio: float
    sharpe: float | None
    turnover_ratio: float
    limit_mismatches: int
    derived_credits_cny: str
    warnings: list[str] = field(default_factory=list)


def max_drawdown(values: Sequence[int]) -> float:
    """Deepest fall from an earlier high, as a positive ratio of that high."""
    high, deepest = values[0], 0.0
    for value in values:
        high = max(high, value)
        deepest = max(deepest, 1 - value / high)
    return deepest


def sharpe(values: Sequence[int]) -> float | None:
    """Yearly, zero risk-free rate, sample deviation; None where nothing varies."""
    returns = [after / before - 1 for before, after in pairwise(values)]
    deviation = statistics.stdev(returns) if len(returns) > 1 else 0.0
    if deviation == 0:
        return None
    return float(statistics.fmean(returns) / deviation * SESSIONS_A_YEAR**0.5)


def money(fen: int) -> str:
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def price_text(value_e4: int | Fraction) -> str:
    """Two decimals, more only where the value needs them."""
    exact = Fraction(value_e4) / 10_000
    value = Decimal(exact.numerator) / Decimal(exact.denominator)
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{value:.{max(2, -exponent)}f}"


def log_row(order: ListedOrder, outcome: Outcome) -> Row:
    fill, fees = outcome.fill, outcome.fill.fees if outcome.fill else Fees()
    limit = "" if order.limit_e4 is None else price_text(order.limit_e4)
    return (
        order.tag, order.day.isoformat(), order.symbol, order.side, str(order.shares),
        order.kind, limit, outcome.status, outcome.code,
        str(fill.shares if fill else 0), price_text(fill.price_e4) if fill else "",
        money(fees.commission), money(fees.stamp_duty), money(fees.transfer_fee),
    )


def trade_row(fill: Fill) -> Row:
    order, fees = fill.order, fill.fees
    return (
        str(order.number), order.tag, order.day.isoformat(), order.symbol, order.side,
        str(fill.shares), price_text(fill.price_e4), money(fill.amount_fen),
        money(fees.commission), money(fees.stamp_duty), money(fees.transfer_fee),
        money(fill.cash_after_fen),
    )


def csv_text(rows: Iterable[Row]) -> str:
    """CSV without header, fields quoted only where they must be, lines ended by one LF."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
