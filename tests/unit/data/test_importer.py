import csv
import random
import threading
from datetime import date
from pathlib import Path

import pytest

from core.exceptions import DataError
from core.types import Origin, Period
from data import bar_files
from data.importer import ImportProgress
from tests.support.market_bars import (
    SHARED,
    a_csv,
    a_database,
    a_parquet,
    a_row,
    imported,
    sessions,
)


def days(count: int, **changes: object) -> list[dict[str, object]]:
    return [a_row(ts=day.isoformat(), **changes) for day in sessions(count)]


def test_rows_are_stored_counted_and_read_back(tmp_path: Path) -> None:
    database = a_database(tmp_path)

    report = imported(database, a_csv(tmp_path / "a.csv", days(5) + days(3, symbol="000001.SZ")))

    assert (report.files, report.rows_read, report.rows_stored, report.rows_refused) == (1, 8, 8, 0)
    assert (report.symbols, report.first, report.last) == (2, date(2024, 1, 2), date(2024, 1, 8))
    assert database.bars("600519.SH", Period.DAY).close_cny.tolist() == [10.2] * 5


def test_every_refused_row_is_listed_with_its_line_reason_and_cells(tmp_path: Path) -> None:
    rows = [*days(3), a_row(ts="2024-01-06"), a_row(symbol="000001"), a_row(high=1)]
    listed = tmp_path / "refused.csv"

    report = imported(a_database(tmp_path), a_csv(tmp_path / "a.csv", rows), refused_list=listed)

    assert report.reasons == {"CALENDAR": 1, "SYMBOL": 1, "OHLC": 1}
    assert (report.rows_read, report.rows_stored, report.rows_refused) == (6, 3, 3)
    with listed.open(encoding="utf-8-sig") as stream:
        found = list(csv.DictReader(stream))
    assert [(row["line"], row["reason"]) for row in found] == [
        ("5", "CALENDAR"), ("6", "SYMBOL"), ("7", "OHLC")]
    assert found[2]["row"] == "600519.SH,2024-01-02,10.0,1,9.8,10.2,1000,10100.0"
    assert report.refused_examples[0]["line"] == 5
    assert report.as_json()["reasons"]["OHLC"] == 1


def test_nothing_refused_writes_no_list(tmp_path: Path) -> None:
    listed = tmp_path / "refused.csv"

    report = imported(a_database(tmp_path), a_csv(tmp_path / "a.csv", days(2)), refused_list=listed)

    assert (report.refused_list, listed.exists()) == ("", False)


def test_a_formula_in_a_refused_row_is_only_text_in_the_list(tmp_path: Path) -> None:
    listed = tmp_path / "refused.csv"
    rows = [*days(1), a_row(symbol="=cmd|' /C calc'!A0")]

    imported(a_database(tmp_path), a_csv(tmp_path / "a.csv", rows), refused_list=listed)

    with listed.open(encoding="utf-8-sig") as stream:
        assert next(csv.DictReader(stream))["row"].startswith("'=cmd")


def test_the_same_file_again_stores_nothing_and_says_so(tmp_path: Path) -> None:
    database, path = a_database(tmp_path), a_csv(tmp_path / "a.csv", days(5))
    imported(database, path)

    report = imported(database, path)

    assert (report.rows_stored, report.rows_known, report.rows_refused) == (0, 5, 0)


