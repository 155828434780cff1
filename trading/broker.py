"""The broker port of the order core, and the simulated broker behind it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from core.calendar import TradingCalendar
from core.exceptions import OrderError
from core.ports import Broker, Clock
from core.rules import MARKET_TYPES, may_cancel, may_enter, phase, to_shanghai
from core.settings_types import TradingSettings
from core.types import (
    FINAL_STATUSES,
    Bar,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    Fill,
    Order,
    OrderAtBroker,
    OrderSide,
    OrderStatus,
    OrderType,
    Phase,
    Position,
    PositionAtBroker,
    Quote,
    Report,
)
from trading.day_rules import DayRules, SymbolDay
from trading.matching import FillPolicy, binding_limit
from trading.sim_account import SimAccount
from trading.sim_auction import AuctionPrint
from trading.sim_book import Resting, SymbolOrders
from trading.sim_market import BarPlan, BarRoom, Passed, Room, SymbolMarket, begins
from trading.sim_matcher import Matcher, came_after_print
from trading.sim_venue import Venue

_ENDS = {OrderStatus.FILLED: Report.FILL, OrderStatus.REJECTED: Report.REJECTED,
         OrderStatus.EXPIRED: Report.EXPIRED}       # all other ends are cancels


class BrokerInterface(Broker, Protocol):
    """What the order core needs of a broker beyond core.ports.Broker."""

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """Our orders of today, the ended ones too, with their fills; after a restart or a reset.
        """
        ...

    def day_started(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        """What the ledger holds before the first order: of a day, or after a restart.

        A broker that counts shares and cash in this process counts on from here; one that has
        its own account elsewhere ignores it.
        """
        ...

    def end_day(self) -> None:
        """The session is over: report the end of every order that is still open."""
        ...

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """Bars that just ended. A broker with a market of its own ignores them."""
        ...

    def on_quotes(self, quotes: Sequence[Quote]) -> None: ...

    def opening_price(self, symbol: str) -> Decimal | None:
        """The opening print that an order placed now would meet; None: not known."""
        ...


class SimulatorBroker:
    """A market that fills our orders from recorded or live bars and quotes, and nothing else.

    Its order list lives in this process, so it is complete by construction: after a restart the
    ledger gives the day's orders back (`restore`), and what is not among them was never taken.
    Reports reach the handler in the order of events; trade ids follow from day, order and count.
    """

    def __init__(
        self, *, clock: Clock, calendar: TradingCalendar, rules: DayRules, policy: FillPolicy,
        costs: TradingSettings | None = None,
    ) -> None:
        """`costs`: the fee schedule of its own account; None: it keeps no account."""
        self._clock, self._calendar, self._rules, self._policy = clock, calendar, rules, policy
        self._handler: Callable[[BrokerReport], None] | None = None
        self._account = None if costs is None else SimAccount(costs)
        self._venue = Venue(policy)
        self._matcher = Matcher(fill=self._fill, end=self._end, rest_ends=policy.rest_ends)
        self._forget()

    def _forget(self) -> None:
        self._orders: dict[int, Resting] = {}           # of today, in the order they came
        self._books: dict[str, SymbolOrders] = {}
        self._markets: dict[str, SymbolMarket] = {}
        self._trades: list[BrokerReport] = []
        self._rooms: dict[str, BarRoom] = {}            # bars whose opening print is known
        self._cancels: dict[int, datetime] = {}         # under way, and when they arrive

    @property
    def name(self) -> str:
        return "SIM"

    @property
    def capabilities(self) -> Capabilities:
        counts = self._account is not None
        return Capabilities(complete_list=True, in_process=True, positions=counts, cash=counts)

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None:
        self._handler = handler

    # ---- requests ----------------------------------------------------------------------------

    def place(self, order: Order) -> str:
        day = self._rules.of(order.request.symbol, order.trading_day)
        if day is None:
            raise _unknown(order.request.symbol)
        now = self._clock.now_utc()
        delay = self._venue.delay(order.trading_day, order.order_id, "place")
        resting = self._take(order, now + delay)            # whatever its author says
        refused = "" if self._policy.rest_ends else self._refused(resting, day, now)
        if refused:
            self._end(resting, Report.REJECTED, refused)
            return resting.broker_id
        self._report(resting, Report.ACK)
        room = self._rooms.get(resting.symbol)
        if room is not None:
            self._matcher.meet_open(resting, room, day)
            self._rest(resting)
        if resting.type is OrderType.FIXED_PRICE and self._phase(day, now) is Phase.AFTER_HOURS:
            self._after_hours(resting.symbol)
        return resting.broker_id

    def _take(self, order: Order, entered_utc: datetime) -> Resting:
        request = order.request
        day = self._rules.of(request.symbol, order.trading_day)
        resting = Resting(
            order=order, broker_id=f"{self.name}-{order.order_id}",
            limit_cny=binding_limit(request.side, request.type, request.limit_cny,
                                    None if day is None else day.band),
            left_shares=request.shares - order.filled_shares, entered_utc=entered_utc)
        self._orders[order.order_id] = resting
        self._book(request.symbol).add(resting)
        return resting

    def _refused(self, resting: Resting, day: SymbolDay, now: datetime) -> str:
        """Why the exchange does not take the order; empty if it does."""
        order = resting.order
        at = self._phase(day, now)
        if self._venue.rejects(order.trading_day, order.order_id):
            return "rejected by the seed of the simulation"
        if day.facts.suspended:
            return f"{resting.symbol} is suspended"
        if not _enters(day, at, resting.type, order.trading_day):
            return f"no {resting.type.value} order is taken in the phase {at.value}"
        if not _fits(resting, day):             # a protective price is a price as well
            return "the price is off the tick or outside the day's limits"
        market = self._market(resting.symbol)
        outside, kept = market.caged(resting, day, at)
        resting.parked = outside and kept
        return "the price is outside the valid declaration range" if outside and not kept else ""

    def cancel(self, order: Order) -> None:
        resting = self._orders.get(order.order_id)
        if resting is None:
            return
        if resting.ended is not None:
            self._report(resting, Report.CANCEL_REFUSED, "the order has ended")
            return
        now = self._clock.now_utc()
        day = self._symbol_day(resting)
        if not may_cancel(day.instrument, self._phase(day, now)):
            self._report(resting, Report.CANCEL_REFUSED,
                         "the exchange takes no cancels in this phase")
            return
        delay = self._venue.delay(order.trading_day, order.order_id, "cancel")
        if delay:
            self._cancels[order.order_id] = now + delay
        else:
            self._end(resting, Report.CANCELLED)

    def _arrive(self, by_utc: datetime) -> None:
        """Cancels that have reached the exchange by then."""
        for order_id in [key for key, at_utc in self._cancels.items() if at_utc <= by_utc]:
            del self._cancels[order_id]
            resting = self._orders[order_id]
            if resting.ended is None:
                self._end(resting, Report.CANCELLED)
            else:
                self._report(resting, Report.CANCEL_REFUSED, "the order has ended")

    # ---- what it holds -----------------------------------------------------------------------

    def query_orders(self) -> Sequence[BrokerReport]:
        return [self._said(resting, _newest(resting), about=True)
                for resting in self._orders.values()]

    def query_trades(self) -> Sequence[BrokerReport]:
        return list(self._trades)

    def query_positions(self) -> Sequence[PositionAtBroker]:
        on_sale: dict[str, int] = {}
        for resting in self._orders.values():
            if resting.ended is None and resting.side is OrderSide.SELL:
                on_sale[resting.symbol] = on_sale.get(resting.symbol, 0) + resting.left_shares
        return self._counted().positions(on_sale)

    def query_cash(self) -> CashAtBroker:
        return self._counted().cash()

    def _counted(self) -> SimAccount:
        if self._account is None or not self._account.started:
            raise OrderError("the simulator has no account of its own",
                             why="it was given no fee schedule, or no day has begun",
                             remedy="Ask only for what its capabilities offer")
        return self._account

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        self._forget()
        counts: dict[int, int] = {}
        for fill in fills:
            counts[fill.order_id] = counts.get(fill.order_id, 0) + 1
            self._trades.append(_trade(fill, f"{self.name}-{fill.order_id}"))
        for order in orders:
            resting = self._take(order, order.updated_utc or order.request.created_utc)
            resting.fills = counts.get(order.order_id, 0)
            if order.status in FINAL_STATUSES:
                self._leave(resting, _ENDS.get(order.status, Report.CANCELLED))
                continue
            self._book(resting.symbol).rest(resting, None)      # its place is not known any more
            if self._account is not None:
                self._account.carry_on(resting)

    def day_started(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        if self._account is not None:
            self._account.start(positions, cash_cny)

    def moved(self, cash_cny: Decimal) -> None:
        """Cash of the account that came or went without an order: tax withheld, a subscription."""
        if self._account is not None:
            self._account.moved(cash_cny)

    def opening_price(self, symbol: str) -> Decimal | None:
        room = self._rooms.get(symbol)
        return None if room is None else room.bar.open_cny

    # ---- bars --------------------------------------------------------------------------------

    def start_bar(self, bar: Bar) -> None:
        """The opening print of a bar is known: orders placed from now on meet it at once."""
        self._rooms[bar.symbol] = self._market(bar.symbol).room(bar)

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """Play bars to their end: new orders meet the open, then all rest through the range.

        An order that was entered inside a bar waits for the next one: nobody can tell which
        part of the range came after it. A closing auction is for every order before it.
        """
        played = [(bar, self._rooms.pop(bar.symbol, None)) for bar in bars]
        rooms = {bar.symbol: room or self._market(bar.symbol).room(bar) for bar, room in played
                 if not self._market(bar.symbol).with_levels}
        if rooms:
            self._arrive(min(begins(room.bar) for room in rooms.values()))
        plans = {symbol: plan for symbol, room in rooms.items()
                 if (plan := self._plan(symbol, room)) is not None}
        self._play_opens(rooms, plans)
        self._play_ranges(rooms, plans)
        for symbol, plan in plans.items():
            room = rooms[symbol]
            if plan.closing:
                self._auction(symbol, AuctionPrint(
                    room.bar.close_cny, room.bar.volume_shares, opening=False), room)
        for bar, _ in played:
            self._note_bar(bar)

    def _plan(self, symbol: str, room: BarRoom) -> BarPlan | None:
        """None: nothing of ours can meet this bar."""
        if symbol not in self._books:
            return None
        if self._policy.rest_ends:
            return BarPlan(opening=False, continuous=True, closing=False)
        day = self._day_of(symbol, room.bar.ts_utc)
        market = self._market(symbol)
        if day is None or day.facts.suspended or market.halted(begins(room.bar)):
            return None
        return market.plan(room.bar, day)

    def _play_opens(self, rooms: Mapping[str, BarRoom], plans: Mapping[str, BarPlan]) -> None:
        waiting: list[Resting] = []
        for symbol, plan in plans.items():
            room, book = rooms[symbol], self._books[symbol]
            if plan.opening:
                self._auction(symbol, AuctionPrint(
                    room.bar.open_cny, room.bar.volume_shares, opening=True), room)
            if plan.continuous:
                waiting += [resting for resting in (
                    *book.fresh.values(), *book.any_price.values())
                    if resting.entered_utc <= begins(room.bar) and not resting.parked]
        for resting in sorted(waiting, key=_by_id):
            room, day = rooms[resting.symbol], self._symbol_day(resting)
            if plans[resting.symbol].opening and came_after_print(resting):
                self._matcher.meet_after_print(resting, room, day)
            else:
                self._matcher.meet_open(resting, room, day)

    def _play_ranges(self, rooms: Mapping[str, BarRoom], plans: Mapping[str, BarPlan]) -> None:
        touched: list[Resting] = []
        for symbol, plan in plans.items():
            bar, book = rooms[symbol].bar, self._books[symbol]
            if plan.continuous and (rooms[symbol].left_shares or self._policy.rest_ends):
                met = [resting for resting in book.fresh.values() if not resting.fresh
                       and not (plan.opening and came_after_print(resting))]
                touched += [resting for resting in (
                    *met, *book.rested(OrderSide.BUY, bar.low_cny),
                    *book.rested(OrderSide.SELL, bar.high_cny))
                    if resting.entered_utc <= begins(bar)]
        for resting in sorted(touched, key=_by_id):
            if resting.ended is None:
                self._matcher.meet_range(
                    resting, rooms[resting.symbol], self._symbol_day(resting))
        for symbol in plans:
            for resting in list(self._books[symbol].fresh.values()):
                if not resting.fresh:
                    self._rest(resting)

    def _note_bar(self, bar: Bar) -> None:
        day = None if self._policy.rest_ends else self._day_of(bar.symbol, bar.ts_utc)
        if day is not None:
            market = self._market(bar.symbol)
            market.note_bar(bar, day)
            self._unpark(bar.symbol, market, day, bar.ts_utc)

    # ---- quotes ------------------------------------------------------------------------------

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        for quote in {quote.symbol: quote for quote in quotes}.values():
            day = self._day_of(quote.symbol, quote.ts_utc)
            market = self._market(quote.symbol)
            late = market.quote is not None and quote.ts_utc < market.quote.ts_utc
            if day is not None and not late:
                self._arrive(quote.ts_utc)
                self._play_quote(quote, market, day)

    def _play_quote(self, quote: Quote, market: SymbolMarket, day: SymbolDay) -> None:
        at = self._phase(day, quote.ts_utc)
        if quote.bids or quote.asks:
            market.with_levels = True
            market.displayed.show(quote)
        passed = market.passed(quote)
        prints = market.opening_print(quote), market.closing_print(quote, passed, day)
        if quote.symbol in self._books and not quote.suspended and not day.facts.suspended:
            for result in prints:
                if result is not None:
                    room = market.room_of(result.shares)
                    self._auction(quote.symbol, result, room, market.indicative)
            if at is Phase.CONTINUOUS and market.with_levels and not market.halted(quote.ts_utc):
                self._play_levels(quote, market, passed, day)
            if at is Phase.AFTER_HOURS:
                self._after_hours(quote.symbol)
        market.note_quote(quote, day, at)
        self._unpark(quote.symbol, market, day, quote.ts_utc)

    def _play_levels(
        self, quote: Quote, market: SymbolMarket, passed: Passed, day: SymbolDay
    ) -> None:
        book = self._books[quote.symbol]
        self._matcher.rested(book, market, quote, passed, day)
        for resting in sorted((*book.any_price.values(), *book.fresh.values()), key=_by_id):
            if resting.entered_utc <= quote.ts_utc and not resting.parked:
                self._matcher.fresh(resting, book, market, quote, day)

    def _unpark(
        self, symbol: str, market: SymbolMarket, day: SymbolDay, at_utc: datetime
    ) -> None:
        """Orders that the exchange keeps outside the cage enter when they are inside."""
        book = self._books.get(symbol)
        for resting in () if book is None else book.fresh.values():
            if resting.parked and not market.caged(
                    resting, day, self._phase(day, at_utc))[0]:
                resting.parked = False
                resting.entered_utc = max(resting.entered_utc, at_utc)

    # ---- auctions and the end of the day -------------------------------------------------------

    def _auction(
        self, symbol: str, result: AuctionPrint, room: Room, indicative: Quote | None = None
    ) -> None:
        book, day = self._books[symbol], self._day_of(symbol, self._clock.now_utc())
        if day is not None:
            self._matcher.auction(result, book, room, day, indicative)

    def _after_hours(self, symbol: str) -> None:
        book, market = self._books.get(symbol), self._market(symbol)
        for resting in [] if book is None else list(book.after_hours.values()):
            self._matcher.fixed_price(resting, market, self._symbol_day(resting),
                                      self._policy.after_hours_ratio)

    def end_day(self) -> None:
        self._arrive(self._clock.now_utc())
        for symbol in list(self._books):
            self._after_hours(symbol)
        for resting in list(self._orders.values()):
            if resting.ended is None:
                self._end(resting, Report.EXPIRED)
        self._forget()
        if self._account is not None:
            self._account.forget_orders()

    # ---- reports -----------------------------------------------------------------------------

    def _fill(self, resting: Resting, price_cny: Decimal, shares: int) -> None:
        resting.fills += 1
        resting.left_shares -= shares
        day = resting.order.trading_day
        report = self._said(
            resting, Report.FILL, trade_id=f"{day:%Y%m%d}-{resting.order_id}-{resting.fills}",
            shares=shares, price_cny=price_cny)
        if not resting.left_shares:
            self._leave(resting, Report.FILL)
        self._trades.append(report)
        if self._account is not None:
            self._account.take(
                resting, self._symbol_day(resting).instrument, price_cny, shares, day)
        self._send(report)

    def _leave(self, resting: Resting, how: Report) -> None:
        resting.ended = how
        self._book(resting.symbol).remove(resting)

    def _end(self, resting: Resting, how: Report, text: str = "") -> None:
        self._leave(resting, how)
        self._report(resting, how, text)

    def _report(self, resting: Resting, kind: Report, text: str = "") -> None:
        self._send(self._said(resting, kind, text=text))

    def _said(
        self, resting: Resting, kind: Report, *, text: str = "", trade_id: str = "",
        shares: int = 0, price_cny: Decimal | None = None, about: bool = False,
    ) -> BrokerReport:
        return BrokerReport(
            kind=kind, order_id=resting.order_id, broker_id=resting.broker_id, text=text,
            ts_utc=self._clock.now_utc(), trade_id=trade_id, shares=shares, price_cny=price_cny,
            about=_about(resting) if about else None)

    def _send(self, report: BrokerReport) -> None:
        if self._handler is not None:
            self._handler(report)

    # ---- what is where -----------------------------------------------------------------------

    def _book(self, symbol: str) -> SymbolOrders:
        return self._books.setdefault(symbol, SymbolOrders())

    def _market(self, symbol: str) -> SymbolMarket:
        found = self._markets.get(symbol)
        if found is None:
            found = self._markets[symbol] = SymbolMarket(self._policy.volume_share)
        return found

    def _rest(self, resting: Resting) -> None:
        self._book(resting.symbol).rest(resting, None)

    def _symbol_day(self, resting: Resting) -> SymbolDay:
        day = self._rules.of(resting.symbol, resting.order.trading_day)
        if day is None:
            raise _unknown(resting.symbol)
        return day

    def _day_of(self, symbol: str, at_utc: datetime) -> SymbolDay | None:
        return self._rules.of(symbol, to_shanghai(at_utc).date())

    def _phase(self, day: SymbolDay, at_utc: datetime) -> Phase:
        return phase(day.instrument, at_utc, self._calendar)


def _unknown(symbol: str) -> OrderError:
    return OrderError(f"the simulator does not know {symbol}",
                      why="it is not in the reference data, or has left it",
                      remedy="Reset the simulated account")


def _enters(day: SymbolDay, at: Phase, type_: OrderType, on: date) -> bool:
    """Whether the exchange takes orders of this kind in this phase."""
    if type_ in MARKET_TYPES:
        return at is Phase.CONTINUOUS
    return may_enter(day.instrument, at, type_, on)


def _fits(resting: Resting, day: SymbolDay) -> bool:
    limit_cny, band = resting.limit_cny, day.band
    if limit_cny is None:
        return True
    if day.tick_cny is None or limit_cny % day.tick_cny:
        return False
    return band is None or band.free or band.down_cny is None or band.up_cny is None or (
        band.down_cny <= limit_cny <= band.up_cny)


def _by_id(resting: Resting) -> int:
    return resting.order_id


def _newest(resting: Resting) -> Report:
    """An order that has filled whole is told by its trades; its own line says it was taken."""
    return Report.ACK if resting.ended in (None, Report.FILL) else resting.ended


def _about(resting: Resting) -> OrderAtBroker:
    request = resting.order.request
    return OrderAtBroker(
        symbol=request.symbol, side=request.side, shares=request.shares,
        limit_cny=request.limit_cny, filled_shares=resting.filled_shares, type=request.type,
        remark=str(resting.order_id), entered_utc=resting.entered_utc)


def _trade(fill: Fill, broker_id: str) -> BrokerReport:
    return BrokerReport(
        kind=Report.FILL, order_id=fill.order_id, broker_id=broker_id, ts_utc=fill.ts_utc,
        trade_id=fill.trade_id, shares=fill.shares, price_cny=fill.price_cny)
