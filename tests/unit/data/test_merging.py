import numpy as np
import pytest

from data.chunks import FIELDS, FLAG_FIELDS, Array, empty_columns
from data.merging import merge


def bars(*rows: tuple[int, float], volume: float = 1000.0) -> dict[str, Array]:
    """(day, close) pairs; everything else is the same."""
    found = {name: array for name, array in empty_columns().items()}
    count = len(rows)
    found |= {name: np.full(count, np.nan) for name in FIELDS if name not in FLAG_FIELDS}
    found |= {name: np.full(count, -1, dtype=np.int8) for name in FLAG_FIELDS}
    found["ts_s"] = np.array([day * 86_400 for day, _ in rows], dtype=np.int64)
    for name in ("open_cny", "high_cny", "low_cny", "close_cny"):
        found[name] = np.array([close for _, close in rows])
    found["volume_shares"] = np.full(count, volume)
    return found


def test_new_times_join_in_order() -> None:
    merged = merge(bars((1, 1.0), (4, 4.0)), bars((2, 2.0), (5, 5.0)), replace=False)

    assert merged.columns is not None
    assert merged.columns["close_cny"].tolist() == [1.0, 2.0, 4.0, 5.0]
    assert (merged.fresh, merged.known, merged.replaced) == (2, 0, 0)


def test_the_same_again_changes_nothing() -> None:
    merged = merge(bars((1, 1.0), (2, 2.0)), bars((1, 1.0), (2, 2.0)), replace=False)

    assert merged.columns is None
    assert (merged.fresh, merged.known, len(merged.conflicts)) == (0, 2, 0)


def test_another_value_for_a_stored_time_is_a_conflict_and_the_old_one_stays() -> None:
    merged = merge(bars((1, 1.0), (2, 2.0)), bars((2, 2.5), (3, 3.0)), replace=False)

    assert merged.columns is not None
    assert merged.columns["close_cny"].tolist() == [1.0, 2.0, 3.0]
    assert merged.conflicts.tolist() == [0]


def test_the_new_value_wins_when_asked_to() -> None:
    merged = merge(bars((1, 1.0), (2, 2.0)), bars((2, 2.5)), replace=True)

    assert merged.columns is not None
    assert merged.columns["close_cny"].tolist() == [1.0, 2.5]
    assert (merged.fresh, merged.replaced, len(merged.conflicts)) == (0, 1, 0)


@pytest.mark.parametrize(("old", "new", "agree"), [
    (1_000_000.0, 1_000_900.0, True),       # within a thousandth
    (1_000_000.0, 1_002_000.0, False),
    (12_345.0, 12_300.0, True),             # rounded to lots
    (np.nan, 5.0, True),                    # unknown agrees with everything
    (5_000.0, np.nan, True),
])
def test_vendors_may_round_volume_but_not_change_it(old: float, new: float, agree: bool) -> None:
    merged = merge(bars((1, 1.0), volume=old), bars((1, 1.0), volume=new), replace=False)

    assert (merged.known, len(merged.conflicts)) == ((1, 0) if agree else (0, 1))
