"""A market of 64 symbols and all boards, made once for the tests of this folder."""

import pytest

from core.calendar import exchange_calendar
from data.generated.daily import DailyMarket, daily_market
from data.generated.universe import Plan, listings

PLAN = Plan(symbols=64)


@pytest.fixture(scope="session")
def market() -> DailyMarket:
    return daily_market(PLAN, listings(PLAN.symbols), exchange_calendar())
