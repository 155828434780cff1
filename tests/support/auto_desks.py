"""A desk with an auto-trader on it, and signals for tests to give it."""

from typing import Any

from core.desk_types import Autonomy, Proposal
from core.events import SignalEvent
from core.settings_types import AutoSettings
from tests.support.desk import MAIN, Desk
from tests.support.plan_desks import PlanTable
from trading.auto_desk import AutoRoom, rules_only
from trading.auto_trader import AutoTrader, DriftGuard
from trading.records import Entry


class AutoTable(PlanTable):
    """A PlanTable whose attendant is the auto-trader alone."""

    def __init__(
        self, mode: str = "auto", *, drift: DriftGuard = rules_only,
        settings: AutoSettings | None = None, **desk: Any,
    ) -> None:
        """`mode` holds unless whole settings are given."""
        super().__init__()
        self._given: dict[str, Any] = {"mode": mode, "drift": drift, "settings": settings}
        self._desk_values = desk
        self.auto = AutoRoom(settings or AutoSettings(mode=mode), drift)
        self.desk = Desk(attendants=lambda session: (self.auto.attend(session),), **desk)

    def again(self) -> "AutoTable":
        values = {**self._desk_values, "store": self.desk.store, "day": self.desk.session.day,
                  "reference": self.desk.reference}
        fresh = AutoTable(**self._given, **values)
        fresh.desk.clock.move_to(max(self.desk.clock.now_utc(), fresh.desk.clock.now_utc()))
        return fresh

    @property
    def trader(self) -> AutoTrader:
        return self.auto.trader

    @property
    def mode(self) -> Autonomy:
        return self.trader.mode

    def signal(self, score: float = 1.0, strategy: str = "ma_cross", symbol: str = MAIN) -> None:
        self.trader.hear(SignalEvent(symbol=symbol, strategy=strategy, score=score,
                                     reason="the fast mean crossed the slow one",
                                     ts_utc=self.desk.clock.now_utc()))
        self.act()

    def proposals(self) -> tuple[Proposal, ...]:
        return self.trader.shown

    def reasons(self) -> list[str]:
        return [entry.payload for entry in self.desk.store.entries()
                if entry.kind == Entry.DECISION]
