import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.exceptions import ConfigError, DataError
from core.ports import MarketData, Tape
from core.sessions import shanghai
from core.types import Adjust, Origin, Period
from data.generated.market import GeneratedMarket, name_on
from data.generated.schedule import Mark

DAY = date(2026, 4, 1)
ROOT = Path(__file__).parents[4]
Opened = Callable[..., tuple[GeneratedMarket, SimClock]]


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def opened(shared_cache: Path) -> Opened:
    def make(at: time = time(10, 1, 30), *, cache: Path | None = None,
             **size: int) -> tuple[GeneratedMarket, SimClock]:
        clock = SimClock(shanghai(DAY, at))
        return GeneratedMarket.open(
            cache, clock=clock, calendar=exchange_calendar(),
            **({"seed": 5, "symbols": 70, "sessions": 300} | size)), clock

    return make


@pytest.fixture(scope="module")
def full(shared_cache: Path) -> tuple[GeneratedMarket, SimClock]:
    clock = SimClock(shanghai(DAY, time(10, 1, 30)))
    market = GeneratedMarket.open(None, clock=clock, calendar=exchange_calendar(), seed=5,
                                  symbols=70, sessions=300)
    market.load_full()
    return market, clock


def wall_s(day: date, at: time) -> int:
    return (day - date(1970, 1, 1)).days * 86_400 + at.hour * 3600 + at.minute * 60


def test_it_is_market_data_and_a_tape(opened: Opened) -> None:
    market, _ = opened()
    as_data: MarketData = market
    as_tape: Tape = market

    assert as_data.origin is Origin.GENERATED
    assert len(as_tape.days()) == 300


def test_it_opens_with_the_pack_and_becomes_complete_by_a_build(
    opened: Opened, tmp_path: Path
) -> None:
    market, _ = opened(cache=tmp_path)
    before = market.bars("605801.SH", Period.DAY)
    told: list[bool] = []

    assert (market.complete, len(market.listed()), market.adopt()) == (False, 16, False)
    handle = market.start_build(lambda: told.append(market.complete))
    handle.run(threading.Event())
    handle.stop()

    assert told == [True]
    assert len(market.listed()) == 70
    assert (market.bars("605801.SH", Period.DAY).close_cny == before.close_cny).all()
    again, _ = opened(cache=tmp_path)
    assert again.complete
    assert again.listed() == market.listed()
    assert (again.bars("605801.SH", Period.MIN1).volume_shares
            == market.bars("605801.SH", Period.MIN1).volume_shares).all()


def test_a_damaged_cache_is_not_adopted(opened: Opened, tmp_path: Path) -> None:
    market, _ = opened(cache=tmp_path, symbols=20)
    handle = market.start_build()
    while not handle.progress().finished:
        handle.run(threading.Event())
    handle.stop()
    stored, = tmp_path.iterdir()
    (stored / "close.npy").write_bytes(b"damaged")

    assert not opened(cache=tmp_path, symbols=20)[0].complete


def test_without_a_folder_a_build_is_refused_and_memory_remains(opened: Opened) -> None:
    market, _ = opened()

    with pytest.raises(DataError, match="no folder"):
        market.start_build()
    market.load_full()
    assert market.complete


def test_a_size_that_cannot_be_made_is_refused(opened: Opened) -> None:
    with pytest.raises(ConfigError, match=r"market\.symbols"):
        opened(symbols=5_000)


def test_a_desk_begins_64_sessions_before_the_end(opened: Opened) -> None:
    market, _ = opened()

    assert market.days()[-64] == market.first_live_day
    assert market.days()[-1] == date(2026, 6, 30)


@pytest.mark.parametrize(("at", "last_day"), [
    (time(14, 59, 59), date(2026, 3, 31)), (time(15, 0), date(2026, 4, 1)),
])
def test_a_daily_bar_is_known_from_the_close_on(
    opened: Opened, at: time, last_day: date
) -> None:
    market, _ = opened(at)

    bars = market.bars("605801.SH", Period.DAY)

    assert bars.ts_s[-1] == wall_s(last_day, time(0))
    assert market.sessions(Period.DAY)[-1] == last_day


def test_minutes_end_with_the_last_ended_one(opened: Opened) -> None:
    market, _ = opened(time(10, 1, 30))

    bars = market.bars("605801.SH", Period.MIN1, last=100)

    assert len(bars) == 100
    assert bars.ts_s[-1] == wall_s(DAY, time(10, 1))
    assert market.sessions(Period.MIN1)[-1] == DAY


@pytest.mark.parametrize(("period", "ends", "a_day"), [
    (Period.MIN5, time(10, 0), 48), (Period.MIN15, time(10, 0), 16), (Period.MIN30, time(10, 0), 8),
    (Period.MIN60, time(15, 0), 4),
])
def test_longer_bars_are_made_of_minutes_and_never_of_an_unfinished_part(
    opened: Opened, period: Period, ends: time, a_day: int
) -> None:
    market, _ = opened(time(10, 1, 30))

    bars = market.bars("605801.SH", period, last=a_day * 3)
    daily = market.bars("605801.SH", Period.DAY, last=1)
    whole = bars.ts_s // 86_400 == daily.ts_s[0] // 86_400

    assert len(bars) == a_day * 3
    assert bars.ts_s[-1] % 86_400 == ends.hour * 3600
    assert whole.sum() == a_day
    assert bars.volume_shares[whole].sum() == daily.volume_shares[0]
    assert bars.high_cny[whole].max() == daily.high_cny[0]


