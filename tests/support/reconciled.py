"""A desk whose reconciler looks after it, beside a broker with a book of its own."""

from datetime import timedelta
from typing import Any

from core.desk_types import Case
from core.types import Order
from tests.support.desk import Desk
from tests.support.list_broker import ListBroker
from trading.cases import open_cases
from trading.reconciler import Reconciler


class ReconciledDesk(Desk):
    """`polls` lets time pass in steps of five seconds, with the reconciler's turn in each."""

    market: ListBroker

    def __init__(self, broker: ListBroker | None = None, **parts: Any) -> None:
        self.market = broker or ListBroker()
        super().__init__(broker=self.market, attendants=lambda session: [Reconciler(session)],
                         **parts)
        self.market.now = self.clock.now_utc
        self.session.act()

    def polls(self, count: int = 1, *, deliver: bool = True) -> None:
        for _ in range(count):
            self.clock.move_to(self.clock.now_utc() + timedelta(seconds=5))
            if deliver:
                self.market.deliver()
            self.session.pump()
            self.session.act()

    def delivered(self, **how: Any) -> None:
        self.market.deliver(**how)
        self.session.pump()

    @property
    def cases(self) -> list[Case]:
        return list(open_cases(self.session.book))

    def order(self, order_id: int = 1) -> Order:
        return self.session.order(order_id)

    def agrees(self) -> bool:
        """Our book and the broker's say the same, to the fen and the share."""
        book = self.session.book
        ours = {symbol: p.held_shares for symbol, p in book.positions.items() if p.held_shares}
        theirs = {symbol: shares for symbol, shares in self.market.held.items() if shares}
        return ours == theirs and book.account.cash_cny == self.market.cash_cny

    def restarted(self, **parts: Any) -> "ReconciledDesk":
        """A new process on the same ledger; the broker has lived on."""
        values: dict[str, Any] = {"store": self.store, "day": self.session.day}
        return ReconciledDesk(self.market, **(values | parts))
