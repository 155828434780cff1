from datetime import time
from decimal import Decimal

import pytest

from core.ports import Tick
from core.sessions import shanghai, to_shanghai
from core.types import Origin, Quote
from data.generated.daily import DailyMarket
from data.generated.market import day_facts
from data.generated.schedule import Mark
from data.generated.tape import DayTape

FAST = ("605801.SH", "569901.SH")


def tape(market: DailyMarket, session: int) -> DayTape:
    facts = [day_facts(market, row, session) for row in range(len(market.fates))
             if market.columns.marks[row, session] & Mark.LISTED]
    return DayTape(market, session, facts)


@pytest.fixture(scope="module")
def ticks(market: DailyMarket) -> list[Tick]:
    return list(tape(market, market.when.live).play(FAST))


def wall(tick: Tick) -> time:
    return to_shanghai(tick.ts_utc).time()


def at(ticks: list[Tick], moment: time) -> Tick:
    return next(tick for tick in ticks if wall(tick) == moment)


def quote_of(tick: Tick, symbol: str) -> Quote | None:
    return next((quote for quote in tick.quotes if quote.symbol == symbol), None)


def test_time_runs_forward_from_the_opening_auction_to_the_close(ticks: list[Tick]) -> None:
    moments = [tick.ts_utc for tick in ticks]

    assert moments == sorted(set(moments))
    assert (wall(ticks[0]), wall(ticks[-1])) == (time(9, 15), time(15, 0))
    assert not [tick for tick in ticks if time(11, 30) < wall(tick) < time(13, 0)]


def test_before_the_open_only_reference_and_limits_are_known(
    market: DailyMarket, ticks: list[Tick]
) -> None:
    quote = quote_of(ticks[0], "605801.SH")
    facts = day_facts(market, 0, market.when.live)

    assert quote is not None
    assert (quote.last_cny, quote.open_cny, quote.volume_shares, quote.bids) == (None, None, 0, ())
    assert quote.prev_close_cny == facts.reference_cny
    assert quote.limit_up_cny == Decimal(int(market.columns.up[0, market.when.live])) / 100
    assert len(ticks[0].quotes) > 50


def test_the_open_is_known_at_09_25_and_its_bar_ends_at_09_30(
    market: DailyMarket, ticks: list[Tick]
) -> None:
    opened = quote_of(at(ticks, time(9, 25)), "605801.SH")
    bar = at(ticks, time(9, 30)).bars[0]

    assert opened is not None
    assert opened.last_cny == opened.open_cny == bar.open_cny == bar.close_cny
    assert opened.volume_shares == bar.volume_shares
    assert (opened.bids, opened.asks) == ((), ())


def test_asked_symbols_are_quoted_every_three_seconds_with_five_levels(ticks: list[Tick]) -> None:
    quote = quote_of(at(ticks, time(10, 0, 3)), "569901.SH")

    assert quote is not None
    assert quote.origin is Origin.GENERATED
    assert len(quote.bids) == len(quote.asks) == 5
    assert [level.price_cny for level in quote.bids] == sorted(
        (level.price_cny for level in quote.bids), reverse=True)
    mill = Decimal("0.001")
    assert [level.price_cny for level in quote.asks] == [
        quote.asks[0].price_cny + n * mill for n in range(5)]
    assert quote.last_cny in {quote.asks[0].price_cny, quote.bids[0].price_cny}
    assert quote.asks[0].price_cny > quote.bids[0].price_cny
    assert str(quote.last_cny)[::-1].index(".") == 3        # a fund quotes in mills


def test_others_are_quoted_once_a_minute_without_levels(ticks: list[Tick]) -> None:
    assert quote_of(at(ticks, time(10, 0, 3)), "605802.SH") is None
    quote = quote_of(at(ticks, time(10, 1)), "605802.SH")

    assert quote is not None
    assert (quote.bids, quote.asks) == ((), ())
    assert quote.volume_shares > 0


