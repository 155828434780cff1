"""What is wrong with a row of bars, by reason code. Pure and vectorised.

A refusal needs proof: the row contradicts itself, the calendar or its units. A row that is only
unlikely (beyond the price limit, off the tick, volume and amount that do not fit) is stored with
a doubt, because the market does unlikely things: resumptions, relistings, vendors' roundings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import IntEnum, IntFlag

import numpy as np

from core.calendar import TradingCalendar
from core.constants import LIMIT_PCT
from core.exceptions import DataError
from core.rules import bar_ends, limit_ratio, tick_cny
from core.types import Board, Instrument, Period
from data.bar_reader import NO_TIME, BarBatch, Bools, Floats
from data.chunks import DAY_S, MINUTE_S, Array
from data.merging import same_values
from data.series import LENGTHS, PRICES, end_s

EPOCH = date(1970, 1, 1)
UNKNOWN_AGE_BARS = 12          # bars of a symbol of unknown listing date that are not judged
FREE_SESSIONS = 5              # longest limit-free time after a listing
VWAP_SLACK_RATIO = 0.005       # amount may hold trades that high and low do not (block, auction)
LOT_SHARES = 100               # vendors round volume to lots
UNITS = (100.0, 1_000.0, 10_000.0, 0.01, 0.001, 0.0001)
LEAST_ROWS_FOR_VERDICT = 20    # a file is judged as a whole from so many rows on
TICK_SLACK = 1e-6
NO_LIMIT_CNY = 90_000          # Tushare's 99999.99 and Eastmoney's 1e9 mean "no limit"
MOST_PRICE_CNY = 1e7           # a hundred times the dearest index; no share ever came near
MOST_EXACT = 2.0**53           # above it a float skips whole shares
TRADED = frozenset({Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE, Board.FUND})


class Reason(IntEnum):
    """Why a row was refused; the first that applies. OK is none."""

    OK = 0
    COLUMNS = 1            # the line has not the header's number of cells
    SYMBOL = 2             # the code cannot be read, or is ambiguous
    TIME = 3
    NUMBER = 4             # a cell that should be a number is none
    PRICE = 5              # a price is missing, zero, negative or beyond anything quoted
    OHLC = 6               # high below open, close or low, or low above them
    VOLUME = 7             # volume or amount is negative, or more than can be counted exactly
    FUTURE = 8
    CALENDAR = 9           # the exchanges were closed that day
    MINUTE = 10            # no bar of this length ends then
    UNIT = 11              # amount / volume is off by a power of ten: lots or thousands
    ORIGIN = 12            # generated bars of a real symbol, or the other way round
    DUPLICATE = 13         # the same as another row of the file
    CONTRADICTION = 14     # another row of the file says otherwise; nobody knows which is right
    CONFLICT = 15          # the database holds another value for that time


class Doubt(IntFlag):
    """Why a stored row may be wrong; kept with the row."""

    VWAP = 1               # amount / volume lies outside low..high
    LIMIT = 2              # high or low lies beyond the price limit
    TICK = 4               # a price is not on the grid
    REPAIRED = 8           # high or low was widened to hold open and close


@dataclass(frozen=True, slots=True)
class Verdict:
    """Per row of a batch: `reasons` (0 is fine) and `doubts`, both int8."""

    reasons: Array
    doubts: Array


def widened(batch: BarBatch) -> tuple[BarBatch, Bools]:
    """High and low widened to hold open and close, and the rows in which that changed them.

    Only for users who prefer a plausible bar to a hole (`data.truth_preserving_cleaning` off);
    to be judged afterwards, and to be stored with the doubt REPAIRED.
    """
    prices = np.stack([batch.floats[name] for name in PRICES])
    whole = (prices > 0).all(axis=0)
    high = np.where(whole, prices.max(axis=0), batch.floats["high_cny"])
    low = np.where(whole, prices.min(axis=0), batch.floats["low_cny"])
    rows = whole & ((high != batch.floats["high_cny"]) | (low != batch.floats["low_cny"]))
    return replace(batch, floats={**batch.floats, "high_cny": high, "low_cny": low}), rows


@dataclass(slots=True)
class QualityView:
    """What rows are judged against. It counts the bars seen of each symbol, and nothing else."""

    calendar: TradingCalendar
    now_s: int                                         # Shanghai wall time
    instrument: Callable[[str], Instrument]
    seen_bars: dict[str, int] = field(default_factory=dict)
    session_s: Array = field(init=False)

    def __post_init__(self) -> None:
        days = [(day - EPOCH).days for day in self.calendar.days]
        self.session_s = np.array(days, dtype=np.int64) * DAY_S


def judge(batch: BarBatch, view: QualityView) -> Verdict:
    """Reasons and doubts of every row.

    Raises:
        DataError: the file as a whole is wrong: units, adjusted prices, stamps of bar starts.
    """
    _refuse_start_stamps(batch)
    with np.errstate(all="ignore"):        # infinities and NaN are what is being looked for
        return _judged(batch, view)


def _judged(batch: BarBatch, view: QualityView) -> Verdict:
    facts = _Facts(batch, view)
    reasons = np.zeros(len(batch), dtype=np.int8)
    for reason, wrong in _proofs(batch, view):
        reasons[(reasons == Reason.OK) & wrong] = reason
    ok = reasons == Reason.OK
    doubts = np.zeros(len(batch), dtype=np.int8)
    unit, vwap = _vwap(batch, facts, ok)
    reasons[unit] = Reason.UNIT
    doubts[vwap] |= Doubt.VWAP
    doubts[ok & _off_tick(batch, facts)] |= Doubt.TICK
    doubts[ok & _beyond_limit(batch, facts, view)] |= Doubt.LIMIT
    _mark_repeats(batch, reasons)
    return Verdict(reasons, doubts)


def _proofs(batch: BarBatch, view: QualityView) -> Sequence[tuple[Reason, Bools]]:
    """(reason, rows it applies to), in order of precedence."""
    o, h, low, c = (batch.floats[name] for name in PRICES)
    lowest, highest = np.minimum(o, c), np.maximum(o, c)
    priced = (low > 0) & (lowest > 0) & (h < MOST_PRICE_CNY) & (highest < MOST_PRICE_CNY)
    day_s = batch.ts_s - batch.ts_s % DAY_S
    return (
        (Reason.SYMBOL, batch.codes < 0),
        (Reason.TIME, batch.ts_s == NO_TIME),
        (Reason.NUMBER, batch.unreadable),
        (Reason.PRICE, ~priced),
        (Reason.OHLC, ~((h >= highest) & (low <= lowest))),
        (Reason.VOLUME, _impossible(batch.floats["volume_shares"])
         | _impossible(batch.floats["amount_cny"])),
        (Reason.FUTURE, end_s(batch.period, batch.ts_s) > view.now_s),
        (Reason.CALENDAR, ~_among(day_s, view.session_s)),
        (Reason.MINUTE, ~_on_grid(batch)),
    )


def _impossible(values: Floats) -> Bools:
    return (values < 0) | (values > MOST_EXACT)


def _among(values: Array, ascending: Array) -> Bools:
    at = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    return np.asarray(ascending[at] == values)


def _on_grid(batch: BarBatch) -> Bools:
    """Whether a bar of this length ends at the stamp; one minute also has the auction's 09:30."""
    if batch.period is Period.DAY:
        return np.ones(len(batch), dtype=np.bool_)
    ends = bar_ends(LENGTHS[batch.period])
    allowed = np.zeros(DAY_S // MINUTE_S, dtype=np.bool_)
    allowed[[end.hour * 60 + end.minute for end in ends]] = True
    if batch.period is Period.MIN1:
        allowed[9 * 60 + 30] = True
    of_day = batch.ts_s % DAY_S
    return np.asarray(allowed[of_day // MINUTE_S] & (of_day % MINUTE_S == 0))


def _refuse_start_stamps(batch: BarBatch) -> None:
    """Bars stamped with their start would be known a bar too early: look-ahead."""
    if batch.period is Period.DAY:
        return
    of_day = batch.ts_s[batch.ts_s != NO_TIME] % DAY_S
    starts, ends = (of_day == 13 * 3600).sum(), (of_day == 15 * 3600).sum()
    if starts and not ends:
        raise DataError(
            "the stamps are where bars start", why="13:00 occurs and 15:00 does not",
            remedy="Export with bar-end stamps (09:31 to 15:00), or shift them by one bar",
        )


class _Facts:
    """Per-row columns of what the rows' instruments are, from tables of one entry a symbol."""

    def __init__(self, batch: BarBatch, view: QualityView) -> None:
        self.instruments = [view.instrument(symbol) for symbol in batch.symbols]
        self._codes = batch.codes
        boards = [instrument.board for instrument in self.instruments]
        self.traded = self._spread([board in TRADED for board in boards], np.bool_)
        self.tick_cny = self._spread(
            [float(tick_cny(board)) if board in TRADED else np.nan for board in boards],
            np.float64,
        )
        groups = sorted({(b, i.wide_band) for b, i in zip(boards, self.instruments, strict=True)},
                        key=lambda group: (group[0].value, group[1]))
        self.groups = groups or [(Board.OTHER, False)]     # no symbol of the file can be read
        self.group = self._spread(
            [groups.index((b, i.wide_band)) for b, i in zip(boards, self.instruments, strict=True)],
            np.int64,
        )
        self.listed_s = self._spread(
            [NO_TIME if i.list_date is None else (i.list_date - EPOCH).days * DAY_S
             for i in self.instruments], np.int64,
        )

    def _spread(self, values: Sequence[object], kind: type) -> Array:
        """One value a row from one value a symbol; rows without a symbol get the last."""
        return np.array([*values, values[-1] if values else 0], dtype=kind)[self._codes]


def _vwap(batch: BarBatch, facts: _Facts, ok: Bools) -> tuple[Bools, Bools]:
    """(rows whose unit is proven wrong, rows that are merely outside low..high)."""
    volume, amount = batch.floats["volume_shares"], batch.floats["amount_cny"]
    asked = ok & facts.traded & (volume > 0) & (amount > 0)
    price = np.divide(amount, volume, out=np.ones(len(batch)), where=asked)
    slack = VWAP_SLACK_RATIO + np.divide(LOT_SHARES, volume, out=np.zeros(len(batch)), where=asked)
    bottom = batch.floats["low_cny"] * (1 - slack) - facts.tick_cny
    top = batch.floats["high_cny"] * (1 + slack) + facts.tick_cny
    outside = asked & ~((price >= bottom) & (price <= top))
    unit = np.zeros(len(batch), dtype=np.bool_)
    rows = np.flatnonzero(outside)
    counted = {
        factor: rows[(price[rows] / factor >= bottom[rows]) & (price[rows] / factor <= top[rows])]
        for factor in UNITS
    } if len(rows) else {}
    for found in counted.values():
        unit[found] = True
    _refuse_units(int(asked.sum()), {f: len(found) for f, found in counted.items()})
    _refuse_adjusted(int(asked.sum()), int((outside & ~unit).sum()))
    return unit, outside & ~unit


def _refuse_units(asked: int, counts: Mapping[float, int]) -> None:
    factor, rows = max(counts.items(), key=lambda item: item[1], default=(1.0, 0))
    if rows * 2 <= asked or not rows:
        return
    meaning = (
        f"amount / volume is {factor:g} times the price: volume is in lots or amount in "
        "hundredths" if factor > 1 else
        f"amount / volume is {factor:g} of the price: amount is in thousands or the like"
    )
    raise DataError(
        "volume and amount are in the wrong units", why=f"in {rows} of {asked} rows {meaning}",
        remedy="Name the vendor with --format, or convert volume to shares and amount to CNY",
    )


def _refuse_adjusted(asked: int, outside: int) -> None:
    if asked >= LEAST_ROWS_FOR_VERDICT and outside * 2 > asked:
        raise DataError(
            "the prices are not those that were traded",
            why=f"in {outside} of {asked} rows amount / volume lies outside low and high, "
                "as in adjusted prices",
            remedy="Export unadjusted prices; this program adjusts by prev_close or adj_factor",
        )


def _off_tick(batch: BarBatch, facts: _Facts) -> Bools:
    off = np.zeros(len(batch), dtype=np.bool_)
    for name in PRICES:
        ticks = batch.floats[name] / facts.tick_cny
        off |= np.abs(ticks - np.rint(ticks)) > TICK_SLACK * np.maximum(ticks, 1)
    return off & facts.traded


def _beyond_limit(batch: BarBatch, facts: _Facts, view: QualityView) -> Bools:
    """High or low beyond the day's band; rows whose band or listing age is not known are not."""
    reference = batch.floats["prev_close_cny"]
    known = (reference > 0) & facts.traded & ~_young(batch, facts, view)
    percent = _limit_percent(batch, facts)
    known &= percent > 0
    ticks = np.rint(np.where(known, reference / facts.tick_cny, 1)).astype(np.int64)
    whole = np.where(known, percent, 10).astype(np.int64)
    up = np.maximum((2 * ticks * (100 + whole) + 100) // 200, ticks + 1).astype(np.float64)
    down = np.minimum((2 * ticks * (100 - whole) + 100) // 200, ticks - 1).astype(np.float64)
    for name, limit in (("limit_up_cny", up), ("limit_down_cny", down)):
        published = batch.floats[name]
        told = (published > 0) & (published < NO_LIMIT_CNY)
        np.divide(published, facts.tick_cny, out=limit, where=told)
    high, low = batch.floats["high_cny"], batch.floats["low_cny"]
    beyond = (high > (up + 0.5) * facts.tick_cny) | (low < (down - 0.5) * facts.tick_cny)
    return np.asarray(known & beyond)


def _limit_percent(batch: BarBatch, facts: _Facts) -> Array:
    """The band in per cent for each row, 0 where no rule is known. Unknown ST is not ST."""
    borders = sorted({row.since for row in LIMIT_PCT})
    border_s = np.array([(day - EPOCH).days * DAY_S for day in borders], dtype=np.int64)
    span = np.searchsorted(border_s, batch.ts_s, side="right")     # 0: before every row
    table = np.zeros((len(facts.groups), 2, len(borders) + 1))
    for number, (board, wide) in enumerate(facts.groups):
        for st in (False, True):
            for at, day in enumerate(borders, start=1):
                table[number, int(st), at] = _percent(board, st, wide, day)
    st = (batch.flags["is_st"] == 1).astype(np.int64)
    return np.asarray(table[facts.group, st, span])


def _percent(board: Board, st: bool, wide: bool, day: date) -> float:
    try:
        return float(limit_ratio(board, st=st, on=day, wide_band=wide) * 100)
    except LookupError:
        return 0.0


def _young(batch: BarBatch, facts: _Facts, view: QualityView) -> Bools:
    """Rows within the limit-free time after listing, or of unknown age among a symbol's first."""
    unlisted = facts.listed_s == NO_TIME
    age = (np.searchsorted(view.session_s, batch.ts_s)
           - np.searchsorted(view.session_s, np.where(unlisted, 0, facts.listed_s)))
    order = np.argsort(batch.codes, kind="stable")
    sorted_codes = batch.codes[order]
    first = np.searchsorted(sorted_codes, sorted_codes)        # where the symbol's run begins
    nth = np.empty(len(batch), dtype=np.int64)
    nth[order] = np.arange(len(batch)) - first
    before = [view.seen_bars.get(symbol, 0) for symbol in batch.symbols]
    nth += np.array([*before, 0], dtype=np.int64)[batch.codes]
    counts = np.bincount(batch.codes[batch.codes >= 0], minlength=len(batch.symbols))
    for symbol, count in zip(batch.symbols, counts.tolist(), strict=True):
        view.seen_bars[symbol] = view.seen_bars.get(symbol, 0) + count
    return np.where(unlisted, nth < UNKNOWN_AGE_BARS, age < FREE_SESSIONS)


def _mark_repeats(batch: BarBatch, reasons: Array) -> None:
    """Among the rows that are fine so far: the same twice, and two that disagree (both go)."""
    ok = np.flatnonzero(reasons == Reason.OK)
    codes, ts_s = batch.codes[ok], batch.ts_s[ok]
    step_codes, step_ts = np.diff(codes), np.diff(ts_s)
    if ((step_codes > 0) | ((step_codes == 0) & (step_ts > 0))).all():
        return
    order = np.lexsort((ts_s, codes))
    again = np.flatnonzero((np.diff(codes[order]) == 0) & (np.diff(ts_s[order]) == 0)) + 1
    if not len(again):
        return
    earlier, later = ok[order[again - 1]], ok[order[again]]
    agree = same_values(batch.floats, earlier, batch.floats, later)
    reasons[later[agree]] = Reason.DUPLICATE
    reasons[earlier[~agree]] = Reason.CONTRADICTION
    reasons[later[~agree]] = Reason.CONTRADICTION


def day_of_s(ts_s: int) -> date:
    """The date of a stamp."""
    return EPOCH + timedelta(days=ts_s // DAY_S)
