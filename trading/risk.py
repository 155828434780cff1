"""Gathers what the checks look at, and runs them. Unknown means refused."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from core.calendar import TradingCalendar
from core.constants import TRADING_HOURS
from core.exceptions import DataError
from core.money import to_fen
from core.ports import Clock
from core.rules import (
    is_tradable,
    max_order_shares,
    min_buy_shares,
    order_fees,
    phase,
    purchase_step,
    to_shanghai,
)
from core.settings_types import RiskSettings, TradingSettings
from core.types import (
    Bar,
    Fees,
    Instrument,
    JournalEntry,
    OrderRequest,
    OrderSide,
    Period,
    Phase,
    Quote,
    Refusal,
)
from trading.day_rules import DayRules, SymbolDay
from trading.ledger import Book, Booking
from trading.matching import binding_limit, fills_at_open
from trading.records import Payload
from trading.risk_checks import RiskProfile, RiskView, refusals
from trading.risk_figures import Judged, RiskFigures
from trading.surroundings import Surroundings

_LUNCH = next(row for row in TRADING_HOURS if row.phase == Phase.LUNCH.value)
_SECONDS = {Period.MIN1: 60, Period.MIN5: 300, Period.MIN15: 900, Period.MIN30: 1_800,
            Period.MIN60: 3_600, Period.DAY: 86_400}
LIVE_QUOTE_MAX_AGE_S = 3       # no setting allows an older price where orders are real


@dataclass(frozen=True, slots=True)
class _Price:
    """The newest price of a symbol. `good_for_s`: a bar's price stands until the next is due."""

    ts_utc: datetime
    last_cny: Decimal
    good_for_s: int


def market_age_s(then_utc: datetime, now_utc: datetime) -> int:
    """Seconds between two moments of a day, less the lunch break that lies between them."""
    then, now = to_shanghai(then_utc), to_shanghai(now_utc)
    age_s = max(0, int((now_utc - then_utc).total_seconds()))
    if then.date() == now.date() and then.time() <= _LUNCH.start and now.time() >= _LUNCH.end:
        age_s -= 3600 * (_LUNCH.end.hour - _LUNCH.start.hour) + 60 * (
            _LUNCH.end.minute - _LUNCH.start.minute)
    return age_s


