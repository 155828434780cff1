import os
from pathlib import Path

import pytest

from trading.restricted import RestrictedList


def test_without_a_file_nothing_is_restricted() -> None:
    assert RestrictedList(None).symbols() == frozenset()


def test_codes_in_any_notation_are_on_the_list_and_a_change_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("# compliance\n600519.SH\n\nsz000001\n", "utf-8")
    known = RestrictedList(file)
    assert known.symbols() == frozenset({"600519.SH", "000001.SZ"})

    file.write_text("300750.SZ\n", "utf-8")
    os.utime(file, ns=(1, 1))
    assert known.symbols() == frozenset({"300750.SZ"})


@pytest.mark.parametrize("content", [b"rubbish\n", b"\xff\xfe\x00", b"600519.SH\n12\n"])
def test_a_list_that_cannot_be_understood_is_unknown_not_empty(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(content)

    assert RestrictedList(file).symbols() is None


def test_a_list_that_is_not_there_is_unknown_until_it_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    known = RestrictedList(file)
    assert known.symbols() is None

    file.write_text("600519.SH\n", "utf-8")
    assert known.symbols() == frozenset({"600519.SH"})
