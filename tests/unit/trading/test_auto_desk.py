"""The auto-trader asked for from another thread's side."""

from dataclasses import replace

import pytest

from core.desk_types import Autonomy, ProposalStatus
from core.events import EventBus, QuoteEvent, SignalEvent
from core.exceptions import OrderError
from core.settings_types import AutoSettings
from tests.support.desk import MAIN, Desk, a_quote, at
from trading.auto_desk import AutoRoom, EngineAutoDesk, rules_only
from trading.executor import ExecutionEngine


def test_a_signal_on_the_bus_becomes_a_proposal_that_a_person_approves() -> None:
    desk, room, bus = Desk(), AutoRoom(AutoSettings()), EventBus()
    engine = ExecutionEngine(
        replace(desk.parts, attendants=lambda session: (room.attend(session),)), bus)
    watched: list[tuple[str, ...]] = []
    auto = EngineAutoDesk(engine, room, bus, lambda symbols: watched.append(tuple(symbols)))
    assert auto.autonomy() is Autonomy.MANUAL
    bus.publish(SignalEvent(MAIN, "ma_cross", 1.0, "shown only", desk.clock.now_utc()))
    assert watched == []
    switched = auto.set_autonomy(Autonomy.SEMI, by="ann", reason="a test")
    engine.drain()
    assert switched.result() is auto.autonomy() is Autonomy.SEMI
    bus.publish(SignalEvent(MAIN, "ma_cross", 1.0, "because", desk.clock.now_utc()))
    bus.publish(QuoteEvent((a_quote(ts_utc=at(desk.session.day)),)))
    engine.drain()
    assert watched == [(MAIN,)]             # it waits for a price of it
    (proposal,) = auto.proposals()
    declined = auto.decline(10**6, by="ann", reason="no such")
    approved = auto.approve(proposal.proposal_id, by="ann")
    engine.drain()

    assert approved.result().status is ProposalStatus.SENT
    with pytest.raises(OrderError, match="unknown"):
        declined.result()


def test_rules_may_act_and_unwatched_models_may_not() -> None:
    assert rules_only("ma_cross") == ""
    assert rules_only("model:ensemble")


def test_before_the_core_there_is_no_auto_trader() -> None:
    with pytest.raises(OrderError, match="not started"):
        _ = AutoRoom(AutoSettings()).trader
