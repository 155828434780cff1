import random

import pytest

from tests.support.desk import DAY1, DAY2, Desk, a_bar
from trading.day_rows import DayRows, Rows


def test_rows_are_those_of_a_plain_list_whatever_is_put() -> None:
    rng, rows, plain = random.Random(1), DayRows[int](), {}
    for _ in range(3_000):
        key, value = rng.randrange(900), rng.random()
        rows.put(DAY1, key, int(value * 1e6))
        plain[key] = int(value * 1e6)
        if rng.random() < 0.1:
            assert rows.of(DAY1) == list(plain.values())


def test_what_was_handed_out_never_changes() -> None:
    rows = DayRows[str]()
    for number in range(600):
        rows.put(DAY1, number, "old")
    before = rows.of(DAY1)
    rows.put(DAY1, 5, "new")
    rows.put(DAY1, 600, "more")

    assert (len(before), before[5], rows.of(DAY1)[5]) == (600, "old", "new")


def test_only_the_chunk_that_changed_is_copied() -> None:
    rows = DayRows[int]()
    for number in range(1_000):
        rows.put(DAY1, number, number)
    first = rows.of(DAY1)
    rows.put(DAY1, 0, -1)
    second = rows.of(DAY1)
    shared = [a is b for a, b in zip(first._chunks, second._chunks, strict=True)]

    assert shared == [False, True, True, True]


def test_a_later_day_begins_anew_and_an_earlier_row_is_none_of_it() -> None:
    rows = DayRows[str]()
    rows.put(DAY1, 1, "yesterday")
    rows.put(DAY2, 2, "today")
    rows.put(DAY1, 1, "late news of yesterday")

    assert list(rows.of(DAY2)) == ["today"]
    assert list(rows.of(DAY1)) == []


def test_rows_can_be_read_as_any_sequence() -> None:
    rows = DayRows[int]()
    for number in range(300):
        rows.put(DAY1, number, number)
    found = rows.of(DAY1)

    assert (found[0], found[-1], found[256], found[298:]) == (0, 299, 256, (298, 299))
    assert next(reversed(found)) == 299
    assert found == tuple(range(300)) != Rows()
    assert hash(found) == hash(tuple(range(300)))
    for index in (300, -301):
        with pytest.raises(IndexError):
            found[index]


def test_a_snapshot_holds_todays_orders_and_fills_and_nothing_of_other_days() -> None:
    desk = Desk()
    desk.hold(100)
    desk.buy(100)
    desk.play(a_bar())
    snapshot = desk.session.snapshot()

    assert [order.order_id for order in snapshot.orders] == [2]
    assert [fill.order_id for fill in snapshot.fills] == [2]
    again = Desk(store=desk.store, day=DAY2).session.snapshot()
    assert (again.orders, again.fills) == (snapshot.orders, snapshot.fills)
