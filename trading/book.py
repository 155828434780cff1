"""The state that the journal tells of: every account with its orders, fills, cash and positions.

One account is the active one; what is read and what is booked concerns it. All sums of money
are e4 integers, except in the values that leave this room.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from json import loads

from core.exceptions import DataError
from core.money import from_e4, to_e4
from core.ports import AccountRows, Archive, Changes, Projections, Seal
from core.types import (
    FINAL_STATUSES,
    Account,
    Fill,
    KillLevel,
    Order,
    OrderStatus,
    Origin,
    Position,
    Receivable,
    Right,
    StateRow,
)
from trading.archived import ArchivedRows, live_keys, live_values
from trading.day_rows import DayRows, Rows
from trading.journal import canonical_json
from trading.order_index import OrderIndex
from trading.records import Entry, Payload

FillKey = tuple[date, str, str, int]
_MOST_BEFORE = 20_000


@dataclass(frozen=True, slots=True)
class Cash:
    """An account's money in e4. `proceeds_e4`: from today's sales, usable, not withdrawable."""

    account_id: str
    initial_e4: int
    cash_e4: int
    reserved_e4: int
    proceeds_e4: int
    day: date
    origin: Origin | None = None
    receivables: tuple[Receivable, ...] = ()
    rights: tuple[Right, ...] = ()
    left_utc: datetime | None = None

    @property
    def owed_e4(self) -> int:
        """Dividends and subscribed shares that are due later: left the price, not yet here."""
        return sum(to_e4(each.cash_cny) for each in self.receivables)

    @classmethod
    def of(cls, account: Account) -> "Cash":
        return cls(
            account_id=account.account_id, initial_e4=to_e4(account.initial_cash_cny),
            cash_e4=to_e4(account.cash_cny), reserved_e4=to_e4(account.reserved_cny),
            proceeds_e4=to_e4(account.proceeds_cny), day=account.trading_day,
            origin=account.origin, receivables=account.receivables, rights=account.rights,
            left_utc=account.left_utc)

    def account(self) -> Account:
        free_e4 = self.cash_e4 - self.reserved_e4
        return Account(
            account_id=self.account_id, cash_cny=from_e4(self.cash_e4),
            reserved_cny=from_e4(self.reserved_e4),
            withdrawable_cny=from_e4(max(0, free_e4 - self.proceeds_e4)),
            initial_cash_cny=from_e4(self.initial_e4), trading_day=self.day, origin=self.origin,
            proceeds_cny=from_e4(self.proceeds_e4), receivables=self.receivables,
            rights=self.rights, left_utc=self.left_utc)


@dataclass(frozen=True, slots=True)
class Booking:
    """Everything one entry changes: the projection rows, and what only the book remembers."""

    changes: Changes
    cash: Cash | None = None
    reserved_e4: Mapping[int, int] = field(default_factory=dict)   # order id -> its reservation


@dataclass(slots=True)
class AccountBook:
    """What is known of one account."""

    cash: Cash | None = None           # None: before the first account is opened
    orders: dict[int, Order] = field(default_factory=dict)
    fills: dict[FillKey, Fill] = field(default_factory=dict)
    fills_of_day: dict[date, list[Fill]] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)
    reserved_e4: dict[int, int] = field(default_factory=dict)
    open_ids: dict[int, None] = field(default_factory=dict)
    by_key: dict[str, int] = field(default_factory=dict)       # idempotency key -> order id
    index: OrderIndex = field(default_factory=OrderIndex, compare=False)    # follows from orders
    orders_today: DayRows[Order] = field(default_factory=DayRows, compare=False, repr=False)
    fills_today: DayRows[Fill] = field(default_factory=DayRows, compare=False, repr=False)

    def take_order(self, order: Order) -> None:
        self.index.take(self.orders.get(order.order_id), order)
        self.orders[order.order_id] = order
        self.orders_today.put(order.trading_day, order.order_id, order)
        if order.request.key and order.status is not OrderStatus.DENIED:
            self.by_key[order.request.key] = order.order_id
        if order.status in FINAL_STATUSES:
            self.open_ids.pop(order.order_id, None)
        else:
            self.open_ids[order.order_id] = None

    def take_fill(self, fill: Fill) -> None:
        self.fills[fill_key(fill)] = fill
        self.fills_today.put(fill.trading_day, fill_key(fill), fill)
        self.fills_of_day.setdefault(fill.trading_day, []).append(fill)

    def rows(self, cash: Cash, *, live: bool = False) -> AccountRows:
        """Args: live: without the rows of earlier days that lie in the store."""
        ids = live_keys(self.orders) if live else self.orders
        return AccountRows(
            account=cash.account(),
            positions=tuple(self.positions[symbol] for symbol in sorted(self.positions)),
            orders=tuple(self.orders[order_id] for order_id in sorted(ids)),
            fills=tuple(live_values(self.fills) if live else self.fills.values()))

    def attach(self, archive: Archive, seal: Seal, account_id: str) -> None:
        """Let the sealed rows of this account be found in the store."""
        self.orders = ArchivedRows(
            self.orders,
            fetch=lambda order_id: archive.order(account_id, order_id)
            if order_id <= seal.orders_upto else None,
            sealed=lambda: {each.order_id: each for each in archive.orders(account_id, seal)})
        self.fills = ArchivedRows(
            self.fills,
            fetch=lambda key: archive.fill(account_id, key)
            if key[-1] <= seal.orders_upto else None,
            sealed=lambda: {fill_key(each): each for each in archive.fills(account_id, seal)})

    @classmethod
    def restored(cls, rows: AccountRows) -> "AccountBook":
        book = cls(cash=Cash.of(rows.account),
                   positions={position.symbol: position for position in rows.positions})
        for order in rows.orders:
            book.take_order(order)
            if order.reserved_cny:
                book.reserved_e4[order.order_id] = to_e4(order.reserved_cny)
        for fill in rows.fills:
            book.take_fill(fill)
        return book


class Book:
    """Every account, one of them active. Read freely; it changes through `absorb` only.

    `orders`, `fills`, `positions`, `reserved_e4`, `open_ids` and `by_key` are the active
    account's; ids of orders are unique over all.
    """

    orders: dict[int, Order]
    fills: dict[FillKey, Fill]
    positions: dict[str, Position]
    reserved_e4: dict[int, int]                    # order id -> what its open rest may cost
    open_ids: dict[int, None]                      # of orders that have not ended
    by_key: dict[str, int]                         # idempotency key -> order id
    index: OrderIndex                              # open orders by symbol, sent shares by plan

    def __init__(self) -> None:
        self._accounts: dict[str, AccountBook] = {}
        self._activate(AccountBook())
        self.kill_level = KillLevel.NONE
        self.state: dict[str, dict[str, Payload]] = {}     # kind -> key -> value, as JSON values
        self.last_order_id = 0                     # survives a reset: ids are unique for ever

    @classmethod
    def restored(cls, projections: Projections) -> "Book":
        """The book that wrote these rows, whole: equal to the one its journal tells of."""
        book = cls()
        book._accounts = {rows.account.account_id: AccountBook.restored(rows)
                          for rows in projections.accounts}
        if projections.account is not None:
            book._activate(book._accounts[projections.account.account_id])
        book.kill_level = projections.kill_level
        for row in projections.state:
            book._take_state(row)
        book.last_order_id = projections.last_order_id
        return book

    def attach(self, archive: Archive, seal: Seal) -> None:
        """Let the sealed rows of every account be found in the store; keys are all known."""
        for account_id, account in self._accounts.items():
            account.attach(archive, seal, account_id)
        for account_id, key, order_id in archive.keys(seal):
            self._accounts[account_id].by_key[key] = order_id
        self._activate(self._active)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Book) and self._everything() == other._everything()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def _everything(self) -> tuple[object, ...]:
        return (self._accounts, self._active.cash, self.kill_level,
                {kind: rows for kind, rows in self.state.items() if rows}, self.last_order_id)

    # ---- what changes it -------------------------------------------------------------------------

    def absorb(self, booking: Booking) -> None:
        changes = booking.changes
        if booking.cash is not None:
            self._take_cash(booking.cash, wipe=changes.wipe)
        if changes.select is not None:
            self._activate(self._accounts[changes.select])
        for order in changes.orders:
            self._active.take_order(order)
            self.last_order_id = max(self.last_order_id, order.order_id)
        for fill in changes.fills:
            self._active.take_fill(fill)
        for position in changes.positions:
            self.positions[position.symbol] = position
        for order_id, amount_e4 in booking.reserved_e4.items():
            if amount_e4:
                self.reserved_e4[order_id] = amount_e4
            else:
                self.reserved_e4.pop(order_id, None)
        if changes.kill_level is not None:
            self.kill_level = changes.kill_level
        for row in changes.state:
            self._take_state(row)

    def _take_cash(self, cash: Cash, *, wipe: bool) -> None:
        if wipe and self._active.cash is not None:
            del self._accounts[self._active.cash.account_id]
        account = self._accounts.get(cash.account_id)
        if account is None:
            account = self._accounts[cash.account_id] = AccountBook()
        account.cash = cash

    def _activate(self, account: AccountBook) -> None:
        self._active = account
        self.orders, self.fills, self.positions = account.orders, account.fills, account.positions
        self.reserved_e4, self.open_ids = account.reserved_e4, account.open_ids
        self.by_key, self.index = account.by_key, account.index

    def _take_state(self, row: StateRow) -> None:
        rows = self.state.setdefault(row.kind, {})
        if row.value is None:
            rows.pop(row.key, None)
        else:
            rows[row.key] = loads(row.value)

    # ---- what it knows ---------------------------------------------------------------------------

    @property
    def cash(self) -> Cash | None:
        """The active account's; None before there is one."""
        return self._active.cash

    @property
    def opened(self) -> Cash:
        """The account's cash. Raises DataError before the account exists."""
        cash = self._active.cash
        if cash is None:
            raise DataError("there is no account yet", why="the journal is empty",
                            remedy="Open one with the initial cash of the settings")
        return cash

    @property
    def day(self) -> date:
        return self.opened.day

    @property
    def account(self) -> Account:
        return self.opened.account()

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Every account by id, in the order in which they were opened."""
        return {name: each.cash.account() for name, each in self._accounts.items()
                if each.cash is not None}

    def state_of(self, kind: Entry) -> Mapping[str, Payload]:
        """The durable values of one kind by key; they survive restarts and account resets."""
        return self.state.get(kind, {})

    def position(self, symbol: str) -> Position:
        """What is held of a symbol; a new empty row where nothing ever was."""
        found = self.positions.get(symbol)
        return found if found is not None else Position(
            symbol=symbol, held_shares=0, bought_today_shares=0, on_sale_shares=0,
            cost_cny=from_e4(0), realised_cny=from_e4(0))

    def open_orders(self) -> list[Order]:
        """In the order in which they were entered."""
        return [self.orders[order_id] for order_id in sorted(self.open_ids)]

    def orders_of(self, day: date) -> list[Order]:
        """The orders of the newest day that had any, if it is that day; oldest first."""
        return list(self._active.orders_today.of(day))

    def orders_before(self, day: date) -> list[Order]:
        """The orders of the newest earlier day that had any, newest first; not beyond the last
        `_MOST_BEFORE` ids.
        """
        found: list[Order] = []
        for order_id in range(self.last_order_id, max(0, self.last_order_id - _MOST_BEFORE), -1):
            order = self.orders.get(order_id)
            if order is None or order.trading_day >= day:
                continue                            # another account's, or a later day's
            if found and order.trading_day < found[-1].trading_day:
                break
            found.append(order)
        return found

    def today(self) -> tuple[Rows[Order], Rows[Fill]]:
        """Orders and fills of the book's day, oldest first; cheap however many there are."""
        active = self._active
        return active.orders_today.of(self.day), active.fills_today.of(self.day)

    def fills_of(self, day: date) -> list[Fill]:
        return list(self._active.fills_of_day.get(day, ()))

    def live(self) -> Projections:
        """As `projections`, without the rows of earlier days that lie in the store."""
        return self.projections(live=True)

    def projections(self, *, live: bool = False) -> Projections:
        active, cash = self._active, self._active.cash
        rows = None if cash is None else active.rows(cash, live=live)
        return Projections(
            account=None if rows is None else rows.account,
            positions=() if rows is None else rows.positions,
            orders=() if rows is None else rows.orders,
            fills=() if rows is None else rows.fills, kill_level=self.kill_level,
            state=tuple(StateRow(kind=kind, key=key, value=canonical_json(values[key]))
                        for kind, values in sorted(self.state.items()) for key in sorted(values)),
            others=tuple(each.rows(each.cash, live=live)
                         for _, each in sorted(self._accounts.items())
                         if each is not active and each.cash is not None),
            last_order_id=self.last_order_id)


def fill_key(fill: Fill) -> FillKey:
    return fill.trading_day, fill.broker, fill.trade_id, fill.order_id
