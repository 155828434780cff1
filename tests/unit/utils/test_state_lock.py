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
