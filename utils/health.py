"""Runs the checks it is handed and says how things stand. What to check comes from main.py."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from core.exceptions import TradingError

DEADLINE_S = 5.0
log = logging.getLogger(__name__)     # utils/logger.py would cost `--health` 15 ms


class Status(Enum):
    """From good to bad; a report is as bad as its worst check."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"          # works, with something missing
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    name: str
    status: Status
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "status": self.status.value,
                "detail": self.detail, "remedy": self.remedy}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. `run` may raise: that is an answer too."""

    name: str
    run: Callable[[], CheckResult]


@dataclass(frozen=True, slots=True)
class HealthReport:
    checks: tuple[CheckResult, ...]

    @property
    def status(self) -> Status:
        order = list(Status)
        return max((check.status for check in self.checks), key=order.index, default=Status.HEALTHY)

    def as_json(self) -> dict[str, object]:
        return {"status": self.status.value, "checks": [check.as_json() for check in self.checks]}

    def as_text(self) -> str:
        """One line a check, for people; the remedy on its own line below."""
        lines = [self.status.value]
        for check in self.checks:
            lines.append(f"  {check.status.value:<10} {check.name}: {check.detail}")
            if check.remedy:
                lines.append(f"             -> {check.remedy}")
        return "\n".join(lines)


def healthy(name: str, detail: str) -> CheckResult:
    return CheckResult(name=name, status=Status.HEALTHY, detail=detail)


def degraded(name: str, detail: str, remedy: str) -> CheckResult:
    return CheckResult(name=name, status=Status.DEGRADED, detail=detail, remedy=remedy)


def unhealthy(name: str, detail: str, remedy: str) -> CheckResult:
    return CheckResult(name=name, status=Status.UNHEALTHY, detail=detail, remedy=remedy)


def run_checks(checks: Iterable[Check], *, deadline_s: float = DEADLINE_S) -> HealthReport:
    """Every check's answer, in order. One that raises or is late is unhealthy, not a crash."""
    return HealthReport(tuple(_answer(check, deadline_s) for check in checks))


def _answer(check: Check, deadline_s: float) -> CheckResult:
    answers: list[CheckResult] = []
    thread = threading.Thread(
        target=lambda: answers.append(_guarded(check)), name=f"check-{check.name}", daemon=True
    )
    thread.start()
    thread.join(deadline_s)
    if answers:
        return answers[0]
    return unhealthy(
        check.name, f"no answer within {deadline_s:g} s",
        "Something it needs hangs (a disk or a network folder?); see the log and start again",
    )


def _guarded(check: Check) -> CheckResult:
    try:
        return check.run()
    except TradingError as error:
        return unhealthy(check.name, f"{error.what}: {error.why}", error.remedy)
    except Exception as error:  # a broken check is a finding, and the others still run
        log.exception("check %s failed", check.name)
        return unhealthy(check.name, f"{type(error).__name__}: {error}",
                         "This is a fault of the program; the log has the details")
