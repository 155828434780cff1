from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.exceptions import DataError
from data.bar_files import open_table
from data.text_rows import TextRow, day_of, decimal_of, flag_of, needed, rows_of
from tests.support.market_bars import a_csv, a_parquet


def a_row(text: str) -> TextRow:
    return TextRow("a.csv", 7, {"x": text})


@pytest.mark.parametrize("text", ["2024-01-02", "2024/1/2", "20240102", "2024-01-02 00:00:00"])
def test_a_date_is_read_in_every_usual_form(text: str) -> None:
    assert day_of(a_row(text), "x") == date(2024, 1, 2)


@pytest.mark.parametrize("text", ["2024-02-30", "02.01.2024", "2024-01-02 09:31", "x"])
def test_what_is_no_date_is_refused_by_its_line(text: str) -> None:
    with pytest.raises(DataError, match="line 7"):
        day_of(a_row(text), "x")


def test_a_number_is_exact_from_its_text() -> None:
    assert decimal_of(a_row("10.10"), "x", positive=True) == Decimal("10.10")
    assert str(decimal_of(a_row("0.1234567890123456789"), "x", positive=True)) == (
        "0.1234567890123456789")
    assert decimal_of(a_row(""), "x", positive=True) is None


@pytest.mark.parametrize("text", ["ten", "NaN", "inf", "-1", "0"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="line 7"):
        decimal_of(a_row(text), "x", positive=True)


def test_zero_may_be_allowed() -> None:
    assert decimal_of(a_row("0"), "x", positive=False) == 0


def test_flags_are_one_or_zero() -> None:
    assert [flag_of(a_row(text), "x") for text in ("1", "True", "0", "")] == [
        True, True, False, False]
    with pytest.raises(DataError, match="1 or 0"):
        flag_of(a_row("2"), "x")


def test_an_empty_cell_may_be_forbidden() -> None:
    with pytest.raises(DataError, match="must not be empty"):
        needed(a_row(""), "x")


def test_an_error_from_elsewhere_gets_the_line() -> None:
    with pytest.raises(DataError, match=r"a\.csv line 7 refused: code bad"), a_row("").naming():
        raise DataError("code bad", why="why", remedy="remedy")


def test_a_parquet_integer_that_became_a_float_reads_whole(tmp_path: Path) -> None:
    path = a_parquet(tmp_path / "a.parquet", [{"x": 20240102.0, "y": 10.1}, {"x": None, "y": 2.0}])

    rows = list(rows_of(open_table(path), {"x": "x", "y": "y"}))

    assert [dict(row.cells) for row in rows] == [
        {"x": "20240102", "y": "10.1"}, {"x": "", "y": "2"}]


def test_a_line_cut_short_is_refused_by_its_number(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [{"a": "x", "b": "x", "c": "x", "d": "x"}])
    path.write_text(path.read_text() + "1,2\n")

    with pytest.raises(DataError, match="line 3 refused"):
        list(rows_of(open_table(path), {"a": "a"}))
