"""Power cuts and disk faults at length. Prints what ran and what it gave."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.support.storage_proofs import Crowd, cut_power, flip_bits, sweep_faults

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


@pytest.mark.proof
def test_two_hundred_flipped_bits_are_found_or_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = flip_bits(tmp_path, flips=200, seed=31)
    with capsys.disabled():
        sys.stdout.write(f"\nflipped bits: {dict(found)}\n")

    assert found["missed"] == 0
    assert found["restored"] == 1


@pytest.mark.proof
def test_eight_threads_of_ten_thousand_operations_find_nothing_locked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd = Crowd(tmp_path)
    found = crowd.run(threads=8, operations=10_000)
    with capsys.disabled():
        sys.stdout.write(f"\ncrowd: {dict(found)}, largest log "
                         f"{crowd.largest_wal_bytes / 2**20:.1f} MiB\n")

    assert crowd.errors == []
    assert crowd.largest_wal_bytes < 64 * 2**20
