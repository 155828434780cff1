"""Parameters: defaults, types and bounds come from the table, and from nowhere else."""

from datetime import time
from decimal import Decimal

import pytest

from core.desk_types import PlanKind, PlanSpec
from core.exceptions import OrderError
from core.plan_params import PLAN_PARAMS
from core.types import OrderSide
from tests.support.desk import MAIN
from trading.plan_specs import check_spec, parse_params


def test_defaults_fill_what_was_left_out() -> None:
    params = parse_params(PlanKind.TWAP, {"limit": "10.50"})

    assert params.wall("end") == time(14, 55)
    assert params.wall("start") is None
    assert params.ratio("reach_pct") == Decimal("0.005")
    assert params.price("limit") == Decimal("10.50")


@pytest.mark.parametrize("kind", list(PlanKind))
def test_every_bound_is_held_and_named(kind: PlanKind) -> None:
    needed = {row.name: str(row.limits[0]) for row in PLAN_PARAMS[kind]
              if row.default is None and row.limits}
    for row in PLAN_PARAMS[kind]:
        if row.limits is None:
            continue
        for outside in (row.limits[0] - 1, row.limits[1] + 1):
            with pytest.raises(OrderError, match=row.name):
                parse_params(kind, needed | {row.name: str(outside)})


@pytest.mark.parametrize("text", [
    "NaN", "Infinity", "1e400", "--1", "0x10", "²", " ", "\x00", "9" * 6_000, "10,00", "None"])
@pytest.mark.parametrize("name", ["every_s", "limit", "end", "reach_pct", "start"])
def test_garbage_is_refused_by_name_and_nothing_else_is_raised(name: str, text: str) -> None:
    if not text.strip():
        assert parse_params(PlanKind.TWAP, {name: text})      # left out: the default holds
        return
    with pytest.raises(OrderError, match=name):
        parse_params(PlanKind.TWAP, {name: text})


@pytest.mark.parametrize(("kind", "side", "params"), [
    (PlanKind.OCO, OrderSide.BUY, {"stop": "9", "take": "11"}),
    (PlanKind.OCO, OrderSide.SELL, {"stop": "11", "take": "11"}),
    (PlanKind.BRACKET, OrderSide.BUY, {"entry": "12", "stop": "9", "take": "11"}),
    (PlanKind.BRACKET, OrderSide.SELL, {"entry": "10", "stop": "9", "take": "11"}),
    (PlanKind.LIMIT_BREAK, OrderSide.SELL, {}),
    (PlanKind.GRID, OrderSide.BUY, {"low": "11", "high": "9", "step_shares": "100"}),
    (PlanKind.ICEBERG, OrderSide.BUY, {"limit": "10", "show_shares": "2000"}),
    (PlanKind.STOP, OrderSide.SELL, {"trigger": "10.005"}),
])
def test_values_that_contradict_each_other_are_refused(
    kind: PlanKind, side: OrderSide, params: dict[str, str]
) -> None:
    with pytest.raises(OrderError, match="was not taken"):
        check_spec(PlanSpec(kind=kind, symbol=MAIN, side=side, shares=1_000, params=params),
                   tick_cny=Decimal("0.01"))


@pytest.mark.parametrize("shares", [0, -100, 10**13])
def test_shares_have_bounds(shares: int) -> None:
    with pytest.raises(OrderError, match="shares"):
        check_spec(PlanSpec(kind=PlanKind.TWAP, symbol=MAIN, side=OrderSide.BUY, shares=shares),
                   tick_cny=None)
