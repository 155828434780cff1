"""F15: a million order calls of a runaway strategy, spread over a day and in one burst.

Knight's parents became millions of children because nobody counted what had been sent.
"""

import sys

import pytest

from core.settings_types import RiskSettings
from tests.support.desk import CNY
from tests.support.runaway import run_away
from trading.conduct_checks import CEILING_PER_DAY, CEILING_PER_SECOND

ROOM = {"max_position_ratio": CNY(1), "max_sector_ratio": CNY(1), "large_trades_cny": CNY("9e9"),
        "var_limit_ratio": CNY(1)}
HOUSE = RiskSettings(**ROOM)  # type: ignore[arg-type]
WILD = RiskSettings(**ROOM, orders_per_second=10**6, orders_per_minute=10**6,  # type: ignore[arg-type]
                    orders_per_day=10**6)
CALLS = 250_000


@pytest.mark.proof
@pytest.mark.parametrize(("settings", "parent", "bunched"), [
    (HOUSE, 1_000_000, False), (HOUSE, 1_000_000, True), (WILD, 10**9, False),
    (WILD, 212_000, True)])
def test_a_million_calls_send_no_more_than_the_limits(
    settings: RiskSettings, parent: int, bunched: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_away(CALLS, seed=3, settings=settings, parent_shares=parent, bunched=bunched)
    with capsys.disabled():
        sys.stdout.write(f"\n{found}, parent {parent}\n")

    assert found.calls == CALLS
    assert 0 < found.sent <= min(settings.orders_per_day, CEILING_PER_DAY)
    assert found.peak_second <= min(settings.orders_per_second, CEILING_PER_SECOND)
    assert found.peak_minute <= settings.orders_per_minute
    assert found.sent_shares <= parent
