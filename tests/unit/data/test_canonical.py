from pathlib import Path

import numpy as np
import pytest

from core.exceptions import DataError
from core.types import Origin, Period
from data.canonical import read_bars
from tests.support.market_bars import SHARED, a_csv, a_parquet, a_row, wall_s


def test_bars_come_out_by_symbol_and_time_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    later = a_csv(tmp_path / "a.csv", [
        a_row(symbol="600519.SH", ts="2024-01-03", close=10.3),
        a_row(symbol="000001.SZ", ts="2024-01-03", close=10.1),
    ])
    earlier = a_csv(tmp_path / "b.csv", [a_row(symbol="600519.SH", ts="2024-01-02", close=10.2)])

    table = read_bars([later, earlier])

    assert table.symbols == ("000001.SZ", "600519.SH")
    assert table.close_cny[table.slice_of("600519.SH")].tolist() == [10.2, 10.3]
    assert table.close_cny[table.slice_of("000001.SZ")].tolist() == [10.1]
    assert len(table.close_cny[table.slice_of("000002.SZ")]) == 0


def test_unknown_is_nan_or_minus_one_and_never_zero(tmp_path: Path) -> None:
    table = read_bars(a_csv(tmp_path / "a.csv", [a_row(amount="NaN", is_st="")]))

    assert np.isnan(table.amount_cny[0])
    assert np.isnan(table.prev_close_cny[0])
    assert (table.is_st[0], table.suspended[0]) == (-1, -1)


def test_ignored_columns_names_and_the_label_are_reported(tmp_path: Path) -> None:
    rows = [a_row(name="贵州茅台", origin="generated", comment="x")]

    table = read_bars(a_csv(tmp_path / "a.csv", rows))

    assert table.ignored_columns == ("comment",)
    assert table.names == {"600519.SH": "贵州茅台"}
    assert table.origin is Origin.GENERATED


def test_rows_that_say_the_same_twice_count_once(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row(), a_row(ts="2024-01-03"), a_row()])

    assert len(read_bars([path, path])) == 2


def test_rows_that_contradict_each_other_are_refused_by_name(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row(), a_row(close=10.3)])

    with pytest.raises(DataError, match=r"600519\.SH has two bars at 2024-01-02"):
        read_bars(path)


@pytest.mark.parametrize(("change", "reason"), [
    ({"symbol": "000001"}, r"line 3.*ambiguous"),
    ({"symbol": ""}, "line 3"),
    ({"ts": "soon"}, r"line 3.*no date"),
    ({"close": "many"}, r"line 3.*none"),
])
def test_an_unreadable_row_is_refused_by_its_line(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(DataError, match=reason):
        read_bars(a_csv(tmp_path / "a.csv", [a_row(), a_row(**change)]))


def test_a_line_with_too_few_cells_is_refused_by_its_line(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row()])
    path.write_text(path.read_text() + "600519.SH,2024-01-03,10\n")

    with pytest.raises(DataError, match="line 3"):
        read_bars(path)


def test_days_and_minutes_do_not_mix(tmp_path: Path) -> None:
    days = a_csv(tmp_path / "a.csv", [a_row()])
    minutes = a_csv(tmp_path / "b.csv", [a_row(ts="2024-01-02 09:35"),
                                         a_row(ts="2024-01-02 09:40")])

    assert read_bars(minutes).period is Period.MIN5
    with pytest.raises(DataError, match="different lengths"):
        read_bars([days, minutes])


def test_a_header_without_rows_is_empty(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row()])
    path.write_text(path.read_text().splitlines()[0] + "\n")

    with pytest.raises(DataError, match="is empty"):
        read_bars(path)


def test_parquet_and_csv_give_the_same_table(tmp_path: Path) -> None:
    rows = [a_row(ts=f"2024-01-{day:02d}", close=9.9 + day / 100) for day in range(2, 6)]

    one = read_bars(a_csv(tmp_path / "a.csv", rows))
    other = read_bars(a_parquet(tmp_path / "a.parquet", rows))

    assert one.close_cny.tolist() == other.close_cny.tolist()
    assert one.ts_s.tolist() == other.ts_s.tolist()


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the development data is not there")
def test_real_fifteen_minute_bars_are_read() -> None:
    table = read_bars(SHARED / "minute15.parquet")

    assert (len(table), len(table.symbols), table.period) == (136_800, 150, Period.MIN15)
    assert table.ts_s[0] == wall_s("2025-01-02T09:45")
