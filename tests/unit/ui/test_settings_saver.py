"""Switches of the window are written one after the other, and a refusal is told."""

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.support.fake_services import fake_store
from ui.settings_saver import SettingsSaver
from ui.workers import JobRunner, Mailbox


def test_the_newest_text_of_every_key_reaches_the_file(qtbot: QtBot, tmp_path: Path) -> None:
    store, jobs = fake_store(tmp_path), JobRunner(Mailbox())
    saver = SettingsSaver(store, jobs, pytest.fail)

    for theme in ("light", "dark", "light"):
        saver.save("ui.theme", theme)
    saver.save("ui.language", "en")
    qtbot.waitUntil(lambda: store.settings.ui.language == "en" and jobs.busy == 0)

    assert store.settings.ui.theme == "light"
    assert json.loads((tmp_path / "config.json").read_text("utf-8")) == {
        "ui": {"theme": "light", "language": "en"}}


def test_a_refused_value_is_told_and_the_next_one_still_written(
    qtbot: QtBot, tmp_path: Path
) -> None:
    store, jobs, told = fake_store(tmp_path), JobRunner(Mailbox()), list[str]()
    saver = SettingsSaver(store, jobs, told.append)

    saver.save("ui.theme", "plaid")
    saver.save("ui.red_up", "false")
    qtbot.waitUntil(lambda: not store.settings.ui.red_up and jobs.busy == 0)

    assert "ui.theme" in told[0]
