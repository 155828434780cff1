"""What a plan makes of a refusal by the risk gate: wait a little, send less, or count it. Pure.

Some refusals pass by themselves: a window of the rate limit, a price that was a moment too old, a
line to the broker that is being compared. Such a one is no fault of the plan. It is asked again
soon, ever more rarely, and never ends the plan. Where only the size is too large for the moment,
a plan that may send pieces sends a smaller one.
"""

from collections.abc import Sequence

from core.desk_types import PlanKind
from core.types import Refusal

PASSING = frozenset({
    "RECONCILING", "FROZEN", "UNKNOWN_OUTSTANDING", "STALE_QUOTE", "QUOTE_DISAGREE",
    "CROSSED_BOOK", "PRICE_CAGE", "FAT_FINGER_PRICE", "RECENT_VOLUME", "REPEATED", "SELF_TRADE",
    "RATE", "BURST", "REJECT_STORM", "PRICE_PUSH", "LARGE_TRADES", "CLOCK", "DB_HEALTH"})
# Kinds whose shares may leave in as many orders as need be.
IN_PIECES = frozenset({
    PlanKind.TWAP, PlanKind.VWAP, PlanKind.POV, PlanKind.BEST, PlanKind.STOP,
    PlanKind.TAKE_PROFIT, PlanKind.TRAILING, PlanKind.OCO, PlanKind.LIMIT_BREAK})
_BY_SIZE = frozenset({"FAT_FINGER_SIZE", "RECENT_VOLUME", "VOLUME_SHARE"})


def is_passing(refusals: Sequence[Refusal]) -> bool:
    """Whether every reason goes away by itself. One that could not be judged may not."""
    return bool(refusals) and all(
        refusal.code in PASSING and "missing" not in refusal.numbers for refusal in refusals)


def most_shares(refusals: Sequence[Refusal]) -> int | None:
    """The most that the refused order might have had; None: its size was not the reason."""
    found = [int(refusal.numbers["most"]) for refusal in refusals
             if refusal.code in _BY_SIZE and "most" in refusal.numbers]
    return min(found) if found else None
