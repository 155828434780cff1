"""Conditional orders kept by us: stop, take-profit, trailing, OCO, bracket, limit break. Pure.

They are judged on trades of the continuous auction only. What fired is written before anything
is sent and never fires again; it then works until it is filled, or says what it is stuck on. A
sale waits until the shares may be sold (T+1): a price that came and went before is not held
against it. A sale that found no buyer all day goes on the next session as a plan of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from core.desk_types import PlanKind, PlanSpec, PlanStatus
from core.types import Order, OrderSide, OrderStatus, Phase
from trading.plan_children import child_shares, reaching_limit
from trading.plan_parents import why_not_now
from trading.plan_rows import PlanRow
from trading.plan_specs import Params, parse_params
from trading.plan_view import Child, PlanView, Seen, Step

# (the row with what it remembers now, why it fires; empty: it does not)
Judged = tuple[PlanRow, str]
_WHOLE = Decimal(1)
_KEPT_PART = 10                # a better peak is written when it moved by a tenth of the distance


def conditional(row: PlanRow, view: PlanView) -> Step:
    """Watch, fire once, then sell or buy until done."""
    params = parse_params(row.kind, row.params)
    if "fired" in row.memo:
        return _work(row, view, params)
    until = params.day("until")
    if until is not None and view.day > until:
        return Step(row=row.now(PlanStatus.STOPPED, f"it held until {until}"))
    waits = _why_not_armed(row, view)
    if waits:
        return Step(row=row.now(PlanStatus.WAITING, waits), quiet=True)
    assert view.seen is not None
    judged, why = _TRIGGERS[row.kind](row, view, params)
    if not why:
        quiet = judged.memo.get("kept") == row.memo.get("kept")
        return Step(row=judged.now(PlanStatus.WAITING, "armed"), quiet=quiet)
    fired = judged.now(PlanStatus.WORKING, f"triggered: {why}").noting(
        fired={"ts_utc": view.now_utc.isoformat(), "why": why, "day": view.day.isoformat(),
               "price": str(view.seen.last_cny)})
    return Step(row=fired, note=f"triggered: {why}")


def _why_not_armed(row: PlanRow, view: PlanView) -> str:
    if row.side is OrderSide.SELL and view.sellable_shares == 0:
        if view.locked_shares:
            return (f"armed from {view.next_session or 'the next session'} on: the "
                    f"{view.locked_shares} shares were bought today")
        return "waits: no shares of it may be sold"
    if view.rules is not None and view.rules.facts.suspended:
        return "waits: it does not trade today"
    if view.phase is not Phase.CONTINUOUS:
        return "waits for continuous trading"
    if view.seen is None:
        return f"waits for a fresh price: {view.blind}"
    return ""


# ---- triggers ------------------------------------------------------------------------------


def _since_it_was_made(row: PlanRow, seen: Seen) -> Seen:
    """Trades from before the plan was made are not its business."""
    if seen.since_utc >= row.created_utc:
        return seen
    return replace(seen, low_cny=seen.last_cny, high_cny=seen.last_cny)


def _fell_to(seen: Seen, price_cny: Decimal) -> str:
    return f"traded at {seen.low_cny}, at or below {price_cny}" if (
        seen.low_cny <= price_cny) else ""


def _rose_to(seen: Seen, price_cny: Decimal) -> str:
    return f"traded at {seen.high_cny}, at or above {price_cny}" if (
        seen.high_cny >= price_cny) else ""


def _crossed(*, sell_on_fall: bool) -> Callable[[PlanRow, PlanView, Params], Judged]:
    def trigger(row: PlanRow, view: PlanView, params: Params) -> Judged:
        assert view.seen is not None
        seen, price = _since_it_was_made(row, view.seen), params.set_price("trigger")
        falls = sell_on_fall is (row.side is OrderSide.SELL)
        return row, _fell_to(seen, price) if falls else _rose_to(seen, price)

    return trigger


def _one_of_two(row: PlanRow, view: PlanView, params: Params) -> Judged:
    """If one snapshot touched both, the loss is taken: nobody knows which came first."""
    assert view.seen is not None
    seen = _since_it_was_made(row, view.seen)
    return row, (_fell_to(seen, params.set_price("stop"))
                 or _rose_to(seen, params.set_price("take")))


def _trailing(row: PlanRow, view: PlanView, params: Params) -> Judged:
    assert view.seen is not None
    seen = _since_it_was_made(row, view.seen)
    selling, distance = row.side is OrderSide.SELL, params.ratio("distance_pct")
    better, edge = (max, seen.high_cny) if selling else (min, seen.low_cny)
    known = row.memo.get("best")
    activate = params.price("activate")
    if known is None and activate is not None and (
            edge < activate if selling else edge > activate):
        return row, ""
    best = edge if known is None else better(Decimal(known), edge)
    row = _remember_best(row, best, distance)
    if selling:
        bound = best * (_WHOLE - distance)
        back = _fell_to(seen if best == Decimal(known or 0) else _at_last(seen), bound)
    else:
        bound = best * (_WHOLE + distance)
        back = _rose_to(seen if best == Decimal(known or 0) else _at_last(seen), bound)
    return row, f"{back}, {params.values['distance_pct']} % from its best {best}" if back else ""


def _at_last(seen: Seen) -> Seen:
    """A new best and a fall in one snapshot: only the newest trade surely came after the best."""
    return replace(seen, low_cny=seen.last_cny, high_cny=seen.last_cny)


def _remember_best(row: PlanRow, best: Decimal, distance: Decimal) -> PlanRow:
    """`best` lives in memory; `kept` is what is written, when it moved far enough to matter."""
    kept = row.memo.get("kept")
    if kept is None or abs(best - Decimal(kept)) * _KEPT_PART >= Decimal(kept) * distance:
        return row.noting(best=str(best), kept=str(best))
    return row.noting(best=str(best))


def _limit_broke(row: PlanRow, view: PlanView, _params: Params) -> Judged:
    """Sealed at the upper limit and seen so today; then somebody sells."""
    seen, rules = view.seen, view.rules
    if seen is None or seen.quote is None or rules is None or rules.band is None:
        return row, ""
    up_cny, today = rules.band.up_cny, view.day.isoformat()
    if up_cny is None:
        return row, ""
    if seen.last_cny == up_cny and not seen.quote.asks and seen.quote.bids:
        return row.noting(sealed=today, kept=today), ""
    if row.memo.get("sealed") == today:
        return row, f"the upper limit {up_cny} broke, last {seen.last_cny}"
    return row, ""


_TRIGGERS: Mapping[PlanKind, Callable[[PlanRow, PlanView, Params], Judged]] = {
    PlanKind.STOP: _crossed(sell_on_fall=True),
    PlanKind.TAKE_PROFIT: _crossed(sell_on_fall=False),
    PlanKind.TRAILING: _trailing,
    PlanKind.OCO: _one_of_two,
    PlanKind.LIMIT_BREAK: _limit_broke,
}


# ---- after it fired ------------------------------------------------------------------------


def _work(row: PlanRow, view: PlanView, params: Params) -> Step:
    children = view.children
    if children.filled_shares >= row.shares:
        return Step(row=row.now(PlanStatus.DONE, f"all {row.shares} shares are filled"))
    if children.unknown:
        order = children.unknown[0]
        return Step(row=row.now(PlanStatus.WORKING, f"the fate of order {order.order_id} is not "
                                "proven; nothing more is sent before it is"))
    if children.open:
        return Step(row=row.now(PlanStatus.WORKING,
                                f"order {children.open[-1].order_id} is in the market"))
    short = tuple(o for o in children.sent if o.filled_shares < o.request.shares)
    if short:
        return _after_short(row, view, short[-1])
    if _day_is_past(row, view) and row.side is OrderSide.BUY:
        return Step(row=row.now(PlanStatus.DONE, f"{children.filled_shares} of {row.shares} "
                                "shares were bought on the day it fired"))
    return _send_rest(row, view, params)


def _day_is_past(row: PlanRow, view: PlanView) -> bool:
    return view.day.isoformat() > str(row.memo["fired"]["day"])


def _after_short(row: PlanRow, view: PlanView, order: Order) -> Step:
    """An order of it ended with shares unfilled."""
    got = f"{view.children.filled_shares} of {row.shares} shares are filled"
    if order.status is OrderStatus.REJECTED:
        return Step(row=row.now(PlanStatus.FAILED, f"the broker refused order {order.order_id}; "
                                f"{got}; nothing is sent again without a person"))
    if order.status in (OrderStatus.CANCELLED, OrderStatus.PART_CANCELLED):
        return Step(row=row.now(PlanStatus.STOPPED, f"order {order.order_id} was cancelled; {got}"))
    if row.side is OrderSide.BUY:
        return Step(row=row.now(PlanStatus.DONE, f"its day is over; {got}"))
    if view.day <= order.trading_day:
        return Step(row=row.now(PlanStatus.WORKING, f"stuck: its day ended and {got}; it goes on "
                                "at the next session"))
    rest = row.shares - view.children.filled_shares
    return Step(
        row=row.now(PlanStatus.DONE, f"{got}; a new plan goes on with the other {rest}"),
        spawn=replace(row.spec, shares=rest), spawn_memo={"fired": row.memo["fired"]},
        note=f"{rest} shares found no buyer on {order.trading_day}; a new plan goes on")


def _send_rest(row: PlanRow, view: PlanView, params: Params) -> Step:
    left = row.shares - view.children.sent_shares
    against = why_not_now(row.side, view, params.price("limit"))
    if not against and row.side is OrderSide.SELL and view.sellable_shares == 0:
        if not view.locked_shares and view.children.sent:
            return Step(row=row.now(PlanStatus.DONE, f"{view.children.filled_shares} shares were "
                                    "sold; no more are held"))
        against = (f"stuck: {view.locked_shares} shares were bought today; it sells from "
                   f"{view.next_session or 'the next session'} on" if view.locked_shares
                   else "stuck: no shares of it may be sold")
    if against:
        return Step(row=row.now(PlanStatus.WORKING, f"triggered, {against}"))
    assert view.rules is not None
    reach = _WHOLE if row.kind is PlanKind.LIMIT_BREAK else params.ratio("reach_pct")
    limit_cny = reaching_limit(row.side, view, worst_cny=params.price("limit"), reach=reach)
    shares = child_shares(row.side, left, left, view.rules, sellable=view.sellable_shares)
    if limit_cny is None or shares <= 0:
        return Step(row=row.now(PlanStatus.WORKING, "triggered, stuck: no legal price or quantity "
                                "is left to it"))
    return Step(row=row.now(PlanStatus.WORKING, "triggered"), send=Child(
        shares=shares, limit_cny=limit_cny, why=str(row.memo["fired"]["why"])))


# ---- bracket -------------------------------------------------------------------------------


def bracket(row: PlanRow, view: PlanView) -> Step:
    """One limit purchase; when it has ended, an OCO plan over what was bought."""
    params = parse_params(row.kind, row.params)
    children = view.children
    if children.unknown:
        return Step(row=row.now(PlanStatus.WORKING, f"the fate of order "
                                f"{children.unknown[0].order_id} is not proven; its exits wait"))
    if children.open:
        return Step(row=row.now(PlanStatus.WORKING,
                                f"the purchase is order {children.open[-1].order_id}"))
    if children.sent:
        return _bought(row, view)
    until = params.day("until")
    if until is not None and view.day > until:
        return Step(row=row.now(PlanStatus.STOPPED, f"it held until {until}"))
    if view.day < row.day or view.phase is not Phase.CONTINUOUS or view.held_back:
        return Step(row=row.now(PlanStatus.WAITING, view.held_back
                                or "waits for continuous trading"), quiet=True)
    if view.day > row.day:
        return Step(row=row.now(PlanStatus.STOPPED, f"the purchase was not sent on {row.day}"))
    return Step(row=row.now(PlanStatus.WORKING, "the purchase is sent"), send=Child(
        shares=row.shares, limit_cny=params.set_price("entry"), why="the entry of a bracket"))


def _bought(row: PlanRow, view: PlanView) -> Step:
    filled, last = view.children.filled_shares, view.children.sent[-1]
    if not filled:
        failed = last.status is OrderStatus.REJECTED
        return Step(row=row.now(PlanStatus.FAILED if failed else PlanStatus.DONE,
                                f"nothing was bought: order {last.order_id} ended as "
                                f"{last.status.value}"))
    exits = PlanSpec(
        kind=PlanKind.OCO, symbol=row.symbol, side=OrderSide.SELL, shares=filled,
        params={name: text for name, text in row.params.items() if name != "entry"},
        source=row.source, tag=row.tag)
    return Step(row=row.now(PlanStatus.DONE, f"{filled} shares were bought; their exits are a "
                            "plan of their own"),
                spawn=exits, note=f"exits of {filled} shares")