def test_an_overlap_merges_and_a_contradiction_keeps_what_is_stored(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    imported(database, a_csv(tmp_path / "a.csv", days(3)))
    changed = [row | {"close": 10.3} for row in days(4)]

    report = imported(database, a_csv(tmp_path / "b.csv", changed))

    assert report.reasons == {"CONFLICT": 3}
    assert report.rows_stored == 1
    assert database.bars("600519.SH", Period.DAY).close_cny.tolist() == [10.2] * 3 + [10.3]


def test_the_new_file_wins_when_asked_to(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    imported(database, a_csv(tmp_path / "a.csv", days(3)))

    report = imported(database, a_csv(tmp_path / "b.csv", [r | {"close": 10.3} for r in days(3)]),
                      replace_stored=True)

    assert (report.rows_replaced, report.rows_refused) == (3, 0)
    assert database.bars("600519.SH", Period.DAY).close_cny.tolist() == [10.3] * 3


def test_a_stopped_import_keeps_what_it_stored_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar_files, "BATCH_ROWS", 10)
    database, path = a_database(tmp_path), a_parquet(tmp_path / "a.parquet", days(35))
    stop, seen = threading.Event(), []

    def stop_after_two(progress: ImportProgress) -> None:
        seen.append((progress.rows_done, progress.rows_total))
        if len(seen) == 2:
            stop.set()

    first = imported(database, path, progress=stop_after_two, stop=stop)
    second = imported(database, path)

    assert seen == [(10, 35), (20, 35)]
    assert (first.stopped, first.rows_stored) == (True, 20)
    assert (second.rows_resumed, second.rows_read, second.rows_stored) == (20, 15, 15)
    assert len(database.bars("600519.SH", Period.DAY)) == 35


def test_a_file_that_changed_since_is_read_from_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar_files, "BATCH_ROWS", 10)
    database, path = a_database(tmp_path), a_parquet(tmp_path / "a.parquet", days(35))
    stop = threading.Event()
    imported(database, path, progress=lambda _: stop.set(), stop=stop)

    a_parquet(path, days(40))
    report = imported(database, path)

    assert (report.rows_resumed, report.rows_known, report.rows_stored) == (0, 10, 30)


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\0\1\2")

    report = imported(a_database(tmp_path), bad, a_csv(tmp_path / "good.csv", days(2)))

    assert (report.files, report.rows_stored) == (1, 2)
    assert "binary" in report.failed_files["bad.csv"]


def test_only_bad_files_are_a_refusal(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"")

    with pytest.raises(DataError, match="is empty"):
        imported(a_database(tmp_path), bad)


