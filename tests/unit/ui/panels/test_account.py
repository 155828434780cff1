"""The account bar: known figures exact, unknown ones a dash."""

from dataclasses import replace
from decimal import Decimal

from pytestqt.qtbot import QtBot

from tests.support.window import keep, look, texts
from ui.panels.account import AccountBar
from ui.tones import Tone
from ui.viewmodels import AccountView

D = Decimal
VIEW = AccountView(
    equity_cny=D("983303.64"), available_cny=D("339738.64"), reserved_cny=D("112580.00"),
    withdrawable_cny=D("452318.64"), market_value_cny=D("530985.00"), pnl_cny=D("-16696.36"),
    pnl_ratio=D("-0.0167"), pnl_today_cny=D("2230.00"), pnl_today_ratio=D("0.0023"))


def test_gains_carry_sign_colour_and_share(qtbot: QtBot) -> None:
    bar = AccountBar(texts(), look())
    keep(qtbot, bar)

    bar.show_view(VIEW)

    assert bar.figures["equity"].value == "983,303.64"
    assert bar.figures["frozen"].value == "112,580.00"
    today, total = bar.figures["pnl_today"], bar.figures["pnl_total"]
    assert (today.value, today.tone) == ("+2,230.00 +0.23%", Tone.RISE)
    assert (total.value, total.tone) == ("-16,696.36 -1.67%", Tone.FALL)


def test_what_is_not_known_is_a_dash(qtbot: QtBot) -> None:
    bar = AccountBar(texts(), look())
    keep(qtbot, bar)

    bar.show_view(replace(VIEW, equity_cny=None, pnl_cny=None, pnl_today_cny=None))

    assert {bar.figures[id_].value for id_ in ("equity", "pnl_today", "pnl_total")} == {"—"}
    assert bar.figures["available"].value == "339,738.64"
