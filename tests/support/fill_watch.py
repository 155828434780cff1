"""Watches every fill of a SimulatorBroker: what must hold of each, whatever the market did.

No fill is worse than its limit, off the tick, outside the day's band, better than anything that
traded or was shown, beyond our share of the volume, in a phase that does not trade, of an order
that came later than what it met, or of more shares than were open.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal

from core.calendar import TradingCalendar
from core.rules import has_close_auction, phase, to_shanghai
from core.types import Bar, BrokerReport, Level, Order, OrderSide, OrderType, Period, Phase, Quote
from core.types import Report as R
from trading.broker import SimulatorBroker
from trading.day_rules import SymbolDay
from trading.matching import FillPolicy

_MINUTES = {Period.MIN1: 1, Period.MIN5: 5, Period.MIN15: 15, Period.MIN30: 30, Period.MIN60: 60}
_PRICED_LATER = frozenset({OrderType.OWN_BEST, OrderType.COUNTER_BEST, OrderType.BEST5_LIMIT})


@dataclass(slots=True)
class Watched:
    order: Order
    placed_utc: datetime
    open_shares: int
    ended: bool = False


@dataclass(slots=True)
class FillWatch:
    """Stands between a broker and its market; `fills` counts what it has seen."""

    broker: SimulatorBroker
    day: SymbolDay
    calendar: TradingCalendar
    policy: FillPolicy
    fills: int = 0
    _orders: dict[int, Watched] = field(default_factory=dict)
    _low: Decimal = Decimal(0)
    _high: Decimal = Decimal("Infinity")
    _from_utc: datetime | None = None          # orders of later must not fill
    _left: int = 0
    _trades: bool = False
    _before: Quote | None = None

    def __post_init__(self) -> None:
        self.broker.on_report(self._seen)

    def place(self, order: Order, now_utc: datetime) -> None:
        self._orders[order.order_id] = Watched(order, now_utc, order.request.shares)
        self._trades = False                   # nothing trades at its entry
        self.broker.place(order)

    def cancel(self, order_id: int) -> None:
        watched = self._orders.get(order_id)
        if watched is not None and not watched.ended:
            self.broker.cancel(watched.order)

    # ---- the market --------------------------------------------------------------------------

    def bar(self, bar: Bar) -> None:
        begins = bar.ts_utc - timedelta(minutes=_MINUTES[bar.period])
        wall, on = to_shanghai(bar.ts_utc).time(), to_shanghai(bar.ts_utc).date()
        closing = wall == time(15) and has_close_auction(self.day.instrument, on)
        self._low, self._high = bar.low_cny, bar.high_cny
        self._from_utc = bar.ts_utc if closing else begins
        self._left = self._share(bar.volume_shares)
        self._trades = bar.volume_shares > 0
        self.broker.on_bars([bar])

    def quote(self, quote: Quote) -> None:
        before, self._before = self._before, quote
        passed = quote.volume_shares - (before.volume_shares if before else 0)
        at = phase(self.day.instrument, quote.ts_utc, self.calendar)
        wall = to_shanghai(quote.ts_utc).time()
        prices = [level.price_cny for level in (*quote.bids, *quote.asks)]
        prices += [quote.last_cny] if quote.last_cny is not None and passed else []
        self._low = min(prices, default=Decimal("Infinity"))
        self._high = max(prices, default=Decimal(0))
        self._from_utc = quote.ts_utc
        shown: tuple[Level, ...] = (*quote.bids, *quote.asks)
        continuous = at is Phase.CONTINUOUS
        self._left = self._share(passed) + continuous * sum(level.shares for level in shown)
        self._trades = not quote.suspended and (
            continuous or at is Phase.PRE_OPEN or (wall >= time(15) and passed > 0))
        self.broker.on_quotes([quote])

    def _share(self, shares: int) -> int:
        return int((shares * self.policy.volume_share).to_integral_value(ROUND_FLOOR))

    # ---- what must hold ----------------------------------------------------------------------

    def _seen(self, report: BrokerReport) -> None:
        watched = self._orders[report.order_id]
        assert not watched.ended, f"{report} came after the end of the order"
        if report.kind is R.FILL:
            self._check(report, watched)
        watched.ended = watched.open_shares == 0 or report.kind in (
            R.CANCELLED, R.REJECTED, R.EXPIRED)

    def _check(self, report: BrokerReport, watched: Watched) -> None:
        self.fills += 1
        request, price_cny, shares = watched.order.request, report.price_cny, report.shares
        assert price_cny is not None
        assert self._trades, f"{report}: nothing trades now"
        assert self._from_utc is not None
        assert watched.placed_utc <= self._from_utc, f"{report}: it came later"
        assert 0 < shares <= watched.open_shares, f"{report}: {watched.open_shares} were open"
        buys = request.side is OrderSide.BUY
        limit_cny = request.limit_cny
        if limit_cny is not None and request.type is not OrderType.MARKET:
            assert price_cny <= limit_cny if buys else price_cny >= limit_cny, f"{report}: limit"
        assert price_cny >= self._low if buys else price_cny <= self._high, (
            f"{report}: better than the market, {self._low} to {self._high}")
        assert self.day.tick_cny is not None
        assert price_cny % self.day.tick_cny == 0, f"{report}: off the tick"
        band = self.day.band
        if band is not None and band.down_cny is not None and band.up_cny is not None:
            assert band.down_cny <= price_cny <= band.up_cny, f"{report}: outside the band"
        self._left -= shares
        assert self._left >= 0, f"{report}: beyond our share of the volume"
        watched.open_shares -= shares
