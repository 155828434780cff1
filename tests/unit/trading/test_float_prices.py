"""A float comes back as the price it was meant to be, or not at all."""

from decimal import Decimal

import pytest

from trading.float_prices import amount_in, price_in


def test_every_price_on_the_grid_survives_a_float_exactly() -> None:
    for ticks in range(1, 100_000, 7):
        meant = Decimal(ticks) / 100
        assert price_in(repr(float(meant)), "600519.SH") == meant


@pytest.mark.parametrize(("text", "symbol", "meant"), [
    ("10.049999999999999", "600519.SH", "10.05"),      # what arithmetic on floats leaves
    ("4.0010000000000003", "510300.SH", "4.001"),      # a fund's grid is finer
    ("1e1", "600519.SH", "10.00"),
])
def test_float_noise_is_taken_off(text: str, symbol: str, meant: str) -> None:
    assert price_in(text, symbol) == Decimal(meant)


def test_a_price_off_the_grid_stays_as_it_is() -> None:
    assert price_in("10.005", "600519.SH") == Decimal("10.005")


@pytest.mark.parametrize("text", ["nan", "inf", "-1.0", "0.0", "", "ten", None])
def test_what_is_no_price_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"no price|no number"):
        price_in(text, "600519.SH")


@pytest.mark.parametrize(("text", "fen"), [
    ("999999.8999999999", "999999.90"), ("0.0", "0.00"), ("-3.005", "-3.01")])
def test_an_amount_is_rounded_to_the_fen(text: str, fen: str) -> None:
    assert amount_in(text) == Decimal(fen)


def test_an_amount_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="no amount"):
        amount_in("nan")
