from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from core.exceptions import DataError
from data.generated import store
from data.generated.daily import DailyColumns, DailyMarket
from data.generated.universe import Plan


@pytest.fixture
def columns(market: DailyMarket) -> DailyColumns:
    return market.columns.rows(slice(0, 4))


def loaded(folder: Path) -> DailyColumns | None:
    return store.load(folder, 4, 1_250)


def test_what_is_stored_comes_back_bit_for_bit(tmp_path: Path, columns: DailyColumns) -> None:
    store.save(tmp_path / "m", columns)

    back = loaded(tmp_path / "m")

    assert back is not None
    for item in fields(columns):
        assert (np.asarray(getattr(back, item.name)) == getattr(columns, item.name)).all()


def test_nothing_but_plain_arrays_and_text_is_written(
    tmp_path: Path, columns: DailyColumns
) -> None:
    store.save(tmp_path / "m", columns)

    assert {path.suffix for path in (tmp_path / "m").iterdir()} == {".npy", ".json"}
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize("name", ["close.npy", "marks.npy", store.MANIFEST])
def test_a_damaged_file_is_found_out(tmp_path: Path, columns: DailyColumns, name: str) -> None:
    store.save(tmp_path / "m", columns)
    path = tmp_path / "m" / name
    body = bytearray(path.read_bytes())
    body[-9] ^= 1
    path.write_bytes(body)

    assert loaded(tmp_path / "m") is None


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"format": 1}'])
def test_a_manifest_that_is_none_is_not_believed(
    tmp_path: Path, columns: DailyColumns, body: bytes
) -> None:
    store.save(tmp_path / "m", columns)
    (tmp_path / "m" / store.MANIFEST).write_bytes(body)

    assert loaded(tmp_path / "m") is None


def test_a_missing_column_or_another_size_is_not_believed(
    tmp_path: Path, columns: DailyColumns
) -> None:
    store.save(tmp_path / "m", columns)

    assert store.load(tmp_path / "m", 5, 1_250) is None
    assert store.load(tmp_path / "none", 4, 1_250) is None
    (tmp_path / "m" / "open.npy").unlink()
    assert loaded(tmp_path / "m") is None


def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(
    tmp_path: Path, columns: DailyColumns
) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DataError, match="Free some space"):
        store.save(tmp_path / "file" / "m", columns)


def test_a_draft_left_by_a_killed_program_is_no_market(
    tmp_path: Path, columns: DailyColumns
) -> None:
    draft = tmp_path / "m.draft"
    draft.mkdir()
    (draft / "close.npy").write_bytes(b"half")

    assert loaded(tmp_path / "m") is None
    store.save(tmp_path / "m", columns)
    assert loaded(tmp_path / "m") is not None
    assert not draft.exists()


def test_each_plan_has_a_folder_of_its_own(tmp_path: Path) -> None:
    folders = {store.folder_of(tmp_path, plan) for plan in (
        Plan(seed=1), Plan(seed=2), Plan(symbols=20), Plan(sessions=100))}

    assert len(folders) == 4
    assert store.folder_of(tmp_path, Plan(seed=7)).name == "generated-7-320x1250-20260630-v2"
