import csv
from pathlib import Path

import pytest

from core.exceptions import DataError
from tests.support.desk import MAIN, Desk, a_bar
from trading.export import LEDGER_KINDS, export_ledger


@pytest.fixture
def traded() -> Desk:
    desk = Desk()
    desk.buy(100, tag="=SUM(A1)")
    desk.play(a_bar(price="10.00"))
    desk.sell(100)                              # bought today: denied
    return desk


def rows_of(desk: Desk, kind: str, folder: Path) -> list[dict[str, str]]:
    file = folder / f"{kind}.csv"
    count = export_ledger(desk.store, kind, file)
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == count
    return rows


def test_orders_carry_their_end_and_why_they_were_refused(traded: Desk, tmp_path: Path) -> None:
    filled, denied = rows_of(traded, "orders", tmp_path)

    assert (filled["status"], filled["filled_shares"], filled["amount_cny"]) == (
        "FILLED", "100", "1000.00")
    assert (denied["status"], denied["codes"]) == ("DENIED", "T1_SELLABLE")


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(
    traded: Desk, tmp_path: Path
) -> None:
    assert rows_of(traded, "orders", tmp_path)[0]["tag"] == "'=SUM(A1)"


def test_fills_and_positions_name_the_account_and_with_it_the_origin(
    traded: Desk, tmp_path: Path
) -> None:
    (fill,) = rows_of(traded, "fills", tmp_path)
    (position,) = rows_of(traded, "positions", tmp_path)
    account = traded.session.snapshot().account.account_id

    assert (fill["symbol"], fill["price_cny"], fill["account"]) == (MAIN, "10.00", account)
    assert (position["held_shares"], position["sellable_shares"]) == ("100", "0")


def test_the_journal_is_exported_entry_by_entry(traded: Desk, tmp_path: Path) -> None:
    rows = rows_of(traded, "journal", tmp_path)

    assert [int(row["seq"]) for row in rows] == list(range(1, traded.store.head()[0] + 1))
    assert rows[-1]["hash"] == traded.store.head()[1]


def test_a_file_that_cannot_be_written_says_what_to_do(traded: Desk, tmp_path: Path) -> None:
    for kind in LEDGER_KINDS:
        with pytest.raises(DataError, match="folder that exists"):
            export_ledger(traded.store, kind, tmp_path / "missing" / "x.csv")
