"""Orders entered while the market is closed, and sent at the next open. Pure.

Everything is checked again when it is sent: the risk gate judges it by the new day's reference.
An open that was missed is missed; nothing is sent late.
"""

from core.desk_types import PlanStatus
from core.types import OrderStatus, Phase
from trading.plan_rows import PlanRow
from trading.plan_specs import Params, parse_params
from trading.plan_view import Child, PlanView, Step

LATEST_S = 900                    # of continuous trading, after which the open has been missed
_AUCTION = (Phase.OPEN_AUCTION, Phase.OPEN_AUCTION_LOCKED)


def staged(row: PlanRow, view: PlanView) -> Step:
    children = view.children
    if children.open:
        return Step(row=row.now(PlanStatus.WORKING,
                                f"order {children.open[-1].order_id} is in the market"))
    if children.sent:
        return _ended(row, view)
    params = parse_params(row.kind, row.params)
    at_auction = params.word("at") == "auction"
    if _missed(row, view, at_auction=at_auction):
        return Step(row=row.now(PlanStatus.FAILED, f"the open of {row.day} was missed; nothing "
                                "was sent. Enter it again"))
    due = view.phase in _AUCTION if at_auction else view.phase is Phase.CONTINUOUS
    if view.day < row.day or not due or view.held_back:
        text = view.held_back if due and view.held_back else f"waits for the open of {row.day}"
        return Step(row=row.now(PlanStatus.WAITING, text), quiet=True)
    return _send(row, view, params)


def _missed(row: PlanRow, view: PlanView, *, at_auction: bool) -> bool:
    if view.day != row.day:
        return view.day > row.day
    late = (Phase.AFTER_CLOSE, Phase.AFTER_HOURS, Phase.CLOSE_AUCTION, Phase.LUNCH)
    if at_auction:
        return view.phase in (Phase.PRE_OPEN, Phase.CONTINUOUS, *late)
    return view.session_s > LATEST_S or view.phase in late


def _send(row: PlanRow, view: PlanView, params: Params) -> Step:
    limit_cny, why = params.set_price("limit"), "the open has come"
    band = None if view.rules is None else view.rules.band
    if params.word("outside") == "clamp" and band is not None:
        moved = limit_cny
        if band.up_cny is not None:
            moved = min(moved, band.up_cny)
        if band.down_cny is not None:
            moved = max(moved, band.down_cny)
        if moved != limit_cny:
            why += f"; {limit_cny} lies outside the day's limits and was moved to {moved}"
            limit_cny = moved
    return Step(row=row.now(PlanStatus.WORKING, why), send=Child(
        shares=row.shares, limit_cny=limit_cny, why=why))


def _ended(row: PlanRow, view: PlanView) -> Step:
    last, filled = view.children.sent[-1], view.children.filled_shares
    text = f"{filled} of {row.shares} shares are filled; its order ended as {last.status.value}"
    rejected = last.status is OrderStatus.REJECTED
    return Step(row=row.now(PlanStatus.FAILED if rejected else PlanStatus.DONE, text))
