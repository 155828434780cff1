"""The trading day: Shanghai time, phases, and what may be entered or cancelled in each."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from core.calendar import TradingCalendar
from core.constants import (
    AFTER_HOURS,
    BREAKER_HALTS,
    CIRCUIT_BREAKER,
    CLOSE_AUCTIONS,
    ORDER_ENTRY,
    ORDER_TYPES,
    TRADING_HOURS,
    BreakerHalt,
    in_force,
)
from core.types import Board, Exchange, Instrument, Kind, OrderType, Phase

# A fixed offset: independent of the machine's zone files. China's summer time of 1991 is not
# modelled, so moments of that summer are an hour off in UTC; its wall times are right.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
MARKET_TYPES = frozenset({
    OrderType.BEST5_CANCEL, OrderType.BEST5_LIMIT, OrderType.OWN_BEST, OrderType.COUNTER_BEST,
    OrderType.IMMEDIATE_CANCEL, OrderType.FILL_OR_KILL,
})
_NO_CANCEL = frozenset({
    Phase.CLOSED, Phase.OPEN_AUCTION_LOCKED, Phase.LUNCH, Phase.CLOSE_AUCTION,
})
_CLOSE = time(15, 0)


def to_shanghai(moment: datetime) -> datetime:
    """The same moment in Shanghai wall time. ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment must carry a time zone, was {moment!r}")
    return moment.astimezone(SHANGHAI)


def shanghai(day: date, wall: time) -> datetime:
    """The aware UTC moment of a Shanghai wall time."""
    return datetime.combine(day, wall, SHANGHAI).astimezone(UTC)


def phase(instrument: Instrument, at_utc: datetime, calendar: TradingCalendar) -> Phase:
    """Where in its trading day the instrument stands.

    A phase holds from its first instant to just before the next: 15:00:00 is no longer the
    closing auction. Parts of a day halted by the circuit breaker are CLOSED.

    Raises:
        DataError: a day beyond the calendar.
    """
    local = to_shanghai(at_utc)
    day, wall = local.date(), local.time()
    if not calendar.is_session(day) or is_breaker_halted(day, wall):
        return Phase.CLOSED
    starts, phases = _day_plan(instrument.exchange, instrument.board, instrument.kind, day)
    return phases[bisect_right(starts, wall) - 1]


def has_close_auction(instrument: Instrument, on: date) -> bool:
    """True if the day ends with the call auction of 14:57 to 15:00."""
    return _has_close_auction(instrument.exchange, instrument.board is Board.FUND, on)


def has_after_hours(instrument: Instrument, on: date) -> bool:
    """True if fixed-price trading follows the close that day."""
    return _has_after_hours(instrument.board, instrument.kind, on)


def order_types(instrument: Instrument, on: date) -> frozenset[OrderType]:
    """The exchange's own kinds of order for the instrument that day; empty: none known.

    An own-side-best order that finds its own side empty is cancelled by the exchange.
    `OrderType.MARKET` belongs to daily order lists and is not among them.
    """
    return _order_types(instrument.exchange, instrument.board, instrument.kind, on)


def needs_protection(instrument: Instrument, type: OrderType, on: date) -> bool:
    """True if this market kind must carry a protective limit price (Shanghai)."""
    return type in MARKET_TYPES and any(
        row.protected for row in in_force(ORDER_TYPES, on)
        if row.exchange is instrument.exchange and row.board is instrument.board
    )


def may_enter(instrument: Instrument, phase: Phase, type: OrderType, on: date) -> bool:
    """True if the exchange takes this kind of order in this phase.

    Market kinds only in the continuous auction. A daily list's MARKET is judged as the limit
    order at the day's limit that it stands for.
    """
    kind = OrderType.LIMIT if type is OrderType.MARKET else type
    if kind not in order_types(instrument, on):
        return False
    if kind in MARKET_TYPES:
        return phase is Phase.CONTINUOUS
    return phase in _entry_phases(instrument.exchange, kind is OrderType.FIXED_PRICE, on)


def may_cancel(instrument: Instrument, phase: Phase) -> bool:
    """True if the exchange takes a cancel in this phase.

    Never 09:20 to 09:25 nor in the closing auction; 09:25 to 09:30 in Shenzhen only.
    """
    if phase is Phase.PRE_OPEN:
        return instrument.exchange is Exchange.SZSE
    return phase not in _NO_CANCEL


