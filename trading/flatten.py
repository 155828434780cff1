"""What flattening would do now, and what stands in the way. Pure; nothing is sent from here.

Orders can be cancelled now or later, shares can be sold now or are stuck: bought today (T+1), at
the lower limit without a buyer, suspended, already on sale, outside the hours, or unknown. `flat`
is said only when nothing is held, nothing may still fill, and the broker's own lists agree.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from core.calendar import TradingCalendar
from core.constants import TRADING_HOURS, in_force
from core.desk_types import FlattenLine, FlattenPlan, Obstacle
from core.exceptions import DataError
from core.money import to_tick
from core.rules import (
    max_order_shares,
    may_cancel,
    may_enter,
    phase,
    price_cage,
    quantity_step,
    shanghai,
    to_shanghai,
)
from core.types import (
    Instrument,
    Order,
    OrderSide,
    OrderStatus,
    OrderType,
    Phase,
    Position,
    Quote,
)
from trading.day_rules import SymbolDay
from trading.ledger import Book

GIVEN_UP_RATIO = Decimal("0.01")       # how far below the best bid a sale may reach
_UNPROVEN = frozenset({OrderStatus.INTENT, OrderStatus.SENDING, OrderStatus.UNKNOWN})
_IN_SESSION = frozenset(Phase) - {Phase.CLOSED, Phase.AFTER_CLOSE, Phase.AFTER_HOURS}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLists:
    """What the broker's own lists say, asked just now.

    `open_orders`: its orders that may still fill; None: it could not be asked.
    `held_shares`: its positions that are not empty; None: it has no such list, or failed.
    """

    open_orders: tuple[str, ...] | None
    held_shares: Mapping[str, int] | None
    complete: bool                         # an order its list does not name was never taken
    offers_positions: bool
    trouble: str = ""                      # why a list is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenView:
    """Everything the plan is made from. `lists` None: the broker was not asked."""

    now_utc: datetime
    book: Book
    quotes: Mapping[str, Quote]            # the newest of today
    symbol_day: Callable[[str], SymbolDay | None]
    calendar: TradingCalendar
    lists: BrokerLists | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale that can be sent now: a legal number of shares at a protected price."""

    symbol: str
    shares: int
    limit_cny: Decimal


def flatten_plan(view: FlattenView) -> FlattenPlan:
    """Every open order and every position with its obstacle."""
    cancels = tuple(_cancel_line(view, order) for order in view.book.open_orders())
    sales = tuple(line for symbol in sorted(view.book.positions)
                  for line in _sale_lines(view, view.book.positions[symbol]))
    flat, proof = _proof(view)
    return FlattenPlan(made_utc=view.now_utc, cancels=cancels, sales=sales, flat=flat, proof=proof)


def sales_now(view: FlattenView) -> tuple[Sale, ...]:
    """What may be sold at this moment, one order a symbol."""
    held = [view.book.positions[symbol] for symbol in sorted(view.book.positions)]
    found = [_sale(view, position) for position in held if position.sellable_shares]
    return tuple(sale for sale in found if isinstance(sale, Sale))


# ---- orders ------------------------------------------------------------------------------------


def _cancel_line(view: FlattenView, order: Order) -> FlattenLine:
    symbol = order.request.symbol
    line = FlattenLine(symbol=symbol, order_id=order.order_id, shares=order.open_shares,
                       obstacle=Obstacle.NONE, possible_at=None, text="can be cancelled now")
    if order.status in _UNPROVEN:
        return replace(line, obstacle=Obstacle.UNKNOWN_ORDER, text=(
            f"order {order.order_id} is {order.status.name}: it may be in the market and may "
            "fill until the broker's list proves otherwise"))
    day = view.symbol_day(symbol)
    if day is None:
        return replace(line, obstacle=Obstacle.UNKNOWN,
                       text=f"nobody knows {symbol}; its hours are not known either")
    now = _phase(view, day.instrument, view.now_utc)
    if may_cancel(day.instrument, now):
        return line
    later = _next_time(view, day.instrument, lambda then, _on: may_cancel(day.instrument, then),
                       today_only=True)
    obstacle = Obstacle.NO_CANCEL_PHASE if now in _IN_SESSION else Obstacle.CLOSED
    when = "it ends with the day" if later is None else f"again from {_wall(later)}"
    return replace(line, obstacle=obstacle, possible_at=later, text=(
        f"the exchange takes no cancel in {now.name}; {when}"))


