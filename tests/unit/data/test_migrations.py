import apsw
import pytest

from data import migrations
from data.migrations import MIGRATIONS, atomic, migrate


def tables(db: apsw.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_a_new_file_gets_every_step_once() -> None:
    db = apsw.Connection(":memory:")

    assert migrate(db) == len(MIGRATIONS)
    assert migrate(db) == len(MIGRATIONS)
    assert {"instruments", "bar_chunks", "bar_days", "imports"} <= tables(db)


def test_a_step_that_fails_leaves_the_version_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE imports (a TEXT)"))
    db = apsw.Connection(":memory:")

    with pytest.raises(apsw.SQLError):
        migrate(db)

    assert db.pragma("user_version") == len(MIGRATIONS)


def test_an_older_file_gets_only_the_missing_steps() -> None:
    db = apsw.Connection(":memory:")
    for statement in MIGRATIONS[:2]:
        db.execute(statement)
    db.pragma("user_version", 2)

    assert migrate(db) == len(MIGRATIONS)


def test_every_table_is_strict() -> None:
    db = apsw.Connection(":memory:")
    migrate(db)

    with pytest.raises(apsw.ConstraintError), atomic(db):
        db.execute("INSERT INTO bar_days VALUES ('1d', 'yesterday')")
