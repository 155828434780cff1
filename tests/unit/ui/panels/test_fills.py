"""Fills: shown newest first, and a line leads to its instrument."""

from pytestqt.qtbot import QtBot

from core.types import OrderRequest, OrderSide
from tests.support.fake_services import BY_SYMBOL, NOW, band_of, fake_services
from tests.support.window import keep, look, texts
from ui.panels.fills import FillsPanel
from ui.viewmodels import fill_rows


def test_fills_are_shown_and_lead_to_their_instrument(qtbot: QtBot) -> None:
    services = fake_services(empty=True)
    for symbol in ("600103.SH", "600105.SH"):
        services.trading.submit(OrderRequest(
            symbol=symbol, side=OrderSide.BUY, shares=100, limit_cny=band_of(symbol)[1],
            created_utc=NOW))
    panel, chosen = FillsPanel(texts(), look()), list[str]()
    keep(qtbot, panel)
    panel.symbol_chosen.connect(chosen.append)
    panel.show_rows(fill_rows(services.trading.snapshot().fills, BY_SYMBOL))

    panel.table.selectRow(0)

    assert chosen == ["600105.SH"]
    assert panel.table.table.row(0).fees_cny > 5
    panel.retranslate()
    panel.restyle()
