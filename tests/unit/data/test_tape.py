from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from core.symbols import parse_instrument
from core.types import Period
from data.database import MarketDatabase
from data.tape import BarTape, wall_utc
from tests.support.market_bars import a_database, a_table, wall_s

DAY = date(2024, 1, 3)


def recorded(folder: Path) -> MarketDatabase:
    database = a_database(folder, datetime(2024, 1, 1, tzinfo=UTC))
    database.store_instruments([parse_instrument("600519.SH"), parse_instrument("000001.SZ")])
    database.store_bars(a_table({"600519.SH": [10.0], "000001.SZ": [5.0]}))
    stamps = [wall_s(f"2024-01-03T{at}") for at in ("09:45", "10:00", "10:15")]
    database.store_bars(a_table(
        {"600519.SH": [10.1, 10.3, 10.2]}, Period.MIN15, ts_s=stamps,
        open_cny=np.array([10.0, 10.1, 10.3]), high_cny=np.array([10.2, 10.4, 10.3]),
        low_cny=np.array([9.9, 10.1, 10.1]), volume_shares=np.array([100.0, 200.0, np.nan]),
        amount_cny=np.array([1005.0, 2050.0, np.nan])))
    database.store_bars(a_table({"000001.SZ": [5.1]}, Period.MIN15, ts_s=stamps[1:2]))
    return database


def test_a_moment_of_the_wall_clock_is_eight_hours_ahead() -> None:
    assert wall_utc(wall_s("2024-01-03T09:45")) == datetime(2024, 1, 3, 1, 45, tzinfo=UTC)


def test_bars_are_played_at_their_ends_in_order_of_time(tmp_path: Path) -> None:
    ticks = list(BarTape(recorded(tmp_path), Period.MIN15).play(DAY))

    assert [tick.ts_utc.strftime("%H:%M") for tick in ticks] == ["01:45", "02:00", "02:15"]
    assert [[bar.symbol for bar in tick.bars] for tick in ticks] == [
        ["600519.SH"], ["000001.SZ", "600519.SH"], ["600519.SH"]]
    assert all(bar.ts_utc == tick.ts_utc for tick in ticks for bar in tick.bars)


def test_a_quote_knows_the_day_so_far_and_nothing_later(tmp_path: Path) -> None:
    first, second, _ = BarTape(recorded(tmp_path), Period.MIN15).play(DAY, ["600519.SH"])
    early, later = first.quotes[0], second.quotes[0]

    assert (early.open_cny, early.high_cny, early.low_cny, early.last_cny) == (
        Decimal("10.00"), Decimal("10.20"), Decimal("9.90"), Decimal("10.10"))
    assert (later.open_cny, later.high_cny, later.low_cny, later.last_cny) == (
        Decimal("10.00"), Decimal("10.40"), Decimal("9.90"), Decimal("10.30"))
    assert (early.volume_shares, later.volume_shares) == (100, 300)
    assert later.amount_cny == Decimal("3055.00")


def test_a_quote_carries_the_reference_price_and_the_days_band(tmp_path: Path) -> None:
    quote = next(BarTape(recorded(tmp_path), Period.MIN15).play(DAY, ["600519.SH"])).quotes[0]

    assert quote.prev_close_cny == Decimal("10.00")
    assert (quote.limit_down_cny, quote.limit_up_cny) == (Decimal("9.00"), Decimal("11.00"))


def test_a_bar_is_exact_and_unknown_volume_trades_nothing(tmp_path: Path) -> None:
    *_, last = BarTape(recorded(tmp_path), Period.MIN15).play(DAY, ["600519.SH"])
    bar = last.bars[0]

    assert (bar.open_cny, bar.close_cny) == (Decimal("10.30"), Decimal("10.20"))
    assert (bar.volume_shares, bar.amount_cny) == (0, None)
    assert last.quotes[0].amount_cny is None


def test_days_are_known_though_the_clock_has_not_reached_them(tmp_path: Path) -> None:
    tape = BarTape(recorded(tmp_path), Period.MIN15)

    assert list(tape.days()) == [DAY]
    assert list(tape.play(date(2024, 1, 4))) == []


def test_a_daily_bar_is_known_at_the_close(tmp_path: Path) -> None:
    (tick,) = BarTape(recorded(tmp_path), Period.DAY).play(date(2024, 1, 2))

    assert tick.ts_utc == datetime(2024, 1, 2, 7, 0, tzinfo=UTC)
    assert len(tick.bars) == len(tick.quotes) == 2


def test_a_desk_opens_when_the_first_bar_has_ended(tmp_path: Path) -> None:
    database = recorded(tmp_path)

    assert BarTape(database, Period.MIN15).first_known_utc(DAY) == wall_utc(
        wall_s("2024-01-03T09:45"))
    assert BarTape(database, Period.DAY).first_known_utc(DAY) == wall_utc(
        wall_s("2024-01-03T09:15"))
