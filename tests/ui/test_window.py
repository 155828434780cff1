"""The whole window as a trader sees it: nothing clipped, no empty box, usable by keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QFont, QRawFont
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QTableView, QWidget
from pytestqt.qtbot import QtBot

from core.types import OrderSide
from tests.support.fake_services import AT_LIMIT, BY_SYMBOL, HELD, SUSPENDED, fake_services
from tests.support.window import (
    clipped,
    desk_of,
    open_window,
    press,
    settle,
    shown,
    the_app,
    type_into,
)
from ui.app import MainApp
from ui.dialogs import OrderDialog
from ui.main_window import MIN_SIZE
from ui.panels.ticket import LINE_PX
from ui.strings import TABLE
from ui.widgets import BaseTable

SIZES = [(1366, 768), (1920, 1080)]


def drawable(character: str, font: QFont) -> bool:
    for family in font.families():
        one = QFont(family)
        one.setPixelSize(font.pixelSize())
        if QRawFont.fromFont(one).supportsCharacter(character):
            return True
    return False


def test_every_character_on_screen_has_a_glyph(main: MainApp) -> None:
    if not main.has_chinese:
        pytest.skip("no Chinese font is installed here; the window says so")
    words = {c for pair in TABLE.values() for text in pair for c in text}
    words |= {c for one in BY_SYMBOL.values() for c in one.name} | set("—…亿万一二三四五")
    font = the_app().font()

    assert sorted(c for c in words if not c.isspace() and not drawable(c, font)) == []


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_text_is_clipped(
    qtbot: QtBot, tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    with open_window(qtbot, tmp_path, language=language, size=size) as main:
        window = main.window
        assert window.size() == QSize(*size)
        for panel in ("positions", "orders", "fills", "signals"):
            window.docks.raise_panel(panel)
            settle(qtbot, main)
            assert clipped(window) == [], panel
        for symbol in ("600101.SH", "511128.SH", AT_LIMIT, SUSPENDED):
            window.market.choose(symbol)
            settle(qtbot, main)
            assert clipped(window) == [], symbol


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_panel_is_squeezed_below_what_it_needs(
    qtbot: QtBot, tmp_path: Path, size: tuple[int, int]
) -> None:
    with open_window(qtbot, tmp_path, language="en", size=size) as main:
        for name in ("chart", "book", "ticket", "watchlist", "positions", "account", "replay"):
            panel = getattr(main.window.panels, name)
            least = panel.minimumSizeHint()
            assert panel.width() >= least.width(), name
            assert panel.height() >= least.height(), name


def controls(root: QWidget) -> Iterator[QWidget]:
    for kind in (QAbstractButton, QLineEdit, QComboBox, QTableView):
        yield from shown(root, kind)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_control_has_a_name_and_a_tip(main: MainApp, language: str) -> None:
    main.window.set_language(language)
    of_the_library = ("QTableCornerButton", "QToolButton", "CTitleBarButton")
    ours = [c for c in controls(main.window) if not type(c).__module__.startswith("PyQt6Ads")
            and not any(c.inherits(name) for name in of_the_library)]

    assert len(ours) > 40
    assert [f"{type(c).__name__} {c.objectName()}" for c in ours
            if not c.accessibleName() or not c.toolTip()] == []


def test_a_switch_of_language_leaves_no_word_behind(main: MainApp) -> None:
    chinese = {pair[0] for pair in TABLE.values() if pair[0] != pair[1]}
    main.window.set_language("en")

    left = [c.text() for c in shown(main.window, QAbstractButton) if c.text() in chinese
            and c is not main.window.language_button]
    assert left == []
    assert {table.accessibleName() for table in shown(main.window, BaseTable)} == {
        "Watchlist", "Positions"}


def test_an_order_goes_from_the_keyboard_to_the_ledger(qtbot: QtBot, main: MainApp) -> None:
    """F1, a size, Enter, Enter: bought. The same day it cannot be sold, and the ticket says so."""
    window, ticket = main.window, main.window.panels.ticket
    window.market.choose("600105.SH")
    settle(qtbot, main)
    window.commands.actions["buy"].trigger()
    ticket.up.click()
    ticket.shares.edit.clear()
    type_into(ticket.shares.edit, "500")
    press(ticket.shares.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(window.findChildren(OrderDialog)))
    press(window.findChildren(OrderDialog)[0], Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: "600105.SH" in desk_of(main).positions)
    qtbot.waitUntil(lambda: window.panels.positions.table.table.shown_at("600105.SH") is not None)
    window.commands.actions["sell"].trigger()
    qtbot.waitUntil(lambda: "T+1" in ticket.problem.text())
    assert "今日可卖 0 股" in ticket.problem.text()


def test_the_quarter_buttons_fill_in_legal_sizes(qtbot: QtBot, main: MainApp) -> None:
    window, ticket = main.window, main.window.panels.ticket
    window.market.choose(HELD)
    ticket.set_side(OrderSide.SELL)
    qtbot.waitUntil(lambda: ticket._preview is not None)

    for part, shares in ((4, "3000"), (3, "4100"), (1, "12300")):
        ticket.parts[part].click()
        assert ticket.shares.edit.text() == shares
        qtbot.waitUntil(lambda: ticket._preview is not None)


def test_empty_panels_say_what_to_do_and_show_no_zero_for_the_unknown(
    qtbot: QtBot, tmp_path: Path
) -> None:
    services = fake_services(empty=True, instruments=())
    with open_window(qtbot, tmp_path, services=services) as main:
        window = main.window
        for name in ("watchlist", "positions", "orders", "fills", "signals"):
            table = getattr(window.panels, name).table
            assert table.table.rowCount() == 0
            assert len(main.texts.tr(table.empty_key)) > 10
        assert window.panels.chart.header.last.text() == ""
        assert {figure.value for figure in window.panels.ticket.costs.values()} == {"—"}
        assert window.panels.account.figures["equity"].value == "1,000,000.00"


def test_sorting_by_change_puts_the_largest_number_first(main: MainApp) -> None:
    table = main.window.panels.watchlist.table
    column = next(n for n, c in enumerate(table.table.columns) if c.id == "change_ratio")

    table.sortByColumn(column, Qt.SortOrder.DescendingOrder)

    ratios = [table.table.row(n).change_ratio for n in range(table.table.rowCount())]
    known = [ratio for ratio in ratios if ratio is not None]
    assert known == sorted(known, reverse=True)
    assert ratios[-1] is None           # the halted one has no change


def test_the_window_moves_by_itself_once_the_feed_runs(qtbot: QtBot, main: MainApp) -> None:
    header = main.window.panels.chart.header
    before = header.figures["volume"].value
    main.window.jobs.host(main.window._services.feed.run, pytest.fail)

    qtbot.waitUntil(lambda: header.figures["volume"].value != before)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_at_its_least_size_the_ticket_and_the_book_are_whole(
    qtbot: QtBot, tmp_path: Path, language: str
) -> None:
    with open_window(qtbot, tmp_path, language=language, size=MIN_SIZE) as main:
        ticket, book = main.window.panels.ticket, main.window.panels.book
        ticket.set_shares(3_000_000)
        qtbot.waitUntil(lambda: bool(ticket.problem.text()))

        below = [book.line_rect(line).bottom() for line in range(10)]
        assert max(below) <= book.height()
        for stepper in (ticket.price, ticket.shares):
            assert stepper.edit.visibleRegion().boundingRect().height() == stepper.edit.height()
        assert ticket.problem.visibleRegion().boundingRect().height() >= LINE_PX - 2
