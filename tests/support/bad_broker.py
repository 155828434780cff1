"""A broker that keeps, loses or repeats what it is given, for tests of the send protocol."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from core.types import (
    Bar,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    Fill,
    Order,
    Position,
    PositionAtBroker,
    Quote,
    Report,
)
from tests.support.desk import DAY1, at


class BadBroker:
    """Fulfils BrokerInterface. `place_error` is raised by place, after `keeps` was decided."""

    name = "FAKE"

    def __init__(self, *, complete: bool = False) -> None:
        self.capabilities = Capabilities(complete_list=complete, settle_s=0)
        self.place_error: Exception | None = None
        self.keeps = True
        self.placed: list[Order] = []
        self.cancelled: list[int] = []
        self.trades: list[BrokerReport] = []
        self.before_return: list[Callable[[Order], None]] = []
        self.handler: Callable[[BrokerReport], None] = lambda _report: None

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None:
        self.handler = handler

    def place(self, order: Order) -> str:
        if self.keeps:
            self.placed.append(order)
        for act in self.before_return:
            act(order)
        if self.place_error is not None:
            raise self.place_error
        return f"F{order.order_id}"

    def cancel(self, order: Order) -> None:
        self.cancelled.append(order.order_id)

    def query_orders(self) -> Sequence[BrokerReport]:
        return [a_report(Report.ACK, order.order_id) for order in self.placed]

    def query_trades(self) -> Sequence[BrokerReport]:
        return self.trades

    def query_positions(self) -> Sequence[PositionAtBroker]:
        raise NotImplementedError

    def query_cash(self) -> CashAtBroker:
        raise NotImplementedError

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """It has a memory of its own."""

    def day_started(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        """It has an account of its own."""

    def end_day(self) -> None:
        """The market's own affair."""

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """It has a market of its own."""

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        """It has a market of its own."""

    def opening_price(self, symbol: str) -> Decimal | None:
        return None


def a_report(kind: Report, order_id: int = 1, *, trade: str = "t1", shares: int = 0,
             price: str | None = None, broker_id: str = "") -> BrokerReport:
    return BrokerReport(
        kind=kind, order_id=order_id, broker_id=broker_id, ts_utc=at(DAY1), trade_id=trade,
        shares=shares, price_cny=None if price is None else Decimal(price))
