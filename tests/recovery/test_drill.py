"""The drill with real processes and real signals; and that it sees what it is there to see."""

from pathlib import Path

import pytest

from core.exceptions import DataError
from tests.support.drills import a_defective_drill, a_drill
from trading.drill import DrillReport, every_pair
from trading.drill_exchange import REPLIES
from trading.oms import CRASH_POINTS


def test_random_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    report = a_drill(tmp_path, seed=11).run(20)

    assert report.passed, report.first_failure
    assert report.rounds == 20
    assert report.kills_at_points + report.kills_at_random == 20


def test_kills_at_every_named_point_lose_and_double_nothing(tmp_path: Path) -> None:
    replies = tuple(REPLIES)
    # a fill or a cancel is passed only by an order that is filled in part
    pairs = [(point, "part" if "fill" in point or "cancel" in point else
              replies[at % len(replies)]) for at, point in enumerate(CRASH_POINTS)]

    report = a_drill(tmp_path, seed=12).run(0, pairs)

    assert report.passed, report.first_failure
    assert report.rounds == len(CRASH_POINTS)
    assert report.points_not_reached <= 2


def test_a_trade_that_recovery_itself_brings_about_is_no_lost_one(tmp_path: Path) -> None:
    """It asks for a wanted cancel again, and the exchange trades as it cancels."""
    pairs = [("after_cancel_asked", "cancel_fill_race"), ("after_cancel_asked", "part_cancel")] * 4

    report = a_drill(tmp_path, seed=3).run(0, pairs)

    assert report.passed, report.first_failure


@pytest.mark.parametrize(("defect", "seen"), [
    ("send-before-intent", "orphan_orders"),
    ("resend-after-restart", "resent_orders"),
    ("trades-never-asked", "lost_fills"),
    ("fees-forgotten", "cash_mismatch_cny"),
])
def test_a_build_that_breaks_a_promise_does_not_pass(
    tmp_path: Path, defect: str, seen: str
) -> None:
    report = a_defective_drill(tmp_path, defect).run(0, _TELLING[defect])

    assert not report.passed
    assert getattr(report, seen) > 0, report.first_failure


_TELLING = {
    "send-before-intent": [("before_intent", "ack")] * 3,
    "resend-after-restart": [("after_sending", "silent_kept"), ("after_place", "ack")] * 4,
    "trades-never-asked": [("before_report", "fill_lost"), ("after_report", "fill_lost")] * 3,
    "fees-forgotten": [("after_sent", "fill")] * 6,
}


def test_a_life_that_cannot_begin_is_seen_and_told(tmp_path: Path) -> None:
    (tmp_path / "drill-0.db").write_bytes(b"no database, and no life can begin on it" * 100)
    drill = a_drill(tmp_path, seed=1)

    with pytest.raises(DataError, match=r"cannot be trusted|is no ledger"):
        drill.run(1)

    assert drill.report.lives_ended_by_themselves == 1
    assert not drill.report.passed


def test_every_point_meets_every_reply() -> None:
    pairs = every_pair()

    assert len(set(pairs)) == len(pairs) == len(CRASH_POINTS) * len(REPLIES)


def test_no_round_is_no_proof() -> None:
    assert not DrillReport().passed


