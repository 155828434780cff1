"""Random years of an account, played through the ledger and through the fractions beside it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.calendar import TradingCalendar, exchange_calendar
from core.rules import shanghai
from core.symbols import parse_instrument
from core.types import ActionRow, DayFacts, Instrument, Position
from tests.oracle.fraction_account import ExDate, FractionAccount
from trading.book import Book
from trading.entitlements import Entitlements
from trading.ex_dates import day_payload, days_to_open, fill_extras
from trading.ledger import post
from trading.records import Entry

SYMBOLS = ("600519.SH", "000001.SZ", "510300.SH")          # two stocks and a fund, which is untaxed
E4 = 10_000
CASH_E4 = 100_000_000 * E4
FIRST_SESSIONS = (date(2014, 12, 1), date(2019, 3, 1), date(2023, 11, 1))


@dataclass(frozen=True)
class Trade:
    number: int
    symbol: str
    shares: int
    selling: bool
    price_e4: int
    fees_e4: int


class Year:
    """One seeded account: the same events through both, compared whenever nothing is late."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.calendar: TradingCalendar = exchange_calendar()
        self.day = self.calendar.next_session(self.rng.choice(FIRST_SESSIONS))
        self.actions: dict[tuple[str, date], ActionRow] = {}
        self.entitlements = Entitlements(self, self.calendar)
        self.book, self.model = Book(), FractionAccount(Fraction(CASH_E4, E4))
        self.counts = {"fills": 0, "late": 0, "ex_dates": 0, "subscribed": 0, "taxed": 0}
        self.journal: list[tuple[Entry, dict[str, Any], date]] = []
        self._late: list[Trade] = []
        self._number = 0
        self._post(Entry.ACCOUNT_OPENED, {"account_id": "a", "cash_e4": CASH_E4})

    # ---- core.ports.CorporateActions ----

    def instrument(self, symbol: str) -> Instrument | None:
        return parse_instrument(symbol)

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        return None

    def action(self, symbol: str, day: date) -> ActionRow | None:
        return self.actions.get((symbol, day))

    # ---- the year ----

    def play(self, steps: int = 24) -> list[str]:
        """Every difference found, in words; empty: none to the fen."""
        faults: list[str] = []
        for _ in range(steps):
            self._next_day()
            faults += self._compare()
            for _ in range(self.rng.randrange(3)):
                self._trade()
            self._subscribe()
        self._next_day()
        return faults + self._compare()

    def _next_day(self) -> None:
        """A few sessions on, some of them missed, with the ex-dates of all of them."""
        missed = self.calendar.sessions(self.calendar.next_session(self.day), self.calendar.offset(
            self.day, self.rng.choice((1, 1, 2, 5, 20))))
        for symbol in SYMBOLS:
            for day in missed:
                if self.rng.random() < 0.5 / len(missed):
                    self.actions[symbol, day] = self._an_action(symbol, day)
        for step in days_to_open(self.book.account, missed[-1]):
            start = self.entitlements.day_start(self.book.positions, self.book.day, step)
            self.day = step
            self._post(Entry.DAY_OPENED, day_payload(step, start))
            self.counts["ex_dates"] += len(start.credits)
        for day in missed:                          # in truth no day was missed
            self.model.open_day(day, [(symbol, _ex_date(self.actions[symbol, day]))
                                      for symbol in SYMBOLS if (symbol, day) in self.actions])
        for fill in self._late:
            self._fill(fill)
        self._late.clear()

    def _an_action(self, symbol: str, day: date) -> ActionRow:
        rng = self.rng
        bonus = Decimal(rng.choice((0, 0, 1, 15, 300, 1000))) / 1000
        pay = self.calendar.offset(day, rng.randrange(0, 12)) if rng.random() < 0.5 else None
        return ActionRow(
            symbol=symbol, ex_date=day, bonus_per_share=bonus, pay_date=pay,
            cash_per_share_cny=Decimal(rng.randrange(0, 400_000)) / 10 ** rng.choice((5, 6)),
            par_per_share=bonus / 2, derived=rng.random() < 0.1,
            rights_per_share=Decimal(rng.choice((0, 0, 3))) / 10,
            rights_price_cny=Decimal(rng.randrange(100, 2000)) / 100)

    def _trade(self) -> None:
        """A purchase or a sale of this day; some are reported only after the next roll."""
        rng, symbol = self.rng, self.rng.choice(SYMBOLS)
        late = rng.random() < 0.15
        free = self.book.position(symbol).sellable_shares - sum(
            fill.shares for fill in self._late if fill.symbol == symbol)
        selling = rng.random() < 0.5 and free > 0
        if late and any(fill.symbol == symbol for fill in self._late):
            return
        if not late and self._late:
            return                                  # their true order would be another one
        shares = rng.randrange(1, free + 1) if selling else rng.randrange(1, 3_000)
        if selling and rng.random() < 0.2:
            shares = free
        self._number += 1
        fill = Trade(self._number, symbol, shares, selling,
                     price_e4=rng.randrange(5_000, 300_000) // 10 * 10,
                     fees_e4=rng.randrange(0, 20_000) * 100)
        self._intend(fill)
        trade = self.model.sell if selling else self.model.buy
        trade(self.day, symbol, shares, Fraction(fill.price_e4, E4), Fraction(fill.fees_e4, E4))
        self.counts["fills"] += 1
        if late:
            self.counts["late"] += 1
            self._late.append(fill)
        else:
            self._fill(fill)

    def _intend(self, trade: Trade) -> None:
        number = trade.number
        self._post(Entry.ORDER_INTENT, {"order_id": number, "reserved_e4": 0, "request": {
            "symbol": trade.symbol, "side": "SELL" if trade.selling else "BUY",
            "shares": trade.shares, "limit_e4": trade.price_e4, "limit_text": None,
            "type": "LIMIT", "key": "", "tag": "",
            "created_utc": shanghai(self.day, time(10)).isoformat(), "source": "manual"}})
        self._post(Entry.ORDER_SENDING, {"order_id": number})
        self._post(Entry.ORDER_SENT, {"order_id": number, "broker_id": "B"})

    def _fill(self, trade: Trade) -> None:
        number, shares = trade.number, trade.shares
        extras = fill_extras(self.book, self.book.orders[number], shares, taxed=True,
                             day_start=self.entitlements.day_start)
        self.counts["taxed"] += "dividend_tax_e4" in extras
        self._post(Entry.FILL, {
            "order_id": number, "broker": "SIM", "broker_id": "B", "trade_id": str(number),
            "shares": shares, "price_e4": trade.price_e4, "t0": False, "reserved_e4": 0, **extras,
            "fees": {"commission_e4": trade.fees_e4, "stamp_duty_e4": 0, "transfer_fee_e4": 0,
                     "handling_e4": 0, "regulatory_e4": 0}})

    def _subscribe(self) -> None:
        rights = self.book.opened.rights
        if not rights or self._late or self.rng.random() < 0.5:
            return
        right = self.rng.choice(rights)
        shares, due = self.rng.randrange(1, right.shares + 1), self.calendar.next_session(self.day)
        self._post(Entry.RIGHT_TAKEN, {
            "symbol": right.symbol, "ex_date": right.ex_date.isoformat(), "shares": shares,
            "due": due.isoformat()})
        self.model.subscribe(due, right.symbol, shares, Fraction(right.price_cny))
        self.counts["subscribed"] += 1

    def _post(self, kind: Entry, payload: Mapping[str, Any]) -> None:
        self.journal.append((kind, dict(payload), self.day))
        self.book.absorb(post(self.book, kind, dict(payload), self.day,
                              shanghai(self.day, time(10))))

    # ---- the comparison ----

    def _compare(self) -> list[str]:
        account = self.book.account
        pairs: list[tuple[str, object, object]] = [
            ("cash", Fraction(account.cash_cny), self.model.cash),
            ("receivable", Fraction(account.receivable_cny), self.model.receivable)]
        for symbol in SYMBOLS:
            pairs += [(f"{symbol} {name}", here, there) for name, here, there in zip(
                NAMES, _of_ledger(self.book.position(symbol)), self._of_model(symbol),
                strict=True)]
        return [f"{self.day} {name}: ledger {here}, fractions {there}"
                for name, here, there in pairs if here != there]

    def _of_model(self, symbol: str) -> tuple[object, ...]:
        held = self.model.of(symbol)
        parcels: dict[tuple[date, date], int] = {}
        for each in held.parcels:
            at = each.bought, each.came
            parcels[at] = parcels.get(at, 0) + each.shares
        return (held.shares, held.cost, held.realised, held.dividends, held.tax, held.fees,
                sorted(parcels.items()))


NAMES = ("shares", "cost", "realised", "dividends", "tax", "fees", "parcels")


def _of_ledger(position: Position) -> tuple[object, ...]:
    return (
        position.held_shares, Fraction(position.cost_cny), Fraction(position.realised_cny),
        Fraction(position.dividend_cny), Fraction(position.dividend_tax_cny),
        Fraction(position.fees_cny),
        [((lot.opened, lot.since), lot.shares) for lot in position.lots])


def _ex_date(action: ActionRow) -> ExDate:
    taxed = Fraction(0)
    if not action.derived and not action.symbol.startswith("5"):
        taxed = Fraction(action.cash_per_share_cny) + Fraction(action.par_per_share)
    return ExDate(day=action.ex_date, cash=Fraction(action.cash_per_share_cny),
                  bonus=Fraction(action.bonus_per_share), taxed=taxed, pay_day=action.pay_date)
