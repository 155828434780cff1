"""The status bar: origin and mode always said, notices kept, the kill level seen."""

import pytest
from pytestqt.qtbot import QtBot

from core.types import KillLevel, Mode, Origin, Phase
from tests.support.fake_services import NOW
from tests.support.window import keep, look, texts
from ui.panels.status import KEEP, StatusPanel


@pytest.fixture
def bar(qtbot: QtBot) -> StatusPanel:
    made = StatusPanel(texts(), look())
    keep(qtbot, made)
    made.resize(1200, 28)
    made.show()
    made.show_facts(Mode.SIMULATION, Origin.GENERATED)
    return made


def test_generated_data_are_always_called_so(bar: StatusPanel) -> None:
    assert (bar.origin.text(), bar.origin.property("tone")) == ("生成行情", "warn")

    bar.texts.switch("en")
    bar.retranslate()
    assert bar.origin.text() == "Generated data"

    bar.show_facts(Mode.LIVE, Origin.IMPORTED)
    assert (bar.mode.text(), bar.mode.property("tone")) == ("LIVE", "danger")
    assert bar.origin.text() == "Imported data"


def test_market_time_and_phase_are_shown_and_an_unknown_phase_is_a_dash(
    bar: StatusPanel
) -> None:
    bar.show_moment(NOW, Phase.CONTINUOUS)
    assert (bar.clock.text(), bar.phase.text()) == ("2026-09-16 10:24:36", "连续竞价")

    bar.show_moment(NOW, None)
    assert bar.phase.text() == "—"


def test_the_kill_level_is_seen_only_while_it_stands(bar: StatusPanel) -> None:
    bar.show_kill(KillLevel.BLOCK)
    assert (bar.kill.text(), bar.kill.isVisible()) == ("交易已锁定", True)

    bar.show_kill(KillLevel.NONE)
    assert not bar.kill.isVisible()


def test_the_newest_notice_stands_in_the_bar_and_the_last_ones_in_its_tip(
    bar: StatusPanel
) -> None:
    for n in range(KEEP + 2):
        bar.add_notice("WARNING", f"notice {n}")

    assert bar.notice.text() == f"notice {KEEP + 1}"
    assert bar.notice.property("tone") == "warn"
    assert bar.notice.toolTip().splitlines()[-1] == "notice 2"


def test_a_long_notice_is_shortened_to_its_room(bar: StatusPanel) -> None:
    bar.add_notice("INFO", "word " * 400)

    metrics = bar.notice.fontMetrics()
    assert bar.notice.text().endswith("…")
    assert metrics.horizontalAdvance(bar.notice.text()) <= bar.notice.width()


def test_after_a_switch_of_language_old_news_is_gone_and_a_warning_stays(
    bar: StatusPanel
) -> None:
    bar.add_notice("INFO", "一切正常")
    bar.forget_news()
    assert bar.notice.text() == ""
    assert "一切正常" in bar.notice.toolTip()

    bar.add_notice("WARNING", "小心")
    bar.forget_news()
    assert bar.notice.text() == "小心"
