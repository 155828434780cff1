"""The plan that is asked for the best way: routed anew before each order. Pure."""

from dataclasses import replace

from core.desk_types import PlanStatus
from core.rules import to_shanghai
from core.types import OrderType, Phase, Quote
from trading.day_rules import SymbolDay
from trading.plan_children import child_shares, own_side, reaching_limit
from trading.plan_parents import why_not_now
from trading.plan_rows import PlanRow
from trading.plan_specs import Params, parse_params
from trading.plan_view import Child, PlanView, Step
from trading.routing import RouteQuestion, Way, choose, wants_protection

PAUSE_S = 30                       # of trading time between two of its orders
_REACH_TICKS = 2
_AUCTION = (Phase.OPEN_AUCTION, Phase.OPEN_AUCTION_LOCKED)


def best(row: PlanRow, view: PlanView) -> Step:
    params = parse_params(row.kind, row.params)
    children = view.children
    if children.filled_shares >= row.shares:
        return Step(row=row.now(PlanStatus.DONE, f"all {row.shares} shares are filled"))
    if _is_over(row, view, params):
        if children.open:
            return Step(row=row.now(row.status, "its time is over; what rests is cancelled"),
                        cancel=tuple(order.order_id for order in children.open))
        return Step(row=row.now(PlanStatus.DONE, f"{children.filled_shares} of {row.shares} "
                                f"shares are filled; {row.shares - children.sent_shares} were not "
                                "sent before its time was over"))
    left = row.shares - children.sent_shares
    if view.day < row.day or left <= 0 or _pauses(row, view):
        return Step(row=row)
    against = _against(row, view, params)
    if against or view.quote is None or view.rules is None:
        return Step(row=row.now(row.status, against or "waits for a quote"), quiet=True)
    return _choose(row, view, params, view.quote, view.rules)


def _is_over(row: PlanRow, view: PlanView, params: Params) -> bool:
    end = params.wall("end")
    if view.day != row.day:
        return view.day > row.day
    return end is not None and to_shanghai(view.now_utc).time() >= end


def _pauses(row: PlanRow, view: PlanView) -> bool:
    return view.phase is Phase.CONTINUOUS and view.session_s < row.memo.get("next_s", 0)


def _against(row: PlanRow, view: PlanView, params: Params) -> str:
    """Why nothing may leave now. In an auction or after hours there is no fresh trade to ask for;
    its price is then the plan's own limit.
    """
    if view.phase is Phase.CONTINUOUS:
        return why_not_now(row.side, view, params.price("limit"))
    if view.phase in (*_AUCTION, Phase.AFTER_HOURS):
        return view.held_back or (
            "" if params.price("limit") is not None else "waits: outside continuous trading it "
            "needs a limit of its own")
    return "waits for continuous trading"


def _choose(
    row: PlanRow, view: PlanView, params: Params, quote: Quote, rules: SymbolDay
) -> Step:
    question = RouteQuestion(
        instrument=rules.instrument, side=row.side,
        shares=row.shares - view.children.sent_shares, day=view.day, phase=view.phase,
        quote=quote, trading=view.trading, urgency=params.word("urgency"), types=view.types)
    ways = choose(question)
    if not ways:
        return Step(row=row.now(row.status, "waits: no way can be judged"), quiet=True)
    if not ways[0].now:
        return Step(row=row.now(PlanStatus.WAITING, f"waits for its best way: {ways[0].name}"),
                    quiet=True)
    child = _child(row, view, params, ways[0], question)
    if isinstance(child, str):
        return Step(row=row.now(row.status, f"waits: {child}"), quiet=True)
    working = row.now(PlanStatus.WORKING, f"its way: {ways[0].name}").noting(
        next_s=view.session_s + PAUSE_S)
    return Step(row=working, send=replace(
        child, numbers={"ways": [way.numbers() for way in ways]}))


def _child(
    row: PlanRow, view: PlanView, params: Params, way: Way, question: RouteQuestion
) -> Child | str:
    """The order of that way, or why there is none."""
    rules, seen, worst = view.rules, view.seen, params.price("limit")
    assert rules is not None
    shares = child_shares(row.side, way.shares, question.shares, rules,
                          sellable=view.sellable_shares, type=way.type)
    if shares <= 0:
        return "no legal quantity is left to it"
    limit_cny = worst
    if seen is not None:
        base = own_side(row.side, seen)
        reach = (rules.tick_cny or 0) * _REACH_TICKS / base
        limit_cny = base if way.name == "rest" else reaching_limit(
            row.side, view, worst_cny=worst, reach=reach)
        if way.type is not OrderType.LIMIT and worst is None and (
                not wants_protection(question, way.type)):
            return Child(shares=shares, limit_cny=None, type=way.type, why=_why(way))
    if limit_cny is None:
        return "no legal price lies within its limit"
    return Child(shares=shares, limit_cny=limit_cny, type=way.type, why=_why(way))


def _why(way: Way) -> str:
    return f"{way.name} costs least: {way.numbers()['regret_bps']} bps expected"
