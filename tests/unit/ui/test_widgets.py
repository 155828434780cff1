"""The base table: numeric sort, only changed visible cells repainted, selection that follows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from core.events import SignalEvent
from tests.support.fake_services import BY_SYMBOL, NOW, a_quote, fake_services
from tests.support.window import keep, look, press, texts
from ui.columns import Align, Column, quote_columns
from ui.tones import Tone
from ui.viewmodels import QuoteRow, position_rows, quote_row
from ui.widgets import BaseTable, PortfolioTable, SignalTable, TableModel

DESCENDING, ASCENDING = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder


@dataclass(frozen=True)
class Row:
    key: str
    value: float | None


COLUMNS: Sequence[Column[Row]] = (
    Column("symbol", lambda r: r.key, lambda r: r.key, 8, align=Align.LEFT),
    Column("last", lambda r: "—" if r.value is None else str(r.value), lambda r: r.value, 8),
)


@pytest.fixture
def model(qtbot: QtBot) -> TableModel[Row]:
    made = TableModel(COLUMNS, lambda row: row.key, texts())
    made.set_rows([Row("b", 10.0), Row("a", 9.0), Row("c", None), Row("d", 100.0)])
    return made


def keys(model: TableModel[Row]) -> str:
    return "".join(str(model.key_at(line)) for line in range(model.rowCount()))


def changes(model: TableModel[Row]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []

    def take(first: QModelIndex, last: QModelIndex) -> None:
        found.extend((row, column) for row in range(first.row(), last.row() + 1)
                     for column in range(first.column(), last.column() + 1))

    model.dataChanged.connect(take)
    return found


def test_numbers_sort_as_numbers_and_the_unknown_stands_last_both_ways(
    model: TableModel[Row]
) -> None:
    model.sort(1, ASCENDING)
    assert keys(model) == "abdc"
    model.sort(1, DESCENDING)
    assert keys(model) == "dbac"
    model.sort(0, ASCENDING)
    assert keys(model) == "abcd"
    model.sort(-1)
    assert keys(model) == "bacd"


def test_a_change_of_value_moves_its_row(model: TableModel[Row]) -> None:
    model.sort(1, ASCENDING)

    model.update_rows({"a": Row("a", 50.0), "c": Row("c", 1.0)})

    assert keys(model) == "cbad"
    model.update_rows({"c": Row("c", None)})
    assert keys(model) == "badc"


def test_only_the_cells_whose_text_changed_are_announced(model: TableModel[Row]) -> None:
    seen = changes(model)

    model.update_rows({"a": Row("a", 9.5), "b": Row("b", 10.0), "unknown": Row("x", 1.0)})

    assert seen == [(1, 1)]


def test_rows_out_of_sight_are_kept_but_not_announced(model: TableModel[Row]) -> None:
    seen = changes(model)
    model.visible_rows = lambda: range(0, 1)

    model.update_rows({"d": Row("d", 7.0)})

    assert seen == []
    assert model.row(3) == Row("d", 7.0)


def test_the_same_keys_again_are_an_update_and_others_a_reset(
    qtbot: QtBot, model: TableModel[Row]
) -> None:
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))

    model.set_rows([Row("b", 1.0), Row("a", 9.0), Row("c", None), Row("d", 100.0)])
    assert resets == []
    model.set_rows([Row("b", 1.0)])
    assert (resets, model.rowCount()) == ([1], 1)


@pytest.fixture
def table(qtbot: QtBot) -> BaseTable[Row]:
    made: BaseTable[Row] = BaseTable("watchlist", COLUMNS, lambda row: row.key, texts(), look())
    keep(qtbot, made)
    made.set_rows([Row(key, float(n)) for n, key in enumerate("abcdef")])
    made.resize(300, 400)
    made.show()
    return made


def test_the_selection_stays_with_its_instrument_when_rows_move(table: BaseTable[Row]) -> None:
    chosen: list[object] = []
    table.selectRow(0)
    table.chosen.connect(chosen.append)
    table.table.sort(1, DESCENDING)

    assert table.current_key() == "a"
    assert table.currentIndex().row() == 5
    table.table.update_rows({"a": Row("a", 99.0)})
    assert table.currentIndex().row() == 0
    assert chosen == []             # the row moved, nobody chose anything


def test_the_keyboard_does_what_the_mouse_does(qtbot: QtBot, table: BaseTable[Row]) -> None:
    seen: list[tuple[str, object]] = []
    table.chosen.connect(lambda key: seen.append(("chosen", key)))
    table.activated_row.connect(lambda key: seen.append(("activated", key)))
    table.remove_asked.connect(lambda key: seen.append(("removed", key)))
    table.selectRow(1)

    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Delete):
        press(table, key)

    assert seen == [("chosen", "b"), ("chosen", "c"), ("activated", "c"), ("removed", "c")]


def test_an_empty_table_says_what_to_do(table: BaseTable[Row]) -> None:
    table.set_rows([])
    picture = table.grab().toImage()

    colours = {picture.pixelColor(x, y).name() for x in range(0, 300, 2)
               for y in range(150, 260, 2)}
    assert QColor(look().theme.muted).name() in colours or len(colours) > 4
    assert "拼音" in texts().tr(table.empty_key)


def test_columns_hold_their_widest_figures_in_both_languages(qtbot: QtBot) -> None:
    words = texts()
    made = BaseTable("watchlist", quote_columns(words), lambda row: row.symbol, words, look())
    keep(qtbot, made)
    for language in ("zh", "en"):
        words.switch(language)
        made.retranslate()
        made.set_rows([quote_row(s, BY_SYMBOL[s], a_quote(s)) for s in BY_SYMBOL])
        assert cut_cells(made) == []


def cut_cells(table: BaseTable[QuoteRow]) -> list[str]:
    """Headers and cells that do not fit their column."""
    header, metrics = table.horizontalHeader(), table.fontMetrics()
    assert header is not None
    short = []
    for at, column in enumerate(table.table.columns):
        room = header.sectionSize(at) - 12
        found = [texts().tr(f"col.{column.id}")] + [
            column.text(table.table.row(line)) for line in range(table.table.rowCount())]
        short += [text for text in found if metrics.horizontalAdvance(text) > room]
    return short


def test_the_widest_width_that_cuts_no_column_is_found(table: BaseTable[Row]) -> None:
    header = table.horizontalHeader()
    assert header is not None
    first, second = header.sectionSize(0), header.sectionSize(1)

    assert table.fitting(10_000) == first + second + 11
    assert table.fitting(first + second + 10) == first + 11
    assert table.fitting(20) == 20


def test_the_tables_the_document_names_show_positions_and_signals(qtbot: QtBot) -> None:
    portfolio, signals = PortfolioTable(texts(), look()), SignalTable(texts("en"), look())
    for one in (portfolio, signals):
        keep(qtbot, one)
    snapshot = fake_services().trading.snapshot()
    portfolio.set_rows(position_rows(snapshot, BY_SYMBOL, {}))
    signals.set_rows([SignalEvent("600101.SH", "ma_cross", -0.5, "fell through", NOW)])

    assert [portfolio.table.row(n).symbol for n in range(2)] == ["600103.SH", "688121.SH"]
    score = signals.table.columns[3]
    assert (score.text(signals.table.row(0)), score.tone(signals.table.row(0))) == (
        "-0.50", Tone.FALL)


def test_five_thousand_live_rows_stay_sorted_without_asking_each_of_them(
    qtbot: QtBot
) -> None:
    asked: list[str] = []

    def value(row: Row) -> float | None:
        asked.append(row.key)
        return row.value

    columns = (COLUMNS[0], replace(COLUMNS[1], sort=value))
    model: TableModel[Row] = TableModel(columns, lambda row: row.key, texts())
    model.set_rows([Row(str(n), float(n)) for n in range(5_000)])
    model.visible_rows = lambda: range(40)
    model.sort(1, DESCENDING)
    asked.clear()

    model.update_rows({"7": Row("7", 1e6)})

    assert model.key_at(0) == "7"
    assert asked == ["7"]
