"""The choice of a way: by board and date, by cost, by what not filling would cost."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.settings_types import TradingSettings
from core.symbols import parse_instrument
from core.types import Level, OrderSide, OrderType, Phase
from tests.support.desk import DAY1, MAIN, STAR, a_quote
from trading.routing import RouteQuestion, choose, fewest_shares

CNY = Decimal


def a_question(**changes: Any) -> RouteQuestion:
    quote = replace(
        a_quote(last="10.00", bids={"9.99": 5_000}, asks={"10.01": 5_000}),
        high_cny=CNY("10.20"), low_cny=CNY("9.90"), volume_shares=1_000_000)
    values: dict[str, Any] = {
        "instrument": parse_instrument(MAIN), "side": OrderSide.BUY, "shares": 2_000, "day": DAY1,
        "phase": Phase.CONTINUOUS, "quote": quote, "trading": TradingSettings()}
    return RouteQuestion(**(values | changes))


def names(question: RouteQuestion) -> set[str]:
    return {way.name for way in choose(question)}


def test_urgency_decides_between_resting_and_crossing() -> None:
    assert choose(a_question(urgency="low"))[0].name == "rest"
    assert choose(a_question(urgency="high"))[0].name in ("cross", "market")


def test_the_market_kind_is_one_that_the_board_takes_that_day() -> None:
    shenzhen = parse_instrument("000001.SZ")
    found = {way.name: way.type for way in choose(a_question(instrument=shenzhen))}

    assert found["market"] is OrderType.BEST5_CANCEL
    assert "market" not in names(a_question(instrument=parse_instrument("510300.SH")))


def test_after_hours_is_offered_only_where_and_when_it_exists() -> None:
    assert "after_hours" in names(a_question(instrument=parse_instrument(STAR)))
    assert "after_hours" not in names(a_question())
    assert "after_hours" in names(a_question(day=date(2026, 7, 6)))
    only_limits = frozenset({OrderType.LIMIT})
    assert names(a_question(instrument=parse_instrument(STAR), types=only_limits)) == {
        "cross", "rest"}


def test_the_opening_call_is_a_way_only_while_it_is_held() -> None:
    assert "auction" in names(a_question(phase=Phase.OPEN_AUCTION))
    assert "auction" not in names(a_question())


def test_small_orders_are_charged_their_least_commission() -> None:
    few = choose(a_question(shares=100))[0].fees_ratio
    many = choose(a_question(shares=2_000))[0].fees_ratio

    assert few > CNY("0.005")
    assert many < CNY("0.0004")
    assert fewest_shares(CNY("10.00"), TradingSettings()) == 1_667


def test_impact_grows_with_size() -> None:
    wide = a_quote(last="10.00", asks={"10.01": 500_000}, bids={"9.99": 500_000})
    quote = replace(wide, high_cny=CNY("10.20"), low_cny=CNY("9.90"),
                    volume_shares=1_000_000)
    small, large = (
        next(way for way in choose(a_question(shares=shares, quote=quote)) if way.name == "cross")
        for shares in (2_000, 200_000))

    assert small.impact_ratio is not None
    assert large.impact_ratio is not None
    assert large.impact_ratio > small.impact_ratio


def test_with_unknown_impact_only_what_is_on_show_may_be_taken() -> None:
    blind = replace(a_question().quote, high_cny=None, low_cny=None)

    assert "cross" in names(a_question(quote=blind, shares=5_000))
    for way in choose(a_question(quote=blind, shares=50_000)):
        assert way.name == "rest" or way.shares <= 5_000


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.CLOSE_AUCTION, Phase.AFTER_CLOSE])
def test_a_shut_market_has_no_way(phase: Phase) -> None:
    assert choose(a_question(phase=phase)) == ()


def test_without_any_price_there_is_no_way() -> None:
    blank = replace(a_quote(), last_cny=None, bids=(), asks=())

    assert choose(a_question(quote=blank)) == ()


def test_every_way_says_its_numbers() -> None:
    for way in choose(a_question()):
        assert {"way", "type", "fees_bps", "regret_bps", "fill_probability"} <= set(way.numbers())


def test_a_rest_order_pays_its_own_least_commission() -> None:
    book = a_question().quote
    thin = replace(book, asks=(Level(CNY("10.01"), 2_000),))
    whole, parted = (
        next(way for way in choose(a_question(shares=shares, quote=thin)) if way.name == "cross")
        for shares in (2_000, 2_100))

    assert parted.shares == 2_000
    assert parted.fees_ratio > whole.fees_ratio * CNY("1.5")
