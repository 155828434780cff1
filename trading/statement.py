"""The daily statement of an account: every movement of cash and shares, from the journal alone.

It is counted from what the entries say, apart from the ledger's own arithmetic, and must equal
the ledger to the fen at the end of every day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from json import loads

from core.exceptions import DataError
from core.money import fen_half_up_e4, from_e4, to_e4
from core.types import Fees, JournalEntry, OrderSide
from trading.book import Book
from trading.journal import GENESIS_HASH, follow
from trading.ledger import post
from trading.records import Entry, Payload, fees_from

HEADER = (
    "account", "data", "trading_day", "kind", "symbol", "shares", "price_cny", "amount_cny",
    "commission_cny", "stamp_duty_cny", "transfer_fee_cny", "other_fees_cny", "cash_change_cny",
    "cash_after_cny", "order_id", "trade_id", "note")
_NO_FEES = Fees()
BUY, SELL, DIVIDEND, TAX = "BUY", "SELL", "DIVIDEND", "TAX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One movement. `amount_e4` is what it is worth, `change_e4` what the cash gains by it."""

    kind: str                          # BUY SELL TAX DIVIDEND OWED PAID BONUS RIGHT SUBSCRIBED ...
    symbol: str = ""
    shares: int = 0                    # the holding's change; RIGHT: what may be subscribed
    price_e4: int | None = None
    amount_e4: int = 0
    change_e4: int = 0
    fees: Fees = _NO_FEES
    order_id: int = 0
    trade_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One day of one account. What is held and owed is as the day ended."""

    account_id: str
    data: str
    day: date
    opening_e4: int
    closing_e4: int
    lines: tuple[Line, ...]
    held: tuple[tuple[str, int], ...]              # symbol, shares
    owed: tuple[tuple[str, date, int, int], ...]   # symbol, due, cash in e4, shares


@dataclass(slots=True)
class _Count:
    """What the entries of one account add up to."""

    account_id: str
    data: str
    day: date
    opening_e4: int
    cash_e4: int
    lines: list[Line] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    owed: list[tuple[str, date, int, int]] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.lines.append(line)
        self.cash_e4 += line.change_e4
        if line.kind != "RIGHT" and line.shares:
            self.held[line.symbol] = self.held.get(line.symbol, 0) + line.shares

    def statement(self) -> Statement:
        return Statement(
            account_id=self.account_id, data=self.data, day=self.day, opening_e4=self.opening_e4,
            closing_e4=self.cash_e4, lines=tuple(self.lines),
            held=tuple(sorted((s, shares) for s, shares in self.held.items() if shares)),
            owed=tuple(self.owed))

    def next_day(self, day: date) -> None:
        self.day, self.opening_e4, self.lines = day, self.cash_e4, []


def statements(entries: Iterable[JournalEntry]) -> Iterator[Statement]:
    """Every day of every account, each checked against the ledger as it ends.

    Raises:
        DataError: the chain is broken, or a statement differs from the ledger: which, and where.
    """
    book, head, counts = Book(), (0, GENESIS_HASH), dict[str, _Count]()
    for entry in entries:
        head = follow(head, entry)
        payload: Payload = loads(entry.payload)
        if entry.kind in (Entry.DAY_OPENED, Entry.ACCOUNT_RESET):
            yield _ended(counts, book)
        _note(counts, book, entry, payload)
        book.absorb(post(book, entry.kind, payload, entry.trading_day, entry.ts_utc))
    if book.cash is not None:
        for count in counts.values():
            if count.account_id != book.cash.account_id:
                yield count.statement()
        yield _ended(counts, book)


def _ended(counts: dict[str, _Count], book: Book) -> Statement:
    """The active account's day, if it equals the ledger."""
    cash = book.opened
    found = counts[cash.account_id].statement()
    held = tuple(sorted((p.symbol, p.held_shares) for p in book.positions.values()
                        if p.held_shares))
    owed = sum(amount for _, _, amount, _ in found.owed)
    for what, here, there in (
            ("cash", from_e4(found.closing_e4), from_e4(cash.cash_e4)),
            ("shares", found.held, held),
            ("receivables", from_e4(owed), cash.account().receivable_cny)):
        if here != there:
            raise DataError(
                f"the statement of {found.account_id} for {found.day} is not the ledger's",
                why=f"{what}: the statement counts {here}, the ledger {there}",
                remedy="Stop trading on this account and compare it with the broker's statement")
    return found


def _note(counts: dict[str, _Count], book: Book, entry: JournalEntry, payload: Payload) -> None:
    """Count one entry."""
    if entry.kind in (Entry.ACCOUNT_OPENED, Entry.ACCOUNT_RESET):
        if entry.kind == Entry.ACCOUNT_RESET:
            counts.pop(book.opened.account_id, None)
        name, cash_e4 = str(payload["account_id"]), payload["cash_e4"]
        counts[name] = _Count(name, str(payload.get("origin") or name), entry.trading_day, 0, 0)
        counts[name].add(Line(kind="OPENED", amount_e4=cash_e4, change_e4=cash_e4))
        return
    if book.cash is None:
        return
    count = counts[book.cash.account_id]
    if entry.kind == Entry.DAY_OPENED:
        count.next_day(entry.trading_day)
        _day(count, payload)
    elif entry.kind == Entry.FILL:
        _fill(count, book, payload)
    elif entry.kind == Entry.RIGHT_TAKEN:
        _subscribed(count, book, payload)


