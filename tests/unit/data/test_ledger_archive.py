from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from core.exceptions import DataError
from core.ports import Seal
from data.ledger_archive import LedgerArchive
from data.order_store import SqliteOrderStore
from tests.support.bad_broker import BadBroker
from tests.support.desk import DAY1, DAY2, DAY3, STAR, Desk, a_bar

NOTHING = Seal(orders_upto=0, open_ids=(), fills_upto=0)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    """Two sessions: orders 1 and 2 on the first, of which 1 fills, and 3 on the second."""
    with closing(SqliteOrderStore(tmp_path / "ledger.db")) as store:
        desk = Desk(store=store)
        desk.buy(100, key="first")
        desk.buy(200, "49.50", symbol=STAR, key="second")
        desk.play(a_bar())
        desk.to(DAY2)
        desk.buy(100, "9.90", key="third")
        yield desk


@pytest.fixture(name="archive")
def _archive(desk: Desk) -> LedgerArchive:
    found = desk.store.archive
    assert isinstance(found, LedgerArchive)
    return found


def test_days_that_are_over_are_sealed(archive: LedgerArchive) -> None:
    assert archive.seal(DAY1) == NOTHING
    assert archive.seal(DAY2) == Seal(orders_upto=2, open_ids=(), fills_upto=1)
    assert archive.seal(DAY3) == Seal(orders_upto=3, open_ids=(3,), fills_upto=1)


def test_an_order_whose_fate_is_open_is_not_sealed_with_its_day(tmp_path: Path) -> None:
    with closing(SqliteOrderStore(tmp_path / "other.db")) as store:
        desk = Desk(store=store, broker=BadBroker())
        desk.buy(100)
        desk.to(DAY2)
        assert store.archive is not None
        assert store.archive.seal(DAY2) == Seal(orders_upto=1, open_ids=(1,), fills_upto=0)


def test_sealed_and_live_rows_are_all_rows(desk: Desk, archive: LedgerArchive) -> None:
    seal, whole = archive.seal(DAY2), desk.store.load()
    live, account_id = archive.live(seal), desk.session.snapshot().account.account_id

    assert archive.live(None) == whole
    assert (*archive.orders(account_id, seal), *live.orders) == whole.orders
    assert (*archive.fills(account_id, seal), *live.fills) == whole.fills
    assert [order.order_id for order in live.orders] == [3]
    assert (live.account, live.positions, live.last_order_id) == (
        whole.account, whole.positions, whole.last_order_id)


def test_one_row_is_found_by_its_key_and_a_strange_one_is_not(
    desk: Desk, archive: LedgerArchive
) -> None:
    fill, account_id = desk.store.load().fills[0], desk.session.snapshot().account.account_id
    key = fill.trading_day, fill.broker, fill.trade_id, fill.order_id

    assert archive.fill(account_id, key) == fill
    assert archive.fill("other", key) is None
    assert archive.order(account_id, 2) == desk.session.order(2)
    assert archive.order("other", 2) is None
    assert sorted(archive.keys(archive.seal(DAY2))) == [
        (account_id, "first", 1), (account_id, "second", 2)]


@pytest.mark.parametrize("statement", [
    "UPDATE orders SET tag = 'x' WHERE order_id = 1", "UPDATE fills SET shares = 99",
    "DELETE FROM orders WHERE order_id = 2"])
def test_the_digest_sees_every_change_of_a_sealed_row(
    archive: LedgerArchive, tmp_path: Path, statement: str
) -> None:
    seal = archive.seal(DAY2)
    before = archive.digest(seal)
    with closing(apsw.Connection(str(tmp_path / "ledger.db"))) as db:
        db.execute("UPDATE orders SET tag = 'live' WHERE order_id = 3")
        assert archive.digest(seal) == before
        db.execute(statement)

    assert archive.digest(seal) != before


def test_a_checkpoint_comes_back_as_it_was_kept_and_old_ones_go(archive: LedgerArchive) -> None:
    assert archive.newest() is None
    for seq in (1, 2, 3):
        kept = archive.keep(seq, archive.seal(DAY2))

    assert archive.newest() == kept
    assert archive._db.execute("SELECT count(*) FROM checkpoint").get == 2


def test_a_checkpoint_that_cannot_be_read_is_named(archive: LedgerArchive) -> None:
    archive.keep(1, archive.seal(DAY2))
    archive._db.execute("UPDATE checkpoint SET content = x'0102'")

    with pytest.raises(DataError, match="checkpoint after entry 1 is not used"):
        archive.newest()
