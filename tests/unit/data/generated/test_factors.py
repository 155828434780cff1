import numpy as np

from core.calendar import exchange_calendar
from data.generated.factors import factors, industry_number, memory
from data.generated.names import FUND_INDUSTRY, INDUSTRIES
from data.generated.schedule import timeline
from data.generated.streams import normals
from data.generated.universe import Plan

DAYS = timeline(Plan(), exchange_calendar()).days


def test_memory_keeps_unit_variance_and_has_the_asked_autocorrelation() -> None:
    values = memory(normals(20_000, 1, "m").reshape(-1, 1), 0.8)[:, 0]

    assert abs(float(values.std()) - 1) < 0.05
    assert abs(float(np.corrcoef(values[1:], values[:-1])[0, 1]) - 0.8) < 0.02


def test_a_fifth_of_the_markets_variance_is_overnight() -> None:
    made = factors(1, DAYS)
    night, day = made.market_night.var(), made.market_day.var()

    assert 0.15 < night / (night + day) < 0.26


def test_each_year_has_its_own_temper() -> None:
    years = np.array([day.year for day in DAYS])
    ratios = [float(factors(1, DAYS).market_ratio[years == year].mean())
              for year in range(2022, 2026)]

    assert max(ratios) > 1.2 * min(ratios)


def test_there_are_panics_of_ten_percent_and_a_boom() -> None:
    made = factors(1, DAYS)
    total = made.market_night + made.market_day

    assert (total < -0.09).sum() == 3
    assert total.max() > 0.08


def test_funds_follow_no_industry() -> None:
    made = factors(1, DAYS)
    column = industry_number(FUND_INDUSTRY)

    assert column == len(INDUSTRIES)
    assert not made.industry_day[:, column].any()
    assert made.industry_day[:, industry_number("银行")].any()
