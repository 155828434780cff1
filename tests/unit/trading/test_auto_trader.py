"""The auto-trader on a real session: three modes, budgets, guards, and a journal of everything."""

from datetime import time

import pytest

from core.desk_types import Autonomy, ProposalStatus
from core.events import SignalEvent
from core.exceptions import OrderError
from core.settings_types import AutoSettings
from core.types import KillLevel, OrderSide, OrderStatus
from tests.support.auto_desks import AutoTable
from tests.support.desk import CNY, DAY2, MAIN, STAR
from trading.auto_trader import INBOX_SIGNALS
from trading.records import Entry


def _die(*_args: object) -> None:
    raise KeyboardInterrupt


def orders(table: AutoTable) -> list[tuple[OrderSide, int, str]]:
    return [(o.request.side, o.request.shares, o.request.source)
            for o in table.desk.session.book.orders.values()]


def test_manual_proposes_and_sends_nothing_and_is_the_default() -> None:
    table = AutoTable("manual")
    table.quote()
    table.signal()

    assert (table.mode, table.proposals(), orders(table)) == (Autonomy.MANUAL, (), [])


def test_automatic_sends_what_its_budget_allows_in_the_strategys_name() -> None:
    table = AutoTable("auto")
    table.quote()
    table.signal()
    table.pass_s(3)

    assert orders(table) == [(OrderSide.BUY, 1_900, "ma_cross")]    # 20,000 CNY at 10.05
    (proposal,) = table.proposals()
    assert proposal.status is ProposalStatus.SENT
    assert proposal.reason == "the fast mean crossed the slow one"


def test_semi_automatic_waits_for_a_person() -> None:
    table = AutoTable("semi")
    table.quote()
    table.signal()
    (proposal,) = table.proposals()
    assert (proposal.status, orders(table)) == (ProposalStatus.PENDING, [])
    table = table.again()
    table.pass_s(5)
    sent = table.trader.approve(proposal.proposal_id, "ann")

    assert sent.status is ProposalStatus.SENT
    assert "ann" in sent.why
    assert len(orders(table)) == 1
    with pytest.raises(OrderError, match="SENT"):
        table.trader.approve(proposal.proposal_id, "bob")


def test_a_proposal_expires_and_cannot_be_approved_late() -> None:
    table = AutoTable(settings=AutoSettings(mode="semi", approval_s=60))
    table.quote()
    table.signal()
    (proposal,) = table.proposals()
    table.pass_s(61)

    assert table.proposals()[0].status is ProposalStatus.EXPIRED
    with pytest.raises(OrderError):
        table.trader.approve(proposal.proposal_id, "ann")
    assert orders(table) == []


def test_an_approval_that_comes_before_the_next_turn_is_late_all_the_same() -> None:
    table = AutoTable(settings=AutoSettings(mode="semi", approval_s=60))
    table.quote()
    table.signal()
    (proposal,) = table.proposals()
    table.desk.to(table.desk.session.day, time(10, 2))

    assert table.trader.approve(proposal.proposal_id, "ann").status is ProposalStatus.EXPIRED
    assert orders(table) == []


def test_a_declined_proposal_says_by_whom_and_why() -> None:
    table = AutoTable("semi")
    table.quote()
    table.signal()
    (proposal,) = table.proposals()
    ended = table.trader.decline(proposal.proposal_id, "ann", "results today")

    assert (ended.status, ended.why) == (ProposalStatus.DECLINED, "declined by ann: results today")


@pytest.mark.parametrize("level", list(KillLevel)[1:])
def test_under_any_kill_level_it_leaves_everything_alone(level: KillLevel) -> None:
    table = AutoTable("auto")
    table.desk.session.set_kill(level, "a test")
    table.quote()
    table.signal()

    assert orders(table) == []
    assert any("kill switch" in reason for reason in table.reasons())


def test_a_kill_between_proposal_and_approval_blocks_it() -> None:
    table = AutoTable("semi")
    table.quote()
    table.signal()
    table.desk.session.set_kill(KillLevel.PAUSE, "a test")
    ended = table.trader.approve(table.proposals()[0].proposal_id, "ann")

    assert ended.status is ProposalStatus.BLOCKED
    assert orders(table) == []


def test_a_model_does_not_act_where_nothing_watches_its_drift() -> None:
    table = AutoTable("auto")
    table.quote()
    table.signal(strategy="model:ensemble")
    assert orders(table) == []
    assert any("drift" in reason for reason in table.reasons())

    table = AutoTable("auto", drift=lambda _source: "")
    table.quote()
    table.signal(strategy="model:ensemble")
    assert len(orders(table)) == 1


def test_models_and_strategies_have_budgets_of_their_own() -> None:
    table = AutoTable(drift=lambda _s: "", settings=AutoSettings(
        mode="auto", budget_cny=CNY("5000"), model_budget_cny=CNY("12000")))
    table.quote()
    table.signal()
    table.signal(strategy="model:ensemble")

    assert [shares for _, shares, _ in orders(table)] == [400, 1_100]


def test_the_budget_counts_what_is_held_and_what_is_open() -> None:
    table = AutoTable(settings=AutoSettings(
        mode="auto", budget_cny=CNY("20000"), position_cny=CNY("15000")))
    table.quote()
    table.quote("50.00", symbol=STAR)
    table.signal()
    table.signal(symbol=STAR)

    assert len(orders(table)) == 1
    assert any("buys no legal quantity" in reason for reason in table.reasons())


