"""The trading side of the desk: ticket, orders, positions, account and the kill switch."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from PyQt6.QtCore import QObject, pyqtSignal

from core.exceptions import DataError
from core.ports import Services
from core.rules import needs_protection, order_types, to_shanghai
from core.types import (
    DeskSnapshot,
    Fill,
    Instrument,
    KillLevel,
    Order,
    OrderPreview,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
)
from ui import formats
from ui.bridge import FRAME_MS, Bridge
from ui.market_desk import MarketState, Panels
from ui.panels.ticket import LIMIT_ONLY, TypeChoice
from ui.strings import Texts
from ui.viewmodels import (
    Draft,
    account_view,
    decimals_of,
    fill_rows,
    order_rows,
    position_rows,
)
from ui.workers import Mailbox, land, timer


@dataclass(frozen=True, slots=True)
class _Asked:
    """A preview on its way: its number, and whether its answer opens the confirmation."""

    number: int
    confirm: bool


class OrderDesk(QObject):
    confirm_asked = pyqtSignal(object, object)     # QuoteRow, OrderPreview
    snapshot_changed = pyqtSignal(object)          # DeskSnapshot
    notice = pyqtSignal(str, str)

    def __init__(
        self, services: Services, state: MarketState, panels: Panels, texts: Texts,
        mailbox: Mailbox, bridge: Bridge,
    ) -> None:
        super().__init__()
        self._services, self._state, self._panels = services, state, panels
        self._texts, self._mailbox = texts, mailbox
        self._number = 0
        self._confirming: Draft | None = None      # asked for, its dialog has not opened yet
        self._snapshot: DeskSnapshot | None = None
        self._changed = timer(self, FRAME_MS // 2, self.refresh, once=True)
        self._wire(bridge)

    def _wire(self, bridge: Bridge) -> None:
        panels = self._panels
        bridge.order.connect(self._take_order)
        bridge.fill.connect(self._take_fill)
        bridge.day.connect(lambda _: self._refresh_soon())
        bridge.kill.connect(lambda level, _: self._take_kill(level))
        panels.ticket.draft_changed.connect(self._take_draft)
        panels.ticket.submit_asked.connect(self._ask_to_confirm)
        panels.orders.cancel_asked.connect(self.cancel)
        panels.orders.cancel_all_asked.connect(self.cancel_all)
        panels.book.price_chosen.connect(self._take_price)

    # ---- what is shown ---------------------------------------------------------------------

    @property
    def snapshot(self) -> DeskSnapshot | None:
        return self._snapshot

    @property
    def kill_level(self) -> KillLevel:
        return KillLevel.NONE if self._snapshot is None else self._snapshot.kill_level

    def refresh(self) -> None:
        """The newest published state of the trading core, into every panel that shows it."""
        snapshot = self._services.trading.snapshot()
        self._snapshot = snapshot
        panels, instruments = self._panels, self._state.instruments
        panels.orders.show_rows(order_rows(snapshot.orders, instruments))
        panels.fills.show_rows(fill_rows(snapshot.fills, instruments))
        panels.status.show_kill(snapshot.kill_level)
        panels.ticket.ask_again()       # cash, holdings, the day or the kill switch are different
        self._show_values(snapshot)
        self.snapshot_changed.emit(snapshot)

    def take_quotes(self, symbols: set[str]) -> None:
        """Prices moved; only what is held matters here."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        if any(p.held_shares and p.symbol in symbols for p in snapshot.positions):
            self._show_values(snapshot)

    def show_instrument(self, symbol: str) -> None:
        """Another instrument in the ticket."""
        choices = self._type_choices(self._state.instruments.get(symbol))
        self._panels.ticket.show_instrument(self._state.row(symbol), choices)

    def stop(self) -> None:
        self._changed.stop()

    def _show_values(self, snapshot: DeskSnapshot) -> None:
        state = self._state
        rows = position_rows(snapshot, state.instruments, state.priced)
        self._panels.positions.show_rows(rows)
        self._panels.account.show_view(account_view(snapshot, state.priced, state.quotes))

    def _refresh_soon(self) -> None:
        """Many reports in a burst cost one refresh; each of them has its own notice."""
        if not self._changed.isActive():
            self._changed.start()

    def _type_choices(self, instrument: Instrument | None) -> tuple[TypeChoice, ...]:
        if instrument is None:
            return LIMIT_ONLY
        day = to_shanghai(self._services.clock.now_utc()).date()
        try:
            offered = order_types(instrument, day)
            return tuple(
                TypeChoice(type_, type_ in _PRICED or needs_protection(instrument, type_, day))
                for type_ in OrderType if type_ in offered
            ) or LIMIT_ONLY
        except DataError:
            return LIMIT_ONLY

    # ---- the ticket ------------------------------------------------------------------------

    def _take_draft(self, draft: Draft | None) -> None:
        """Typing has paused. The draft whose confirmation is on its way is asked for already."""
        if draft is None:
            self._number += 1
            self._confirming = None
        elif draft != self._confirming:
            self._preview(draft, confirm=False)

    def _ask_to_confirm(self, draft: Draft) -> None:
        self._preview(draft, confirm=True)

    def _preview(self, draft: Draft, *, confirm: bool) -> None:
        self._number += 1
        self._confirming = draft if confirm else None
        asked = _Asked(self._number, confirm)
        future = self._services.trading.preview(self._request(draft))
        land(future, self._mailbox, lambda preview: self._previewed(asked, preview),
             lambda why: self._preview_failed(asked, why))

    def _request(self, draft: Draft) -> OrderRequest:
        return OrderRequest(
            symbol=draft.symbol, side=draft.side, shares=draft.shares, limit_cny=draft.limit_cny,
            created_utc=self._services.clock.now_utc(), type=draft.type, key=uuid.uuid4().hex)

    def _previewed(self, asked: _Asked, preview: OrderPreview) -> None:
        if asked.number != self._number:
            return
        self._confirming = None
        self._panels.ticket.show_preview(preview)
        if asked.confirm:
            self.confirm_asked.emit(self._state.row(preview.request.symbol), preview)

    def _preview_failed(self, asked: _Asked, why: str) -> None:
        if asked.number == self._number:
            self._confirming = None
            self._panels.ticket.show_problem(self._texts.tr("notice.job_failed", why=why))

    def _take_price(self, price_cny: Decimal) -> None:
        """A click on the book sets the price; the side stays the user's choice."""
        self._panels.ticket.set_price(price_cny)

    def place(self, request: OrderRequest) -> None:
        """Send what was confirmed. Its age counts from now, its key stays."""
        request = replace(request, created_utc=self._services.clock.now_utc())
        land(self._services.trading.submit(request), self._mailbox, self._placed, self._failed)

    def _placed(self, order: Order) -> None:
        tr, request = self._texts.tr, order.request
        if order.refusals:
            reasons = " ".join(self._texts.refusal(refusal) for refusal in order.refusals)
            self.notice.emit("WARNING", tr("notice.refused", reason=reasons))
        else:
            self.notice.emit("INFO", tr(
                "notice.sent", id=order.order_id, side=tr(f"side.{request.side.value}"),
                symbol=request.symbol, shares=formats.shares(request.shares)))
        self._refresh_soon()

    # ---- orders ----------------------------------------------------------------------------

    def cancel(self, order_id: int) -> None:
        land(self._services.trading.cancel(order_id), self._mailbox,
             lambda _: self._refresh_soon(), self._failed)

    def cancel_all(self) -> None:
        land(self._services.trading.cancel_all(), self._mailbox, self._cancels_asked,
             self._failed)

    def _cancels_asked(self, count: int) -> None:
        self.notice.emit("INFO", self._texts.tr("notice.cancel_asked", count=count))
        self._refresh_soon()

    def open_orders(self) -> int:
        orders = self._snapshot.orders if self._snapshot is not None else ()
        return sum(order.open_shares > 0 for order in orders)

    def _take_order(self, order: Order) -> None:
        if order.status is OrderStatus.REJECTED:
            reasons = " ".join(self._texts.refusal(refusal) for refusal in order.refusals)
            self.notice.emit("WARNING", self._texts.tr("notice.refused", reason=reasons))
        self._refresh_soon()

    def _take_fill(self, fill: Fill) -> None:
        decimals = decimals_of(self._state.instruments.get(fill.symbol))
        tr = self._texts.tr
        self.notice.emit("INFO", tr(
            "notice.filled", side=tr(f"side.{fill.side.value}"), symbol=fill.symbol,
            shares=formats.shares(fill.shares), price=formats.price(fill.price_cny, decimals)))
        self._refresh_soon()

    # ---- the kill switch and the reset -----------------------------------------------------

    def set_kill(self, level: KillLevel) -> None:
        land(self._services.trading.set_kill(level, "by hand at the desk"), self._mailbox,
             self._take_kill, self._failed)

    def _take_kill(self, level: KillLevel) -> None:
        self._panels.status.show_kill(level)
        self._refresh_soon()

    def reset(self, day: date, then: Callable[[], None]) -> None:
        """A fresh simulated account that starts on `day`; `then` once it is there."""
        def landed(_: DeskSnapshot) -> None:
            self.refresh()
            then()

        land(self._services.trading.reset(day), self._mailbox, landed, self._failed)

    def trade(self, side: OrderSide) -> None:
        """The ticket, on a side, ready to be typed into."""
        ticket = self._panels.ticket
        ticket.set_side(side)
        ticket.shares.edit.setFocus()
        ticket.shares.edit.selectAll()

    def _failed(self, why: str) -> None:
        self.notice.emit("ERROR", self._texts.tr("notice.job_failed", why=why))


_PRICED = frozenset({OrderType.LIMIT, OrderType.FIXED_PRICE})