def breaker_halts(on: date) -> tuple[BreakerHalt, ...]:
    """The parts of a day on which the circuit breaker of 2016 stopped the whole market."""
    return tuple(halt for halt in BREAKER_HALTS if halt.day == on)


def is_breaker_halted(on: date, wall: time) -> bool:
    """True while the market-wide halt of that day lasts."""
    return on in _BREAKER_DAYS and any(h.start <= wall < h.end for h in breaker_halts(on))


def breaker_halt_until(on: date, move_ratio: Decimal, wall: time) -> time | None:
    """Until when a CSI 300 move (0.05 is 5 %) reached at `wall` halts the market; None: it goes on.

    In force 2016-01-01 to 2016-01-07 only.
    """
    reached = [r for r in in_force(CIRCUIT_BREAKER, on) if abs(move_ratio) * 100 >= r.move_pct]
    if not reached:
        return None
    row = reached[-1]
    if row.minutes is None or wall >= row.to_close_from:
        return _CLOSE
    return (datetime.combine(on, wall) + timedelta(minutes=row.minutes)).time()


@lru_cache(maxsize=16)
def bar_ends(minutes: int) -> tuple[time, ...]:
    """Shanghai wall times at which the day's bars of so many minutes end: 09:31 ... 15:00.

    ValueError unless `minutes` divides the two hours of each half day.
    """
    if minutes < 1 or _HALF_DAY_MIN % minutes:
        raise ValueError(f"bars of {minutes} minutes do not fill a half day")
    return tuple(
        (datetime.combine(date.min, start) + timedelta(minutes=n)).time()
        for start in (time(9, 30), time(13, 0))
        for n in range(minutes, _HALF_DAY_MIN + 1, minutes)
    )


# ---- the pieces --------------------------------------------------------------------------------

_HALF_DAY_MIN = 120
_BREAKER_DAYS = frozenset(halt.day for halt in BREAKER_HALTS)
_AFTER = frozenset({Phase.AFTER_CLOSE, Phase.AFTER_HOURS})


@lru_cache(maxsize=8_192)
def _has_close_auction(exchange: Exchange, funds: bool, on: date) -> bool:
    return any(
        row.exchange is exchange and row.funds is funds for row in in_force(CLOSE_AUCTIONS, on))


@lru_cache(maxsize=8_192)
def _has_after_hours(board: Board, kind: Kind, on: date) -> bool:
    return any(
        row.board is board and kind in row.kinds and row.since is not None and row.since <= on
        for row in AFTER_HOURS)


@lru_cache(maxsize=8_192)
def _day_plan(
    exchange: Exchange, board: Board, kind: Kind, on: date
) -> tuple[tuple[time, ...], tuple[Phase, ...]]:
    """(starts ascending, the phase from each start on)."""
    close_auction = _has_close_auction(exchange, board is Board.FUND, on)
    after_hours = _has_after_hours(board, kind, on)
    starts, phases, end = [time.min], [Phase.CLOSED], time.min
    for row in in_force(TRADING_HOURS, on):
        current = Phase[row.phase]
        if current is Phase.CLOSE_AUCTION and not close_auction:
            current = Phase.CONTINUOUS
        if current in _AFTER and not after_hours:
            continue
        starts.append(row.start)
        phases.append(current)
        end = row.end
    return (*starts, end), (*phases, Phase.CLOSED)


@lru_cache(maxsize=8_192)
def _order_types(
    exchange: Exchange, board: Board, kind: Kind, on: date
) -> frozenset[OrderType]:
    rows = [
        row for row in in_force(ORDER_TYPES, on)
        if row.exchange is exchange and row.board is board
    ]
    types = rows[-1].types if rows else frozenset()
    if types and _has_after_hours(board, kind, on):
        types |= {OrderType.FIXED_PRICE}
    return types


@lru_cache(maxsize=8_192)
def _entry_phases(exchange: Exchange, fixed_price: bool, on: date) -> frozenset[Phase]:
    return frozenset(
        Phase[name] for row in in_force(ORDER_ENTRY, on)
        if row.exchange is exchange and row.fixed_price is fixed_price
        for name in row.phases
    )
