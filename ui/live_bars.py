"""The chart's live part, computed from domain values: the forming bar and our trades. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from core.rules import bar_ends, to_shanghai
from core.types import Adjust, BarColumns, Fill, Period, Quote
from ui.chart_data import TradeMarker

SECONDS_PER_DAY = 86_400
MINUTES = {Period.MIN1: 1, Period.MIN5: 5, Period.MIN15: 15, Period.MIN30: 30, Period.MIN60: 60}


@dataclass(frozen=True, slots=True)
class LiveBar:
    """The bar that has not ended; floats, because it is only drawn."""

    ts_s: int                  # Shanghai wall seconds of its END
    open: float
    high: float
    low: float
    close: float
    volume: float              # of this bar, in shares
    amount: float              # of this bar, in CNY; NaN: unknown
    day_volume: float = 0.0    # of the day when the bar began, to take the difference from
    day_amount: float = 0.0


def wall_seconds(moment_utc: datetime) -> int:
    """Seconds of Shanghai wall time since 1970, the unit of BarColumns.ts_s."""
    return int(to_shanghai(moment_utc).replace(tzinfo=UTC).timestamp())


def live_bar(
    before: LiveBar | None, quote: Quote, period: Period, scale: float = 1.0
) -> LiveBar | None:
    """The forming bar after one more quote; None without a price or after the last bar's end.

    What trades before the first minute (the opening auction) belongs to the first bar.
    """
    if quote.last_cny is None:
        return None
    now_s = wall_seconds(quote.ts_utc)
    if period is Period.DAY:
        return _live_day(quote, now_s - now_s % SECONDS_PER_DAY, scale)
    day_s, of_day = now_s - now_s % SECONDS_PER_DAY, now_s % SECONDS_PER_DAY
    end = next((end for end in _ends_s(period) if end >= of_day), None)
    if end is None:
        return None
    last = float(quote.last_cny) * scale
    volume, amount = float(quote.volume_shares), _float(quote.amount_cny)
    if before is None or before.ts_s != day_s + end:
        return LiveBar(day_s + end, last, last, last, last, 0.0, 0.0, volume, amount)
    return replace(
        before, high=max(before.high, last), low=min(before.low, last), close=last,
        volume=volume - before.day_volume, amount=amount - before.day_amount)


def _ends_s(period: Period) -> list[int]:
    """Seconds after midnight at which the day's bars of a minute period end."""
    return [end.hour * 3_600 + end.minute * 60 for end in bar_ends(MINUTES[period])]


def _live_day(quote: Quote, day_s: int, scale: float) -> LiveBar:
    assert quote.last_cny is not None
    last = float(quote.last_cny)

    def known(value: Decimal | None) -> float:
        return (last if value is None else float(value)) * scale

    return LiveBar(day_s, known(quote.open_cny), known(quote.high_cny), known(quote.low_cny),
                   last * scale, float(quote.volume_shares), _float(quote.amount_cny))


def _float(value: Decimal | None) -> float:
    return math.nan if value is None else float(value)


def live_scale(columns: BarColumns, raw_last_close: float | None, quote: Quote) -> float:
    """What today's prices are multiplied by to continue a backward-adjusted series.

    The reference price of the day equals the last adjusted close, ex-date or not.
    """
    if columns.adjust is not Adjust.HFQ or not len(columns):
        return 1.0
    adjusted = float(columns.close_cny[-1])
    if columns.period is Period.DAY and quote.prev_close_cny is not None:
        return adjusted / float(quote.prev_close_cny)
    return adjusted / raw_last_close if raw_last_close else 1.0


def trade_markers(fills: Iterable[Fill], symbol: str) -> list[TradeMarker]:
    """Our trades in one instrument, oldest first."""
    return [
        TradeMarker(ts_s=wall_seconds(fill.ts_utc), price_cny=float(fill.price_cny),
                    side=fill.side)
        for fill in fills if fill.symbol == symbol
    ]
