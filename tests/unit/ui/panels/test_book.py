"""The book: a click or a key on a level hands over its price."""

from decimal import Decimal
from itertools import pairwise

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.types import Level
from tests.support.fake_services import BY_SYMBOL, a_quote
from tests.support.window import click, keep, look, press, texts
from ui.panels.book import BookPanel
from ui.viewmodels import quote_row

SYMBOL = "600103.SH"
D = Decimal
QUOTE = a_quote(SYMBOL, prev_close_cny=D("18.77"),
                asks=tuple(Level(D("18.80") + n * D("0.01"), 300 + n * 100) for n in range(5)),
                bids=(Level(D("18.79"), 12_300), Level(D("18.77"), 100)))


@pytest.fixture
def book(qtbot: QtBot) -> BookPanel:
    made = BookPanel(texts(), look())
    keep(qtbot, made)
    made.resize(280, 260)
    made.show_quote(QUOTE, quote_row(SYMBOL, BY_SYMBOL[SYMBOL], QUOTE))
    made.show()
    return made


def test_asks_stand_above_bids_with_their_ranks(book: BookPanel) -> None:
    assert [book.label(line) for line in book.lines] == [
        "卖五", "卖四", "卖三", "卖二", "卖一", "买一", "买二", "买三", "买四", "买五"]
    assert [book.price_text(line) for line in book.lines[4:8]] == ["18.80", "18.79", "18.77", "—"]


def test_a_click_on_a_level_hands_over_its_price(qtbot: QtBot, book: BookPanel) -> None:
    chosen: list[Decimal] = []
    book.price_chosen.connect(chosen.append)

    for at in (0, 5, 9):            # the fifth ask, the first bid, an empty bid
        click(book, book.line_rect(at).center())

    assert chosen == [D("18.84"), D("18.79")]


def test_the_keyboard_walks_the_levels(qtbot: QtBot, book: BookPanel) -> None:
    chosen: list[Decimal] = []
    book.price_chosen.connect(chosen.append)

    for key in (Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Down,
                Qt.Key.Key_Space):
        press(book, key)

    assert chosen == [D("18.80"), D("18.77")]


def test_the_lines_do_not_overlap_and_stay_inside(book: BookPanel) -> None:
    rects = [book.line_rect(at) for at in range(10)]

    assert all(not a.intersects(b) for a, b in pairwise(rects))
    assert rects[-1].bottom() <= book.height()


def test_a_book_without_a_quote_is_empty_and_can_be_painted(book: BookPanel) -> None:
    book.show_quote(None, quote_row(SYMBOL, None, None))

    assert all(line.price_cny is None for line in book.lines)
    assert not book.grab().isNull()


def test_the_largest_size_is_the_widest_bar(book: BookPanel) -> None:
    picture = book.grab().toImage()

    def painted(at: int) -> int:
        y = book.line_rect(at).y() + 2
        plain = picture.pixelColor(4, y)
        return sum(picture.pixelColor(x, y) != plain for x in range(book.width()))

    assert painted(5) > painted(6)
    assert painted(7) <= 2
