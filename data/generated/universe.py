"""Which invented instruments exist. The list is fixed; only their histories depend on the seed.

Codes come from blocks of the right board in which no instrument is or was listed (a test
compares them with the real list): 6058xx and 6059xx, 0015xx and 0017xx, 3029xx, 6889xx,
9209xx, 5699xx and 15906x.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from core.exceptions import ConfigError
from core.types import Board, Exchange, Instrument, Kind, Origin
from data.generated import names

MAX_SYMBOLS = 400
PACK_SYMBOLS = 16          # the first ones; they show every board and every kind of fate
MIN_SESSIONS, MAX_SESSIONS = 60, 2_500
_LIVE_SESSIONS = 64
_EARLIEST_LAST = date(2025, 1, 2)      # every board has been open for a while by then
GOLD, CHINEXT_INDEX = "黄金", "创业板"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a generated market is made from. Equal plans give equal bits.

    Raises ConfigError for a size that cannot be made.
    """

    seed: int = 20_260_101
    symbols: int = 320
    sessions: int = 1_250
    last: date = date(2026, 6, 30)     # the newest session, the last that can be played

    def __post_init__(self) -> None:
        _within("market.symbols", self.symbols, PACK_SYMBOLS, MAX_SYMBOLS)
        _within("market.sessions", self.sessions, MIN_SESSIONS, MAX_SESSIONS)
        if self.last < _EARLIEST_LAST:
            raise ValueError(f"a plan ends on {_EARLIEST_LAST} or later, was {self.last}")

    @property
    def live_sessions(self) -> int:
        """How many of the sessions a desk that opens has yet to live."""
        return min(_LIVE_SESSIONS, self.sessions // 2)


def _within(key: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ConfigError(f"setting {key} is {value}",
                          why=f"the generated market can have {low} to {high}",
                          remedy=f"Correct {key} in config.json and start again")


@dataclass(frozen=True, slots=True)
class Listing:
    """One instrument of the list, before a seed gives it a history."""

    number: int                        # its place in the list
    instrument: Instrument             # without dates and issue price
    group: str                         # which kind of price history it has


_SH, _SZ, _CY, _KC, _BJ, _FUND = "SH", "SZ", "CHINEXT", "STAR", "BSE", "FUND"
_CYCLE = (_SH, _SZ, _CY, _KC, _SH, _SZ, _FUND, _BJ, _SH, _SZ,
          _CY, _SH, _SZ, _KC, _SH, _SZ, _CY, _SH, _SZ, _SH)
_BJ_FREE = (920903, 920904, 920905, 920909, 920910, 920911, 920912, 920913, 920915, 920916,
            920917, 920918, 920919, 920920, 920921, 920922, 920923, 920927, 920929, 920930)
_BLOCKS: dict[str, tuple[int, ...]] = {
    _SH: tuple(range(605801, 605999)),
    _SZ: (*range(1701, 1799), *range(1501, 1599)),
    _CY: tuple(range(302901, 302999)),
    _KC: tuple(range(688901, 688950)),
    _BJ: _BJ_FREE,
    _FUND: (*range(569901, 569913), *range(159061, 159069)),
}
_BOARD = {_SH: Board.MAIN, _SZ: Board.MAIN, _CY: Board.CHINEXT, _KC: Board.STAR,
          _BJ: Board.BSE, _FUND: Board.FUND}


@cache
def _all_listings() -> tuple[Listing, ...]:
    used = dict.fromkeys(_BLOCKS, 0)
    made = []
    for number in range(MAX_SYMBOLS):
        group = _CYCLE[number % len(_CYCLE)]
        made.append(_listing(number, group, used[group]))
        used[group] += 1
    return tuple(made)


def listings(count: int) -> tuple[Listing, ...]:
    """The first `count` of the list; a larger market only adds to a smaller one."""
    return _all_listings()[:count]


def _listing(number: int, group: str, nth: int) -> Listing:
    code = _BLOCKS[group][nth]
    exchange = _exchange(group, code)
    fund = group == _FUND
    name = names.fund(nth, number) if fund else names.company(number, _BOARD[group])
    theme = names.fund_theme(nth) if fund else ""
    instrument = Instrument(
        symbol=f"{code:06d}.{exchange.value}", exchange=exchange, board=_BOARD[group],
        kind=Kind.ETF if fund else Kind.STOCK, name=name.text, industry=name.industry,
        pinyin=name.pinyin, t0=theme == GOLD, wide_band=theme == CHINEXT_INDEX,
        origin=Origin.GENERATED,
    )
    return Listing(number, instrument, group)


def _exchange(group: str, code: int) -> Exchange:
    if group == _BJ:
        return Exchange.BSE
    return Exchange.SSE if f"{code:06d}"[0] in "56" else Exchange.SZSE
