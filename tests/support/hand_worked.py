"""The hand-worked cases under `tests/golden/orders/`, and how a judge or the product plays one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.oracle.answer import EQUITY_COLUMNS, LOG_COLUMNS, TRADE_COLUMNS, OracleResult
from tests.oracle.bars import read_bars
from tests.oracle.daily_orders import run_oracle
from tests.oracle.order_list import read_actions, read_listings, read_orders
from tests.support.comparing_rows import first_difference
from tests.support.product_backtest import ProductRun, Row, play_list, read_rows

ORDERS = Path(__file__).parents[1] / "golden" / "orders"
CASES = sorted(path for path in ORDERS.iterdir() if path.is_dir())
PLAYED = [case for case in CASES if (case / "order_log.csv").exists()]
REFUSED = [case for case in CASES if case not in PLAYED]


def spec_of(case: Path) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads((case / "case.json").read_text("utf-8"))
    return spec


def optional(path: Path) -> Path | None:
    return path if path.exists() else None


def play_oracle(case: Path) -> OracleResult:
    instruments, actions = optional(case / "instruments.csv"), optional(case / "actions.csv")
    return run_oracle(
        read_bars([case / "bars.csv"]),
        read_orders(case / "orders.csv"),
        read_listings(instruments) if instruments else None,
        read_actions(actions) if actions else None,
        initial_cash=spec_of(case)["cash"],
    )


def play_product(case: Path, folder: Path) -> ProductRun:
    return play_list(
        case / "orders.csv", case / "bars.csv", folder,
        cash=spec_of(case)["cash"],
        instruments=optional(case / "instruments.csv"),
        actions=optional(case / "actions.csv"),
    )


def wrong_rows(
    case: Path, log: Sequence[Row], trades: Sequence[Row], equity: Sequence[Row]
) -> list[str]:
    """Where the three files part from the ones worked out by hand."""
    found = (
        first_difference("order_log", LOG_COLUMNS, read_rows(case / "order_log.csv"), log),
        first_difference("trades", TRADE_COLUMNS, read_rows(case / "trades.csv"), trades),
        first_difference("equity", EQUITY_COLUMNS, read_rows(case / "equity.csv"), equity),
    )
    return [text for text in found if text]
