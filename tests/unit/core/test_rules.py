from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.rules as rules
from core.rules import (
    buy_quantity_ok,
    is_tradable,
    max_order_shares,
    min_buy_shares,
    purchase_step,
    quantity_step,
    same_day_resale,
    sell_quantity_ok,
    st_buy_cap_shares,
)
from core.types import Board, OrderType
from tests.support.market_facts import an_instrument

ROUND_LOT_BOARDS = [Board.MAIN, Board.CHINEXT, Board.FUND]


def test_every_rule_can_be_imported_from_here() -> None:
    assert all(hasattr(rules, name) for name in rules.__all__)
    assert {"limit_ratio", "price_limits", "Band", "price_band", "formula_band", "tick_cny",
            "order_fees", "phase", "may_enter", "may_cancel", "order_types", "price_cage",
            "call_auction", "SHANGHAI", "to_shanghai", "shanghai"} <= set(rules.__all__)


@pytest.mark.parametrize(
    ("board", "good", "bad"),
    [
        (Board.MAIN, [100, 200, 1_000_000], [0, -100, 1, 99, 101, 150]),
        (Board.CHINEXT, [100, 300], [50, 250]),
        (Board.FUND, [100, 12_300], [50, 12_350]),
        (Board.STAR, [200, 201, 399], [0, 1, 100, 199]),
        (Board.BSE, [100, 101, 257], [0, 1, 99]),
        (Board.CONVERTIBLE, [10, 20], [0, 5, 15]),
        (Board.OTHER, [], [0, 1, 100]),
        (Board.B_SHARE, [], [100]),
    ],
)
def test_buy_quantities(board: Board, good: list[int], bad: list[int]) -> None:
    assert all(buy_quantity_ok(board, shares) for shares in good)
    assert not any(buy_quantity_ok(board, shares) for shares in bad)


@pytest.mark.parametrize("board", ROUND_LOT_BOARDS)
@pytest.mark.parametrize(
    ("shares", "sellable", "ok"),
    [
        (100, 250, True),
        (50, 250, True),         # the odd part in one piece
        (150, 250, True),        # it may ride with round lots
        (250, 250, True),
        (25, 250, False),        # half of the odd part
        (125, 250, False),
        (200, 100, True),        # a legal quantity; that it is too many is another check
        (50, 0, False),
        (0, 250, False),
        (-50, 250, False),
    ],
)
def test_odd_lots_are_sold_in_one_piece(
    board: Board, shares: int, sellable: int, ok: bool
) -> None:
    assert sell_quantity_ok(board, shares, sellable) is ok


@pytest.mark.parametrize(
    ("board", "shares", "sellable", "ok"),
    [
        (Board.STAR, 200, 1_000, True),
        (Board.STAR, 201, 1_000, True),
        (Board.STAR, 199, 1_000, False),
        (Board.STAR, 199, 199, True),
        (Board.STAR, 100, 199, False),
        (Board.BSE, 100, 1_000, True),
        (Board.BSE, 137, 1_000, True),
        (Board.BSE, 99, 1_000, False),
        (Board.BSE, 99, 99, True),
        (Board.BSE, 0, 0, False),
        (Board.OTHER, 100, 100, False),
    ],
)
def test_star_and_bse_sell_their_minimum_or_everything_that_is_less(
    board: Board, shares: int, sellable: int, ok: bool
) -> None:
    assert sell_quantity_ok(board, shares, sellable) is ok


@given(board=st.sampled_from([*ROUND_LOT_BOARDS, Board.STAR, Board.BSE]),
       held=st.integers(1, 100_000))
def test_everything_sellable_can_always_be_sold_at_once(board: Board, held: int) -> None:
    assert sell_quantity_ok(board, held, held)


@given(board=st.sampled_from([*ROUND_LOT_BOARDS, Board.STAR, Board.BSE]),
       steps=st.integers(0, 10_000))
def test_the_minimum_and_whole_steps_above_it_can_be_bought(board: Board, steps: int) -> None:
    shares = min_buy_shares(board) + steps * quantity_step(board)

    assert buy_quantity_ok(board, shares)
    assert sell_quantity_ok(board, shares, 10**9)


@pytest.mark.parametrize(("board", "lot", "step"), [
    (Board.MAIN, 1, 100), (Board.MAIN, 150, 300), (Board.MAIN, 700, 700), (Board.STAR, 1, 1),
    (Board.STAR, 150, 150), (Board.OTHER, 100, 100)])
def test_the_houses_lot_can_only_enlarge_the_exchanges_step(
    board: Board, lot: int, step: int
) -> None:
    assert purchase_step(board, lot) == step


