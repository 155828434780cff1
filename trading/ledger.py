"""The book of one account: orders, cash, positions and T+1 from journal entries. Pure.

`post` says what one entry changes and touches nothing; `Book.absorb` takes the change over.
Live trading and the rebuild from the journal go through these two alone, so a rebuilt book
cannot differ from the one that was written beside the journal. All sums are e4 integers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import takewhile
from json import loads
from typing import Any

from core.exceptions import DataError
from core.money import UNIT, fen_half_up_e4, from_e4, is_price, to_e4
from core.ports import Changes, Projections
from core.types import (
    FINAL_STATUSES,
    Account,
    BrokerReport,
    Fill,
    JournalEntry,
    KillLevel,
    Order,
    OrderSide,
    OrderStatus,
    Position,
    Report,
    StateRow,
)
from trading.journal import GENESIS_HASH, canonical_json, follow
from trading.order_fsm import Act, step
from trading.records import (
    STATE_KINDS,
    Entry,
    Payload,
    add_fees,
    fees_from,
    fees_to,
    refusals_from,
    refusals_to,
    request_from,
    request_to,
)

FillKey = tuple[date, str, str, int]


@dataclass(frozen=True, slots=True)
class Cash:
    """The account's money in e4. `proceeds_e4`: from today's sales, usable, not withdrawable."""

    account_id: str
    initial_e4: int
    cash_e4: int
    reserved_e4: int
    proceeds_e4: int
    day: date

    def account(self) -> Account:
        free_e4 = self.cash_e4 - self.reserved_e4
        return Account(
            account_id=self.account_id, cash_cny=from_e4(self.cash_e4),
            reserved_cny=from_e4(self.reserved_e4),
            withdrawable_cny=from_e4(max(0, free_e4 - self.proceeds_e4)),
            initial_cash_cny=from_e4(self.initial_e4), trading_day=self.day)


@dataclass(frozen=True, slots=True)
class Booking:
    """Everything one entry changes: the projection rows, and what only the book remembers."""

    changes: Changes
    cash: Cash | None = None
    reserved_e4: Mapping[int, int] = field(default_factory=dict)   # order id -> its reservation


class Book:
    """The state of one account. Read freely; it changes through `absorb` only."""

    def __init__(self) -> None:
        self.cash: Cash | None = None
        self.orders: dict[int, Order] = {}
        self.fills: dict[FillKey, Fill] = {}
        self._fills_of_day: dict[date, list[Fill]] = {}
        self.positions: dict[str, Position] = {}
        self.reserved_e4: dict[int, int] = {}
        self.open_ids: dict[int, None] = {}        # in the order they were entered
        self.by_key: dict[str, int] = {}           # idempotency key -> order id
        self.kill_level = KillLevel.NONE
        self.state: dict[str, dict[str, Payload]] = {}     # kind -> key -> value, as JSON values
        self.last_order_id = 0                     # survives a reset: ids are unique for ever

    def absorb(self, booking: Booking) -> None:
        changes = booking.changes
        if changes.wipe:
            for rows in (self.orders, self.fills, self._fills_of_day, self.positions,
                         self.reserved_e4, self.open_ids, self.by_key):
                rows.clear()
        for order in changes.orders:
            self._take_order(order)
        for fill in changes.fills:
            self.fills[fill_key(fill)] = fill
            self._fills_of_day.setdefault(fill.trading_day, []).append(fill)
        for position in changes.positions:
            self.positions[position.symbol] = position
        self.reserved_e4.update(booking.reserved_e4)
        for order_id, amount_e4 in booking.reserved_e4.items():
            if amount_e4 == 0:
                del self.reserved_e4[order_id]
        self.cash = booking.cash or self.cash
        if changes.kill_level is not None:
            self.kill_level = changes.kill_level
        for row in changes.state:
            self._take_state(row)

    def _take_state(self, row: StateRow) -> None:
        rows = self.state.setdefault(row.kind, {})
        if row.value is None:
            rows.pop(row.key, None)
        else:
            rows[row.key] = loads(row.value)

    def state_of(self, kind: Entry) -> Mapping[str, Payload]:
        """The durable values of one kind by key; they survive restarts and account resets."""
        return self.state.get(kind, {})

    def _take_order(self, order: Order) -> None:
        self.orders[order.order_id] = order
        self.last_order_id = max(self.last_order_id, order.order_id)
        if order.request.key and order.status is not OrderStatus.DENIED:
            self.by_key[order.request.key] = order.order_id
        if order.status in FINAL_STATUSES:
            self.open_ids.pop(order.order_id, None)
        else:
            self.open_ids[order.order_id] = None

    @property
    def opened(self) -> Cash:
        """The account's cash. Raises DataError before the account exists."""
        if self.cash is None:
            raise DataError("there is no account yet", why="the journal is empty",
                            remedy="Open one with the initial cash of the settings")
        return self.cash

    @property
    def day(self) -> date:
        return self.opened.day

    @property
    def account(self) -> Account:
        return self.opened.account()

    def position(self, symbol: str) -> Position:
        """What is held of a symbol; a new empty row where nothing ever was."""
        found = self.positions.get(symbol)
        return found if found is not None else Position(
            symbol=symbol, held_shares=0, bought_today_shares=0, on_sale_shares=0,
            cost_cny=from_e4(0), realised_cny=from_e4(0))

    def open_orders(self) -> list[Order]:
        return [self.orders[order_id] for order_id in self.open_ids]

    def orders_of(self, day: date) -> list[Order]:
        """The newest orders, back to the first of that day; oldest first."""
        found = takewhile(lambda order: order.trading_day == day, reversed(self.orders.values()))
        return list(found)[::-1]

    def fills_of(self, day: date) -> list[Fill]:
        return list(self._fills_of_day.get(day, ()))

    def projections(self) -> Projections:
        return Projections(
            account=None if self.cash is None else self.cash.account(),
            positions=tuple(self.positions[symbol] for symbol in sorted(self.positions)),
            orders=tuple(self.orders[order_id] for order_id in sorted(self.orders)),
            fills=tuple(self.fills.values()), kill_level=self.kill_level,
            state=tuple(StateRow(kind=kind, key=key, value=canonical_json(rows[key]))
                        for kind, rows in sorted(self.state.items()) for key in sorted(rows)))


