from pathlib import Path

import pytest

from core.types import KillLevel
from trading.kill_switch import KillRequest, KillSwitch, read_request, write_request


def test_a_written_request_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    write_request(path, KillRequest(KillLevel.REDUCE_ONLY, "对账不平"))

    assert read_request(path) == KillRequest(KillLevel.REDUCE_ONLY, "对账不平")
    assert [p.name for p in tmp_path.iterdir()] == ["kill.request"]


def test_no_file_is_no_request(tmp_path: Path) -> None:
    assert read_request(tmp_path / "kill.request") is None
    assert KillSwitch(None).requested(KillLevel.NONE) is None


@pytest.mark.parametrize("text", [b"", b"stop!", b"[]", b'{"level": 9, "reason": ""}',
                                  b'{"level": 2}', b"\xff\xfe", b"3", b"{" * 9999,
                                  b"[" * 9999])
def test_a_file_that_cannot_be_understood_blocks(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "kill.request"
    path.write_bytes(text)
    request = read_request(path)

    assert request is not None
    assert request.level is KillLevel.BLOCK


def test_a_place_that_cannot_be_read_blocks(tmp_path: Path) -> None:
    request = read_request(tmp_path)            # a folder where the file should be

    assert request is not None
    assert request.level is KillLevel.BLOCK


def test_only_a_stricter_request_counts_and_a_settled_one_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    write_request(path, KillRequest(KillLevel.REDUCE_ONLY, "x"))
    switch = KillSwitch(path)

    assert switch.requested(KillLevel.PAUSE) is not None
    assert switch.requested(KillLevel.REDUCE_ONLY) is None
    switch.settle(KillLevel.PAUSE)
    assert path.exists()
    switch.settle(KillLevel.BLOCK)
    assert not path.exists()


def test_a_request_that_cannot_be_removed_is_settled_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    path.mkdir()
    switch = KillSwitch(path)
    switch.settle(KillLevel.BLOCK)

    assert switch.requested(KillLevel.BLOCK) is None
    assert switch.requested(KillLevel.NONE) is not None
