"""What kind of instrument each one is: size, price level, and how much it moves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.types import Board
from data.generated.streams import Floats, Ints, exp, normals
from data.generated.universe import Listing

TICKS_PER_CNY = {Board.MAIN: 100, Board.CHINEXT: 100, Board.STAR: 100, Board.BSE: 100,
                 Board.FUND: 1000}


@dataclass(frozen=True, slots=True)
class Group:
    """Medians of one kind of instrument."""

    price_cny: float
    float_cny: float               # value of the free float
    own_ratio: float               # daily standard deviation of its own part of the return
    turnover_ratio: float          # daily


# Levels of the stylised facts: close 10.76, turnover 1.14 %, daily deviation 2.9 %.
GROUPS = {
    "SH": Group(10.5, 1.3e10, 0.0195, 0.0120),
    "SZ": Group(11.0, 1.0e10, 0.0205, 0.0140),
    "CHINEXT": Group(20.0, 6.0e9, 0.0245, 0.0200),
    "STAR": Group(34.0, 7.0e9, 0.0250, 0.0160),
    "BSE": Group(14.0, 1.5e9, 0.0270, 0.0220),
    "FUND": Group(1.35, 4.0e9, 0.0030, 0.0300),
}
_PRICE_SPREAD, _FLOAT_SPREAD, _OWN_SPREAD, _TURNOVER_SPREAD = 0.60, 0.9, 0.16, 0.45
_FUND_SPREAD = 0.35
_LOWEST_FACTOR = 0.4               # of the usual price: room above one CNY
_BETA_SPREAD = 0.22
_COLUMNS = 8
_LEAST_SHARES = 2_000_000          # traded on an ordinary day, well above daily.MIN_VOLUME_SHARES


@dataclass(frozen=True, slots=True)
class Traits:
    """One number per instrument and column."""

    price_ticks: Floats            # at the start of its history
    float_shares: Floats
    own_ratio: Floats              # see Group
    turnover_ratio: Floats
    beta: Floats                   # answer to the market
    industry_beta: Floats
    fund: Floats                   # 1.0 for exchange-traded funds, else 0.0
    ticks_per_cny: Ints


def issue_ticks(seed: int, listing: Listing) -> int:
    """The price at the start of an instrument's history, in ticks."""
    group = GROUPS[listing.group]
    spread = _FUND_SPREAD if listing.group == "FUND" else _PRICE_SPREAD
    z = normals(_COLUMNS, seed, "traits", listing.instrument.symbol)
    scale = TICKS_PER_CNY[listing.instrument.board]
    factor = max(float(exp(spread * z[:1])[0]), _LOWEST_FACTOR)
    return int(np.rint(factor * group.price_cny * scale))


def traits(seed: int, listings: Sequence[Listing]) -> Traits:
    z = np.stack([normals(_COLUMNS, seed, "traits", item.instrument.symbol) for item in listings])
    groups = [GROUPS[item.group] for item in listings]
    ticks = np.array([issue_ticks(seed, item) for item in listings], np.float64)
    scale = np.array([TICKS_PER_CNY[item.instrument.board] for item in listings], np.int64)
    fund = np.array([float(item.group == "FUND") for item in listings])
    value = np.array([group.float_cny for group in groups]) * exp(_FLOAT_SPREAD * z[:, 1])
    turnover = (np.array([group.turnover_ratio for group in groups])
                * exp(_TURNOVER_SPREAD * z[:, 3]))
    return Traits(
        price_ticks=ticks,
        float_shares=np.rint(np.maximum(value / (ticks / scale), _LEAST_SHARES / turnover)),
        own_ratio=np.array([group.own_ratio for group in groups]) * exp(_OWN_SPREAD * z[:, 2]),
        turnover_ratio=turnover,
        beta=np.clip(1 + _BETA_SPREAD * z[:, 4] * (1 - fund), 0.4, 1.6),
        industry_beta=np.clip(1 + 0.3 * z[:, 5], 0.3, 1.7) * (1 - fund),
        fund=fund,
        ticks_per_cny=scale,
    )
