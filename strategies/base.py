"""What a strategy is: bars of one symbol in, one signal per bar out, nothing else.

A strategy has no clock, no file, no network and no memory between calls. Its parameters are
declared with bounds, so that the registry can refuse a bad value and the window can draw a form.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.exceptions import ConfigError
from core.types import BarColumns

Number: TypeAlias = int | float
Signals: TypeAlias = NDArray[np.int8]


class Signal(IntEnum):
    """What the strategy wants after a bar has ended; acted on no earlier than the next bar."""

    LEAVE = -1
    NONE = 0        # no opinion, or not enough bars yet
    HOLD = 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number a user may set; `low` and `high` may be chosen themselves.

    A default written as an int makes the parameter a whole number.
    """

    name: str
    default: Number
    low: Number
    high: Number
    unit: str               # "bars", "ratio"; empty for a pure number
    help_en: str
    help_zh: str

    @property
    def whole(self) -> bool:
        return isinstance(self.default, int)

    def checked(self, value: object) -> Number:
        """The value as this parameter holds it.

        Raises:
            ConfigError: not a number, not whole where it must be, or out of bounds. A bool is
                not a number here, and neither are NaN and infinity.
        """
        if isinstance(value, int | float) and not isinstance(value, bool):
            fits = self.low <= value <= self.high
            if fits and not self.whole:
                return float(value)
            if fits and value == int(value):
                return int(value)
        kind = "a whole number" if self.whole else "a number"
        raise ConfigError(
            f"strategy parameter {self.name} is {value!r}",
            why=f"it must be {kind} from {self.low} to {self.high}",
            remedy=f"Correct {self.name} in strategies/enabled.json, or leave it out for "
                   f"{self.default}",
        )


class Strategy(ABC):
    """Base of every strategy. A subclass names itself, its parameters and its signals.

    Args:
        values: parameters by name; what is missing takes its default.

    Raises:
        ConfigError: a parameter that does not exist, or a value that it cannot take.
    """

    name: ClassVar[str]
    title_en: ClassVar[str]
    title_zh: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        given = dict(values or {})
        self.values: dict[str, Number] = {
            parameter.name: parameter.checked(given.pop(parameter.name, parameter.default))
            for parameter in self.parameters
        }
        if given:
            known = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise ConfigError(
                f"strategy {self.name} has no parameter {sorted(given)[0]!r}",
                why=f"its parameters are: {known}",
                remedy="Correct the name in strategies/enabled.json",
            )

    @property
    @abstractmethod
    def warm_up_bars(self) -> int:
        """How many bars pass before the first signal can differ from NONE."""

    @abstractmethod
    def generate_signals(self, bars: BarColumns) -> Signals:
        """One signal a bar.

        Args:
            bars: one symbol, oldest first, backward-adjusted (hfq) so that ex-dates leave no
                gap and old values never change. Columns may hold NaN: unknown.

        Returns:
            int8, as long as `bars`. Entry t uses rows up to t only: more bars at the end must
            never change an earlier entry. Rows that need an unknown value are NONE.
        """
