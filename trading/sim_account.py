"""The simulated broker's own count of shares and cash, from its own fills and fee schedule.

It is not read from the ledger while a day goes on, so that a reconciler compares two sums that
were made separately: a booking error of the ledger shows as a difference the same day.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from core.fees import order_fees
from core.money import to_fen
from core.rules import same_day_resale
from core.settings_types import TradingSettings
from core.types import CashAtBroker, Fees, Instrument, OrderSide, Position, PositionAtBroker
from trading.sim_book import Resting


class SimAccount:
    """Shares and cash since the day began."""

    def __init__(self, costs: TradingSettings) -> None:
        self._costs = costs
        self._cash_cny: Decimal | None = None
        self._held: dict[str, int] = {}
        self._locked: dict[str, int] = {}          # bought today, to be sold tomorrow
        self._traded: dict[int, tuple[int, Decimal, Fees]] = {}    # shares, amount, fees so far

    @property
    def started(self) -> bool:
        return self._cash_cny is not None

    def start(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        """What is there before the first order of the day, or after a restart."""
        self._cash_cny = cash_cny
        rows = [held for held in positions if held.held_shares]
        self._held = {held.symbol: held.held_shares for held in rows}
        self._locked = {held.symbol: 0 if held.t0 else held.bought_today_shares for held in rows}

    def moved(self, cash_cny: Decimal) -> None:
        """Cash that came or went without an order."""
        if self._cash_cny is not None:
            self._cash_cny += cash_cny

    def forget_orders(self) -> None:
        """The day is over: no order of it trades any more."""
        self._traded = {}

    def carry_on(self, resting: Resting) -> None:
        """An order that had filled in part before a restart: its fees are counted on from there."""
        order = resting.order
        self._traded[order.order_id] = order.filled_shares, order.amount_cny, order.fees

    def take(
        self, resting: Resting, instrument: Instrument, price_cny: Decimal, shares: int, on: date
    ) -> None:
        """One trade of ours."""
        if self._cash_cny is None:
            return
        before, amount_cny, fees = self._traded.get(
            resting.order_id, (0, Decimal("0.00"), Fees()))
        paid_cny = to_fen(price_cny * shares)
        amount_cny += paid_cny
        now = order_fees(
            side=resting.side, instrument=instrument, amount_cny=amount_cny,
            shares=before + shares, on=on, commission_rate=self._costs.commission_ratio,
            commission_min_cny=self._costs.commission_min_cny, all_in=self._costs.fees_all_in)
        self._traded[resting.order_id] = before + shares, amount_cny, now
        sign = 1 if resting.side is OrderSide.BUY else -1
        self._cash_cny -= sign * paid_cny + now.total_cny - fees.total_cny
        symbol = resting.symbol
        self._held[symbol] = self._held.get(symbol, 0) + sign * shares
        if sign > 0 and not same_day_resale(instrument, on):
            self._locked[symbol] = self._locked.get(symbol, 0) + shares

    def positions(self, on_sale: dict[str, int]) -> Sequence[PositionAtBroker]:
        return [PositionAtBroker(
            symbol=symbol, held_shares=shares, sellable_shares=max(
                0, shares - self._locked.get(symbol, 0) - on_sale.get(symbol, 0)))
            for symbol, shares in sorted(self._held.items()) if shares]

    def cash(self) -> CashAtBroker:
        """Raises ValueError before the day has started."""
        if self._cash_cny is None:
            raise ValueError("the account has not been told what it starts with")
        return CashAtBroker(cash_cny=self._cash_cny, available_cny=None)