# ---- positions ---------------------------------------------------------------------------------


def _sale_lines(view: FlattenView, position: Position) -> list[FlattenLine]:
    """At most one line for each reason: on sale, bought today, and the rest."""
    lines = []
    if position.on_sale_shares:
        lines.append(_line(position, position.on_sale_shares, Obstacle.ON_SALE,
                           "in an open sell order already"))
    locked = 0 if position.t0 else min(position.bought_today_shares, position.held_shares)
    if locked:
        day = view.symbol_day(position.symbol)
        later = None if day is None else _next_time(
            view, day.instrument, _takes_limit(day.instrument), not_today=True)
        lines.append(_line(position, locked, Obstacle.T1, (
            "bought today; may be sold on the next session"
            + ("" if later is None else f", from {_wall(later)}")), later))
    if position.sellable_shares:
        sale = _sale(view, position)
        if isinstance(sale, Sale):
            more = position.sellable_shares - sale.shares
            sale = _line(position, position.sellable_shares, Obstacle.NONE, (
                f"{sale.shares} shares at {sale.limit_cny} CNY or better now"
                + (f", {more} after them" if more else "")))
        lines.append(sale)
    return lines


def _sale(view: FlattenView, position: Position) -> Sale | FlattenLine:
    """The order to sell what is sellable, or the line that says why there is none."""
    symbol, shares = position.symbol, position.sellable_shares

    def stuck(obstacle: Obstacle, text: str, at: datetime | None = None) -> FlattenLine:
        return _line(position, shares, obstacle, text, at)

    day, quote = view.symbol_day(symbol), view.quotes.get(symbol)
    if day is None or day.tick_cny is None or day.band is None:
        return stuck(Obstacle.UNKNOWN, f"the day's facts of {symbol} are not known")
    if day.facts.suspended or (quote is not None and quote.suspended):
        return stuck(Obstacle.SUSPENDED, "suspended; nobody knows until when")
    now, today = _phase(view, day.instrument, view.now_utc), _today(view)
    takes = _takes_limit(day.instrument)
    if not takes(now, today):
        later = _next_time(view, day.instrument, takes)
        return stuck(Obstacle.CLOSED, f"the exchange takes no order in {now.name}" + (
            "" if later is None else f"; again from {_wall(later)}"), later)
    if quote is None or (quote.last_cny is None and not quote.bids):
        return stuck(Obstacle.UNKNOWN, "no price of today is known, and none is guessed")
    down_cny = day.band.down_cny
    if not quote.bids and down_cny is not None and quote.last_cny == down_cny:
        return stuck(Obstacle.LIMIT_DOWN, f"at the lower limit of {down_cny} CNY nobody buys")
    limit_cny = _protected(quote, day, now, today, day.tick_cny)
    return Sale(symbol, _legal_shares(day.instrument, shares, today), limit_cny)


def _protected(
    quote: Quote, day: SymbolDay, now: Phase, on: date, tick_cny: Decimal
) -> Decimal:
    """A hundredth below the best bid at most, inside the day's band and the price cage."""
    best_bid = quote.bids[0].price_cny if quote.bids else None
    base = best_bid if best_bid is not None else quote.last_cny
    assert base is not None            # the caller has looked
    limit_cny = to_tick(base * (1 - GIVEN_UP_RATIO), tick_cny)
    cage = price_cage(
        day.instrument.board, OrderSide.SELL, on, best_bid_cny=best_bid,
        best_ask_cny=quote.asks[0].price_cny if quote.asks else None, last_cny=quote.last_cny,
        previous_close_cny=day.facts.reference_cny, phase=now)
    band = day.band
    least = [bound for bound in (None if cage is None else cage.bound_cny,
                                 None if band is None else band.down_cny) if bound is not None]
    return max([limit_cny, tick_cny, *least])


