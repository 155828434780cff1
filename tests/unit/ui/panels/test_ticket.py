"""The ticket: prices on the grid and in the band, legal sizes, costs at once, reasons in words."""

from dataclasses import replace
from decimal import Decimal

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.types import OrderPreview, OrderRequest, OrderSide, OrderType
from tests.support.fake_services import (
    BY_SYMBOL,
    HELD,
    NOW,
    a_quote,
    fake_services,
    refusal,
)
from tests.support.window import click, keep, look, press, texts, type_into
from ui.panels.ticket import TicketPanel, TypeChoice
from ui.viewmodels import Draft, QuoteRow, quote_row

D = Decimal
TYPES = (TypeChoice(OrderType.LIMIT, True), TypeChoice(OrderType.OWN_BEST, False))


def a_row(symbol: str = HELD, **changes: object) -> QuoteRow:
    return replace(quote_row(symbol, BY_SYMBOL[symbol], a_quote(symbol, last_cny=D("18.80"))),
                   **changes)  # type: ignore[arg-type]  # of its own fields


@pytest.fixture
def ticket(qtbot: QtBot) -> TicketPanel:
    made = keep(qtbot, TicketPanel(texts(), look(), 100))
    made.resize(320, 420)
    made.show()
    made.show_instrument(a_row(), TYPES)
    return made


def preview_of(ticket: TicketPanel, **changes: object) -> OrderPreview:
    draft = ticket.draft()
    assert draft is not None
    request = OrderRequest(symbol=draft.symbol, side=draft.side, shares=draft.shares,
                           limit_cny=draft.limit_cny, type=draft.type, created_utc=NOW)
    found = fake_services().trading.preview(request).result()
    return replace(found, **changes)  # type: ignore[arg-type]  # of its own fields


def test_an_instrument_brings_its_price_and_its_least_size(ticket: TicketPanel) -> None:
    assert ticket.draft() == Draft(symbol=HELD, side=OrderSide.BUY, type=OrderType.LIMIT,
                                   shares=100, limit_cny=D("18.80"))
    assert ticket.title.text() == "北辰能源"

    ticket.show_instrument(a_row("688121.SH"), TYPES)
    assert ticket.shares.edit.text() == "200"


def test_the_first_price_of_today_replaces_an_old_close_but_not_the_users_own(
    ticket: TicketPanel
) -> None:
    ticket.show_instrument(a_row(live=False, last_cny=D("18.00")), TYPES)
    ticket.update_row(a_row(last_cny=D("18.90")))
    ticket.update_row(a_row(last_cny=D("19.10")))
    assert ticket.price.number() == D("18.90")

    ticket.show_instrument(a_row(live=False, last_cny=D("18.00")), TYPES)
    ticket.set_price(D("17.77"))
    ticket.update_row(a_row(last_cny=D("18.90")))
    assert ticket.price.number() == D("17.77")


def test_an_old_close_that_comes_late_fills_an_empty_price(ticket: TicketPanel) -> None:
    ticket.show_instrument(a_row(live=False, last_cny=None), TYPES)
    ticket.update_row(a_row(live=False, last_cny=D("18.00")))
    assert ticket.price.number() == D("18.00")

    ticket.update_row(a_row(last_cny=D("18.90")))
    assert ticket.price.number() == D("18.90")


def test_keys_step_the_price_by_ticks_and_stop_at_the_limits(ticket: TicketPanel) -> None:
    press(ticket.price.edit, Qt.Key.Key_Up)
    assert ticket.price.number() == D("18.81")

    click(ticket.up)
    assert ticket.price.number() == D("20.65")
    press(ticket.price.edit, Qt.Key.Key_Up)
    assert ticket.price.number() == D("20.65")
    click(ticket.down)
    press(ticket.price.edit, Qt.Key.Key_Down)
    assert ticket.price.number() == D("16.89")


def test_a_fund_is_stepped_in_mills(ticket: TicketPanel) -> None:
    ticket.show_instrument(a_row("510126.SH", last_cny=D("2.870")), TYPES)

    press(ticket.price.edit, Qt.Key.Key_Down)

    assert ticket.price.edit.text() == "2.869"


def test_keys_step_the_size_by_lots_and_not_below_the_least(ticket: TicketPanel) -> None:
    for key, text in ((Qt.Key.Key_Up, "200"), (Qt.Key.Key_Down, "100"), (Qt.Key.Key_Down, "100")):
        press(ticket.shares.edit, key)
        assert ticket.shares.edit.text() == text

    ticket.set_lot(500)
    press(ticket.shares.edit, Qt.Key.Key_Up)
    assert ticket.shares.edit.text() == "600"


