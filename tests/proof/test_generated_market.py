"""The whole default market against the acceptance bands and the rules (about 40 s of CPU)."""

import sys
from decimal import Decimal

import numpy as np
import pytest

from core.calendar import exchange_calendar
from core.limits import formula_band
from data.generated.daily import DailyMarket, daily_market
from data.generated.day_bars import day_bars, traded
from data.generated.facts import all_facts, table
from data.generated.intraday import minute_bars
from data.generated.market import day_facts
from data.generated.universe import Plan, listings

pytestmark = pytest.mark.proof
BLOCK = 500


@pytest.fixture(scope="module")
def market() -> DailyMarket:
    plan = Plan()
    return daily_market(plan, listings(plan.symbols), exchange_calendar())


def test_320_symbols_and_1250_sessions_lie_inside_every_acceptance_band(
    market: DailyMarket, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = all_facts(market)

    with capsys.disabled():
        sys.stdout.write(f"\n{table(facts)}\n")
    assert market.columns.close.shape == (320, 1_250)
    assert [fact for fact in facts if not fact.passed] == []


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_other_seeds_lie_inside_the_bands_too(seed: int) -> None:
    plan = Plan(seed=seed)
    made = daily_market(plan, listings(plan.symbols), exchange_calendar())

    assert [fact for fact in all_facts(made) if not fact.passed] == []


def test_every_bar_lies_inside_the_band_that_the_rules_give_its_day(market: DailyMarket) -> None:
    columns = market.columns
    for row, fate in enumerate(market.fates):
        for session in np.flatnonzero(traded(market, row)).tolist():
            band = formula_band(day_facts(market, row, session))
            assert band is not None
            if band.up_cny is not None and band.down_cny is not None:
                scale = fate.ticks_per_cny
                assert Decimal(int(columns.high[row, session])) / scale <= band.up_cny
                assert Decimal(int(columns.low[row, session])) / scale >= band.down_cny


def test_the_minutes_of_every_third_day_add_up_to_it(market: DailyMarket) -> None:
    alive = np.stack([traded(market, row) for row in range(len(market.fates))])
    rows, sessions = (part[::3] for part in np.nonzero(alive))
    for at in range(0, len(rows), BLOCK):
        days = day_bars(market, rows[at:at + BLOCK], sessions[at:at + BLOCK])
        bars = minute_bars(market.plan.seed, days)
        assert (bars.high.max(1) == days.high).all()
        assert (bars.low.min(1) == days.low).all()
        assert (bars.close[:, -1] == days.close).all()
        assert (bars.volume.sum(1) == days.volume).all()
        assert (bars.amount.sum(1) == days.amount).all()
        per_fen = days.ticks_per_fen[:, None]
        assert (bars.amount * per_fen >= bars.low * bars.volume).all()
        assert (bars.amount * per_fen <= bars.high * bars.volume).all()
