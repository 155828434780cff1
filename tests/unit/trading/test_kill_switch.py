import errno
import os
import stat
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from core.exceptions import RiskError
from core.types import KillLevel
from trading.kill_switch import (
    CHANGES,
    Actor,
    Change,
    KillRequest,
    KillSwitch,
    check_change,
    read_request,
    tripped_levels,
    write_request,
)

BLOCK, REDUCE, PAUSE, NONE, FLATTEN = (
    KillLevel.BLOCK, KillLevel.REDUCE_ONLY, KillLevel.PAUSE, KillLevel.NONE, KillLevel.FLATTEN)


# ---- which level may follow which --------------------------------------------------------------


def allowed(old: KillLevel, new: KillLevel, actor: Actor, reason: str) -> bool:
    try:
        check_change(old, new, actor, reason, {})
    except RiskError:
        return False
    return True


def test_every_pair_of_levels_is_decided() -> None:
    assert set(CHANGES) == set(product(KillLevel, repeat=2))


@pytest.mark.parametrize(("old", "new"), sorted(product(KillLevel, repeat=2)))
def test_anybody_may_stop_and_only_a_person_may_start(old: KillLevel, new: KillLevel) -> None:
    assert all(allowed(old, new, actor, "") for actor in Actor) is (
        new >= old), "a stricter level is never refused"
    for actor in set(Actor) - {Actor.PERSON}:
        assert allowed(old, new, actor, "why") is (new >= old)
    assert allowed(old, new, Actor.PERSON, "why")
    assert allowed(old, new, Actor.PERSON, " ") is (new >= old or old < BLOCK)


def test_a_tripped_breaker_holds_its_level_until_it_is_re_armed() -> None:
    held = {"daily_loss": REDUCE, "stale_data": PAUSE}

    with pytest.raises(RiskError, match="daily_loss, stale_data"):
        check_change(BLOCK, NONE, Actor.PERSON, "why", held)
    with pytest.raises(RiskError, match="stand: daily_loss"):
        check_change(BLOCK, PAUSE, Actor.PERSON, "why", held)
    check_change(BLOCK, REDUCE, Actor.PERSON, "why", held)
    check_change(PAUSE, REDUCE, Actor.PERSON, "", held)


def test_only_breakers_that_stand_hold_a_level() -> None:
    rows = {"a": {"level": 3, "tripped": False}, "b": {"level": 2, "tripped": True}}

    assert tripped_levels(rows) == {"b": REDUCE}
    assert CHANGES[BLOCK, PAUSE] is Change.PERSON_WITH_REASON


# ---- requests ----------------------------------------------------------------------------------


def test_a_written_request_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    write_request(path, KillRequest(REDUCE, "对账不平"))

    assert read_request(path) == KillRequest(REDUCE, "对账不平")
    assert [p.name for p in tmp_path.iterdir()] == ["kill.request"]


def test_a_weaker_request_never_takes_the_place_of_a_stricter_one(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    write_request(path, KillRequest(BLOCK, "first"))
    write_request(path, KillRequest(PAUSE, "second"))
    assert read_request(path) == KillRequest(BLOCK, "first")

    write_request(path, KillRequest(FLATTEN, "third"))
    assert read_request(path) == KillRequest(FLATTEN, "third")


def test_where_no_text_can_be_written_an_empty_file_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kill.request"
    write_request(path, KillRequest(PAUSE, "weaker"))

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        write_request(path, KillRequest(FLATTEN, "x"))
    request = read_request(path)
    assert request is not None
    assert request.level is BLOCK
    assert [p.name for p in tmp_path.iterdir()] == ["kill.request"]


def test_a_place_that_takes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"kill\.request"):
        write_request(tmp_path / "nowhere" / "kill.request", KillRequest(BLOCK, "x"))


