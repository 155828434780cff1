"""Fixtures for tests that open the whole window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.support.window import open_window
from ui.app import MainApp


def pytest_configure(config: pytest.Config) -> None:
    """The offscreen platform says this of size hints, pop-ups and raised windows."""
    config.addinivalue_line("qt_log_ignore", "^This plugin does not support")


@pytest.fixture
def main(qtbot: QtBot, tmp_path: Path) -> Iterator[MainApp]:
    with open_window(qtbot, tmp_path) as opened:
        yield opened
