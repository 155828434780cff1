"""Safety, plan and auto-trader desks for tests of the window: frozen states that acts replace."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from core.desk_types import (
    Autonomy,
    BreakerState,
    Case,
    CaseKind,
    FlattenLine,
    FlattenPlan,
    Obstacle,
    Plan,
    PlanKind,
    PlanSpec,
    PlanStatus,
    Proposal,
    ProposalStatus,
)
from core.types import KillLevel, OrderRequest, OrderSide

T = TypeVar("T")
NOW = datetime(2026, 9, 16, 2, 24, 36, tzinfo=UTC)


def done(result: T) -> "Future[T]":
    future: Future[T] = Future()
    future.set_result(result)
    return future


class FakeSafety:
    """Implements core.ports.SafetyDesk."""

    def __init__(self) -> None:
        self.said: list[tuple[str, ...]] = []
        self.now_blocking: dict[str, str] = {}
        self.states = [
            BreakerState(
                name="daily_loss", level=KillLevel.REDUCE_ONLY, tripped=True, fired_utc=NOW,
                text="lost 5,120.00 CNY today, the limit is 5,000.00", times=1,
                remedy="a person re-arms it once the reason is settled"),
            BreakerState(name="reject_storm", level=KillLevel.PAUSE, tripped=False, text="",
                         fired_utc=None, times=0, remedy="a person re-arms it")]
        self.found = [Case(
            case_id=1, kind=CaseKind.POSITION, symbol="600102.SH", ours="3,000", theirs="2,800",
            text="the broker holds 200 shares less than the ledger; compare the day's trades",
            opened_utc=NOW)]

    def breakers(self) -> tuple[BreakerState, ...]:
        return tuple(self.states)

    def rearm(self, name: str, *, by: str, reason: str) -> "Future[BreakerState]":
        self.said.append((name, by, reason))
        at = next(n for n, state in enumerate(self.states) if state.name == name)
        self.states[at] = replace(self.states[at], tripped=False, rearmed_by=by)
        return done(self.states[at])

    def cases(self) -> tuple[Case, ...]:
        return tuple(self.found)

    def close_case(self, case_id: int, *, by: str, reason: str) -> "Future[Case]":
        self.said.append((str(case_id), by, reason))
        self.found = [replace(case, closed_utc=NOW, closed_by=by, reason=reason)
                      if case.case_id == case_id else case for case in self.found]
        return done(self.found[0])

    def blockers(self) -> Mapping[str, str]:
        return self.now_blocking

    def flatten_plan(self) -> "Future[FlattenPlan]":
        later = NOW + timedelta(days=1)
        return done(FlattenPlan(
            made_utc=NOW, flat=False, proof="3,000 shares are held",
            cancels=(FlattenLine(symbol="600102.SH", order_id=3, shares=500, possible_at=None,
                                 obstacle=Obstacle.NONE, text="can be cancelled now"),),
            sales=(FlattenLine(symbol="688121.SH", order_id=None, shares=400, possible_at=later,
                               obstacle=Obstacle.T1, text="bought today"),)))


class FakePlans:
    """Implements core.ports.PlanDesk."""

    def __init__(self) -> None:
        self.stopped: list[int] = []
        self.kept = [
            a_plan(1, PlanKind.TWAP, PlanStatus.WORKING, sent=2_000, filled=1_600),
            a_plan(2, PlanKind.STOP, PlanStatus.WAITING, side=OrderSide.SELL,
                   text="waits for 9.50 or less")]

    def plans(self) -> tuple[Plan, ...]:
        return tuple(self.kept)

    def place(self, spec: PlanSpec) -> "Future[Plan]":
        plan = replace(a_plan(len(self.kept) + 1, spec.kind, PlanStatus.WAITING), spec=spec)
        self.kept.append(plan)
        return done(plan)

    def stop(self, plan_id: int, *, reason: str) -> "Future[Plan]":
        self.stopped.append(plan_id)
        self.kept = [replace(plan, status=PlanStatus.STOPPED, text=reason)
                     if plan.plan_id == plan_id else plan for plan in self.kept]
        return done(self.kept[0])


class FakeAuto:
    """Implements core.ports.AutoDesk."""

    def __init__(self) -> None:
        self.level = Autonomy.SEMI
        self.said: list[tuple[str, ...]] = []
        request = OrderRequest(
            symbol="600102.SH", side=OrderSide.BUY, shares=1_000, limit_cny=Decimal("6.31"),
            created_utc=NOW, source="ma_cross")
        self.rows = [
            Proposal(proposal_id=1, request=request, reason="the 20-day mean crossed the 60-day",
                     made_utc=NOW, expires_utc=NOW + timedelta(minutes=2),
                     status=ProposalStatus.PENDING),
            Proposal(proposal_id=2, request=request, reason="again", made_utc=NOW,
                     expires_utc=None, status=ProposalStatus.BLOCKED, why="cool-down until 10:40")]

    def autonomy(self) -> Autonomy:
        return self.level

    def set_autonomy(self, autonomy: Autonomy, *, by: str, reason: str) -> "Future[Autonomy]":
        self.level = autonomy
        self.said.append((autonomy.value, by, reason))
        return done(autonomy)

    def proposals(self) -> tuple[Proposal, ...]:
        return tuple(self.rows)

    def approve(self, proposal_id: int, *, by: str) -> "Future[Proposal]":
        return self._become(proposal_id, ProposalStatus.SENT, by)

    def decline(self, proposal_id: int, *, by: str, reason: str) -> "Future[Proposal]":
        return self._become(proposal_id, ProposalStatus.DECLINED, by)

    def _become(self, proposal_id: int, status: ProposalStatus, by: str) -> "Future[Proposal]":
        self.rows = [replace(row, status=status, why=by) if row.proposal_id == proposal_id else row
                     for row in self.rows]
        return done(self.rows[0])


def a_plan(
    plan_id: int, kind: PlanKind, status: PlanStatus, *, side: OrderSide = OrderSide.BUY,
    sent: int = 0, filled: int = 0, text: str = "",
) -> Plan:
    spec = PlanSpec(kind=kind, symbol="600102.SH", side=side, shares=5_000)
    return Plan(plan_id=plan_id, spec=spec, status=status, created_utc=NOW, sent_shares=sent,
                filled_shares=filled, text=text,
                quality={"arrival_slippage_ratio": "0.0004"} if filled else {})
