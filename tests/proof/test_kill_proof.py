"""The kill switch pulled 200 times on a process that trades, with 200 orders open.

Blocked within 10 ms of a durable request, every cancel issued within 1 s, with the window's
thread blocked, the trading thread's inbox flooded, the disk full and the broker down; the level
survives kill -9 each time.
"""

import sys
from collections import defaultdict
from pathlib import Path

import pytest

from core.types import KillLevel
from tests.recovery.kill_child import TROUBLES
from tests.support.pulled import Pulled, pull

pytestmark = [pytest.mark.proof,
              pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")]
ROUNDS, ORDERS = 200, 200
BLOCKED_MS, CANCELLED_MS = 10, 1_000


def test_200_pulls_block_within_10_ms_and_cancel_200_orders_within_a_second(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, list[Pulled]] = defaultdict(list)
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        trouble = TROUBLES[number % len(TROUBLES)]
        found[trouble].append(pull(folder, trouble, ORDERS))
        for file in folder.iterdir():
            file.unlink()

    with capsys.disabled():
        for trouble, rounds in found.items():
            sys.stdout.write(
                f"\n{trouble:8} {len(rounds)} rounds: last order "
                f"{max(r.last_place_ms for r in rounds):.2f} ms, last cancel "
                f"{sorted(r.last_cancel_ms for r in rounds)[len(rounds) // 2]:.0f} ms median, "
                f"{max(r.last_cancel_ms for r in rounds):.0f} ms worst, after the request")
        sys.stdout.write("\n")
    every = [each for rounds in found.values() for each in rounds]
    assert all(each.cancelled >= each.placed >= ORDERS for each in every)
    assert {each.level_after_restart for each in every} == {KillLevel.BLOCK}
    assert max(each.last_place_ms for each in every) < BLOCKED_MS
    assert max(each.last_cancel_ms for each in every) < CANCELLED_MS