def test_a_file_that_somebody_holds_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, replace = tmp_path / "kill.request", Path.replace
    tries: list[int] = []

    def held(self: Path, target: Path) -> Path:
        tries.append(1)
        if len(tries) < 3:
            raise PermissionError(errno.EACCES, "used by another process")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    write_request(path, KillRequest(FLATTEN, "x"))
    assert read_request(path) == KillRequest(FLATTEN, "x")

    monkeypatch.setattr(Path, "replace", lambda *_: held_for_ever())
    monkeypatch.setattr("trading.kill_switch._BETWEEN_S", 0)
    write_request(tmp_path / "other", KillRequest(PAUSE, "x"))
    request = read_request(tmp_path / "other")
    assert request is not None
    assert request.level is BLOCK


def held_for_ever() -> Path:
    raise PermissionError(errno.EACCES, "used by another process")


@pytest.mark.skipif(sys.platform == "win32", reason="nothing to sync there")
@pytest.mark.parametrize("name", ["open", "fsync"])
def test_a_folder_that_cannot_be_synced_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from trading.kill_switch import _sync_folder

    def fails(*_: Any) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, name, fails)
        _sync_folder(tmp_path)


def test_no_file_is_no_request(tmp_path: Path) -> None:
    assert read_request(tmp_path / "kill.request") is None
    assert KillSwitch(None).requested(NONE) is None
    KillSwitch(None).settle(BLOCK)


@pytest.mark.parametrize("text", [b"", b"stop!", b"[]", b'{"level": 9, "reason": ""}',
                                  b'{"level": 2}', b"\xff\xfe", b"3", b"{" * 9999,
                                  b"[" * 9999])
def test_a_file_that_cannot_be_understood_blocks(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "kill.request"
    path.write_bytes(text)
    request = read_request(path)

    assert request is not None
    assert request.level is BLOCK


def test_a_place_that_cannot_be_read_blocks(tmp_path: Path) -> None:
    request = read_request(tmp_path)            # a folder where the file should be

    assert request is not None
    assert request.level is BLOCK


def test_only_a_stricter_request_counts_and_a_settled_one_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    write_request(path, KillRequest(REDUCE, "x"))
    switch = KillSwitch(path)

    assert switch.requested(PAUSE) is not None
    assert switch.requested(REDUCE) is None
    switch.settle(PAUSE)
    assert path.exists()
    switch.settle(BLOCK)
    assert not list(tmp_path.iterdir())


def test_the_strictest_of_memory_and_file_is_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "kill.request"
    switch = KillSwitch(path)
    for level in (PAUSE, BLOCK, REDUCE):
        switch.ask(KillRequest(level, "x", "me"))
    assert switch.requested(NONE) == KillRequest(BLOCK, "x", "me")
    write_request(path, KillRequest(FLATTEN, "y"))
    assert switch.requested(BLOCK) == KillRequest(FLATTEN, "y")

    switch.settle(REDUCE)
    assert switch.waiting
    switch.settle(BLOCK)
    assert not switch.waiting
    switch.settle(FLATTEN)
    assert switch.requested(NONE) is None


def test_a_stricter_request_that_comes_while_one_is_removed_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, replace = tmp_path / "kill.request", Path.replace
    write_request(path, KillRequest(PAUSE, "early"))
    switch = KillSwitch(path)

    def late(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        write_request(path, KillRequest(BLOCK, "late"))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", late)
    switch.settle(PAUSE)

    assert switch.requested(PAUSE) == KillRequest(BLOCK, "late")
    assert KillSwitch(path).requested(PAUSE) == KillRequest(BLOCK, "late")
    assert [p.name for p in tmp_path.iterdir()] == ["kill.request"]


def test_a_request_that_cannot_be_removed_is_settled_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kill.request"
    path.write_bytes(b"")
    switch = KillSwitch(path)
    monkeypatch.setattr(Path, "replace", lambda *_: held_for_ever())
    switch.settle(BLOCK)

    assert switch.requested(BLOCK) is None
    assert switch.requested(NONE) is not None


def test_a_request_is_on_the_disk_with_its_name_when_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[bool] = []
    real = os.fsync

    def sync(descriptor: int) -> None:
        folders.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    write_request(tmp_path / "kill.request", KillRequest(BLOCK, "a test"))

    assert folders == ([False] if sys.platform == "win32" else [False, True])
