from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import (
    fen_half_up_e4,
    from_e4,
    from_float,
    is_price,
    on_tick,
    to_e4,
    to_fen,
    to_float,
    to_tick,
)

D = Decimal


@pytest.mark.parametrize(
    ("text", "answer"),
    [("10.05", True), ("0.001", True), ("0", False), ("-1", False), ("NaN", False),
     ("sNaN", False), ("Infinity", False), ("-Infinity", False)],
)
def test_a_price_is_finite_and_above_zero(text: str, answer: bool) -> None:
    assert is_price(D(text)) is answer


@pytest.mark.parametrize(
    ("exact", "fen"),
    [("0.005", "0.01"), ("0.0049999", "0.00"), ("1.005", "1.01"), ("2.675", "2.68"),
     ("-0.005", "-0.01"), ("0.125", "0.13"), ("0.115", "0.12")],
)
def test_fen_are_rounded_half_up_not_half_even(exact: str, fen: str) -> None:
    assert to_fen(D(exact)) == D(fen)


def test_a_tick_may_be_finer_than_a_fen() -> None:
    assert to_tick(D("3.46650"), D("0.001")) == D("3.467")
    assert to_tick(D("3.46650"), D("0.01")) == D("3.47")


@pytest.mark.parametrize(
    ("price", "tick", "answer"),
    [("10.10", "0.01", True), ("10.1", "0.01", True), ("10.105", "0.01", False),
     ("3.467", "0.001", True), ("3.4675", "0.001", False), ("NaN", "0.01", False)],
)
def test_a_price_lies_on_the_grid_however_it_is_written(
    price: str, tick: str, answer: bool
) -> None:
    assert on_tick(D(price), D(tick)) is answer


@given(st.integers(-10**15, 10**15))
def test_the_ledger_integer_survives_the_round_trip(amount_e4: int) -> None:
    assert to_e4(from_e4(amount_e4)) == amount_e4


@pytest.mark.parametrize(
    ("amount_e4", "text"),
    [(100_500, "10.05"), (0, "0.00"), (1, "0.0001"), (-100, "-0.01"), (-1, "-0.0001")],
)
def test_ledger_amounts_show_two_decimals_unless_they_need_four(amount_e4: int, text: str) -> None:
    assert str(from_e4(amount_e4)) == text


@pytest.mark.parametrize("text", ["0.00001", "1.23456", "NaN", "Infinity"])
def test_the_ledger_takes_no_amount_that_it_would_have_to_round(text: str) -> None:
    with pytest.raises(ValueError, match="an amount must be"):
        to_e4(D(text))


@given(st.integers(0, 10**14), st.integers(1, 10**6))
def test_integer_fees_round_like_decimal_fees(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator * 100)
    whole = exact.numerator * 2 // exact.denominator

    assert fen_half_up_e4(numerator, denominator) == (whole + 1) // 2 * 100


@given(st.integers(0, 10**12))
def test_an_integer_commission_equals_the_decimal_one(amount_e4: int) -> None:
    decimal = (from_e4(amount_e4) * D("0.0003")).quantize(D("0.01"), ROUND_HALF_UP)

    assert from_e4(fen_half_up_e4(amount_e4 * 3, 10_000)) == decimal


@pytest.mark.parametrize(
    ("value", "grain", "decimal"),
    [(10.05, "0.0001", "10.05"), (0.1 + 0.2, "0.0001", "0.3"), (1e-7, "0.0001", "0"),
     (2.675, "0.01", "2.68"), (11.254999999999999, "0.001", "11.255"), (3.0, "0.01", "3")],
)
def test_a_float_becomes_the_decimal_it_meant(value: float, grain: str, decimal: str) -> None:
    assert from_float(value, grain=D(grain)) == D(decimal)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_an_unknown_float_never_becomes_a_number(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        from_float(value)


@given(st.integers(1, 10**9))
def test_every_fen_price_survives_a_frame(fen: int) -> None:
    price = D(fen).scaleb(-2)

    assert from_float(to_float(price)) == price
