"""The reference of the small market, with one announced ex-date."""

from datetime import date

from core.types import ActionRow
from tests.support.desk import DAY2, MAIN, Reference


class Announced(Reference):
    """The reference of the small market, with one ex-date on DAY2."""

    def __init__(self, **action: object) -> None:
        super().__init__()
        values = {"symbol": MAIN, "ex_date": DAY2} | action
        self.row = ActionRow(**values)  # type: ignore[arg-type]

    def action(self, symbol: str, day: date) -> ActionRow | None:
        return self.row if (symbol, day) == (MAIN, self.row.ex_date) else None
