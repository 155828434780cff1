from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from core.exceptions import DataError
from core.limits import price_band
from core.types import Origin, Period
from data.canonical import read_bars
from data.generated.bar_table import bar_table, write_canonical
from data.generated.daily import DailyMarket
from data.generated.market import day_facts

COLUMNS = ("starts", "ts_s", "open_cny", "high_cny", "low_cny", "close_cny", "volume_shares",
           "amount_cny", "prev_close_cny", "adj_factor", "limit_up_cny", "limit_down_cny",
           "is_st", "suspended")


def test_the_table_is_sorted_and_holds_traded_days_only(market: DailyMarket) -> None:
    table = bar_table(market)

    assert list(table.symbols) == sorted(table.symbols)
    assert (table.period, table.origin) == (Period.DAY, Origin.GENERATED)
    assert table.volume_shares.min() > 0
    for symbol in table.symbols:
        assert (np.diff(table.ts_s[table.slice_of(symbol)]) > 0).all()


def test_the_limits_are_the_rules_and_unknown_on_limit_free_days(market: DailyMarket) -> None:
    table = bar_table(market)
    row = next(row for row, fate in enumerate(market.fates) if fate.first >= 0 and row != 9)
    fate = market.fates[row]
    rows = table.slice_of(fate.instrument.symbol)
    band = price_band(day_facts(market, row, fate.first))

    assert band is not None
    assert band.free == bool(np.isnan(table.limit_up_cny[rows][0]))
    assert np.isfinite(table.limit_up_cny[rows][6:]).all()


def test_the_table_ends_where_it_is_asked_to(market: DailyMarket) -> None:
    day = date(2025, 6, 30)
    table = bar_table(market, day)

    assert table.ts_s.max() == (day - date(1970, 1, 1)).days * 86_400


def test_prices_are_the_floats_of_their_decimals(market: DailyMarket) -> None:
    table = bar_table(market)
    rows = table.slice_of(market.fates[0].instrument.symbol)

    assert float(table.close_cny[rows][-1]) == float(
        Decimal(int(market.columns.close[0, -1])) / 100)


def test_a_canonical_file_reads_back_as_the_same_generated_table(
    market: DailyMarket, tmp_path: Path
) -> None:
    table = bar_table(market)
    write_canonical(table, tmp_path / "generated.parquet")

    back = read_bars(tmp_path / "generated.parquet")

    assert back.origin is Origin.GENERATED
    assert (back.symbols, back.ignored_columns) == (table.symbols, ())
    for name in COLUMNS:
        assert np.array_equal(getattr(back, name), getattr(table, name), equal_nan=True), name


def test_a_file_that_cannot_be_written_leaves_nothing_behind(
    market: DailyMarket, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="was not written"):
        write_canonical(bar_table(market), tmp_path / "none" / "generated.parquet")
