import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.exceptions import DataError
from core.symbols import parse_instrument
from core.types import Origin, Period
from data.canonical import read_bars
from data.database import MarketDatabase
from data.export import export_bars
from tests.support.market_bars import a_database, a_table, imported, wall_s


def filled(folder: Path, **changes: object) -> MarketDatabase:
    folder.mkdir(exist_ok=True)
    database = a_database(folder)
    database.store_instruments([
        replace(parse_instrument("600519.SH"), name="贵州茅台", **changes),  # type: ignore[arg-type]
        parse_instrument("000001.SZ"),
    ])
    database.store_bars(a_table(
        {"600519.SH": [10.0, 10.11], "000001.SZ": [5.0]},
        prev_close_cny=np.array([np.nan, 9.9, 10.0]), is_st=np.array([-1, 0, 1], dtype=np.int8)))
    return database


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_export_reads_back_as_the_same_bars(tmp_path: Path, name: str) -> None:
    assert export_bars(filled(tmp_path), tmp_path / name) == 3

    table = read_bars(tmp_path / name)

    assert table.symbols == ("000001.SZ", "600519.SH")
    assert table.close_cny.tolist() == [5.0, 10.0, 10.11]
    assert table.prev_close_cny[1:].tolist() == [9.9, 10.0]
    assert np.isnan(table.prev_close_cny[0])
    assert table.is_st.tolist() == [-1, 0, 1]
    assert table.names["600519.SH"] == "贵州茅台"


def test_an_export_imports_as_known_rows(tmp_path: Path) -> None:
    database = filled(tmp_path)
    export_bars(database, tmp_path / "out.csv")

    report = imported(database, tmp_path / "out.csv")

    assert (report.rows_known, report.rows_stored, report.rows_refused) == (3, 0, 0)


def test_minutes_are_exported_with_their_time(tmp_path: Path) -> None:
    database = filled(tmp_path)
    stamps = [wall_s("2024-01-02T09:45"), wall_s("2024-01-02T10:00")]
    database.store_bars(a_table({"600519.SH": [1.0, 2.0]}, Period.MIN15, ts_s=stamps))

    export_bars(database, tmp_path / "out.csv", period=Period.MIN15)

    assert read_bars(tmp_path / "out.csv").ts_s.tolist() == stamps


def test_generated_bars_are_labelled_in_every_row(tmp_path: Path) -> None:
    database = filled(tmp_path / "home", origin=Origin.GENERATED)
    export_bars(database, tmp_path / "out.csv", symbols=["600519.SH"])

    with (tmp_path / "out.csv").open(encoding="utf-8") as stream:
        assert {row["origin"] for row in csv.DictReader(stream)} == {"generated"}


def test_a_name_cannot_become_a_formula(tmp_path: Path) -> None:
    database = filled(tmp_path)
    database.store_instruments([replace(parse_instrument("600519.SH"), name="=HYPERLINK(1)")])
    export_bars(database, tmp_path / "out.csv", symbols=["600519.SH"])

    with (tmp_path / "out.csv").open(encoding="utf-8") as stream:
        assert {row["name"] for row in csv.DictReader(stream)} == {"'=HYPERLINK(1)"}


def test_nothing_to_export_is_said_and_no_file_is_left(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no bars to export"):
        export_bars(filled(tmp_path), tmp_path / "out.csv", period=Period.MIN5)

    assert not list(tmp_path.glob("*out.csv*"))


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        export_bars(filled(tmp_path), tmp_path / "nowhere" / "out.csv")
