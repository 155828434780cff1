from decimal import Decimal
from pathlib import Path

import pytest

from core.types import OrderSide
from tests.support.desk import MAIN, Desk, a_bar
from tests.support.drills import a_drill
from trading.drill import DrillReport, RecoveryDrill, _Account
from trading.drill_exchange import DrillExchange, Held

FAILURES = ("lost_intents", "lost_fills", "duplicate_fills", "orphan_orders", "resent_orders",
            "lives_ended_by_themselves", "position_mismatches")


@pytest.mark.parametrize("name", FAILURES)
def test_one_failure_of_any_kind_fails_the_drill(name: str) -> None:
    report = DrillReport(rounds=10)
    assert report.passed

    setattr(report, name, 1)

    assert not report.passed


def test_a_fen_or_a_rebuild_that_differs_fails_the_drill() -> None:
    assert not DrillReport(rounds=1, cash_mismatch_cny=Decimal("0.01")).passed
    assert not DrillReport(rounds=1, journal_rebuild_identical=False).passed


def test_the_answer_has_the_keys_of_the_contract() -> None:
    answer = DrillReport(rounds=3).as_json()

    assert {"rounds", "lost_intents", "lost_fills", "duplicate_fills", "orphan_orders",
            "position_mismatches", "cash_mismatch_cny", "journal_rebuild_identical", "seconds",
            "passed"} <= answer.keys()
    assert answer["cash_mismatch_cny"] == "0.00"


def a_traded_desk() -> Desk:
    desk = Desk()
    desk.buy(300)
    desk.play(a_bar())
    return desk


def an_account(folder: Path, *, shares: int = 300, day: str = "2024-03-04") -> _Account:
    exchange = DrillExchange(Decimal("1000000.00"), seed=1)
    exchange.day = day
    held = exchange.keep(Held(
        order_id=1, broker_id="D1", day=day, symbol=MAIN, side=OrderSide.BUY, shares=300,
        limit_cny=Decimal("10.00"), reply="ack"))
    if shares:
        exchange.fill(held, shares)
    return _Account(folder / "ledger.db", exchange)


def judged(folder: Path, account: _Account, desk: Desk) -> RecoveryDrill:
    drill = a_drill(folder, seed=1)
    drill.judge_recovered(account, desk.store.load())
    return drill


def test_shares_and_cash_are_held_against_the_exchanges_own_count(tmp_path: Path) -> None:
    drill = judged(tmp_path, an_account(tmp_path, shares=200), a_traded_desk())

    assert drill.report.position_mismatches > 0
    assert drill.report.cash_mismatch_cny == Decimal("1000.01")


def test_a_trade_that_the_ledger_lacks_is_a_lost_fill(tmp_path: Path) -> None:
    drill = judged(tmp_path, an_account(tmp_path), Desk())

    assert drill.report.lost_fills == 1


def test_an_order_that_is_open_there_and_ended_here_is_an_orphan(tmp_path: Path) -> None:
    drill = judged(tmp_path, an_account(tmp_path, shares=0), a_traded_desk())

    assert drill.report.orphan_orders == 1


def test_what_was_promised_and_is_not_on_the_disk_is_lost(tmp_path: Path) -> None:
    account = an_account(tmp_path)
    account.orders |= {1, 7}
    account.fills.add((7, "X9"))
    drill = a_drill(tmp_path, seed=1)

    drill.judge_after_kill(account, a_traded_desk().store.load())

    assert (drill.report.lost_intents, drill.report.lost_fills) == (1, 1)
    assert drill.report.duplicate_fills == 1       # its trade is not the exchange's
    assert "round 1" in drill.report.first_failure
