import pytest

from trading.archived import ArchivedRows, live_keys, live_values

SEALED = {1: "a", 2: "b"}


class Shelf:
    """Rows of a store, with what was asked of it."""

    def __init__(self) -> None:
        self.fetched: list[int] = []
        self.taken = 0

    def fetch(self, key: int) -> str | None:
        self.fetched.append(key)
        return SEALED.get(key)

    def sealed(self) -> dict[int, str]:
        self.taken += 1
        return SEALED


@pytest.fixture(name="shelf")
def _shelf() -> Shelf:
    return Shelf()


@pytest.fixture(name="rows")
def _rows(shelf: Shelf) -> ArchivedRows[int, str]:
    return ArchivedRows({3: "c"}, fetch=shelf.fetch, sealed=shelf.sealed)


def test_a_sealed_row_is_fetched_when_it_is_asked_for(
    rows: ArchivedRows[int, str], shelf: Shelf
) -> None:
    assert (rows[1], rows[3], rows.get(2), rows.get(9), rows.get(9, "-")) == (
        "a", "c", "b", None, "-")
    assert 1 in rows
    assert 3 in rows
    assert 9 not in rows
    with pytest.raises(KeyError):
        rows[9]
    assert 3 not in shelf.fetched
    assert shelf.taken == 0


def test_what_is_in_memory_can_be_looked_at_alone(
    rows: ArchivedRows[int, str], shelf: Shelf
) -> None:
    rows[4] = "d"

    assert list(live_keys(rows)) == [3, 4]
    assert list(live_values(rows)) == ["c", "d"]
    assert (shelf.fetched, shelf.taken) == ([], 0)


@pytest.mark.parametrize("walk", [
    lambda rows: list(rows), lambda rows: list(rows.keys()), lambda rows: sorted(rows),
    lambda rows: [key for key, _ in rows.items()], lambda rows: list(dict(rows))])
def test_whoever_walks_through_all_gets_all_in_their_order(
    rows: ArchivedRows[int, str], shelf: Shelf, walk: object
) -> None:
    assert callable(walk)
    assert walk(rows) == [1, 2, 3]
    assert list(rows.values()) == ["a", "b", "c"]
    assert (len(rows), shelf.taken) == (3, 1)
    assert rows == {1: "a", 2: "b", 3: "c"}


def test_what_was_walked_through_is_still_sealed_until_it_changes(
    rows: ArchivedRows[int, str]
) -> None:
    assert len(list(rows)) == 3
    assert (list(live_keys(rows)), list(live_values(rows))) == ([3], ["c"])

    rows[2] = "late"

    assert (sorted(live_keys(rows)), sorted(live_values(rows))) == ([2, 3], ["c", "late"])


def test_a_live_row_hides_the_sealed_one_of_its_key(rows: ArchivedRows[int, str]) -> None:
    rows[1] = "late"

    assert rows[1] == "late"
    assert rows == {1: "late", 2: "b", 3: "c"}


def test_nothing_comes_back_after_a_wipe(rows: ArchivedRows[int, str]) -> None:
    rows.clear()

    assert rows.get(1) is None
    assert len(rows) == 0
