"""Cases worked out by hand, rule by rule; the oracle and the product must both reproduce them.

Each folder under `orders/` holds bars, an order list, the expected files and a note that says
how the figures came about. Nothing in them was copied from a program's output.
"""

from pathlib import Path

import pytest

from tests.oracle.answer import EQUITY_COLUMNS, LOG_COLUMNS, TRADE_COLUMNS
from tests.oracle.order_list import BadInput
from tests.support.hand_worked import (
    CASES,
    PLAYED,
    REFUSED,
    play_oracle,
    play_product,
    spec_of,
    wrong_rows,
)
from tests.support.product_backtest import header_of, read_rows

RULES = range(1, 13)


@pytest.mark.parametrize("case", PLAYED, ids=lambda path: path.name)
def test_the_oracle_reproduces_the_hand_worked_case(case: Path) -> None:
    result = play_oracle(case)

    assert wrong_rows(case, result.order_log, result.trades, result.equity) == []
    assert result.limit_mismatches == spec_of(case).get("limit_mismatches", 0)


@pytest.mark.parametrize("case", PLAYED, ids=lambda path: path.name)
def test_the_product_reproduces_the_hand_worked_case(case: Path, tmp_path: Path) -> None:
    run = play_product(case, tmp_path)

    assert run.exit_status == 0, run.errors
    assert wrong_rows(case, run.order_log, run.trades, run.equity) == []
    assert run.answer["ledger_hash"] == run.trades_sha256
    assert run.answer["final_equity_cny"] == read_rows(case / "equity.csv")[-1][-1]


@pytest.mark.parametrize("case", REFUSED, ids=lambda path: path.name)
def test_the_oracle_names_the_line_of_a_bad_list(case: Path) -> None:
    with pytest.raises(BadInput, match=f"line {spec_of(case)['bad_line']}"):
        play_oracle(case)


@pytest.mark.parametrize("case", REFUSED, ids=lambda path: path.name)
def test_the_product_names_the_line_of_a_bad_list_and_exits_2(
    case: Path, tmp_path: Path
) -> None:
    run = play_product(case, tmp_path)

    assert run.exit_status == 2
    assert f"line {spec_of(case)['bad_line']}" in run.errors
    assert "Traceback" not in run.errors


def test_the_product_writes_the_columns_of_the_contract(tmp_path: Path) -> None:
    play_product(PLAYED[0], tmp_path)

    assert header_of(tmp_path / "order-log.csv") == LOG_COLUMNS
    assert header_of(tmp_path / "trades.csv") == TRADE_COLUMNS
    assert header_of(tmp_path / "equity.csv") == EQUITY_COLUMNS


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_hand_worked_case(rule: int) -> None:
    assert [case.name for case in CASES if rule in spec_of(case)["rules"]] != []


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_every_case_says_how_its_figures_came_about(case: Path) -> None:
    assert len((case / "note.md").read_text("utf-8")) > len(case.name) + 40
