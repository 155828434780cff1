"""Flatten plan and cases as JSON objects and as lines for people."""

from collections.abc import Mapping, Sequence

from core.desk_types import Case, FlattenLine, FlattenPlan
from core.rules import to_shanghai


def plan_json(plan: FlattenPlan) -> Mapping[str, object]:
    return {
        "made": plan.made_utc.isoformat(), "flat": plan.flat, "proof": plan.proof,
        "cancels": [_line_json(line) for line in plan.cancels],
        "sales": [_line_json(line) for line in plan.sales]}


def plan_text(plan: FlattenPlan) -> str:
    lines = [f"{'flat' if plan.flat else 'not flat'}: {plan.proof}"]
    lines += [f"cancel order {line.order_id} of {line.symbol}, {line.shares} shares: {line.text}"
              for line in plan.cancels]
    lines += [f"sell {line.symbol}, {line.shares} shares: {line.text}" for line in plan.sales]
    return "\n".join(lines)


def cases_json(cases: Sequence[Case]) -> Mapping[str, object]:
    return {"cases": [{
        "case_id": case.case_id, "kind": case.kind.value, "symbol": case.symbol,
        "ours": case.ours, "theirs": case.theirs, "text": case.text,
        "opened": case.opened_utc.isoformat(),
        "closed": None if case.closed_utc is None else case.closed_utc.isoformat(),
        "closed_by": case.closed_by, "reason": case.reason} for case in cases]}


def cases_text(cases: Sequence[Case]) -> str:
    if not cases:
        return "no differences with the broker"
    return "\n".join(
        f"case {case.case_id}, {case.kind.value} {case.symbol or 'of the account'}, opened "
        f"{to_shanghai(case.opened_utc):%Y-%m-%d %H:%M}: {case.text}"
        + (f" (closed by {case.closed_by}: {case.reason})" if case.closed_utc else "")
        for case in cases)


def _line_json(line: FlattenLine) -> Mapping[str, object]:
    at = line.possible_at
    return {"symbol": line.symbol, "order_id": line.order_id, "shares": line.shares,
            "obstacle": line.obstacle.value, "text": line.text,
            "possible_at": None if at is None else at.isoformat()}
