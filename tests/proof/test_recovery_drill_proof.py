"""Kill -9 of a process that trades: 1,000 random rounds, and every point with every reply."""

import os
import sys
from pathlib import Path

import pytest

from tests.support.drills import a_drill
from trading.drill import every_pair

# 100,000 for a release: DRILL_ROUNDS=100000, some four hours.
RANDOM_ROUNDS = int(os.environ.get("DRILL_ROUNDS", "1000"))


@pytest.mark.proof
def test_a_thousand_random_kills_lose_double_and_orphan_nothing(tmp_path: Path) -> None:
    report = a_drill(tmp_path, seed=2026).run(RANDOM_ROUNDS)

    _say(report.as_text())
    assert report.passed, report.first_failure
    assert report.rounds == RANDOM_ROUNDS


@pytest.mark.proof
def test_every_crash_point_with_every_reply_loses_doubles_and_orphans_nothing(
    tmp_path: Path,
) -> None:
    pairs = every_pair()

    report = a_drill(tmp_path, seed=2026).run(0, pairs)

    _say(f"{len(pairs)} pairs: {report.as_text()}; {report.points_not_reached} not reached")
    assert report.passed, report.first_failure
    assert report.rounds == len(pairs)


def _say(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")
