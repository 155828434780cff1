"""The keeper: a bad layout file never stops a start, and nothing is written for a screenshot."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.support.window import open_window
from ui.app import MainApp


def layout_file(home: Path) -> Path:
    return home / "state" / "layouts" / "window.json"


def test_the_layout_outlives_a_restart_and_a_switch_of_language(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with open_window(qtbot, tmp_path) as first:
        first.window.docks.toggle_action("book").trigger()
        first.window.set_language("en")
    with open_window(qtbot, tmp_path, language="en") as second:
        assert not second.window.docks.is_open("book")
        assert second.window.docks.is_open("ticket")


@pytest.mark.parametrize("garbage", [b"not json", b'{"version": 1}'])
def test_a_broken_file_is_put_aside_with_a_notice_and_the_default_is_shown(
    qtbot: QtBot, tmp_path: Path, garbage: bytes
) -> None:
    path = layout_file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(garbage)

    with open_window(qtbot, tmp_path) as main:
        assert "window.broken" in main.window.panels.status.notice.toolTip()
        assert main.window.docks.is_open("book")
    assert path.with_suffix(".broken").read_bytes() == garbage


def test_resetting_brings_every_panel_back(main: MainApp) -> None:
    for name in ("book", "orders"):
        main.window.docks.toggle_action(name).trigger()

    main.window.keeper.reset()

    assert all(main.window.docks.is_open(name) for name in main.window.docks.names)


def test_a_layout_that_cannot_be_written_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    with open_window(qtbot, tmp_path) as main:
        folder = layout_file(tmp_path).parent
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()

        main.window.keeper.save()

        assert "布局没有保存" in main.window.panels.status.notice.toolTip()
