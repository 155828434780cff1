"""The watchlist: mine or all, added and removed, remembered and found."""

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.support.fake_services import BY_SYMBOL, INSTRUMENTS, a_quote
from tests.support.window import keep, look, press, texts
from ui.panels.watchlist import ALL, WatchlistPanel
from ui.viewmodels import quote_row

MINE = ("600101.SH", "600103.SH")


@pytest.fixture
def panel(qtbot: QtBot) -> WatchlistPanel:
    made = WatchlistPanel(texts(), look())
    keep(qtbot, made)
    made.scope_changed.connect(lambda: made.set_rows(
        quote_row(s, BY_SYMBOL[s], a_quote(s)) for s in made.wanted()))
    made.set_instruments(INSTRUMENTS)
    made.set_mine(MINE)
    made.resize(460, 500)
    made.show()
    return made


def shown(panel: WatchlistPanel) -> list[object]:
    return [panel.table.table.key_at(n) for n in range(panel.table.table.rowCount())]


def test_it_shows_mine_or_all(panel: WatchlistPanel) -> None:
    assert shown(panel) == list(MINE)

    panel.scope.buttons[ALL].click()

    assert len(shown(panel)) == len(INSTRUMENTS)


def test_a_found_instrument_is_chosen_and_can_be_added(panel: WatchlistPanel) -> None:
    chosen, kept = list[str](), list[tuple[str, ...]]()
    panel.symbol_chosen.connect(chosen.append)
    panel.mine_changed.connect(kept.append)

    panel.search.type_text("jzxp")
    panel.search.returnPressed.emit()
    assert chosen == ["688121.SH"]
    assert panel.toggle.text() == "加自选"

    panel.toggle.click()
    assert kept == [(*MINE, "688121.SH")]
    assert panel.toggle.text() == "移出"


def test_delete_removes_the_current_line(qtbot: QtBot, panel: WatchlistPanel) -> None:
    panel.table.selectRow(0)

    press(panel.table, Qt.Key.Key_Delete)

    assert shown(panel) == ["600103.SH"]


def test_nothing_is_added_twice(panel: WatchlistPanel) -> None:
    panel.set_mine(("600101.SH", "600101.SH"))
    panel.add("600101.SH")

    assert panel.mine == ("600101.SH",)


def test_the_next_line_follows_the_last_from_the_top(panel: WatchlistPanel) -> None:
    chosen: list[str] = []
    panel.symbol_chosen.connect(chosen.append)

    for _ in range(3):
        panel.step(1)
    panel.step(-1)

    assert chosen == ["600101.SH", "600103.SH", "600101.SH", "600103.SH"]


def test_enter_asks_to_trade(qtbot: QtBot, panel: WatchlistPanel) -> None:
    panel.table.selectRow(1)
    with qtbot.waitSignal(panel.trade_asked) as asked:
        press(panel.table, Qt.Key.Key_Return)

    assert asked.args == ["600103.SH"]


def test_a_live_quote_changes_its_line(panel: WatchlistPanel) -> None:
    row = quote_row("600103.SH", BY_SYMBOL["600103.SH"], a_quote("600103.SH", 30))

    panel.update_rows({"600103.SH": row})

    assert panel.table.table.row(1) == row
