"""What a journal entry changes: orders, cash, positions, lots and T+1. Pure.

`post` says what one entry changes and touches nothing; `Book.absorb` takes the change over.
Live trading and the rebuild from the journal go through these two alone, so a rebuilt book
cannot differ from the one that was written beside the journal. All sums are e4 integers.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from json import loads

from core.exceptions import DataError, OrderError
from core.money import UNIT, fen_half_up_e4, from_e4, is_price, to_e4
from core.ports import Changes, Projections
from core.types import (
    FINAL_STATUSES,
    BrokerReport,
    Dividend,
    Fill,
    JournalEntry,
    KillLevel,
    Order,
    OrderSide,
    OrderStatus,
    Origin,
    Position,
    Receivable,
    Report,
    Right,
    StateRow,
)
from trading import lots
from trading.book import Book, Booking, Cash, FillKey, fill_key
from trading.journal import GENESIS_HASH, canonical_json, follow
from trading.order_fsm import Act, step
from trading.projection_bytes import projection_bytes
from trading.records import (
    MOST_PRICE_CNY,
    STATE_KINDS,
    Entry,
    Payload,
    add_fees,
    fees_from,
    refusals_from,
    request_from,
)

__all__ = ["Book", "Booking", "Cash", "FillKey", "fill_key", "fill_problem", "post",
           "projection_bytes", "rebuild", "rebuild_book"]


def fill_problem(book: Book, report: BrokerReport) -> str:
    """Why a FILL report cannot be booked; empty if it can. Duplicates are asked for before."""
    order = book.orders.get(report.order_id)
    if order is None:
        return f"no order {report.order_id} is known here"
    whole = (isinstance(report.shares, int) and not isinstance(report.shares, bool)
             and report.shares > 0)
    if not whole or not _bookable_price(report.price_cny):
        return (f"a fill of {report.shares} shares at {report.price_cny} cannot be: it takes a "
                "positive whole number of shares and a price of at most four decimals")
    if report.shares > order.request.shares - order.filled_shares:
        return (f"{report.shares} shares were reported filled, "
                f"{order.request.shares - order.filled_shares} were open")
    held = book.position(order.request.symbol).held_shares
    if order.request.side is OrderSide.SELL and report.shares > held:
        return f"{report.shares} shares were reported sold, {held} are held"
    return ""


def _bookable_price(price_cny: Decimal | None) -> bool:
    return (isinstance(price_cny, Decimal) and is_price(price_cny)
            and price_cny <= MOST_PRICE_CNY and price_cny % UNIT == 0)


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
    booking = poster(book, payload, day, ts_utc)
    return _with_case(booking, payload["case"]) if payload.get("case") else booking


def _with_case(booking: Booking, case: Payload) -> Booking:
    """A case is opened by the very entry that shows the difference, or not at all."""
    changes = booking.changes
    row = StateRow(kind=Entry.CASE, key=case["key"], value=canonical_json(case["value"]))
    return replace(booking, changes=replace(changes, state=(*changes.state, row)))


def _account_opened(book: Book, payload: Payload, day: date, _ts: datetime) -> Booking:
    """The first account is the active one; a further one stands beside it until selected."""
    if payload["account_id"] in book.accounts:
        raise OrderError(f"account {payload['account_id']!r} was not opened",
                         why="there is one of this name already", remedy="Choose another name")
    cash = _fresh(payload, day)
    return Booking(Changes(account=cash.account(),
                           select=cash.account_id if book.cash is None else None), cash)


def _account_reset(book: Book, payload: Payload, day: date, _ts: datetime) -> Booking:
    """The active account starts afresh; the others are not touched."""
    cash = _fresh(payload, day)
    wishes = tuple(_wish(int(key), None) for key in book.state_of(Entry.CANCEL_ASKED)
                   if int(key) in book.orders)
    return Booking(Changes(account=cash.account(), wipe=True, select=cash.account_id,
                           last_order_id=book.last_order_id, state=wishes), cash)


def _fresh(payload: Payload, day: date) -> Cash:
    return Cash(account_id=payload["account_id"], initial_e4=payload["cash_e4"],
                cash_e4=payload["cash_e4"], reserved_e4=0, proceeds_e4=0, day=day,
                origin=_origin(payload.get("origin") or payload["account_id"]))


def _origin(text: str) -> Origin | None:
    """Older journals name the account by the data it trades on."""
    return Origin(text) if text in {origin.value for origin in Origin} else None


def _account_selected(book: Book, payload: Payload, _day: date, ts_utc: datetime) -> Booking:
    """Everything from here on concerns another account."""
    name = payload["account_id"]
    if name not in book.accounts:
        raise OrderError(f"account {name!r} was not selected", why="there is none of this name",
                         remedy="Open it first; see --accounts")
    left_utc = payload["left_utc"]
    left = replace(book.opened, left_utc=datetime.fromisoformat(left_utc) if left_utc else ts_utc)
    return Booking(Changes(account=left.account(), select=name), left)


def _day_opened(book: Book, payload: Payload, day: date, _ts: datetime) -> Booking:
    """Yesterday's purchases become sellable; what is due arrives; ex-dates and write-offs follow.

    OrderError: not a later day; a second roll would unlock today's purchases.
    """
    cash = book.opened
    if day <= cash.day:
        raise OrderError(f"{day} was not opened", why=f"the account stands at {cash.day}",
                         remedy="A day opens once, and days open in order")
    changed: dict[str, Position] = {}
    for symbol, position in book.positions.items():
        if position.bought_today_shares or position.dividends:      # most rest as they are
            rolled = lots.new_day(position)
            if rolled is not position:
                changed[symbol] = rolled
    cash = replace(cash, proceeds_e4=0, day=day)
    if cash.receivables:
        cash = _arrived(book, changed, cash)
    for credit in payload["credits"]:
        old = changed.get(credit["symbol"]) or book.position(credit["symbol"])
        changed[old.symbol] = lots.credited(
            old, date.fromisoformat(credit["ex_date"]), cash_e4=credit["cash_e4"],
            bonus_shares=credit["bonus_shares"], dividend=_dividend(credit))
        cash = _paid(cash, credit)
    for symbol in payload["write_offs"]:
        changed[symbol] = lots.written_off(changed.get(symbol) or book.position(symbol))
    cash = _with_rights(cash, payload)
    return Booking(Changes(positions=tuple(changed.values()), account=cash.account()), cash)


def _arrived(book: Book, changed: dict[str, Position], cash: Cash) -> Cash:
    """What is due by now: cash is paid, subscribed shares are held. Changes `changed`."""
    due = [each for each in cash.receivables if each.due <= cash.day]
    paid_e4 = sum(to_e4(each.cash_cny) for each in due if not each.shares)
    for each in due:
        if each.shares:
            old = changed.get(each.symbol) or book.position(each.symbol)
            changed[each.symbol] = lots.arrived(old, each.shares, each.cash_cny, cash.day)
    return replace(cash, cash_e4=cash.cash_e4 + paid_e4, receivables=tuple(
        each for each in cash.receivables if each.due > cash.day))


def _dividend(credit: Payload) -> Dividend | None:
    """What the ex-date means for the tax; older journals do not say."""
    if "shares" not in credit:
        return None
    return Dividend(ex_date=date.fromisoformat(credit["ex_date"]),
                    entitled_shares=credit["shares"],
                    taxable_per_share_cny=Decimal(credit["taxable"]))


def _paid(cash: Cash, credit: Payload) -> Cash:
    """The cash of a credit: now, or on its pay date."""
    amount_e4, due = credit["cash_e4"], credit.get("pay_date")
    if due is None or date.fromisoformat(due) <= cash.day:
        return replace(cash, cash_e4=cash.cash_e4 + amount_e4)
    if not amount_e4:
        return cash
    owed = Receivable(
        symbol=credit["symbol"], ex_date=date.fromisoformat(credit["ex_date"]),
        due=date.fromisoformat(due), cash_cny=from_e4(amount_e4),
        derived=credit.get("derived", False))
    return replace(cash, receivables=(*cash.receivables, owed))


def _with_rights(cash: Cash, payload: Payload) -> Cash:
    """Rights of the day; those whose last day is over have lapsed."""
    given = payload.get("rights", ())
    if not given and not cash.rights:
        return cash
    news = [Right(symbol=right["symbol"], ex_date=date.fromisoformat(right["ex_date"]),
                  shares=right["shares"], price_cny=from_e4(right["price_e4"]),
                  until=date.fromisoformat(right["until"])) for right in given]
    rights: dict[tuple[str, date], Right] = {}
    for each in (*cash.rights, *news):
        before = rights.get((each.symbol, each.ex_date))
        rights[each.symbol, each.ex_date] = each if before is None else replace(
            before, shares=before.shares + each.shares)
    return replace(cash, rights=tuple(
        each for each in rights.values() if each.until >= cash.day))


def _right_taken(book: Book, payload: Payload, _day: date, _ts: datetime) -> Booking:
    """Part or all of a right is subscribed: paid now, the shares come on the due day."""
    cash, shares = book.opened, payload["shares"]
    symbol, ex_date = payload["symbol"], date.fromisoformat(payload["ex_date"])
    right = next((each for each in cash.rights
                  if (each.symbol, each.ex_date) == (symbol, ex_date)), None)
    if right is None or not 0 < shares <= right.shares:
        raise OrderError(
            f"{shares} shares of {symbol} were not subscribed",
            why=f"the account may subscribe {0 if right is None else right.shares}",
            remedy="Look at the rights of the account; a lapsed one is gone")
    cost_e4 = fen_half_up_e4(to_e4(right.price_cny) * shares, 1)
    free_e4 = cash.cash_e4 - cash.reserved_e4
    if cost_e4 > free_e4:
        raise OrderError(
            f"{shares} shares of {symbol} were not subscribed",
            why=f"they cost {from_e4(cost_e4)} CNY, {from_e4(free_e4)} are free",
            remedy="Subscribe fewer, or free some cash")
    left = [replace(right, shares=right.shares - shares)] if shares < right.shares else []
    cash = replace(
        cash, cash_e4=cash.cash_e4 - cost_e4,
        rights=(*(each for each in cash.rights if each is not right), *left),
        receivables=(*cash.receivables, Receivable(
            symbol=symbol, ex_date=ex_date, due=date.fromisoformat(payload["due"]),
            cash_cny=from_e4(cost_e4), shares=shares)))
    return Booking(Changes(account=cash.account()), cash)


def _order_denied(_book: Book, payload: Payload, day: date, ts_utc: datetime) -> Booking:
    order = Order(
        order_id=payload["order_id"], request=request_from(payload["request"]), trading_day=day,
        status=step(OrderStatus.NEW, Act.DENY), updated_utc=ts_utc,
        refusals=refusals_from(payload["refusals"]))
    return Booking(Changes(orders=(order,)))


def _order_intent(book: Book, payload: Payload, day: date, ts_utc: datetime) -> Booking:
    order = Order(order_id=payload["order_id"], request=request_from(payload["request"]),
                  trading_day=day, status=step(OrderStatus.NEW, Act.INTEND), updated_utc=ts_utc,
                  reserved_cny=from_e4(payload["reserved_e4"]))
    return _order_changed(book, None, order, reserved_e4=payload["reserved_e4"])


def _order_adopted(book: Book, payload: Payload, day: date, ts_utc: datetime) -> Booking:
    order = Order(order_id=payload["order_id"], request=request_from(payload["request"]),
                  trading_day=day, status=step(OrderStatus.NEW, Act.ADOPT), updated_utc=ts_utc,
                  broker_id=payload["broker_id"])
    return _order_changed(book, None, order, reserved_e4=payload["reserved_e4"])


def _order_reopened(book: Book, payload: Payload, _day: date, ts_utc: datetime) -> Booking:
    old = book.orders[payload["order_id"]]
    new = replace(old, updated_utc=ts_utc, broker_id=payload["broker_id"] or old.broker_id,
                  status=step(old.status, Act.REOPEN, filled_shares=old.filled_shares))
    return _order_changed(book, old, new, reserved_e4=payload["reserved_e4"])


def _cancel_asked(book: Book, payload: Payload, _day: date, ts_utc: datetime) -> Booking:
    """The order's step, and the wish, which outlives a refusal by the broker."""
    old = book.orders[payload["order_id"]]
    new = replace(old, status=step(old.status, Act.ASK_CANCEL), updated_utc=ts_utc)
    booking = _order_changed(book, old, new)
    if new.status in FINAL_STATUSES:
        return booking
    wish = _wish(old.order_id, {"by": payload.get("by", "")})
    return replace(booking, changes=replace(booking.changes, state=(wish,)))


