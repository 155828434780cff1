"""Stored bars as a Tape: what became known at each moment of a recorded day."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np

from core.money import E4_PER_CNY, E4_PER_FEN, from_e4
from core.ports import Tick
from core.rules import SHANGHAI, price_band, shanghai
from core.types import Bar, DayFacts, Period, Quote
from data.chunks import GRAIN, Array
from data.database import MarketDatabase
from data.series import LENGTHS, PRICES, end_s

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BarTape:
    """Plays the bars of one period, each at its end, with the quote that follows from it.

    Nothing is said of a bar before it has ended, its open included. It reads past the clock's
    now on purpose: it is what moves the clock.
    """

    def __init__(self, database: MarketDatabase, period: Period) -> None:
        self._database, self.period = database, period

    def days(self) -> Sequence[date]:
        return self._database.recorded_days(self.period)

    def first_known_utc(self, day: date) -> datetime:
        """When the first intraday bar of a session ends; of daily bars: the opening auction."""
        if self.period is Period.DAY:
            return shanghai(day, time(9, 15))
        return shanghai(day, time(9, 30)) + timedelta(minutes=LENGTHS[self.period])

    def play(self, day: date, symbols: Sequence[str] = ()) -> Iterator[Tick]:
        """One Tick for each moment at which bars ended; none on a day without bars."""
        runs = [
            _Run(facts, self.period, columns)
            for symbol, columns in self._database.day_bars(self.period, day, symbols).items()
            if (facts := self._database.day_facts(symbol, day)) is not None
        ]
        moments: dict[int, list[tuple[_Run, int]]] = {}
        for run in runs:
            for row, stamp in enumerate(run.ends_s):
                moments.setdefault(stamp, []).append((run, row))
        for stamp in sorted(moments):
            ts_utc = wall_utc(stamp)
            here = moments[stamp]
            yield Tick(
                ts_utc, bars=tuple(run.bar(row, ts_utc) for run, row in here),
                quotes=tuple(run.quote(row, ts_utc) for run, row in here),
            )


def wall_utc(wall_s: int) -> datetime:
    """The moment of seconds of Shanghai wall time."""
    return (EPOCH + timedelta(seconds=wall_s)).replace(tzinfo=SHANGHAI).astimezone(UTC)


class _Run:
    """One symbol's day: its bars as exact numbers, and the day's figures so far at each."""

    def __init__(
        self, facts: DayFacts, period: Period, columns: Mapping[str, Array]
    ) -> None:
        self._facts, self._period = facts, period
        self._band = price_band(facts)
        self.ends_s: list[int] = end_s(period, columns["ts_s"]).tolist()
        open_e4, high_e4, low_e4, close_e4 = (_e4(columns[name]) for name in PRICES)
        self._prices = list(zip(*(e4.tolist() for e4 in (open_e4, high_e4, low_e4, close_e4)),
                                strict=True))
        self._highs: list[int] = np.maximum.accumulate(high_e4).tolist()
        self._lows: list[int] = np.minimum.accumulate(low_e4).tolist()
        # a bar of unknown volume trades nothing, so nothing is ever filled against it
        volume = np.nan_to_num(columns["volume_shares"]).astype(np.int64)
        self._volumes, self._volume_so_far = volume.tolist(), np.cumsum(volume).tolist()
        amount = columns["amount_cny"]
        self._amounts, self._amount_so_far = _amounts(amount), _amounts(np.cumsum(amount))

    def bar(self, row: int, ts_utc: datetime) -> Bar:
        opened, high, low, close = map(from_e4, self._prices[row])
        return Bar(
            symbol=self._facts.instrument.symbol, period=self._period, ts_utc=ts_utc,
            open_cny=opened, high_cny=high, low_cny=low, close_cny=close,
            volume_shares=self._volumes[row], amount_cny=self._amounts[row],
        )

    def quote(self, row: int, ts_utc: datetime) -> Quote:
        facts, band = self._facts, self._band
        return Quote(
            symbol=facts.instrument.symbol, ts_utc=ts_utc,
            last_cny=from_e4(self._prices[row][3]), prev_close_cny=facts.reference_cny,
            open_cny=from_e4(self._prices[0][0]), high_cny=from_e4(self._highs[row]),
            low_cny=from_e4(self._lows[row]), volume_shares=self._volume_so_far[row],
            amount_cny=self._amount_so_far[row],
            limit_up_cny=None if band is None else band.up_cny,
            limit_down_cny=None if band is None else band.down_cny,
            suspended=facts.suspended, origin=facts.instrument.origin,
        )


def _e4(values: Array) -> Array:
    return np.asarray(np.rint(values * GRAIN).astype(np.int64))


def _amounts(values: Array) -> list[Decimal | None]:
    """Exact amounts to the fen; None where unknown."""
    return [None if value != value else from_e4(round(value * E4_PER_CNY / E4_PER_FEN) * E4_PER_FEN)
            for value in values.tolist()]
