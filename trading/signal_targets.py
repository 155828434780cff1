"""Turns a strategy's signals into what a backtest shall hold after each session."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from core.types import Adjust, BarColumns, BarTable

Signals = NDArray[np.int8]
_EPOCH = date(1970, 1, 1)
_DAY_S = 86_400


def signal_targets(
    bars: BarTable, generate: Callable[[BarColumns], Signals], symbols: Sequence[str] = (), *,
    most: int | None = None,
) -> Callable[[date], Collection[str]]:
    """The symbols that the signals want to hold after each session, for `run_targets`.

    Args:
        generate: one signal a bar from backward-adjusted bars; positive holds, negative leaves,
            zero keeps what the last opinion was. Entry t may use rows up to t only.
        symbols: only these; empty: all.
        most: at most so many at once; who was there first stays, then the order of the codes.

    Returns:
        A function to be asked for ascending days; a day between keeps the standing opinions.
    """
    changes: dict[date, list[tuple[str, bool]]] = defaultdict(list)
    for symbol in symbols or bars.symbols:
        rows = bars.slice_of(symbol)
        opinion = generate(adjusted_columns(bars, symbol))
        said = np.flatnonzero(opinion)
        holds = opinion[said] > 0
        turns = np.flatnonzero(np.diff(holds, prepend=False))
        for at in turns.tolist():
            ts_s = int(bars.ts_s[rows.start + int(said[at])])
            changes[_EPOCH + timedelta(days=ts_s // _DAY_S)].append((symbol, bool(holds[at])))
    held: set[str] = set()
    chosen: list[str] = []
    waiting = sorted(changes, reverse=True)

    def wanted(evening: date) -> Collection[str]:
        while waiting and waiting[-1] <= evening:
            for symbol, holds in changes[waiting.pop()]:
                (held.add if holds else held.discard)(symbol)
        chosen[:] = [symbol for symbol in chosen if symbol in held]
        chosen.extend(sorted(held.difference(chosen)))
        if most is not None:
            del chosen[most:]
        return tuple(chosen)

    return wanted


def adjusted_columns(bars: BarTable, symbol: str) -> BarColumns:
    """One symbol's bars, backward-adjusted; an unknown factor is the last known one, else 1."""
    rows = bars.slice_of(symbol)
    factor = _filled(bars.adj_factor[rows])
    return BarColumns(
        symbol=symbol, period=bars.period, adjust=Adjust.HFQ, ts_s=bars.ts_s[rows],
        open_cny=bars.open_cny[rows] * factor, high_cny=bars.high_cny[rows] * factor,
        low_cny=bars.low_cny[rows] * factor, close_cny=bars.close_cny[rows] * factor,
        volume_shares=bars.volume_shares[rows], amount_cny=bars.amount_cny[rows],
        origin=bars.origin)


def _filled(factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unknown factors carried forward; ones before the first known."""
    known = np.isfinite(factor)
    last = np.maximum.accumulate(np.where(known, np.arange(len(factor)), -1))
    filled: NDArray[np.float64] = np.where(last >= 0, factor[np.maximum(last, 0)], 1)
    return filled
