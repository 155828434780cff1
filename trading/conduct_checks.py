"""How this account behaves: rates, repeats, cancels, its own other orders. Pure checks.

The four abnormal kinds of the exchanges' program-trading rules (burst, instant cancels, pushing
the price, large trades) are among them, with limits of the house: no official figures are public.
"""

from decimal import Decimal

from core.types import OrderRequest, Refusal
from trading.kill_switch import FLATTEN_SOURCE
from trading.risk_view import (
    RiskView,
    is_automated,
    is_buy,
    refused,
    unjudged,
)

# No setting raises these.
CEILING_PER_SECOND, CEILING_PER_DAY = 50, 5_000
REPEAT_WINDOW_S = 5
CANCEL_RATIO_FROM = 20                 # orders of a day before their cancels are a ratio
REJECT_STORM = 5                       # rejects by the broker within a minute
BURST_PER_SECOND = 20                  # orders and cancels
PUSH_MOVE_RATIO = Decimal("0.02")      # of the price, within a minute, in the order's direction
PUSH_VOLUME_RATIO = Decimal("0.30")    # of the minute's volume that is our own


def key_is_new(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.duplicate_of is None:
        return None
    return refused("DUPLICATE", f"order {view.duplicate_of} carries the key {request.key!r} "
                   f"already; nothing is sent twice", key=request.key, order_id=view.duplicate_of)


def order_is_not_repeated(_request: OrderRequest, view: RiskView) -> Refusal | None:
    conduct = view.conduct
    if conduct is None:
        return unjudged("REPEATED", "conduct")
    if conduct.repeats is None or not conduct.intraday:
        return None
    return refused("REPEATED", f"order {conduct.repeats} was the same and left less than "
                   f"{REPEAT_WINDOW_S} s ago; wait, or change price or quantity if it is meant",
                   order_id=conduct.repeats, seconds=REPEAT_WINDOW_S)


def does_not_trade_with_itself(request: OrderRequest, view: RiskView) -> Refusal | None:
    conduct = view.conduct
    if conduct is None:
        return unjudged("SELF_TRADE", "conduct")
    for order_id, limit_cny in conduct.own_opposite:
        if _meet(request, limit_cny):
            return refused("SELF_TRADE", f"it would trade with your own order {order_id}; cancel "
                           f"that one first", order_id=order_id)
    return None


def _meet(request: OrderRequest, other_cny: Decimal | None) -> bool:
    """Would the two prices trade? One without a limit meets every price."""
    if request.limit_cny is None or other_cny is None:
        return True
    if is_buy(request):
        return request.limit_cny >= other_cny
    return request.limit_cny <= other_cny


def rate_is_moderate(request: OrderRequest, view: RiskView) -> Refusal | None:
    """Exact sliding windows: a token comes back exactly one window after it was taken.

    A strategy that used up the day leaves the flattening the room up to the ceiling.
    """
    conduct, settings = view.conduct, view.settings
    if conduct is None:
        return unjudged("RATE", "conduct")
    per_second = min(settings.orders_per_second, CEILING_PER_SECOND)
    flattening = request.source == FLATTEN_SOURCE
    per_day = CEILING_PER_DAY if flattening else min(settings.orders_per_day, CEILING_PER_DAY)
    windows = [("day", conduct.sent_day, per_day)]
    if conduct.intraday:
        windows += [("second", conduct.sent_second, per_second),
                    ("minute", conduct.sent_minute, settings.orders_per_minute)]
    for window, sent, most in windows:
        if sent >= most:
            return refused("RATE", f"{sent} orders have left within the {window}, {most} are the "
                           f"most; wait", window=window, sent=sent, limit=most)
    return None


def burst_is_no_burst(_request: OrderRequest, view: RiskView) -> Refusal | None:
    conduct = view.conduct
    if conduct is None:
        return unjudged("BURST", "conduct")
    if not conduct.intraday or conduct.messages_second < BURST_PER_SECOND:
        return None
    return refused("BURST", f"{conduct.messages_second} orders and cancels within a second look "
                   f"abnormal (limit {BURST_PER_SECOND}); wait",
                   sent=conduct.messages_second, limit=BURST_PER_SECOND)


def cancels_are_in_proportion(request: OrderRequest, view: RiskView) -> Refusal | None:
    conduct = view.conduct
    if conduct is None:
        return unjudged("CANCEL_RATIO", "conduct")
    sent, most = conduct.sent_day, view.settings.max_cancel_ratio
    if _is_way_out(request) or sent < CANCEL_RATIO_FROM or conduct.cancels_day <= sent * most:
        return None
    return refused("CANCEL_RATIO", f"{conduct.cancels_day} of today's {sent} orders were "
                   f"cancelled, the limit is {most * 100:.0f} %; a person may still sell",
                   cancels=conduct.cancels_day, sent=sent, limit_pct=f"{most * 100:.0f}")


def quick_cancels_are_few(request: OrderRequest, view: RiskView) -> Refusal | None:
    conduct = view.conduct
    if conduct is None:
        return unjudged("QUICK_CANCEL", "conduct")
    most = view.settings.quick_cancels
    if _is_way_out(request) or conduct.quick_cancels_day < most:
        return None
    return refused("QUICK_CANCEL", f"{conduct.quick_cancels_day} orders were cancelled within a "
                   f"second of their entry today, {most} are the most; a person may still sell",
                   cancels=conduct.quick_cancels_day, limit=most)


def _is_way_out(request: OrderRequest) -> bool:
    """A person's own sale: there is always a way out of a position."""
    return not is_buy(request) and not is_automated(request)


def plan_is_not_exceeded(request: OrderRequest, view: RiskView) -> Refusal | None:
    """All children that ever left, whatever became of them, stay within their parent."""
    conduct = view.conduct
    if not request.plan_id:
        return None
    if conduct is None or conduct.plan_shares is None:
        return unjudged("PARENT_CAP", "conduct" if conduct is None else "plan")
    after, most = conduct.plan_sent_shares + request.shares, conduct.plan_shares
    if after <= most:
        return None
    return refused("PARENT_CAP", f"plan {request.plan_id} may send {most} shares, with this order "
                   f"it would have sent {after}; stop the plan and look at its orders",
                   plan_id=request.plan_id, sent=conduct.plan_sent_shares, limit=most)


def strategy_is_not_losing(request: OrderRequest, view: RiskView) -> Refusal | None:
    if not is_automated(request):
        return None
    if view.conduct is None:
        return unjudged("LOSS_STREAK", "conduct")
    losses, most = view.conduct.losses_in_row, view.settings.loss_streak
    if losses < most:
        return None
    return refused("LOSS_STREAK", f"the last {losses} sales lost money, {most} pause programs such "
                   f"as {request.source}; find out why, then re-arm the breaker loss_streak",
                   source=request.source, losses=losses, limit=most)


def broker_takes_orders(request: OrderRequest, view: RiskView) -> Refusal | None:
    if not is_automated(request):
        return None
    conduct = view.conduct
    if conduct is None:
        return unjudged("REJECT_STORM", "conduct")
    if conduct.rejects_minute < REJECT_STORM or not conduct.intraday:
        return None
    return refused("REJECT_STORM", f"the broker rejected {conduct.rejects_minute} orders within a "
                   f"minute; find out why before a program goes on",
                   rejects=conduct.rejects_minute)


def does_not_push_the_price(request: OrderRequest, view: RiskView) -> Refusal | None:
    """Who already made much of a minute's volume does not run after the price it moved."""
    conduct, market = view.conduct, view.market
    if conduct is None:
        return unjudged("PRICE_PUSH", "conduct")
    own = conduct.own_minute_shares
    if not own or not conduct.intraday:
        return None
    if market is None or market.minute_move_ratio is None or market.minute_volume_shares is None:
        return unjudged("PRICE_PUSH", "minute")
    moved = market.minute_move_ratio * (1 if is_buy(request) else -1)
    if moved < PUSH_MOVE_RATIO or own < PUSH_VOLUME_RATIO * market.minute_volume_shares:
        return None
    return refused("PRICE_PUSH", f"the price moved {moved * 100:.2f} % within a minute and "
                   f"{own} of its {market.minute_volume_shares} shares were yours; wait",
                   is_pct=f"{moved * 100:.2f}", own=own, volume=market.minute_volume_shares)


def trades_are_not_too_large(request: OrderRequest, view: RiskView) -> Refusal | None:
    conduct = view.conduct
    if conduct is None:
        return unjudged("LARGE_TRADES", "conduct")
    if not conduct.intraday:
        return None
    if view.price_cny is None:
        return unjudged("LARGE_TRADES", "price")
    after_cny = conduct.own_recent_cny + view.price_cny * request.shares
    most_cny = view.settings.large_trades_cny
    if after_cny <= most_cny:
        return None
    return refused("LARGE_TRADES", f"{after_cny:.2f} CNY of {request.symbol} within five minutes "
                   f"is more than {most_cny}; spread it over time",
                   amount=f"{after_cny:.2f}", limit=most_cny, symbol=request.symbol)
