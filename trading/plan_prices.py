"""The newest prices of today as plans see them: trades of the continuous auction, and how old."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.types import Bar, Instrument, Period, Phase, Quote
from trading.plan_view import Seen
from trading.risk import market_age_s

_LENGTH_S = {Period.MIN1: 60, Period.MIN5: 300, Period.MIN15: 900, Period.MIN30: 1_800,
             Period.MIN60: 3_600}
PhaseAt = Callable[[Instrument, datetime], Phase]


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A quote with the trades since the one before it, as far as its day's high and low tell."""

    quote: Quote
    since_utc: datetime
    low_cny: Decimal | None
    high_cny: Decimal | None


@dataclass(frozen=True, slots=True)
class _Barred:
    bar: Bar
    volume_shares: int                 # of today's bars, this one included
    amount_cny: Decimal | None


class PlanPrices:
    """Notes quotes and minute bars of one day. Where quotes come, bars say nothing new."""

    def __init__(self, phase_at: PhaseAt, max_age_s: int) -> None:
        """`phase_at`: where in its trading day an instrument stood at a moment."""
        self._phase_at, self._max_age_s = phase_at, max_age_s
        self._quotes: dict[str, _Quoted] = {}
        self._bars: dict[str, _Barred] = {}

    def forget(self) -> None:
        """A new day: yesterday's prices are not today's."""
        self._quotes, self._bars = {}, {}

    def note(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        for quote in quotes:
            self._note_quote(quote)
        for bar in bars:
            if bar.period in _LENGTH_S and bar.symbol not in self._quotes:
                old = self._bars.get(bar.symbol)
                before = None if old is None else old.amount_cny
                amount = bar.amount_cny if old is None else (
                    None if before is None or bar.amount_cny is None else before + bar.amount_cny)
                self._bars[bar.symbol] = _Barred(
                    bar, bar.volume_shares + (0 if old is None else old.volume_shares), amount)

    def quote(self, symbol: str) -> Quote | None:
        """The newest of today, whatever its phase."""
        noted = self._quotes.get(symbol)
        return None if noted is None else noted.quote

    def seen(self, instrument: Instrument, now_utc: datetime) -> tuple[Seen | None, str]:
        """A fresh trade price of the continuous auction, or None and why there is none."""
        noted = self._quotes.get(instrument.symbol)
        if noted is not None:
            return self._from_quote(instrument, noted, now_utc)
        barred = self._bars.get(instrument.symbol)
        if barred is None:
            return None, "none came today"
        return self._from_bar(instrument, barred, now_utc)

    def _note_quote(self, quote: Quote) -> None:
        known = self._quotes.get(quote.symbol)
        low, high = quote.last_cny, quote.last_cny
        if known is not None and known.quote.ts_utc > quote.ts_utc:
            return                     # an older one that came late
        if known is not None and known.quote.ts_utc == quote.ts_utc:
            self._quotes[quote.symbol] = _Quoted(quote, known.since_utc, known.low_cny or low,
                                                 known.high_cny or high)
            return
        if known is not None and low is not None and high is not None:
            before = known.quote
            if before.high_cny is not None and quote.high_cny is not None and (
                    quote.high_cny > before.high_cny):
                high = max(high, quote.high_cny)
            if before.low_cny is not None and quote.low_cny is not None and (
                    quote.low_cny < before.low_cny):
                low = min(low, quote.low_cny)
        since = quote.ts_utc if known is None else known.quote.ts_utc
        self._quotes[quote.symbol] = _Quoted(quote, since, low, high)

    def _from_quote(
        self, instrument: Instrument, noted: _Quoted, now_utc: datetime
    ) -> tuple[Seen | None, str]:
        quote = noted.quote
        if quote.suspended:
            return None, "it is suspended"
        if self._phase_at(instrument, quote.ts_utc) is not Phase.CONTINUOUS:
            return None, "the newest is not from continuous trading"
        if quote.last_cny is None or noted.low_cny is None or noted.high_cny is None:
            return None, "nothing traded today"
        old = self._too_old(quote.ts_utc, now_utc, 0)
        return (None, old) if old else (Seen(
            since_utc=noted.since_utc, ts_utc=quote.ts_utc, last_cny=quote.last_cny,
            low_cny=noted.low_cny, high_cny=noted.high_cny, quote=quote,
            volume_shares=quote.volume_shares, amount_cny=quote.amount_cny), "")

    def _from_bar(
        self, instrument: Instrument, barred: _Barred, now_utc: datetime
    ) -> tuple[Seen | None, str]:
        bar = barred.bar
        length_s = _LENGTH_S[bar.period]
        begins = bar.ts_utc - timedelta(seconds=length_s)
        if self._phase_at(instrument, begins) is not Phase.CONTINUOUS:
            return None, "the newest is not from continuous trading"
        old = self._too_old(bar.ts_utc, now_utc, length_s)
        return (None, old) if old else (Seen(
            since_utc=begins, ts_utc=bar.ts_utc, last_cny=bar.close_cny, low_cny=bar.low_cny,
            high_cny=bar.high_cny, quote=None, volume_shares=barred.volume_shares,
            amount_cny=barred.amount_cny), "")

    def _too_old(self, ts_utc: datetime, now_utc: datetime, good_for_s: int) -> str:
        age_s = market_age_s(ts_utc, now_utc)
        if age_s <= self._max_age_s + good_for_s:
            return ""
        return f"the last is {age_s} s old"
