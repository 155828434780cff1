"""The market side: instruments, quotes, last closes, the watchlist file and the replay."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.clock import SimClock
from core.events import DayEvent, MarketEvent, QuoteEvent
from core.types import Phase
from tests.support.fake_services import (
    BY_SYMBOL,
    DAY,
    INSTRUMENTS,
    NOW,
    PREV_CLOSE,
    FakeMarket,
    a_quote,
    fake_services,
)
from tests.support.window import desk_of, open_window, replay_of, settle
from ui.app import MainApp
from ui.market_desk import MarketState, last_closes
from ui.panels.watchlist import ALL


def row_of(main: MainApp, symbol: str) -> object:
    table = main.window.panels.watchlist.table.table
    line = table.shown_at(symbol)
    assert line is not None
    return table.row(line)


def test_the_window_opens_on_a_list_with_its_first_line_everywhere(main: MainApp) -> None:
    window = main.window
    symbol = window.market.state.symbol

    assert len(window.panels.watchlist.wanted()) == len(INSTRUMENTS)
    assert window.panels.ticket.search.text() == symbol
    assert window.panels.chart.header.code.text() == symbol
    assert window.panels.book.lines[5].price_cny is not None
    assert len(window.panels.chart.chart.model) > 300


def test_choosing_a_line_moves_chart_book_and_ticket(qtbot: QtBot, main: MainApp) -> None:
    window = main.window
    window.panels.watchlist.symbol_chosen.emit("688121.SH")
    settle(qtbot, main)

    assert window.panels.ticket.title.text() == "矩阵芯片"
    assert window.panels.chart.header.title.text() == "矩阵芯片"
    assert window.panels.book.price_text(window.panels.book.lines[5]) != "—"


def test_a_quote_reaches_its_line_and_the_header(main: MainApp) -> None:
    window, quote = main.window, a_quote("600101.SH", last_cny=Decimal("1500.00"))
    window.market.choose("600101.SH")

    window._services.bus.publish(QuoteEvent((quote,)))
    window.bridge.flush()

    assert row_of(main, "600101.SH").last_cny == Decimal("1500.00")  # type: ignore[attr-defined]  # a QuoteRow
    assert window.panels.chart.header.last.text() == "1500.00"


def test_what_is_shown_held_or_ordered_is_watched(main: MainApp) -> None:
    watched = set(replay_of(main).watched)

    assert watched >= {"600101.SH", *desk_of(main).positions}


def test_the_list_is_remembered_and_comes_back(qtbot: QtBot, tmp_path: Path) -> None:
    with open_window(qtbot, tmp_path) as first:
        first.window.panels.watchlist.remove("600101.SH")
    with open_window(qtbot, tmp_path) as second:
        assert "600101.SH" not in second.window.panels.watchlist.mine
        assert "688121.SH" in second.window.panels.watchlist.mine


def test_a_broken_watchlist_is_put_aside_with_a_notice(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "state" / "layouts" / "watchlist.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff not json")

    with open_window(qtbot, tmp_path) as main:
        assert len(main.window.panels.watchlist.mine) > 10
        assert "watchlist.broken" in main.window.panels.status.notice.toolTip()
    assert path.with_suffix(".broken").exists()


def test_an_empty_market_says_what_to_do_and_fills_when_data_come(
    qtbot: QtBot, tmp_path: Path
) -> None:
    services = fake_services(empty=True, instruments=())
    with open_window(qtbot, tmp_path, services=services) as main:
        window = main.window
        assert window.panels.watchlist.table.table.rowCount() == 0
        assert window.market.state.symbol is None

        market = services.market
        assert isinstance(market, FakeMarket)
        market._instruments = INSTRUMENTS
        services.bus.publish(MarketEvent())
        qtbot.waitUntil(lambda: window.panels.watchlist.table.table.rowCount() > 10)


def test_a_default_list_grows_with_its_market_and_the_users_own_does_not(
    qtbot: QtBot, tmp_path: Path
) -> None:
    services = fake_services(empty=True, instruments=INSTRUMENTS[:6])
    with open_window(qtbot, tmp_path, services=services) as main:
        market, panel = services.market, main.window.panels.watchlist
        assert isinstance(market, FakeMarket)
        assert len(panel.mine) == 6
        for known, listed in ((12, 12), (20, 11)):
            market._instruments = INSTRUMENTS[:known]
            with qtbot.waitSignal(main.window.market.looked):
                services.bus.publish(MarketEvent())
            settle(qtbot, main)
            assert len(panel.mine) == listed
            panel.remove(panel.mine[0])


def test_the_phase_and_the_replay_are_shown_and_steered(main: MainApp) -> None:
    window, replay = main.window, replay_of(main)

    assert window.market.phase_at(NOW) is Phase.CONTINUOUS
    window.panels.replay.speed_asked.emit(60.0)
    window.panels.replay.paused_asked.emit(True)
    assert (replay.speed, replay.paused) == (60.0, True)
    assert window.panels.replay.pause.text() == "继续"
    window.market.toggle_pause()
    assert not replay.paused


def test_beyond_the_calendar_no_phase_is_guessed(main: MainApp) -> None:
    assert main.window.market.phase_at(NOW + timedelta(days=3_650)) is None


def test_a_later_day_is_played_and_an_earlier_one_asked_about_first(main: MainApp) -> None:
    market, replay, asked = main.window.market, replay_of(main), list[date]()
    market.earlier_day_asked.disconnect()
    market.earlier_day_asked.connect(asked.append)

    market._ask_day(DAY - timedelta(days=1))
    assert (replay.day, asked) == (DAY, [DAY - timedelta(days=1)])
    market._ask_day(DAY + timedelta(days=1))
    assert replay.day == DAY + timedelta(days=1)


def test_a_new_day_drops_the_old_days_quotes(qtbot: QtBot, main: MainApp) -> None:
    window, tomorrow = main.window, DAY + timedelta(days=1)
    fresh = a_quote("600101.SH", now=NOW + timedelta(days=1))
    window._services.bus.publish(QuoteEvent((fresh,)))
    window.bridge.flush()

    window._services.bus.publish(DayEvent(tomorrow))
    settle(qtbot, main)

    assert window.market.state.quotes == {"600101.SH": fresh}
    assert window.market.state.closes["600102.SH"].last_cny == PREV_CLOSE["600102.SH"]
    assert not window.market.state.row("600102.SH").live


def test_all_instruments_can_be_listed(qtbot: QtBot, main: MainApp) -> None:
    panel = main.window.panels.watchlist
    panel.remove("600101.SH")
    assert len(panel.wanted()) == len(INSTRUMENTS) - 1

    panel.scope.buttons[ALL].click()

    assert panel.table.table.rowCount() == len(INSTRUMENTS)


def test_last_closes_have_the_shape_of_a_quote_and_stop_when_asked() -> None:
    market, stop = FakeMarket(SimClock(NOW)), threading.Event()
    found = last_closes(market, ["600101.SH"], stop)

    assert found["600101.SH"].last_cny == PREV_CLOSE["600101.SH"]
    assert found["600101.SH"].prev_close_cny == PREV_CLOSE["600101.SH"]
    stop.set()
    assert last_closes(market, ["600101.SH"], stop) == {}


def test_a_quote_of_today_comes_before_the_last_close() -> None:
    state = MarketState()
    state.instruments = dict(BY_SYMBOL)
    state.closes["600101.SH"] = a_quote("600101.SH", last_cny=Decimal("1.00"))
    old = state.row("600101.SH")
    assert (old.last_cny, old.live) == (Decimal("1.00"), False)

    state.quotes["600101.SH"] = a_quote("600101.SH", last_cny=Decimal("2.00"))

    new = state.row("600101.SH")
    assert (new.last_cny, new.live) == (Decimal("2.00"), True)
    assert state.priced["600101.SH"].last_cny == Decimal("2.00")


def test_a_market_that_cannot_be_read_is_said_and_the_window_lives(
    qtbot: QtBot, main: MainApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> object:
        raise OSError("disk gone")

    monkeypatch.setattr(main.window._services.market, "instruments", fail)
    main.window._services.bus.publish(MarketEvent())

    notice = main.window.panels.status.notice
    qtbot.waitUntil(lambda: "disk gone" in notice.toolTip())
