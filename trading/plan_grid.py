"""A grid: buys a step when the price falls to a line, sells it one line higher. Pure.

A line is armed once the price stood above it, so a start far below the grid buys nothing at
once. Its cap counts every order ever sent, sales too; a purchase is made only while room is left
to sell it again. A step bought today is sold from the next session on (T+1).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.desk_types import PlanStatus
from core.money import to_tick
from core.types import FINAL_STATUSES, Order, OrderSide
from trading.plan_children import child_shares, reaching_limit
from trading.plan_parents import why_not_now
from trading.plan_rows import PlanRow
from trading.plan_specs import Params, parse_params
from trading.plan_view import Child, PlanView, Step

IDLE, ARMED, BUYING, FULL, SELLING = "idle", "armed", "buying", "full", "selling"
Cell = Mapping[str, Any]


def grid(row: PlanRow, view: PlanView) -> Step:
    params = parse_params(row.kind, row.params)
    cells = [_settled(cell, view) for cell in row.memo.get("cells") or _fresh(params)]
    row = row.noting(cells=cells)
    until = params.day("until")
    if until is not None and view.day > until:
        return Step(row=row.now(PlanStatus.STOPPED, f"it held until {until}"),
                    cancel=tuple(order.order_id for order in view.children.open))
    against = why_not_now(OrderSide.BUY, view, None)
    if against and not against.startswith("stuck"):
        return Step(row=row.now(row.status, against), quiet=True)
    assert view.seen is not None
    assert view.rules is not None
    assert view.rules.tick_cny is not None
    lines = grid_lines(params, view.rules.tick_cny)
    armed = [_armed(cell, lines[i], view.seen.last_cny) for i, cell in enumerate(cells)]
    row = row.now(PlanStatus.WORKING, "works").noting(cells=armed)
    return _sell(row, view, params, lines) or _buy(row, view, params, lines) or Step(row=row)


def grid_lines(params: Params, tick_cny: Decimal) -> list[Decimal]:
    """Prices from the lowest to the highest, evenly apart, on the tick."""
    low, high, count = params.set_price("low"), params.set_price("high"), params.whole("lines")
    return [to_tick(low + (high - low) * i / (count - 1), tick_cny) for i in range(count)]


def _fresh(params: Params) -> list[Cell]:
    return [{"s": IDLE, "shares": 0} for _ in range(params.whole("lines") - 1)]


def _settled(cell: Cell, view: PlanView) -> Cell:
    """The cell after what has become of its order. One that never came to be is taken back."""
    if cell["s"] not in (BUYING, SELLING):
        return cell
    orders = view.children.orders
    order: Order | None = orders[cell["n"] - 1] if cell["n"] <= len(orders) else None
    if order is not None and order.status not in FINAL_STATUSES:
        return cell
    filled = 0 if order is None else order.filled_shares
    if cell["s"] == BUYING:
        return {"s": FULL if filled else IDLE, "shares": filled}
    left = cell["shares"] - filled
    return {"s": FULL if left else IDLE, "shares": left}


def _armed(cell: Cell, line_cny: Decimal, last_cny: Decimal) -> Cell:
    return {**cell, "s": ARMED} if cell["s"] == IDLE and last_cny > line_cny else cell


def _sell(row: PlanRow, view: PlanView, params: Params, lines: list[Decimal]) -> Step | None:
    assert view.seen is not None
    assert view.rules is not None
    for i, cell in enumerate(row.memo["cells"]):
        if cell["s"] != FULL or view.seen.last_cny < lines[i + 1]:
            continue
        left = row.shares - view.children.sent_shares
        shares = child_shares(OrderSide.SELL, cell["shares"], min(left, cell["shares"]),
                              view.rules, sellable=view.sellable_shares)
        limit_cny = reaching_limit(OrderSide.SELL, view, worst_cny=lines[i],
                                   reach=params.ratio("reach_pct"))
        if shares == cell["shares"] and limit_cny is not None:
            return _send(row, view, i, SELLING, Child(
                shares=shares, limit_cny=limit_cny, side_flipped=True,
                why=f"{view.seen.last_cny} reached line {i + 2} at {lines[i + 1]}"))
    return None


def _buy(row: PlanRow, view: PlanView, params: Params, lines: list[Decimal]) -> Step | None:
    assert view.seen is not None
    cells, step = row.memo["cells"], params.whole("step_shares")
    owed = sum(cell["shares"] for cell in cells if cell["s"] == FULL) + sum(
        step for cell in cells if cell["s"] == BUYING)
    room = row.shares - view.children.sent_shares - owed
    for i in reversed(range(len(cells))):
        if cells[i]["s"] != ARMED or view.seen.last_cny > lines[i]:
            continue
        if room < 2 * step:
            text = f"its cap of {row.shares} shares leaves no room to buy and sell {step} more"
            return Step(row=row.now(PlanStatus.WORKING, text))
        limit_cny = reaching_limit(OrderSide.BUY, view, worst_cny=lines[i + 1],
                                   reach=params.ratio("reach_pct"))
        if limit_cny is not None:
            return _send(row, view, i, BUYING, Child(
                shares=step, limit_cny=limit_cny,
                why=f"{view.seen.last_cny} fell to line {i + 1} at {lines[i]}"))
    return None


def _send(row: PlanRow, view: PlanView, at: int, state: str, child: Child) -> Step:
    """The cell remembers the number of its order before the order exists."""
    cells = list(row.memo["cells"])
    cells[at] = {"s": state, "shares": child.shares if state == SELLING else 0,
                 "n": len(view.children.orders) + 1}
    return Step(row=row.noting(cells=cells), send=child)
