"""The steps of market.db, each applied once and whole. A step is never edited, only followed."""

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

MIGRATIONS = (
    """CREATE TABLE instruments (
           symbol          TEXT PRIMARY KEY,
           exchange        TEXT NOT NULL,
           board           TEXT NOT NULL,
           kind            TEXT NOT NULL,
           name            TEXT NOT NULL,
           industry        TEXT NOT NULL,
           pinyin          TEXT NOT NULL,
           list_date       TEXT,
           delist_date     TEXT,
           issue_price_e4  INTEGER CHECK (issue_price_e4 > 0),
           t0              INTEGER NOT NULL CHECK (t0 IN (0, 1)),
           wide_band       INTEGER NOT NULL CHECK (wide_band IN (0, 1)),
           origin          TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE bar_chunks (
           period   TEXT NOT NULL,
           symbol   TEXT NOT NULL,
           chunk    INTEGER NOT NULL,
           rows     INTEGER NOT NULL CHECK (rows > 0),
           first_s  INTEGER NOT NULL,
           last_s   INTEGER NOT NULL,
           layout   TEXT NOT NULL,
           crc      INTEGER NOT NULL,
           body     BLOB NOT NULL) STRICT""",
    "CREATE UNIQUE INDEX bar_chunks_by_symbol ON bar_chunks (period, symbol, chunk)",
    "CREATE INDEX bar_chunks_by_time ON bar_chunks (period, chunk)",
    """CREATE TABLE bar_days (
           period  TEXT NOT NULL,
           day     INTEGER NOT NULL,
           PRIMARY KEY (period, day)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE imports (
           path          TEXT PRIMARY KEY,
           size          INTEGER NOT NULL,
           mtime_ns      INTEGER NOT NULL,
           rows_done     INTEGER NOT NULL,
           complete      INTEGER NOT NULL CHECK (complete IN (0, 1)),
           changed_utc   TEXT NOT NULL) STRICT, WITHOUT ROWID""",
)


@contextmanager
def atomic(db: apsw.Connection) -> Iterator[apsw.Connection]:
    """All of the block's writes, or none."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        if db.in_transaction:          # a full disk has already rolled it back
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def migrate(db: apsw.Connection) -> int:
    """Bring the file to the newest version, one step per transaction; return the version."""
    version = int(db.pragma("user_version"))
    for number, statement in enumerate(MIGRATIONS[version:], start=version + 1):
        with atomic(db):
            db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
    return len(MIGRATIONS)
