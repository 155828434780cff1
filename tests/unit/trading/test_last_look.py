"""Who may still send while a kill.request lies there."""

from pathlib import Path

import pytest

from core.types import KillLevel
from trading.kill_switch import KillRequest, write_request
from trading.last_look import stopped_by


@pytest.mark.parametrize(("level", "manual_buy", "auto_buy", "auto_sale"), [
    (KillLevel.NONE, True, True, True),
    (KillLevel.PAUSE, True, False, False),
    (KillLevel.REDUCE_ONLY, False, False, True),
    (KillLevel.BLOCK, False, False, False),
    (KillLevel.FLATTEN, False, False, False),
])
def test_each_level_lets_through_what_it_says(
    tmp_path: Path, level: KillLevel, manual_buy: bool, auto_buy: bool, auto_sale: bool,
) -> None:
    path = tmp_path / "kill.request"
    write_request(path, KillRequest(level, "a test"))

    assert (stopped_by(path, manual=True, sells=False) is None) is manual_buy
    assert (stopped_by(path, manual=False, sells=False) is None) is auto_buy
    assert (stopped_by(path, manual=False, sells=True) is None) is auto_sale


def test_without_a_request_everything_passes(tmp_path: Path) -> None:
    assert stopped_by(tmp_path / "kill.request", manual=False, sells=False) is None
    assert stopped_by(None, manual=False, sells=False) is None


def test_a_request_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    path.write_bytes(b"\x00garbage")

    assert stopped_by(path, manual=True, sells=True) is not None
