"""What the account holds and may come to hold, by symbol and industry, kept entry by entry.

All sums are e4 integers. An entry or a price changes the sums of its own symbol only, so an
order is judged in the same time with three positions as with three hundred.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal

from core.money import fen_half_up_e4, from_e4, to_e4
from trading.ledger import Book, Booking

PriceOf = Callable[[str], Decimal | None]


class Exposure:
    """Held and pending amounts. `pending`: what open buy orders, UNKNOWN ones too, may cost."""

    def __init__(self, book: Book, price_of: PriceOf, industry_of: Callable[[str], str]) -> None:
        """Values the whole book once; afterwards it is told of every change."""
        self._book, self._price_of, self._industry_of = book, price_of, industry_of
        self._held: dict[str, int] = {}            # of symbols with a price
        self._pending: dict[str, int] = {}
        self._reserved: dict[int, int] = {}        # by order, as the book has them
        self._sectors: dict[str, int] = defaultdict(int)
        self._total = 0
        self._changed: dict[str, None] = {}        # symbols whose amount changed since asked
        self.unpriced: set[str] = set()            # held, and no price is known
        for symbol in book.positions:
            self.revalue(symbol)
        self._reserve(book.reserved_e4)

    # ---- what changes it -----------------------------------------------------------------------

    def booked(self, booking: Booking) -> None:
        """An entry has changed the book."""
        self._reserve(booking.reserved_e4)
        for position in booking.changes.positions:
            self.revalue(position.symbol)

    def revalue(self, symbol: str) -> None:
        """The symbol's price or position has changed."""
        shares = self._book.position(symbol).held_shares
        price_cny = self._price_of(symbol) if shares else None
        self.unpriced.discard(symbol)
        if shares and price_cny is None:
            self.unpriced.add(symbol)
        value_e4 = 0 if price_cny is None else fen_half_up_e4(to_e4(price_cny) * shares, 1)
        old_e4 = self._held.pop(symbol, 0)
        if value_e4:
            self._held[symbol] = value_e4
        self._total += value_e4 - old_e4
        self._sectors[self._industry_of(symbol)] += value_e4 - old_e4
        self._changed[symbol] = None

    def holds(self, symbol: str) -> bool:
        return symbol in self._held or symbol in self.unpriced

    def _reserve(self, changed: Mapping[int, int]) -> None:
        for order_id, amount_e4 in changed.items():
            symbol = self._book.orders[order_id].request.symbol
            more_e4 = amount_e4 - self._reserved.pop(order_id, 0)
            if amount_e4:
                self._reserved[order_id] = amount_e4
            pending_e4 = self._pending.pop(symbol, 0) + more_e4
            if pending_e4:
                self._pending[symbol] = pending_e4
            self._sectors[self._industry_of(symbol)] += more_e4
            self._changed[symbol] = None

    # ---- what it says --------------------------------------------------------------------------

    def take_changed(self) -> tuple[str, ...]:
        """Symbols whose amount has changed since this was last asked; at first all of them."""
        changed = tuple(self._changed)
        self._changed.clear()
        return changed

    def amounts_e4(self) -> dict[str, int]:
        """Held and pending of each instrument."""
        both = dict(self._held)
        for symbol, amount_e4 in self._pending.items():
            both[symbol] = both.get(symbol, 0) + amount_e4
        return both

    @property
    def equity_e4(self) -> int | None:
        """Cash, what is owed, and holdings; None while a holding has no price."""
        cash = self._book.opened
        return None if self.unpriced else cash.cash_e4 + cash.owed_e4 + self._total

    @property
    def gross_e4(self) -> int:
        """Holdings and open purchases."""
        return self._total + self._book.opened.reserved_e4

    def of_symbol_e4(self, symbol: str) -> int:
        return self._held.get(symbol, 0) + self._pending.get(symbol, 0)

    def of_sector_e4(self, industry: str) -> int:
        """Instruments of unknown industry ("") are one sector: the most that they could be."""
        return self._sectors.get(industry, 0)

    def names(self, adding: str = "") -> int:
        """How many instruments are held or being bought, with one more."""
        both = self._held.keys() | self.unpriced | self._pending.keys()
        return len(both) + (1 if adding and adding not in both else 0)


# ---- the figures that gate and breakers share --------------------------------------------------


def day_loss_cny(start_e4: int | None, now_e4: int | None) -> Decimal | None:
    """Realised, unrealised and fees of the day; positive is a loss. None: not known."""
    return None if start_e4 is None or now_e4 is None else from_e4(start_e4 - now_e4)


def drawdown_ratio(highest_e4: int, now_e4: int | None) -> Decimal | None:
    """How far below its highest the account stands: 0.10 is 10 %. None: not known."""
    if now_e4 is None or highest_e4 <= 0:
        return None
    return Decimal(max(0, highest_e4 - now_e4)) / highest_e4


def share_of(amount_e4: int, equity_e4: int | None) -> Decimal | None:
    """A part of the account; None where the whole is unknown or nothing is left."""
    if equity_e4 is None or equity_e4 <= 0:
        return None
    return Decimal(amount_e4) / equity_e4
