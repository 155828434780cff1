"""What the house's rules look at: exposure, conduct, recent market, access, kept up to date.

Everything in here follows from the journal, the newest prices and the surroundings. After a
restart or a failed write it is made again from them, and no counter starts at zero.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from json import loads

from core.money import fen_half_up_e4, from_e4, to_e4
from core.ports import Clock
from core.settings_types import RiskSettings
from core.types import (
    Instrument,
    JournalEntry,
    OrderRequest,
    OrderSide,
    Position,
    Quote,
)
from trading.conduct import DAY_BEGINS, MINUTE_NS, SECOND_NS, Conduct
from trading.day_rules import DayRules
from trading.exposure import (
    Exposure,
    PriceOf,
    day_loss_cny,
    drawdown_ratio,
    share_of,
)
from trading.ledger import Book, Booking
from trading.recent_market import MINUTE_S, RECENT_S, RecentMarket, market_seconds
from trading.records import Entry, Payload
from trading.registration import registration_of
from trading.risk_view import (
    AccessFigures,
    ConductFigures,
    ExposureFigures,
    MarketFigures,
    is_automated,
    is_buy,
)
from trading.surroundings import Surroundings
from trading.valuation import Valuation, peak_key
from trading.var import ReturnTable, var_ratio

STREAK_KEY = "loss_streak"                         # a row of the circuit breakers
_BEGINS = frozenset({Entry.DAY_OPENED, Entry.ACCOUNT_OPENED, Entry.ACCOUNT_RESET,
                     Entry.ACCOUNT_SELECTED})
_NAMES_ACCOUNT = _BEGINS - {Entry.DAY_OPENED}
_CHUNK = 1_000                                     # entries that a look back begins with
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """An order with what it would cost and where it would fill. None: not known."""

    request: OrderRequest
    instrument: Instrument | None
    price_cny: Decimal | None
    cost_cny: Decimal | None           # buys: with fees

    @property
    def change_e4(self) -> int | None:
        """By how much the holding of its symbol grows; negative for a sale."""
        if is_buy(self.request):
            return None if self.cost_cny is None else to_e4(self.cost_cny)
        if self.price_cny is None:
            return None
        return -fen_half_up_e4(to_e4(self.price_cny) * self.request.shares, 1)


@dataclass(frozen=True, slots=True)
class _Past:
    """The returns of a day's holdings."""

    day: date
    held: Exposure
    table: ReturnTable


