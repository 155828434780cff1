"""What new sessions give to a holder, from reference data: ex-dates, rights and delistings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.adjust import entitlement
from core.calendar import TradingCalendar
from core.constants import DIVIDEND_TAX
from core.ports import CorporateActions
from core.types import ActionRow, Instrument, Kind, Position, Right
from trading.ex_dates import Credit, DayStart

RIGHT_SESSIONS = 5                 # a right stands this long where its last day is not known
_TAXED = frozenset({Kind.STOCK, Kind.CDR})
_TAX_SINCE = min(row.since for row in DIVIDEND_TAX)
PAR_CNY = Decimal(1)               # of a share: what a bonus from profits is taxed on


class AnnouncedActions:
    """Reference data in which announced actions win over those it derives from prices."""

    def __init__(self, reference: CorporateActions, rows: Iterable[ActionRow]) -> None:
        self.instrument, self.day_facts = reference.instrument, reference.day_facts
        self._reference = reference
        self._rows = {(row.symbol, row.ex_date): row for row in rows}

    def action(self, symbol: str, day: date) -> ActionRow | None:
        return self._rows.get((symbol, day)) or self._reference.action(symbol, day)


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
        rights: list[Right] = []
        gone: list[str] = []
        missed = self.calendar.sessions(self.calendar.next_session(since), day)
        for symbol in sorted(s for s, position in positions.items() if position.held_shares):
            held, instrument = positions[symbol].held_shares, self.reference.instrument(symbol)
            for ex_date in missed:
                action = self.reference.action(symbol, ex_date)
                if action is not None:
                    credit = self._credit(action, held, ex_date, instrument)
                    credits.append(credit)
                    rights += self._rights(action, held, ex_date)
                    held += credit.bonus_shares
            until = None if instrument is None else instrument.delist_date
            if until is not None and day >= until:
                gone.append(symbol)
        return DayStart(credits=tuple(credits), write_offs=tuple(gone), rights=tuple(rights))

    def _credit(
        self, action: ActionRow, held: int, ex_date: date, instrument: Instrument | None
    ) -> Credit:
        cash_cny, bonus = entitlement(
            held, cash=action.cash_per_share_cny, bonus=action.bonus_per_share)
        return Credit(
            symbol=action.symbol, ex_date=ex_date, cash_cny=cash_cny, bonus_shares=bonus,
            entitled_shares=held, pay_date=action.pay_date, derived=action.derived,
            taxable_per_share_cny=taxable_per_share_cny(
                action, instrument, self.calendar.previous_session(ex_date)))

    def _rights(self, action: ActionRow, held: int, ex_date: date) -> list[Right]:
        price_cny = action.rights_price_cny
        _, shares = entitlement(held, cash=Decimal(0), bonus=action.rights_per_share)
        if not shares or price_cny is None:
            return []
        until = action.rights_until or self.calendar.offset(ex_date, RIGHT_SESSIONS - 1)
        return [Right(symbol=action.symbol, ex_date=ex_date, shares=shares, price_cny=price_cny,
                      until=until)]


def taxable_per_share_cny(
    action: ActionRow, instrument: Instrument | None, record_day: date
) -> Decimal:
    """What of one share's entitlement is income: the cash, and a bonus from profits at par.

    A derived fall of the price may be anything: no tax is guessed on it. Funds pay none.
    """
    known = instrument is not None and instrument.kind in _TAXED and not action.derived
    if not known or record_day < _TAX_SINCE:
        return Decimal(0)
    return action.cash_per_share_cny + action.par_per_share * PAR_CNY
