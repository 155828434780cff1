"""The circuit breakers as one table: what fires each, within which window, at which level. Pure.

A breaker sees one small record of the desk at one moment and says in words why it fires, or
nothing. What is not known is None, and is no loss and no health: prices that are missing make
the equity unknown and the data stale.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from core.settings_types import BreakersSettings, RiskSettings
from core.types import KillLevel

REJECTS_WINDOW_S = 60
ERRORS_WINDOW_S = 60
RAPID_WINDOW_S = 300
LEAST_QUOTED = 20                  # fewer instruments say nothing of the whole market
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The desk at one moment. None: not known, or nobody watches it."""

    day_profit_cny: Decimal | None = None      # realised, unrealised and fees since the last close
    drawdown_ratio: Decimal | None = None      # below the account's highest value
    rapid_loss_ratio: Decimal | None = None    # below the highest value within RAPID_WINDOW_S
    rejects: int = 0                           # of the broker, within REJECTS_WINDOW_S
    errors: int = 0                            # silences and quarantined reports, ERRORS_WINDOW_S
    losing_sales: int = 0                      # in a row, up to the newest
    stale: tuple[str, ...] = ()                # held or ordered, in session, without a fresh price
    open_cases: int = 0
    drift_tripped: bool | None = None
    clock_skew_s: Decimal | None = None        # of the wall clock, either sign
    quoted: int = 0                            # instruments with a quote of today
    halted: int = 0                            # of them: traded today, and are suspended now
    index_halt: bool = False                   # the exchange's own breaker has stopped the market
    free_bytes: int | None = None              # where the ledger is
    disk_watched: bool = False                 # then unknown free_bytes is trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The thresholds of the settings."""

    risk: RiskSettings
    breakers: BreakersSettings


Trigger = Callable[[Observation, Limits], str]


@dataclass(frozen=True, slots=True)
class Breaker:
    """One row. `rearmed`: who sets it back, and what has to be true before."""

    name: str
    fires: Trigger
    window_s: int                  # 0: it looks at the present state only
    level: KillLevel
    rearmed: str


def _daily_loss(seen: Observation, limits: Limits) -> str:
    most = limits.risk.daily_loss_limit_cny
    if seen.day_profit_cny is None or -seen.day_profit_cny < most:
        return ""
    return f"the day's loss is {-seen.day_profit_cny} CNY, the limit {most} CNY"


def _drawdown(seen: Observation, limits: Limits) -> str:
    most = limits.risk.max_drawdown_ratio
    if seen.drawdown_ratio is None or seen.drawdown_ratio < most:
        return ""
    return (f"the account is {_pct(seen.drawdown_ratio)} below its highest value, "
            f"the limit is {_pct(most)}")


def _rapid_loss(seen: Observation, limits: Limits) -> str:
    most = limits.breakers.rapid_loss_ratio
    if seen.rapid_loss_ratio is None or seen.rapid_loss_ratio < most:
        return ""
    return (f"the account lost {_pct(seen.rapid_loss_ratio)} within {RAPID_WINDOW_S} s, "
            f"the limit is {_pct(most)}")


def _reject_storm(seen: Observation, limits: Limits) -> str:
    most = limits.breakers.rejects
    return "" if seen.rejects < most else (
        f"the broker rejected {seen.rejects} orders within {REJECTS_WINDOW_S} s, "
        f"the limit is {most}")


def _loss_streak(seen: Observation, limits: Limits) -> str:
    most = limits.risk.loss_streak
    return "" if seen.losing_sales < most else (
        f"{seen.losing_sales} sales in a row lost money, the limit is {most}")


def _error_rate(seen: Observation, limits: Limits) -> str:
    most = limits.breakers.errors
    return "" if seen.errors < most else (
        f"{seen.errors} answers of the broker were missing or could not be booked within "
        f"{ERRORS_WINDOW_S} s, the limit is {most}")


