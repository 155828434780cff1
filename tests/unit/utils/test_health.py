import threading

import pytest

from core.exceptions import DataError
from utils.health import Check, CheckResult, Status, degraded, healthy, run_checks, unhealthy


def fixed(result: CheckResult) -> Check:
    return Check(result.name, lambda: result)


def a_failing_check(error: Exception) -> Check:
    def run() -> CheckResult:
        raise error

    return Check("failing", run)


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ([], Status.HEALTHY),
        ([healthy("a", "")], Status.HEALTHY),
        ([healthy("a", ""), degraded("b", "", "")], Status.DEGRADED),
        ([unhealthy("a", "", ""), degraded("b", "", ""), healthy("c", "")], Status.UNHEALTHY),
    ],
)
def test_a_report_is_as_bad_as_its_worst_check(
    results: list[CheckResult], status: Status
) -> None:
    assert run_checks(map(fixed, results)).status is status


def test_the_json_has_the_shape_of_the_contract() -> None:
    report = run_checks([fixed(degraded("disk", "3 GiB free", "Free space"))])

    assert report.as_json() == {
        "status": "degraded",
        "checks": [{"name": "disk", "status": "degraded", "detail": "3 GiB free",
                    "remedy": "Free space"}],
    }


def test_a_check_that_raises_is_a_finding_and_the_others_still_run() -> None:
    report = run_checks([a_failing_check(KeyError("x")), fixed(healthy("next", "runs"))])

    assert [check.status for check in report.checks] == [Status.UNHEALTHY, Status.HEALTHY]
    assert "KeyError" in report.checks[0].detail


def test_an_error_of_ours_keeps_its_reason_and_remedy() -> None:
    error = DataError("the ledger is not whole", why="entry 7 is missing", remedy="Restore it")

    result = run_checks([a_failing_check(error)]).checks[0]

    assert result.detail == "the ledger is not whole: entry 7 is missing"
    assert result.remedy == "Restore it"


def test_a_check_that_hangs_is_unhealthy_after_its_deadline() -> None:
    never = threading.Event()

    def hang() -> CheckResult:
        never.wait()
        return healthy("hang", "")

    report = run_checks([Check("hang", hang), fixed(healthy("b", ""))], deadline_s=0.05)
    never.set()

    assert [check.status for check in report.checks] == [Status.UNHEALTHY, Status.HEALTHY]
    assert "0.05 s" in report.checks[0].detail


def test_the_text_for_people_shows_the_remedy() -> None:
    text = run_checks([fixed(degraded("disk", "3 GiB free", "Free space"))]).as_text()

    assert text.splitlines()[0] == "degraded"
    assert "-> Free space" in text