@pytest.mark.parametrize(("price", "shares"), [
    ("", "100"), ("abc", "100"), ("0", "100"), ("-1", "100"), ("18.80", ""), ("18.80", "0"),
    ("18.80", "1.5"), ("nan", "100"),
])
def test_what_is_not_an_order_cannot_be_sent_and_says_what_is_missing(
    qtbot: QtBot, ticket: TicketPanel, price: str, shares: str
) -> None:
    for edit, text in ((ticket.price.edit, price), (ticket.shares.edit, shares)):
        edit.clear()
        type_into(edit, text)
        edit.textEdited.emit(edit.text())

    assert ticket.draft() is None
    assert not ticket.submit.isEnabled()
    qtbot.waitUntil(lambda: ticket.problem.text() == "请填写价格和数量。")


def test_the_draft_is_told_once_typing_pauses(qtbot: QtBot, ticket: TicketPanel) -> None:
    told: list[Draft | None] = []
    ticket.draft_changed.connect(told.append)

    for _ in range(5):
        press(ticket.shares.edit, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: bool(told))

    assert [draft.shares for draft in told if draft] == [600]


def test_costs_and_reasons_are_shown_and_read_again_in_the_other_language(
    ticket: TicketPanel
) -> None:
    reason = refusal("T1_SELLABLE", shares="400", sellable="0", locked="400",
                     next_session="2026-09-17")
    ticket.show_preview(preview_of(ticket, refusals=(reason,)))

    assert (ticket.costs["amount"].value, ticket.costs["fees"].value) == ("1,880.00", "5.02")
    assert "5.00" in ticket.costs["fees"].toolTip()
    assert "今日可卖 0 股" in ticket.problem.text()
    assert "可卖 12,300 股" in ticket.most.text()
    ticket.texts.switch("en")
    ticket.retranslate()
    assert "0 may be sold today" in ticket.problem.text()
    assert ticket.submit.text() == "Place buy order"


def test_costs_of_an_older_draft_are_not_shown(ticket: TicketPanel) -> None:
    old = preview_of(ticket)
    ticket.set_shares(900)

    ticket.show_preview(old)

    assert {figure.value for figure in ticket.costs.values()} == {"—"}


def test_parts_of_what_is_possible_are_legal_sizes(ticket: TicketPanel) -> None:
    ticket.show_preview(preview_of(ticket, max_buy_shares=2_000))
    click(ticket.parts[3])
    assert ticket.shares.edit.text() == "600"

    ticket.set_side(OrderSide.SELL)
    ticket.show_preview(preview_of(ticket, sellable_shares=1_050))
    click(ticket.parts[1])
    assert ticket.shares.edit.text() == "1050"


def test_a_kind_without_a_price_closes_the_price_field(ticket: TicketPanel) -> None:
    ticket.types.setCurrentIndex(1)
    ticket.types.activated.emit(1)

    assert not ticket.price.isEnabled()
    draft = ticket.draft()
    assert draft is not None
    assert (draft.type, draft.limit_cny) == (OrderType.OWN_BEST, None)


def test_enter_sends_what_stands_there(qtbot: QtBot, ticket: TicketPanel) -> None:
    with qtbot.waitSignal(ticket.submit_asked) as sent:
        press(ticket.shares.edit, Qt.Key.Key_Return)

    assert sent.args == [ticket.draft()]


def test_the_side_colours_the_button_that_sends(ticket: TicketPanel) -> None:
    click(ticket.sell)

    assert (ticket.side, ticket.submit.property("act")) == (OrderSide.SELL, "sell")
    assert ticket.submit.text() == "卖出下单"


def test_limits_nobody_knows_cannot_be_clicked(ticket: TicketPanel) -> None:
    ticket.show_instrument(a_row(limit_up_cny=None, limit_down_cny=None), ())

    assert (ticket.up.text(), ticket.up.isEnabled()) == ("涨停 —", False)
    assert ticket.draft() is not None


def test_another_instrument_is_asked_for_by_its_initials(
    qtbot: QtBot, ticket: TicketPanel
) -> None:
    ticket.search.set_instruments(tuple(BY_SYMBOL.values()))
    ticket.search.setText("jzxp")
    with qtbot.waitSignal(ticket.symbol_asked) as asked:
        press(ticket.search, Qt.Key.Key_Return)

    assert asked.args == ["688121.SH"]


def test_what_the_account_would_look_like_is_shown_and_unknown_is_a_dash(
    ticket: TicketPanel
) -> None:
    draft = ticket.draft()
    assert draft is not None
    preview = fake_services().trading.preview(OrderRequest(
        symbol=draft.symbol, side=draft.side, shares=draft.shares, limit_cny=draft.limit_cny,
        created_utc=NOW)).result()

    ticket.show_preview(replace(preview, position_ratio=D("0.1234"), gross_ratio=None))

    assert ticket.what_if["position"].value == "12.34%"
    assert ticket.what_if["gross"].value == "—"
