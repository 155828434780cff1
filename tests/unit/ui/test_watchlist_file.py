"""The watchlist file: a round trip, a clear refusal of garbage, a first list of every board."""

from pathlib import Path

import pytest

from core.exceptions import ConfigError
from core.types import Board
from tests.support.fake_services import BY_SYMBOL, INSTRUMENTS
from ui.watchlist_file import default_watchlist, read_watchlist, write_watchlist


def test_a_list_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.json"
    assert read_watchlist(path) is None

    write_watchlist(path, ("600101.SH", "688121.SH"))

    assert read_watchlist(path) == ("600101.SH", "688121.SH")
    assert [file.name for file in tmp_path.iterdir()] == ["watchlist.json"]


@pytest.mark.parametrize("garbage", [
    b"", b"\xff\xfe", b"[]", b"{}", b'{"version": 2, "symbols": []}',
    b'{"version": 1, "symbols": "600101.SH"}', b'{"version": 1, "symbols": [1]}', b"null",
])
def test_garbage_is_refused_with_what_to_do(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "watchlist.json"
    path.write_bytes(garbage)

    with pytest.raises(ConfigError, match="default list is shown"):
        read_watchlist(path)


def test_the_first_list_shows_every_board() -> None:
    chosen = default_watchlist(INSTRUMENTS, lambda _: True, count=6)

    assert {BY_SYMBOL[symbol].board for symbol in chosen} == {
        Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE, Board.FUND}
    assert len(chosen) == len(set(chosen)) == 6


def test_few_instruments_make_a_short_list() -> None:
    assert default_watchlist(INSTRUMENTS[:2], lambda _: True) == ("600101.SH", "600102.SH")
    assert default_watchlist([], lambda _: True) == ()


def test_the_first_list_passes_over_what_has_nothing_to_show_and_asks_no_further() -> None:
    asked: list[str] = []

    def is_alive(symbol: str) -> bool:
        asked.append(symbol)
        return not symbol.startswith("600")

    chosen = default_watchlist(INSTRUMENTS, is_alive, count=4)

    assert len(chosen) == 4
    assert not any(symbol.startswith("600") for symbol in chosen)
    assert len(asked) < len(INSTRUMENTS)


def test_where_nothing_is_alive_the_first_list_is_of_any() -> None:
    assert default_watchlist(INSTRUMENTS[:2], lambda _: False) == ("600101.SH", "600102.SH")
