"""The trading side: preview, confirmation, orders and their refusals, cancels, kill, reset."""

from concurrent.futures import Future
from dataclasses import replace
from decimal import Decimal

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.types import (
    KillLevel,
    OrderPreview,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
)
from tests.support.fake_services import DAY, HELD, days_before, desk_orders_fill
from tests.support.window import desk_of, press, settle
from ui.app import MainApp


def confirmations(main: MainApp) -> list[OrderPreview]:
    """Instead of the dialog: what would have been shown in it."""
    found: list[OrderPreview] = []
    main.window.orders.confirm_asked.disconnect()
    main.window.orders.confirm_asked.connect(lambda _, preview: found.append(preview))
    return found


def type_order(main: MainApp, symbol: str, side: OrderSide, price: str, shares: int) -> None:
    window = main.window
    window.market.choose(symbol)
    window.panels.ticket.set_side(side)
    window.panels.ticket.set_price(Decimal(price))
    window.panels.ticket.set_shares(shares)


def previewed(qtbot: QtBot, main: MainApp) -> None:
    qtbot.waitUntil(lambda: main.window.panels.ticket._preview is not None)


def test_a_draft_is_priced_while_it_is_typed(qtbot: QtBot, main: MainApp) -> None:
    type_order(main, HELD, OrderSide.BUY, "18.80", 300)
    previewed(qtbot, main)

    costs = main.window.panels.ticket.costs
    assert (costs["amount"].value, costs["fees"].value) == ("5,640.00", "5.06")
    assert costs["cash"].value == "5,645.06"


def test_an_order_is_sent_only_after_its_confirmation(qtbot: QtBot, main: MainApp) -> None:
    asked, before = confirmations(main), len(desk_of(main).orders)
    type_order(main, HELD, OrderSide.BUY, "20.65", 300)

    main.window.panels.ticket.submit.click()
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert len(desk_of(main).orders) == before

    main.window.orders.place(asked[0].request)
    qtbot.waitUntil(lambda: main.window.panels.fills.table.table.rowCount() == 1)
    order = desk_of(main).orders[-1]
    assert (order.status, order.request.key) == (OrderStatus.FILLED, asked[0].request.key)
    assert "成交：买入 600103.SH 300 股" in main.window.panels.status.notice.toolTip()


@pytest.mark.parametrize(("language", "part"), [
    ("zh", "今日可卖 0 股"), ("en", "0 may be sold today"),
])
def test_the_same_day_sale_is_refused_with_its_reason_in_the_ticket(
    qtbot: QtBot, main: MainApp, language: str, part: str
) -> None:
    main.window.set_language(language)
    type_order(main, "688121.SH", OrderSide.SELL, "203.00", 400)
    previewed(qtbot, main)

    assert part in main.window.panels.ticket.problem.text()
    assert "T+1" in main.window.panels.ticket.problem.text()


def test_a_refused_order_is_told_with_what_to_do(qtbot: QtBot, main: MainApp) -> None:
    asked = confirmations(main)
    type_order(main, HELD, OrderSide.BUY, "20.65", 3_000_000)
    main.window.panels.ticket.submit.click()
    qtbot.waitUntil(lambda: len(asked) == 1)

    main.window.orders.place(asked[0].request)

    notice = main.window.panels.status.notice
    qtbot.waitUntil(lambda: "委托被拒绝" in notice.toolTip())
    assert "请减到" in notice.toolTip()


def test_an_old_preview_does_not_overwrite_a_newer_one(qtbot: QtBot, main: MainApp) -> None:
    type_order(main, HELD, OrderSide.BUY, "18.80", 300)
    previewed(qtbot, main)
    orders = main.window.orders
    draft = main.window.panels.ticket.draft()
    assert draft is not None
    orders._preview(draft, confirm=False)
    type_order(main, HELD, OrderSide.BUY, "18.80", 500)
    previewed(qtbot, main)

    assert main.window.panels.ticket.costs["amount"].value == "9,400.00"