def fill_key(fill: Fill) -> FillKey:
    return fill.trading_day, fill.broker, fill.trade_id, fill.order_id


def fill_problem(book: Book, report: BrokerReport) -> str:
    """Why a FILL report cannot be booked; empty if it can. Duplicates are asked for before."""
    order = book.orders.get(report.order_id)
    if order is None:
        return f"no order {report.order_id} is known here"
    if report.shares <= 0 or not _bookable_price(report.price_cny):
        return "a fill needs a positive number of shares and a price of at most four decimals"
    if report.shares > order.request.shares - order.filled_shares:
        return (f"{report.shares} shares were reported filled, "
                f"{order.request.shares - order.filled_shares} were open")
    held = book.position(order.request.symbol).held_shares
    if order.request.side is OrderSide.SELL and report.shares > held:
        return f"{report.shares} shares were reported sold, {held} are held"
    return ""


def _bookable_price(price_cny: Decimal | None) -> bool:
    return price_cny is not None and is_price(price_cny) and price_cny % UNIT == 0


# ---- one entry -----------------------------------------------------------------------------


def post(book: Book, kind: str, payload: Payload, day: date, ts_utc: datetime) -> Booking:
    """What this entry changes. The book is only read.

    Raises:
        OrderError: the order cannot take this step.
        DataError: an unknown kind of entry; a newer program wrote it.
    """
    try:
        poster = _POSTERS[kind]
    except KeyError:
        raise DataError(f"the journal holds an entry of the unknown kind {kind!r}",
                        why="a newer version of the program wrote it",
                        remedy="Start the newer version again") from None
    return poster(book, payload, day, ts_utc)


