"""The auto-trader for the window and the commands: the AutoDesk port over the trading thread."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from core.desk_types import Autonomy, Proposal
from core.events import EventBus, SignalEvent
from core.exceptions import OrderError
from core.settings_types import AutoSettings
from trading.auto_trader import AutoTrader, DriftGuard
from trading.budgets import MODEL
from trading.executor import ExecutionEngine
from trading.plan_desk import Watch, watch_nothing
from trading.session import TradingSession

T = TypeVar("T")


def rules_only(source: str) -> str:
    """The drift guard where none watches models: a rule does not drift, a model may not act."""
    return "nothing watches the drift of this model" if source.startswith(MODEL) else ""


class AutoRoom:
    """Makes the attendant when the session comes into being, and keeps hold of it."""

    def __init__(self, settings: AutoSettings, drift: DriftGuard = rules_only) -> None:
        self._settings, self._drift = settings, drift
        self._trader: AutoTrader | None = None

    def attend(self, session: TradingSession) -> AutoTrader:
        self._trader = AutoTrader(session, self._settings, self._drift)
        return self._trader

    @property
    def trader(self) -> AutoTrader:
        """Raises OrderError before there is a session."""
        if self._trader is None:
            raise OrderError("there is no auto-trader yet", why="the trading core has not started",
                             remedy="Wait until it has")
        return self._trader


class EngineAutoDesk:
    """Implements core.ports.AutoDesk; hears the bus's signals until the engine closes."""

    def __init__(
        self, engine: ExecutionEngine, room: AutoRoom, bus: EventBus,
        watch: Watch = watch_nothing,
    ) -> None:
        self._engine, self._room, self._watch = engine, room, watch
        bus.subscribe(SignalEvent, self._heard)

    def _heard(self, signal: SignalEvent) -> None:
        """On the thread of who thought of it. A signal waits for a price of its instrument."""
        if self._room.trader.mode is not Autonomy.MANUAL:
            self._watch((signal.symbol,))
        self._room.trader.hear(signal)

    def autonomy(self) -> Autonomy:
        return self._room.trader.mode

    def set_autonomy(self, autonomy: Autonomy, *, by: str, reason: str) -> Future[Autonomy]:
        return self._ask(lambda trader: trader.set_autonomy(autonomy, by, reason))

    def proposals(self) -> tuple[Proposal, ...]:
        """The newest published state; never waits."""
        return self._room.trader.shown

    def approve(self, proposal_id: int, *, by: str) -> Future[Proposal]:
        return self._ask(lambda trader: trader.approve(proposal_id, by))

    def decline(self, proposal_id: int, *, by: str, reason: str) -> Future[Proposal]:
        return self._ask(lambda trader: trader.decline(proposal_id, by, reason))

    def _ask(self, act: Callable[[AutoTrader], T]) -> Future[T]:
        return self._engine.ask(lambda _session: act(self._room.trader))
