from datetime import date
from typing import Any

import numpy as np
import pytest

from core.types import Period
from data.chunks import (
    FIELDS,
    FLAG_FIELDS,
    FLOAT_FIELDS,
    Array,
    ChunkEncoder,
    chunk_of,
    empty_columns,
    unpack,
    unpack_many,
)
from tests.support.market_bars import sessions


def columns(rows: int = 5, **changes: Any) -> dict[str, Array]:
    rng = np.random.default_rng(1)
    found: dict[str, Array] = {"ts_s": np.arange(rows, dtype=np.int64) * 86_400 + 1_704_153_600}
    found |= {name: np.round(rng.uniform(1, 2000, rows), 2) for name in FLOAT_FIELDS}
    found["volume_shares"] = rng.integers(0, 4_000_000_000, rows).astype(np.float64)
    found |= {name: rng.integers(-1, 2, rows).astype(np.int8) for name in FLAG_FIELDS}
    return found | changes


def same(one: dict[str, Array], other: dict[str, Array]) -> bool:
    return all(np.array_equal(one[n], other[n], equal_nan=n in FLOAT_FIELDS) for n in FIELDS)


@pytest.mark.parametrize("changes", [
    {},
    {"close_cny": np.array([1.0, 0.0001, 214_748.0, 99.9999, 3.3])},
    {"close_cny": np.array([1 / 3, 2.0, 3.0, 4.0, 5.0])},          # off the grid
    {"close_cny": np.array([np.nan, 2.0, 3.0, 4.0, 5.0])},
    {"close_cny": np.array([400_000.0, 2.0, 3.0, 4.0, 5.0])},      # beyond int32
    {"volume_shares": np.array([5_135_466_535.0, 1.0, 2.0, 3.0, 4.0])},
    {"volume_shares": np.array([0.5, np.nan, 2.0, 3.0, 4.0])},
    {"limit_up_cny": np.full(5, np.nan), "is_st": np.full(5, -1, dtype=np.int8)},
    {"doubts": np.zeros(5, dtype=np.int8)},
])
def test_every_bit_comes_back(changes: dict[str, Any]) -> None:
    stored = columns(**changes)
    encoder = ChunkEncoder(stored)

    assert same(unpack(encoder.layout, encoder.body(0, 5), 5), stored)


def test_prices_on_the_grid_take_half_the_room() -> None:
    assert ChunkEncoder(columns()).layout.startswith("mqqqqud")


def test_a_run_of_rows_is_cut_out_of_every_column() -> None:
    stored = columns(9)
    encoder = ChunkEncoder(stored)

    found = unpack(encoder.layout, encoder.body(2, 7), 5)

    assert same(found, {name: array[2:7] for name, array in stored.items()})


def test_reading_may_start_late_and_take_some_columns() -> None:
    stored = columns()
    encoder = ChunkEncoder(stored)

    found = unpack(encoder.layout, encoder.body(0, 5), 5, start=3, fields=("ts_s", "close_cny"))

    assert set(found) == {"ts_s", "close_cny"}
    assert found["close_cny"].tolist() == stored["close_cny"][3:].tolist()


def test_many_chunks_of_different_layouts_become_one_series() -> None:
    parts = [columns(), columns(close_cny=np.array([1 / 3, 2.0, 3.0, 4.0, 5.0]))]
    encoders = [ChunkEncoder(part) for part in parts]

    found = unpack_many([(each.layout, each.body(0, 5), 5) for each in encoders])

    assert encoders[0].layout != encoders[1].layout
    assert same(found, {n: np.concatenate([p[n] for p in parts]) for n in FIELDS})


def test_no_chunks_are_an_empty_series() -> None:
    assert all(len(array) == 0 for array in unpack_many([]).values())
    assert set(empty_columns()) == set(FIELDS)


@pytest.mark.parametrize(("period", "bars_a_day"), [(Period.DAY, 1), (Period.MIN1, 240)])
def test_a_chunk_holds_about_a_thousand_bars(period: Period, bars_a_day: int) -> None:
    days = [(day - date(1970, 1, 1)).days * 86_400 for day in sessions(500)]

    _, counts = np.unique(chunk_of(period, np.array(days)), return_counts=True)

    assert 300 < counts.max() * bars_a_day <= 1_200
