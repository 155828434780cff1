"""Plans and the auto-trader through the wiring of main.py, on the generated market."""

from contextlib import closing
from pathlib import Path

from core.desk_types import Autonomy, PlanKind, PlanSpec, PlanStatus, ProposalStatus
from core.events import SignalEvent
from core.types import OrderSide
from tests.support.desks import Trader, desk_by_hand, home_in


def test_a_vwap_works_along_the_stored_curve_and_an_approved_proposal_is_sent(
    tmp_path: Path,
) -> None:
    with closing(desk_by_hand(home_in(tmp_path))) as desk:
        trader, plans, auto = Trader(desk), desk.services.plans, desk.services.auto
        assert plans is not None
        assert auto is not None
        symbol = trader.a_liquid_symbol()
        placed = plans.place(PlanSpec(kind=PlanKind.VWAP, symbol=symbol, side=OrderSide.BUY,
                                      shares=600, params={"end": "10:05"}))
        switched = auto.set_autonomy(Autonomy.SEMI, by="ann", reason="a test")
        desk.engine.drain()
        assert switched.result() is Autonomy.SEMI
        desk.services.bus.publish(SignalEvent(
            symbol, "ma_cross", 1.0, "a test", desk.services.clock.now_utc()))
        trader.play_until("09:47")
        (proposal,) = auto.proposals()
        approved = auto.approve(proposal.proposal_id, by="ann")
        desk.engine.drain()
        trader.play_until("10:07")
        (plan,) = [each for each in plans.plans() if each.plan_id == placed.result().plan_id]

    assert plan.status is PlanStatus.DONE
    assert 0 < plan.filled_shares <= plan.sent_shares <= 600
    assert "arrival_slippage_bps" in plan.quality
    assert approved.result().status is ProposalStatus.SENT, approved.result().why
