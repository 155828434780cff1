"""What the contract suite asks of a broker under test: its market and its line in a test's hands.

A rig owns one broker adapter and everything behind it: the exchange, the broker's book and the
line between. The cases in tests/contract/ speak to the adapter through BrokerInterface only and
to the other side through the verbs below, so they run unchanged on every rig.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Protocol

from core.clock import SimClock
from core.types import OrderSide
from tests.support.desk import FUND, Reference
from trading.broker import BrokerInterface


class Placing(Enum):
    """What becomes of the next order that is placed. Afterwards it is TAKE again."""

    TAKE = "taken and acknowledged"
    TAKE_SILENTLY = "taken, the acknowledgement comes with acknowledge()"
    REFUSE = "surely not taken, and the call says so"
    REJECT = "taken by the broker, then rejected by the exchange"
    LOSE_REQUEST = "never arrives; the call gets no answer"
    LOSE_ANSWER = "taken; the call gets no answer, and no push tells of it"
    LIE = "taken and alive, though the call answers that it failed (-1)"
    FILL_FIRST = "filled whole, and the trade is pushed before the call returns"
    NO_REMARK = "taken and acknowledged, but the broker drops our mark"
    STRANGE = "taken, with a status that nobody documents (255)"


class Cancelling(Enum):
    """What becomes of the next cancel that is asked for. Afterwards it is TAKE again."""

    TAKE = "cancelled at once"
    PEND = "accepted; the outcome comes with cancelled(), fill() or refuse_cancel()"
    REFUSE = "refused, and the order stays"
    LOSE_REQUEST = "never arrives, and nothing is said"
    LOSE_ANSWER = "cancelled, and nothing is said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the other side holds of one order, whatever it said."""

    filled_shares: int
    amount_cny: Decimal
    open: bool


def rig_reference() -> Reference:
    """The instruments of every rig; FUND may be sold on the day it was bought."""
    reference = Reference()
    reference.known[FUND] = replace(reference.known[FUND], t0=True)
    return reference


class BrokerRig(Protocol):
    """One broker under test. Starts connected, on DAY1 of tests.support.desk at 10:00.

    Its instruments, reference prices and limits are those of `reference`. Where a verb has no
    meaning for a broker, `lacks` names it and a case asserts the reduced behaviour instead.
    """

    name: str
    clock: SimClock
    reference: Reference
    # of "external", "restart_keeps_book", "expiry" (told as a cancel), "cancel_refusals"
    lacks: frozenset[str]

    @property
    def broker(self) -> BrokerInterface:
        """The adapter; another one after `restart`."""
        ...

    # ---- what it shall do with requests ------------------------------------------------------

    def next_place(self, becomes: Placing) -> None: ...

    def next_cancel(self, becomes: Cancelling) -> None: ...

    # ---- the exchange ------------------------------------------------------------------------

    def acknowledge(self, order_id: int) -> None: ...

    def fill(self, order_id: int, shares: int, price_cny: Decimal | None = None) -> None:
        """Trade so many shares of the order and push it.

        None: at its own limit. A better price is possible as the first trade of an order only.
        Among orders of one symbol and price the earlier one has to fill first.
        """
        ...

    def cancelled(self, order_id: int) -> None:
        """The exchange ends the order, asked or not."""
        ...

    def refuse_cancel(self, order_id: int) -> None: ...

    def reject(self, order_id: int) -> None:
        """Reject an order late, after it was acknowledged or even filled in part."""
        ...

    def expire(self, order_id: int) -> None:
        """The day's end takes the order."""
        ...

    def enter_by_hand(self, symbol: str, side: OrderSide, shares: int, limit: str) -> None:
        """Somebody enters an order at the broker's own terminal (not where `lacks` external)."""
        ...

    def truth(self, order_id: int) -> Truth | None:
        """None: the other side never had the order."""
        ...

    # ---- the line ----------------------------------------------------------------------------

    def hold(self) -> None:
        """From now on pushes wait."""
        ...

    def release(self, *, backwards: bool = False, copies: int = 1) -> None:
        """The pushes that wait arrive, and later ones at once again."""
        ...

    def drop(self) -> None:
        """The pushes that wait are lost, and later ones arrive again."""
        ...

    def disconnect(self) -> None: ...

    def reconnect(self) -> None:
        """As the broker does it: with or without a replay of the day."""
        ...

    def replay_day(self) -> None:
        """Everything that was said today is pushed again, in its order."""
        ...

    def skew_clock(self, seconds: int) -> None:
        """The other side's clock goes wrong by so much."""
        ...

    def restart(self) -> None:
        """The program is new: another adapter, the other side as it was.

        Where `lacks` restart_keeps_book the broker lives in the program and forgets with it.
        """
        ...

    def settle(self) -> None:
        """Return when everything that was pushed has reached the adapter's handler."""
        ...

    def close(self) -> None: ...


RigMaker = Callable[[], BrokerRig]
