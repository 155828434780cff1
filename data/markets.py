"""The markets of a state folder: what was imported, and the generated one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from core.calendar import TradingCalendar
from core.exceptions import DataError
from core.ports import Clock, Tape
from core.rules import shanghai
from core.settings_types import MarketSettings
from core.types import Account, Origin, Period
from data.database import MarketDatabase
from data.generated.market import GeneratedMarket
from data.series import LENGTHS
from data.tape import BarTape

OPENS = time(9, 45)                # of a generated desk: its first charts have minutes in them
_DAY_S = 86_400
FAST_LANE = 12                     # generated instruments played tick by tick from the start
FINEST_FIRST = (
    Period.MIN1, Period.MIN5, Period.MIN15, Period.MIN30, Period.MIN60, Period.DAY)


@dataclass(frozen=True, slots=True)
class ReplayMarket:
    """A market that can be replayed, and the day on which to begin."""

    data: GeneratedMarket | MarketDatabase
    tape: Tape
    day: date
    origin: Origin

    @property
    def begin_utc(self) -> datetime:
        """A few minutes into the day, so that prices are known."""
        if isinstance(self.tape, BarTape):
            return self.tape.first_known_utc(self.day)
        return shanghai(self.day, OPENS)

    @property
    def price_every_s(self) -> int:
        """Seconds from one price of an instrument to the next; 0: as fast as quotes come."""
        if not isinstance(self.tape, BarTape):
            return 0
        return _DAY_S if self.tape.period is Period.DAY else 60 * LENGTHS[self.tape.period]

    @property
    def fast_lane(self) -> tuple[str, ...]:
        """What is played in full from the start; empty: everything, as recorded bars can be."""
        if self.origin is Origin.IMPORTED:
            return ()
        return tuple(each.symbol for each in self.data.instruments()[:FAST_LANE])


@dataclass(frozen=True, slots=True, kw_only=True)
class Markets:
    """Where the bars of a state folder are, and how the generated ones are made."""

    market_db: Path
    cache: Path
    generated_as: MarketSettings
    calendar: TradingCalendar
    clock: Clock

    def generated(self, *, whole: bool) -> GeneratedMarket:
        """`whole`: every instrument, made now if need be; else the first pack is enough."""
        given = self.generated_as
        market = GeneratedMarket.open(
            self.cache, clock=self.clock, calendar=self.calendar, seed=given.seed,
            symbols=given.symbols, sessions=given.sessions)
        if whole:
            market.load_full()
        return market

    def to_replay(self, day: date | None, account: Account | None, *, whole: bool) -> ReplayMarket:
        """Recorded bars where the day (or the account) is one of theirs, else the generated market.

        Without a day the account goes on where it stands; without an account, on the first day
        that the generated market keeps for it.

        Raises:
            DataError: neither has this day.
        """
        recorded = self._recorded(day, account)
        if recorded is not None:
            return recorded
        market = self.generated(whole=whole)
        days = market.days()
        standing = None if account is None else account.trading_day
        begin = day or (standing if standing in days else None) or market.first_live_day
        if begin not in days:
            raise DataError(
                f"{begin} cannot be replayed",
                why="no bars of that day were imported, and the generated market runs from "
                    f"{days[0]} to {days[-1]}",
                remedy="Import bars of that day with --import-bars, or choose another day")
        return ReplayMarket(market, market, begin, Origin.GENERATED)

    def _recorded(self, day: date | None, account: Account | None) -> ReplayMarket | None:
        """Imported bars, at the finest period of the day; None if they are not asked for."""
        if day is None and account is not None and account.origin is Origin.IMPORTED:
            day = account.trading_day
        if day is None or not self.market_db.exists():
            return None
        database = MarketDatabase(self.market_db, self.clock, self.calendar)
        for period in FINEST_FIRST:
            if day in database.recorded_days(period):
                return ReplayMarket(database, BarTape(database, period), day, Origin.IMPORTED)
        database.close()
        return None

    @contextmanager
    def to_export(self) -> Iterator[GeneratedMarket | MarketDatabase]:
        """The imported bars if there are any, else the generated ones, which are labelled."""
        if self.market_db.exists():
            with closing(MarketDatabase(self.market_db, self.clock, self.calendar)) as database:
                if database.instruments():
                    yield database
                    return
        yield self.generated(whole=True)
