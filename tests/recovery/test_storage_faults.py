"""Power cuts and faults of the disk under trading: samples of what `make proof` runs at length."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support.faulty_disk import Fault
from tests.support.storage_proofs import Crowd, cut_power, flip_bits, sweep_faults


def test_a_power_cut_at_any_moment_takes_nothing_that_was_answered(tmp_path: Path) -> None:
    assert cut_power(tmp_path, images=120, seed=3) == Counter(whole=120)


def test_without_full_syncs_the_same_cuts_do_take_what_was_answered(tmp_path: Path) -> None:
    """Shows that the cuts bite: the ledger relies on synchronous=FULL and the test sees it."""
    found = cut_power(tmp_path, images=60, seed=3, synchronous="NORMAL")

    assert found["lost"] > 10


@pytest.mark.parametrize("fault", Fault)
def test_a_disk_that_fails_anywhere_breaks_no_promise(tmp_path: Path, fault: Fault) -> None:
    found = sweep_faults(tmp_path, seed=2, orders=4, every=7 if fault is not Fault.BAD_SYNC else 2,
                         faults=(fault,))

    assert found["broken"] == 0
    assert found["points"] > 15
    assert found["raised"] > 10


def test_a_flipped_bit_is_found_or_harmless_and_a_backup_holds(tmp_path: Path) -> None:
    found = flip_bits(tmp_path, flips=25, seed=4)

    assert found["missed"] == 0
    assert found["start"] + found["strict"] > 5
    assert found["restored"] == 1


def test_a_crowd_of_threads_never_finds_the_ledger_locked(tmp_path: Path) -> None:
    crowd = Crowd(tmp_path)
    found = crowd.run(threads=8, operations=60)

    assert crowd.errors == []
    assert found["entries"] > 8 * 60
    assert found["reads"] > 0
    assert found["backups"] > 0
    assert crowd.largest_wal_bytes < 64 * 2**20


def test_rows_copied_from_a_log_that_was_not_on_the_disk_never_meet_an_older_log(
    tmp_path: Path
) -> None:
    """A sync failed, the log was copied into the main file, and then the power went."""
    found = sweep_faults(tmp_path, seed=20, orders=5, faults=(Fault.IO_ERROR,),
                         points=range(44, 52))

    assert found["broken"] == 0
    assert found["points"] == 16
