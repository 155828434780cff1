import pytest
from pytestqt.qtbot import QtBot

from core.desk_types import Autonomy
from tests.support.fake_safety import FakeAuto
from tests.support.window import keep, look, texts
from ui.panels.auto import AutoPanel


@pytest.fixture
def panel(qtbot: QtBot) -> AutoPanel:
    made = keep(qtbot, AutoPanel(texts(), look()))
    made.show_proposals(FakeAuto().proposals())
    return made


def test_only_a_pending_proposal_can_be_approved_or_declined(panel: AutoPanel) -> None:
    said: list[tuple[str, int]] = []
    panel.approve_asked.connect(lambda number: said.append(("yes", number)))
    panel.decline_asked.connect(lambda number: said.append(("no", number)))

    for line in range(2):
        panel.table.selectRow(line)
        panel.approve.click()
        panel.decline.click()

    assert said == [("yes", 1), ("no", 1)]


def test_a_click_on_a_level_asks_and_leaves_the_level_in_force_down(panel: AutoPanel) -> None:
    asked: list[Autonomy] = []
    panel.level_asked.connect(asked.append)
    panel.show_level(Autonomy.MANUAL)

    panel.levels.buttons["AUTO"].click()

    assert asked == [Autonomy.AUTO]
    assert panel.levels.chosen == "MANUAL"