def _account_opened(_book: Book, payload: Payload, day: date, _ts: datetime) -> Booking:
    cash = Cash(account_id=payload["account_id"], initial_e4=payload["cash_e4"],
                cash_e4=payload["cash_e4"], reserved_e4=0, proceeds_e4=0, day=day)
    return Booking(Changes(account=cash.account()), cash)


def _account_reset(book: Book, payload: Payload, day: date, ts_utc: datetime) -> Booking:
    fresh = _account_opened(book, payload, day, ts_utc)
    return replace(fresh, changes=replace(fresh.changes, wipe=True))


def _day_opened(book: Book, payload: Payload, day: date, _ts: datetime) -> Booking:
    """Yesterday's purchases become sellable; entitlements and write-offs of the day follow."""
    changed = {symbol: replace(position, bought_today_shares=0)
               for symbol, position in book.positions.items() if position.bought_today_shares}
    cash_e4 = book.opened.cash_e4
    for credit in payload["credits"]:
        old = changed.get(credit["symbol"], book.position(credit["symbol"]))
        changed[old.symbol] = replace(
            old, held_shares=old.held_shares + credit["bonus_shares"],
            realised_cny=from_e4(to_e4(old.realised_cny) + credit["cash_e4"]))
        cash_e4 += credit["cash_e4"]
    for symbol in payload["write_offs"]:
        old = changed.get(symbol, book.position(symbol))
        changed[symbol] = replace(
            old, held_shares=0, cost_cny=from_e4(0),
            realised_cny=from_e4(to_e4(old.realised_cny) - to_e4(old.cost_cny)))
    cash = replace(book.opened, cash_e4=cash_e4, proceeds_e4=0, day=day)
    return Booking(Changes(positions=tuple(changed.values()), account=cash.account()), cash)


def _order_denied(_book: Book, payload: Payload, day: date, ts_utc: datetime) -> Booking:
    order = Order(
        order_id=payload["order_id"], request=request_from(payload["request"]), trading_day=day,
        status=step(OrderStatus.NEW, Act.DENY), updated_utc=ts_utc,
        refusals=refusals_from(payload["refusals"]))
    return Booking(Changes(orders=(order,)))


def _order_intent(book: Book, payload: Payload, day: date, ts_utc: datetime) -> Booking:
    order = Order(order_id=payload["order_id"], request=request_from(payload["request"]),
                  trading_day=day, status=step(OrderStatus.NEW, Act.INTEND), updated_utc=ts_utc)
    return _order_changed(book, None, order, reserved_e4=payload["reserved_e4"])


def _acted(act: Act) -> Callable[[Book, Payload, date, datetime], Booking]:
    """The poster of one of our own acts on an order."""

    def poster(book: Book, payload: Payload, _day: date, ts_utc: datetime) -> Booking:
        old = book.orders[payload["order_id"]]
        new = replace(old, status=step(old.status, act), updated_utc=ts_utc,
                      broker_id=payload.get("broker_id") or old.broker_id)
        return _order_changed(book, old, new)

    return poster


def _reported(book: Book, payload: Payload, _day: date, ts_utc: datetime) -> Booking:
    old = book.orders[payload["order_id"]]
    status = step(old.status, Report(payload["report"]), filled_shares=old.filled_shares,
                  shares=old.request.shares)
    new = replace(old, status=status, updated_utc=ts_utc,
                  broker_id=payload["broker_id"] or old.broker_id)
    return _order_changed(book, old, new)


