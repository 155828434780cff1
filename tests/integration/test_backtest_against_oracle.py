"""The product's daily order list against the oracle: random bars, and real ones where present."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
import pytest

from tests.oracle.bars import read_bars
from tests.oracle.random_bars import random_market
from tests.support.judged_list import SHARED_BARS, judge

SEEDS = range(25)
FUNDS_BEGIN_WITH = "15"         # what exchanges take from a fund's broker is not in the rules
ORDERS_A_SEED = 200
REAL_SYMBOLS = 40
REAL_ORDERS = 400


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_list_ends_as_the_oracle_says(seed: int, tmp_path: Path) -> None:
    paths = random_market(seed).write(tmp_path)

    judged = judge(
        read_bars([paths["bars"]]), paths, tmp_path, seed=seed, count=ORDERS_A_SEED
    )

    assert judged.faults == []
    assert judged.found.answer["ledger_hash"] == judged.found.trades_sha256


def test_exchange_fees_are_charged_when_commission_does_not_contain_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "TRADING_TRADING__FEES_ALL_IN", "false")
    market = random_market(4)
    market.bars = [row for row in market.bars if row["symbol"][0] not in FUNDS_BEGIN_WITH]
    paths = market.write(tmp_path)

    judged = judge(
        read_bars([paths["bars"]]), paths, tmp_path, seed=4, count=100, fees_all_in=False
    )

    assert judged.faults == []
    assert set(judged.found.answer["fees_cny"]) >= {"handling", "regulatory"}


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_BARS.exists(), reason="no development data beside the checkout")
@pytest.mark.parametrize("seed", [101, 102, 103])
def test_a_list_over_real_bars_ends_as_the_oracle_says(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    write_part_of_the_real_bars(path, seed)

    judged = judge(read_bars([path]), {"bars": path}, tmp_path, seed=seed, count=REAL_ORDERS)

    assert judged.faults == []
    assert len(judged.found.trades) > REAL_ORDERS // 10


def write_part_of_the_real_bars(path: Path, seed: int) -> None:
    """Every 15th symbol, from another one on for each seed, so that all boards take part."""
    table = pyarrow.parquet.read_table(SHARED_BARS)
    symbols = sorted(pyarrow.compute.unique(table["symbol"]).to_pylist())
    chosen = symbols[seed % 15 :: len(symbols) // REAL_SYMBOLS]
    names = table["symbol"].cast(pa.string())
    kept = pyarrow.compute.is_in(names, value_set=pa.array(chosen))
    pyarrow.parquet.write_table(table.filter(kept), path)
