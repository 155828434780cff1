import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from core.exceptions import DataError
from utils.whole_file import whole_file


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with suppress(ZeroDivisionError), whole_file(path) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.csv", "old")]

    with whole_file(path) as part:
        part.write_text("new")

    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.csv", "new")]


def test_a_place_that_takes_no_file_is_said(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "a.csv"):
        with pytest.raises(DataError, match="folder that exists"), whole_file(path) as part:
            part.write_text("x")


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")

    with whole_file(link) as part:
        part.write_text("x")

    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "x"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()

    with whole_file(pipe) as part:
        part.write_text("x")
    reader.join(5)

    assert read == ["x"]
    assert pipe.is_fifo()
