"""What the exchange and the house ask of price, size and moment in a live market. Pure checks.

The board's own order kinds, phases, cage and daily cap are here, and the guards against a slip of
the finger or a feed that cannot be believed.
"""

from decimal import Decimal

from core.rules import (
    is_tradable,
    may_enter,
    needs_protection,
    order_types,
    price_cage,
    st_buy_cap_shares,
)
from core.types import OrderRequest, OrderSide, OrderType, Phase, Refusal
from trading.kill_switch import FLATTEN_SOURCE
from trading.risk_view import MANUAL, RiskView, is_buy, percent, refused, unjudged

MOST_DISAGREEMENT_RATIO = Decimal("0.005")     # between two sources of quotes
RECENT_VOLUME_RATIO = Decimal("0.25")          # of the last five minutes' volume
FREE_OF_RECENT_CNY = Decimal(50_000)           # an order up to this does not move a market


def type_is_offered(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.instrument is None or is_tradable(view.instrument, view.day) is not None:
        return None
    offered = order_types(view.instrument, view.day)
    if judged_kind(request) not in offered:
        names = ", ".join(sorted(kind.value for kind in offered)) or "none"
        return refused("ORDER_TYPE", f"{view.instrument.board.name} takes no {request.type.value} "
                   f"orders; it takes: {names}", type=request.type.value, offered=names)
    if request.limit_cny is None and needs_protection(view.instrument, request.type, view.day):
        return refused("ORDER_TYPE", f"a {request.type.value} order needs a protective limit price "
                   f"here; give one", type=request.type.value, offered="")
    return None


def phase_takes_orders(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.instrument is None or not view.is_session:
        return None
    if judged_kind(request) not in order_types(view.instrument, view.day):
        return None             # ORDER_TYPE says so already
    if may_enter(view.instrument, view.phase, request.type, view.day):
        return None
    return refused("PHASE", f"the exchange takes no {request.type.value} order in the phase "
                   f"{view.phase.value}; wait for the next one",
                   phase=view.phase.value, type=request.type.value)


def price_is_fresh(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.phase not in (Phase.CONTINUOUS, Phase.CLOSE_AUCTION) or view.symbol_day is None:
        return None             # before the open there is no price of today to wait for
    if view.last_age_s is not None and view.last_age_s <= view.max_age_s:
        return None
    age = "none came today" if view.last_age_s is None else f"the last is {view.last_age_s} s old"
    return refused("STALE_QUOTE", f"no fresh price of {request.symbol}: {age}; wait for the feed "
                   f"or check its status", symbol=request.symbol, most=view.max_age_s,
                   age="" if view.last_age_s is None else view.last_age_s)


def st_purchase_is_within_cap(request: OrderRequest, view: RiskView) -> Refusal | None:
    day = view.symbol_day
    if request.side is OrderSide.SELL or day is None or not day.facts.st:
        return None
    most = st_buy_cap_shares(day.instrument.board, view.day)
    if most is None or view.bought_today_shares + request.shares <= most:
        return None
    return refused("ST_BUY_CAP", f"one account may buy {most} shares of a risk-warning stock a "
                   f"day, {view.bought_today_shares} are bought or ordered; lower the quantity",
                   most=most, bought=view.bought_today_shares, shares=request.shares)


def price_is_within_cage(request: OrderRequest, view: RiskView) -> Refusal | None:
    limit_cny, day, quote = judged_limit(request), view.symbol_day, view.quote
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
    return refused("PRICE_CAGE", f"price {limit_cny} reaches too far from the market: now a "
                   f"{'buy may be at most' if buying else 'sale must be at least'} {bound}; "
                   f"choose a price within", price=limit_cny, bound=bound)


def price_is_no_slip(request: OrderRequest, view: RiskView) -> Refusal | None:
    """A limit far on the costly side of the newest price; a person may insist with a reason.

    The other side is left alone: an order far below (above) the market to buy (sell) can only
    fill better than asked. Before today's first price the reference of the day stands in.
    """
    limit_cny = judged_limit(request)
    if limit_cny is None or _insists(request):
        return None
    around_cny = view.last_cny
    if around_cny is None and view.symbol_day is not None:
        around_cny = view.symbol_day.facts.reference_cny
    if around_cny is None:
        return unjudged("FAT_FINGER_PRICE", "price")
    away = (limit_cny - around_cny) / around_cny * (1 if is_buy(request) else -1)
    most = view.settings.max_price_deviation_ratio
    if away <= most:
        return None
    return refused("FAT_FINGER_PRICE", f"price {limit_cny} is {percent(away)} % from the newest "
                   f"price {around_cny}, the limit is {percent(most)} %; correct it, or insist "
                   f"with a reason", price=limit_cny, last=around_cny, is_pct=percent(away),
                   limit_pct=percent(most))


def _insists(request: OrderRequest) -> bool:
    """Only a person may, and only with a reason, which the journal keeps with the order.

    The sales of kill level 4 are a person's order to sell at the best bid, however wide the book.
    """
    return request.source in (MANUAL, FLATTEN_SOURCE) and bool(request.override.strip())


def amount_is_no_slip(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.price_cny is None:
        return unjudged("FAT_FINGER_SIZE", "price")
    amount_cny, most_cny = view.price_cny * request.shares, view.settings.max_order_notional_cny
    if amount_cny <= most_cny:
        return None
    return refused("FAT_FINGER_SIZE", f"{amount_cny:.2f} CNY are more than one order may have "
                   f"({most_cny}); split it, or raise risk.max_order_notional",
                   amount=f"{amount_cny:.2f}", limit=most_cny, most=int(most_cny / view.price_cny))


def size_fits_the_volume(request: OrderRequest, view: RiskView) -> Refusal | None:
    market = view.market
    if market is None:
        return unjudged("VOLUME_SHARE", "market")
    if market.average_volume_shares is None:
        return unjudged("VOLUME_SHARE", "average_volume")
    most = int(market.average_volume_shares * view.settings.max_volume_ratio)
    if request.shares <= most:
        return None
    return refused("VOLUME_SHARE", f"{request.shares} shares are more than the house's share of a "
                   f"mean day's volume ({most}); split it over days", shares=request.shares,
                   most=most)


def size_fits_the_last_minutes(request: OrderRequest, view: RiskView) -> Refusal | None:
    """From five minutes after the start of continuous trading on."""
    if view.phase is not Phase.CONTINUOUS or view.last_cny is None:
        return None             # STALE_QUOTE asks for a price where one is due
    market = view.market
    if market is None:
        return unjudged("RECENT_VOLUME", "market")
    if not market.recent_due:
        return None
    if market.recent_volume_shares is None:
        return unjudged("RECENT_VOLUME", "recent_volume")
    most = int(market.recent_volume_shares * RECENT_VOLUME_RATIO)
    if request.shares <= most:
        return None
    if view.price_cny is not None and view.price_cny * request.shares <= FREE_OF_RECENT_CNY:
        return None
    return refused("RECENT_VOLUME", f"{request.shares} shares are more than a quarter of the last "
                   f"five minutes' volume ({most}); split it", shares=request.shares, most=most)


def sources_agree(request: OrderRequest, view: RiskView) -> Refusal | None:
    """Where quotes come from the network, a second source must know the price as well."""
    market = view.market
    if market is None:
        return unjudged("QUOTE_DISAGREE", "market")
    if not market.online or view.last_cny is None:
        return None             # STALE_QUOTE asks for a price where one is due
    if market.second_last_cny is None:
        return unjudged("QUOTE_DISAGREE", "second_quote")
    apart = abs(view.last_cny - market.second_last_cny) / market.second_last_cny
    if apart <= MOST_DISAGREEMENT_RATIO:
        return None
    return refused("QUOTE_DISAGREE", f"two sources give {view.last_cny} and "
                   f"{market.second_last_cny} for {request.symbol}; wait until they agree",
                   symbol=request.symbol, price=view.last_cny, other=market.second_last_cny)


def book_is_not_crossed(request: OrderRequest, view: RiskView) -> Refusal | None:
    """Only in continuous trading: in a call auction orders overlap until it is over."""
    quote = view.quote
    if view.phase is not Phase.CONTINUOUS or quote is None or not (quote.bids and quote.asks):
        return None             # STALE_QUOTE asks for a price; one-sided books are real
    bid_cny, ask_cny = quote.bids[0].price_cny, quote.asks[0].price_cny
    if bid_cny < ask_cny:
        return None
    return refused("CROSSED_BOOK", f"the book of {request.symbol} is crossed (bid {bid_cny}, ask "
                   f"{ask_cny}), so its quote is wrong; wait for the next",
                   symbol=request.symbol, bid=bid_cny, ask=ask_cny)


def judged_limit(request: OrderRequest) -> Decimal | None:
    """The price that is judged; a daily list's MARKET has none of its own."""
    return None if request.type is OrderType.MARKET else request.limit_cny


def judged_kind(request: OrderRequest) -> OrderType:
    """A daily list's MARKET is judged as the limit order at the day's limit it stands for."""
    return OrderType.LIMIT if request.type is OrderType.MARKET else request.type
