"""Plans for the window and the commands: the PlanDesk port over the trading thread."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from core.desk_types import Plan, PlanSpec
from core.exceptions import OrderError
from trading.executor import ExecutionEngine
from trading.plans import Curve, Plans, unknown_curve
from trading.session import TradingSession

# The feed's: these instruments need quotes. Called on the thread of who asks, never the trading
# thread, which the feed waits for.
Watch = Callable[[Sequence[str]], None]


def watch_nothing(_symbols: Sequence[str]) -> None:
    """Everything is quoted anyway."""


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

    def __init__(
        self, engine: ExecutionEngine, room: PlanRoom, watch: Watch = watch_nothing
    ) -> None:
        """Plans that are at work already are watched from here on."""
        self._engine, self._room, self._watch = engine, room, watch
        watch(sorted({plan.spec.symbol for plan in self.plans()}))

    def plans(self) -> tuple[Plan, ...]:
        """The newest published state; never waits."""
        return self._room.plans.shown

    def place(self, spec: PlanSpec) -> Future[Plan]:
        """A plan acts on fresh prices only, so its instrument is quoted from now on."""
        self._watch((spec.symbol,))
        return self._ask(lambda plans: plans.place(spec))

    def stop(self, plan_id: int, *, reason: str) -> Future[Plan]:
        return self._ask(lambda plans: plans.stop(plan_id, reason))

    def _ask(self, act: Callable[[Plans], Plan]) -> Future[Plan]:
        return self._engine.ask(lambda _session: act(self._room.plans))