def _day(count: _Count, payload: Payload) -> None:
    """What was due arrives; ex-dates, rights and write-offs follow."""
    due = [each for each in count.owed if each[1] <= count.day]
    count.owed = [each for each in count.owed if each[1] > count.day]
    for symbol, _, amount_e4, shares in due:
        count.add(Line(kind="ARRIVED" if shares else "PAID", symbol=symbol, shares=shares,
                       amount_e4=amount_e4, change_e4=0 if shares else amount_e4))
    for credit in payload["credits"]:
        _credit(count, credit)
    _rights(count, payload)
    for symbol in payload["write_offs"]:
        count.add(Line(kind="WRITTEN_OFF", symbol=symbol, shares=-count.held.get(symbol, 0),
                       note="delisted"))


def _rights(count: _Count, payload: Payload) -> None:
    for right in payload.get("rights", ()):
        count.add(Line(kind="RIGHT", symbol=right["symbol"], shares=right["shares"],
                       price_e4=right["price_e4"], note=f"until {right['until']}"))


def _credit(count: _Count, credit: Payload) -> None:
    """Cash of an ex-date, now or on its pay date, and its bonus shares."""
    symbol, amount_e4, bonus = credit["symbol"], credit["cash_e4"], credit["bonus_shares"]
    derived = " derived from prices" if credit.get("derived") else ""
    note = f"ex-date {credit['ex_date']}{derived}"
    due = credit.get("pay_date")
    if amount_e4 and due is not None and date.fromisoformat(due) > count.day:
        count.owed.append((symbol, date.fromisoformat(due), amount_e4, 0))
        count.add(Line(kind="OWED", symbol=symbol, amount_e4=amount_e4,
                       note=f"{note}, to be paid on {due}"))
    elif amount_e4:
        unknown = "" if due else ", pay date unknown"
        count.add(Line(kind=DIVIDEND, symbol=symbol, amount_e4=amount_e4, change_e4=amount_e4,
                       note=note + unknown))
    if bonus:
        count.add(Line(kind="BONUS", symbol=symbol, shares=bonus, note=note))


def _fill(count: _Count, book: Book, payload: Payload) -> None:
    order = book.orders[payload["order_id"]]
    symbol, buying = order.request.symbol, order.request.side is OrderSide.BUY
    shares, fees = payload["shares"], fees_from(payload["fees"])
    amount_e4 = fen_half_up_e4(payload["price_e4"] * shares, 1)
    fees_e4 = to_e4(fees.total_cny)
    late = "" if order.trading_day == count.day else f"traded on {order.trading_day}"
    count.add(Line(
        kind=BUY if buying else SELL, symbol=symbol, shares=shares if buying else -shares,
        price_e4=payload["price_e4"], amount_e4=amount_e4, fees=fees, note=late,
        change_e4=-amount_e4 - fees_e4 if buying else amount_e4 - fees_e4,
        order_id=order.order_id, trade_id=payload["trade_id"]))
    tax_e4 = payload.get("dividend_tax_e4", 0)
    if tax_e4:
        count.add(Line(kind=TAX, symbol=symbol, amount_e4=tax_e4, change_e4=-tax_e4,
                       order_id=order.order_id, note="on dividends, by holding period"))
    for credit in payload.get("credits", ()):
        _credit(count, credit)
    _rights(count, payload)


def _subscribed(count: _Count, book: Book, payload: Payload) -> None:
    symbol, shares = payload["symbol"], payload["shares"]
    price_e4 = next(to_e4(right.price_cny) for right in book.opened.rights
                    if (right.symbol, right.ex_date.isoformat()) == (symbol, payload["ex_date"]))
    cost_e4 = fen_half_up_e4(price_e4 * shares, 1)
    count.owed.append((symbol, date.fromisoformat(payload["due"]), cost_e4, shares))
    count.add(Line(kind="SUBSCRIBED", symbol=symbol, price_e4=price_e4, amount_e4=cost_e4,
                   change_e4=-cost_e4, note=f"{shares} shares come on {payload['due']}"))


# ---- rows ----------------------------------------------------------------------------------


def statement_rows(entries: Iterable[JournalEntry]) -> Iterator[Sequence[object]]:
    """Every statement as rows of HEADER: opening, each line, closing, holdings, receivables."""
    for each in statements(entries):
        cash_e4 = each.opening_e4
        yield _row(each, Line(kind="OPENING"), cash_e4)
        for line in each.lines:
            cash_e4 += line.change_e4
            yield _row(each, line, cash_e4)
        yield _row(each, Line(kind="CLOSING"), cash_e4)
        for symbol, shares in each.held:
            yield _row(each, Line(kind="POSITION", symbol=symbol, shares=shares), None)
        for symbol, due, amount_e4, shares in each.owed:
            yield _row(each, Line(kind="RECEIVABLE", symbol=symbol, shares=shares,
                                  amount_e4=amount_e4, note=f"due {due}"), None)


def _row(each: Statement, line: Line, cash_e4: int | None) -> Sequence[object]:
    fees = line.fees
    return (
        each.account_id, each.data, each.day, line.kind, line.symbol, line.shares,
        "" if line.price_e4 is None else from_e4(line.price_e4), from_e4(line.amount_e4),
        fees.commission_cny, fees.stamp_duty_cny, fees.transfer_fee_cny,
        fees.handling_cny + fees.regulatory_cny, from_e4(line.change_e4),
        "" if cash_e4 is None else from_e4(cash_e4), line.order_id or "", line.trade_id,
        line.note)
