"""Where the ledger stands, read before anything is put together around it."""

from dataclasses import dataclass
from datetime import date, datetime, time

from core.exceptions import ConfigError
from core.ports import OrderStore, Seal
from core.rules import shanghai
from core.types import Account, Origin

_NO_ORDERS = Seal(orders_upto=2**62, open_ids=(), fills_upto=2**62)    # beyond any id


@dataclass(frozen=True, slots=True)
class Standing:
    """An account of a ledger and the moment of its newest journal entry."""

    account: Account
    last_utc: datetime

    def check_continues(self, origin: Origin, day: date) -> None:
        """Refuse to mix markets in one account, or to take it back in time.

        Raises:
            ConfigError: the account belongs to another market, or stands at a later day.
        """
        remedy = ("Choose another account with --account, or add --new-account to close this one "
                  "and open it afresh")
        opened_on = self.account.origin
        if opened_on is not None and opened_on is not origin:
            raise ConfigError(
                f"the account {self.account.account_id} cannot go on with {origin.value} data",
                why=f"it was opened on {opened_on.value} data", remedy=remedy)
        if day < self.account.trading_day:
            raise ConfigError(
                f"the account {self.account.account_id} cannot go back to {day}",
                why=f"it stands at {self.account.trading_day}", remedy=remedy)


def standing_of(store: OrderStore, account_id: str | None = None) -> Standing | None:
    """Of one account, or of the active one. None: there is none of this name, or none at all."""
    rows = store.load() if store.archive is None else store.archive.live(_NO_ORDERS)
    active = rows.account
    found = next((each.account for each in rows.accounts
                  if each.account.account_id == account_id), None) if account_id else active
    newest = next(iter(store.entries(after_seq=store.head()[0] - 1)), None)
    if found is None or active is None or newest is None:
        return None
    if found.account_id == active.account_id:
        return Standing(found, newest.ts_utc)
    return Standing(found, found.left_utc or shanghai(found.trading_day, time.max))


def account_for(asked: str | None, standing: Standing | None, origin: Origin) -> str:
    """Which account trades on a market: the one asked for, the one that stands if it belongs to
    this market, else the one that is named like the market's data.
    """
    if asked is not None:
        return asked
    if standing is not None and standing.account.origin is origin:
        return standing.account.account_id
    return origin.value


def account_rows(store: OrderStore) -> list[dict[str, object]]:
    """Every account as JSON values, the active one first."""
    rows = store.load()
    return [{
        "account": each.account.account_id, "active": at == 0 and rows.account is not None,
        "origin": None if each.account.origin is None else each.account.origin.value,
        "trading_day": each.account.trading_day.isoformat(),
        "cash_cny": str(each.account.cash_cny),
        "receivable_cny": str(each.account.receivable_cny),
        "initial_cash_cny": str(each.account.initial_cash_cny),
        "positions": sum(1 for position in each.positions if position.held_shares),
        "orders": len(each.orders), "fills": len(each.fills),
        "rights": [{"symbol": right.symbol, "ex_date": right.ex_date.isoformat(),
                    "shares": right.shares, "price_cny": str(right.price_cny),
                    "until": right.until.isoformat()} for right in each.account.rights],
    } for at, each in enumerate(rows.accounts)]
