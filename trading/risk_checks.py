"""Every reason to refuse an order, each a pure function of the request and one view of the world.

The order of the tuples is the order in which reasons are judged: a daily order list reports the
first, the order ticket shows all of them. What a check would need and does not know refuses too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from core.money import on_tick
from core.rules import (
    buy_quantity_ok,
    is_tradable,
    max_order_shares,
    may_enter,
    min_buy_shares,
    needs_protection,
    order_types,
    price_cage,
    sell_quantity_ok,
    st_buy_cap_shares,
)
from core.types import (
    Instrument,
    KillLevel,
    OrderRequest,
    OrderSide,
    OrderType,
    Phase,
    Quote,
    Refusal,
)
from trading.day_rules import SymbolDay
from trading.kill_switch import FLATTEN_SOURCE

MANUAL = "manual"


class RiskProfile(Enum):
    """`exchange`: what the exchange and the account forbid; `house`: the desk's limits as well."""

    EXCHANGE = "exchange"
    HOUSE = "house"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskView:
    """Everything a check may look at, taken at one instant. None means unknown."""

    day: date
    is_session: bool
    next_session: date | None
    kill_level: KillLevel
    instrument: Instrument | None
    symbol_day: SymbolDay | None          # None: unknown instrument, or no session
    sellable_shares: int                  # held less bought today (T+1) less on sale
    locked_shares: int                    # bought today and not sellable before next_session
    available_cny: Decimal
    cost_cny: Decimal | None              # buys: the whole quantity where it would fill, with fees
    max_buy_shares: int | None = None     # what the free cash buys, for the remedy
    phase: Phase = Phase.CLOSED
    quote: Quote | None = None            # the newest, however old
    last_cny: Decimal | None = None       # newest known price of today
    last_age_s: int | None = None         # market time since that price
    max_age_s: int = 0
    duplicate_of: int | None = None       # the order that carries this idempotency key
    bought_today_shares: int = 0          # of this symbol, open buy orders included


Check = Callable[[OrderRequest, RiskView], Refusal | None]


def refusals(
    request: OrderRequest, view: RiskView, profile: RiskProfile
) -> tuple[Refusal, ...]:
    """Every reason to refuse the order, in the order of the checks; empty: it may go."""
    found = (check(request, view) for check in CHECKS[profile])
    return tuple(reason for reason in found if reason is not None)


# ---- what the exchange and the account forbid ----------------------------------------------


def kill_level_allows(request: OrderRequest, view: RiskView) -> Refusal | None:
    level = view.kill_level
    if level is KillLevel.NONE:
        return None
    if level is KillLevel.PAUSE and request.source == MANUAL:
        return None
    selling = request.side is OrderSide.SELL
    if level is KillLevel.REDUCE_ONLY and selling:
        return None
    if level is KillLevel.FLATTEN and selling and request.source == FLATTEN_SOURCE:
        return None
    return _no("KILL", f"the kill switch stands at level {int(level)} ({level.name}); "
               f"set it back once the reason is settled", level=int(level), name=level.name)