def test_it_cools_down_and_never_buys_what_it_holds() -> None:
    table = AutoTable(settings=AutoSettings(mode="auto", cooldown_min=60))
    table.quote()
    table.signal()
    table.pass_s(3)
    table.signal()
    assert any("cools down" in reason for reason in table.reasons())
    table.desk.to(table.desk.session.day, time(11, 10))
    table.quote()
    table.signal()

    assert len(orders(table)) == 1
    assert any("holds or is buying it already" in reason for reason in table.reasons())


def test_it_sells_only_its_own_shares_and_not_those_bought_today() -> None:
    table = AutoTable(settings=AutoSettings(mode="auto", cooldown_min=0))
    table.desk.buy(500, "10.00")                         # a person's
    table.quote()
    table.signal()
    table.pass_s(3)
    table.signal(-1.0)
    assert any("may be sold today" in reason for reason in table.reasons())
    table = table.again()
    table.desk.to(DAY2, time(9, 35))
    table.quote()
    table.signal(-1.0)
    table.pass_s(3)

    assert orders(table)[-1] == (OrderSide.SELL, 1_900, "ma_cross")
    assert table.desk.position().held_shares == 500
    table.signal(-1.0)
    assert any("holds nothing" in reason for reason in table.reasons())


def test_a_signal_waits_for_a_fresh_price_but_not_for_another_day() -> None:
    table = AutoTable("auto", at=time(9, 16))
    table.signal()
    assert orders(table) == []
    table.desk.to(table.desk.session.day, time(9, 31))
    table.quote()
    assert len(orders(table)) == 1

    table = AutoTable("auto")
    table.signal()
    table.desk.to(DAY2, time(9, 31))
    table.quote()
    assert orders(table) == []
    assert any("no fresh price came on its day" in reason for reason in table.reasons())


def test_risk_has_the_last_word_and_its_reason_is_kept() -> None:
    table = AutoTable("auto", cash="1000.00")
    table.quote()
    table.signal()

    (proposal,) = table.proposals()
    assert proposal.status is ProposalStatus.BLOCKED
    assert "CASH" in proposal.why
    assert [o.status for o in table.desk.session.book.orders.values()] == [OrderStatus.DENIED]


def test_a_crash_between_send_and_note_is_settled_without_a_second_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = AutoTable("auto")
    table.quote()
    monkeypatch.setattr(table.trader, "_end", _die)
    with pytest.raises(KeyboardInterrupt):
        table.signal()
    table = table.again()
    table.pass_s(3)

    assert len(orders(table)) == 1
    assert [p.status for p in table.proposals()] == [ProposalStatus.SENT]


def test_the_mode_survives_a_restart_and_going_up_needs_a_reason() -> None:
    table = AutoTable("manual")
    with pytest.raises(OrderError, match="reason"):
        table.trader.set_autonomy(Autonomy.AUTO, "ann", " ")
    table.trader.set_autonomy(Autonomy.SEMI, "ann", "testing")
    table = table.again()
    table.quote()

    assert table.mode is Autonomy.SEMI
    assert any(e.kind == Entry.AUTONOMY and '"ann"' in e.payload
               for e in table.desk.store.entries())


def test_back_to_manual_declines_what_is_pending() -> None:
    table = AutoTable("semi")
    table.quote()
    table.signal()
    table.trader.set_autonomy(Autonomy.MANUAL, "ann", "")

    assert [p.status for p in table.proposals()] == [ProposalStatus.DECLINED]


def test_more_signals_than_it_can_take_are_counted_not_kept() -> None:
    table = AutoTable("auto")
    for _ in range(INBOX_SIGNALS + 7):
        table.trader.hear(SignalEvent(symbol="999999.SH", strategy="x", score=1.0, reason="",
                                      ts_utc=table.desk.clock.now_utc()))
    table.act(1)

    assert any("7 signals were left alone" in reason for reason in table.reasons())


def test_garbage_signals_are_left_alone_with_a_reason() -> None:
    table = AutoTable("auto")
    table.quote()
    for score, strategy, symbol in ((1.0, "x", "nonsense"), (0.0, "x", "600519.SH"),
                                    (1.0, "manual", "600519.SH")):
        table.signal(score, strategy, symbol)

    assert orders(table) == []
    assert len(table.reasons()) == 3


def test_proposals_that_wait_for_approval_take_their_part_of_the_budget() -> None:
    table = AutoTable(settings=AutoSettings(
        mode="semi", budget_cny=CNY("20000"), position_cny=CNY("20000")))
    table.quote()
    table.see(table.a_quote("50.00", symbol=STAR))
    table.signal()
    table.signal(symbol=STAR)

    assert [p.request.symbol for p in table.proposals()] == [MAIN]
    assert "budget" in table.reasons()[-1]


@pytest.mark.parametrize("name", ["manual", "external", "flatten"])
def test_no_strategy_may_go_by_a_name_that_stands_for_a_person(name: str) -> None:
    table = AutoTable("auto")
    table.quote()
    table.signal(strategy=name)

    assert orders(table) == []
    assert "left alone" in table.reasons()[-1]
