import pytest

from core.exceptions import (
    ConfigError,
    DataError,
    OrderError,
    RiskError,
    SecurityError,
    TradingError,
)

KINDS = [ConfigError, DataError, OrderError, RiskError, SecurityError]


@pytest.mark.parametrize("kind", [TradingError, *KINDS])
def test_an_error_says_what_why_and_what_to_do(kind: type[TradingError]) -> None:
    error = kind("the file was refused", why="it is empty", remedy="Choose another file")

    assert str(error) == "the file was refused: it is empty. Choose another file"
    assert (error.what, error.why, error.remedy) == (
        "the file was refused", "it is empty", "Choose another file")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_caught_as_a_trading_error_and_as_no_other_kind(
    kind: type[TradingError]
) -> None:
    others = tuple(k for k in KINDS if k is not kind)

    assert issubclass(kind, TradingError)
    assert not issubclass(kind, others)


def test_an_error_without_why_or_remedy_cannot_be_raised() -> None:
    with pytest.raises(TypeError):
        DataError("only what")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        DataError("what", "why", "remedy")  # type: ignore[call-arg]
