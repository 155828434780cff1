import hashlib
from dataclasses import fields, replace
from decimal import Decimal

import numpy as np
import pytest

from core.adjust import ex_reference_price
from core.calendar import exchange_calendar
from data.generated import store
from data.generated.daily import DailyColumns, DailyMarket, cash_per_10, daily_market
from data.generated.day_bars import traded
from data.generated.schedule import Mark
from data.generated.universe import PACK_SYMBOLS, Plan, listings

# SHA-256 of the pack's columns for the default plan. If a change of the generator alters it,
# raise store.FORMAT with it, or caches made before would be taken for the new market.
PACK_SHA256 = {2: "e663fdd6d0914e95ae7e7476a492201bf53d6c00de11425aa9b2e51aedc6b561"}


def digest(columns: DailyColumns) -> str:
    """Of all columns; the factors, the only true fractions, too."""
    total = hashlib.sha256()
    for item in fields(columns):
        total.update(np.ascontiguousarray(getattr(columns, item.name)).tobytes())
    return total.hexdigest()


def test_the_default_pack_is_bit_for_bit_the_same_on_every_machine() -> None:
    pack = daily_market(Plan(), listings(PACK_SYMBOLS), exchange_calendar())

    assert digest(pack.columns) == PACK_SHA256[store.FORMAT]


def test_the_pack_and_a_single_symbol_are_rows_of_the_whole_market(market: DailyMarket) -> None:
    calendar = exchange_calendar()
    pack = daily_market(market.plan, listings(PACK_SYMBOLS), calendar)
    single = daily_market(market.plan, listings(64)[40:41], calendar)

    assert digest(pack.columns) == digest(market.columns.rows(slice(0, PACK_SYMBOLS)))
    assert digest(single.columns) == digest(market.columns.rows(slice(40, 41)))


def test_another_seed_is_another_market() -> None:
    days = [daily_market(replace(Plan(), seed=seed, sessions=60), listings(16),
                         exchange_calendar()).columns.close for seed in (1, 2)]

    assert (days[0] != days[1]).mean() > 0.9


def test_each_reference_is_the_close_before_except_on_ex_dates(market: DailyMarket) -> None:
    columns = market.columns
    ex = columns.marks[:, 1:] & Mark.EX > 0
    same = columns.reference[:, 1:] == columns.close[:, :-1]

    assert same[~ex].all()
    assert (columns.reference[:, 1:] < columns.close[:, :-1])[ex].all()


def test_ex_references_follow_the_exchanges_formula_to_the_tick(market: DailyMarket) -> None:
    checked = 0
    for row, fate in enumerate(market.fates):
        for item in fate.ex_dates:
            before = market.columns.close[row, item.session - 1]
            cash = cash_per_10(np.array([float(before)]), np.array([item.yield_ratio]))[0]
            expected = ex_reference_price(
                Decimal(int(before)) / 100, cash=Decimal(int(cash)) / 1000,
                bonus=Decimal(item.bonus_per_10) / 10)
            assert expected == Decimal(int(market.columns.reference[row, item.session])) / 100
            checked += 1
    assert checked > 100


def test_the_factor_steps_by_close_over_reference_on_ex_dates_only(market: DailyMarket) -> None:
    columns = market.columns
    steps = columns.adj_factor[:, 1:] / columns.adj_factor[:, :-1]

    assert (columns.adj_factor[:, 0] == 1).all()
    assert steps == pytest.approx(columns.close[:, :-1] / columns.reference[:, 1:], rel=1e-12)


def test_bars_are_in_order_inside_the_band_and_their_amount_inside_the_bar(
    market: DailyMarket
) -> None:
    columns = market.columns
    alive = np.stack([traded(market, row) for row in range(len(market.fates))])
    fen = np.array([fate.ticks_per_cny // 100 for fate in market.fates])[:, None]

    assert (columns.low <= np.minimum(columns.open, columns.close)).all()
    assert (columns.high >= np.maximum(columns.open, columns.close)).all()
    assert ((columns.high <= columns.up) & (columns.low >= columns.down))[alive].all()
    assert (columns.amount * fen >= columns.volume * columns.low)[alive].all()
    assert (columns.amount * fen <= columns.volume * columns.high)[alive].all()
    assert (columns.volume % 100 == 0).all()


def test_nothing_trades_and_nothing_moves_during_a_suspension(market: DailyMarket) -> None:
    columns = market.columns
    halted = columns.marks & Mark.SUSPENDED > 0

    assert halted.any()
    assert not columns.volume[halted].any()
    assert (columns.close[halted] == columns.reference[halted]).all()


def test_a_limit_up_close_is_often_followed_by_another(market: DailyMarket) -> None:
    columns = market.columns
    hit = (columns.close == columns.up) & (columns.volume > 0)
    again = float(hit[:, 1:][hit[:, :-1]].mean())

    assert again > 5 * float(hit.mean())


def test_a_limit_free_day_stays_below_what_would_halt_it(market: DailyMarket) -> None:
    columns = market.columns
    free = columns.up > columns.reference * 1000

    for price in (columns.high, columns.low):
        assert (np.abs(price / columns.open - 1) < 0.30)[free & (columns.volume > 0)].all()
