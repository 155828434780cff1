from datetime import time
from itertools import pairwise

from core.hours import BREAKER_HALTS, CIRCUIT_BREAKER, ORDER_ENTRY, ORDER_TYPES, TRADING_HOURS
from core.types import OrderType, Phase


def test_the_parts_of_the_day_follow_each_other_without_a_gap() -> None:
    assert TRADING_HOURS[0].start == time(9, 15)
    assert TRADING_HOURS[-1].end == time(15, 30)
    assert all(before.end == after.start for before, after in pairwise(TRADING_HOURS))


def test_every_named_phase_exists() -> None:
    named = {row.phase for row in TRADING_HOURS} | {p for row in ORDER_ENTRY for p in row.phases}

    assert named == {p.name for p in Phase} - {"CLOSED"}


def test_every_board_takes_limit_orders_and_none_takes_the_daily_list_kind() -> None:
    assert all(OrderType.LIMIT in row.types for row in ORDER_TYPES)
    assert not any({OrderType.MARKET, OrderType.FIXED_PRICE} & row.types for row in ORDER_TYPES)


def test_the_breaker_tripped_only_while_it_was_in_force() -> None:
    first, last = CIRCUIT_BREAKER[0].since, CIRCUIT_BREAKER[0].until

    assert all(first <= halt.day <= last for halt in BREAKER_HALTS)
    assert all(halt.start < halt.end for halt in BREAKER_HALTS)
