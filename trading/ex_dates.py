"""What ex-dates give to a holder, as values and in the journal, and what a late fill missed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from core.money import from_e4, to_e4
from core.types import Account, Order, OrderSide, Position, Right
from trading.book import Book
from trading.dividend_tax import dividend_tax_e4
from trading.records import Payload

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What one ex-date gives to the holder: cash to the fen, and shares sellable at once.

    `entitled_shares`: what was held over the ex-date; 0: not said, so no tax can follow.
    `pay_date`: of the cash; None: unknown, it is paid on the ex-date.
    `derived`: from reference prices, not from an announcement.
    """

    symbol: str
    ex_date: date
    cash_cny: Decimal
    bonus_shares: int = 0
    entitled_shares: int = 0
    taxable_per_share_cny: Decimal = Decimal(0)
    pay_date: date | None = None
    derived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStart:
    """What a new day does to what is held, before its first order."""

    credits: tuple[Credit, ...] = ()
    write_offs: tuple[str, ...] = ()       # symbols delisted: their shares are worth nothing
    rights: tuple[Right, ...] = ()         # to subscribe shares; they lapse if nobody does


DayStarter: TypeAlias = Callable[[Mapping[str, Position], date, date], DayStart]


def nothing_starts(_held: Mapping[str, Position], _since: date, _day: date) -> DayStart:
    """The day_start of a market without ex-dates."""
    return DayStart()


def days_to_open(account: Account, day: date) -> list[date]:
    """The days up to `day` that have to be opened one by one: on which subscribed shares come,
    so that they are there for the ex-dates after. Everything else of missed days is made up
    for at once.
    """
    between = {each.due for each in account.receivables
               if each.shares and account.trading_day < each.due < day}
    return [*sorted(between), day]


def day_payload(day: date, start: DayStart) -> Payload:
    payload: Payload = {
        "day": day.isoformat(), "write_offs": list(start.write_offs),
        "credits": [credit_to(credit) for credit in start.credits]}
    if start.rights:
        payload["rights"] = [_right_to(right) for right in start.rights]
    return payload


def credit_to(credit: Credit) -> Payload:
    payload: Payload = {
        "symbol": credit.symbol, "ex_date": credit.ex_date.isoformat(),
        "cash_e4": to_e4(credit.cash_cny), "bonus_shares": credit.bonus_shares}
    if credit.entitled_shares:
        payload["shares"] = credit.entitled_shares
        payload["taxable"] = str(credit.taxable_per_share_cny)
    if credit.pay_date is not None:
        payload["pay_date"] = credit.pay_date.isoformat()
    if credit.derived:
        payload["derived"] = True
    return payload


def _right_to(right: Right) -> Payload:
    return {"symbol": right.symbol, "ex_date": right.ex_date.isoformat(), "shares": right.shares,
            "price_e4": to_e4(right.price_cny), "until": right.until.isoformat()}


# ---- fills ---------------------------------------------------------------------------------


def fill_extras(
    book: Book, order: Order, shares: int, *, day_start: DayStarter, taxed: bool
) -> Payload:
    """What a fill brings besides its amount and fees: tax that falls due, ex-dates it missed.

    A fill belongs to its order's day. One that is reported after a later day was opened was
    held (or was gone) over the ex-dates in between.
    """
    extras: Payload = {}
    symbol, selling = order.request.symbol, order.request.side is OrderSide.SELL
    position = book.position(symbol)
    if selling and taxed and position.dividends:
        tax_e4 = dividend_tax_e4(position, shares, order.trading_day)
        if tax_e4:
            extras["dividend_tax_e4"] = tax_e4
    if order.trading_day < book.day:
        change = -shares if selling else shares
        left = position.held_shares + change
        missed = _missed(position, change, order.trading_day, book.day, day_start)
        if missed.credits:
            extras["credits"] = [_clamped(credit_to(each), left) for each in missed.credits]
        if missed.rights:
            extras["rights"] = [_right_to(right) for right in missed.rights]
    return extras


def _clamped(payload: Payload, left: int) -> Payload:
    """A correction. Bonus shares that were sold already cannot be taken back; how many is kept."""
    corrected: Payload = {"shares": 0, "taxable": "0", **payload}
    short = -(left + payload["bonus_shares"])
    if short > 0:
        corrected |= {"bonus_shares": -left, "not_taken_back": short}
    return corrected


def _missed(
    position: Position, change: int, since: date, day: date, day_start: DayStarter
) -> DayStart:
    """What the days after `since` up to `day` give for `change` shares more than they were
    opened with: the difference of two whole entitlements, so that no fen is rounded twice.
    """
    had = {each.ex_date: each.entitled_shares for each in position.dividends}
    symbol, credits, rights = position.symbol, [], []
    for ex_date in _ex_dates(symbol, since, day, day_start):
        held, eve = had.get(ex_date, 0), ex_date - _DAY
        before = _start_with(symbol, held, eve, ex_date, day_start)
        after = _start_with(symbol, max(0, held + change), eve, ex_date, day_start)
        found = _differences(before.credits, after.credits)
        change += sum(each.bonus_shares for each in found)      # they earn at the next one
        credits += found
        rights += _more_rights(before.rights, after.rights)
    return DayStart(credits=tuple(credits), rights=tuple(rights))


def _ex_dates(symbol: str, since: date, day: date, day_start: DayStarter) -> list[date]:
    start = _start_with(symbol, 1, since, day, day_start)
    return sorted({each.ex_date for each in start.credits}
                  | {each.ex_date for each in start.rights})


def _start_with(
    symbol: str, shares: int, since: date, day: date, day_start: DayStarter
) -> DayStart:
    if not shares:
        return DayStart()
    held = Position(symbol=symbol, held_shares=shares, bought_today_shares=0, on_sale_shares=0,
                    cost_cny=from_e4(0))
    return day_start({symbol: held}, since, day)


def _differences(before: tuple[Credit, ...], after: tuple[Credit, ...]) -> list[Credit]:
    old = {each.ex_date: each for each in before}
    new = {each.ex_date: each for each in after}
    found = []
    for ex_date in sorted(old.keys() | new.keys()):
        was, now = old.get(ex_date), new.get(ex_date)
        kept = now or was
        if kept is None:
            continue
        found.append(Credit(
            symbol=kept.symbol, ex_date=ex_date,
            cash_cny=_cash(now) - _cash(was), bonus_shares=_bonus(now) - _bonus(was),
            entitled_shares=0 if now is None else now.entitled_shares,
            taxable_per_share_cny=kept.taxable_per_share_cny, pay_date=kept.pay_date,
            derived=kept.derived))
    return found


def _cash(credit: Credit | None) -> Decimal:
    return Decimal("0.00") if credit is None else credit.cash_cny


def _bonus(credit: Credit | None) -> int:
    return 0 if credit is None else credit.bonus_shares


def _more_rights(before: tuple[Right, ...], after: tuple[Right, ...]) -> list[Right]:
    """Rights on shares that were bought in time; those of a late sale are left to lapse."""
    old = {each.ex_date: each.shares for each in before}
    return [Right(symbol=each.symbol, ex_date=each.ex_date, price_cny=each.price_cny,
                  until=each.until, shares=each.shares - old.get(each.ex_date, 0))
            for each in after if each.shares > old.get(each.ex_date, 0)]
