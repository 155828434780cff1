"""What happens when bars arrive for times that are already stored. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.chunks import FIELDS, Array
from data.series import PRICES

PRICE_TOLERANCE_CNY = 5e-5     # half a unit of the stored grain
SIZE_TOLERANCE_RATIO = 1e-3    # vendors round volume to lots and amount to thousands
SIZE_TOLERANCE = 100.0         # shares or CNY: one rounding step of such a vendor


@dataclass(frozen=True, slots=True)
class Merged:
    """Both series as one, and what became of each new row."""

    columns: Mapping[str, Array] | None    # None: nothing new, the stored chunk stays
    fresh: int
    known: int
    replaced: int
    conflicts: Array                       # row numbers in the new series


def merge(old: Mapping[str, Array], new: Mapping[str, Array], *, replace: bool) -> Merged:
    """New rows join the old ones by time.

    An equal row is known already and left alone, its unknown parts included. A row that says
    otherwise is a conflict: the stored one stays, unless `replace` lets the new one win.
    """
    at = np.searchsorted(old["ts_s"], new["ts_s"])
    inside = np.minimum(at, len(old["ts_s"]) - 1)
    same_time = (at < len(old["ts_s"])) & (old["ts_s"][inside] == new["ts_s"])
    differs = same_time & ~same_values(old, inside, new, slice(None))
    fresh, known = ~same_time, int((same_time & ~differs).sum())
    winners = differs if replace else np.zeros_like(differs)
    conflicts = np.flatnonzero(differs & ~winners)
    if not fresh.any() and not winners.any():
        return Merged(None, 0, known, 0, conflicts)
    kept = np.ones(len(old["ts_s"]), dtype=np.bool_)
    kept[inside[winners]] = False
    taken = fresh | winners
    order = np.argsort(np.concatenate((old["ts_s"][kept], new["ts_s"][taken])), kind="stable")
    columns = {
        name: np.concatenate((old[name][kept], new[name][taken]))[order] for name in FIELDS
    }
    return Merged(columns, int(fresh.sum()), known, int(winners.sum()), conflicts)


def same_values(
    old: Mapping[str, Array], old_rows: Array, new: Mapping[str, Array], new_rows: Array | slice
) -> Array:
    """Whether rows of the same time agree; unknown agrees with everything."""
    agree = np.ones(len(old_rows), dtype=np.bool_)
    for name in PRICES:
        agree &= ~(np.abs(old[name][old_rows] - new[name][new_rows]) > PRICE_TOLERANCE_CNY)
    for name in ("volume_shares", "amount_cny"):
        before, after = old[name][old_rows], new[name][new_rows]
        allowed = np.maximum(SIZE_TOLERANCE, np.abs(before) * SIZE_TOLERANCE_RATIO)
        agree &= ~(np.abs(before - after) > allowed)
    return agree
