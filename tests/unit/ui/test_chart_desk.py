"""The chart's supply: the newest request wins, the live bar follows, failures are said."""

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from core.clock import SimClock
from core.events import BarEvent, QuoteEvent
from core.exceptions import DataError
from core.types import Adjust, Bar, Period
from tests.support.fake_services import NOW, PREV_CLOSE, FakeMarket, a_quote, desk_orders_fill
from tests.support.window import settle
from ui.app import MainApp
from ui.chart_desk import MINUTE_BARS, read_bars

SYMBOL = "600103.SH"


def market_of(main: MainApp) -> FakeMarket:
    market = main.window._services.market
    assert isinstance(market, FakeMarket)
    return market


def test_period_and_adjustment_decide_what_is_read(qtbot: QtBot, main: MainApp) -> None:
    window = main.window
    window.market.choose(SYMBOL)
    settle(qtbot, main)

    window.panels.chart.periods.buttons["5m"].click()
    window.panels.chart.adjusts.buttons["none"].click()
    settle(qtbot, main)

    assert (SYMBOL, Period.MIN5, Adjust.NONE) in market_of(main).asked
    assert window.chart._shown is not None
    assert window.chart._shown.bars.adjust is Adjust.NONE
    assert 48 < len(window.panels.chart.chart.model) <= MINUTE_BARS


def test_a_quote_forms_the_last_bar(qtbot: QtBot, main: MainApp) -> None:
    window = main.window
    window.market.choose(SYMBOL)
    settle(qtbot, main)
    before = len(window.panels.chart.chart.model)
    quote = a_quote(SYMBOL, last_cny=Decimal("19.33"), high_cny=Decimal("19.50"))

    window._services.bus.publish(QuoteEvent((quote,)))
    window.bridge.flush()

    model = window.panels.chart.chart.model
    assert len(model) == before             # today's bar stands already, from the first quote
    assert (model.close_cny[-1], model.high_cny[-1]) == (19.33, 19.5)


def test_only_the_newest_request_is_shown(qtbot: QtBot, main: MainApp) -> None:
    window = main.window
    for symbol in ("600101.SH", "600102.SH", SYMBOL):
        window.market.choose(symbol)
    settle(qtbot, main)

    assert window.panels.chart.chart.model.close_cny[-2] == pytest.approx(
        float(PREV_CLOSE[SYMBOL]))


def test_bars_that_come_after_newer_ones_were_asked_for_are_dropped(
    qtbot: QtBot, main: MainApp
) -> None:
    window = main.window
    window.market.choose(SYMBOL)
    settle(qtbot, main)
    before = len(window.panels.chart.chart.model)
    late = read_bars(market_of(main), "600101.SH", Period.DAY, Adjust.NONE, 9)

    window.chart._take(window.chart._asked - 1, late, again=False)

    assert len(window.panels.chart.chart.model) == before


def test_an_ended_bar_of_the_shown_instrument_is_read_from_the_store(
    qtbot: QtBot, main: MainApp
) -> None:
    window, one = main.window, Decimal("1.00")
    window.market.choose(SYMBOL)
    settle(qtbot, main)
    asked = len(market_of(main).asked)

    window._services.bus.publish(BarEvent((Bar(
        symbol=SYMBOL, period=Period.MIN1, ts_utc=NOW, open_cny=one, high_cny=one, low_cny=one,
        close_cny=one, volume_shares=1),)))
    window.bridge.flush()
    assert window.chart._reread.isActive()
    window.chart._reread.setInterval(1)
    qtbot.waitUntil(lambda: len(market_of(main).asked) > asked)


def test_a_growing_market_is_read_again_for_days_but_not_for_minutes(
    qtbot: QtBot, main: MainApp
) -> None:
    main.window.market.looked.emit()
    assert main.window.chart._reread.isActive()

    main.window.panels.chart.periods.advance()
    settle(qtbot, main)
    main.window.market.looked.emit()
    assert not main.window.chart._reread.isActive()


def test_bars_that_cannot_be_read_are_said_in_the_chart(
    qtbot: QtBot, main: MainApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise DataError("bars refused", why="the chunk is damaged", remedy="Import them again")

    monkeypatch.setattr(market_of(main), "bars", refuse)
    main.window.panels.chart.periods.advance()

    note = main.window.panels.chart.note
    qtbot.waitUntil(lambda: "the chunk is damaged" in note.text())
    assert "Import them again" in main.window.panels.status.notice.toolTip()


def test_our_trades_are_marked(qtbot: QtBot, main: MainApp) -> None:
    window = main.window
    window.market.choose(SYMBOL)
    desk_orders_fill(window._services, SYMBOL)
    window.orders.refresh()

    assert [mark.price_cny for mark in window.panels.chart.chart._trades] == [20.65]


def test_a_backward_adjusted_series_also_reads_the_last_close_as_traded() -> None:
    market = FakeMarket(SimClock(NOW))

    found = read_bars(market, SYMBOL, Period.DAY, Adjust.HFQ, 50)

    assert len(found.bars) == 50
    assert found.raw_last_close == pytest.approx(18.77)
    assert read_bars(market, SYMBOL, Period.DAY, Adjust.QFQ, 50).raw_last_close is None
