"""Size and price of one order of a plan: lots of the board, band, cage and tick. Pure."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from core.rules import (
    max_order_shares,
    min_buy_shares,
    price_cage,
    quantity_step,
    sell_quantity_ok,
)
from core.types import OrderSide, OrderType
from trading.day_rules import SymbolDay
from trading.plan_view import PlanView, Seen

_ONE = Decimal(1)


def child_shares(
    side: OrderSide, wanted: int, left: int, rules: SymbolDay, *, sellable: int,
    type: OrderType = OrderType.LIMIT,
) -> int:
    """The largest legal size of at most `wanted`; a little more where else a rest would be stuck.

    Args:
        wanted: what the schedule asks for now.
        left: what may still be sent for the plan; never exceeded.
        sellable: what may be sold today; looked at by sales only.
    """
    board = rules.instrument.board
    most = max_order_shares(board, type, rules.facts.day)
    ceiling = left if side is OrderSide.BUY else min(left, sellable)
    if most is not None:
        ceiling = min(ceiling, most)
    step, least = quantity_step(board), min_buy_shares(board)
    if side is OrderSide.SELL and sellable <= left and wanted >= sellable and (
            most is None or sellable <= most):
        return sellable                       # all there is, an odd rest included
    shares = min(wanted, ceiling) // step * step
    if shares < least:
        return _all_of_it(side, wanted, ceiling, rules, sellable)
    rest = left - shares
    if 0 < rest < least and left <= ceiling and _legal(side, left, rules, sellable):
        return left
    return shares


def _all_of_it(
    side: OrderSide, wanted: int, ceiling: int, rules: SymbolDay, sellable: int
) -> int:
    """A last rest that is legal as it stands, else nothing."""
    whole = min(wanted, ceiling)
    return whole if whole > 0 and _legal(side, whole, rules, sellable) else 0


def _legal(side: OrderSide, shares: int, rules: SymbolDay, sellable: int) -> bool:
    board = rules.instrument.board
    if side is OrderSide.SELL:
        return sell_quantity_ok(board, shares, sellable)
    return shares >= min_buy_shares(board) and shares % quantity_step(board) == 0


def reaching_limit(
    side: OrderSide, view: PlanView, *, worst_cny: Decimal | None, reach: Decimal
) -> Decimal | None:
    """A limit that meets the other side: at most `reach` beyond its best price, inside the
    cage, the day's band and what the house takes for a slip, never worse than `worst_cny`.
    None: no price to reach from.
    """
    seen, rules = view.seen, view.rules
    if seen is None or rules is None or rules.band is None or rules.tick_cny is None:
        return None
    buying = side is OrderSide.BUY
    base_cny = other_side(side, seen)
    beyond = base_cny * (_ONE + reach if buying else _ONE - reach)
    bounds = [beyond]
    if view.most_away_ratio is not None:       # what the risk gate takes for a slip
        away = view.most_away_ratio
        bounds.append(seen.last_cny * (_ONE + away if buying else _ONE - away))
    if worst_cny is not None:
        bounds.append(worst_cny)
    far = rules.band.up_cny if buying else rules.band.down_cny
    if far is not None:
        bounds.append(far)
    cage = _cage(side, view, seen, rules)
    if cage is not None:
        bounds.append(cage)
    tick = rules.tick_cny
    if buying:
        return _clamped((min(bounds) / tick).to_integral_value(ROUND_FLOOR) * tick, rules)
    return _clamped((max(bounds) / tick).to_integral_value(ROUND_CEILING) * tick, rules)


def other_side(side: OrderSide, seen: Seen) -> Decimal:
    """The price at which the other side trades at once, else the last trade."""
    quote = seen.quote
    levels = () if quote is None else (quote.asks if side is OrderSide.BUY else quote.bids)
    return levels[0].price_cny if levels else seen.last_cny


def own_side(side: OrderSide, seen: Seen) -> Decimal:
    quote = seen.quote
    levels = () if quote is None else (quote.bids if side is OrderSide.BUY else quote.asks)
    return levels[0].price_cny if levels else seen.last_cny


def sealed_against(side: OrderSide, view: PlanView) -> bool:
    """True if nobody takes the other side: no seller at the upper limit, no buyer at the lower."""
    seen, rules = view.seen, view.rules
    if seen is None or rules is None or rules.band is None:
        return False
    far = rules.band.up_cny if side is OrderSide.BUY else rules.band.down_cny
    if far is None or seen.last_cny != far:
        return False
    quote = seen.quote
    if quote is None:
        return seen.low_cny == seen.high_cny == far
    return not (quote.asks if side is OrderSide.BUY else quote.bids)


def _cage(side: OrderSide, view: PlanView, seen: Seen, rules: SymbolDay) -> Decimal | None:
    quote = seen.quote
    cage = price_cage(
        rules.instrument.board, side, view.day,
        best_bid_cny=quote.bids[0].price_cny if quote and quote.bids else None,
        best_ask_cny=quote.asks[0].price_cny if quote and quote.asks else None,
        last_cny=seen.last_cny, previous_close_cny=rules.facts.reference_cny, phase=view.phase)
    return None if cage is None else cage.bound_cny


def _clamped(price_cny: Decimal, rules: SymbolDay) -> Decimal | None:
    """None where no legal price keeps the bounds."""
    band, tick = rules.band, rules.tick_cny
    assert band is not None
    assert tick is not None
    low = tick if band.down_cny is None else band.down_cny
    if price_cny < low or (band.up_cny is not None and price_cny > band.up_cny):
        return None
    return price_cny.quantize(tick)
