"""Random lives of plans in numbers: sent within the shares, filled within the sent, always."""

import sys

import pytest

from tests.support.plan_lives import STEPS, Life

LIVES = 1_000


@pytest.mark.proof
def test_no_plan_ever_sends_more_than_its_shares() -> None:
    sent = filled = 0
    for seed in range(LIVES):
        life = Life(10_000 + seed)
        life.run()
        sent, filled = sent + life.sent, filled + life.filled
    sys.stdout.write(
        f"\nplans: {LIVES} lives of {STEPS} steps with restarts, refusals and lost answers: "
        f"{sent:,} orders, {filled:,} shares filled, 0 beyond a plan's shares\n")

    assert sent > LIVES
