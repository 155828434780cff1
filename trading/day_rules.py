"""What governs one instrument on one session, looked up once and kept for that day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.ports import ReferenceData
from core.rules import Band, formula_band, price_band, quantity_step, tick_cny
from core.types import DayFacts, Instrument


@dataclass(frozen=True, slots=True)
class SymbolDay:
    """The facts of an instrument for a session, with the rules that follow from them."""

    instrument: Instrument
    facts: DayFacts
    band: Band | None              # None: no reference price is known
    tick_cny: Decimal | None       # None: the board is not traded here
    step_shares: int


class DayRules:
    """Answers for the newest day asked about; an earlier day is forgotten."""

    def __init__(self, reference: ReferenceData) -> None:
        self._reference = reference
        self._day: date | None = None
        self._known: dict[str, SymbolDay | None] = {}
        self.limit_mismatches = 0      # days whose published limits differ from the formula

    def instrument(self, symbol: str) -> Instrument | None:
        return self._reference.instrument(symbol)

    def of(self, symbol: str, day: date) -> SymbolDay | None:
        """None: nobody knows this symbol."""
        if day != self._day:
            self._day, self._known = day, {}
        if symbol not in self._known:
            self._known[symbol] = self._look_up(symbol, day)
        return self._known[symbol]

    def forget(self) -> None:
        """Ask again: reference data has changed (a new calendar, an earlier day)."""
        self._day = None

    def _look_up(self, symbol: str, day: date) -> SymbolDay | None:
        facts = self._reference.day_facts(symbol, day)
        if facts is None:
            return None
        board = facts.instrument.board
        band = price_band(facts)
        self._compare(facts, band)
        try:
            tick, step = tick_cny(board), quantity_step(board)
        except LookupError:
            tick, step = None, 1
        return SymbolDay(facts.instrument, facts, band, tick, step)

    def _compare(self, facts: DayFacts, band: Band | None) -> None:
        published = facts.limit_up_cny is not None or facts.limit_down_cny is not None
        if published and band is not None and not band.free and band != formula_band(facts):
            self.limit_mismatches += 1
