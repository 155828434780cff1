"""The kill switch on a process that trades wildly: a sample of tests/proof/test_kill_proof.py."""

import sys
from pathlib import Path

import pytest

from core.types import KillLevel
from tests.recovery.kill_child import TROUBLES
from tests.support.pulled import pull

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
ORDERS = 20


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_pulled_switch_blocks_cancels_and_outlives_the_process(
    tmp_path: Path, trouble: str
) -> None:
    found = pull(tmp_path, trouble, ORDERS)

    assert found.last_place_ms < 100                # ten times the aim: this machine is shared
    assert found.last_cancel_ms < 10_000
    assert found.cancelled >= found.placed >= ORDERS
    assert found.level_after_restart is KillLevel.BLOCK
