import os
from pathlib import Path

import pytest

from core.exceptions import DataError
from data.bar_files import files_of, open_table
from tests.support.market_bars import HEADER, a_csv, a_parquet, a_row


def read(path: Path, *columns: str) -> tuple[list[int], list[dict[str, object]]]:
    table = open_table(path)
    lines, rows = [], []
    for numbers, batch in table.batches(columns or table.columns):
        lines += numbers.tolist()
        rows += batch.to_pylist()
    return lines, rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_both_encodings_are_told_apart_by_trying(tmp_path: Path, encoding: str) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row(name="贵州茅台")], encoding)

    assert read(path, "symbol", "name")[1] == [{"symbol": "600519.SH", "name": "贵州茅台"}]


def test_a_gbk_character_after_a_megabyte_of_ascii_is_still_read(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row(name="x" * 100)] * 8_000 + [a_row(name="茅台")], "gbk")

    assert read(path, "name")[1][-1] == {"name": "茅台"}


def test_gbk_bytes_that_happen_to_be_utf_8_are_not_taken_for_it(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row(name="茅台")], "gbk")

    assert read(path, "name")[1] == [{"name": "茅台"}]


def test_line_numbers_are_those_of_the_file_past_blank_and_broken_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,c,d\n1,2,3,4\n\n1,2\n5,6,7,8\n\n9,9,9,9\n")
    table = open_table(path)

    numbers = [n for lines, _ in table.batches(("a",)) for n in lines.tolist()]

    assert numbers == [2, 5, 7]
    assert [(bad.line, bad.text) for bad in table.bad_lines] == [(4, "1,2")]


def test_parquet_rows_count_from_one(tmp_path: Path) -> None:
    lines, rows = read(a_parquet(tmp_path / "a.parquet", [a_row(), a_row(open=11.0)]), "open")

    assert (lines, rows) == ([1, 2], [{"open": 10.0}, {"open": 11.0}])


def test_a_title_above_the_header_and_a_source_note_below_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "SH#600519.txt"
    path.write_text("600519 贵州茅台 日线 不复权\n日期\t开盘\t最高\t最低\t收盘\n"
                    "2024/01/02\t1\t1\t1\t1\n数据来源:通达信\n", encoding="gbk")
    table = open_table(path)

    assert table.title == "600519 贵州茅台 日线 不复权"
    assert (table.header_line, table.footer) == (2, True)
    assert len(list(table.batches(("日期",)))) == 1
    assert table.bad_lines == []


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "is empty"),
    (b"  \n\n", "is empty"),
    (b"\x7fELF\0\0\0" + bytes(range(256)), "not a table"),
    (b"a,b,c,d\n" + b"1,2,3,4\n" * 200_000 + b"\0\0", "not a table"),
    ("a,b,c,d".encode("utf-16"), "not a table"),
    (b"\xff\xfe\xfd\xff" * 50, "is not text"),
    (b"just some words\nand more\n", "has no header"),
    (b"2024-01-02,1,2,3,4\n2024-01-03,1,2,3,4\n", "has no header"),
    (b"a,a,b,c\n1,2,3,4\n", "names a column twice"),
])
def test_what_is_no_table_is_refused_with_its_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    with pytest.raises(DataError, match=reason):
        open_table(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be opened"):
        open_table(tmp_path / "nothing.csv")


def test_a_truncated_parquet_is_refused(tmp_path: Path) -> None:
    path = a_parquet(tmp_path / "a.parquet", [a_row()] * 100)
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(DataError, match="cannot be read"):
        open_table(path)


def test_a_parquet_damaged_inside_is_refused_when_its_rows_are_read(tmp_path: Path) -> None:
    path = a_parquet(tmp_path / "a.parquet", [a_row(tag=f"row {n}") for n in range(2_000)])
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(bytes(content))

    with pytest.raises(DataError, match="cannot be read"):
        read(path)


def test_a_parquet_name_on_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_text(HEADER)

    with pytest.raises(DataError, match="does not start as one"):
        open_table(path)


def test_a_folder_means_its_tables_sorted_by_name(tmp_path: Path) -> None:
    for name in ("b.csv", "a.txt", "c.parquet", "readme.md"):
        (tmp_path / name).write_text("x")

    assert [path.name for path in files_of([tmp_path])] == ["a.txt", "b.csv", "c.parquet"]


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no table"):
        files_of([tmp_path])


@pytest.mark.parametrize("content", [b"a,b,c,d", b"a,b,c,d\n", b"a,b,c,d\r\n\r\n \r\n"])
def test_a_table_may_have_a_header_and_no_row(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)

    assert read(path) == ([], [])


def test_a_byte_order_mark_alone_is_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf")

    with pytest.raises(DataError, match=r"a\.csv is empty"):
        open_table(path)


def test_what_is_no_ordinary_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(DataError, match="no ordinary file"):
            open_table(path)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xc3\x28.csv")
    path.write_text("a,b,c,d\n1,2,3,4\n")

    with pytest.raises(DataError, match="not UTF-8"):
        open_table(path)
