"""Copies of the tree that may be broken on purpose, and whether tests notice it."""

import multiprocessing
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("core", "config", "utils", "data", "strategies", "models", "trading", "ui", "tests",
          "main.py", "pyproject.toml", "docs", "README.md", ".ci")
# Pytest's exit codes, moved so that no error of ours is taken for a failed test.
_PASSED = 100
_FAILED = (101, 102)                # a test failed, or could not even be collected
LONGEST_S = 420                     # tests that hang notice the defect
# Imported once for all: a run then costs its tests, not the start of Python.
PRELOADED = ("pytest", "hypothesis", "hypothesis.strategies",
             "hypothesis.internal.conjecture.engine", "numpy", "sqlite3", "asyncio", "logging",
             "decimal", "zoneinfo")


def copy_of_tree(copy: Path) -> Path:
    """A fresh copy of everything that the tests need."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for part in COPIED:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, copy / part)
    return copy


def passes_with(
    copy: Path, name: str, code: str, groups: Sequence[Sequence[str]]
) -> bool:
    """Whether all groups of tests pass, one after the other, while file `name` is `code`."""
    file = copy / name
    before = file.read_text("utf-8")
    for compiled in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
        compiled.unlink()                          # else it would be run in its place
    file.write_text(code, "utf-8")
    try:
        return all(passes(tests, copy) for tests in groups if tests)
    finally:
        file.write_text(before, "utf-8")


def passes(tests: Sequence[str], copy: Path, *, keep_bytecode: bool = False) -> bool:
    """Whether these tests pass in the copy, in a process of their own."""
    if sys.platform == "win32":
        run = multiprocessing.get_context("spawn").Process(
            target=_run, args=(tuple(tests), str(copy), keep_bytecode))
        run.start()
        return _ended_well(run)
    way = multiprocessing.get_context("forkserver")
    way.set_forkserver_preload(list(PRELOADED))
    forked = way.Process(target=_run, args=(tuple(tests), str(copy), keep_bytecode))
    forked.start()
    return _ended_well(forked)


def _ended_well(run: multiprocessing.process.BaseProcess) -> bool:
    run.join(LONGEST_S)
    if run.is_alive():
        run.kill()
        run.join()
        return False
    if run.exitcode not in (_PASSED, *_FAILED):
        raise RuntimeError(f"the tests could not be run at all: exit code {run.exitcode}")
    return run.exitcode == _PASSED


def _run(tests: tuple[str, ...], copy: str, keep_bytecode: bool) -> None:
    import pytest

    os.chdir(copy)
    os.environ |= {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    sys.path[:] = [copy, *(each for each in sys.path if each not in ("", str(ROOT)))]
    sys.dont_write_bytecode = not keep_bytecode
    for name in [name for name in sys.modules if name.split(".")[0] in COPIED]:
        del sys.modules[name]                      # of the whole tree: the copy's are meant
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        sys.exit(_PASSED + int(pytest.main([
            "-q", "-x", "-m", "not proof and not shared", "-p", "no:cacheprovider",
            "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning", *tests])))
