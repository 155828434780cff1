import dataclasses

import pytest

from core import desk_types
from core.desk_types import Plan, PlanKind, PlanSpec, PlanStatus
from core.types import OrderSide
from tests.support.desk import DAY1, at

VALUES = [value for value in vars(desk_types).values()
          if dataclasses.is_dataclass(value) and value.__module__ == desk_types.__name__]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_every_value_is_frozen(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_a_plan_keeps_what_was_asked_beside_what_became_of_it() -> None:
    spec = PlanSpec(kind=PlanKind.TWAP, symbol="600519.SH", side=OrderSide.BUY, shares=1_000)
    plan = Plan(plan_id=1, spec=spec, status=PlanStatus.WAITING, created_utc=at(DAY1),
                sent_shares=0, filled_shares=0)

    assert dataclasses.replace(plan, status=PlanStatus.DONE).spec == spec
