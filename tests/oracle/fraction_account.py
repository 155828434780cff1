"""One account in exact fractions, written down from the rules alone. Imports nothing of the house.

Everything happens in its true order: a trade belongs to its day, however late it was reported.
Amounts are fractions of CNY and are rounded half up to the fen where the rules round: the amount
of a fill, an ex-date's cash, the tax of a sale, the average cost that leaves with shares.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor

MONTHS_A_YEAR = 12


def fen(amount: Fraction) -> Fraction:
    return Fraction(floor(amount * 100 + Fraction(1, 2)), 100)


def months_later(day: date, months: int) -> date:
    index = day.year * MONTHS_A_YEAR + day.month - 1 + months
    year, month = index // MONTHS_A_YEAR, index % MONTHS_A_YEAR + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(last, day.day))
        except ValueError:
            continue
    raise ValueError(day)


def tax_rate(bought: date, sold: date, ex_date: date) -> Fraction:
    if sold <= months_later(bought, 1):
        return Fraction(20, 100)
    if sold <= months_later(bought, MONTHS_A_YEAR):
        return Fraction(10, 100)
    old = ex_date - timedelta(days=1) < date(2015, 9, 8)
    return Fraction(5, 100) if old else Fraction(0)


@dataclass
class Parcel:
    """Shares of one age, and what each of them was paid on the ex-dates it lived through."""

    bought: date
    came: date
    shares: int
    paid: list[tuple[date, Fraction]] = field(default_factory=list)


@dataclass
class Holding:
    parcels: list[Parcel] = field(default_factory=list)
    cost: Fraction = Fraction(0)
    realised: Fraction = Fraction(0)
    dividends: Fraction = Fraction(0)
    tax: Fraction = Fraction(0)
    fees: Fraction = Fraction(0)

    @property
    def shares(self) -> int:
        return sum(parcel.shares for parcel in self.parcels)


@dataclass
class ExDate:
    """Per share held over it; `taxed` is what of it is income."""

    day: date
    cash: Fraction
    bonus: Fraction
    taxed: Fraction
    pay_day: date | None


class FractionAccount:
    def __init__(self, cash: Fraction) -> None:
        self.cash = cash
        self.holdings: dict[str, Holding] = {}
        self.owed: list[tuple[date, Fraction]] = []
        self.coming: list[tuple[date, str, int, Fraction]] = []

    def of(self, symbol: str) -> Holding:
        return self.holdings.setdefault(symbol, Holding())

    @property
    def receivable(self) -> Fraction:
        return sum((amount for _, amount in self.owed), Fraction(0)) + sum(
            (cost for *_, cost in self.coming), Fraction(0))

    def buy(self, day: date, symbol: str, shares: int, price: Fraction, fees: Fraction) -> None:
        held, amount = self.of(symbol), fen(price * shares)
        self.cash -= amount + fees
        held.cost += amount + fees
        held.fees += fees
        held.parcels.append(Parcel(day, day, shares))

    def sell(self, day: date, symbol: str, shares: int, price: Fraction, fees: Fraction) -> None:
        held, amount = self.of(symbol), fen(price * shares)
        leaving = fen(held.cost * shares / held.shares)
        held.cost -= leaving
        due, left = Fraction(0), shares
        for parcel in sorted(held.parcels, key=lambda each: (each.bought, each.came)):
            gone = min(left, parcel.shares)
            left -= gone
            parcel.shares -= gone
            due += sum((gone * each * tax_rate(parcel.bought, day, ex_date)
                        for ex_date, each in parcel.paid), Fraction(0))
        held.parcels = [parcel for parcel in held.parcels if parcel.shares]
        tax = fen(due)
        held.tax += tax
        held.fees += fees
        held.realised += amount - fees - leaving - tax
        self.cash += amount - fees - tax

    def open_day(self, day: date, ex_dates: list[tuple[str, ExDate]]) -> None:
        """Dividends due are paid; ex-dates of the day, by what was held the evening before; then
        subscribed shares arrive.
        """
        self.cash += sum((amount for due, amount in self.owed if due <= day), Fraction(0))
        self.owed = [each for each in self.owed if each[0] > day]
        for symbol, ex_date in ex_dates:
            self._pass(symbol, ex_date, day)
        for due, symbol, shares, cost in self.coming:
            if due <= day:
                held = self.of(symbol)
                held.cost += cost
                held.parcels.append(Parcel(day, day, shares))
        self.coming = [each for each in self.coming if each[0] > day]

    def _pass(self, symbol: str, ex_date: ExDate, day: date) -> None:
        held = self.of(symbol)
        shares = held.shares
        if not shares:
            return
        cash, bonus = fen(ex_date.cash * shares), floor(ex_date.bonus * shares)
        given, before, news = 0, 0, []
        for parcel in sorted(held.parcels, key=lambda each: (each.bought, each.came)):
            before += parcel.shares
            part = floor(Fraction(before * bonus, shares)) - given
            given += part
            if ex_date.taxed:
                parcel.paid.append((ex_date.day, ex_date.taxed))
            if part:
                news.append(Parcel(parcel.bought, ex_date.day, part))
        held.parcels += news
        held.dividends += cash
        held.realised += cash
        if ex_date.pay_day is not None and ex_date.pay_day > day:
            self.owed.append((ex_date.pay_day, cash))
        else:
            self.cash += cash

    def subscribe(self, due: date, symbol: str, shares: int, price: Fraction) -> None:
        cost = fen(price * shares)
        self.cash -= cost
        self.coming.append((due, symbol, shares, cost))
