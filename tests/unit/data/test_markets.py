from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.exceptions import DataError
from core.rules import shanghai
from core.settings_types import MarketSettings
from core.symbols import parse_instrument
from core.types import Account, Origin, Period
from data import markets
from data.database import MarketDatabase
from data.generated.market import GeneratedMarket
from data.markets import Markets
from data.tape import BarTape
from tests.support.market_bars import a_table, wall_s

DAY, CNY_1 = date(2024, 1, 3), Decimal("1.00")


def some_markets(folder: Path) -> Markets:
    return Markets(
        market_db=folder / "market.db", cache=folder / "cache", calendar=exchange_calendar(),
        generated_as=MarketSettings(symbols=20, sessions=60), clock=SimClock(
            datetime(2026, 8, 1, tzinfo=UTC)))


def with_imports(folder: Path) -> Markets:
    found = some_markets(folder)
    database = MarketDatabase(found.market_db, found.clock, found.calendar)
    database.store_instruments([parse_instrument("600519.SH")])
    database.store_bars(a_table({"600519.SH": [10.0]}))
    database.store_bars(a_table(
        {"600519.SH": [10.0]}, Period.MIN15, ts_s=[wall_s("2024-01-03T09:45")]))
    database.close()
    return found


def an_account(origin: Origin, day: date) -> Account:
    return Account(account_id=origin.value, cash_cny=CNY_1, reserved_cny=CNY_1,
                   withdrawable_cny=CNY_1, initial_cash_cny=CNY_1, trading_day=day,
                   origin=origin)


def test_a_recorded_day_is_replayed_at_its_finest_period(tmp_path: Path) -> None:
    found = with_imports(tmp_path).to_replay(DAY, None, whole=False)

    assert (found.origin, found.day, found.fast_lane) == (Origin.IMPORTED, DAY, ())
    assert found.begin_utc == shanghai(DAY, time(9, 45))
    assert found.price_every_s == 900
    assert isinstance(found.data, MarketDatabase)
    assert replace(found, tape=BarTape(found.data, Period.DAY)).price_every_s == 86_400


def test_without_a_day_an_account_goes_on_with_its_own_market(tmp_path: Path) -> None:
    both = with_imports(tmp_path)
    generated = both.to_replay(None, None, whole=False)

    assert generated.origin is Origin.GENERATED
    assert both.to_replay(None, an_account(Origin.IMPORTED, DAY), whole=False).day == DAY
    next_day = generated.tape.days()[-2]
    again = both.to_replay(None, an_account(Origin.GENERATED, next_day), whole=False)
    assert (again.origin, again.day) == (Origin.GENERATED, next_day)


def test_the_generated_desk_opens_with_some_minutes_and_a_few_watched(tmp_path: Path) -> None:
    found = some_markets(tmp_path).to_replay(None, None, whole=False)

    assert isinstance(found.data, GeneratedMarket)
    assert found.price_every_s == 0
    assert found.day == found.data.first_live_day
    assert found.begin_utc == shanghai(found.day, markets.OPENS)


def test_a_day_that_nobody_has_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"2015-01-05 cannot be replayed.*generated market runs"):
        with_imports(tmp_path).to_replay(date(2015, 1, 5), None, whole=False)


def test_imported_bars_are_exported_before_generated_ones(tmp_path: Path) -> None:
    with some_markets(tmp_path / "a").to_export() as generated:
        assert generated.origin is Origin.GENERATED
    (tmp_path / "b").mkdir()
    with with_imports(tmp_path / "b").to_export() as imported:
        assert imported.origin is Origin.IMPORTED
    empty = replace(some_markets(tmp_path / "c"), market_db=tmp_path / "c.db")
    MarketDatabase(empty.market_db, empty.clock, empty.calendar).close()
    with empty.to_export() as market:
        assert market.origin is Origin.GENERATED
