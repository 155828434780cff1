from datetime import date
from decimal import Decimal

import pytest

from config.command_line import parser
from core.exceptions import ConfigError


def test_what_is_not_said_has_its_default() -> None:
    args = parser().parse_args([])

    assert (args.size, args.period, args.format, args.level) == ((1920, 1080), "1d", "auto", 3)
    assert (args.replay, args.cash, args.strategy, args.home) == (None, None, None, None)


def test_words_become_values() -> None:
    args = parser().parse_args([
        "--replay", "2025-01-24", "--cash", "5000.50", "--size", "1366x768", "--seconds", "2"])

    assert (args.replay, args.cash) == (date(2025, 1, 24), Decimal("5000.50"))
    assert (args.size, args.seconds) == ((1366, 768), 2.0)


@pytest.mark.parametrize("words", [
    ["--replay", "yesterday"], ["--cash", "-1"], ["--cash", "1.005"], ["--cash", "1e13"],
    ["--cash", "NaN"], ["--size", "wide"], ["--size", "9000x100"], ["--seconds", "-1"],
    ["--seconds", "inf"], ["--engine", "kernel"], ["--level", "5"], ["--lan", "zh"], ["more"],
])
def test_wrong_usage_is_an_error_of_ours(words: list[str]) -> None:
    with pytest.raises(ConfigError, match="--help"):
        parser().parse_args(words)
