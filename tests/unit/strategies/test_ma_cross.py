import numpy as np
import pytest

from core.exceptions import ConfigError
from core.types import BarColumns
from strategies.base import Signal, Signals, Strategy
from strategies.ma_cross import MaCross, moving_mean
from strategies.registry import SHIPPED_CLASSES
from tests.support.bar_columns import bars_of, head


def random_walk(count: int, seed: int) -> BarColumns:
    steps = np.random.default_rng(seed).normal(0, 0.02, count)
    return bars_of(list(10 * np.exp(np.cumsum(steps))))


def changed_by_the_future(strategy: Strategy, bars: BarColumns) -> list[int]:
    """Lengths at which the signals so far are not those the whole series gives there."""
    whole = strategy.generate_signals(bars)
    return [
        count for count in range(1, len(bars))
        if not np.array_equal(strategy.generate_signals(head(bars, count)), whole[:count])
    ]


class Peeking(MaCross):
    """Knows tomorrow: what the test below must catch."""

    def generate_signals(self, bars: BarColumns) -> Signals:
        return np.roll(super().generate_signals(bars), -1)


class Normalising(MaCross):
    """Compares with the mean of all bars, those to come included."""

    def generate_signals(self, bars: BarColumns) -> Signals:
        above = np.asarray(bars.close_cny > bars.close_cny.mean())
        return above.astype(np.int8)


def test_a_rising_price_is_held_and_a_falling_one_left() -> None:
    up = [10.0 + t for t in range(30)]
    signals = MaCross().generate_signals(bars_of([*up, *(40.0 - 2 * t for t in range(30))]))

    assert set(signals[:19]) == {Signal.NONE}
    assert set(signals[19:30]) == {Signal.HOLD}
    assert signals[-1] == Signal.LEAVE


def test_the_cross_is_found_on_the_day_it_happens() -> None:
    strategy = MaCross({"fast_bars": 2, "slow_bars": 3})

    # means of two and three:  -, -, 10|10, 10.5|10.33, 11|10.67, 9.5|10
    signals = strategy.generate_signals(bars_of([10.0, 10.0, 10.0, 11.0, 11.0, 8.0]))

    assert signals.tolist() == [0, 0, 0, 1, 1, -1]
    assert signals.dtype == np.int8


def test_nothing_is_said_before_the_warm_up_is_over() -> None:
    strategy = MaCross({"fast_bars": 3, "slow_bars": 7})
    signals = strategy.generate_signals(random_walk(40, seed=1))

    assert not signals[: strategy.warm_up_bars].any()
    assert signals[strategy.warm_up_bars] != 0


@pytest.mark.parametrize("count", [0, 1, 19])
def test_fewer_bars_than_the_slow_average_needs_give_no_opinion(count: int) -> None:
    assert MaCross().generate_signals(random_walk(count, seed=2)).tolist() == [0] * count


def test_an_unknown_close_silences_only_the_windows_it_is_in() -> None:
    closes = [10.0 + t for t in range(60)]
    closes[30] = np.nan

    signals = MaCross().generate_signals(bars_of(closes))

    assert np.flatnonzero(signals == 0).tolist() == [*range(19), *range(30, 50)]


def test_the_moving_mean_of_a_window_is_its_own_sum() -> None:
    values = np.array([1e9, 1.0, 2.0, 3.0])

    assert moving_mean(values, 2).tolist()[1:] == [500_000_000.5, 1.5, 2.5]


def test_averages_that_cannot_cross_are_refused() -> None:
    with pytest.raises(ConfigError, match="must be shorter"):
        MaCross({"fast_bars": 20, "slow_bars": 20})


@pytest.mark.parametrize("kind", SHIPPED_CLASSES.values(), ids=SHIPPED_CLASSES.keys())
def test_later_bars_never_change_an_earlier_signal(kind: type[Strategy]) -> None:
    assert changed_by_the_future(kind(), random_walk(120, seed=3)) == []


@pytest.mark.parametrize("kind", [Peeking, Normalising])
def test_a_strategy_that_peeks_is_caught(kind: type[Strategy]) -> None:
    assert changed_by_the_future(kind(), random_walk(120, seed=3)) != []


@pytest.mark.parametrize("kind", SHIPPED_CLASSES.values(), ids=SHIPPED_CLASSES.keys())
def test_a_shipped_strategy_says_why_and_when_it_fails(kind: type[Strategy]) -> None:
    text = __import__(kind.__module__, fromlist=["*"]).__doc__ or ""

    assert all(part in text for part in ("Idea:", "Source:", "When it fails:"))
