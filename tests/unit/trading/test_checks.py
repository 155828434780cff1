from pathlib import Path

import apsw
import pytest

from core.types import KillLevel
from data.order_store import SqliteOrderStore
from tests.support.desk import Desk, a_bar
from trading.checks import journal_check, kill_check
from trading.kill_switch import KillRequest, write_request
from utils.health import Status


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    desk = Desk(store=SqliteOrderStore(path))
    desk.buy(100)
    desk.play(a_bar())
    desk.store.close()
    return path


def damaged(path: Path, statement: str) -> SqliteOrderStore:
    """The ledger after somebody with an editor was at it."""
    db = apsw.Connection(str(path))
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute(statement)
    db.close()
    return SqliteOrderStore(path, read_only=True)


@pytest.mark.parametrize("whole", [False, True])
def test_an_untouched_journal_holds(ledger: Path, whole: bool) -> None:
    assert journal_check(SqliteOrderStore(ledger), whole=whole).status is Status.HEALTHY


def test_without_a_ledger_there_is_nothing_to_doubt(tmp_path: Path) -> None:
    assert journal_check(None, whole=True).status is Status.HEALTHY
    assert kill_check(None, tmp_path / "kill.request").status is Status.HEALTHY


@pytest.mark.parametrize("statement", [
    "UPDATE journal SET payload = replace(payload, '100', '900') WHERE seq = 2",
    "UPDATE journal SET kind = 'KILL' WHERE seq = 3",
    "DELETE FROM journal WHERE seq = 2",
])
def test_a_changed_entry_breaks_the_chain(ledger: Path, statement: str) -> None:
    found = journal_check(damaged(ledger, statement), whole=False)

    assert found.status is Status.UNHEALTHY
    assert "backup" in found.remedy


def test_a_projection_changed_behind_the_journals_back_is_found_by_the_whole_check(
    ledger: Path,
) -> None:
    store = damaged(ledger, "UPDATE accounts SET cash_e4 = cash_e4 + 10000")

    assert journal_check(store, whole=False).status is Status.HEALTHY
    assert journal_check(store, whole=True).status is Status.UNHEALTHY


def test_a_kill_level_and_a_waiting_request_are_shown(tmp_path: Path) -> None:
    desk, request = Desk(), tmp_path / "kill.request"
    assert kill_check(desk.store, request).status is Status.HEALTHY
    write_request(request, KillRequest(KillLevel.BLOCK, "the phone rang"))
    assert "the phone rang" in kill_check(desk.store, request).detail
    request.unlink()
    desk.session.set_kill(KillLevel.REDUCE_ONLY, "test")
    assert "REDUCE_ONLY" in kill_check(desk.store, request).detail
