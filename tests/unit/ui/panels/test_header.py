"""The instrument over the chart."""

from dataclasses import replace
from decimal import Decimal

from pytestqt.qtbot import QtBot

from tests.support.fake_services import AT_LIMIT, BY_SYMBOL, SUSPENDED, a_quote
from tests.support.window import keep, look, texts
from ui.panels.header import InstrumentHeader
from ui.tones import Tone
from ui.viewmodels import QuoteRow, quote_row


def row(symbol: str) -> QuoteRow:
    return quote_row(symbol, BY_SYMBOL[symbol], a_quote(symbol))


def a_header(qtbot: QtBot) -> InstrumentHeader:
    header = InstrumentHeader(texts(), look())
    keep(qtbot, header)
    return header


def test_the_price_its_change_and_the_day_are_shown(qtbot: QtBot) -> None:
    header = a_header(qtbot)
    header.show_row(replace(row("600103.SH"), last_cny=Decimal("18.86"),
                            prev_close_cny=Decimal("18.77"), low_cny=Decimal("18.60")))

    assert (header.title.text(), header.code.text()) == ("北辰能源", "600103.SH")
    assert (header.last.text(), header.last.property("tone")) == ("18.86", "rise")
    assert header.change.text() == "+0.09\n+0.48%"
    assert header.figures["limit_up"].value == "20.65"
    assert header.figures["low"].tone is Tone.FALL


def test_a_halt_and_a_limit_are_badges(qtbot: QtBot) -> None:
    header = a_header(qtbot)

    header.show_row(row(SUSPENDED))
    assert (header.badge.text(), header.last.text()) == ("停牌", "—")
    header.show_row(row(AT_LIMIT))
    assert (header.badge.text(), header.badge.property("tone")) == ("涨停", "rise")
    header.show_row(row("600103.SH"))
    assert (header.badge.text(), header.badge.property("tone")) == ("主板", "muted")


def test_the_board_and_same_day_resale_are_said_in_the_language_in_force(qtbot: QtBot) -> None:
    header = a_header(qtbot)
    header.show_row(row("511128.SH"))
    assert header.badge.text() == "基金 T+0"

    header.texts.switch("en")
    header.retranslate()

    assert header.badge.text() == "Fund T+0"
