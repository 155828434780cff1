"""The last look before an order leaves, where it leaves: has somebody asked to stop?

The order core looks as well. This one holds even where the core hangs, because it is made by
whoever makes the call to the broker.
"""

from pathlib import Path

from core.types import KillLevel
from trading.kill_switch import KillRequest, read_request


def stopped_by(path: Path | None, *, manual: bool, sells: bool) -> KillRequest | None:
    """The request that forbids this order; None: it may leave.

    Args:
        path: `kill.request`; None: nobody can ask.
        manual: a person entered it; only PAUSE lets those through.
        sells: it reduces what is held; REDUCE_ONLY lets those through as well.
    """
    found = None if path is None else read_request(path)
    if found is None or found.level is KillLevel.NONE:
        return None
    passes = ((found.level is KillLevel.PAUSE and manual)
              or (found.level is KillLevel.REDUCE_ONLY and sells))
    return None if passes else found