def test_the_last_quote_is_the_daily_bar_in_both_lanes(
    market: DailyMarket, ticks: list[Tick]
) -> None:
    columns, session = market.columns, market.when.live
    for row, symbol in ((0, "605801.SH"), (4, "605802.SH")):
        quote = quote_of(ticks[-1], symbol)
        assert quote is not None
        assert quote.last_cny == Decimal(int(columns.close[row, session])) / 100
        assert quote.high_cny == Decimal(int(columns.high[row, session])) / 100
        assert quote.low_cny == Decimal(int(columns.low[row, session])) / 100
        assert quote.volume_shares == columns.volume[row, session]
        assert quote.amount_cny == Decimal(int(columns.amount[row, session])) / 100


def test_every_asked_symbol_has_241_bars_whose_sums_are_the_day(
    market: DailyMarket, ticks: list[Tick]
) -> None:
    bars = [bar for tick in ticks for bar in tick.bars if bar.symbol == "605801.SH"]

    assert len(bars) == 241
    assert {bar.symbol for tick in ticks for bar in tick.bars} == set(FAST)
    assert all(bar.ts_utc.second == 0 for bar in bars)
    assert sum(bar.volume_shares for bar in bars) == market.columns.volume[0, market.when.live]
    assert max(bar.high_cny for bar in bars) == Decimal(
        int(market.columns.high[0, market.when.live])) / 100


def test_a_bar_comes_with_the_tick_at_which_it_ended(ticks: list[Tick]) -> None:
    for tick in ticks:
        assert all(bar.ts_utc == tick.ts_utc for bar in tick.bars)
        assert all(quote.ts_utc == tick.ts_utc for quote in tick.quotes)


def test_day_figures_never_fall(ticks: list[Tick]) -> None:
    volume, amount = 0, Decimal(0)
    for tick in ticks:
        quote = quote_of(tick, "605801.SH")
        if quote is not None and quote.amount_cny is not None:
            assert quote.volume_shares >= volume
            assert quote.amount_cny >= amount
            volume, amount = quote.volume_shares, quote.amount_cny


def test_a_suspended_instrument_says_so_once_and_never_trades(market: DailyMarket) -> None:
    symbol = market.fates[12].instrument.symbol
    halted = list(tape(market, market.when.live + 4).play([symbol]))
    quotes = [quote for tick in halted for quote in tick.quotes if quote.symbol == symbol]

    assert len(quotes) == 1
    assert (quotes[0].suspended, quotes[0].last_cny) == (True, None)
    assert not [bar for tick in halted for bar in tick.bars]


@pytest.mark.parametrize("wall_time", [
    time(9, 20, 7), time(9, 27), time(9, 30), time(10, 0), time(11, 45), time(13, 30, 1),
    time(14, 58, 30), time(15, 0),
])
def test_a_tape_taken_up_in_the_middle_of_the_day_begins_with_all_that_is_known_by_then(
    market: DailyMarket, ticks: list[Tick], wall_time: time
) -> None:
    moment = shanghai(market.when.days[market.when.live], wall_time)
    known = {quote.symbol: quote for tick in ticks if tick.ts_utc <= moment
             for quote in tick.quotes}

    first, *later = tape(market, market.when.live).play(FAST, moment)

    assert first.ts_utc == moment
    assert {quote.symbol: quote for quote in first.quotes
            if quote.last_cny is not None or quote.symbol in FAST} == {
        symbol: quote for symbol, quote in known.items()
        if quote.last_cny is not None or symbol in FAST}
    assert {quote.symbol for quote in first.quotes} == known.keys()
    assert later == [tick for tick in ticks if tick.ts_utc > moment]


def test_one_more_symbol_is_played_like_the_others_from_the_same_tape(
    market: DailyMarket, ticks: list[Tick]
) -> None:
    same = tape(market, market.when.live)
    list(same.play(FAST))

    more = list(same.play([*FAST, "605802.SH"]))

    assert [quote_of(tick, "605801.SH") for tick in more] == [
        quote_of(tick, "605801.SH") for tick in ticks]
    assert quote_of(at(more, time(10, 0, 3)), "605802.SH") is not None
