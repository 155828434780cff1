import numpy as np
import pytest

from core.types import Adjust, BarColumns
from tests.support.daily_table import DAYS, NAN, a_day, a_table
from tests.support.desk import MAIN
from trading.signal_targets import Signals, adjusted_columns, signal_targets

OTHER = "000001.SZ"


def test_a_signal_counts_from_the_evening_of_its_bar_until_it_is_taken_back() -> None:
    table = a_table({MAIN: [a_day(10)] * 6, OTHER: [a_day(10)] * 6})
    said = {MAIN: [0, 1, 0, 1, -1, 0], OTHER: [-1, 0, 0, 1, 1, 0]}
    wanted = signal_targets(table, lambda bars: np.array(said[bars.symbol], dtype=np.int8))

    assert [sorted(wanted(day)) for day in DAYS[:6]] == [
        [], [MAIN], [MAIN], [OTHER, MAIN], [OTHER], [OTHER]]


def test_only_so_many_are_held_at_once_and_who_was_there_first_stays() -> None:
    table = a_table({symbol: [a_day(10)] * 4 for symbol in (MAIN, OTHER, "300001.SZ")})
    said = {MAIN: [1, 0, 0, 0], OTHER: [0, 1, 0, -1], "300001.SZ": [0, 1, 0, 0]}
    wanted = signal_targets(
        table, lambda bars: np.array(said[bars.symbol], dtype=np.int8), most=2)

    assert [wanted(day) for day in DAYS[:4]] == [
        (MAIN,), (MAIN, OTHER), (MAIN, OTHER), (MAIN, "300001.SZ")]


def test_only_the_chosen_symbols_are_asked() -> None:
    asked: list[str] = []

    def generate(bars: BarColumns) -> Signals:
        asked.append(bars.symbol)
        return np.ones(len(bars), dtype=np.int8)

    table = a_table({MAIN: [a_day(10)], OTHER: [a_day(10)]})
    assert set(signal_targets(table, generate, [OTHER])(DAYS[0])) == {OTHER}
    assert asked == [OTHER]


def test_prices_are_backward_adjusted_so_that_an_ex_date_leaves_no_gap() -> None:
    table = a_table({MAIN: [a_day(10), a_day(5, adj_factor=2), a_day(5, adj_factor=NAN)]})
    columns = adjusted_columns(table, MAIN)

    assert columns.adjust is Adjust.HFQ
    assert columns.close_cny.tolist() == [10, 10, 10]
    assert columns.ts_s.tolist() == table.ts_s.tolist()


def test_without_any_factor_prices_stay_as_they_are() -> None:
    columns = adjusted_columns(a_table({MAIN: [a_day(10, adj_factor=NAN)]}), MAIN)

    assert columns.open_cny.tolist() == pytest.approx([10])
