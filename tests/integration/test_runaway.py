"""F15, a sample: the full million is in tests/proof/test_runaway_proof.py."""

import pytest

from core.settings_types import RiskSettings
from tests.support.desk import CNY
from tests.support.runaway import run_away
from trading.conduct_checks import CEILING_PER_DAY, CEILING_PER_SECOND

WIDE = RiskSettings(
    max_position_ratio=CNY(1), max_sector_ratio=CNY(1), large_trades_cny=CNY("9e9"),
    var_limit_ratio=CNY(1))
WILD = RiskSettings(
    max_position_ratio=CNY(1), max_sector_ratio=CNY(1), large_trades_cny=CNY("9e9"),
    var_limit_ratio=CNY(1), orders_per_second=10**6, orders_per_minute=10**6,
    orders_per_day=10**6)


@pytest.mark.parametrize("bunched", [False, True])
def test_a_runaway_strategy_stays_within_its_rates_and_its_parent(bunched: bool) -> None:
    found = run_away(1_500, seed=1, settings=WIDE, parent_shares=20_000, bunched=bunched)

    assert found.sent > 0
    assert found.peak_second <= 5
    assert found.peak_minute <= 60
    assert found.sent_shares <= 20_000


def test_no_setting_lifts_the_ceiling_in_the_code() -> None:
    """What was burst-checked first is at most 20 a second; the ceiling itself is 50."""
    found = run_away(1_500, seed=2, settings=WILD, parent_shares=10**9, bunched=True)

    assert 0 < found.peak_second <= CEILING_PER_SECOND
    assert found.sent <= CEILING_PER_DAY
