"""Says in words where two sets of rows first part."""

from collections.abc import Sequence

from tests.oracle.answer import EQUITY_COLUMNS, LOG_COLUMNS, TRADE_COLUMNS, OracleResult
from tests.support.product_backtest import ProductRun, Row, same_price

LIMIT_COLUMN = LOG_COLUMNS.index("limit_price")


def first_difference(
    name: str, columns: Sequence[str], expected: Sequence[Row], found: Sequence[Row]
) -> str:
    """Empty when all rows agree; otherwise the first row that does not, both ways."""
    for number, (one, other) in enumerate(zip(expected, found, strict=False), start=1):
        parts = _differing(name, columns, one, other)
        if parts:
            return f"{name} row {number}: {'; '.join(parts)}\nexpected {one}\nfound    {other}"
    if len(expected) == len(found):
        return ""
    longer = expected if len(expected) > len(found) else found
    row = longer[min(len(expected), len(found))]
    return f"{name}: {len(expected)} rows expected, {len(found)} found; the first left over: {row}"


def _differing(name: str, columns: Sequence[str], one: Row, other: Row) -> list[str]:
    if len(one) != len(other):
        return [f"{len(one)} fields expected, {len(other)} found"]
    return [
        f"{column} {left!r} expected, {right!r} found"
        for place, (column, left, right) in enumerate(zip(columns, one, other, strict=True))
        if not (left == right or (name == "order_log" and place == LIMIT_COLUMN
                                  and same_price(left, right)))
    ]


def differences(expected: OracleResult, found: ProductRun) -> list[str]:
    """Every way in which the product's answer is not the oracle's."""
    if found.exit_status != 0:
        return [f"exit status {found.exit_status}: {found.errors[-2000:]}"]
    parts = [
        first_difference("order_log", LOG_COLUMNS, expected.order_log, found.order_log),
        first_difference("trades", TRADE_COLUMNS, expected.trades, found.trades),
        first_difference("equity", EQUITY_COLUMNS, expected.equity, found.equity),
    ]
    figures = {
        "refused": expected.refused,
        "final_equity_cny": expected.final_equity_cny,
        "fees_cny": expected.fees_cny,
        "ledger_hash": expected.ledger_hash,
        "orders": len(expected.order_log),
        "fills": len(expected.trades),
    }
    for key, value in figures.items():
        if found.answer.get(key) != value:
            parts.append(f"{key}: {value!r} expected, {found.answer.get(key)!r} found")
    return [part for part in parts if part]
