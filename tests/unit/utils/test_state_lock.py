import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.exceptions import TradingError
from utils.state_lock import StateLock, holder_pid

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
from pathlib import Path
from utils.state_lock import StateLock
with StateLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holding_process(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], cwd=ROOT, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "core.lock"
    with holding_process(path) as other:
        with pytest.raises(TradingError, match=str(other.pid)) as caught:
            StateLock(path).acquire()
        assert holder_pid(path) == other.pid
        assert "--home" in caught.value.remedy
        other.kill()


def test_the_lock_ends_with_the_process_that_held_it_even_when_killed(tmp_path: Path) -> None:
    path = tmp_path / "core.lock"
    with holding_process(path) as other:
        other.kill()

    with StateLock(path):
        assert holder_pid(path) == os.getpid()


def test_a_released_lock_may_be_taken_again(tmp_path: Path) -> None:
    path = tmp_path / "core.lock"
    with StateLock(path):
        pass

    assert holder_pid(path) is None
    with StateLock(path):
        pass


def test_asking_who_holds_it_neither_makes_nor_takes_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "core.lock"

    assert holder_pid(path) is None
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_said_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(TradingError, match="cannot be locked"):
        StateLock(tmp_path / "absent" / "core.lock").acquire()


def test_a_full_disk_refuses_the_lock_and_lets_go_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(TradingError, match="No space left"):
            StateLock(tmp_path / "core.lock").acquire()

    assert holder_pid(tmp_path / "core.lock") is None


def test_a_lock_that_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    with pytest.raises(TradingError, match="cannot be locked"):
        holder_pid(tmp_path)
