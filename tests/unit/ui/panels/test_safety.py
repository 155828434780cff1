"""The safety panel: a click asks, the state answers; one sentence says what matters most."""

import pytest
from pytestqt.qtbot import QtBot

from core.types import KillLevel
from tests.support.fake_safety import FakeSafety
from tests.support.window import keep, look, texts
from ui.panels.safety import BREAKERS, CASES, FLATTEN, SafetyPanel
from ui.tones import Tone


@pytest.fixture
def panel(qtbot: QtBot) -> SafetyPanel:
    made = keep(qtbot, SafetyPanel(texts(), look()))
    desk = FakeSafety()
    made.show_state(desk.breakers(), desk.cases(), {})
    return made


def test_a_click_on_a_level_asks_and_leaves_the_level_in_force_down(panel: SafetyPanel) -> None:
    asked: list[KillLevel] = []
    panel.level_asked.connect(asked.append)
    panel.show_level(KillLevel.PAUSE)

    panel.levels.buttons["BLOCK"].click()
    panel.levels.buttons["PAUSE"].click()

    assert asked == [KillLevel.BLOCK]
    assert panel.levels.chosen == "PAUSE"


def test_only_a_tripped_breaker_can_be_rearmed(panel: SafetyPanel) -> None:
    asked: list[str] = []
    panel.rearm_asked.connect(asked.append)

    for line in range(2):
        panel.breakers.selectRow(line)
        assert panel.rearm.isEnabled() is (panel.breakers.current_key() == "daily_loss")
        panel.rearm.click()

    assert asked == ["daily_loss"]


def test_an_open_case_can_be_closed(panel: SafetyPanel) -> None:
    asked: list[int] = []
    panel.close_asked.connect(asked.append)
    panel.view.buttons[CASES].click()
    panel.cases.selectRow(0)

    panel.close_case.click()

    assert asked == [1]
    assert panel.tables.currentWidget() is panel.cases


def test_the_sentence_says_what_blocks_before_what_is_tripped(panel: SafetyPanel) -> None:
    desk = FakeSafety()
    assert panel.state.text() == "熔断 1，差异 1"

    panel.show_state(desk.breakers(), desk.cases(), {"reconciler": "asking the broker"})
    assert panel.state.text() == "暂不能下单：asking the broker"
    assert panel.state.property("tone") == Tone.DANGER.value

    panel.show_state((), (), {})
    assert panel.state.text() == "无冻结、无熔断"


def test_the_flatten_plan_shows_its_lines_and_never_flat_unproven(panel: SafetyPanel) -> None:
    plan = FakeSafety().flatten_plan().result()

    panel.show_plan(plan)

    assert panel.view.chosen == FLATTEN
    assert panel.lines.table.rowCount() == 2
    assert panel.state.text() == "未空仓：3,000 shares are held"


def test_the_view_decides_which_button_is_there(panel: SafetyPanel) -> None:
    for view, button in ((BREAKERS, panel.rearm), (CASES, panel.close_case),
                         (FLATTEN, panel.plan)):
        panel.view.buttons[view].click()
        assert [each.isVisibleTo(panel) for each in (panel.rearm, panel.close_case, panel.plan)
                ].count(True) == 1
        assert button.isVisibleTo(panel)


def test_the_label_of_an_untested_broker_is_shown_whole_in_its_tip(panel: SafetyPanel) -> None:
    panel.show_label("tested against a fake, never against a broker")

    assert "never" in panel.label.toolTip()
