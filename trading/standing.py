"""Where the ledger stands, read before anything is put together around it."""

from dataclasses import dataclass
from datetime import date, datetime

from core.exceptions import ConfigError
from core.ports import OrderStore
from core.types import Account, Origin


@dataclass(frozen=True, slots=True)
class Standing:
    """The account of a ledger and the moment of its newest journal entry."""

    account: Account
    last_utc: datetime

    def check_continues(self, origin: Origin, day: date) -> None:
        """Refuse to mix markets in one account, or to take it back in time.

        Raises:
            ConfigError: the account belongs to another market, or stands at a later day.
        """
        remedy = "Add --new-account to close it and open a fresh one, or use another --home"
        if self.account.account_id != origin.value:
            raise ConfigError(
                f"the account cannot go on with {origin.value} data",
                why=f"it was opened on {self.account.account_id} data", remedy=remedy)
        if day < self.account.trading_day:
            raise ConfigError(
                f"the account cannot go back to {day}",
                why=f"it stands at {self.account.trading_day}", remedy=remedy)


def standing_of(store: OrderStore) -> Standing | None:
    """None: the ledger is empty."""
    account = store.load().account
    newest = next(iter(store.entries(after_seq=store.head()[0] - 1)), None)
    if account is None or newest is None:
        return None
    return Standing(account, newest.ts_utc)
