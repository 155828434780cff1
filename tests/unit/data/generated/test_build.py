import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from core.calendar import exchange_calendar
from core.exceptions import DataError
from data.generated import build as building
from data.generated import store
from data.generated.build import BuildHandle, build, main, start_build
from data.generated.daily import daily_market
from data.generated.universe import Plan, listings

PLAN = Plan(symbols=80, sessions=60)


def test_a_build_stores_the_same_bits_as_making_it_in_memory(tmp_path: Path) -> None:
    folder = build(tmp_path, PLAN, exchange_calendar())

    stored = store.load(folder, 80, 60)
    made = daily_market(PLAN, listings(80), exchange_calendar()).columns
    assert stored is not None
    for item in fields(made):
        assert (np.asarray(getattr(stored, item.name)) == getattr(made, item.name)).all()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_build_that_was_interrupted_goes_on_with_the_parts_that_are_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.folder_of(tmp_path, PLAN)
    first = daily_market(PLAN, listings(80)[:64], exchange_calendar()).columns
    store.save(building._drafts(folder) / "part-0", first)
    made: list[int] = []

    def counted(plan, chosen, calendar):  # type: ignore[no-untyped-def]  # a spy
        made.append(len(chosen))
        return daily_market(plan, chosen, calendar)

    monkeypatch.setattr(building, "daily_market", counted)
    build(tmp_path, PLAN, exchange_calendar())

    assert made == [16]
    assert store.load(folder, 80, 60) is not None


def test_a_damaged_market_is_made_again(tmp_path: Path) -> None:
    folder = build(tmp_path, PLAN, exchange_calendar())
    (folder / "close.npy").write_bytes(b"damaged")

    build(tmp_path, PLAN, exchange_calendar())

    assert store.load(folder, 80, 60) is not None


def test_the_child_makes_the_market_and_tells_when_it_is_done(tmp_path: Path) -> None:
    told: list[bool] = []
    handle = start_build(tmp_path, PLAN, on_done=lambda: told.append(True))

    handle.run(threading.Event())

    assert told == [True]
    assert (handle.progress().finished, handle.progress().ratio) == (True, 1.0)
    assert store.load(store.folder_of(tmp_path, PLAN), 80, 60) is not None
    handle.stop()


def test_a_child_that_cannot_write_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    handle = start_build(tmp_path / "file", PLAN)

    with pytest.raises(DataError, match="was not stored"):
        handle.run(threading.Event())
    assert not handle.progress().finished
    handle.stop()


def test_a_build_can_be_stopped_and_keeps_what_it_has(tmp_path: Path) -> None:
    handle = start_build(tmp_path, Plan())
    stop = threading.Event()
    stop.set()

    handle.run(stop)
    handle.stop()

    assert (handle.progress().finished, handle.progress().failed) == (False, "it was stopped")
    assert not store.folder_of(tmp_path, Plan()).exists()


def test_progress_counts_the_parts_that_are_stored(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    handle = BuildHandle(tmp_path, PLAN, process)
    before = handle.progress()
    part = building._drafts(store.folder_of(tmp_path, PLAN)) / "part-0"
    part.mkdir(parents=True)
    (part / store.MANIFEST).write_text("{}")

    after = handle.progress()
    handle.stop()
    assert process.stdin is not None
    process.stdin.close()

    assert (before.done_parts, after.done_parts, after.parts) == (0, 1, 2)
    assert 0 < after.ratio < 1


def test_the_childs_command_line_says_in_one_line_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")

    assert main([str(tmp_path / "file"), "1", "16", "60", "2026-06-30"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main([str(tmp_path / "good"), "1", "16", "60", "2026-06-30"]) == 0