def instrument_is_known(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.instrument is not None:
        return None
    return _no("UNKNOWN_INSTRUMENT", f"nothing is known of {request.symbol}; "
               f"check the code or import its data", symbol=request.symbol)


def instrument_is_tradable(_request: OrderRequest, view: RiskView) -> Refusal | None:
    return None if view.instrument is None else is_tradable(view.instrument, view.day)


def day_is_a_session(_request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.is_session:
        return None
    return _no("NOT_A_SESSION", f"the exchanges are closed on {view.day}; "
               f"enter the order on {view.next_session or 'a trading day'}",
               day=view.day, next_session=view.next_session or "")


def instrument_trades_today(request: OrderRequest, view: RiskView) -> Refusal | None:
    halted = view.quote is not None and view.quote.suspended
    if view.symbol_day is None or not (view.symbol_day.facts.suspended or halted):
        return None
    return _no("SUSPENDED", f"{request.symbol} does not trade on {view.day}; "
               f"wait for its resumption", symbol=request.symbol, day=view.day)


def reference_is_known(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.symbol_day is None or view.symbol_day.band is not None:
        return None
    return _no("NO_REFERENCE", f"no reference price of {request.symbol} is known for {view.day}, "
               f"so its price limits are not; import its previous close",
               symbol=request.symbol, day=view.day)


def price_is_on_tick(request: OrderRequest, view: RiskView) -> Refusal | None:
    limit_cny, tick_cny = _limit(request), _tick(view)
    if limit_cny is None or tick_cny is None or on_tick(limit_cny, tick_cny):
        return None
    return _no("TICK", f"price {limit_cny} is not a multiple of {tick_cny}; "
               f"round it to the grid", price=limit_cny, tick=tick_cny)


def price_is_within_limits(request: OrderRequest, view: RiskView) -> Refusal | None:
    limit_cny = _limit(request)
    band = None if view.symbol_day is None else view.symbol_day.band
    if limit_cny is None or band is None or band.down_cny is None or band.up_cny is None:
        return None
    if band.down_cny <= limit_cny <= band.up_cny:
        return None
    return _no("PRICE_LIMIT", f"price {limit_cny} is outside today's limits {band.down_cny} to "
               f"{band.up_cny}; choose a price between them",
               price=limit_cny, down=band.down_cny, up=band.up_cny)


def buy_is_in_lots(request: OrderRequest, view: RiskView) -> Refusal | None:
    if request.side is not OrderSide.BUY or view.instrument is None or _tick(view) is None:
        return None
    board = view.instrument.board
    if buy_quantity_ok(board, request.shares):
        return None
    least, step = min_buy_shares(board), _step(view)
    return _no("LOT", f"{request.shares} shares cannot be bought: at least {least}, "
               f"in steps of {step}", shares=request.shares, least=least, step=step)


def sale_is_in_lots(request: OrderRequest, view: RiskView) -> Refusal | None:
    if request.side is not OrderSide.SELL or view.instrument is None or _tick(view) is None:
        return None
    board = view.instrument.board
    if sell_quantity_ok(board, request.shares, view.sellable_shares):
        return None
    least, step = min_buy_shares(board), _step(view)
    return _no("ODD_LOT", f"{request.shares} shares cannot be sold: at least {least}, in steps of "
               f"{step}, or with the whole odd rest of the {view.sellable_shares} sellable",
               shares=request.shares, least=least, step=step, sellable=view.sellable_shares)


def size_is_within_maximum(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.instrument is None:
        return None
    most = max_order_shares(view.instrument.board, request.type, view.day)
    if most is None or request.shares <= most:
        return None
    return _no("MAX_QTY", f"{request.shares} shares are more than one order may have ({most}); "
               f"split it", shares=request.shares, most=most)


def sells_only_what_may_be_sold(request: OrderRequest, view: RiskView) -> Refusal | None:
    if request.side is OrderSide.BUY or request.shares <= view.sellable_shares:
        return None
    later = "sell no more than that"
    if view.locked_shares:
        later = (f"today's purchase of {view.locked_shares} may be sold from "
                 f"{view.next_session or 'the next session'}")
    return _no("T1_SELLABLE", f"asked to sell {request.shares} shares, {view.sellable_shares} "
               f"may be sold today; {later}", shares=request.shares,
               sellable=view.sellable_shares, locked=view.locked_shares,
               next_session=view.next_session or "")


def cash_is_enough(request: OrderRequest, view: RiskView) -> Refusal | None:
    if request.side is OrderSide.SELL or view.symbol_day is None or view.symbol_day.band is None:
        return None
    if view.cost_cny is None:
        return _no("CASH", "no price is known by which the cost could be reserved; "
                   "enter a limit price", available=view.available_cny, needed="")
    if view.cost_cny <= view.available_cny:
        return None
    most = view.max_buy_shares or 0
    remedy = f"lower it to {most} shares" if most else "sell something or cancel an open buy"
    return _no("CASH", f"needs {view.cost_cny} CNY with fees, {view.available_cny} are free; "
               f"{remedy}", needed=view.cost_cny, available=view.available_cny, most=most)


# ---- what the desk forbids as well ---------------------------------------------------------


def type_is_offered(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.instrument is None or is_tradable(view.instrument, view.day) is not None:
        return None
    offered = order_types(view.instrument, view.day)
    if _kind(request) not in offered:
        names = ", ".join(sorted(kind.value for kind in offered)) or "none"
        return _no("ORDER_TYPE", f"{view.instrument.board.name} takes no {request.type.value} "
                   f"orders; it takes: {names}", type=request.type.value, offered=names)
    if request.limit_cny is None and needs_protection(view.instrument, request.type, view.day):
        return _no("ORDER_TYPE", f"a {request.type.value} order needs a protective limit price "
                   f"here; give one", type=request.type.value, offered="")
    return None


def phase_takes_orders(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.instrument is None or not view.is_session:
        return None
    if _kind(request) not in order_types(view.instrument, view.day):
        return None             # ORDER_TYPE says so already
    if may_enter(view.instrument, view.phase, request.type, view.day):
        return None
    return _no("PHASE", f"the exchange takes no {request.type.value} order in the phase "
               f"{view.phase.value}; wait for the next one",
               phase=view.phase.value, type=request.type.value)


def price_is_fresh(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.phase not in (Phase.CONTINUOUS, Phase.CLOSE_AUCTION) or view.symbol_day is None:
        return None             # before the open there is no price of today to wait for
    if view.last_age_s is not None and view.last_age_s <= view.max_age_s:
        return None
    age = "none came today" if view.last_age_s is None else f"the last is {view.last_age_s} s old"
    return _no("STALE_QUOTE", f"no fresh price of {request.symbol}: {age}; wait for the feed or "
               f"check its status", symbol=request.symbol, most=view.max_age_s,
               age="" if view.last_age_s is None else view.last_age_s)


def key_is_new(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.duplicate_of is None:
        return None
    return _no("DUPLICATE", f"order {view.duplicate_of} carries the key {request.key!r} already; "
               f"nothing is sent twice", key=request.key, order_id=view.duplicate_of)


def st_purchase_is_within_cap(request: OrderRequest, view: RiskView) -> Refusal | None:
    day = view.symbol_day
    if request.side is OrderSide.SELL or day is None or not day.facts.st:
        return None
    most = st_buy_cap_shares(day.instrument.board, view.day)
    if most is None or view.bought_today_shares + request.shares <= most:
        return None
    return _no("ST_BUY_CAP", f"one account may buy {most} shares of a risk-warning stock a day, "
               f"{view.bought_today_shares} are bought or ordered; lower the quantity",
               most=most, bought=view.bought_today_shares, shares=request.shares)


def price_is_within_cage(request: OrderRequest, view: RiskView) -> Refusal | None:
    limit_cny, day, quote = _limit(request), view.symbol_day, view.quote
    if limit_cny is None or day is None or day.tick_cny is None:
        return None
    cage = price_cage(
        day.instrument.board, request.side, view.day,
        best_bid_cny=quote.bids[0].price_cny if quote and quote.bids else None,
        best_ask_cny=quote.asks[0].price_cny if quote and quote.asks else None,
        last_cny=view.last_cny, previous_close_cny=day.facts.reference_cny,
        phase=view.phase, type=request.type)
    if cage is None or cage.parked:
        return None
    buying = request.side is OrderSide.BUY
    if cage.bound_cny is not None and (
            limit_cny <= cage.bound_cny if buying else limit_cny >= cage.bound_cny):
        return None
    bound = "unknown" if cage.bound_cny is None else cage.bound_cny
    return _no("PRICE_CAGE", f"price {limit_cny} reaches too far from the market: now a "
               f"{'buy may be at most' if buying else 'sale must be at least'} {bound}; "
               f"choose a price within", price=limit_cny, bound=bound)


EXCHANGE_CHECKS: tuple[Check, ...] = (
    kill_level_allows, instrument_is_known, instrument_is_tradable, day_is_a_session,
    instrument_trades_today, reference_is_known, price_is_on_tick, price_is_within_limits,
    buy_is_in_lots, sale_is_in_lots, size_is_within_maximum, sells_only_what_may_be_sold,
    cash_is_enough,
)
CHECKS: dict[RiskProfile, tuple[Check, ...]] = {
    RiskProfile.EXCHANGE: EXCHANGE_CHECKS,
    RiskProfile.HOUSE: (
        *EXCHANGE_CHECKS, type_is_offered, phase_takes_orders, price_is_fresh, key_is_new,
        st_purchase_is_within_cap, price_is_within_cage),
}


def _limit(request: OrderRequest) -> Decimal | None:
    """The price that is judged; a daily list's MARKET has none of its own."""
    return None if request.type is OrderType.MARKET else request.limit_cny


def _kind(request: OrderRequest) -> OrderType:
    """A daily list's MARKET is judged as the limit order at the day's limit it stands for."""
    return OrderType.LIMIT if request.type is OrderType.MARKET else request.type


def _tick(view: RiskView) -> Decimal | None:
    return None if view.symbol_day is None else view.symbol_day.tick_cny


def _step(view: RiskView) -> int:
    return 1 if view.symbol_day is None else view.symbol_day.step_shares


def _no(code: str, text: str, **numbers: object) -> Refusal:
    return Refusal(code=code, text=text,
                   numbers={name: str(value) for name, value in numbers.items()})
