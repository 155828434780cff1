"""Every named defect is planted in a copy of the tree, and its tests have to notice it."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.support.broken_trees import copy_of_tree, passes, passes_with
from tests.support.planted import DEFECTS, Defect

_WORKERS = 2


@pytest.mark.proof
def test_every_planted_defect_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies: SimpleQueue[Path] = SimpleQueue()
    tests = tuple(dict.fromkeys(test for defect in DEFECTS for test in defect.tests))
    for number in range(_WORKERS):
        copy = copy_of_tree(tmp_path / f"tree-{number}")
        assert passes(tests, copy, keep_bytecode=True), "unbroken, the tests have to pass"
        copies.put(copy)

    def is_noticed(defect: Defect) -> bool:
        copy = copies.get()
        try:
            code = (copy / defect.file).read_text("utf-8").replace(defect.old, defect.new)
            own, more = defect.tests[:1], defect.tests[1:]
            noticed = not passes_with(copy, defect.file, code, (own, more))
        finally:
            copies.put(copy)
        return noticed

    with ThreadPoolExecutor(_WORKERS) as pool:
        noticed = list(pool.map(is_noticed, DEFECTS))
    missed = [defect.name for defect, seen in zip(DEFECTS, noticed, strict=True) if not seen]
    with capsys.disabled():
        sys.stdout.write(f"\n{sum(noticed)} of {len(DEFECTS)} planted defects are noticed\n")
    assert not missed
