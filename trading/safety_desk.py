"""SafetyDesk on the execution engine: breakers, cases, blockers and the flatten plan.

What is only looked at is published by the trading thread after its own work; what changes
something, or asks the broker, is done on that thread through the engine.
"""

from collections.abc import Mapping
from concurrent.futures import Future

from core.desk_types import BreakerState, Case, FlattenPlan
from trading.attendants import Attendant, Onlooker
from trading.breaker_table import Limits
from trading.breakers import Breakers, Watched, breaker_states
from trading.cases import cases_to_show
from trading.executor import ExecutionEngine
from trading.flattener import Flattener
from trading.reconciler import close_case
from trading.session import TradingSession


class SafetyRoom(Onlooker):
    """The safety attendants of one session, and what other threads may see of them."""

    def __init__(self, limits: Limits, watched: Watched) -> None:
        self._limits, self._watched = limits, watched
        self._session: TradingSession | None = None
        self._guard: Breakers | None = None
        self._flattener: Flattener | None = None
        self._seen_seq = -1
        self.breakers: tuple[BreakerState, ...] = ()
        self.cases: tuple[Case, ...] = ()
        self.blockers: Mapping[str, str] = {}

    def attend(self, session: TradingSession) -> tuple[Attendant, ...]:
        """Breakers first, then what carries out the kill level, then what is shown of both."""
        self._session = session
        self._guard = Breakers(session, self._limits, self._watched)
        self._flattener = Flattener(session)
        return self._guard, self._flattener, self

    @property
    def guard(self) -> Breakers:
        assert self._guard is not None          # attend was called when the session was made
        return self._guard

    @property
    def flattener(self) -> Flattener:
        assert self._flattener is not None
        return self._flattener

    def act(self) -> None:
        self.publish()

    def publish(self) -> None:
        """On the trading thread: what the others see from now on."""
        session = self._session
        assert session is not None
        if self.blockers != session.blockers:
            self.blockers = dict(session.blockers)
        if session.journal_seq != self._seen_seq:
            self._seen_seq = session.journal_seq
            self.breakers = breaker_states(session.book)
            self.cases = cases_to_show(session.book)


class EngineSafetyDesk:
    """Implements core.ports.SafetyDesk."""

    def __init__(self, engine: ExecutionEngine, room: SafetyRoom) -> None:
        self._engine, self._room = engine, room

    def breakers(self) -> tuple[BreakerState, ...]:
        return self._room.breakers

    def rearm(self, name: str, *, by: str, reason: str) -> Future[BreakerState]:
        def act(_session: TradingSession) -> BreakerState:
            self._room.guard.rearm(name, by=by, reason=reason)
            self._room.publish()
            (state,) = [each for each in self._room.breakers if each.name == name]
            return state

        return self._engine.ask(act)

    def cases(self) -> tuple[Case, ...]:
        return self._room.cases

    def close_case(self, case_id: int, *, by: str, reason: str) -> Future[Case]:
        def act(session: TradingSession) -> Case:
            closed = close_case(session, case_id, by=by, reason=reason)
            session.audit("case closed", by, f"case {case_id}: {reason}")
            self._room.publish()
            return closed

        return self._engine.ask(act)

    def blockers(self) -> Mapping[str, str]:
        return self._room.blockers

    def flatten_plan(self) -> Future[FlattenPlan]:
        return self._engine.ask(lambda _session: self._room.flattener.plan(), trades=False)
