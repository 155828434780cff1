"""What the risk gate has to ask of the world outside the ledger, handed in by `main.py`.

A question that nobody answers (None, or an answer of None) is unknown, and a check that needs
it refuses. So a wiring that forgets one sends nothing instead of everything.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

# Daily returns of the newest sessions before a day, oldest first: float64 numpy, shape (T,).
Returns: TypeAlias = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Functions are asked on the trading thread, for every order: they answer at once.

    `live`: orders reach a real exchange, so lock, registration and quote age are strict.
    `online`: quotes come from the network, so a second source has to agree with the first.
    `intraday`: False where all orders of a session share one moment (a backtest on daily bars):
    what happens within seconds or minutes cannot be judged there and is not.
    """

    live: bool = False
    online: bool = False
    intraday: bool = True
    unlocked: Callable[[], bool | None] | None = None           # asked when `live`
    second_last_cny: Callable[[str], Decimal | None] | None = None      # asked when `online`
    free_disk_bytes: Callable[[], int | None] | None = None     # where the ledger is
    clock_skew_s: Callable[[], Decimal | None] | None = None    # of the machine, either sign
    drift_tripped: Callable[[str], bool | None] | None = None   # by source of an automated order
    restricted: Callable[[], Set[str] | None] | None = None     # symbols that nobody may trade
    average_volume: Callable[[str, date], int | None] | None = None     # 20 sessions before a day
    returns: Callable[[str, date], Returns | None] | None = None        # see var.SESSIONS
    industry: Callable[[str], str] | None = None                # "" : not known
