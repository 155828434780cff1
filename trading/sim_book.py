"""The open orders of the simulated market by symbol and price: a quote costs what it touches.

Rested orders of one side stand on price levels, and on a level in the order they came. How much
of the recorded market stands before an order is counted from the level's own tally of what has
traded there, so that a trade at a level moves one number and not every order on it.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.types import Order, OrderSide, OrderType, Report


@dataclass(slots=True)
class Resting:
    """One order in the simulated market. `limit_cny` None: any price, on a limit-free day."""

    order: Order
    broker_id: str
    limit_cny: Decimal | None
    left_shares: int
    entered_utc: datetime              # when the market has it
    fills: int = 0
    fresh: bool = True                 # has not met the market yet
    parked: bool = False               # outside the price cage, kept by the exchange
    ended: Report | None = None
    behind: int | None = None          # the level's tally at which our turn comes; None: unknown

    @property
    def order_id(self) -> int:
        return self.order.order_id

    @property
    def symbol(self) -> str:
        return self.order.request.symbol

    @property
    def side(self) -> OrderSide:
        return self.order.request.side

    @property
    def type(self) -> OrderType:
        return self.order.request.type

    @property
    def filled_shares(self) -> int:
        return self.order.request.shares - self.left_shares


@dataclass(slots=True)
class PriceLevel:
    """Our rested orders of one side at one price, first come first. `traded`: shares so far."""

    orders: dict[int, Resting] = field(default_factory=dict)
    traded: int = 0

    def join(self, resting: Resting, ahead_shares: int | None) -> None:
        """`ahead_shares`: what the recorded market shows at this price; None: not shown."""
        resting.behind = None if ahead_shares is None else self.traded + ahead_shares
        self.orders[resting.order_id] = resting

    def show(self, shares: int) -> None:
        """Nobody has more before him than is displayed: what was cancelled is gone.

        A later order never stands before an earlier one, so the walk ends at the first that is
        near enough.
        """
        most = self.traded + shares
        for resting in reversed(self.orders.values()):
            if resting.behind is not None and resting.behind <= most:
                return
            resting.behind = most

    def trade(self, shares: int) -> Iterator[tuple[Resting, int]]:
        """(order, shares that reach it) of so many shares traded here; first come first.

        The caller says by `left_shares` how much of the offer an order has taken.
        """
        before, given = self.traded, 0
        self.traded += shares
        for resting in list(self.orders.values()):
            if resting.behind is None:
                return
            offer = before + shares - max(before, resting.behind) - given
            if offer <= 0:
                return
            had = resting.left_shares
            yield resting, offer
            given += had - resting.left_shares


class RestedSide:
    """The rested orders of one side of one symbol, best price first."""

    def __init__(self, side: OrderSide) -> None:
        self._sign = -1 if side is OrderSide.BUY else 1        # ascending keys are best first
        self._keys: list[Decimal] = []
        self.levels: dict[Decimal, PriceLevel] = {}

    def level(self, price_cny: Decimal) -> PriceLevel:
        found = self.levels.get(price_cny)
        if found is None:
            found = self.levels[price_cny] = PriceLevel()
            insort(self._keys, self._sign * price_cny)
        return found

    def remove(self, resting: Resting) -> None:
        price_cny = resting.limit_cny
        level = None if price_cny is None else self.levels.get(price_cny)
        if price_cny is None or level is None or resting.order_id not in level.orders:
            return
        del level.orders[resting.order_id]
        if not level.orders:
            del self.levels[price_cny]
            del self._keys[bisect_left(self._keys, self._sign * price_cny)]

    def reaching(self, price_cny: Decimal) -> list[Decimal]:
        """The prices of ours that are at this price or better for the market, best first."""
        end = bisect_left(self._keys, self._sign * price_cny)
        if end < len(self._keys) and self._keys[end] == self._sign * price_cny:
            end += 1
        return [self._sign * key for key in self._keys[:end]]


class SymbolOrders:
    """Every live order of one symbol: those that are new, those at a price, and the rest."""

    def __init__(self) -> None:
        self.fresh: dict[int, Resting] = {}
        self.any_price: dict[int, Resting] = {}        # met the market, without a limit
        self.after_hours: dict[int, Resting] = {}
        self.sides = {side: RestedSide(side) for side in OrderSide}

    def add(self, resting: Resting) -> None:
        """A new order, or one that is told again after a restart."""
        if resting.type is OrderType.FIXED_PRICE:
            self.after_hours[resting.order_id] = resting
        elif resting.fresh:
            self.fresh[resting.order_id] = resting
        else:
            self.rest(resting, None)

    def rest(self, resting: Resting, ahead_shares: int | None) -> None:
        """The order has met the market and stays."""
        self.fresh.pop(resting.order_id, None)
        if resting.ended is not None:
            return
        resting.fresh = False
        if resting.limit_cny is None:
            self.any_price[resting.order_id] = resting
        else:
            self.sides[resting.side].level(resting.limit_cny).join(resting, ahead_shares)

    def remove(self, resting: Resting) -> None:
        for orders in (self.fresh, self.any_price, self.after_hours):
            orders.pop(resting.order_id, None)
        self.sides[resting.side].remove(resting)

    def rested(self, side: OrderSide, reaching_cny: Decimal) -> list[Resting]:
        """Rested orders at or beyond a price, best price first, then first come first."""
        here = self.sides[side]
        return [resting for price in here.reaching(reaching_cny)
                for resting in here.levels[price].orders.values()]

    def live(self) -> list[Resting]:
        """All but those for after hours, in the order they came."""
        found = [*self.fresh.values(), *self.any_price.values()]
        for side in self.sides.values():
            for level in side.levels.values():
                found.extend(level.orders.values())
        return sorted(found, key=lambda resting: resting.order_id)
