"""Positions: what is held, what may be sold, and a double click that sells."""

from pytestqt.qtbot import QtBot

from tests.support.fake_services import BY_SYMBOL, a_quote, fake_services
from tests.support.window import keep, look, texts
from ui.panels.positions import PositionsPanel
from ui.viewmodels import position_rows

QUOTES = {symbol: a_quote(symbol) for symbol in BY_SYMBOL}


def test_holdings_are_shown_chosen_and_sold(qtbot: QtBot) -> None:
    panel, chosen, sold = PositionsPanel(texts(), look()), list[str](), list[str]()
    keep(qtbot, panel)
    panel.symbol_chosen.connect(chosen.append)
    panel.sell_asked.connect(sold.append)
    panel.show_rows(position_rows(fake_services().trading.snapshot(), BY_SYMBOL, QUOTES))

    panel.table.selectRow(1)
    panel.table.doubleClicked.emit(panel.table.table.index(1, 0))

    assert (chosen, sold) == (["688121.SH"], ["688121.SH"])
    sellable = [panel.table.table.row(n).sellable_shares for n in range(4)]
    assert sellable == [12_300, 0, 50_000, 900]
    panel.retranslate()
    panel.restyle()
