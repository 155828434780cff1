"""Plans for the window and the commands: the PlanDesk port over the trading thread."""

from collections.abc import Callable
from concurrent.futures import Future

from core.desk_types import Plan, PlanSpec
from core.exceptions import OrderError
from trading.executor import ExecutionEngine
from trading.plans import Curve, Plans, unknown_curve
from trading.session import TradingSession


class PlanRoom:
    """Makes the attendant when the session comes into being, and keeps hold of it."""

    def __init__(self, curve: Curve = unknown_curve) -> None:
        self._curve = curve
        self._plans: Plans | None = None

    def attend(self, session: TradingSession) -> Plans:
        self._plans = Plans(session, self._curve)
        return self._plans

    @property
    def plans(self) -> Plans:
        """Raises OrderError before there is a session."""
        if self._plans is None:
            raise OrderError("there are no plans yet", why="the trading core has not started",
                             remedy="Wait until it has")
        return self._plans


class EnginePlanDesk:
    """Implements core.ports.PlanDesk."""

    def __init__(self, engine: ExecutionEngine, room: PlanRoom) -> None:
        self._engine, self._room = engine, room

    def plans(self) -> tuple[Plan, ...]:
        """The newest published state; never waits."""
        return self._room.plans.shown

    def place(self, spec: PlanSpec) -> Future[Plan]:
        return self._ask(lambda plans: plans.place(spec))

    def stop(self, plan_id: int, *, reason: str) -> Future[Plan]:
        return self._ask(lambda plans: plans.stop(plan_id, reason))

    def _ask(self, act: Callable[[Plans], Plan]) -> Future[Plan]:
        return self._engine.ask(lambda _session: act(self._room.plans))