def _wish(order_id: int, value: Payload | None) -> StateRow:
    """The durable wish that an order be cancelled."""
    return StateRow(kind=Entry.CANCEL_ASKED, key=str(order_id),
                    value=None if value is None else canonical_json(value))


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
    status = step(old.status, Report.FILL, filled_shares=filled, shares=old.request.shares)
    reserved_e4 = 0 if status in FINAL_STATUSES else payload["reserved_e4"]
    new = replace(
        old, filled_shares=filled, amount_cny=from_e4(to_e4(old.amount_cny) + amount_e4),
        fees=add_fees(old.fees, fees), updated_utc=ts_utc,
        broker_id=payload["broker_id"] or old.broker_id, status=status,
        reserved_cny=from_e4(reserved_e4))
    fill = Fill(
        order_id=old.order_id, trade_id=payload["trade_id"], broker=payload["broker"],
        symbol=old.request.symbol, side=old.request.side, shares=shares,
        price_cny=from_e4(payload["price_e4"]), ts_utc=ts_utc,
        trading_day=old.trading_day, fees=fees, tag=old.request.tag)
    fees_e4, tax_e4 = to_e4(fees.total_cny), payload.get("dividend_tax_e4", 0)
    position, was = book.position(fill.symbol), book.opened
    all_reserved_e4 = was.reserved_e4 + reserved_e4 - book.reserved_e4.get(old.order_id, 0)
    if fill.side is OrderSide.BUY:
        position = lots.bought(
            position, shares, amount_e4 + fees_e4, fees_e4, day=old.trading_day,
            today=old.trading_day == was.day, t0=payload["t0"])
        cash = replace(was, cash_e4=was.cash_e4 - amount_e4 - fees_e4,
                       reserved_e4=all_reserved_e4)
    else:
        position = lots.sold(position, shares, amount_e4 - fees_e4, fees_e4, tax_e4,
                             late=old.trading_day if old.trading_day < was.day else None)
        gained_e4 = amount_e4 - fees_e4 - tax_e4
        cash = replace(was, cash_e4=was.cash_e4 + gained_e4, reserved_e4=all_reserved_e4,
                       proceeds_e4=was.proceeds_e4 + max(0, gained_e4))
    for credit in payload.get("credits", ()):           # of ex-dates since its day
        position = lots.corrected(
            position, date.fromisoformat(credit["ex_date"]), cash_e4=credit["cash_e4"],
            bonus_shares=credit["bonus_shares"], dividend=_dividend(credit))
        cash = _paid(cash, credit)
    if "rights" in payload:
        cash = _with_rights(cash, payload)
    return _order_changed(book, old, new, reserved_e4=reserved_e4, position=position, cash=cash,
                          fill=fill)


