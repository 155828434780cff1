"""Power cuts and disk faults at length. Prints what ran and what it gave."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.support.storage_proofs import cut_power, sweep_faults

IMAGES, POINTS = 2_000, 5_000


@pytest.mark.proof
def test_two_thousand_power_cuts_take_nothing_that_was_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = cut_power(tmp_path, images=IMAGES, seed=11)
    normal = cut_power(tmp_path, images=200, seed=12, synchronous="NORMAL")
    with capsys.disabled():
        sys.stdout.write(f"\npower cuts: FULL {dict(full)}; NORMAL {dict(normal)}\n")

    assert full == Counter(whole=IMAGES)
    assert normal["lost"] + normal["damaged"] > 100


@pytest.mark.proof
def test_five_thousand_faults_of_the_disk_break_no_promise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, seed = Counter[str](), 20
    while found["points"] < POINTS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        found += sweep_faults(folder, seed=seed, orders=5)
        seed += 1
    with capsys.disabled():
        sys.stdout.write(f"\nfaults of the disk: {dict(found)} over {seed - 20} workloads\n")

    assert found["broken"] == 0
    assert found["points"] >= POINTS
