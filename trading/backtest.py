"""The event-driven backtest: daily bars through the very session that trades live.

`run_order_list` plays a list of orders under the twelve rules of the daily order list (design,
section 3); `run_targets` lets a strategy decide. Both drive a TradingSession with a simulated
broker, a clock that the bars move, and a ledger in memory with the same journal and hash.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from decimal import Decimal

from core.adjust import entitlement
from core.calendar import TradingCalendar, exchange_calendar
from core.clock import SimClock
from core.events import Event, FillEvent
from core.exceptions import DataError
from core.money import fen_half_up_e4, from_e4, to_e4, to_fen
from core.rules import fee_rates, min_buy_shares, purchase_step, shanghai
from core.settings_types import RiskSettings, TradingSettings
from core.types import (
    ActionRow,
    Bar,
    BarTable,
    Fees,
    Fill,
    Instrument,
    Order,
    OrderLine,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Position,
    Quote,
)
from trading.access_checks import LEAST_FREE_BYTES
from trading.backtest_result import BacktestResult, EquityRow, OrderLogRow, TradeRow
from trading.daily_bars import DailyBars
from trading.entitlements import taxable_per_share_cny
from trading.ex_dates import Credit, DayStart
from trading.market_history import History, table_past
from trading.matching import FillPolicy, binding_limit, is_locked
from trading.memory_store import MemoryOrderStore
from trading.records import add_fees
from trading.risk_checks import RiskProfile
from trading.session import SessionParts, TradingSession, simulator
from trading.surroundings import Surroundings

OPEN, CLOSE = time(9, 30), time(15, 0)      # Shanghai wall times that stamp a daily bar's events
ORDER_LIST = "orders"                       # what a run without a strategy is called
Wanted = Callable[[date], Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestInput:
    """What a backtest is run on.

    `first`, `last`: play only these sessions; None: from the first to the last bar.
    `actions` None: no file was given, ex-dates follow from the adjustment factor.
    """

    bars: BarTable
    instruments: Sequence[Instrument] = ()
    actions: Sequence[ActionRow] | None = None
    trading: TradingSettings = field(default_factory=TradingSettings)
    risk: RiskSettings = field(default_factory=RiskSettings)
    profile: RiskProfile = RiskProfile.EXCHANGE
    calendar: TradingCalendar | None = None          # None: the built-in one
    first: date | None = None
    last: date | None = None


def run_order_list(given: BacktestInput, orders: Sequence[OrderLine]) -> BacktestResult:
    """Play a daily order list.

    Raises:
        DataError: bars that cannot be played: none, not daily, beyond the calendar, or of a
            time whose fees are not known.
    """
    by_day: dict[date, list[tuple[int, OrderLine]]] = defaultdict(list)
    for number, line in enumerate(orders, start=1):
        by_day[line.day].append((number, line))
    run = _Run(given, ORDER_LIST, earliest=min(by_day, default=None))
    for day in sorted({*run.sessions, *by_day}):
        run.play(day, by_day.get(day, ()))
    return run.result()


def run_targets(
    given: BacktestInput, wanted: Wanted, *, name: str, slots: int | None = None
) -> BacktestResult:
    """Play a strategy that says which symbols it wants to hold.

    Args:
        wanted: given a session, the symbols to hold, from what was known at its close. It is
            asked after each session; the orders are placed at the next session's open.
        slots: into how many parts the equity is divided; None: as many as are wanted then.

    What is held and not wanted is sold whole. What is wanted and not held is bought for an
    equal part of the equity of the evening, in lots, as far as the cash goes at the opening
    price; what the cash does not pay for at all is not ordered. A position keeps its size while it
    is wanted. Orders that could not fill are tried again the next day.
    """
    run = _Run(given, name)
    evening: date | None = None
    for day in run.sessions:
        lines = () if evening is None else run.orders_for(day, wanted(evening), slots)
        run.play(day, lines, fit=True)
        evening = day
    return run.result()


class _Run:
    """One backtest: the market, the session on it, and what is noted down along the way."""

    def __init__(
        self, given: BacktestInput, name: str, *, earliest: date | None = None
    ) -> None:
        """`earliest`: orders may be dated before the first bar; they are judged as well."""
        self._given, self._name = given, name
        self._calendar = given.calendar or exchange_calendar()
        self._market = DailyBars(
            given.bars, self._calendar, instruments=given.instruments,
            actions=given.actions or (), first=given.first, last=given.last)
        self._first, self._last = self._market.first, self._market.last
        self.sessions = self._calendar.sessions(self._first, self._last)
        if not self.sessions:
            raise DataError("there is nothing to play",
                            why=f"no session lies between {self._first} and {self._last}",
                            remedy="Choose days that the bars cover")
        self._steps = self._market.factor_steps() if given.actions is None else {}
        self._actions = self._by_session(given.actions or ())
        self._delisted = self._market.delistings()
        self._taxed = given.trading.dividend_tax == "always"
        self._warnings: dict[str, None] = {}
        self._notes: dict[str, int] = defaultdict(int)
        self._closes_e4: dict[str, int] = {}
        self._numbers: dict[int, tuple[int, str]] = {}      # order id -> (row number, ts)
        self._log: dict[int, OrderLogRow] = {}
        self._trades: list[TradeRow] = []
        self._fees = Fees()
        self._equity: list[EquityRow] = []
        self._prices: dict[int, Decimal] = {}               # row number -> price of its fill
        self._session = self._start(min(self._first, earliest or self._first))

    def _start(self, day: date) -> TradingSession:
        given = self._given
        self._clock = SimClock(shanghai(day, time.min))
        self._rules, self._broker = simulator(
            clock=self._clock, calendar=self._calendar, reference=self._market,
            policy=FillPolicy(given.trading.volume_share_ratio, rest_ends=True))
        self._store = MemoryOrderStore()
        return TradingSession(SessionParts(
            clock=self._clock, calendar=self._calendar, rules=self._rules, broker=self._broker,
            store=self._store, trading=given.trading, risk=given.risk, profile=given.profile,
            day_start=self._day_start, dividend_tax=self._taxed, publish=self._note,
            surroundings=_surroundings(given, self._calendar)))

    # ---- one day -------------------------------------------------------------------------------

    def play(
        self, day: date, lines: Iterable[tuple[int, OrderLine]], *, fit: bool = False
    ) -> None:
        """The day's roll, its orders in file order, its bars, its end, its equity.

        `fit`: purchases are cut to what the cash pays for, or left out.
        """
        lines = tuple(lines)
        self._clock.move_to(shanghai(day, OPEN))
        self._session.advance(self._clock.now_utc())
        bars = self._start_bars(day, {line.symbol for _, line in lines})
        placed = []
        for number, asked in lines:
            line = self._fitted(asked) if fit else asked
            if line is not None:
                placed.append((number, line, self._submit(number, line)))
        if placed:
            self._clock.move_to(shanghai(day, CLOSE))
            self._session.on_bars(tuple(bars.values()))
        self._session.close_day()
        for number, line, order_id in placed:
            self._note_end(number, line, order_id, bars.get(line.symbol))
        self._note_equity(day)

    def _start_bars(self, day: date, symbols: Iterable[str]) -> dict[str, Bar]:
        """The opening prints of what is ordered today."""
        found = {symbol: self._market.bar(symbol, day) for symbol in sorted(symbols)}
        bars = {symbol: bar for symbol, bar in found.items() if bar is not None}
        for bar in bars.values():
            self._broker.start_bar(bar)
        self._session.on_quotes([_opening_quote(bar, self._clock) for bar in bars.values()])
        return bars

    def _fitted(self, line: OrderLine) -> OrderLine | None:
        """A purchase cut to what the cash pays for; None: it pays for less than the minimum."""
        most = self._session.preview(self._request(line)).max_buy_shares
        instrument = self._market.instrument(line.symbol)
        if line.side is OrderSide.SELL or most is None or instrument is None:
            return line
        shares = min(line.shares, most)
        return replace(line, shares=shares) if shares >= min_buy_shares(instrument.board) else None

    def _submit(self, number: int, line: OrderLine) -> int:
        self._numbers[self._session.next_order_id] = (number, line.ts)
        return self._session.submit(self._request(line)).order_id

    def _request(self, line: OrderLine) -> OrderRequest:
        return OrderRequest(
            symbol=line.symbol, side=line.side, shares=line.shares, type=line.type,
            limit_cny=line.limit_cny, created_utc=self._clock.now_utc(), tag=line.tag,
            source=self._name)

    # ---- ex-dates and delistings -----------------------------------------------------------------

    def _by_session(self, actions: Sequence[ActionRow]) -> dict[date, list[ActionRow]]:
        """Actions by the session on which they take effect: the ex-date, or the next session."""
        found: dict[date, list[ActionRow]] = defaultdict(list)
        for action in actions:
            day = action.ex_date
            if not self._calendar.first <= day <= self._last:
                continue                    # nothing is played on it
            if not self._calendar.is_session(day):
                day = self._calendar.next_session(day)
            found[day].append(action)
        return found

    def _day_start(
        self, positions: Mapping[str, Position], _since: date, day: date
    ) -> DayStart:
        held = {symbol: position.held_shares for symbol, position in positions.items()
                if position.held_shares}
        gone = tuple(symbol for symbol, until in self._delisted if day >= until and symbol in held)
        for symbol in gone:
            self._warn(f"{symbol} was delisted; {held[symbol]} shares are worth nothing "
                       f"from {day}")
        return DayStart(credits=(*self._from_actions(held, day), *self._from_factor(held, day)),
                        write_offs=gone)

    def _from_actions(self, held: dict[str, int], day: date) -> list[Credit]:
        found = []
        for action in self._actions.get(day, ()):
            if action.symbol in held:
                cash_cny, bonus = entitlement(
                    held[action.symbol], cash=action.cash_per_share_cny,
                    bonus=action.bonus_per_share)
                found.append(Credit(symbol=action.symbol, ex_date=action.ex_date,
                                    cash_cny=cash_cny, bonus_shares=bonus,
                                    entitled_shares=held[action.symbol],
                                    taxable_per_share_cny=self._taxable_cny(action, day)))
        return found

    def _taxable_cny(self, action: ActionRow, day: date) -> Decimal:
        if not self._taxed:
            return Decimal(0)
        return taxable_per_share_cny(action, self._market.instrument(action.symbol),
                                     self._calendar.previous_session(day))

    def _from_factor(self, held: dict[str, int], day: date) -> list[Credit]:
        """Without a file: what the reference price fell by is credited, a rise is reported."""
        found = []
        for symbol, drop_e4 in self._steps.get(day, ()):
            shares = held.get(symbol, 0)
            if not shares:
                continue
            if drop_e4 < 0:
                self._warn(f"{symbol}: the reference price rose on the ex-date {day}; "
                           f"nothing was debited")
            else:
                self._notes["ex-dates derived from the adjustment factor"] += 1
                found.append(Credit(symbol=symbol, ex_date=day, derived=True,
                                    cash_cny=from_e4(fen_half_up_e4(shares * drop_e4, 1))))
        return found

    # ---- what a strategy orders ------------------------------------------------------------------

    def orders_for(
        self, day: date, wanted: Collection[str], slots: int | None
    ) -> list[tuple[int, OrderLine]]:
        """Sales of what is not wanted any more, then purchases of what is new."""
        held = {p.symbol: p.held_shares for p in self._session.snapshot().positions
                if p.held_shares}
        gone = [(symbol, OrderSide.SELL, held[symbol]) for symbol in sorted(held)
                if symbol not in wanted]
        new = sorted(set(wanted) - set(held))
        budget_e4 = to_e4(self._equity[-1].equity_cny) // max(1, slots or len(wanted))
        bought = [(symbol, OrderSide.BUY, self._lots(symbol, budget_e4)) for symbol in new]
        newest, _ = next(reversed(self._numbers.values()), (0, ""))
        start = newest + 1              # numbers of lines that were left out may lie between
        return [
            (number, OrderLine(
                line=number, ts=day.isoformat(), day=day, symbol=symbol, side=side, shares=shares,
                type=OrderType.MARKET, limit_cny=None, tag=self._name))
            for number, (symbol, side, shares) in enumerate(
                (row for row in (*gone, *bought) if row[2]), start=start)]

    def _lots(self, symbol: str, budget_e4: int) -> int:
        """Whole lots for the budget at the last close; 0 where no close is known."""
        close_e4, instrument = self._closes_e4.get(symbol), self._market.instrument(symbol)
        if not close_e4 or instrument is None:
            return 0
        lot = purchase_step(instrument.board, self._given.trading.lot_size_shares)
        return budget_e4 // (close_e4 * lot) * lot

    # ---- noting down -----------------------------------------------------------------------------

    def _note(self, event: Event) -> None:
        if isinstance(event, FillEvent):
            fill = event.fill
            number, ts = self._numbers[fill.order_id]
            self._fees = add_fees(self._fees, fill.fees)
            self._prices[number] = fill.price_cny
            self._note_uncertain_fee(fill)
            self._trades.append(TradeRow(
                order_id=number, ts=ts, fill=fill,
                amount_cny=to_fen(fill.price_cny * fill.shares),
                cash_after_cny=event.cash_after_cny if event.cash_after_cny is not None
                else self._session.cash_cny))

    def _note_uncertain_fee(self, fill: Fill) -> None:
        instrument = self._market.instrument(fill.symbol)
        if instrument is not None and fee_rates(
                instrument.exchange, instrument.board, fill.side, fill.trading_day
        ).transfer_uncertain:
            self._notes["fills whose transfer fee is not certain"] += 1

    def _note_end(self, number: int, line: OrderLine, order_id: int, bar: Bar | None) -> None:
        order = self._session.order(order_id)
        refused = order.status is OrderStatus.DENIED
        self._log[number] = OrderLogRow(
            tag=line.tag, ts=line.ts, symbol=line.symbol, side=line.side, shares=line.shares,
            type=line.type, limit_cny=line.limit_cny,
            status="REFUSED" if refused else self._end_of(order, bar),
            code=order.refusals[0].code if refused else "",
            text=order.refusals[0].text if refused else "", filled_shares=order.filled_shares,
            price_cny=self._prices.get(number), fees=order.fees)

    def _end_of(self, order: Order, bar: Bar | None) -> str:
        """The final state in the words of the order list."""
        request = order.request
        if order.filled_shares == request.shares:
            return "FILLED"
        if order.filled_shares:
            return "PARTIAL"
        day = self._rules.of(request.symbol, order.trading_day)
        band = None if day is None else day.band
        limit_cny = binding_limit(request.side, request.type, request.limit_cny, band)
        locked = bar is not None and is_locked(request.side, limit_cny, band, bar)
        return "LOCKED_LIMIT" if locked else "EXPIRED"

    def _note_equity(self, day: date) -> None:
        if not self._first <= day <= self._last or day != self._session.day:
            return                          # judged only: no session between the bars
        self._closes_e4.update(self._market.closes_e4(day))
        value_e4 = sum(
            fen_half_up_e4(position.held_shares * self._closes_e4[position.symbol], 1)
            for position in self._session.holdings())
        self._equity.append(EquityRow(
            day=day, cash_cny=self._session.cash_cny, market_value_cny=from_e4(value_e4)))

    def _warn(self, text: str) -> None:
        self._warnings[text] = None

    # ---- the answer ------------------------------------------------------------------------------

    def result(self) -> BacktestResult:
        seq, head = self._store.head()
        return BacktestResult(
            strategy=self._name, engine="event", profile=self._given.profile.value,
            bars=self._market.count(), symbols=len(self._market.symbols),
            first=self._first, last=self._last,
            initial_cash_cny=self._given.trading.initial_cash_cny,
            order_log=tuple(self._log[number] for number in sorted(self._log)),
            trades=tuple(self._trades), equity=tuple(self._equity), fees=self._fees,
            fees_all_in=self._given.trading.fees_all_in,
            limit_mismatches=self._rules.limit_mismatches, warnings=self._all_warnings(),
            journal_seq=seq, journal_hash=head)

    def _all_warnings(self) -> tuple[str, ...]:
        notes = [f"{count} {text}" for text, count in self._notes.items()]
        if off := self._market.off_calendar():
            notes.append(f"{off} bars lie on days without a session and were not played")
        if self._rules.limit_mismatches:
            notes.append(f"{self._rules.limit_mismatches} judged days have published limits that "
                         f"differ from the formula; the published ones were used")
        return (*self._warnings, *notes)


def _surroundings(given: BacktestInput, calendar: TradingCalendar) -> Surroundings:
    """What a backtest truthfully knows: its own bars. Its journal is in memory, its clock exact.

    No list of restricted instruments and no model's drift guard belongs to the past.
    """
    history = History(table_past(given.bars), calendar)
    industries = {known.symbol: known.industry for known in given.instruments}
    return Surroundings(
        intraday=False, free_disk_bytes=lambda: LEAST_FREE_BYTES, clock_skew_s=lambda: Decimal(0),
        drift_tripped=lambda _source: False, restricted=frozenset,
        average_volume=history.average_volume, returns=history.returns,
        industry=lambda symbol: industries.get(symbol, ""))


def _opening_quote(bar: Bar, clock: SimClock) -> Quote:
    """What is known of a daily bar when its orders are placed: the opening print."""
    return Quote(symbol=bar.symbol, ts_utc=clock.now_utc(), last_cny=bar.open_cny,
                 open_cny=bar.open_cny, prev_close_cny=None)
