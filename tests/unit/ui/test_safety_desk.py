"""Stricter is done at once; looser needs a reason; every act reaches the service behind it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.desk_types import Autonomy, PlanStatus, ProposalStatus
from core.exceptions import OrderError
from core.types import KillLevel
from tests.support.fake_safety import FakeAuto, FakePlans, FakeSafety
from tests.support.window import open_window, the_app
from ui.app import MainApp
from ui.reason_dialog import ReasonDialog


@pytest.fixture(name="main")
def _main(qtbot: QtBot, tmp_path: Path) -> Iterator[MainApp]:
    with open_window(qtbot, tmp_path) as opened:
        yield opened


def answered(main: MainApp, reason: str) -> ReasonDialog:
    dialog = main.window.findChildren(ReasonDialog)[-1]
    dialog.edit.setText(reason)
    dialog.ok.click()
    return dialog


def services(main: MainApp) -> Any:
    return main.window._services


def test_a_stricter_level_is_set_at_once_and_a_looser_one_needs_a_reason(
    main: MainApp, qtbot: QtBot
) -> None:
    panel = main.window.panels.safety
    panel.levels.buttons["BLOCK"].click()
    qtbot.waitUntil(lambda: services(main).trading.level is KillLevel.BLOCK)
    main.window.safety.refresh()

    panel.levels.buttons["NONE"].click()
    assert services(main).trading.level is KillLevel.BLOCK
    answered(main, "settled")

    qtbot.waitUntil(lambda: services(main).trading.level is KillLevel.NONE)


def test_a_breaker_is_rearmed_and_a_case_closed_with_a_reason(
    main: MainApp, qtbot: QtBot
) -> None:
    panel, desk = main.window.panels.safety, services(main).safety
    assert isinstance(desk, FakeSafety)
    panel.rearm_asked.emit("daily_loss")
    answered(main, "position closed")
    panel.close_asked.emit(1)
    answered(main, "late confirmation")

    qtbot.waitUntil(lambda: len(desk.said) == 2)
    assert [said[0] for said in desk.said] == ["daily_loss", "1"]
    assert [said[2] for said in desk.said] == ["position closed", "late confirmation"]


def test_the_flatten_plan_is_worked_out_on_request(main: MainApp, qtbot: QtBot) -> None:
    panel = main.window.panels.safety

    panel.plan_asked.emit()

    qtbot.waitUntil(lambda: panel.lines.table.rowCount() == 2)


def test_a_plan_is_stopped_and_proposals_are_answered(main: MainApp, qtbot: QtBot) -> None:
    plans, auto = services(main).plans, services(main).auto
    assert isinstance(plans, FakePlans)
    assert isinstance(auto, FakeAuto)

    main.window.panels.plans.stop_asked.emit(1)
    main.window.panels.auto.approve_asked.emit(1)

    qtbot.waitUntil(lambda: plans.stopped == [1])
    assert plans.kept[0].status is PlanStatus.STOPPED
    statuses = [auto.rows[0].status]
    main.window.panels.auto.decline_asked.emit(1)
    statuses.append(auto.rows[0].status)
    assert statuses == [ProposalStatus.SENT, ProposalStatus.DECLINED]


def test_the_auto_trader_is_switched_on_with_a_reason_and_off_without(
    main: MainApp, qtbot: QtBot
) -> None:
    auto = services(main).auto
    main.window.panels.auto.level_asked.emit(Autonomy.AUTO)
    answered(main, "tried for a week")
    qtbot.waitUntil(lambda: auto.level is Autonomy.AUTO)

    main.window.panels.auto.level_asked.emit(Autonomy.MANUAL)

    qtbot.waitUntil(lambda: auto.level is Autonomy.MANUAL)


def test_the_hot_key_blocks_without_a_question(main: MainApp, qtbot: QtBot) -> None:
    main.window.safety.block()

    qtbot.waitUntil(lambda: services(main).trading.level is KillLevel.BLOCK)


def test_an_error_of_the_desk_is_shown_and_nothing_else_happens(
    main: MainApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> object:
        future: Future[object] = Future()
        future.set_exception(OrderError("no", why="it is closed", remedy="wait"))
        return future

    told: list[str] = []
    main.window.safety.notice.connect(lambda _severity, text: told.append(text))
    monkeypatch.setattr(services(main).plans, "stop", fails)
    stop: Callable[[int], None] = main.window.panels.plans.stop_asked.emit

    stop(1)
    the_app().processEvents()

    assert told
    assert "it is closed" in told[0]
