"""A position and its lots, through purchases, sales and ex-dates. Pure, in exact integers.

The cost of a position is its average cost: it leaves with the shares in proportion. Its lots
are the tax view of the same shares: they leave first in, first out, with their own cost.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from operator import attrgetter

from core.money import fen_half_up_e4, from_e4, to_e4
from core.types import Dividend, Lot, Position

_NOTHING = Decimal("0.00")
_BY_AGE = attrgetter("opened", "since")


def bought(
    position: Position, shares: int, paid_e4: int, fees_e4: int, *, day: date, today: bool,
    t0: bool,
) -> Position:
    """More of it.

    Args:
        paid_e4: fees included. day: the purchase's trading day.
        today: that day is still running, so that the shares are locked.
    """
    paid_cny = from_e4(paid_e4)
    return replace(
        position, held_shares=position.held_shares + shares, t0=t0,
        bought_today_shares=position.bought_today_shares + shares * today,
        cost_cny=position.cost_cny + paid_cny, fees_cny=position.fees_cny + from_e4(fees_e4),
        realised_open_cny=position.realised_open_cny if position.held_shares else _NOTHING,
        lots=with_lot(position.lots, Lot(opened=day, since=day, shares=shares,
                                         cost_cny=paid_cny)))


def with_lot(lots: tuple[Lot, ...], lot: Lot) -> tuple[Lot, ...]:
    """One lot more, in order of age; what came together is one lot."""
    if lots and _BY_AGE(lots[-1]) < _BY_AGE(lot):
        return (*lots, lot)
    kept = [each for each in lots if _BY_AGE(each) != _BY_AGE(lot)]
    same = [each for each in lots if _BY_AGE(each) == _BY_AGE(lot)]
    for each in same:
        lot = replace(lot, shares=lot.shares + each.shares, cost_cny=lot.cost_cny + each.cost_cny)
    return _in_order(*kept, lot)


def sold(
    position: Position, shares: int, received_e4: int, fees_e4: int, tax_e4: int = 0, *,
    late: date | None = None,
) -> Position:
    """Less of it: average cost leaves with the shares; the last share takes the last fen.

    Args:
        received_e4: after fees, before `tax_e4`, the tax on dividends that falls due.
        late: the sale's trading day, if a later one is open: what came since was not for sale.
    """
    then, since = (position.lots, ()) if late is None else held_on(position.lots, late, shares)
    cost_e4 = to_e4(position.cost_cny)
    left = position.held_shares - shares
    gone_e4 = fen_half_up_e4(
        (cost_e4 - sum(to_e4(lot.cost_cny) for lot in since)) * shares,
        position.held_shares - sum(lot.shares for lot in since))
    gained_cny = from_e4(received_e4 - gone_e4 - tax_e4)
    return replace(
        position, held_shares=left, cost_cny=from_e4(cost_e4 - gone_e4),
        bought_today_shares=min(position.bought_today_shares, left),
        realised_cny=position.realised_cny + gained_cny,
        realised_open_cny=position.realised_open_cny + gained_cny,
        fees_cny=position.fees_cny + from_e4(fees_e4),
        dividend_tax_cny=position.dividend_tax_cny + from_e4(tax_e4),
        lots=_in_order(*split(then, shares)[1], *since))


def held_on(
    lots: tuple[Lot, ...], day: date, shares: int
) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """(lots that were there on a day, lots that came later).

    All were there, as far as anyone can tell, if those are fewer than `shares`.
    """
    then = tuple(lot for lot in lots if lot.since <= day)
    if sum(lot.shares for lot in then) < shares:
        return lots, ()
    return then, tuple(lot for lot in lots if lot.since > day)


def _in_order(*lots: Lot) -> tuple[Lot, ...]:
    return tuple(sorted(lots, key=_BY_AGE))


def split(lots: Sequence[Lot], shares: int) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """The oldest `shares`, and the rest. Fewer lots than shares: what there is."""
    first: list[Lot] = []
    for at, lot in enumerate(lots):
        if shares < lot.shares:
            if not shares:
                return tuple(first), tuple(lots[at:])
            cost_e4 = to_e4(lot.cost_cny)
            part_e4 = fen_half_up_e4(cost_e4 * shares, lot.shares)
            first.append(replace(lot, shares=shares, cost_cny=from_e4(part_e4)))
            rest = replace(lot, shares=lot.shares - shares, cost_cny=from_e4(cost_e4 - part_e4))
            return tuple(first), (rest, *lots[at + 1:])
        first.append(lot)
        shares -= lot.shares
    return tuple(first), ()


def credited(
    position: Position, ex_date: date, *, cash_e4: int, bonus_shares: int,
    dividend: Dividend | None = None,
) -> Position:
    """What an ex-date gives, from whole entitlements.

    Bonus shares are lots of their own that inherit the holding period of the lot that earned
    them, so that they are as old in the eyes of the tax.
    """
    return _with_gain(
        position, cash_e4, position.held_shares + bonus_shares,
        _with_bonus(position.lots, ex_date, bonus_shares),
        position.dividends if dividend is None else (*position.dividends, dividend))


def _with_bonus(lots: tuple[Lot, ...], ex_date: date, bonus: int) -> tuple[Lot, ...]:
    """Bonus shares over the lots that earned them, in proportion and without remainder."""
    if not bonus:
        return lots
    earning = [lot for lot in lots if lot.since < ex_date]
    if not earning:
        return with_lot(lots, Lot(opened=ex_date, since=ex_date, shares=bonus, cost_cny=_NOTHING))
    whole, before, given = sum(lot.shares for lot in earning), 0, 0
    for lot in earning:
        before += lot.shares
        part = before * bonus // whole - given
        given += part
        if part:
            lots = with_lot(lots, Lot(opened=lot.opened, since=ex_date, shares=part,
                                      cost_cny=_NOTHING))
    return lots


def corrected(
    position: Position, ex_date: date, *, cash_e4: int, bonus_shares: int,
    dividend: Dividend | None = None,
) -> Position:
    """What a fill that was reported after an ex-date changes in it; negative for a late sale.

    The bonus shares are given anew, over the lots that earned them, the late one among them.
    """
    bonus = [lot for lot in position.lots if lot.since == ex_date and not lot.cost_cny]
    others = tuple(lot for lot in position.lots if lot not in bonus)
    whole = sum(lot.shares for lot in bonus) + bonus_shares
    if whole >= 0:
        lots = _with_bonus(others, ex_date, whole)
    else:                       # they were sold on: the newest shares are gone in their place
        rest = sum(lot.shares for lot in others) + whole
        lots = split(others, max(0, rest))[0]
    known = tuple(each for each in position.dividends
                  if dividend is None or each.ex_date != dividend.ex_date)
    return _with_gain(
        position, cash_e4, position.held_shares + bonus_shares, lots,
        known if dividend is None else tuple(
            sorted((*known, dividend), key=attrgetter("ex_date"))))


def _with_gain(
    position: Position, cash_e4: int, held: int, lots: tuple[Lot, ...],
    dividends: tuple[Dividend, ...],
) -> Position:
    cash_cny = from_e4(cash_e4)
    return replace(
        position, held_shares=held, lots=lots, dividends=dividends,
        realised_cny=position.realised_cny + cash_cny,
        realised_open_cny=position.realised_open_cny + cash_cny,
        dividend_cny=position.dividend_cny + cash_cny)


def arrived(position: Position, shares: int, cost_cny: Decimal, day: date) -> Position:
    """Subscribed shares, at what was paid for them."""
    return replace(
        position, held_shares=position.held_shares + shares,
        cost_cny=position.cost_cny + cost_cny,
        realised_open_cny=position.realised_open_cny if position.held_shares else _NOTHING,
        lots=with_lot(position.lots, Lot(opened=day, since=day, shares=shares,
                                         cost_cny=cost_cny)))


def new_day(position: Position) -> Position:
    """Everything bought before is sellable; dividends that no lot has lived through are done."""
    oldest = min((lot.since for lot in position.lots), default=None)
    due = tuple(each for each in position.dividends
                if oldest is not None and oldest < each.ex_date)
    if not position.bought_today_shares and len(due) == len(position.dividends):
        return position
    return replace(position, bought_today_shares=0, dividends=due)


def written_off(position: Position) -> Position:
    """A delisted holding: its cost is lost."""
    lost_cny = position.cost_cny
    return replace(
        position, held_shares=0, cost_cny=from_e4(0), lots=(), dividends=(),
        realised_cny=position.realised_cny - lost_cny,
        realised_open_cny=position.realised_open_cny - lost_cny)
