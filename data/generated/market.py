"""The generated market as the desk sees it: history up to now, and days to play."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import numpy as np

from core.calendar import TradingCalendar
from core.exceptions import DataError
from core.ports import Clock, Tick
from core.sessions import to_shanghai
from core.types import (
    ActionRow,
    Adjust,
    BarColumns,
    BarTable,
    DayFacts,
    Instrument,
    Origin,
    Period,
)
from data import series
from data.chunks import DAY_S, FIELDS, MINUTE_S, Array
from data.generated import bar_table, store
from data.generated.build import BuildHandle, start_build
from data.generated.daily import DailyMarket, cash_per_10, daily_market
from data.generated.day_bars import day_bars, traded
from data.generated.intraday import BARS, minute_bars
from data.generated.schedule import Fate, Mark, fates, timeline
from data.generated.streams import Ints
from data.generated.tape import DayTape
from data.generated.universe import PACK_SYMBOLS, Plan, listings

_CLOSE = time(15, 0)
_EPOCH = date(1970, 1, 1)
_BLOCK_SESSIONS = 64               # minutes of so many sessions are made at once
_FEN_PER_CNY = 100.0
_MORNING_BARS = 120
# Seconds of the day at which the 241 bars of a session end.
_BAR_ENDS_S = np.array([570 + n if n <= _MORNING_BARS else 660 + n for n in range(BARS)]) * MINUTE_S


@dataclass(frozen=True, slots=True)
class _Held:
    """What is in memory: the small pack, or all of it. Replaced as a whole."""

    market: DailyMarket
    rows: Mapping[str, int]
    sessions: Mapping[date, int]
    complete: bool


class GeneratedMarket:
    """MarketData and Tape of a seeded, invented market. Nothing in it ends after the clock's now,
    except what `play` hands out, because that is what moves the clock.

    It opens at once, with the first instruments if the rest has not been made yet; `start_build`
    makes it in a child process and `adopt` takes it over. Safe to read from several threads.
    """

    def __init__(
        self, plan: Plan, *, clock: Clock, calendar: TradingCalendar, cache_dir: Path | None = None
    ) -> None:
        self.plan = plan
        self._clock, self._calendar, self._cache_dir = clock, calendar, cache_dir
        self._held = self._stored() or self._made(PACK_SYMBOLS)
        self._tape: DayTape | None = None

    @classmethod
    def open(
        cls, cache_dir: Path | None, *, clock: Clock, calendar: TradingCalendar,
        seed: int, symbols: int = 320, sessions: int = 1_250,
    ) -> "GeneratedMarket":
        """Whole from the cache, else the pack. Without a cache folder: the pack.

        Raises:
            ConfigError: a size that cannot be made.
        """
        return cls(Plan(seed, symbols, sessions), clock=clock, calendar=calendar,
                   cache_dir=cache_dir)

    # ---- becoming complete -----------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """False while only the pack is there."""
        return self._held.complete

    def adopt(self) -> bool:
        """Take over what a build has stored; True if the market is complete now."""
        if not self.complete:
            self._held = self._stored() or self._held
        return self.complete

    def load_full(self) -> None:
        """Make everything here and now, in memory: for commands that have no window to wait."""
        if not self.complete:
            self._held = self._stored() or self._made(self.plan.symbols)

    def start_build(self, on_done: Callable[[], object] | None = None) -> BuildHandle:
        """Start the child that makes the rest; when it is done, the market adopts it.

        Raises:
            DataError: there is no cache folder, or no process can be started.
        """
        if self._cache_dir is None:
            raise DataError("the generated market cannot be stored", why="it has no folder",
                            remedy="Give it a cache folder, or make it in memory")

        def done() -> None:
            if self.adopt() and on_done is not None:
                on_done()

        return start_build(self._cache_dir, self.plan, on_done=done)

    def _made(self, count: int) -> _Held:
        chosen = listings(min(count, self.plan.symbols))
        return self._hold(daily_market(self.plan, chosen, self._calendar))

    def _stored(self) -> _Held | None:
        """From the cache; None if it is not there, not complete or damaged."""
        if self._cache_dir is None:
            return None
        plan = self.plan
        folder = store.folder_of(self._cache_dir, plan)
        columns = store.load(folder, plan.symbols, plan.sessions)
        if columns is None:
            return None
        when = timeline(plan, self._calendar)
        return self._hold(DailyMarket(
            plan, when, fates(plan, listings(plan.symbols), when), columns))

    def _hold(self, market: DailyMarket) -> _Held:
        return _Held(
            market, {fate.instrument.symbol: row for row, fate in enumerate(market.fates)},
            {day: session for session, day in enumerate(market.when.days)},
            len(market.fates) == self.plan.symbols,
        )

    # ---- reference data --------------------------------------------------------------------

    @property
    def origin(self) -> Origin:
        return Origin.GENERATED

    @property
    def first_live_day(self) -> date:
        """The session with which a desk begins: all before it is history, the rest can be lived."""
        when = self._held.market.when
        return when.days[when.live]

    def instruments(self) -> Sequence[Instrument]:
        """Everything that is or was listed by today, in a fixed order, named as today."""
        today = self._today()
        return [_named(fate, self._held.sessions.get(today))
                for fate in self._held.market.fates if _listed_by(fate, today)]

    def instrument(self, symbol: str) -> Instrument | None:
        row = self._held.rows.get(symbol)
        if row is None:
            return None
        fate = self._held.market.fates[row]
        today = self._today()
        return _named(fate, self._held.sessions.get(today)) if _listed_by(fate, today) else None

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        """What is known before `day` opens. Of a day after today only the instrument is."""
        held = self._held
        row = held.rows.get(symbol)
        if row is None:
            return None
        session = held.sessions.get(day)
        if session is None or day > self._today():
            instrument = self.instrument(symbol) or held.market.fates[row].instrument
            return DayFacts(instrument=instrument, day=day, reference_cny=None)
        return day_facts(held.market, row, session)

    def action(self, symbol: str, day: date) -> ActionRow | None:
        held = self._held
        row, session = held.rows.get(symbol), held.sessions.get(day)
        return None if row is None or session is None else _action(held.market, row, session)

    # ---- bars ------------------------------------------------------------------------------

    def sessions(self, period: Period) -> Sequence[date]:
        """Days of which at least one bar of this period has ended."""
        now_s = self._now_s()
        first_end_s = _CLOSE.hour * 3600 if period is Period.DAY else int(_BAR_ENDS_S[0])
        return [day for day in self._held.market.when.days
                if _midnight_s(day) + first_end_s <= now_s]

    def bars(
        self, symbol: str, period: Period, adjust: Adjust = Adjust.NONE, *, last: int | None = None
    ) -> BarColumns:
        """At most `last` newest bars that have ended by now; an unknown symbol has none."""
        held = self._held
        row = held.rows.get(symbol)
        columns = _unknown(0)
        if row is not None and last != 0:
            now_s = self._now_s()
            ended = _traded_by(held.market, row, now_s)
            columns = (_daily(held.market, row, ended, now_s) if period is Period.DAY
                       else _minutes(held.market, row, _enough(ended, period, last), now_s, period))
            columns = {name: part[-(last or len(part)):] for name, part in columns.items()}
            columns = _adjusted(held.market, row, columns, adjust)
        return BarColumns(
            symbol=symbol, period=period, adjust=adjust, origin=Origin.GENERATED,
            **{name: columns[name] for name in (
                "ts_s", *series.PRICES, "volume_shares", "amount_cny")},
        )

    def bar_table(self, last: date | None = None) -> BarTable:
        """Every daily bar up to `last` (default: the plan's end), as `read_bars` gives a file's.

        It reads past the clock's now: it is what a backtest moves its own clock with.
        """
        return bar_table.bar_table(self._held.market, last)

    def listed(self) -> Sequence[Instrument]:
        """Every instrument of the plan, those that will list later included: for backtests."""
        return [fate.instrument for fate in self._held.market.fates]

    def to_canonical(self, path: Path, last: date | None = None) -> None:
        """Write `bar_table` as canonical Parquet; each row is labelled as generated."""
        bar_table.write_canonical(self.bar_table(last), path)

    # ---- tape ------------------------------------------------------------------------------

    def days(self) -> Sequence[date]:
        return self._held.market.when.days

    def play(
        self, day: date, symbols: Sequence[str], *, after_utc: datetime | None = None
    ) -> Iterator[Tick]:
        """The day as it becomes known: see data/generated/tape.py.

        Asked symbols get five levels every 3 seconds and their minute bars, all others a quote
        a minute; an empty `symbols` asks for all. With `after_utc` it begins in the middle of
        the day, first with what is known of every instrument by then.
        """
        held = self._held
        session = held.sessions.get(day)
        if session is None:
            return iter(())
        return self._day_tape(held.market, session).play(symbols or held.rows, after_utc)

    def _day_tape(self, market: DailyMarket, session: int) -> DayTape:
        """The day being played is kept: asking for one more symbol makes that one only."""
        tape = self._tape
        if tape is None or tape.market is not market or tape.session != session:
            facts = [day_facts(market, row, session) for row in range(len(market.fates))
                     if market.columns.marks[row, session] & Mark.LISTED]
            tape = self._tape = DayTape(market, session, facts)
        return tape

    # ---- time ------------------------------------------------------------------------------

    def _today(self) -> date:
        return to_shanghai(self._clock.now_utc()).date()

    def _now_s(self) -> int:
        """Seconds of Shanghai wall time since 1970."""
        local = to_shanghai(self._clock.now_utc())
        return int(local.replace(tzinfo=UTC).timestamp())


def _midnight_s(day: date) -> int:
    return (day - _EPOCH).days * DAY_S


def _listed_by(fate: Fate, today: date) -> bool:
    return fate.instrument.list_date is None or fate.instrument.list_date <= today


def _named(fate: Fate, session: int | None) -> Instrument:
    """The instrument with the name it carries on that session."""
    name = fate.instrument.name if session is None else name_on(fate, session)
    return fate.instrument if name == fate.instrument.name else replace(fate.instrument, name=name)


def name_on(fate: Fate, session: int) -> str:
    """*ST and ST while under risk warning, N and C when new, XD on ex-dates (market-rules 3)."""
    marks = int(fate.marks[session])
    if marks & Mark.DELISTING:
        return f"退市{fate.instrument.name[:2]}"
    if marks & Mark.STAR_ST:
        return f"*ST{fate.instrument.name[:2]}"
    if marks & Mark.ST:
        return f"ST{fate.instrument.name[:2]}"
    if marks & Mark.EX:
        return f"XD{fate.instrument.name[:3]}"
    return fate.instrument.name


def day_facts(market: DailyMarket, row: int, session: int) -> DayFacts:
    """What the exchange says of an instrument before a session opens."""
    fate, columns, day = market.fates[row], market.columns, market.when.days[session]
    marks = int(columns.marks[row, session])
    if not marks & Mark.LISTED:
        return DayFacts(instrument=fate.instrument, day=day, reference_cny=None, suspended=True)
    leaving = fate.delisting_first if marks & Mark.DELISTING else None
    return DayFacts(
        instrument=_named(fate, session), day=day,
        reference_cny=Decimal(int(columns.reference[row, session])) / fate.ticks_per_cny,
        st=bool(marks & Mark.ST), suspended=bool(marks & Mark.SUSPENDED),
        listed_sessions=fate.listed_sessions(session),
        delisting_session=None if leaving is None else session - leaving + 1,
    )


def _action(market: DailyMarket, row: int, session: int) -> ActionRow | None:
    """The cash and the bonus shares of an ex-date, as the daily bars were made with them."""
    fate = market.fates[row]
    item = next((each for each in fate.ex_dates if each.session == session), None)
    if item is None or session == 0:
        return None
    close = market.columns.close[row, session - 1:session].astype(np.float64)
    ticks_per_10 = int(cash_per_10(close, np.array([item.yield_ratio]))[0])
    return ActionRow(
        symbol=fate.instrument.symbol, ex_date=market.when.days[session],
        cash_per_share_cny=Decimal(ticks_per_10) / 10 / fate.ticks_per_cny,
        bonus_per_share=Decimal(item.bonus_per_10) / 10)


# ---- columns -----------------------------------------------------------------------------------

_Columns = dict[str, Array]


def _traded_by(market: DailyMarket, row: int, now_s: int) -> Ints:
    """Sessions up to today on which the instrument trades, today included."""
    today = _EPOCH.toordinal() + now_s // DAY_S
    until = np.searchsorted([day.toordinal() for day in market.when.days], today, side="right")
    found: Ints = np.flatnonzero(traded(market, row)[:until])
    return found


def _daily(market: DailyMarket, row: int, sessions: Ints, now_s: int) -> _Columns:
    midnights = np.array([_midnight_s(market.when.days[at]) for at in sessions.tolist()], np.int64)
    sessions = sessions[series.end_s(Period.DAY, midnights) <= now_s]
    columns, scale = market.columns, market.fates[row].ticks_per_cny
    found = _unknown(len(sessions))
    found["ts_s"] = midnights[:len(sessions)]
    for name in ("open", "high", "low", "close"):
        found[f"{name}_cny"] = getattr(columns, name)[row, sessions] / scale
    found["volume_shares"] = columns.volume[row, sessions].astype(np.float64)
    found["amount_cny"] = columns.amount[row, sessions] / _FEN_PER_CNY
    return found


def _unknown(rows: int) -> _Columns:
    found: _Columns = {name: np.full(rows, np.nan) for name in FIELDS}
    found["ts_s"] = np.zeros(rows, np.int64)
    return found


def _enough(sessions: Ints, period: Period, last: int | None) -> Ints:
    """The newest sessions that hold `last` bars of the period; today may not have begun."""
    if last is None:
        return sessions
    a_day = BARS if period is Period.MIN1 else (BARS - 1) // series.LENGTHS[period]
    return sessions[-(last // a_day + 2):]


def _minutes(
    market: DailyMarket, row: int, sessions: Ints, now_s: int, period: Period
) -> _Columns:
    blocks = [_minute_block(market, row, sessions[at:at + _BLOCK_SESSIONS])
              for at in range(0, len(sessions), _BLOCK_SESSIONS)]
    if not blocks:
        return _unknown(0)
    whole = {name: np.concatenate([block[name] for block in blocks]) for name in FIELDS}
    if period is not Period.MIN1:
        whole = series.aggregate(whole, period)
    ended = int(np.searchsorted(whole["ts_s"], now_s, side="right"))
    return {name: part[:ended] for name, part in whole.items()}


def _minute_block(market: DailyMarket, row: int, sessions: Ints) -> _Columns:
    days = day_bars(market, np.full(len(sessions), row, np.int64), sessions)
    bars = minute_bars(market.plan.seed, days)
    scale = market.fates[row].ticks_per_cny
    found = _unknown(len(sessions) * BARS)
    midnights = np.array([_midnight_s(day) for _, day in days.labels], np.int64)
    found["ts_s"] = (midnights[:, None] + _BAR_ENDS_S).reshape(-1)
    for name in ("open", "high", "low", "close"):
        found[f"{name}_cny"] = getattr(bars, name).reshape(-1) / scale
    found["volume_shares"] = bars.volume.reshape(-1).astype(np.float64)
    found["amount_cny"] = bars.amount.reshape(-1) / _FEN_PER_CNY
    return found


def _adjusted(market: DailyMarket, row: int, columns: _Columns, adjust: Adjust) -> _Columns:
    """Prices by the cumulative factor: HFQ keeps the first session's, QFQ the newest bar's."""
    if adjust is Adjust.NONE or not len(columns["ts_s"]):
        return columns
    days_s = np.array([_midnight_s(day) for day in market.when.days], np.int64)
    factors = series.factors_at(columns["ts_s"], days_s, np.asarray(market.columns.adj_factor[row]))
    anchor = float(factors[-1]) if adjust is Adjust.QFQ else 1.0
    return series.adjusted(columns, factors, anchor, adjust)
