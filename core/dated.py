"""What a dated row is, and the days on which the rules of a market changed as a whole."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

CHINEXT_START = date(2009, 10, 30)
STAR_START = date(2019, 7, 22)
BSE_START = date(2021, 11, 15)
CHINEXT_REFORM = date(2020, 8, 24)       # registration system and 20 % on ChiNext
MAIN_REFORM = date(2023, 4, 10)          # registration system on the main boards
RULES_2026 = date(2026, 7, 6)
BSE_920 = date(2025, 10, 9)              # whole-market switch to 920 codes
SSE_RULES_2026 = "SSE Trading Rules 2026 (上证发〔2026〕41号)"
SZSE_RULES_2026 = "SZSE Trading Rules 2026 (深证上〔2026〕551号)"
BOTH_RULES_2026 = f"{SSE_RULES_2026}; {SZSE_RULES_2026}"


class Dated(Protocol):
    @property
    def since(self) -> date: ...

    @property
    def until(self) -> date | None: ...


R = TypeVar("R", bound=Dated)


def in_force(rows: Iterable[R], on: date) -> list[R]:
    """The rows that hold on a day. Callers memoise: tables are scanned once per key."""
    return [row for row in rows if row.since <= on and (row.until is None or on <= row.until)]