def _filled(book: Book, payload: Payload, _day: date, ts_utc: datetime) -> Booking:
    """A fill belongs to its order's day, however late it is reported."""
    old = book.orders[payload["order_id"]]
    shares, fees = payload["shares"], fees_from(payload["fees"])
    amount_e4 = fen_half_up_e4(payload["price_e4"] * shares, 1)
    filled = old.filled_shares + shares
    new = replace(
        old, filled_shares=filled, amount_cny=from_e4(to_e4(old.amount_cny) + amount_e4),
        fees=add_fees(old.fees, fees), updated_utc=ts_utc,
        broker_id=payload["broker_id"] or old.broker_id,
        status=step(old.status, Report.FILL, filled_shares=filled, shares=old.request.shares))
    fill = Fill(
        order_id=old.order_id, trade_id=payload["trade_id"], broker=payload["broker"],
        symbol=old.request.symbol, side=old.request.side, shares=shares,
        price_cny=from_e4(payload["price_e4"]), ts_utc=ts_utc,
        trading_day=old.trading_day, fees=fees, tag=old.request.tag)
    fees_e4 = to_e4(fees.total_cny)
    position = book.position(fill.symbol)
    if fill.side is OrderSide.BUY:
        position = _bought(position, shares, amount_e4 + fees_e4,
                           today=old.trading_day == book.day, t0=payload["t0"])
        cash_e4 = -amount_e4 - fees_e4
    else:
        position = _sold(position, shares, amount_e4 - fees_e4)
        cash_e4 = amount_e4 - fees_e4
    return _order_changed(book, old, new, reserved_e4=payload["reserved_e4"],
                          position=position, cash_e4=cash_e4, fill=fill)


def _bought(
    position: Position, shares: int, paid_e4: int, *, today: bool, t0: bool
) -> Position:
    return replace(position, held_shares=position.held_shares + shares, t0=t0,
                   bought_today_shares=position.bought_today_shares + shares * today,
                   cost_cny=from_e4(to_e4(position.cost_cny) + paid_e4))


def _sold(position: Position, shares: int, received_e4: int) -> Position:
    """Average cost leaves with the shares; the last share takes the last fen."""
    cost_e4 = to_e4(position.cost_cny)
    left = position.held_shares - shares
    gone_e4 = fen_half_up_e4(cost_e4 * shares, position.held_shares)
    return replace(
        position, held_shares=left, cost_cny=from_e4(cost_e4 - gone_e4),
        bought_today_shares=min(position.bought_today_shares, left),
        realised_cny=from_e4(to_e4(position.realised_cny) + received_e4 - gone_e4))


def _order_changed(
    book: Book, old: Order | None, new: Order, *, reserved_e4: int | None = None,
    position: Position | None = None, cash_e4: int = 0, fill: Fill | None = None,
) -> Booking:
    """The order's row with all that hangs on it: reserved cash, shares on sale, the account.

    Args:
        reserved_e4: the new reservation; None keeps the old one. A final order reserves nothing.
        cash_e4: what the account gains (negative: pays).
    """
    held_e4 = book.reserved_e4.get(new.order_id, 0)
    kept_e4 = held_e4 if reserved_e4 is None else reserved_e4
    now_e4 = 0 if new.status in FINAL_STATUSES else kept_e4
    sale = 0
    if new.request.side is OrderSide.SELL:
        sale = new.open_shares - (0 if old is None else old.open_shares)
    if sale:
        position = position or book.position(new.request.symbol)
        position = replace(position, on_sale_shares=position.on_sale_shares + sale)
    cash = None
    if now_e4 != held_e4 or cash_e4:
        was = book.opened
        gained_e4 = max(0, cash_e4)
        cash = replace(was, cash_e4=was.cash_e4 + cash_e4, proceeds_e4=was.proceeds_e4 + gained_e4,
                       reserved_e4=was.reserved_e4 + now_e4 - held_e4)
    changes = Changes(
        orders=(new,), fills=() if fill is None else (fill,),
        positions=() if position is None else (position,),
        account=None if cash is None else cash.account())
    reserved = {new.order_id: now_e4} if now_e4 != held_e4 else {}
    return Booking(changes, cash, reserved)


def _kept_only(_book: Book, _payload: Payload, _day: date, _ts: datetime) -> Booking:
    return Booking(Changes())


def _kill_set(_book: Book, payload: Payload, _day: date, _ts: datetime) -> Booking:
    return Booking(Changes(kill_level=KillLevel(payload["level"])))


def _state_set(kind: Entry) -> Callable[[Book, Payload, date, datetime], Booking]:
    """The poster of one durable value; the whole value, not a difference."""

    def poster(_book: Book, payload: Payload, _day: date, _ts: datetime) -> Booking:
        value = payload["value"]
        row = StateRow(kind=kind, key=payload["key"],
                       value=None if value is None else canonical_json(value))
        return Booking(Changes(state=(row,)))

    return poster


