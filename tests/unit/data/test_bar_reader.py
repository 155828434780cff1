from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.exceptions import DataError
from core.types import Origin, Period
from data.bar_files import open_table
from data.bar_reader import NO_TIME, BarBatch, bar_period, moment_s, numbers, open_bars
from tests.support.market_bars import a_csv, a_parquet, a_row, wall_s


def the_batch(path: Path, wanted: str = "auto") -> BarBatch:
    return next(open_bars(open_table(path), wanted).batches())


@pytest.mark.parametrize(("text", "meant"), [
    ("2024-01-02", "2024-01-02"),
    ("20240102", "2024-01-02"),
    ("2024/1/2", "2024-01-02"),
    ("2024-01-02 09:35", "2024-01-02T09:35"),
    ("2024-01-02T09:35:00", "2024-01-02T09:35"),
    ("2024-01-02 09:35:00.000000", "2024-01-02T09:35"),
    ("20240102093500000", "2024-01-02T09:35"),
    ("2024-01-02T01:35:00Z", "2024-01-02T09:35"),
    ("2024-01-02T09:35:00+08:00", "2024-01-02T09:35"),
    ("2024-01-01T20:35:00-0500", "2024-01-02T09:35"),
])
def test_a_stamp_means_shanghai_wall_time(text: str, meant: str) -> None:
    assert moment_s(text) == wall_s(meant)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-13-01", "2024-02-30", "2024", "01/02/2024"]
)
def test_what_is_no_stamp_is_not_guessed(text: str) -> None:
    assert moment_s(text) == NO_TIME


def test_tdx_writes_the_month_first() -> None:
    assert moment_s("01/31/2024", month_first=True) == wall_s("2024-01-31")


@pytest.mark.parametrize(("stamps", "period"), [
    (["2024-01-02", "2024-01-03"], Period.DAY),
    (["2024-01-02T15:00", "2024-01-03T15:00"], Period.DAY),
    (["2024-01-02T09:31", "2024-01-02T09:32"], Period.MIN1),
    (["2024-01-02T09:30", "2024-01-02T09:31"], Period.MIN1),
    (["2024-01-02T09:35", "2024-01-02T11:30", "2024-01-02T13:05"], Period.MIN5),
    (["2024-01-02T09:45", "2024-01-02T13:15", "2024-01-02T15:00"], Period.MIN15),
    (["2024-01-02T10:30", "2024-01-02T11:30", "2024-01-02T14:00"], Period.MIN60),
])
def test_the_bar_length_is_read_off_the_stamps(stamps: list[str], period: Period) -> None:
    assert bar_period(np.array([wall_s(s) for s in stamps]), "a.csv") is period


def test_stamps_of_no_session_have_no_bar_length() -> None:
    with pytest.raises(DataError, match="no recognisable bar length"):
        bar_period(np.array([wall_s("2024-01-02T09:30"), wall_s("2024-01-02T03:17")]), "a.csv")


def test_a_cell_that_is_no_number_costs_its_row_only() -> None:
    bad = np.zeros(5, dtype=np.bool_)

    found = numbers(pa.array(["1.5", " 2 ", "three", None, "1e3"]), bad)

    assert bad.tolist() == [False, False, True, False, False]
    assert found[[0, 1, 4]].tolist() == [1.5, 2.0, 1000.0]
    assert np.isnan(found[[2, 3]]).all()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_csv_and_parquet_mean_the_same(tmp_path: Path, kind: str) -> None:
    rows = [a_row(preclose=9.9, is_st=0), a_row(symbol="sz000001", preclose=None, is_st=None)]
    path = (a_csv if kind == "csv" else a_parquet)(tmp_path / f"a.{kind}", rows)

    batch = the_batch(path)

    assert [batch.symbols[c] for c in batch.codes] == ["600519.SH", "000001.SZ"]
    assert batch.ts_s.tolist() == [wall_s("2024-01-02")] * 2
    assert batch.floats["prev_close_cny"][0] == 9.9
    assert np.isnan(batch.floats["prev_close_cny"][1])
    assert batch.flags["is_st"].tolist() == [0, -1]
    assert batch.flags["suspended"].tolist() == [-1, -1]


