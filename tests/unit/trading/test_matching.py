from decimal import Decimal

import pytest

from core.rules import Band
from core.types import Level, OrderSide, OrderType
from tests.support.desk import CNY, a_bar
from trading.matching import (
    bar_cap_shares,
    binding_limit,
    cut_to_volume,
    fills_at_open,
    is_locked,
    take_levels,
    trades_through,
)

BUY, SELL = OrderSide.BUY, OrderSide.SELL
BAND = Band(False, CNY("9.00"), CNY("11.00"))
FREE = Band(True, None, None)


def test_a_market_order_is_a_limit_order_at_the_far_limit_of_the_day() -> None:
    assert binding_limit(BUY, OrderType.MARKET, None, BAND) == CNY("11.00")
    assert binding_limit(SELL, OrderType.MARKET, None, BAND) == CNY("9.00")
    assert binding_limit(BUY, OrderType.MARKET, None, FREE) is None
    assert binding_limit(BUY, OrderType.LIMIT, CNY("10.00"), BAND) == CNY("10.00")


@pytest.mark.parametrize(("side", "limit", "opened", "fills"), [
    (BUY, "10.00", "10.00", True), (BUY, "10.00", "10.01", False), (BUY, "10.01", "10.00", True),
    (SELL, "10.00", "10.00", True), (SELL, "10.00", "9.99", False), (SELL, "9.99", "10.00", True),
    (BUY, "11.00", "11.00", False), (SELL, "9.00", "9.00", False),
    (BUY, "9.00", "9.00", True), (SELL, "11.00", "11.00", True)])
def test_an_order_meets_the_open_unless_the_open_is_locked_against_it(
    side: OrderSide, limit: str, opened: str, fills: bool
) -> None:
    assert fills_at_open(side, CNY(limit), CNY(opened), BAND) is fills


def test_on_a_limit_free_day_any_order_without_a_price_meets_the_open() -> None:
    assert fills_at_open(BUY, None, CNY("99.00"), FREE)
    assert not fills_at_open(BUY, CNY("98.00"), CNY("99.00"), FREE)


@pytest.mark.parametrize(("side", "limit", "fills"), [
    (BUY, "9.50", False), (BUY, "9.51", True), (SELL, "10.50", False), (SELL, "10.49", True)])
def test_touching_is_not_filling(side: OrderSide, limit: str, fills: bool) -> None:
    bar = a_bar(low="9.50", high="10.50")

    assert trades_through(side, CNY(limit), bar) is fills


@pytest.mark.parametrize(("volume", "cap"), [(1_000, 250), (1_003, 250), (399, 99), (3, 0)])
def test_all_fills_of_a_bar_take_at_most_the_share_rounded_down(volume: int, cap: int) -> None:
    assert bar_cap_shares(volume, Decimal("0.25")) == cap


@pytest.mark.parametrize(("wanted", "left", "step", "shares"), [
    (300, 300, 100, 300), (150, 150, 100, 150), (300, 299, 100, 200), (150, 120, 100, 100),
    (300, 99, 100, 0), (350, 299, 1, 299)])
def test_an_order_that_does_not_fit_takes_what_is_left_in_steps(
    wanted: int, left: int, step: int, shares: int
) -> None:
    assert cut_to_volume(wanted, left, step) == shares


@pytest.mark.parametrize(("side", "limit", "low", "high", "locked"), [
    (BUY, "11.00", "11.00", "11.00", True), (BUY, "11.00", "10.99", "11.00", False),
    (BUY, "10.99", "11.00", "11.00", False), (SELL, "9.00", "9.00", "9.00", True),
    (SELL, "9.00", "9.00", "9.01", False)])
def test_locked_means_at_the_limit_of_a_bar_that_never_left_it(
    side: OrderSide, limit: str, low: str, high: str, locked: bool
) -> None:
    assert is_locked(side, CNY(limit), BAND, a_bar(price=low, low=low, high=high)) is locked


def test_nothing_is_locked_on_a_limit_free_day() -> None:
    assert not is_locked(BUY, CNY("11.00"), FREE, a_bar(price="11.00"))


ASKS = (Level(CNY("10.01"), 200), Level(CNY("10.02"), 300), Level(CNY("11.01"), 900))


@pytest.mark.parametrize(("limit", "wanted", "taken"), [
    ("10.00", 100, []),
    ("10.01", 300, [("10.01", 200)]),
    ("10.02", 300, [("10.01", 200), ("10.02", 100)]),
    (None, 9_999, [("10.01", 200), ("10.02", 300)])])
def test_an_order_takes_displayed_shares_at_their_prices_within_its_limit_and_the_band(
    limit: str | None, wanted: int, taken: list[tuple[str, int]]
) -> None:
    found = take_levels(BUY, None if limit is None else CNY(limit), wanted, ASKS, BAND)

    assert found == [Level(CNY(price), shares) for price, shares in taken]


def test_a_sale_takes_the_bids_downwards() -> None:
    bids = (Level(CNY("9.99"), 100), Level(CNY("9.98"), 100))

    assert take_levels(SELL, CNY("9.99"), 500, bids, BAND) == [Level(CNY("9.99"), 100)]