class RiskManager:
    """Judges orders against the book, the day's rules, the clock and the newest prices."""

    def __init__(
        self, *, clock: Clock, calendar: TradingCalendar, rules: DayRules,
        trading: TradingSettings, risk: RiskSettings, profile: RiskProfile,
        opening_price: Callable[[str], Decimal | None], surroundings: Surroundings,
        blockers: Mapping[str, str],
    ) -> None:
        """`opening_price`: the opening print that an order placed now would meet, if known.

        `blockers`: why nothing may be sent, by who says so; it is looked at for every order.
        """
        self._clock, self._calendar, self._rules = clock, calendar, rules
        self._trading, self._risk, self._profile = trading, risk, profile
        self._opening_price = opening_price
        self._quotes: dict[str, Quote] = {}
        self._prices: dict[str, _Price] = {}
        self._live, self._blockers = surroundings.live, blockers
        self.figures = None if profile is RiskProfile.EXCHANGE else RiskFigures(
            clock=clock, settings=risk, surroundings=surroundings,
            rules=rules, price_of=self._price_of, reference_of=self._reference_of)

    # ---- what has happened -------------------------------------------------------------------

    def resume(
        self, book: Book, head_seq: int, entries: Callable[[int], Iterable[JournalEntry]]
    ) -> None:
        """Count the day once more, after a start or a failed write; see RiskFigures."""
        if self.figures is not None:
            self.figures.resume(book, head_seq, entries)

    def booked(self, kind: str, payload: Payload, booking: Booking, book: Book) -> None:
        """An entry has become durable."""
        if self.figures is not None:
            self.figures.booked(kind, payload, booking, book)

    # ---- the market --------------------------------------------------------------------------

    def note_quotes(self, quotes: Sequence[Quote]) -> None:
        for quote in quotes:
            self._quotes[quote.symbol] = quote
            known = self._prices.get(quote.symbol)
            same = known is not None and known.ts_utc == quote.ts_utc
            if quote.last_cny is not None and not same:
                self._prices[quote.symbol] = _Price(quote.ts_utc, quote.last_cny, 0)
        if self.figures is not None:
            self.figures.recent.note(quotes)
            for quote in quotes:
                self.figures.priced(quote.symbol)

    def note_bars(self, bars: Sequence[Bar]) -> None:
        for bar in bars:
            self._prices[bar.symbol] = _Price(bar.ts_utc, bar.close_cny, _SECONDS[bar.period])
            if self.figures is not None:
                self.figures.priced(bar.symbol)

    def forget_prices(self) -> None:
        """A new day: yesterday's prices are not today's."""
        self._quotes, self._prices = {}, {}
        if self.figures is not None:
            self.figures.forget_prices()

    def _price_of(self, symbol: str) -> Decimal | None:
        known = self._prices.get(symbol)
        return None if known is None else known.last_cny

    def _reference_of(self, symbol: str) -> Decimal | None:
        """The reference price of the clock's day; of a day without a session it is the last one."""
        day = self._rules.of(symbol, to_shanghai(self._clock.now_utc()).date())
        return None if day is None else day.facts.reference_cny

    # ---- judging -----------------------------------------------------------------------------

    def judge(self, request: OrderRequest, book: Book) -> tuple[RiskView, tuple[Refusal, ...]]:
        """The view an order was judged by, and every reason against it."""
        view = self.view(request, book)
        return view, refusals(request, view, self._profile)

    def view(self, request: OrderRequest, book: Book) -> RiskView:
        now = self._clock.now_utc()
        today = to_shanghai(now).date()
        session, following = self._sessions(today)
        instrument = self._rules.instrument(request.symbol)
        traded = session and instrument is not None and is_tradable(instrument, today) is None
        day = self._rules.of(request.symbol, today) if traded else None
        position = book.position(request.symbol)
        cost_cny = self.cost(request, day)
        available_cny = book.account.available_cny
        short = cost_cny is not None and cost_cny > available_cny
        last = self._prices.get(request.symbol)
        quote, price_cny = self._quotes.get(request.symbol), self._worst_price(request, day, last)
        most_age_s = self._risk.quote_max_age_s
        view = RiskView(
            day=today, is_session=session, next_session=following, kill_level=book.kill_level,
            instrument=instrument, symbol_day=day, sellable_shares=position.sellable_shares,
            locked_shares=0 if position.t0 else position.bought_today_shares,
            available_cny=available_cny, cost_cny=cost_cny,
            max_buy_shares=self.max_buy_shares(request, day, available_cny) if short else None,
            held_shares=position.held_shares, on_sale_shares=position.on_sale_shares,
            phase=self._phase(instrument, now), quote=quote, price_cny=price_cny,
            settings=self._risk, blockers=dict(self._blockers),
            last_cny=None if last is None else last.last_cny,
            last_age_s=None if last is None else market_age_s(last.ts_utc, now),
            max_age_s=(min(most_age_s, LIVE_QUOTE_MAX_AGE_S) if self._live else most_age_s) + (
                0 if last is None else last.good_for_s),
            duplicate_of=book.by_key.get(request.key) if request.key else None,
            bought_today_shares=position.bought_today_shares + self._on_order(request, book))
        figures = self.figures
        if figures is None:
            return view
        judged = Judged(request, instrument, price_cny, cost_cny)
        return replace(
            view, access=figures.access(request, book),
            market=figures.market(request.symbol, quote, today),
            conduct=figures.conduct_of(judged, book),
            exposure=figures.exposure(judged, book, today))

    def _worst_price(
        self, request: OrderRequest, day: SymbolDay | None, last: _Price | None
    ) -> Decimal | None:
        """What a share is counted at: a buy's judged price, a sale's limit, else the newest."""
        price_cny = self.judged_price(request, day)
        if price_cny is None:
            price_cny = request.limit_cny
        return price_cny if price_cny is not None or last is None else last.last_cny

    # ---- what it costs -----------------------------------------------------------------------

    def judged_price(self, request: OrderRequest, day: SymbolDay | None) -> Decimal | None:
        """The price at which the order would fill: the open if it would meet it, else the limit."""
        if day is None or day.band is None:
            return None
        limit_cny = binding_limit(request.side, request.type, request.limit_cny, day.band)
        open_cny = self._opening_price(request.symbol)
        if open_cny is not None and fills_at_open(request.side, limit_cny, open_cny, day.band):
            return open_cny
        return limit_cny

    def cost(self, request: OrderRequest, day: SymbolDay | None) -> Decimal | None:
        """What a buy takes from the account, fees included; None for sells and unknown prices."""
        price_cny = self.judged_price(request, day)
        if request.side is OrderSide.SELL or price_cny is None or day is None:
            return None
        return self.cost_at(request.shares, price_cny, day)

    def cost_at(self, shares: int, price_cny: Decimal, day: SymbolDay) -> Decimal:
        amount_cny = to_fen(price_cny * shares)
        return amount_cny + self.fees(
            OrderSide.BUY, day.instrument, amount_cny, shares, day.facts.day).total_cny

    def fees(
        self, side: OrderSide, instrument: Instrument, amount_cny: Decimal, shares: int, on: date
    ) -> Fees:
        """What a whole order of that amount costs."""
        return order_fees(
            side=side, instrument=instrument, amount_cny=amount_cny, shares=shares, on=on,
            commission_rate=self._trading.commission_ratio,
            commission_min_cny=self._trading.commission_min_cny, all_in=self._trading.fees_all_in)

    def max_buy_shares(
        self, request: OrderRequest, day: SymbolDay | None, available_cny: Decimal
    ) -> int | None:
        """The largest legal purchase that the free cash pays for, fees included.

        None: no price to judge it by. The house's lot can only enlarge the exchange's step.
        """
        price_cny = self.judged_price(request, day)
        if price_cny is None or day is None or day.tick_cny is None:
            return None
        board = day.instrument.board
        lot = purchase_step(board, self._trading.lot_size_shares)
        most = max_order_shares(board, request.type, day.facts.day)
        lots = int(available_cny / (price_cny * lot))
        if most is not None:
            lots = min(lots, most // lot)
        low, high = 0, max(0, lots)          # cost grows with the lots: halve the interval
        while low < high:
            middle = (low + high + 1) // 2
            if self.cost_at(middle * lot, price_cny, day) <= available_cny:
                low = middle
            else:
                high = middle - 1
        return low * lot if low * lot >= min_buy_shares(board) else 0

    # ---- the pieces --------------------------------------------------------------------------

    def _sessions(self, day: date) -> tuple[bool, date | None]:
        """(is it a session, the next one); a day the calendar does not know is no session."""
        try:
            session = self._calendar.is_session(day)
        except DataError:
            return False, None
        try:
            return session, self._calendar.next_session(day)
        except DataError:
            return session, None

    def _phase(self, instrument: Instrument | None, now: datetime) -> Phase:
        if instrument is None:
            return Phase.CLOSED
        try:
            return phase(instrument, now, self._calendar)
        except DataError:
            return Phase.CLOSED

    def _on_order(self, request: OrderRequest, book: Book) -> int:
        """Shares of open buy orders in this symbol."""
        return book.index.side(request.symbol, OrderSide.BUY).shares
