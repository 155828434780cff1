"""Columns: numbers sort as numbers, the unknown has no key, colours carry meaning."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.events import SignalEvent
from core.types import OrderStatus
from tests.support.fake_services import (
    BY_SYMBOL,
    NOW,
    SUSPENDED,
    a_quote,
    fake_services,
)
from ui import columns
from ui.strings import TABLE, Texts
from ui.tones import Tone
from ui.viewmodels import fill_rows, order_rows, position_rows, quote_row

D = Decimal
TEXTS = Texts("zh")
SNAPSHOT = fake_services().trading.snapshot()
QUOTES = {symbol: a_quote(symbol) for symbol in BY_SYMBOL}


def one(table: Any, id_: str) -> columns.Column[Any]:
    found: columns.Column[Any] = next(column for column in table if column.id == id_)
    return found


TABLES: dict[str, tuple[Any, Any]] = {
    "quotes": (columns.quote_columns, [quote_row(s, BY_SYMBOL[s], q) for s, q in QUOTES.items()]),
    "positions": (columns.position_columns, position_rows(SNAPSHOT, BY_SYMBOL, QUOTES)),
    "orders": (columns.order_columns, order_rows(SNAPSHOT.orders, BY_SYMBOL)),
    "fills": (columns.fill_columns, fill_rows(SNAPSHOT.fills, BY_SYMBOL)),
    "signals": (columns.signal_columns,
                [SignalEvent("600101.SH", "ma_cross", 0.5, "crossed", NOW)]),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_cell_of_every_table_has_a_text_a_key_and_a_colour(
    table: str, language: str
) -> None:
    make, rows = TABLES[table]
    for column in make(Texts(language)):
        assert f"col.{column.id}" in TABLE
        for row in rows:
            assert isinstance(column.text(row), str)
            assert isinstance(column.tone(row), Tone)
            assert column.sort(row) is None or isinstance(column.sort(row), float | int | str)


def test_numbers_sort_by_value_and_the_unknown_has_no_key() -> None:
    last = one(columns.quote_columns(TEXTS), "last")
    cheap, dear = (
        quote_row("600103.SH", None, a_quote("600103.SH", last_cny=D(price)))
        for price in ("9.00", "10.00"))

    assert [last.sort(cheap), last.sort(dear)] == [9.0, 10.0]
    assert last.sort(replace(cheap, last_cny=None)) is None
    assert last.text(replace(cheap, last_cny=None)) == "—"


def test_a_price_is_coloured_by_where_it_stands_to_the_previous_close() -> None:
    high, low = (one(columns.quote_columns(TEXTS), id_) for id_ in ("high", "low"))
    row = quote_row("600103.SH", None, a_quote(
        "600103.SH", prev_close_cny=D("10"), high_cny=D("10.5"), low_cny=D("9.5")))

    assert (high.tone(row), low.tone(row)) == (Tone.RISE, Tone.FALL)


def test_a_halted_instrument_says_so_instead_of_a_change() -> None:
    change = one(columns.quote_columns(TEXTS), "change_ratio")
    row = quote_row(SUSPENDED, BY_SYMBOL[SUSPENDED], QUOTES[SUSPENDED])

    assert (change.text(row), change.tone(row)) == ("停牌", Tone.FAINT)


def test_nothing_sellable_is_marked_and_explained() -> None:
    sellable = one(columns.position_columns(TEXTS), "sellable")
    locked = next(r for r in TABLES["positions"][1] if r.symbol == "688121.SH")

    assert (sellable.text(locked), sellable.tone(locked)) == ("0", Tone.WARN)
    assert sellable.tip is not None
    assert "400" in sellable.tip(locked)


def test_a_refused_order_says_why_in_its_row() -> None:
    row = next(r for r in order_rows(SNAPSHOT.orders, BY_SYMBOL)
               if r.status is OrderStatus.DENIED)

    assert "T+1" in one(columns.order_columns(TEXTS), "reason").text(row)
    assert one(columns.order_columns(TEXTS), "status").text(row) == "已拒绝"
