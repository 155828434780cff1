"""Daily price limits, call-auction ranges and halts of a session: pure functions over the rows."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from core.calendar import exchange_calendar
from core.constants import (
    AUCTION_RANGES,
    DELISTING,
    HALTS,
    LIMIT_PCT,
    LISTINGS,
    TICKS,
    AuctionRange,
    DelistingRow,
    HaltRow,
    ListingRow,
    in_force,
)
from core.exceptions import DataError
from core.money import is_price
from core.types import Board, DayFacts

# Sources print these where there is no limit that day: never a price, so the formula decides.
NO_LIMIT_FROM_CNY = Decimal(99_999)      # Tushare 99999.99, Eastmoney 1000000000; Tencent says -1
_LUNCH_START, _LUNCH_END = time(11, 30), time(13, 0)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Band:
    """Between which prices orders of one session are valid, inclusive."""

    free: bool                       # True: no daily limit; the prices are None
    down_cny: Decimal | None
    up_cny: Decimal | None


FREE = Band(True, None, None)


@dataclass(frozen=True, slots=True)
class Halt:
    """A halt on a limit-free day. `reached_pct`: thresholds used up, negative for falls."""

    until: time
    reached_pct: frozenset[int]


_TICK = {row.board: row.tick_cny for row in TICKS}


def tick_cny(board: Board) -> Decimal:
    """The price grid of a board (B shares: Shanghai's, in USD). LookupError: not traded here."""
    try:
        return _TICK[board]
    except KeyError:
        raise LookupError(f"no tick known for {board.name}; add a row to TICKS") from None


@lru_cache(maxsize=32_768)
def limit_ratio(board: Board, *, st: bool, on: date, wide_band: bool = False) -> Decimal:
    """Daily price-limit ratio (0.10 is 10 %) of a session after the listing period.

    Raises:
        LookupError: no row holds on that day (before 1996-12-16, a board that was not open
            yet, ST before 1998-04-22). No guess is made.
    """
    wide = wide_band and board is Board.FUND
    rows = [
        row for row in in_force(LIMIT_PCT, on)
        if row.board is board and row.st in (None, st) and row.wide_band is wide
    ]
    if not rows:
        raise LookupError(f"no price limit known for {board.name}, st={st}, {on}; add a row")
    return rows[-1].limit_pct / 100


def price_limits(
    reference_cny: Decimal, ratio: Decimal, tick_cny: Decimal
) -> tuple[Decimal, Decimal]:
    """(down, up): half up to the tick, at least one tick from the reference, never below a tick."""
    return _around(reference_cny, ratio, ratio, tick_cny)


def price_band(facts: DayFacts) -> Band | None:
    """The band of a session; None: it cannot be known (no reference, no issue price, no row).

    A published limit wins over the formula unless it is a sentinel. Before 1996-12-16 no row
    holds, so the answer is None there and the caller refuses, except on a first session.
    """
    up, down = _published(facts.limit_up_cny), _published(facts.limit_down_cny)
    if up is not None and down is not None and down <= up:
        return Band(False, down, up)
    band = formula_band(facts)
    if band is None or band.free or (up is None) is (down is None):
        return band
    return Band(False, down or band.down_cny, up or band.up_cny)


def formula_band(facts: DayFacts) -> Band | None:
    """The band from the rules alone, without the published columns. None as in `price_band`."""
    if facts.relisting_session == 1:
        return FREE
    if facts.delisting_session is not None:
        return _delisting_band(facts, facts.delisting_session)
    row = _listing_rule(facts)
    if row is None:
        return _ordinary_band(facts)
    if row.first_up_pct is None or row.first_down_pct is None:
        return FREE
    return _percent_band(
        facts.instrument.issue_price_cny, facts.instrument.board,
        100 - row.first_down_pct, 100 + row.first_up_pct,
    )


def auction_band(facts: DayFacts, *, opening: bool) -> Band | None:
    """Valid prices in a call auction: narrower on the 44 % day, bounded on a limit-free day.

    None where `price_band` is None, or a range applies and its base price is unknown.
    """
    band = price_band(facts)
    if band is None:
        return None
    listing = _listing_rule(facts)
    base, base_cny = "", facts.reference_cny
    if band.free:
        base = "reference"
    elif opening and listing is not None and listing.board is not Board.CONVERTIBLE:
        base, base_cny = "issue", facts.instrument.issue_price_cny
    row = _auction_row(base, facts.day)
    if row is None:
        return band
    return _percent_band(base_cny, facts.instrument.board, row.down_pct, row.up_pct)


def limit_free_halt(
    board: Board, on: date, *, open_cny: Decimal, price_cny: Decimal, at: time,
    done_pct: Set[int] = frozenset(),
) -> Halt | None:
    """The halt that a trade at `price_cny` sets off on a limit-free day; None: it goes on.

    Args:
        open_cny: the day's opening price, from which the move is measured.
        at: Shanghai wall time of the trade.
        done_pct: thresholds that have halted today already: 30, 60, -30, -60.

    Each threshold and direction halts once; a jump straight through 60 % halts once. A halt
    that would cross 14:57 ends there, one that would end during lunch ends at 13:00.
    """
    row = _halt_row(board, on)
    if row is None or at >= row.latest_end:
        return None
    move_pct = (price_cny - open_cny) * 100 / open_cny
    sign = 1 if move_pct > 0 else -1
    reached = frozenset(sign * pct for pct in row.thresholds_pct if abs(move_pct) >= pct)
    if reached <= done_pct:
        return None
    end = (datetime.combine(on, at) + timedelta(minutes=row.minutes)).time()
    if _LUNCH_START <= end < _LUNCH_END:
        end = _LUNCH_END
    return Halt(min(end, row.latest_end), reached)


# ---- the pieces --------------------------------------------------------------------------------


def _around(
    base_cny: Decimal, down_ratio: Decimal, up_ratio: Decimal, tick: Decimal
) -> tuple[Decimal, Decimal]:
    down = (base_cny * (_ONE - down_ratio)).quantize(tick, ROUND_HALF_UP)
    up = (base_cny * (_ONE + up_ratio)).quantize(tick, ROUND_HALF_UP)
    if down >= base_cny:
        down = base_cny - tick
    if up <= base_cny:
        up = base_cny + tick
    return max(down, tick), up


def _published(limit_cny: Decimal | None) -> Decimal | None:
    if limit_cny is None or not is_price(limit_cny) or limit_cny >= NO_LIMIT_FROM_CNY:
        return None
    return limit_cny


def _ordinary_band(facts: DayFacts, fixed_ratio: Decimal | None = None) -> Band | None:
    reference_cny, instrument = facts.reference_cny, facts.instrument
    if reference_cny is None or not is_price(reference_cny):
        return None
    try:
        ratio = limit_ratio(
            instrument.board, st=facts.st and facts.delisting_session is None, on=facts.day,
            wide_band=instrument.wide_band,
        )
        tick = tick_cny(instrument.board)
    except LookupError:
        return None
    down, up = _around(reference_cny, fixed_ratio or ratio, fixed_ratio or ratio, tick)
    return Band(False, down, up)


def _delisting_band(facts: DayFacts, session: int) -> Band | None:
    row = _delisting_row(facts.day)
    if row is not None and session <= row.free_sessions:
        return FREE
    pct = None if row is None else row.limit_pct
    return _ordinary_band(facts, None if pct is None else pct / 100)


def _percent_band(
    base_cny: Decimal | None, board: Board, low_pct: Decimal, high_pct: Decimal
) -> Band | None:
    if base_cny is None or not is_price(base_cny):
        return None
    down, up = _around(base_cny, 1 - low_pct / 100, high_pct / 100 - 1, tick_cny(board))
    return Band(False, down, up)


_LONGEST_LISTING_RULE = max(max(row.free_sessions, 1) for row in LISTINGS)


def _listing_rule(facts: DayFacts) -> ListingRow | None:
    """The listing row that still governs this session; None: the ordinary band holds."""
    session = facts.listed_sessions
    if session is None or session > _LONGEST_LISTING_RULE:
        return None
    row = _listing_row(facts.instrument.board, _listed_on(facts, session))
    if row is None or session > max(row.free_sessions, 0 if row.first_up_pct is None else 1):
        return None
    return row


def _listed_on(facts: DayFacts, session: int) -> date:
    if facts.instrument.list_date is not None:
        return facts.instrument.list_date
    if session <= 1:
        return facts.day
    try:
        return exchange_calendar().offset(facts.day, 1 - session)
    except DataError:       # the calendar does not reach that far; the rule of the day itself
        return facts.day


@lru_cache(maxsize=8_192)
def _listing_row(board: Board, listed_on: date) -> ListingRow | None:
    rows = [row for row in in_force(LISTINGS, listed_on) if row.board is board]
    return rows[-1] if rows else None


@lru_cache(maxsize=8_192)
def _delisting_row(on: date) -> DelistingRow | None:
    rows = in_force(DELISTING, on)
    return rows[-1] if rows else None


@lru_cache(maxsize=8_192)
def _auction_row(base: str, on: date) -> AuctionRange | None:
    rows = [row for row in in_force(AUCTION_RANGES, on) if row.base == base]
    return rows[-1] if rows else None


@lru_cache(maxsize=8_192)
def _halt_row(board: Board, on: date) -> HaltRow | None:
    rows = [row for row in in_force(HALTS, on) if row.board is board]
    return rows[-1] if rows else None