def test_lines_cut_short_are_counted_and_listed(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", days(3))
    path.write_text(path.read_text() + "600519.SH,2024-01-05,10.0,10")

    report = imported(a_database(tmp_path), path)

    assert (report.rows_read, report.rows_stored, report.reasons) == (4, 3, {"COLUMNS": 1})


def test_unknown_symbols_become_instruments_with_the_files_names(tmp_path: Path) -> None:
    database = a_database(tmp_path)

    imported(database, a_csv(tmp_path / "a.csv", days(2, name="贵州茅台")))

    found = database.instrument("600519.SH")
    assert found is not None
    assert (found.name, found.pinyin) == ("贵州茅台", "GZMT")


def test_an_instrument_list_is_known_by_its_columns(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    path = a_csv(tmp_path / "basic.csv", [
        {"ts_code": "600519.SH", "name": "贵州茅台", "industry": "白酒", "list_date": "20010827"},
        {"ts_code": "TS0018.SH", "name": "上港集箱", "industry": "", "list_date": "20000719"},
    ])

    report = imported(database, path)

    assert (report.instruments, report.rows_refused, report.reasons) == (1, 1, {"SYMBOL": 1})
    found = database.instrument("600519.SH")
    assert found is not None
    assert (found.industry, found.list_date) == ("白酒", date(2001, 8, 27))


def test_generated_bars_keep_their_label_and_never_join_real_ones(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    imported(database, a_csv(tmp_path / "real.csv", days(2)))

    report = imported(database, a_csv(tmp_path / "made.csv", [
        *days(3, origin="generated"), *days(3, symbol="000001.SZ", origin="generated")]))

    assert report.reasons == {"ORIGIN": 3}
    assert report.origin == "generated"
    assert database.bars("000001.SZ", Period.DAY).origin is Origin.GENERATED
    assert database.origin is Origin.GENERATED


def test_a_plausible_bar_instead_of_a_hole_only_when_asked(tmp_path: Path) -> None:
    rows = [*days(2), a_row(ts="2024-01-04", high=10.1), a_row(ts="2024-01-06", high=10.1)]
    path = a_csv(tmp_path / "a.csv", rows)
    (tmp_path / "other").mkdir()
    strict, lenient = a_database(tmp_path), a_database(tmp_path / "other")

    refused, repaired = imported(strict, path), imported(lenient, path, repair=True)

    assert (refused.rows_stored, refused.reasons) == (2, {"OHLC": 2})
    assert (repaired.rows_stored, repaired.reasons) == (3, {"CALENDAR": 1})
    assert repaired.doubts == {"REPAIRED": 1}
    assert lenient.bars("600519.SH", Period.DAY).high_cny.tolist() == [10.5, 10.5, 10.2]


def test_the_report_reads_as_text(tmp_path: Path) -> None:
    text = imported(a_database(tmp_path), a_csv(tmp_path / "a.csv", [
        *days(2), a_row(ts="2024-01-06")])).as_text()

    assert "2 of 3 rows stored" in text
    assert "1 rows refused: CALENDAR" in text


def test_a_file_newest_first_is_stored_oldest_first(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    rows = [row | {"close": 10.0 + n / 100} for n, row in enumerate(days(5))]

    imported(database, a_csv(tmp_path / "a.csv", rows[::-1]))

    assert database.bars("600519.SH", Period.DAY).close_cny.tolist() == [
        10.0, 10.01, 10.02, 10.03, 10.04]


JUNK = (b"", b"\0", b",", b"\n", b'"', b"-", b"nan", b"inf", b"1e400", b"\xff", b"\r", b"9" * 30)


def spoiled(content: bytes, rng: random.Random) -> bytes:
    """The content with a few bytes changed, cut out or put in, or its end cut off."""
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(content))
        content = rng.choice((
            content[:at] + rng.choice(JUNK) + content[at + rng.randint(0, 3):],
            content[:at] + bytes([rng.randrange(256)]) + content[at + 1:],
            content[:at] + content[at + rng.randint(1, 40):],
            content[:at + 1],
        ))
    return content


@pytest.mark.parametrize("kind", ["csv", "gbk", "parquet"])
def test_a_spoiled_file_is_refused_or_counted_and_never_an_accident(
    tmp_path: Path, kind: str
) -> None:
    rows = days(30, prev_close=10.0, is_st=0, name="贵州茅台")
    good = (a_parquet(tmp_path / "a.parquet", rows) if kind == "parquet"
            else a_csv(tmp_path / "a.csv", rows, "gbk" if kind == "gbk" else "utf-8"))
    content, rng, database = good.read_bytes(), random.Random(kind), a_database(tmp_path)
    for _ in range(60):
        good.write_bytes(spoiled(content, rng))
        try:
            report = imported(database, good)
        except DataError:
            continue
        assert report.rows_read == (
            report.rows_stored + report.rows_known + report.rows_refused)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the development data is not there")
def test_real_minutes_are_stored_and_empty_bars_refused(tmp_path: Path) -> None:
    database = a_database(tmp_path)

    report = imported(database, SHARED / "minute15.parquet")

    assert (report.rows_stored, report.reasons) == (136_768, {"PRICE": 32})
    assert report.symbols == 150
    assert len(database.sessions(Period.MIN15)) == 57


def test_what_was_refused_is_on_disk_before_the_next_batch_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar_files, "BLOCK_BYTES", 400)
    listed, seen = tmp_path / "refused.csv", list[int]()
    path = a_csv(tmp_path / "a.csv", [a_row(symbol="000001"), *days(30)])

    imported(a_database(tmp_path), path, refused_list=listed,
             progress=lambda at: seen.append(listed.stat().st_size))

    assert len(seen) > 1
    assert seen[0] == listed.stat().st_size > 0


def test_an_import_succeeds_if_it_kept_something_and_lost_no_file(tmp_path: Path) -> None:
    good, bad = a_csv(tmp_path / "a.csv", days(2)), a_csv(tmp_path / "b.csv", [a_row(close=-1)])
    empty, database = tmp_path / "c.csv", a_database(tmp_path)
    empty.write_text("symbol,ts,open,high,low,close,volume\n" + " \n" * 9)

    assert imported(database, good, bad).succeeded
    assert imported(database, good).succeeded          # known already
    assert not imported(database, bad).succeeded
    assert not imported(database, good, empty).succeeded
