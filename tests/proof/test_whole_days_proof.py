"""A thousand whole days of the whole core, each with a night, in every weather."""

import logging
import sys
from pathlib import Path

import pytest

from tests.support.desks import home_in
from tests.support.whole_days import WholeDay, play_days

DAYS = 1_000
TWICE = 20                             # of them are played a second time, to the same hash


@pytest.mark.proof
def test_a_thousand_days_lose_and_double_nothing(tmp_path: Path) -> None:
    logging.disable(logging.CRITICAL)
    try:
        home = home_in(tmp_path)
        total = play_days(range(DAYS), home)
        for seed in range(TWICE):
            assert WholeDay(seed, home).play().head == WholeDay(seed, home).play().head
    finally:
        logging.disable(logging.NOTSET)
    sys.stdout.write(f"\nwhole days: {DAYS}, of {TWICE} the journal twice the same; "
                     + ", ".join(f"{count:,} {what}" for what, count in sorted(total.items()))
                     + "\n")

    assert total["killed"] > DAYS
    assert total["sent"] > 10 * DAYS