def _legal_shares(instrument: Instrument, sellable: int, on: date) -> int:
    """Everything where one order may hold it, else the largest legal part.

    What is left of a round-lot board then ends with the odd shares, which may be sold whole.
    """
    most = max_order_shares(instrument.board, OrderType.LIMIT, on)
    if most is None or sellable <= most:
        return sellable
    step = quantity_step(instrument.board)
    return most // step * step


def _line(
    position: Position, shares: int, obstacle: Obstacle, text: str, at: datetime | None = None
) -> FlattenLine:
    return FlattenLine(symbol=position.symbol, order_id=None, shares=shares, obstacle=obstacle,
                       possible_at=at, text=text)


# ---- is it flat --------------------------------------------------------------------------------


def _proof(view: FlattenView) -> tuple[bool, str]:
    """Whether the account is flat, and what that rests on."""
    held = sum(1 for p in view.book.positions.values() if p.held_shares)
    waiting = len(view.book.open_orders())
    if held or waiting:
        return False, f"{held} instruments are held and {waiting} orders may still fill"
    lists = view.lists
    if lists is None:
        return False, "our ledger holds nothing; the broker was not asked yet"
    if lists.open_orders is None or (lists.offers_positions and lists.held_shares is None):
        return False, f"our ledger holds nothing; the broker's lists are missing: {lists.trouble}"
    if lists.open_orders:
        return False, f"the broker's list has orders that may still fill: {_few(lists.open_orders)}"
    if lists.held_shares:
        return False, f"the broker's list has positions: {_few(tuple(lists.held_shares))}"
    if lists.held_shares is not None:
        return True, "our ledger, the broker's orders and the broker's positions agree"
    if lists.complete:
        return True, ("our ledger and the broker's complete list of orders agree; this broker "
                      "has no list of positions")
    return False, ("our ledger holds nothing, but the broker has no list of positions and its "
                   "list of orders may be incomplete")


def _few(names: tuple[str, ...]) -> str:
    shown = 5
    return ", ".join(names[:shown]) + (" ..." if len(names) > shown else "")


# ---- hours -------------------------------------------------------------------------------------


def _takes_limit(instrument: Instrument) -> Callable[[Phase, date], bool]:
    return lambda then, on: may_enter(instrument, then, OrderType.LIMIT, on)


def _phase(view: FlattenView, instrument: Instrument, at_utc: datetime) -> Phase:
    try:
        return phase(instrument, at_utc, view.calendar)
    except DataError:
        return Phase.CLOSED             # beyond the calendar nothing is known to be open


def _next_time(
    view: FlattenView, instrument: Instrument, fits: Callable[[Phase, date], bool], *,
    today_only: bool = False, not_today: bool = False,
) -> datetime | None:
    """The first later beginning of a phase that fits, up to the next session; None: unknown."""
    today = _today(view)
    days = [] if not_today else [today]
    if not today_only:
        with suppress(DataError):
            days.append(view.calendar.next_session(today))
    for day in days:
        for start in sorted({row.start for row in in_force(TRADING_HOURS, day)}):
            then = shanghai(day, start)
            if then > view.now_utc and fits(_phase(view, instrument, then), day):
                return then
    return None


def _today(view: FlattenView) -> date:
    return to_shanghai(view.now_utc).date()


def _wall(moment: datetime) -> str:
    return f"{to_shanghai(moment):%Y-%m-%d %H:%M}"
