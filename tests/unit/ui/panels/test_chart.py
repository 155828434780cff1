"""The chart panel: bars, the forming bar, and a view that follows the end."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from core.clock import SimClock
from core.types import Adjust, Period
from tests.support.fake_services import BY_SYMBOL, NOW, FakeMarket, a_quote
from tests.support.window import keep, look, texts
from ui.chart_style import DARK
from ui.live_bars import LiveBar
from ui.panels.chart import ChartPanel
from ui.theme import theme_of
from ui.viewmodels import quote_row

SYMBOL = "600103.SH"
BARS = FakeMarket(SimClock(NOW)).bars(SYMBOL, Period.DAY, last=200)
LAST = int(BARS.ts_s[-1])


@pytest.fixture
def panel(qtbot: QtBot) -> ChartPanel:
    made = ChartPanel(texts(), look())
    keep(qtbot, made)
    made.resize(800, 500)
    made.show()
    made.show_row(quote_row(SYMBOL, BY_SYMBOL[SYMBOL], a_quote(SYMBOL)))
    made.show_bars(BARS)
    return made


def bar(ts_s: int, close: float = 19.0) -> LiveBar:
    return LiveBar(ts_s, 18.9, 19.2, 18.8, close, 1_000.0, 19_000.0)


def test_the_choice_of_period_and_adjustment_is_announced(panel: ChartPanel) -> None:
    seen: list[tuple[Period, Adjust]] = []
    panel.view_changed.connect(lambda: seen.append((panel.period, panel.adjust)))

    panel.periods.advance()
    panel.adjusts.advance()

    assert (panel.period, panel.adjust) == (Period.MIN1, Adjust.HFQ)
    assert seen == [(Period.MIN1, Adjust.QFQ), (Period.MIN1, Adjust.HFQ)]


def test_a_forming_bar_is_added_once_and_then_changed(panel: ChartPanel) -> None:
    assert not panel.show_live(bar(LAST + 86_400))
    assert not panel.show_live(bar(LAST + 86_400, 19.1))

    assert len(panel.chart.model) == 201
    assert panel.chart.model.close_cny[-1] == 19.1


def test_the_next_bar_tells_that_the_one_before_has_ended(panel: ChartPanel) -> None:
    panel.show_live(bar(LAST + 86_400))

    assert panel.show_live(bar(LAST + 2 * 86_400))
    assert len(panel.chart.model) == 202


def test_a_bar_older_than_the_history_is_not_drawn(panel: ChartPanel) -> None:
    panel.show_live(bar(LAST - 86_400))

    assert len(panel.chart.model) == 200


def test_reading_again_keeps_the_forming_bar_and_the_end_in_view(panel: ChartPanel) -> None:
    panel.show_live(bar(LAST + 86_400))

    panel.show_bars(BARS, again=True)

    assert len(panel.chart.model) == 201
    assert panel.chart.view.shows_end(201)


def test_a_longer_history_read_again_still_shows_its_end(panel: ChartPanel) -> None:
    longer = FakeMarket(SimClock(NOW)).bars(SYMBOL, Period.DAY, last=260)

    panel.show_bars(longer, again=True)

    assert panel.chart.view.shows_end(260)


def test_reading_again_does_not_move_a_view_the_user_has_chosen(panel: ChartPanel) -> None:
    panel.chart.set_view(20, 60)
    before = panel.chart.view

    panel.show_bars(BARS, again=True)

    assert panel.chart.view == before


def test_a_failure_is_said_beside_the_periods(panel: ChartPanel) -> None:
    panel.show_failure("no bars")
    assert panel.note.text() == "no bars"

    panel.await_bars()
    assert panel.note.text() == ""


def test_the_chart_follows_the_theme_and_the_convention(panel: ChartPanel) -> None:
    panel.look.theme = theme_of("dark", red_up=False)
    panel.restyle()

    assert panel.chart._colors.up == DARK.down


def test_the_panel_speaks_the_language_in_force(panel: ChartPanel) -> None:
    panel.texts.switch("en")
    panel.retranslate()

    assert panel.periods.buttons["1d"].text() == "Day"
    panel.texts.switch("zh")
    panel.show_row(replace(quote_row(SYMBOL, None, None), decimals=3))