def _order_changed(
    book: Book, old: Order | None, new: Order, *, reserved_e4: int | None = None,
    position: Position | None = None, cash: Cash | None = None, fill: Fill | None = None,
) -> Booking:
    """The order's row with all that hangs on it: reserved cash, shares on sale, the account.

    Args:
        reserved_e4: the new reservation; None keeps the old one. A final order reserves nothing.
        cash: the account as the fill left it, the new reservation in it.
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
    reserved = {}
    if now_e4 != held_e4:
        if cash is None:
            was = book.opened
            cash = replace(was, reserved_e4=was.reserved_e4 + now_e4 - held_e4)
        reserved_cny = from_e4(now_e4)
        if new.reserved_cny != reserved_cny:
            new = replace(new, reserved_cny=reserved_cny)
        reserved = {new.order_id: now_e4}
    fulfilled = new.status in FINAL_STATUSES and (
        str(new.order_id) in book.state_of(Entry.CANCEL_ASKED))
    changes = Changes(
        orders=(new,), fills=() if fill is None else (fill,),
        state=(_wish(new.order_id, None),) if fulfilled else (),
        positions=() if position is None else (position,),
        account=None if cash is None else cash.account())
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
    Entry.ACCOUNT_SELECTED: _account_selected,
    Entry.RIGHT_TAKEN: _right_taken,
    Entry.DAY_OPENED: _day_opened,
    Entry.ORDER_DENIED: _order_denied,
    Entry.ORDER_INTENT: _order_intent,
    Entry.ORDER_SENDING: _acted(Act.SEND),
    Entry.ORDER_SENT: _acted(Act.SENT),
    Entry.ORDER_NOT_SENT: _acted(Act.NOT_SENT),
    Entry.ORDER_ADOPTED: _order_adopted,
    Entry.ORDER_REOPENED: _order_reopened,
    Entry.CANCEL_ASKED: _cancel_asked,
    Entry.REPORT: _reported,
    Entry.FILL: _filled,
    Entry.QUARANTINED: _kept_only,
    Entry.DESK_CLOSED: _kept_only,
    Entry.DECISION: _kept_only,
    Entry.CHECKPOINT: _kept_only,
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
