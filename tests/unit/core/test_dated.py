from datetime import date
from typing import NamedTuple

from core.dated import in_force


class Row(NamedTuple):
    name: str
    since: date
    until: date | None = None


ROWS = (
    Row("old", date(2020, 1, 1), date(2020, 12, 31)),
    Row("new", date(2021, 1, 1)),
)


def names(on: date) -> list[str]:
    return [row.name for row in in_force(ROWS, on)]


def test_a_row_holds_from_its_first_to_its_last_day_inclusive() -> None:
    assert names(date(2019, 12, 31)) == []
    assert names(date(2020, 1, 1)) == names(date(2020, 12, 31)) == ["old"]
    assert names(date(2021, 1, 1)) == names(date(2099, 1, 1)) == ["new"]
