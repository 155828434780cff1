"""What can be said of the databases, the generated market and the calendar, by trying them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path

import apsw

from core.calendar import TradingCalendar
from core.ports import Clock
from core.rules import to_shanghai
from core.settings_types import MarketSettings
from core.types import Period
from data.database import MarketDatabase
from data.generated.market import GeneratedMarket
from data.order_store import SqliteOrderStore
from utils.health import CheckResult, degraded, healthy, unhealthy

RELEASED = date(2026, 11, 1)       # a clock before this is wrong
SHORT_CALENDAR_DAYS = 30
BUSY_MS = 2_000
SOUND = "ok"                       # what SQLite says of a whole file
_MIB = 1024 * 1024


def reading(ledger_db: Path) -> SqliteOrderStore | None:
    """The ledger for looking only; None if there is none yet."""
    return SqliteOrderStore(ledger_db, read_only=True) if ledger_db.exists() else None


def ledger_check(ledger_db: Path, *, whole: bool = False) -> CheckResult:
    """Whether the ledger takes a write now: one is begun, made, and taken back.

    `whole` also has SQLite look at every page.
    """
    if not ledger_db.exists():
        return healthy("ledger", "there is no ledger yet; the first start makes it")
    reading(ledger_db)             # refuses a damaged, foreign or newer file with its remedy
    try:
        with closing(apsw.Connection(str(ledger_db))) as db:
            db.set_busy_timeout(BUSY_MS)
            db.execute("BEGIN IMMEDIATE")
            db.execute("CREATE TABLE health_probe (n INTEGER) STRICT")
            db.execute("INSERT INTO health_probe VALUES (1)")
            db.execute("ROLLBACK")
            fault = db.execute("PRAGMA integrity_check(1)").get if whole else SOUND
    except apsw.Error as error:
        return unhealthy("ledger", f"it takes no write: {error}",
                         "Check the disk's space and the rights of the state folder")
    if fault != SOUND:
        return unhealthy("ledger", f"it is damaged: {fault}",
                         "Stop trading and restore the newest backup from backups/")
    return healthy("ledger", f"takes writes, {ledger_db.stat().st_size / _MIB:,.1f} MiB")


def market_check(market_db: Path, clock: Clock, calendar: TradingCalendar) -> CheckResult:
    if not market_db.exists():
        return healthy("market data", "nothing was imported; the desk uses the generated market")
    with _market(market_db, clock, calendar) as market:
        count = len(market.instruments())
        days = {period: market.recorded_days(period) for period in Period}
    stored = ", ".join(f"{period.value} {found[0]} to {found[-1]}"
                       for period, found in days.items() if found)
    if not stored:
        return degraded("market data", "the database holds no bars",
                        "Import some: python main.py --import-bars FILE")
    return healthy("market data", f"{count:,} instruments; {stored}")


@contextmanager
def _market(path: Path, clock: Clock, calendar: TradingCalendar) -> Iterator[MarketDatabase]:
    with closing(MarketDatabase(path, clock, calendar)) as market:
        yield market


def generated_check(
    cache: Path, settings: MarketSettings, clock: Clock, calendar: TradingCalendar
) -> CheckResult:
    """Whether the generated market can be made and is the whole one."""
    market = GeneratedMarket.open(cache, clock=clock, calendar=calendar, seed=settings.seed,
                                  symbols=settings.symbols, sessions=settings.sessions)
    if market.complete:
        return healthy("generated market", f"{len(market.listed())} instruments, "
                                           f"{len(market.days()):,} sessions, from the cache")
    return healthy("generated market", f"{len(market.listed())} instruments to start with; "
                                       "the rest is made at the next start")


def calendar_check(calendar: TradingCalendar, now_utc: datetime) -> CheckResult:
    """How far the sessions are known; trading stops at the end, it does not guess."""
    left = (calendar.last - to_shanghai(now_utc).date()).days
    text = f"sessions are known from {calendar.first} to {calendar.last}"
    remedy = "Extend it: set data.calendar_file to a file of sessions"
    if left < 0:
        return unhealthy("calendar", f"{text}; today is beyond", remedy)
    if left < SHORT_CALENDAR_DAYS:
        return degraded("calendar", f"{text}; {left} days are left", remedy)
    return healthy("calendar", text)


def clock_check(now_utc: datetime) -> CheckResult:
    """A wall clock from before this release cannot be right."""
    if now_utc.date() < RELEASED:
        return unhealthy("clock", f"it says {now_utc:%Y-%m-%d %H:%M} UTC, before this release",
                         "Set the machine's clock; orders and audit entries carry its time")
    return healthy("clock", f"{now_utc:%Y-%m-%d %H:%M:%S} UTC")
