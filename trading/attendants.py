"""What else lives on the trading thread: reconciler, breakers, plans, auto-trader.

An attendant sees everything that is booked and quoted, and acts only when it is its turn. So no
order is ever submitted in the middle of another one's booking.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from core.types import Bar, Quote
from trading.ledger import Booking
from trading.records import Entry, Payload


class Attendant(Protocol):
    """Called by the session on its own thread, and nowhere else."""

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        """An entry has become durable. Take note; write and send nothing."""
        ...

    def market(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        """News of the market, after the broker has seen it. Take note; write and send nothing."""
        ...

    def day_opened(self, day: date) -> None:
        """The ledger has rolled to a new session, or the account starts afresh."""
        ...

    def act(self) -> None:
        """The turn to submit, cancel and journal: after every message, and when nothing comes."""
        ...


class Onlooker:
    """An attendant that does nothing; others override what they need."""

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        """Nothing to note."""

    def market(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        """Nothing to note."""

    def day_opened(self, day: date) -> None:
        """Nothing begins."""

    def act(self) -> None:
        """Nothing to do."""
