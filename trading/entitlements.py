"""What new sessions give to a holder, from reference data: ex-dates and delistings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.adjust import entitlement
from core.calendar import TradingCalendar
from core.ports import CorporateActions
from core.types import Position
from trading.session import Credit, DayStart


@dataclass(frozen=True, slots=True)
class Entitlements:
    """The `day_start` of a session whose reference data knows the corporate actions."""

    reference: CorporateActions
    calendar: TradingCalendar

    def day_start(
        self, positions: Mapping[str, Position], since: date, day: date
    ) -> DayStart:
        """Everything with an ex-date after `since` and up to `day`, for what is held.

        A ledger that stood still for a while gets each missed ex-date, in order: bonus shares
        of an earlier one earn the cash of a later one.
        """
        credits: list[Credit] = []
        gone: list[str] = []
        missed = self.calendar.sessions(self.calendar.next_session(since), day)
        for symbol in sorted(s for s, position in positions.items() if position.held_shares):
            credits += self._credits(symbol, positions[symbol].held_shares, missed)
            instrument = self.reference.instrument(symbol)
            until = None if instrument is None else instrument.delist_date
            if until is not None and day >= until:
                gone.append(symbol)
        return DayStart(credits=tuple(credits), write_offs=tuple(gone))

    def _credits(self, symbol: str, held: int, days: tuple[date, ...]) -> list[Credit]:
        found = []
        for day in days:
            action = self.reference.action(symbol, day)
            if action is None:
                continue
            cash_cny, bonus = entitlement(
                held, cash=action.cash_per_share_cny, bonus=action.bonus_per_share)
            found.append(
                Credit(symbol=symbol, ex_date=day, cash_cny=cash_cny, bonus_shares=bonus))
            held += bonus
        return found
