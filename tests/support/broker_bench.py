"""A trading session on a BrokerRig, and what must hold between its ledger and the other side."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.calendar import exchange_calendar
from core.events import Event, NoticeEvent
from core.settings_types import RiskSettings, TradingSettings
from core.types import FINAL_STATUSES, Order, OrderSide, OrderStatus
from tests.support.broker_rig import BrokerRig
from tests.support.desk import CNY, FUND, MAIN, a_request
from trading.day_rules import DayRules
from trading.ledger import projection_bytes, rebuild
from trading.memory_store import MemoryOrderStore
from trading.risk_checks import RiskProfile
from trading.session import SessionParts, TradingSession

INITIAL = CNY("1000000.00")


class Bench:
    """The order core over a rig. FUND may be sold on the day it was bought."""

    def __init__(self, rig: BrokerRig) -> None:
        self.rig = rig
        self.store = MemoryOrderStore()
        self.events: list[Event] = []
        self.session = self._open()

    def _open(self) -> TradingSession:
        rig = self.rig
        return TradingSession(SessionParts(
            clock=rig.clock, calendar=exchange_calendar(), rules=DayRules(rig.reference),
            broker=rig.broker, store=self.store,
            trading=TradingSettings(initial_cash_cny=INITIAL), risk=RiskSettings(),
            profile=RiskProfile.EXCHANGE, publish=self.events.append))

    # ---- what a trader does ------------------------------------------------------------------

    def buy(self, shares: int = 300, limit: str = "10.00", **changes: Any) -> int:
        order = self.session.submit(a_request(
            shares=shares, limit_cny=CNY(limit), created_utc=self.rig.clock.now_utc(), **changes))
        assert not order.refusals, order.refusals
        self.hear()
        return order.order_id

    def sell(self, shares: int = 300, limit: str = "4.000", **changes: Any) -> int:
        return self.buy(shares, limit, **({"symbol": FUND, "side": OrderSide.SELL} | changes))

    def hold(self, shares: int = 300) -> None:
        """Shares of FUND that may be sold at once."""
        self.rig.fill(self.buy(shares, "4.000", symbol=FUND), shares)
        self.hear()

    def cancel(self, order_id: int) -> None:
        self.session.cancel(order_id)
        self.hear()

    def order(self, order_id: int) -> Order:
        return self.session.order(order_id)

    def status(self, order_id: int) -> OrderStatus:
        return self.session.order(order_id).status

    def filled(self, order_id: int) -> int:
        return self.session.order(order_id).filled_shares

    def held(self, symbol: str = MAIN) -> int:
        return self.session.book.position(symbol).held_shares

    def as_told(self, end: OrderStatus, filled_shares: int) -> OrderStatus:
        """How the rig's broker tells an end; some know no expiry and call it a cancel."""
        if end is not OrderStatus.EXPIRED or "expiry" not in self.rig.lacks:
            return end
        return OrderStatus.PART_CANCELLED if filled_shares else OrderStatus.CANCELLED

    @property
    def reserved_cny(self) -> Decimal:
        return self.session.snapshot().account.reserved_cny

    # ---- time and the line -------------------------------------------------------------------

    def hear(self) -> None:
        """Book everything that the other side has said by now."""
        self.rig.settle()
        self.session.pump()

    def ask_again(self) -> None:
        """Ask the broker what it holds, as after a reconnect."""
        self.session.reload()
        self.hear()

    def restart(self) -> None:
        """The program ends without a word and starts again on the same ledger."""
        self.rig.restart()
        self.session = self._open()
        self.hear()

    def wait(self, seconds: int = 1) -> None:
        self.rig.clock.move_to(self.rig.clock.now_utc() + timedelta(seconds=seconds))

    # ---- what must hold ----------------------------------------------------------------------

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.store.entries()]

    def notices(self) -> list[NoticeEvent]:
        return [event for event in self.events if isinstance(event, NoticeEvent)]

    def check(self) -> None:
        """Nothing doubled, nothing guessed, every fen accounted for. Holds at any moment."""
        book = self.session.book
        keys = [(fill.order_id, fill.trade_id) for fill in book.fills.values()]
        assert len(keys) == len(set(keys))
        cash, held = INITIAL, dict.fromkeys((MAIN, FUND), 0)
        for fill in book.fills.values():
            sign = 1 if fill.side is OrderSide.BUY else -1
            cash -= sign * (fill.price_cny * fill.shares) + fill.fees.total_cny
            held[fill.symbol] = held.get(fill.symbol, 0) + sign * fill.shares
        assert book.account.cash_cny == cash
        assert {symbol: self.held(symbol) for symbol in held} == held
        assert projection_bytes(rebuild(self.store.entries())) == projection_bytes(
            self.store.load())
        for order in book.orders.values():
            self._check_order(order)

    def _check_order(self, order: Order) -> None:
        truth = self.rig.truth(order.order_id)
        there = 0 if truth is None else truth.filled_shares
        assert order.filled_shares <= there, f"{order} holds more than was traded"
        assert order.filled_shares == sum(
            fill.shares for fill in self.session.book.fills.values()
            if fill.order_id == order.order_id)
        if order.status in FINAL_STATUSES:
            assert order.filled_shares == there, f"{order} ended, {there} shares were traded"
            assert truth is None or not truth.open, f"{order} ended and is alive at the broker"

    def agree(self) -> None:
        """Beyond `check`: the ledger knows everything that the other side holds."""
        self.check()
        for order in self.session.book.orders.values():
            truth = self.rig.truth(order.order_id)
            there = 0 if truth is None else truth.filled_shares
            assert order.filled_shares == there
            assert (order.status not in FINAL_STATUSES) == (truth is not None and truth.open)
