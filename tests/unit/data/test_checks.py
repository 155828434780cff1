from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.exceptions import DataError
from core.settings_types import MarketSettings
from data import checks
from data.order_store import SqliteOrderStore
from tests.support.market_bars import a_parquet, a_row
from utils.health import Status

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
CALENDAR = exchange_calendar()


def test_a_ledger_that_takes_a_write_is_well_and_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    assert checks.ledger_check(path).status is Status.HEALTHY
    assert not path.exists()
    SqliteOrderStore(path).close()

    assert "takes writes" in checks.ledger_check(path).detail
    assert apsw.Connection(str(path)).execute(
        "SELECT count(*) FROM sqlite_master WHERE name = 'health_probe'").get == 0


def test_a_ledger_that_another_program_holds_is_not_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "BUSY_MS", 1)
    path = tmp_path / "ledger.db"
    SqliteOrderStore(path).close()
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")

    assert checks.ledger_check(path).status is Status.UNHEALTHY


def test_a_damaged_ledger_is_refused_with_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database, " * 200)

    with pytest.raises(DataError, match="backup"):
        checks.ledger_check(path)


def test_market_data_says_what_is_stored(tmp_path: Path) -> None:
    from data.database import MarketDatabase
    from data.importer import import_bars

    clock, path = SimClock(NOON), tmp_path / "market.db"
    assert "nothing was imported" in checks.market_check(path, clock, CALENDAR).detail
    database = MarketDatabase(path, clock, CALENDAR)
    database.close()
    assert checks.market_check(path, clock, CALENDAR).status is Status.DEGRADED
    database = MarketDatabase(path, clock, CALENDAR)
    import_bars(database, [a_parquet(tmp_path / "b.parquet", [a_row()])], clock=clock,
                calendar=CALENDAR)
    database.close()

    found = checks.market_check(path, clock, CALENDAR)
    assert found.status is Status.HEALTHY
    assert "1 instruments; 1d" in found.detail


def test_the_generated_market_can_be_made(tmp_path: Path) -> None:
    small = MarketSettings(symbols=20, sessions=60)

    found = checks.generated_check(tmp_path, small, SimClock(NOON), CALENDAR)

    assert found.status is Status.HEALTHY


@pytest.mark.parametrize(("left_days", "status"), [
    (400, Status.HEALTHY), (30, Status.HEALTHY), (29, Status.DEGRADED), (0, Status.DEGRADED),
    (-1, Status.UNHEALTHY)])
def test_a_calendar_that_ends_soon_says_so(left_days: int, status: Status) -> None:
    last_noon = datetime(CALENDAR.last.year, CALENDAR.last.month, CALENDAR.last.day, 4, tzinfo=UTC)

    found = checks.calendar_check(CALENDAR, last_noon - timedelta(days=left_days))

    assert found.status is status
    assert (found.remedy == "") is (status is Status.HEALTHY)


def test_a_clock_from_before_the_release_is_wrong() -> None:
    assert checks.clock_check(NOON).status is Status.HEALTHY
    before = datetime.combine(checks.RELEASED - timedelta(days=1), NOON.timetz())
    assert checks.clock_check(before).status is Status.UNHEALTHY
    assert date(2026, 11, 1) == checks.RELEASED


def test_a_strict_look_finds_a_damaged_page_that_no_write_touches(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    SqliteOrderStore(path).close()
    with closing(apsw.Connection(str(path))) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = db.execute("PRAGMA page_size").get
        root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'orders_by_key'").get
    with path.open("r+b") as file:
        file.seek((root - 1) * page)
        file.write(b"\xff" * page)

    assert checks.ledger_check(path).status is Status.HEALTHY
    assert checks.ledger_check(path, whole=True).status is Status.UNHEALTHY
