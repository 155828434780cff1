from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adjust import (
    cumulative_factors,
    dividend_tax_ratio,
    entitlement,
    ex_reference_price,
    hfq,
    qfq,
    step_factor,
)
from core.exceptions import DataError

D = Decimal


@pytest.mark.parametrize(
    ("close", "parts", "reference"),
    [
        ("12.00", {"cash": "0.40", "bonus": "0.2"}, "9.67"),          # market-rules 10
        ("337.00", {"cash": "3.974", "bonus": "2.0"}, "111.01"),
        ("10.00", {}, "10.00"),
        ("10.00", {"cash": "0.005"}, "10.00"),                        # 9.995 half up
        ("10.00", {"rights": "0.3", "rights_price": "5.00"}, "8.85"),
        ("10.00", {"cash": "0.5", "bonus": "0.5", "rights": "0.5", "rights_price": "4"}, "5.75"),
    ],
)
def test_the_ex_reference_price(close: str, parts: dict[str, str], reference: str) -> None:
    values = {name: D(value) for name, value in parts.items()}

    assert ex_reference_price(D(close), **values) == D(reference)


def test_a_fund_is_rounded_to_its_own_tick() -> None:
    assert ex_reference_price(D("3.512"), cash=D("0.0455"), tick_cny=D("0.001")) == D("3.467")


@pytest.mark.parametrize(
    ("close", "parts"),
    [("10.00", {"cash": "-0.1"}), ("10.00", {"bonus": "NaN"}), ("10.00", {"rights": "Infinity"}),
     ("10.00", {"cash": "10.00"}), ("10.00", {"cash": "25"}), ("0", {}), ("NaN", {})],
)
def test_an_ex_date_that_cannot_be_is_refused(close: str, parts: dict[str, str]) -> None:
    with pytest.raises(DataError, match="ex-date refused"):
        ex_reference_price(D(close), **{name: D(value) for name, value in parts.items()})


@given(
    close=st.integers(200, 1_000_000), cash=st.integers(0, 99), bonus=st.integers(0, 30),
    shares=st.integers(1, 10_000),
)
def test_an_ex_date_neither_makes_nor_loses_money_beyond_rounding(
    close: int, cash: int, bonus: int, shares: int
) -> None:
    close_cny, cash_cny, bonus_ratio = D(close) / 100, D(cash) / 100, D(bonus) / 10
    reference = ex_reference_price(close_cny, cash=cash_cny, bonus=bonus_ratio)
    paid, free = entitlement(shares, cash=cash_cny, bonus=bonus_ratio)

    after = paid + (shares + free) * reference
    rounding = (shares + free) * D("0.005") + reference + D("0.005")
    assert abs(after - shares * close_cny) <= rounding


def test_bonus_shares_are_rounded_down_and_cash_half_up_to_the_fen() -> None:
    assert entitlement(99, cash=D("0.0255"), bonus=D("0.15")) == (D("2.52"), 14)


def test_adjusted_series_have_no_jump_at_an_ex_date() -> None:
    closes = [D("12.00"), D("9.67"), D("9.70")]          # 9.67 is the ex-reference: no move
    factors = cumulative_factors([D(1), step_factor(D("12.00"), D("9.67")), D(1)])
    backward = [hfq(c, f) for c, f in zip(closes, factors, strict=True)]
    forward = [qfq(c, f, factors[-1]) for c, f in zip(closes, factors, strict=True)]

    assert backward[0] == D("12.00")                     # the first session keeps its prices
    assert forward[-1] == D("9.70")                      # the latest session keeps its prices
    assert round(backward[1], 10) == D("12.00")
    assert round(forward[0], 10) == D("9.67")
    assert factors[0] == 1 < factors[1] == factors[2]


@pytest.mark.parametrize(("close", "reference"), [("0", "1"), ("1", "0"), ("NaN", "1")])
def test_a_factor_needs_two_prices(close: str, reference: str) -> None:
    with pytest.raises(DataError, match="must be prices"):
        step_factor(D(close), D(reference))


@pytest.mark.parametrize(
    ("bought", "sold", "record", "ratio"),
    [
        (date(2014, 1, 31), date(2014, 2, 28), date(2014, 2, 10), "0.20"),
        (date(2014, 1, 31), date(2014, 3, 1), date(2014, 2, 10), "0.10"),
        (date(2014, 1, 31), date(2015, 1, 31), date(2014, 6, 2), "0.10"),
        (date(2014, 1, 31), date(2015, 2, 2), date(2014, 6, 2), "0.05"),
        (date(2014, 1, 31), date(2016, 2, 2), date(2015, 9, 7), "0.05"),
        (date(2014, 1, 31), date(2016, 2, 2), date(2015, 9, 8), "0"),
        (date(2023, 12, 29), date(2024, 1, 29), date(2024, 1, 5), "0.20"),
        (date(2024, 2, 29), date(2025, 2, 28), date(2024, 6, 3), "0.10"),
        (date(2024, 11, 30), date(2025, 12, 1), date(2025, 6, 3), "0"),
    ],
)
def test_dividend_tax_by_holding_time(bought: date, sold: date, record: date, ratio: str) -> None:
    assert dividend_tax_ratio(bought, sold, record_day=record) == D(ratio)


def test_dividend_tax_before_2013_is_not_known() -> None:
    with pytest.raises(LookupError, match="2012-12-31"):
        dividend_tax_ratio(date(2012, 1, 4), date(2014, 1, 6), record_day=date(2012, 12, 31))
