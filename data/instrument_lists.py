"""Lists of instruments from files."""

from dataclasses import replace
from pathlib import Path

from core.exceptions import DataError
from core.symbols import parse_instrument
from core.types import Instrument, Kind
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
