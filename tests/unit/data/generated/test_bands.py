from decimal import Decimal

import numpy as np
import pytest

from core.limits import formula_band, price_limits
from core.types import Board
from data.generated.bands import FREE_UP_PCT, bands, price_limits_ticks
from data.generated.daily import DailyMarket
from data.generated.market import day_facts
from data.generated.schedule import Mark

FEN = Decimal("0.01")


@pytest.mark.parametrize("percent", [5, 10, 20, 30])
def test_limits_in_ticks_equal_the_exact_rule_for_every_price(percent: int) -> None:
    ticks = np.arange(1, 12_000, 7, dtype=np.float64)
    down, up = price_limits_ticks(
        ticks, np.full_like(ticks, 100 - percent), np.full_like(ticks, 100 + percent))

    for at, price in enumerate(ticks.tolist()):
        exact = price_limits(Decimal(int(price)) / 100, Decimal(percent) / 100, FEN)
        assert (Decimal(int(down[at])) / 100, Decimal(int(up[at])) / 100) == exact


def test_every_band_of_the_market_is_the_one_the_rules_give(market: DailyMarket) -> None:
    """Boards, ST, listing age, delisting: each session of some instruments, one in a few of all."""
    columns = market.columns
    checked = 0
    for row, fate in enumerate(market.fates):
        sessions = {*range(max(0, fate.first), len(market.when.days), 41)}
        if fate.first >= 0:
            sessions |= {*range(fate.first, fate.first + 7)}
        if fate.delisting_first is not None:
            sessions |= {*range(fate.delisting_first - 2, fate.delisting_first + 15)}
        for session in sessions:
            if not columns.marks[row, session] & Mark.LISTED:
                continue
            band = formula_band(day_facts(market, row, session))
            assert band is not None
            checked += 1
            if band.free:
                assert columns.up[row, session] > columns.reference[row, session] * 1000
                continue
            assert band.up_cny == Decimal(int(columns.up[row, session])) / fate.ticks_per_cny
            assert band.down_cny == Decimal(int(columns.down[row, session])) / fate.ticks_per_cny
    assert checked > 1_500


def test_the_first_sessions_of_a_registration_listing_are_free(market: DailyMarket) -> None:
    made = bands(market.fates, market.when.days)
    for row, fate in enumerate(market.fates):
        if fate.first >= 0 and fate.instrument.board is Board.STAR:
            assert (made.up_pct[fate.first:fate.first + 5, row] == FREE_UP_PCT).all()
            assert made.up_pct[fate.first + 5, row] == 120