def test_an_answer_that_was_overtaken_opens_no_confirmation(
    qtbot: QtBot, main: MainApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, desk = confirmations(main), desk_of(main)
    type_order(main, HELD, OrderSide.BUY, "18.80", 300)
    previewed(qtbot, main)
    draft = main.window.panels.ticket.draft()
    assert draft is not None
    waiting: list[Future[OrderPreview]] = []

    def later(_: OrderRequest) -> Future[OrderPreview]:
        waiting.append(Future())
        return waiting[-1]

    answer = desk.preview(main.window.orders._request(draft)).result()
    monkeypatch.setattr(desk, "preview", later)
    main.window.orders._ask_to_confirm(draft)
    main.window.orders._take_draft(replace(draft, shares=500))
    for future in (waiting[1], waiting[0]):
        future.set_result(answer)
    QApplication.processEvents()
    QApplication.processEvents()

    assert asked == []


def test_enter_right_after_the_last_digit_still_opens_the_confirmation(
    qtbot: QtBot, main: MainApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, desk, ticket = confirmations(main), desk_of(main), main.window.panels.ticket
    type_order(main, HELD, OrderSide.BUY, "18.80", 300)
    previewed(qtbot, main)
    waiting: list[tuple[OrderRequest, Future[OrderPreview]]] = []
    answer = desk.preview

    def later(request: OrderRequest) -> Future[OrderPreview]:
        waiting.append((request, Future()))
        return waiting[-1][1]

    monkeypatch.setattr(desk, "preview", later)
    ticket.set_shares(400)
    with qtbot.waitSignal(ticket.draft_changed):    # the pause after typing, while it is asked
        press(ticket.shares.edit, Qt.Key.Key_Return)
    for request, future in waiting:
        future.set_result(answer(request).result())

    qtbot.waitUntil(lambda: [preview.request.shares for preview in asked] == [400])


def test_a_draft_that_was_taken_apart_opens_no_confirmation(
    qtbot: QtBot, main: MainApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, desk, ticket = confirmations(main), desk_of(main), main.window.panels.ticket
    type_order(main, HELD, OrderSide.BUY, "18.80", 300)
    previewed(qtbot, main)
    draft = ticket.draft()
    assert draft is not None
    answer, waiting = desk.preview(main.window.orders._request(draft)), Future[OrderPreview]()
    monkeypatch.setattr(desk, "preview", lambda _: waiting)
    ticket.submit.click()
    with qtbot.waitSignal(ticket.draft_changed):
        ticket.shares.edit.clear()
        ticket._changed()
    waiting.set_result(answer.result())
    QApplication.processEvents()
    QApplication.processEvents()

    assert asked == []


def test_the_ticket_is_judged_again_when_the_kill_switch_or_the_account_changes(
    qtbot: QtBot, main: MainApp
) -> None:
    type_order(main, HELD, OrderSide.BUY, "18.80", 300)
    previewed(qtbot, main)
    ticket, before = main.window.panels.ticket, desk_of(main).previews
    held = main.window.panels.ticket.most.text()

    main.window.orders.reset(DAY, lambda: None)

    qtbot.waitUntil(lambda: ticket.most.text() != held)
    assert desk_of(main).previews > before
    assert "可卖 0 股" in ticket.most.text()


def test_cancelling_one_and_all(qtbot: QtBot, main: MainApp) -> None:
    assert main.window.orders.open_orders() == 3

    main.window.orders.cancel(2)
    qtbot.waitUntil(lambda: main.window.orders.open_orders() == 2)
    main.window.panels.orders.cancel_all.click()
    qtbot.waitUntil(lambda: main.window.orders.open_orders() == 0)

    assert "已请求撤销 2 笔委托" in main.window.panels.status.notice.toolTip()


def test_a_click_on_the_book_sets_the_price_and_keeps_the_side(main: MainApp) -> None:
    main.window.market.choose(HELD)
    main.window.panels.ticket.set_side(OrderSide.SELL)
    best = main.window.panels.book.lines[5].price_cny
    assert best is not None

    main.window.panels.book.choose(5)

    assert main.window.panels.ticket.price.number() == best
    assert main.window.panels.ticket.side is OrderSide.SELL


def test_the_kill_level_reaches_the_desk_and_the_status_bar(qtbot: QtBot, main: MainApp) -> None:
    main.window.orders.set_kill(KillLevel.BLOCK)

    qtbot.waitUntil(lambda: main.window.orders.kill_level is KillLevel.BLOCK)
    assert main.window.panels.status.kill.text() == "交易已锁定"
    assert main.window.kill_button.text() == "解除锁定"


def test_a_reset_starts_a_fresh_account_and_then_goes_on(qtbot: QtBot, main: MainApp) -> None:
    earlier, went = days_before(DAY, 3)[0], list[int]()

    main.window.orders.reset(earlier, lambda: went.append(len(desk_of(main).positions)))
    qtbot.waitUntil(lambda: went == [0])
    settle(qtbot, main)

    assert main.window.panels.account.figures["equity"].value == "1,000,000.00"
    assert main.window.panels.positions.table.table.rowCount() == 0


def test_holdings_follow_their_quotes(qtbot: QtBot, main: MainApp) -> None:
    table = main.window.panels.positions.table.table
    before = table.row(0)
    assert before.last_cny is not None

    state = main.window.market.state
    state.quotes[HELD] = replace(
        state.quotes[HELD], last_cny=before.last_cny + Decimal("0.10"))
    main.window.orders.take_quotes({HELD})

    assert table.row(0).value_cny == (before.value_cny or 0) + Decimal("1230.00")


def test_only_the_boards_own_kinds_of_order_are_offered(main: MainApp) -> None:
    main.window.market.choose("300117.SZ")
    kinds = {choice.type for choice in main.window.panels.ticket._types}

    assert OrderType.LIMIT in kinds
    assert OrderType.COUNTER_BEST in kinds
    assert OrderType.MARKET not in kinds
    assert main.window.panels.ticket._types[0].type is OrderType.LIMIT


def test_a_fill_of_another_author_is_shown_too(qtbot: QtBot, main: MainApp) -> None:
    desk_orders_fill(main.window._services, "600105.SH")

    qtbot.waitUntil(lambda: main.window.panels.positions.table.table.rowCount() == 5)
