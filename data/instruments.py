"""Instruments as rows of market.db, and lists of them from files."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from core.exceptions import DataError
from core.money import from_e4, to_e4
from core.symbols import parse_instrument
from core.types import Board, Exchange, Instrument, Kind, Origin
from data.bar_files import TableFile, open_table
from data.pinyin_initials import pinyin_initials
from data.text_rows import TextRow, day_of, decimal_of, flag_of, rows_of

NAMES = {               # what vendors call the fields
    "symbol": ("symbol", "ts_code"),
    "name": ("name", "名称", "证券简称"),
    "industry": ("industry", "所属行业", "行业"),
    "pinyin": ("pinyin", "cnspell"),
    "list_date": ("list_date", "上市日期"),
    "delist_date": ("delist_date", "退市日期"),
    "issue_price": ("issue_price",),
    "t0": ("t0",),
    "kind": ("kind",),
}
TELLTALE = frozenset({"list_date", "上市日期", "industry"})


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


def is_instrument_list(table: TableFile) -> bool:
    """Whether a file lists instruments rather than bars: listing dates, and no prices."""
    names = {name.lower() for name in table.columns}
    return bool(names & TELLTALE and names & {"symbol", "ts_code"}) and "close" not in names


def read_instruments(path: Path) -> tuple[Instrument, ...]:
    """Instruments of a CSV or Parquet list: `symbol`, and whatever else is known of each.

    Columns: symbol (or ts_code); optional name, industry, list_date, delist_date, issue_price,
    t0, kind. Board and kind follow from the code unless `kind` says otherwise.

    Raises:
        DataError: no list, or the first line that cannot be read, by its number.
    """
    table = open_table(path)
    found = []
    for row in rows_of(table, _columns(table)):
        with row.naming():
            found.append(_instrument(row))
    return tuple(found)


def listed_instruments(table: TableFile) -> tuple[list[Instrument], list[tuple[int, str]]]:
    """The same for an import: what can be read, and (line, reason) of what cannot.

    Raises:
        DataError: no list of instruments at all.
    """
    found: list[Instrument] = []
    faults: list[tuple[int, str]] = []
    for row in rows_of(table, _columns(table)):
        try:
            found.append(_instrument(row))
        except DataError as error:
            faults.append((row.line, f"{row.text('symbol')}: {error.what}: {error.why}"))
    return found, faults


def _columns(table: TableFile) -> dict[str, str]:
    lowered = {name.lower(): name for name in table.columns}
    columns = {
        key: next((lowered[name] for name in known if name in lowered), "")
        for key, known in NAMES.items()
    }
    if not columns["symbol"]:
        raise DataError(
            f"{table.path.name} lists no instruments",
            why=f"it has no column symbol, it has {', '.join(table.columns[:12])}",
            remedy="Give columns symbol, name, list_date, delist_date",
        )
    return {key: name for key, name in columns.items() if name}


def _instrument(row: TextRow) -> Instrument:
    skeleton = parse_instrument(row.text("symbol"))
    name = row.text("name")
    listed, delisted = day_of(row, "list_date"), day_of(row, "delist_date")
    if listed is not None and delisted is not None and delisted < listed:
        raise row.refused("delist_date", "it lies before list_date")
    return replace(
        skeleton, name=name, industry=row.text("industry"),
        pinyin=pinyin_initials(row.text("pinyin") or name),
        list_date=listed, delist_date=delisted,
        issue_price_cny=decimal_of(row, "issue_price", positive=True),
        t0=flag_of(row, "t0"), kind=_kind(row, skeleton.kind),
    )


def _kind(row: TextRow, otherwise: Kind) -> Kind:
    text = row.text("kind").upper()
    if not text:
        return otherwise
    if text not in Kind.__members__:
        raise row.refused("kind", f"it is none of {', '.join(Kind.__members__)}")
    return Kind[text]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