@pytest.mark.parametrize("column", [
    pa.array([19724], pa.date32()),
    pa.array([1704153600 * 10**6], pa.timestamp("us")),
    pa.array([(1704153600 - 8 * 3600) * 1000], pa.timestamp("ms", "UTC")),
    pa.array([20240102]),
    pa.array(["2024-01-02"]).dictionary_encode(),
])
def test_every_type_of_time_column_is_read(tmp_path: Path, column: pa.Array) -> None:
    import pyarrow.parquet as arrow_parquet

    table = pa.Table.from_pylist([a_row()])
    arrow_parquet.write_table(table.set_column(1, "ts", column), tmp_path / "a.parquet")

    assert the_batch(tmp_path / "a.parquet").ts_s.tolist() == [wall_s("2024-01-02")]


def test_a_tushare_file_comes_out_in_shares_and_cny(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [{
        "ts_code": "000001.SZ", "trade_date": "20240103", "open": 9.19, "high": 9.22, "low": 9.15,
        "close": 9.2, "pre_close": 9.21, "change": -0.01, "pct_chg": -0.1, "vol": 733610.31,
        "amount": 673673.613,
    }])

    batch = the_batch(path)

    assert batch.floats["volume_shares"].tolist() == [73_361_031.0]
    assert batch.floats["amount_cny"].tolist() == [673_673_613.0]
    assert batch.floats["prev_close_cny"].tolist() == [9.21]


def test_an_eastmoney_file_comes_out_in_shares(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [{
        "日期": "2024-01-02", "股票代码": "600519", "开盘": 1715, "收盘": 1685.01, "最高": 1718.19,
        "最低": 1678.1, "成交量": 32156, "成交额": 5440082548.0, "振幅": 2.32, "涨跌幅": -2.37,
    }])

    batch = the_batch(path)

    assert batch.symbols == ("600519.SH",)
    assert batch.floats["volume_shares"].tolist() == [3_215_600.0]
    assert (batch.floats["high_cny"][0], batch.floats["close_cny"][0]) == (1718.19, 1685.01)


def test_a_tdx_minute_export_joins_its_date_and_time(tmp_path: Path) -> None:
    path = tmp_path / "SZ#000001.txt"
    path.write_text(
        "000001 平安银行 5分钟线 不复权\n"
        "      日期\t时间\t    开盘\t最高\t最低\t收盘\t成交量\t成交额\n"
        "2024/01/02\t0935\t9.39\t9.42\t9.36\t9.40\t1000\t9400.00\n"
        "2024/01/02\t1500\t9.39\t9.42\t9.36\t9.40\t1000\t9400.00\n数据来源:通达信\n",
        encoding="gbk",
    )

    batch = the_batch(path)

    assert (batch.symbols, batch.period) == (("000001.SZ",), Period.MIN5)
    assert batch.ts_s.tolist() == [wall_s("2024-01-02T09:35"), wall_s("2024-01-02T15:00")]


def test_an_ambiguous_code_is_not_read_and_its_readings_are_named(tmp_path: Path) -> None:
    stream = open_bars(open_table(a_csv(tmp_path / "a.csv", [a_row(symbol="000001")])))

    batch = next(stream.batches())

    assert batch.codes.tolist() == [-1]
    assert "000001.SH" in stream.symbol_faults["000001"]
    assert "000001.SZ" in stream.symbol_faults["000001"]


def test_names_and_the_label_of_generated_bars_are_kept(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row(name="贵州茅台", origin="generated")])

    batch = the_batch(path)

    assert batch.names == {"600519.SH": "贵州茅台"}
    assert batch.origin is Origin.GENERATED


def test_a_rows_cells_can_be_shown_again(tmp_path: Path) -> None:
    batch = the_batch(a_csv(tmp_path / "a.csv", [a_row(), a_row(open="x", close=None)]))

    assert batch.raw(np.array([1])) == ["600519.SH,2024-01-02,x,10.5,9.8,,1000,10100.0"]


def test_a_column_of_lists_is_refused(tmp_path: Path) -> None:
    path = a_parquet(tmp_path / "a.parquet", [a_row(close=[1.0, 2.0])])

    with pytest.raises(DataError, match="should hold numbers"):
        the_batch(path)