_POSTERS: dict[str, Callable[[Book, Payload, date, datetime], Booking]] = {
    Entry.ACCOUNT_OPENED: _account_opened,
    Entry.ACCOUNT_RESET: _account_reset,
    Entry.DAY_OPENED: _day_opened,
    Entry.ORDER_DENIED: _order_denied,
    Entry.ORDER_INTENT: _order_intent,
    Entry.ORDER_SENDING: _acted(Act.SEND),
    Entry.ORDER_SENT: _acted(Act.SENT),
    Entry.ORDER_NOT_SENT: _acted(Act.NOT_SENT),
    Entry.CANCEL_ASKED: _acted(Act.ASK_CANCEL),
    Entry.REPORT: _reported,
    Entry.FILL: _filled,
    Entry.QUARANTINED: _kept_only,
    Entry.DESK_CLOSED: _kept_only,
    Entry.DECISION: _kept_only,
    Entry.KILL: _kill_set,
    **{kind: _state_set(kind) for kind in STATE_KINDS},
}


# ---- the whole journal ---------------------------------------------------------------------


def rebuild_book(entries: Iterable[JournalEntry]) -> tuple[Book, tuple[int, str]]:
    """The book a journal tells of, and the journal's head.

    Raises:
        DataError: the hash chain is broken; the first bad entry is named.
    """
    book, head = Book(), (0, GENESIS_HASH)
    for entry in entries:
        head = follow(head, entry)
        book.absorb(post(book, entry.kind, loads(entry.payload), entry.trading_day, entry.ts_utc))
    return book, head


def rebuild(entries: Iterable[JournalEntry]) -> Projections:
    """Every projection from the journal alone."""
    return rebuild_book(entries)[0].projections()


def projection_bytes(projections: Projections) -> bytes:
    """One spelling of all projections, to compare a rebuild with what is stored."""
    return canonical_json({
        "account": None if projections.account is None else _account_row(projections.account),
        "positions": [_position_row(p) for p in projections.positions],
        "orders": [_order_row(o) for o in projections.orders],
        "fills": [_fill_row(f) for f in projections.fills],
        "kill_level": int(projections.kill_level),
        "state": [[row.kind, row.key, row.value] for row in projections.state],
    }).encode()


def _account_row(account: Account) -> dict[str, Any]:
    return {"account_id": account.account_id, "cash_e4": to_e4(account.cash_cny),
            "reserved_e4": to_e4(account.reserved_cny),
            "withdrawable_e4": to_e4(account.withdrawable_cny),
            "initial_e4": to_e4(account.initial_cash_cny),
            "trading_day": account.trading_day.isoformat()}


def _position_row(position: Position) -> dict[str, Any]:
    return {"symbol": position.symbol, "held": position.held_shares,
            "bought_today": position.bought_today_shares, "on_sale": position.on_sale_shares,
            "cost_e4": to_e4(position.cost_cny), "realised_e4": to_e4(position.realised_cny),
            "t0": position.t0}


def _order_row(order: Order) -> dict[str, Any]:
    return {"order_id": order.order_id, "request": request_to(order.request),
            "trading_day": order.trading_day.isoformat(), "status": order.status.value,
            "broker_id": order.broker_id, "filled": order.filled_shares,
            "amount_e4": to_e4(order.amount_cny), "fees": fees_to(order.fees),
            "refusals": refusals_to(order.refusals),
            "updated_utc": None if order.updated_utc is None else order.updated_utc.isoformat()}


def _fill_row(fill: Fill) -> dict[str, Any]:
    return {"order_id": fill.order_id, "trade_id": fill.trade_id, "broker": fill.broker,
            "symbol": fill.symbol, "side": fill.side.value, "shares": fill.shares,
            "price_e4": to_e4(fill.price_cny), "ts_utc": fill.ts_utc.isoformat(),
            "trading_day": fill.trading_day.isoformat(), "fees": fees_to(fill.fees),
            "tag": fill.tag}