def test_before_the_first_session_nothing_is_known(opened: Opened) -> None:
    market, clock = opened()
    clock.rewind_to(shanghai(market.days()[0], time(9, 0)))

    for period in Period:
        assert len(market.bars("605801.SH", period)) == 0
        assert list(market.sessions(period)) == []
    assert len(market.bars("605801.SH", Period.DAY, Adjust.QFQ)) == 0


def test_an_unknown_symbol_has_no_bars_no_facts_and_no_instrument(opened: Opened) -> None:
    market, _ = opened()

    assert len(market.bars("600519.SH", Period.DAY)) == 0
    assert market.instrument("600519.SH") is None
    assert market.day_facts("600519.SH", DAY) is None


def test_qfq_keeps_the_newest_price_and_hfq_the_first(
    full: tuple[GeneratedMarket, SimClock]
) -> None:
    market, _ = full
    fate = next(fate for fate in market._held.market.fates
                if any(item.session < 200 for item in fate.ex_dates) and fate.first < 0)
    symbol = fate.instrument.symbol
    raw, qfq, hfq = (market.bars(symbol, Period.DAY, adjust) for adjust in Adjust)

    assert qfq.close_cny[-1] == raw.close_cny[-1]
    assert hfq.close_cny[0] == raw.close_cny[0]
    assert qfq.close_cny[0] < raw.close_cny[0]
    assert hfq.close_cny[-1] > raw.close_cny[-1]
    minutes = market.bars(symbol, Period.MIN1, Adjust.QFQ, last=500)
    assert minutes.close_cny[-1] == market.bars(symbol, Period.MIN1, last=1).close_cny[-1]


def test_the_facts_of_today_are_known_and_those_of_tomorrow_are_not(opened: Opened) -> None:
    market, _ = opened()
    yesterday = market.bars("605801.SH", Period.DAY, last=1)

    today = market.day_facts("605801.SH", DAY)
    tomorrow = market.day_facts("605801.SH", DAY + timedelta(days=1))

    assert today is not None
    assert tomorrow is not None
    assert today.reference_cny is not None
    assert float(today.reference_cny) == yesterday.close_cny[0]
    assert today.listed_sessions is not None
    assert tomorrow.reference_cny is None


def test_an_instrument_that_lists_later_is_not_shown_yet(
    full: tuple[GeneratedMarket, SimClock]
) -> None:
    market, clock = full
    now = clock.now_utc()
    young = next(item for item in market.listed()
                 if item.list_date and item.list_date > market.days()[0])
    assert young.list_date is not None

    clock.rewind_to(shanghai(young.list_date - timedelta(days=1), time(12)))
    before = (market.instrument(young.symbol), len(market.instruments()))
    clock.rewind_to(shanghai(young.list_date, time(12)))
    after = (market.instrument(young.symbol), len(market.instruments()))
    first = market.day_facts(young.symbol, young.list_date)
    clock.rewind_to(now)

    assert before[0] is None
    assert after[0] is not None
    assert after[1] > before[1]
    assert first is not None
    assert (first.listed_sessions, first.reference_cny) == (1, young.issue_price_cny)


def test_a_warned_instrument_is_called_st_on_its_warned_days_only(
    full: tuple[GeneratedMarket, SimClock]
) -> None:
    market, _ = full
    fate = market._held.market.fates[11]
    plain = int(np.flatnonzero(fate.marks == Mark.LISTED)[0])

    assert market.instruments()[11].name == "*ST" + fate.instrument.name[:2]
    assert name_on(fate, plain) == fate.instrument.name


def test_a_day_can_be_played_ahead_of_the_clock_and_an_unknown_day_is_silent(
    opened: Opened
) -> None:
    market, _ = opened()

    ticks = list(market.play(market.days()[-1], ["605801.SH"]))

    assert sum(len(tick.bars) for tick in ticks) == 241
    assert list(market.play(date(2026, 4, 4), [])) == []


def test_played_minutes_are_the_stored_minutes(opened: Opened) -> None:
    market, clock = opened(time(9, 0))
    played = [bar for tick in market.play(DAY, ["605801.SH"]) for bar in tick.bars]
    clock.move_to(shanghai(DAY, time(15, 0)))

    stored = market.bars("605801.SH", Period.MIN1, last=241)

    assert [float(bar.close_cny) for bar in played] == stored.close_cny.tolist()
    assert [bar.volume_shares for bar in played] == stored.volume_shares.tolist()
    assert played[0].amount_cny == Decimal(str(stored.amount_cny[0]))


def test_with_no_symbols_named_every_instrument_is_asked_for(opened: Opened) -> None:
    market, _ = opened()
    moment = shanghai(DAY, time(14, 59))

    ticks = list(market.play(DAY, [], after_utc=moment))

    halted = market.listed()[12].symbol
    assert {bar.symbol for tick in ticks for bar in tick.bars} == {
        item.symbol for item in market.instruments()} - {halted}


def test_the_first_paint_needs_no_heavy_library_and_not_even_numpys_random() -> None:
    code = (
        "import sys; import data.generated.market;"
        "heavy = {'torch', 'pandas', 'scipy', 'numba', 'talib', 'akshare', 'pyarrow', 'apsw',"
        " 'numpy.random', 'PyQt6'} & sys.modules.keys(); sys.exit(str(heavy) if heavy else 0)")

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=False)

    assert done.stderr == ""