class RiskFigures:
    """Owned by the risk manager of one session, on its thread."""

    def __init__(
        self, *, clock: Clock, settings: RiskSettings, surroundings: Surroundings,
        rules: DayRules, price_of: PriceOf, reference_of: PriceOf,
    ) -> None:
        """`price_of`: the newest price of today; `reference_of`: the exchange's of the day."""
        self._clock, self._settings, self._around = clock, settings, surroundings
        self._price_of, self._reference_of = price_of, reference_of
        self._instrument_of, self._values = rules.instrument, Valuation(rules)
        self._permissions = frozenset(settings.permissions.upper().replace(",", " ").split())
        self.recent = RecentMarket()
        self.conduct = Conduct()
        self._exposure: tuple[Mapping[str, Position], Exposure] | None = None
        self._start: tuple[date, int] | None = None
        self._past: _Past | None = None

    # ---- what changes it -----------------------------------------------------------------------

    def resume(
        self, book: Book, head_seq: int, entries: Callable[[int], Iterable[JournalEntry]]
    ) -> None:
        """Count the day once more from its journal entries, after a start or a failed write.

        Args:
            head_seq: number of the newest entry.
            entries: those after a number, oldest first.
        """
        self._exposure, self._start, self.conduct = None, None, Conduct()
        now_ns, now_utc = self._clock.monotonic_ns(), self._clock.now_utc()
        for entry in _since_day_began(head_seq, book, entries):
            age_us = max(0, (now_utc - entry.ts_utc) // _MICROSECOND)
            self.conduct.note(entry.kind, loads(entry.payload), book.orders,
                              now_ns - age_us * 1_000)

    def booked(self, kind: str, payload: Payload, booking: Booking, book: Book) -> None:
        """The book has absorbed an entry."""
        self.conduct.note(kind, payload, book.orders, self._clock.monotonic_ns())
        if kind in _BEGINS:
            self._exposure, self._start = None, None
        elif self._exposure is not None:
            self._exposure[1].booked(booking)

    def priced(self, symbol: str) -> None:
        """The newest price of a symbol has changed."""
        if self._exposure is not None and self._exposure[1].holds(symbol):
            self._exposure[1].revalue(symbol)

    def forget_prices(self) -> None:
        self.recent.forget()
        self._exposure = None

    # ---- worth ---------------------------------------------------------------------------------

    def exposure_of(self, book: Book) -> Exposure:
        """Made anew where the book is another one (a reload) or another account's."""
        if self._exposure is None or self._exposure[0] is not book.positions:
            self._exposure = book.positions, Exposure(book, self._worth_of, self._industry_of)
        return self._exposure[1]

    def _worth_of(self, symbol: str) -> Decimal | None:
        """The newest price of today; before it comes, the day's reference."""
        price_cny = self._price_of(symbol)
        return self._reference_of(symbol) if price_cny is None else price_cny

    def _industry_of(self, symbol: str) -> str:
        if self._around.industry is not None:
            return self._around.industry(symbol)
        known = self._instrument_of(symbol)
        return "" if known is None else known.industry

    def start_e4(self, book: Book) -> int | None:
        """Equity before the ledger's day, which its fills do not change. None: not known."""
        if self._start is None or self._start[0] != book.day:
            found = self._values.day_start_cny(book)
            if found is None:
                return None
            self._start = book.day, to_e4(found)
        return self._start[1]

    def highest_e4(self, book: Book) -> int:
        """The account's highest worth, as the circuit breakers write it down.

        Before they have: what the account began with, or the day, whichever is more. While
        nothing was ever held, a row can only be that of an account that was reset.
        """
        row = book.state_of(Entry.EQUITY).get(peak_key(book)) if book.positions else None
        if row is not None:
            return int(row["peak_e4"])
        return max(book.opened.initial_e4, self.start_e4(book) or 0)

    # ---- the groups of the view ----------------------------------------------------------------

    def access(self, request: OrderRequest, book: Book) -> AccessFigures:
        around = self._around
        restricted = None if around.restricted is None else around.restricted()
        return AccessFigures(
            open_cases=_open_cases(book, request.symbol),
            unknown_order=_unknown_order(book, request), live=around.live,
            unlocked=None if around.unlocked is None else around.unlocked(),
            registration=registration_of(book) if around.live else None,
            restricted=None if restricted is None else request.symbol in restricted,
            permissions=self._permissions,
            free_disk_bytes=None if around.free_disk_bytes is None else around.free_disk_bytes(),
            drift_tripped=(around.drift_tripped(request.source)
                           if around.drift_tripped is not None and is_automated(request) else None),
            clock_skew_s=None if around.clock_skew_s is None else around.clock_skew_s())

    def market(self, symbol: str, quote: Quote | None, day: date) -> MarketFigures:
        around, recent, now_utc = self._around, self.recent, self._clock.now_utc()
        ahead = None if quote is None else (quote.ts_utc - now_utc) // timedelta(seconds=1)
        return MarketFigures(
            online=around.online, quote_ahead_s=ahead,
            second_last_cny=(around.second_last_cny(symbol)
                             if around.online and around.second_last_cny is not None else None),
            average_volume_shares=(None if around.average_volume is None
                                   else around.average_volume(symbol, day)),
            recent_volume_shares=recent.volume_shares(symbol, RECENT_S),
            recent_due=around.intraday and market_seconds(now_utc) >= RECENT_S,
            minute_volume_shares=recent.volume_shares(symbol, MINUTE_S),
            minute_move_ratio=recent.move_ratio(symbol, MINUTE_S))

    def conduct_of(self, judged: Judged, book: Book) -> ConductFigures:
        request, done, now_ns = judged.request, self.conduct, self._clock.monotonic_ns()
        symbol = request.symbol
        other_side = OrderSide.SELL if is_buy(request) else OrderSide.BUY
        ours, theirs = (book.index.side(symbol, side) for side in (request.side, other_side))
        best = theirs.best(other_side)
        waiting_cny = ours.waiting_cny + theirs.waiting_cny + (
            ours.unpriced_shares + theirs.unpriced_shares) * (judged.price_cny or Decimal(0))
        return ConductFigures(
            intraday=self._around.intraday, sent_second=done.sent(now_ns, SECOND_NS),
            sent_minute=done.sent(now_ns, MINUTE_NS), sent_day=done.sent(now_ns),
            messages_second=done.messages(now_ns, SECOND_NS), messages_day=done.messages(now_ns),
            cancels_day=done.cancels, quick_cancels_day=done.quick_cancels,
            rejects_minute=done.rejects(now_ns), losses_in_row=_losses(book),
            repeats=done.repeat_of(request, now_ns),
            own_opposite=() if best is None else (best,),
            plan_shares=_plan_shares(book, request.plan_id),
            plan_sent_shares=_plan_sent(book, request),
            own_minute_shares=done.traded_shares(symbol, request.side, now_ns),
            own_recent_cny=done.traded_cny(symbol, now_ns) + waiting_cny)

    def exposure(self, judged: Judged, book: Book, day: date) -> ExposureFigures:
        held, symbol, change_e4 = self.exposure_of(book), judged.request.symbol, judged.change_e4
        equity_e4, sector = held.equity_e4, self._industry_of(symbol)
        before, after = self._var(held, judged, equity_e4, day)

        def after_ratio(now_e4: int) -> Decimal | None:
            return None if change_e4 is None else share_of(max(0, now_e4 + change_e4), equity_e4)

        return ExposureFigures(
            equity_cny=None if equity_e4 is None else from_e4(equity_e4),
            day_loss_cny=day_loss_cny(self.start_e4(book), equity_e4),
            drawdown_ratio=drawdown_ratio(self.highest_e4(book), equity_e4),
            position_ratio=after_ratio(held.of_symbol_e4(symbol)),
            sector_ratio=after_ratio(held.of_sector_e4(sector)), sector=sector,
            gross_ratio=after_ratio(held.gross_e4),
            names=held.names(symbol if is_buy(judged.request) else ""),
            var_before_ratio=before, var_ratio=after)

    def _var(
        self, held: Exposure, judged: Judged, equity_e4: int | None, day: date
    ) -> tuple[Decimal | None, Decimal | None]:
        """Value at risk before and after the order, as shares of the account."""
        returns_of, change_e4 = self._around.returns, judged.change_e4
        if returns_of is None or equity_e4 is None or change_e4 is None:
            return None, None
        if self._past is None or self._past.day != day or self._past.held is not held:
            self._past = _Past(day, held, ReturnTable(returns_of, day))
            held.take_changed()
            changed: Iterable[str] = held.amounts_e4()
        else:
            changed = held.take_changed()
        past = self._past
        for symbol in changed:
            past.table.hold(symbol, held.of_symbol_e4(symbol))
        base, confidence = past.table.pnl(), self._settings.var_confidence
        after = base + past.table.pnl_of(judged.request.symbol, change_e4)
        return var_ratio(base, equity_e4, confidence), var_ratio(after, equity_e4, confidence)


# ---- the pieces --------------------------------------------------------------------------------


def _open_cases(book: Book, symbol: str) -> tuple[str, ...]:
    """Open differences with the broker that freeze the symbol, or the whole account."""
    return tuple(key for key, value in book.state_of(Entry.CASE).items()
                 if value.get("closed_utc") is None and value.get("freezes", True)
                 and value.get("symbol", "") in ("", symbol))


def _unknown_order(book: Book, request: OrderRequest) -> int | None:
    return next(iter(book.index.side(request.symbol, request.side).unknown), None)


def _plan_shares(book: Book, plan_id: int) -> int | None:
    """How many shares a plan may send on each side; None: no such plan, or it does not say."""
    value = book.state_of(Entry.PLAN).get(str(plan_id)) if plan_id else None
    shares = None if value is None else value.get("shares")
    return shares if isinstance(shares, int) else None


def _plan_sent(book: Book, request: OrderRequest) -> int:
    """What left for the plan: by the orders in memory, or by its own row where days are over."""
    value = book.state_of(Entry.PLAN).get(str(request.plan_id)) if request.plan_id else None
    noted = None if value is None else value.get("sent")
    return max(book.index.sent_for(request.plan_id, request.side),
               noted if isinstance(noted, int) else 0)


def _losses(book: Book) -> int:
    """Losing sales in a row, as the circuit breakers count them; a person re-arms the count."""
    return int(book.state_of(Entry.BREAKER).get(STREAK_KEY, {}).get("count", 0))


def _since_day_began(
    head_seq: int, book: Book, entries: Callable[[int], Iterable[JournalEntry]]
) -> list[JournalEntry]:
    """The account's entries of its day, without reading the years before them: looks back ever
    further, also past what other accounts did in between.
    """
    back = _CHUNK
    while True:
        own = _own(list(entries(max(0, head_seq - back))), book.opened.account_id)
        begun = any(entry.kind in DAY_BEGINS or entry.trading_day != book.day for entry in own)
        if begun or back >= head_seq:
            return [entry for entry in own if entry.trading_day == book.day]
        back *= 4


def _own(found: list[JournalEntry], account: str) -> list[JournalEntry]:
    """Those that concern the account; before the first that names one, nobody knows whose."""
    mine = all(entry.kind not in _NAMES_ACCOUNT for entry in found)
    own = []
    for entry in found:
        if entry.kind in _NAMES_ACCOUNT:
            mine = loads(entry.payload)["account_id"] == account
        if mine:
            own.append(entry)
    return own
