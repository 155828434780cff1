"""What happens, as frozen values, and the bus that hands it round."""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from core.types import Bar, Fill, KillLevel, Order, Quote

E = TypeVar("E")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """Base of everything on the bus."""


@dataclass(frozen=True, slots=True)
class QuoteEvent(Event):
    """Newer quotes of some instruments; listeners may keep only the newest of each."""

    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class BarEvent(Event):
    """Bars that just ended. Never merged: the simulator matches against each of them."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class MarketEvent(Event):
    """The market has more instruments or history than before; ask it again."""


@dataclass(frozen=True, slots=True)
class SignalEvent(Event):
    """A strategy's opinion: positive to hold, negative to leave, with its reason."""

    symbol: str
    strategy: str
    score: float
    reason: str
    ts_utc: datetime


@dataclass(frozen=True, slots=True)
class OrderEvent(Event):
    """An order took a step, refusals included."""

    order: Order


@dataclass(frozen=True, slots=True)
class FillEvent(Event):
    fill: Fill
    cash_after_cny: Decimal | None = None      # all cash of the account once it was booked


@dataclass(frozen=True, slots=True)
class DayEvent(Event):
    """The ledger rolled to a new trading day."""

    day: date


@dataclass(frozen=True, slots=True)
class KillEvent(Event):
    level: KillLevel
    reason: str


@dataclass(frozen=True, slots=True)
class NoticeEvent(Event):
    """Something a person should read: severity is the logging level's name."""

    severity: str
    text: str


class EventBus:
    """Delivers each event to its handlers, in order of subscription, on the publishing thread.

    A handler that raises is counted and logged and does not stop the others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handlers: dict[type, tuple[Callable[[Any], None], ...]] = defaultdict(tuple)
        self.failures: Counter[str] = Counter()

    def subscribe(self, kind: type[E], handler: Callable[[E], None]) -> Callable[[], None]:
        """Call `handler` for every event of exactly this class; the result undoes it."""
        with self._lock:
            self._handlers[kind] = (*self._handlers[kind], handler)

        def undo() -> None:
            with self._lock:
                self._handlers[kind] = tuple(h for h in self._handlers[kind] if h is not handler)

        return undo

    def publish(self, event: Event) -> None:
        for handler in self._handlers.get(type(event), ()):
            try:
                handler(event)
            except Exception:  # the one broad catch: a bad panel must not stop the desk
                name = getattr(handler, "__qualname__", repr(handler))
                self.failures[name] += 1
                log.exception("handler %s failed on %s", name, type(event).__name__)
