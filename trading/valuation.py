"""What the account is worth now, and was worth at the last close. Unknown prices are never zero."""

from collections.abc import Sequence
from decimal import Decimal

from core.money import from_e4, to_fen
from core.types import Bar, OrderSide, Quote
from trading.day_rules import DayRules
from trading.ledger import Book


def peak_key(book: Book) -> str:
    """The EQUITY row of the active account's highest value; others have rows of their own."""
    return f"peak {book.opened.account_id}"


class Valuation:
    """The newest prices of one trading day."""

    def __init__(self, rules: DayRules) -> None:
        self._rules = rules
        self._last_cny: dict[str, Decimal] = {}

    def note(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        self._last_cny.update((bar.symbol, bar.close_cny) for bar in bars)
        self._last_cny.update((quote.symbol, quote.last_cny) for quote in quotes
                              if quote.last_cny is not None)

    def forget(self) -> None:
        """A new day: yesterday's prices are not today's."""
        self._last_cny.clear()

    def price_cny(self, symbol: str, book: Book) -> Decimal | None:
        """The newest trade, else the exchange's reference price of the day; None: neither."""
        last = self._last_cny.get(symbol)
        return self._reference_cny(symbol, book) if last is None else last

    def equity_cny(self, book: Book) -> Decimal | None:
        """Cash, what is owed, and everything held; None as soon as one price is unknown."""
        total = from_e4(book.opened.cash_e4 + book.opened.owed_e4)
        for position in book.positions.values():
            if position.held_shares:
                price_cny = self.price_cny(position.symbol, book)
                if price_cny is None:
                    return None
                total += price_cny * position.held_shares
        return total

    def day_start_cny(self, book: Book) -> Decimal | None:
        """The account at today's reference prices, before today's fills; None: unknown.

        Taking the fills back from the present state needs no memory, so a restart cannot lose
        the day's loss, and an overnight gap is part of it.
        """
        total = from_e4(book.opened.cash_e4 + book.opened.owed_e4)
        held = {p.symbol: p.held_shares for p in book.positions.values()}
        for fill in book.fills_of(book.day):
            amount_cny = to_fen(fill.price_cny * fill.shares)
            bought = fill.side is OrderSide.BUY
            total += fill.fees.total_cny + (amount_cny if bought else -amount_cny)
            held[fill.symbol] = held.get(fill.symbol, 0) + (-fill.shares if bought else fill.shares)
        for symbol, shares in held.items():
            if shares:
                reference_cny = self._reference_cny(symbol, book)
                if reference_cny is None:
                    return None
                total += reference_cny * shares
        return total

    def _reference_cny(self, symbol: str, book: Book) -> Decimal | None:
        day = self._rules.of(symbol, book.day)
        return None if day is None else day.facts.reference_cny
