"""A seeded sample of the simulator's invariants; the long run is in tests/proof/."""

from itertools import islice
from pathlib import Path

import pytest

from core.types import Period
from tests.support.fill_storm import made_day, over_bars, over_quotes, real_days

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize("seed", range(3))
def test_no_fill_over_generated_bars_breaks_a_rule(seed: int) -> None:
    assert over_bars(made_day(seed), seed, orders_a_bar=20) > 1_000


@pytest.mark.parametrize("seed", range(5))
def test_no_fill_over_a_generated_book_breaks_a_rule(seed: int) -> None:
    assert over_quotes(seed) > 300


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="no development data beside the checkout")
def test_no_fill_over_real_bars_breaks_a_rule() -> None:
    days = islice(real_days(SHARED / "minute15.parquet", Period.MIN15), 0, 400, 8)

    assert sum(over_bars(day, 1, orders_a_bar=20) for day in days) > 2_000
