"""The table of plan parameters is complete and speaks both languages."""

import pytest

from core.desk_types import PlanKind
from core.plan_params import PLAN_PARAMS, ParamKind, PlanParam

ROWS = [(kind, row) for kind, rows in PLAN_PARAMS.items() for row in rows]


def test_every_kind_has_its_rows() -> None:
    assert set(PLAN_PARAMS) == set(PlanKind)


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=lambda value: getattr(value, "name", ""))
def test_every_row_is_helped_bounded_and_named_once(kind: PlanKind, row: PlanParam) -> None:
    assert row.help_en.endswith(".")
    assert row.help_zh.endswith("。")
    assert [each.name for each in PLAN_PARAMS[kind]].count(row.name) == 1
    assert (row.limits is not None) is (
        row.kind in (ParamKind.PRICE, ParamKind.PER_CENT, ParamKind.WHOLE))
    assert bool(row.choices) is (row.kind is ParamKind.CHOICE)
    assert row.bounds
