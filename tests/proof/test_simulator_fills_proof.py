"""Ten million simulated fills, each watched: 0 may break a rule of tests/support/fill_watch.py.

Ten parts of a million, by seed: four over real bars, three over generated bars, three over
generated books. Each part prints what ran.
"""

import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path

import pytest

from core.types import Period
from tests.support.fill_storm import SymbolDayBars, made_day, over_bars, over_quotes, real_days

SHARED = Path(__file__).parents[3] / "shared" / "data"
FILLS = 1_000_000
REAL = [("minute15.parquet", Period.MIN15, 50), ("minute5_jq.parquet", Period.MIN5, 50)]


def run(name: str, seed: int, markets: Iterator[Callable[[int], int]]) -> None:
    started, fills, days = time.monotonic(), 0, 0
    for at, market in enumerate(markets):
        if fills >= FILLS:
            break
        fills, days = fills + market(seed * 1_000_000 + at), days + 1
    sys.stdout.write(
        f"{name}, seed {seed}: {fills:,} fills over {days:,} symbol days, 0 violations, "
        f"{time.monotonic() - started:.0f} s\n")
    assert fills >= FILLS


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(3))
def test_a_million_fills_over_generated_bars_break_no_rule(seed: int) -> None:
    run("generated bars", seed, (
        lambda s: over_bars(made_day(s), s, orders_a_bar=80) for _ in count()))


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(3))
def test_a_million_fills_over_generated_books_break_no_rule(seed: int) -> None:
    run("generated books", seed, (
        lambda s: over_quotes(s, quotes=400, orders_a_quote=50) for _ in count()))


@pytest.mark.proof
@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="no development data beside the checkout")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("file", "period", "orders"), REAL)
def test_a_million_fills_over_real_bars_break_no_rule(
    file: str, period: Period, orders: int, seed: int
) -> None:
    days = list(real_days(SHARED / file, period))

    def play(day: SymbolDayBars) -> Callable[[int], int]:
        return lambda s: over_bars(day, s, orders_a_bar=orders)

    run(file, seed, (play(day) for day in cycle(days)))
