"""A desk with circuit breakers, for tests of what trips and what stays tripped."""

from decimal import Decimal
from typing import Any

from core.ports import OrderStore
from core.settings_types import BreakersSettings, RiskSettings
from tests.support.desk import Desk
from trading.breaker_table import Limits, Observation
from trading.breakers import Breakers, Watched
from trading.session import TradingSession

LIMITS = Limits(risk=RiskSettings(), breakers=BreakersSettings())

# Each breaker's boundary: what just fires it, and what just does not.
BOUNDARIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "daily_loss": ({"day_profit_cny": Decimal("-5000.00")},
                   {"day_profit_cny": Decimal("-4999.99")}),
    "drawdown": ({"drawdown_ratio": Decimal("0.15")}, {"drawdown_ratio": Decimal("0.1499")}),
    "rapid_loss": ({"rapid_loss_ratio": Decimal("0.02")}, {"rapid_loss_ratio": Decimal("0.0199")}),
    "reject_storm": ({"rejects": 5}, {"rejects": 4}),
    "loss_streak": ({"losing_sales": 5}, {"losing_sales": 4}),
    "error_rate": ({"errors": 10}, {"errors": 9}),
    "stale_data": ({"stale": ("600519.SH",)}, {"stale": ()}),
    "reconcile": ({"open_cases": 1}, {"open_cases": 0}),
    "model_drift": ({"drift_tripped": True}, {"drift_tripped": False}),
    "clock_skew": ({"clock_skew_s": Decimal("-2.001")}, {"clock_skew_s": Decimal("2")}),
    "market_halt": ({"quoted": 20, "halted": 4}, {"quoted": 20, "halted": 3}),
    "disk": ({"disk_watched": True, "free_bytes": 512 * 1024 * 1024 - 1},
             {"disk_watched": True, "free_bytes": 512 * 1024 * 1024}),
}


class GuardedDesk(Desk):
    """`guard` is its breakers; `told` replaces what they observe, while it is set."""

    def __init__(
        self, *, store: OrderStore | None = None, limits: Limits = LIMITS,
        watched: Watched | None = None, **parts: Any,
    ) -> None:
        self.told: Observation | None = None
        self.made: list[Breakers] = []

        def attend(session: TradingSession) -> tuple[Breakers, ...]:
            guard = Breakers(session, limits, watched or Watched())
            real = guard.observe
            guard.observe = lambda: real() if self.told is None else self.told  # type: ignore[method-assign]
            self.made.append(guard)
            return (guard,)

        super().__init__(store=store, **({"attendants": attend} | parts))

    @property
    def guard(self) -> Breakers:
        return self.made[-1]

    def tell(self, **seen: Any) -> None:
        """Let the breakers look, and see this."""
        self.told = Observation(**seen)
        self.guard._next_ns = 0
        self.session.act()

    def look(self) -> None:
        self.guard._next_ns = 0
        self.session.act()
