"""A ledger of an earlier version is brought up to date, and its rows are made from its journal."""

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from core.clock import SimClock
from core.exceptions import DataError
from data.ledger_migrations import MIGRATIONS
from data.order_store import SqliteOrderStore
from tests.support.desk import DAY1, DAY2, Desk, a_bar, at
from trading.bookkeeper import Bookkeeper
from trading.ledger import rebuild_book

ROWS_OF_V2 = """
    INSERT INTO account SELECT 1, account_id, cash_e4, reserved_e4, withdrawable_e4, initial_e4,
        trading_day FROM new.accounts;
    INSERT INTO orders SELECT order_id, symbol, side, shares, limit_e4, limit_text, type,
        created_utc, tag, key, source, trading_day, status, broker_id, filled_shares, amount_e4,
        commission_e4, stamp_duty_e4, transfer_fee_e4, handling_e4, regulatory_e4, refusals,
        updated_utc, plan_id, override FROM new.orders;
    INSERT INTO fills SELECT fill_no, trading_day, broker, trade_id, order_id, symbol, side, shares,
        price_e4, ts_utc, commission_e4, stamp_duty_e4, transfer_fee_e4, handling_e4,
        regulatory_e4, tag FROM new.fills;
    INSERT INTO positions SELECT symbol, held_shares, bought_today_shares, on_sale_shares, cost_e4,
        realised_e4, t0 FROM new.positions;
    INSERT INTO journal SELECT seq, trading_day, ts_utc, kind, payload, prev_hash, hash
        FROM new.journal;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as version 2 left it: a holding, a sale of today, an open order, a reset."""
    new = tmp_path / "new.db"
    with closing(SqliteOrderStore(new)) as store:
        desk = Desk(store=store)
        desk.buy(100)
        desk.session.reset(DAY1)
        desk.hold(1_000)
        desk.sell(300, "10.20")
        desk.play(a_bar(price="10.30", ts_utc=at(DAY2)))
        desk.buy(200, "9.90", key="k1")
    path = tmp_path / "ledger.db"
    with closing(apsw.Connection(str(path))) as db:
        for step in MIGRATIONS[:2]:
            db.execute(step)
        db.execute("PRAGMA user_version = 2")
        db.execute(f"ATTACH '{new}' AS new")
        db.execute(ROWS_OF_V2)
    return path


def test_an_older_ledger_gets_its_lots_and_reservations_from_its_journal(old: Path) -> None:
    with closing(SqliteOrderStore(old)) as store:
        assert store.outdated
        books = Bookkeeper(store, SimClock(at(DAY2)))

        assert not store.outdated
        assert store.load() == rebuild_book(store.entries())[0].projections()
        assert books.book.positions["600519.SH"].lots
        assert store.load().last_order_id == 4
    with closing(SqliteOrderStore(old)) as again:
        assert not again.outdated


def test_an_older_ledger_that_contradicts_its_journal_is_refused_not_healed(old: Path) -> None:
    with closing(apsw.Connection(str(old))) as db:
        db.execute("UPDATE account SET cash_e4 = cash_e4 + 100")
    with closing(SqliteOrderStore(old)) as store:
        with pytest.raises(DataError, match="differ from its journal"):
            Bookkeeper(store, SimClock(at(DAY2)))
        assert store.outdated


def test_the_same_fill_is_stored_once_for_one_account(old: Path) -> None:
    SqliteOrderStore(old).close()
    columns = ("trading_day, broker, trade_id, order_id, symbol, side, shares, price_e4, ts_utc, "
               "commission_e4, stamp_duty_e4, transfer_fee_e4, handling_e4, regulatory_e4, tag")
    copy = f"INSERT INTO fills (account_id, {columns}) SELECT {{}}, {columns} FROM fills LIMIT 1"
    with closing(apsw.Connection(str(old))) as db:
        with pytest.raises(apsw.ConstraintError, match="UNIQUE"):
            db.execute(copy.format("account_id"))
        db.execute(copy.format("'another'"))
