"""Many bookings as one transaction: the newest row of each wins. Pure."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from core.ports import Changes
from trading.records import Entry

# What stands on either side of a call to the broker is durable by itself, before and after it;
# so is the kill level, whose request is taken away once it is in the ledger.
_SEND_PROTOCOL = frozenset({
    Entry.ORDER_INTENT, Entry.ORDER_SENDING, Entry.ORDER_SENT, Entry.KILL})

# The rows of Changes and what makes two of them the same one; None: every row is a new one.
ROW_KEYS: dict[str, Callable[[Any], Any] | None] = {
    "orders": attrgetter("order_id"), "fills": None, "positions": attrgetter("symbol"),
    "state": attrgetter("kind", "key")}
SINGLE = ("account", "kill_level")
OF_ACCOUNTS = ("wipe", "select", "last_order_id")      # never merged: see `stands_alone`


def stands_alone(kind: str, changes: Changes, account_id: str | None) -> bool:
    """True for what is a transaction of its own, in a group as well.

    Args:
        account_id: the active account; None: there is none yet.
    """
    if kind in _SEND_PROTOCOL or changes.wipe or changes.select is not None:
        return True
    return changes.account is not None and changes.account.account_id != account_id


def merged(changes: Sequence[Changes]) -> Changes:
    """What these changes of one account, one after the other, come to."""
    if len(changes) == 1:
        return changes[0]
    values: dict[str, Any] = {
        name: _newest((row for each in changes for row in getattr(each, name)), key)
        for name, key in ROW_KEYS.items()}
    for name in SINGLE:
        values[name] = next((found for each in reversed(changes)
                             if (found := getattr(each, name)) is not None), None)
    return Changes(**values)


def _newest(rows: Iterable[Any], key: Callable[[Any], Any] | None) -> tuple[Any, ...]:
    if key is None:
        return tuple(rows)
    return tuple({key(row): row for row in rows}.values())
