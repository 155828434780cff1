"""Orders: all or only open ones, and cancelling one or all."""

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.support.fake_services import BY_SYMBOL, fake_services
from tests.support.window import keep, look, press, texts
from ui.panels.orders import OPEN, OrdersPanel
from ui.viewmodels import order_rows

ROWS = order_rows(fake_services().trading.snapshot().orders, BY_SYMBOL)


@pytest.fixture
def panel(qtbot: QtBot) -> OrdersPanel:
    made = OrdersPanel(texts(), look())
    keep(qtbot, made)
    made.show_rows(ROWS)
    return made


def test_only_open_orders_on_request(panel: OrdersPanel) -> None:
    assert panel.table.table.rowCount() == 4

    panel.filter.buttons[OPEN].click()

    assert [panel.table.table.row(n).cancellable for n in range(3)] == [True, True, True]
    assert panel.table.table.rowCount() == 3


def test_an_open_order_can_be_cancelled_and_a_refused_one_cannot(
    qtbot: QtBot, panel: OrdersPanel
) -> None:
    asked: list[int] = []
    panel.cancel_asked.connect(asked.append)

    for line in range(4):
        panel.table.selectRow(line)
        assert panel.cancel.isEnabled() is ROWS[line].cancellable
        panel.cancel_current()
        press(panel.table, Qt.Key.Key_Delete)

    assert asked == [4, 4, 2, 2, 1, 1]


def test_cancelling_all_needs_something_open(qtbot: QtBot, panel: OrdersPanel) -> None:
    with qtbot.waitSignal(panel.cancel_all_asked):
        panel.cancel_all.click()

    panel.show_rows([row for row in ROWS if row.refused])
    assert not panel.cancel_all.isEnabled()


def test_a_refused_order_explains_itself_in_both_languages(panel: OrdersPanel) -> None:
    model = panel.table.table
    line = next(n for n in range(4) if model.row(n).refused)
    column = next(n for n, c in enumerate(model.columns) if c.id == "reason")

    assert "今日可卖 0 股" in model.data(model.index(line, column))
    panel.texts.switch("en")
    panel.retranslate()
    assert "0 may be sold today" in model.data(model.index(line, column))
    assert panel.cancel_all.text() == "Cancel all"
