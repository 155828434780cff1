"""10,000 random orders over all real bars, 100 times, against the oracle to the fen.

Resumable: a seed that agreed leaves a file named after the code it was proven for, and is not
played again while that code stays as it is. About a minute a seed at most.
"""

import hashlib
import json
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.oracle.bars import SymbolBars, read_bars
from tests.support.judged_list import SHARED_BARS, judge

ROOT = Path(__file__).parents[2]
PROVEN_CODE = ("core", "trading", "data", "config", "tests/oracle", "tests/support")
SEEDS = range(1000, 1100)
ORDERS_A_SEED = 10_000


@cache
def results_folder() -> Path:
    """One folder for each state of the code, outside the source tree."""
    digest = hashlib.sha256()
    for path in sorted(p for name in PROVEN_CODE for p in (ROOT / name).rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update((ROOT / "main.py").read_bytes())
    name = f"order-lists-{digest.hexdigest()[:16]}"
    folder = Path(tempfile.gettempdir()) / "trading-graph-proof" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def real_bars() -> dict[str, SymbolBars]:
    return read_bars([SHARED_BARS])


@pytest.mark.proof
@pytest.mark.shared
@pytest.mark.skipif(not SHARED_BARS.exists(), reason="no development data beside the checkout")
@pytest.mark.parametrize("seed", SEEDS)
def test_ten_thousand_orders_over_real_bars_end_as_the_oracle_says(
    seed: int, real_bars: dict[str, SymbolBars], tmp_path: Path
) -> None:
    proven = results_folder() / f"seed-{seed}.json"
    if proven.exists():
        return

    judged = judge(real_bars, {"bars": SHARED_BARS}, tmp_path, seed=seed, count=ORDERS_A_SEED)

    assert judged.faults == []
    answer = {
        "seed": seed,
        "fills": len(judged.found.trades),
        "refused": judged.found.answer["refused"],
        "final_equity_cny": judged.found.answer["final_equity_cny"],
        "seconds": judged.found.answer["seconds"],
    }
    proven.write_text(json.dumps(answer), "utf-8")
    sys.stderr.write(f"seed {seed}: {answer['fills']} fills, {answer['seconds']} s, as proven\n")
