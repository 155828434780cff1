"""Instruments as rows of market.db."""

from dataclasses import replace
from datetime import date
from typing import Any

from core.money import from_e4, to_e4
from core.types import Board, Exchange, Instrument, Kind, Origin
from data.pinyin_initials import pinyin_initials


def instrument_row(instrument: Instrument) -> tuple[Any, ...]:
    """The row of an instrument, in the order of the table's columns."""
    price = instrument.issue_price_cny
    return (
        instrument.symbol, instrument.exchange.value, instrument.board.value,
        instrument.kind.value, instrument.name, instrument.industry, instrument.pinyin,
        _iso(instrument.list_date), _iso(instrument.delist_date),
        None if price is None else to_e4(price), instrument.t0, instrument.wide_band,
        instrument.origin.value,
    )


def instrument_of(row: tuple[Any, ...]) -> Instrument:
    """The instrument of a row."""
    return Instrument(
        symbol=row[0], exchange=Exchange(row[1]), board=Board(row[2]), kind=Kind(row[3]),
        name=row[4], industry=row[5], pinyin=row[6], list_date=_day(row[7]),
        delist_date=_day(row[8]), issue_price_cny=None if row[9] is None else from_e4(row[9]),
        t0=bool(row[10]), wide_band=bool(row[11]), origin=Origin(row[12]),
    )


def named(instrument: Instrument, name: str) -> Instrument:
    """The instrument under this name, with the initials to find it by."""
    return replace(instrument, name=name, pinyin=pinyin_initials(name))


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

