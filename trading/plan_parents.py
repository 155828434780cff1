"""Parent orders: TWAP, VWAP, POV and iceberg, as pure functions of a row and a view.

Slices leave only in the continuous auction and on a fresh price. A slice that could not leave
(no price, sealed at the limit, beyond the plan's limit, the machine asleep) is missed; an order
makes up for at most `catch_up` slices, so nothing leaves in a burst. What is left at the end is
not sent, and the plan says so.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from core.desk_types import PlanKind, PlanStatus
from core.rules import min_buy_shares
from core.types import OrderSide, OrderStatus, Phase
from trading.plan_children import child_shares, other_side, reaching_limit, sealed_against
from trading.plan_rows import PlanRow
from trading.plan_schedule import DAY_S, curve_target, even_target, session_s, share_target
from trading.plan_specs import Params, parse_params
from trading.plan_view import Child, PlanView, Step

Target = Callable[[PlanRow, PlanView, Params, int], int]


def sliced(row: PlanRow, view: PlanView) -> Step:
    """TWAP, VWAP and POV: one slice each `every_s` seconds of trading time."""
    params = parse_params(row.kind, row.params)
    ending = ending_step(row, view, params)
    if ending is not None:
        return ending
    if row.status is PlanStatus.WAITING:
        return _begin(row, view, params)
    slot = (view.session_s - row.memo["begin_s"]) // params.whole("every_s")
    if slot <= row.memo["slot"] or view.phase is not Phase.CONTINUOUS:
        return Step(row=row)
    against = why_not_now(row.side, view, params.price("limit"))
    if against:
        return Step(row=row.now(PlanStatus.WORKING, against), quiet=True)
    return _slice(row, view, params, slot)


def ending_step(row: PlanRow, view: PlanView, params: Params) -> Step | None:
    """What a parent does when all is filled, or its time or its day is over; None: it goes on."""
    children = view.children
    if children.filled_shares >= row.shares:
        return Step(row=row.now(PlanStatus.DONE, f"all {row.shares} shares are filled"))
    if not _is_over(row, view, params):
        return None
    if children.open:
        return Step(row=row.now(row.status, "its time is over; what rests is cancelled"),
                    cancel=tuple(order.order_id for order in children.open))
    unsent = row.shares - children.sent_shares
    text = f"{children.filled_shares} of {row.shares} shares are filled"
    if unsent:
        text += f"; {unsent} were not sent before its time was over"
    if row.memo.get("missed"):
        text += f" ({row.memo['missed']} slices were missed)"
    return Step(row=row.now(PlanStatus.DONE, text))


def _is_over(row: PlanRow, view: PlanView, params: Params) -> bool:
    if view.day != row.day:
        return view.day > row.day
    return view.session_s >= _end_s(params)


def _end_s(params: Params) -> int:
    end = params.wall("end")
    return DAY_S if end is None else min(DAY_S, session_s(end))


def why_not_now(side: OrderSide, view: PlanView, worst_cny: Decimal | None) -> str:
    """Why nothing may leave at this moment; empty: it may."""
    if view.held_back:
        return view.held_back
    if view.phase is not Phase.CONTINUOUS:
        return "waits for continuous trading"
    if view.seen is None:
        return f"waits for a fresh price: {view.blind}"
    if view.rules is None or view.rules.band is None or view.rules.tick_cny is None:
        return "waits: the price limits of the day are not known"
    if sealed_against(side, view):
        nobody = "sells at the upper" if side is OrderSide.BUY else "buys at the lower"
        return f"stuck: nobody {nobody} limit"
    if worst_cny is not None:
        price = other_side(side, view.seen)
        if price > worst_cny if side is OrderSide.BUY else price < worst_cny:
            return f"waits: the market at {price} is beyond its limit {worst_cny}"
    return ""


def _begin(row: PlanRow, view: PlanView, params: Params) -> Step:
    start = params.wall("start")
    start_s = 0 if start is None else session_s(start)
    if view.day < row.day or view.session_s < start_s or view.phase is not Phase.CONTINUOUS:
        when = f"{row.day}" + ("" if start is None else f" {start:%H:%M}")
        return Step(row=row.now(PlanStatus.WAITING, f"begins on {when}"), quiet=True)
    against = why_not_now(row.side, view, None)
    if against:
        return Step(row=row.now(PlanStatus.WAITING, against), quiet=True)
    assert view.seen is not None
    begun = row.now(PlanStatus.WORKING, "works").noting(
        begin_s=view.session_s, slot=-1, missed=0, volume0=view.seen.volume_shares)
    return Step(row=begun)


def _slice(row: PlanRow, view: PlanView, params: Params, slot: int) -> Step:
    every, begin_s = params.whole("every_s"), row.memo["begin_s"]
    missed = slot - row.memo["slot"] - 1
    row = row.now(PlanStatus.WORKING, "works").noting(
        slot=slot, missed=row.memo["missed"] + missed)
    rules = view.rules
    assert rules is not None
    target = _TARGETS[row.kind]
    at_s = begin_s + (slot + 1) * every
    if at_s + every > _end_s(params):
        at_s = _end_s(params)              # no whole slice comes after this one: all is due
    due = target(row, view, params, at_s)
    one = max(due - target(row, view, params, at_s - every), due // (slot + 1),
              min_buy_shares(rules.instrument.board))
    left = row.shares - view.children.sent_shares
    wanted = min(due - view.children.sent_shares, one * params.whole("catch_up"), left)
    note = f"{missed} slices were missed; at most {params.whole('catch_up')} are made up for " \
           f"in one order" if missed else ""
    shares = child_shares(row.side, wanted, left, rules, sellable=view.sellable_shares)
    if shares > max(wanted, one * params.whole("catch_up")):
        shares = 0                        # the rest that would ride along is more than allowed
    limit_cny = reaching_limit(row.side, view, worst_cny=params.price("limit"),
                               reach=params.ratio("reach_pct"))
    if shares <= 0 or limit_cny is None:
        return Step(row=row, note=note, quiet=not missed)
    why = f"slice {slot + 1}: {due} shares are due, {view.children.sent_shares} were sent"
    return Step(row=row, note=note, send=Child(
        shares=shares, limit_cny=limit_cny, why=why,
        numbers={"slot": slot, "due": due, "sent": view.children.sent_shares}))


def _even(row: PlanRow, _view: PlanView, params: Params, at_s: int) -> int:
    return even_target(row.shares, row.memo["begin_s"], _end_s(params), at_s)


def _by_curve(row: PlanRow, _view: PlanView, params: Params, at_s: int) -> int:
    return curve_target(row.shares, row.memo["begin_s"], _end_s(params), at_s,
                        row.memo["curve"])


def _by_volume(row: PlanRow, view: PlanView, params: Params, _at_s: int) -> int:
    traded = 0 if view.seen is None else view.seen.volume_shares - row.memo["volume0"]
    return share_target(row.shares, traded, params.ratio("rate_pct"))


_TARGETS: Mapping[PlanKind, Target] = {
    PlanKind.TWAP: _even, PlanKind.VWAP: _by_curve, PlanKind.POV: _by_volume}


def iceberg(row: PlanRow, view: PlanView) -> Step:
    """One slice rests at the limit; the next follows when it is filled."""
    params = parse_params(row.kind, row.params)
    ending = ending_step(row, view, params)
    if ending is not None:
        return ending
    start, last = params.wall("start"), view.children.last
    if view.children.open or view.phase is not Phase.CONTINUOUS:
        return Step(row=row)
    if last is not None and last.status in (OrderStatus.CANCELLED, OrderStatus.PART_CANCELLED):
        return Step(row=row.now(PlanStatus.STOPPED, f"order {last.order_id} was cancelled"))
    if last is not None and last.status is OrderStatus.REJECTED:
        return Step(row=row.now(PlanStatus.FAILED, f"the broker refused order {last.order_id}; "
                                "nothing is sent again without a person"))
    if view.day < row.day or (start is not None and view.session_s < session_s(start)):
        return Step(row=row.now(row.status, f"begins on {row.day}"), quiet=True)
    against = view.held_back or ("" if view.rules else "waits: nothing is known of the day")
    left = row.shares - view.children.sent_shares
    if against or left <= 0 or view.rules is None:
        text = against or "all of it was sent"
        return Step(row=row.now(PlanStatus.WORKING, text), quiet=True)
    shares = child_shares(row.side, min(left, params.whole("show_shares")), left, view.rules,
                          sellable=view.sellable_shares)
    if not shares:
        return Step(row=row.now(PlanStatus.WORKING, "waits: no legal quantity is left to it"),
                    quiet=True)
    return Step(row=row.now(PlanStatus.WORKING, "works"), send=Child(
        shares=shares, limit_cny=params.set_price("limit"), why="the slice before is filled"))
