import math

import numpy as np
import pytest

from core.exceptions import ConfigError
from core.types import BarColumns
from strategies.base import Parameter, Signals, Strategy
from tests.support.bar_columns import bars_of

WHOLE = Parameter("bars", 5, 2, 10, "bars", "", "")
RATIO = Parameter("stop", 0.1, 0.0, 0.5, "ratio", "", "")


class Still(Strategy):
    """Says nothing; there to be built."""

    name = "still"
    title_en = title_zh = "Still"
    parameters = (WHOLE, RATIO)

    @property
    def warm_up_bars(self) -> int:
        return 0

    def generate_signals(self, bars: BarColumns) -> Signals:
        return np.zeros(len(bars), np.int8)


@pytest.mark.parametrize("value", [2, 10, 5.0])
def test_a_value_within_its_bounds_is_taken(value: object) -> None:
    taken = WHOLE.checked(value)

    assert taken == value
    assert isinstance(taken, int)


@pytest.mark.parametrize("value", [1, 11, 2.5, math.nan, math.inf, True, "5", None])
def test_a_value_that_does_not_fit_is_refused_by_name(value: object) -> None:
    with pytest.raises(ConfigError, match="strategy parameter bars is"):
        WHOLE.checked(value)


def test_a_ratio_is_a_float_even_where_an_int_was_written() -> None:
    assert isinstance(RATIO.checked(0), float)


def test_missing_parameters_take_their_defaults() -> None:
    assert Still({"stop": 0.2}).values == {"bars": 5, "stop": 0.2}


def test_a_misspelled_parameter_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ConfigError, match="its parameters are: bars, stop"):
        Still({"stopp": 0.2})


def test_a_strategy_answers_one_signal_a_bar() -> None:
    assert len(Still().generate_signals(bars_of([1.0, 2.0, 3.0]))) == 3