def test_a_board_without_a_lot_row_is_refused() -> None:
    with pytest.raises(LookupError, match="OTHER"):
        quantity_step(Board.OTHER)
    with pytest.raises(LookupError, match="B_SHARE"):
        min_buy_shares(Board.B_SHARE)


@pytest.mark.parametrize(
    ("board", "type", "on", "shares"),
    [
        (Board.MAIN, OrderType.LIMIT, date(2024, 1, 3), 1_000_000),
        (Board.MAIN, OrderType.BEST5_CANCEL, date(2024, 1, 3), 1_000_000),
        (Board.CHINEXT, OrderType.LIMIT, date(2020, 8, 21), 1_000_000),
        (Board.CHINEXT, OrderType.LIMIT, date(2020, 8, 24), 300_000),
        (Board.CHINEXT, OrderType.COUNTER_BEST, date(2020, 8, 24), 150_000),
        (Board.CHINEXT, OrderType.FIXED_PRICE, date(2020, 8, 24), 1_000_000),
        (Board.STAR, OrderType.LIMIT, date(2024, 1, 3), 100_000),
        (Board.STAR, OrderType.OWN_BEST, date(2024, 1, 3), 50_000),
        (Board.STAR, OrderType.MARKET, date(2024, 1, 3), 100_000),   # a daily list's market order
        (Board.BSE, OrderType.LIMIT, date(2024, 1, 3), 1_000_000),
        (Board.FUND, OrderType.LIMIT, date(2024, 1, 3), 1_000_000),
        (Board.MAIN, OrderType.FIXED_PRICE, date(2026, 7, 6), None),
        (Board.STAR, OrderType.LIMIT, date(2019, 7, 19), None),
        (Board.CONVERTIBLE, OrderType.LIMIT, date(2024, 1, 3), None),
    ],
)
def test_the_largest_order_by_board_kind_and_date(
    board: Board, type: OrderType, on: date, shares: int | None
) -> None:
    assert max_order_shares(board, type, on) == shares


def test_st_names_have_a_daily_buy_cap() -> None:
    assert st_buy_cap_shares(Board.MAIN, date(2024, 1, 3)) == 500_000
    assert st_buy_cap_shares(Board.BSE, date(2026, 8, 28)) is None
    assert st_buy_cap_shares(Board.BSE, date(2026, 8, 31)) == 200_000
    assert st_buy_cap_shares(Board.STAR, date(2026, 8, 31)) is None


def test_same_day_resale_goes_by_the_flag_of_the_instrument() -> None:
    today = date(2024, 1, 3)

    assert not same_day_resale(an_instrument("600519.SH"), today)
    assert not same_day_resale(an_instrument("510300.SH"), today)
    assert not same_day_resale(an_instrument("518880.SH"), today)      # no guess from the code
    assert same_day_resale(an_instrument("518880.SH", t0=True), today)
    assert same_day_resale(an_instrument("113001.SH"), today)


def test_cross_border_funds_of_shanghai_are_t0_from_2015_01_19() -> None:
    fund = an_instrument("513100.SH", t0=True)

    assert not same_day_resale(fund, date(2015, 1, 16))
    assert same_day_resale(fund, date(2015, 1, 19))


@pytest.mark.parametrize(
    "symbol", ["600519.SH", "689009.SH", "688001.SH", "000001.SZ", "300750.SZ", "920047.BJ",
               "510300.SH", "159915.SZ", "501018.SH", "160105.SZ", "508000.SH"])
def test_a_shares_and_funds_are_tradable(symbol: str) -> None:
    assert is_tradable(an_instrument(symbol)) is None


@pytest.mark.parametrize(
    ("symbol", "reason"),
    [("000001.SH", "index"), ("900901.SH", "B shares"), ("200011.SZ", "B shares"),
     ("113001.SH", "convertible"), ("132001.SH", "exchangeable"), ("204001.SH", "repo"),
     ("131810.SZ", "repo"), ("400001.BJ", "NEEQ"), ("930050.CSI", "index"),
     ("832000.BJ", "920")],
)
def test_what_is_only_shown_is_refused_with_the_reason(symbol: str, reason: str) -> None:
    refusal = is_tradable(an_instrument(symbol))

    assert refusal is not None
    assert refusal.code == "NOT_TRADABLE"
    assert symbol in refusal.text
    assert reason in refusal.text


def test_legacy_beijing_codes_traded_until_the_switch() -> None:
    legacy = an_instrument("832000.BJ")

    assert is_tradable(legacy, date(2025, 10, 8)) is None
    assert is_tradable(legacy, date(2025, 10, 9)) is not None
    assert is_tradable(legacy) is not None
