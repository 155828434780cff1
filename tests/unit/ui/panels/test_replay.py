"""The replay bar: it shows the replay and asks, it decides nothing."""

from dataclasses import replace
from datetime import date

import pytest
from pytestqt.qtbot import QtBot

from core.types import ReplayState
from tests.support.fake_services import DAY, NOW, days_before
from tests.support.window import keep, look, texts
from ui.panels.replay import ReplayBar

STATE = ReplayState(day=DAY, now_utc=NOW, speed=5.0, paused=False, finished=False,
                    days=(*days_before(DAY, 3), DAY))


@pytest.fixture
def bar(qtbot: QtBot) -> ReplayBar:
    made = ReplayBar(texts(), look())
    keep(qtbot, made)
    made.show_state(STATE, 0.25)
    return made


def test_day_speed_progress_and_time_are_shown(bar: ReplayBar) -> None:
    assert bar.days.currentText() == "2026-09-16"
    assert bar.days.count() == 4
    assert bar.speeds.chosen == "5"
    assert bar.progress.value() == 250
    assert bar.moment.text() == "10:24:36"


def test_a_speed_without_a_button_leaves_all_up(bar: ReplayBar) -> None:
    bar.show_state(replace(STATE, speed=7.5), 0.25)

    assert not any(button.isChecked() for button in bar.speeds.buttons.values())


def test_pausing_and_going_on_are_asked_for(bar: ReplayBar) -> None:
    asked: list[bool] = []
    bar.paused_asked.connect(asked.append)

    bar.pause.click()
    bar.show_state(replace(STATE, paused=True), 0.25)
    assert bar.pause.text() == "继续"
    bar.pause.click()

    assert asked == [True, False]


def test_a_finished_day_cannot_be_paused(bar: ReplayBar) -> None:
    bar.show_state(replace(STATE, finished=True), 1.0)

    assert (bar.pause.text(), bar.pause.isEnabled()) == ("已收盘", False)


def test_another_day_and_speed_are_asked_for(bar: ReplayBar) -> None:
    days, speeds = list[date](), list[float]()
    bar.day_asked.connect(days.append)
    bar.speed_asked.connect(speeds.append)

    bar.days.activated.emit(0)
    bar.days.activated.emit(3)          # the day that is played already
    bar.speeds.buttons["60"].click()

    assert (days, speeds) == ([STATE.days[0]], [60.0])


def test_an_unconfirmed_day_is_put_back(bar: ReplayBar) -> None:
    bar.days.setCurrentIndex(0)

    bar.show_day()

    assert bar.days.currentText() == "2026-09-16"
