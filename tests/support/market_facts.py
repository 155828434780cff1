"""Builders of instruments and day facts: a test names only what it is about."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.symbols import parse_instrument
from core.types import DayFacts, Instrument


def an_instrument(symbol: str = "600519.SH", **changes: object) -> Instrument:
    return replace(parse_instrument(symbol), **changes)  # type: ignore[arg-type]


def day_facts(
    symbol: str = "600519.SH", day: date = date(2024, 5, 6), reference: str | None = "10.00",
    *, list_date: date | None = None, issue: str | None = None,
    **changes: object,
) -> DayFacts:
    values: dict[str, object] = {
        "instrument": an_instrument(
            symbol, list_date=list_date,
            issue_price_cny=None if issue is None else Decimal(issue)),
        "day": day,
        "reference_cny": None if reference is None else Decimal(reference),
    }
    return DayFacts(**(values | changes))  # type: ignore[arg-type]
