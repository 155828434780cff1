"""10,000 accounts, a random year each, against the account in exact fractions: 0 fen apart."""

import sys

import pytest

from tests.support.random_years import Year

ACCOUNTS, A_BATCH = 10_000, 500
FIRST_SEED = 1_000_000


@pytest.mark.proof
@pytest.mark.parametrize("batch", range(ACCOUNTS // A_BATCH))
def test_ten_thousand_accounts_end_to_the_fen_as_the_fractions_say(batch: int) -> None:
    first = FIRST_SEED + batch * A_BATCH
    years = [Year(seed) for seed in range(first, first + A_BATCH)]

    faults = [fault for year in years for fault in year.play()]
    counts = {name: sum(year.counts[name] for year in years) for name in years[0].counts}
    sys.stdout.write(f"\n{A_BATCH} accounts from seed {first}: {counts}, "
                     f"{len(faults)} differences\n")
    assert faults == []