def _stale_data(seen: Observation, limits: Limits) -> str:
    return "" if not seen.stale else (
        f"no price younger than {limits.breakers.stale_data_s} s of {', '.join(seen.stale)}, "
        "held or ordered")


def _reconcile(seen: Observation, _limits: Limits) -> str:
    return "" if not seen.open_cases else (
        f"{seen.open_cases} differences with the broker are open")


def _model_drift(seen: Observation, _limits: Limits) -> str:
    return "the drift guard of the models has tripped" if seen.drift_tripped else ""


def _clock_skew(seen: Observation, limits: Limits) -> str:
    most = limits.breakers.clock_skew_s
    if seen.clock_skew_s is None or abs(seen.clock_skew_s) <= most:
        return ""
    return (f"the wall clock is {seen.clock_skew_s} s away from the steady clock or the quotes, "
            f"the limit is {most} s; the machine may have slept")


def _market_halt(seen: Observation, limits: Limits) -> str:
    if seen.index_halt:
        return "the exchanges have halted the whole market"
    most = limits.breakers.market_halt_ratio
    if seen.quoted < LEAST_QUOTED or seen.halted < most * seen.quoted:
        return ""
    return (f"{seen.halted} of {seen.quoted} quoted instruments stopped trading today, "
            f"the limit is {_pct(most)}")


def _disk(seen: Observation, limits: Limits) -> str:
    least_mib = limits.breakers.free_disk_mib
    if not seen.disk_watched:
        return ""
    if seen.free_bytes is None:
        return "how much room the ledger's disk has is not known"
    if seen.free_bytes >= least_mib * _MIB:
        return ""
    return f"the ledger's disk has {seen.free_bytes // _MIB} MiB left, the least is {least_mib} MiB"


def _pct(ratio: Decimal) -> str:
    return f"{ratio * 100:.2f} %"


_PERSON = "A person re-arms it with a reason"

BREAKERS = (
    Breaker("daily_loss", _daily_loss, 0, KillLevel.REDUCE_ONLY,
            f"{_PERSON}, on the next session or after the limit was raised; it fires again at "
            "once while the loss stands"),
    Breaker("drawdown", _drawdown, 0, KillLevel.REDUCE_ONLY,
            f"{_PERSON}; the highest value is then counted afresh from the present one"),
    Breaker("rapid_loss", _rapid_loss, RAPID_WINDOW_S, KillLevel.BLOCK,
            f"{_PERSON}; its window begins anew"),
    Breaker("reject_storm", _reject_storm, REJECTS_WINDOW_S, KillLevel.PAUSE,
            f"{_PERSON}, once the broker's reason is understood; earlier rejects no longer count"),
    Breaker("loss_streak", _loss_streak, 0, KillLevel.PAUSE,
            f"{_PERSON}; the streak begins at nothing"),
    Breaker("error_rate", _error_rate, ERRORS_WINDOW_S, KillLevel.BLOCK,
            f"{_PERSON}, once the connection is well; earlier errors no longer count"),
    Breaker("stale_data", _stale_data, 0, KillLevel.PAUSE,
            f"{_PERSON}, once prices come again; it fires again at once while they do not"),
    Breaker("reconcile", _reconcile, 0, KillLevel.PAUSE,
            f"{_PERSON}, after every case is closed; it fires again at once while one is open"),
    Breaker("model_drift", _model_drift, 0, KillLevel.PAUSE,
            f"{_PERSON}, after the drift guard was reset"),
    Breaker("clock_skew", _clock_skew, 0, KillLevel.REDUCE_ONLY,
            f"{_PERSON}, after orders, quotes and the machine's clock were looked at"),
    Breaker("market_halt", _market_halt, 0, KillLevel.PAUSE,
            f"{_PERSON}, once the market trades again; it fires again at once while it does not"),
    Breaker("disk", _disk, 0, KillLevel.BLOCK,
            f"{_PERSON}, after room was made; it fires again at once while there is none"),
)
BY_NAME = {breaker.name: breaker for breaker in BREAKERS}
