"""The layout: remembered by ids, checked by digest, and always on a screen that is there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QRect
from PyQt6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.exceptions import ConfigError
from tests.support.window import keep
from ui.docks import (
    DockArea,
    Place,
    WindowLayout,
    on_screen,
    put_aside,
    read_layout,
    write_layout,
)

LAYOUT = WindowLayout(b"<docks/>", 10, 20, 1366, 768, maximised=False)
SCREEN = QRect(0, 0, 1920, 1080)


@pytest.fixture
def area(qtbot: QtBot) -> Iterator[DockArea]:
    window = QWidget()
    keep(qtbot, window)
    column = QVBoxLayout(window)
    made = DockArea(window)
    column.addWidget(made.widget)
    for name, place in (("chart", Place.CENTRE), ("watchlist", Place.LEFT), ("book", Place.RIGHT),
                        ("ticket", Place.RIGHT_BELOW), ("positions", Place.BELOW),
                        ("orders", Place.BELOW)):
        made.add(name, QLabel(name), place)
    window.resize(1366, 700)
    window.show()
    qtbot.waitExposed(window)
    made.proportion(lambda width: width)
    yield made
    window.close()


def test_a_layout_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "window.json"

    write_layout(path, LAYOUT)

    assert read_layout(path) == LAYOUT
    assert [file.name for file in tmp_path.iterdir()] == ["window.json"]


def test_no_file_and_a_file_of_another_version_mean_the_default(tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    assert read_layout(path) is None

    write_layout(path, LAYOUT)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"version": 99}), "utf-8")
    assert read_layout(path) is None


@pytest.mark.parametrize("garbage", [
    b"", b"\xff\x00\x80", b"{}", b"[1, 2]", b'{"version": 1}', b"null",
    b'{"version": 1, "docks": "!!", "x": 0, "y": 0, "width": 1, "height": 1, "maximised": 0,'
    b' "sha256": ""}',
])
def test_a_broken_layout_file_is_refused_and_can_be_put_aside(
    tmp_path: Path, garbage: bytes
) -> None:
    path = tmp_path / "window.json"
    path.write_bytes(garbage)

    with pytest.raises(ConfigError, match="layout file"):
        read_layout(path)

    assert put_aside(path).read_bytes() == garbage
    assert not path.exists()


def test_a_layout_changed_by_hand_does_not_match_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    write_layout(path, LAYOUT)
    body = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(body | {"docks": "PGRvY2s+"}), "utf-8")

    with pytest.raises(ConfigError, match="digest"):
        read_layout(path)


def test_docks_come_back_after_they_were_changed(area: DockArea) -> None:
    before = area.save()
    area.toggle_action("book").trigger()
    area.raise_panel("orders")
    assert not area.is_open("book")

    assert area.restore(before)

    assert area.is_open("book")


def test_the_centre_has_no_title_and_default_sizes_after_a_layout_came_back(
    area: DockArea
) -> None:
    def has_title() -> bool:
        return bool(area._area(Place.CENTRE).titleBar().isVisible())

    assert not has_title()
    assert area.restore(area.save())
    QApplication.processEvents()
    assert not has_title()

    area.proportion(lambda width: width)
    height = area._area(Place.CENTRE).height()
    assert height > area.widget.height() // 2


def test_a_switch_of_titles_does_not_lose_the_layout(area: DockArea) -> None:
    area.toggle_action("book").trigger()
    before = area.save()
    for name in area.names:
        area.set_title(name, f"{name} in another language")
    area.raise_panel("book")

    assert area.restore(before)

    assert not area.is_open("book")
    assert area.toggle_action("book").text() == "book in another language"


def test_raising_a_closed_panel_opens_it(area: DockArea) -> None:
    area.toggle_action("ticket").trigger()

    area.raise_panel("ticket")

    assert area.is_open("ticket")


@pytest.mark.parametrize(("wanted", "screens", "kept"), [
    (QRect(100, 100, 800, 600), [SCREEN], True),
    (QRect(3000, 100, 800, 600), [SCREEN], False),          # that monitor is gone
    (QRect(3000, 100, 800, 600), [SCREEN, QRect(1920, 0, 1920, 1080)], True),
    (QRect(100, -900, 800, 600), [SCREEN], False),          # the title bar cannot be grabbed
    (QRect(-700, 100, 800, 600), [SCREEN], True),
])
def test_a_window_is_brought_back_only_where_it_could_not_be_grabbed(
    wanted: QRect, screens: list[QRect], kept: bool
) -> None:
    placed = on_screen(wanted, screens)

    assert (placed == wanted) is kept
    assert any(screen.intersects(placed) for screen in screens)


def test_a_window_larger_than_the_screen_is_shrunk() -> None:
    assert on_screen(QRect(5000, 0, 4000, 3000), [SCREEN]).size() == SCREEN.size()
