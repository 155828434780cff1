"""Sizes and prices of single orders: always legal, never more than asked or worse than allowed."""

from datetime import time
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.rules import buy_quantity_ok, sell_quantity_ok
from core.types import OrderSide, Phase
from tests.support.desk import DAY1, MAIN, STAR, Reference, a_quote, at
from trading.day_rules import DayRules, SymbolDay
from trading.plan_children import child_shares, reaching_limit, sealed_against
from trading.plan_view import PlanView, Seen

CNY = Decimal
RULES = DayRules(Reference())


def rules_of(symbol: str) -> SymbolDay:
    found = RULES.of(symbol, DAY1)
    assert found is not None
    return found


def a_view(last: str, symbol: str = MAIN, **book: Any) -> PlanView:
    values: dict[str, Any] = {"bids": {last: 100}, "asks": {last: 100}}
    quote = a_quote(symbol=symbol, last=last, **(values | book))
    seen = Seen(since_utc=at(DAY1), ts_utc=at(DAY1), last_cny=CNY(last), low_cny=CNY(last),
                high_cny=CNY(last), quote=quote, volume_shares=0, amount_cny=None)
    return PlanView(
        now_utc=at(DAY1, time(10)), day=DAY1, phase=Phase.CONTINUOUS, session_s=1_800,
        rules=rules_of(symbol), seen=seen, blind="", quote=quote, sellable_shares=0,
        locked_shares=0, next_session=None)


@given(st.sampled_from([MAIN, STAR]), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_purchase_is_legal_and_within_what_is_left(symbol: str, wanted: int, left: int) -> None:
    rules = rules_of(symbol)
    shares = child_shares(OrderSide.BUY, wanted, left, rules, sellable=0)

    assert 0 <= shares <= left
    assert shares == 0 or buy_quantity_ok(rules.instrument.board, shares)


@given(st.sampled_from([MAIN, STAR]), st.integers(0, 10**5), st.integers(0, 10**5),
       st.integers(0, 10**5))
def test_a_sale_is_legal_and_within_what_is_left_and_held(
    symbol: str, wanted: int, left: int, sellable: int
) -> None:
    rules = rules_of(symbol)
    shares = child_shares(OrderSide.SELL, wanted, left, rules, sellable=sellable)

    assert 0 <= shares <= min(left, sellable)
    assert shares == 0 or sell_quantity_ok(rules.instrument.board, shares, sellable)


def test_everything_that_is_held_goes_with_its_odd_rest() -> None:
    assert child_shares(OrderSide.SELL, 1_050, 1_050, rules_of(MAIN), sellable=1_050) == 1_050
    assert child_shares(OrderSide.SELL, 150, 150, rules_of(STAR), sellable=150) == 150


def test_a_limit_reaches_only_so_far() -> None:
    assert reaching_limit(OrderSide.BUY, a_view("10.00"), worst_cny=None,
                          reach=CNY("0.005")) == CNY("10.05")
    assert reaching_limit(OrderSide.SELL, a_view("10.00"), worst_cny=None,
                          reach=CNY("0.005")) == CNY("9.95")
    assert reaching_limit(OrderSide.BUY, a_view("10.00"), worst_cny=CNY("10.02"),
                          reach=CNY("0.005")) == CNY("10.02")


def test_a_limit_stays_inside_cage_and_band() -> None:
    caged = reaching_limit(OrderSide.BUY, a_view("10.00"), worst_cny=None, reach=CNY("0.1"))
    banded = reaching_limit(OrderSide.SELL, a_view("9.02"), worst_cny=None, reach=CNY("0.02"))

    assert caged == CNY("10.20")
    assert banded == CNY("9.00")


def test_a_limit_outside_the_band_is_none_never_a_worse_price() -> None:
    view = a_view("10.00")

    assert reaching_limit(OrderSide.SELL, view, worst_cny=CNY("11.50"), reach=CNY(0)) is None
    assert reaching_limit(OrderSide.BUY, view, worst_cny=CNY("8.50"), reach=CNY(0)) is None


def test_sealed_is_the_far_limit_with_nobody_on_the_other_side() -> None:
    assert sealed_against(OrderSide.BUY, a_view("11.00", asks={}))
    assert not sealed_against(OrderSide.BUY, a_view("11.00"))
    assert not sealed_against(OrderSide.SELL, a_view("11.00", asks={}))
    assert sealed_against(OrderSide.SELL, a_view("9.00", bids={}))
