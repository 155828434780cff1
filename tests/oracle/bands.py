"""The prices an order may name on a day: rule 8 and the reference of rule 10."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.oracle import market_facts as facts
from tests.oracle.bars import SymbolBars
from tests.oracle.market_facts import Action
from tests.oracle.order_list import Listing
from tests.oracle.sessions import session_age


@dataclass(frozen=True)
class Band:
    """Prices an order may name that day; a limit-free day has no ends."""

    free: bool
    down_e4: int = 0
    up_e4: int = 0


def reference_e4(bars: SymbolBars, row: int, actions: Sequence[Action], tick_e4: int) -> int | None:
    """The exchange's reference: `prev_close`, else the previous bar's close after its ex-dates."""
    published = bars.price("prev_close", row)
    if published is not None or row == 0:
        return published
    close = bars.price("close", row - 1)
    by_day: dict[date, list[Action]] = defaultdict(list)
    for action in actions:
        if bars.days[row - 1] < action.ex_date <= bars.days[row]:
            by_day[action.ex_date].append(action)
    for day in sorted(by_day):
        if close is not None:
            close = facts.ex_price_e4(close, by_day[day], tick_e4)
    return close


def formula_band(
    symbol: str, board: str, bars: SymbolBars, row: int, listing: Listing,
    actions: Sequence[Action],
) -> Band | None:
    """The band by board, date, ST flag and listing age; None without a reference."""
    day, tick = bars.days[row], facts.TICK_E4[board]
    if listing.list_date is not None:
        free_sessions, capped_first_day = facts.first_day_rule(board, listing.list_date)
        age = session_age(listing.list_date, day)
        if 1 <= age <= free_sessions:
            return Band(free=True)
        if capped_first_day and age == 1:
            return _first_day_band(listing.issue_price_e4, tick)
    reference = reference_e4(bars, row, actions, tick)
    ratio = facts.limit_ratio(symbol, bars.flag("is_st", row), day)
    if reference is None or ratio is None:
        return None
    return Band(False, *facts.limit_prices(reference, ratio, tick))


def _first_day_band(issue_price_e4: int | None, tick_e4: int) -> Band | None:
    if issue_price_e4 is None:
        return None
    ends = [
        facts.half_up_fraction(Fraction(issue_price_e4 * percent, 100 * tick_e4)) * tick_e4
        for percent in (64, 144)
    ]
    return Band(False, ends[0], ends[1])


def band_of_day(
    symbol: str, board: str, bars: SymbolBars, row: int, listing: Listing,
    actions: Sequence[Action],
) -> Band | None:
    """The published pair of limits where there is one, else the formula's."""
    down, up = bars.limit("limit_down", row), bars.limit("limit_up", row)
    if down is not None and up is not None:
        return Band(False, down, up)
    return formula_band(symbol, board, bars, row, listing, actions)
