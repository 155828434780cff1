import pytest
from pytestqt.qtbot import QtBot

from core.desk_types import PlanKind, PlanStatus
from tests.support.fake_safety import FakePlans, a_plan
from tests.support.window import keep, look, texts
from ui.panels.plans import PlansPanel


@pytest.fixture
def panel(qtbot: QtBot) -> PlansPanel:
    made = keep(qtbot, PlansPanel(texts(), look()))
    made.show_plans(FakePlans().plans())
    return made


def test_a_running_plan_can_be_stopped_and_a_finished_one_cannot(panel: PlansPanel) -> None:
    asked: list[int] = []
    panel.stop_asked.connect(asked.append)
    panel.table.selectRow(0)
    panel.stop.click()
    assert asked == [1]

    panel.show_plans([a_plan(1, PlanKind.TWAP, PlanStatus.DONE)])

    assert not panel.stop.isEnabled()


def test_choosing_a_plan_shows_its_instrument(panel: PlansPanel) -> None:
    shown: list[str] = []
    panel.symbol_chosen.connect(shown.append)

    panel.table.selectRow(1)

    assert shown == ["600102.SH"]


def test_a_new_plan_is_asked_for(panel: PlansPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.new_asked):
        panel.new.click()
