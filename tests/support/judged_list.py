"""One random list, played by the product and by the oracle over the same files, and compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.oracle.answer import OracleResult
from tests.oracle.bars import SymbolBars
from tests.oracle.daily_orders import run_oracle
from tests.oracle.invariants import Setting, violations
from tests.oracle.order_list import parse_orders, read_actions, read_listings
from tests.oracle.random_orders import ListRow, random_orders, write_orders
from tests.support.comparing_rows import differences
from tests.support.product_backtest import ProductRun, play_list

SHARED_BARS = Path(__file__).parents[3] / "shared" / "data" / "daily.parquet"
CASH_CHOICES_CNY = ("1000000.00", "20000000.00", "1000000000.00")


@dataclass(frozen=True)
class Judged:
    expected: OracleResult
    found: ProductRun
    faults: list[str]


def judge(
    bars: Mapping[str, SymbolBars],
    paths: Mapping[str, Path],
    folder: Path,
    *,
    seed: int,
    count: int,
    fees_all_in: bool = True,
) -> Judged:
    """`paths` has "bars", perhaps "instruments" and "actions". No faults: all agree."""
    cash = CASH_CHOICES_CNY[seed % len(CASH_CHOICES_CNY)]
    rows = random_orders(bars, seed, count, int(Decimal(cash)))
    orders = write_orders(folder / "orders.csv", rows)
    listings = read_listings(paths["instruments"]) if "instruments" in paths else {}
    actions = read_actions(paths["actions"]) if "actions" in paths else None
    expected = run_oracle(
        bars, parse_orders(rows), listings, actions, initial_cash=cash, fees_all_in=fees_all_in
    )
    found = play_list(
        orders, paths["bars"], folder, cash=cash,
        instruments=paths.get("instruments"), actions=paths.get("actions"),
    )
    faults = differences(expected, found)
    if not faults and fees_all_in:
        setting = Setting(bars, Decimal(cash), listings, actions)
        faults = violations(setting, found.order_log, found.trades, found.equity)
    return Judged(expected, found, [*faults, *_context(expected, found, rows)] if faults else [])


def _context(expected: OracleResult, found: ProductRun, rows: Sequence[ListRow]) -> list[str]:
    """The first order on which the two logs part, with the lines about its symbol that day."""
    for number, (one, other) in enumerate(
        zip(expected.order_log, found.order_log, strict=False), start=1
    ):
        if one[7:] != other[7:]:
            about = rows[number - 1]["ts"], rows[number - 1]["symbol"]
            same = [row for row in rows[:number] if (row["ts"], row["symbol"]) == about]
            return [f"first order that differs: {number}", *(str(row) for row in same)]
    return []
