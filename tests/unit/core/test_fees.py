from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exceptions import DataError
from core.fees import fee_rates, order_fees
from core.types import Board, Exchange, Fees, OrderSide
from tests.support.market_facts import an_instrument

D = Decimal


def fees(
    amount: str, on: date, *, side: OrderSide = OrderSide.SELL, symbol: str = "600519.SH",
    shares: int = 1_000, rate: str = "0.00025", all_in: bool = True,
) -> Fees:
    return order_fees(
        side=side, instrument=an_instrument(symbol), amount_cny=D(amount), shares=shares, on=on,
        commission_rate=D(rate), commission_min_cny=D("5.00"), all_in=all_in)


@pytest.mark.parametrize(
    ("on", "stamp", "transfer", "total"),
    [
        (date(2023, 8, 25), "10.00", "0.10", "15.10"),
        (date(2023, 8, 28), "5.00", "0.10", "10.10"),
        (date(2022, 4, 28), "10.00", "0.20", "15.20"),
        (date(2015, 9, 1), "10.00", "0.20", "15.20"),
    ],
)
def test_the_worked_example_of_market_rules_9(
    on: date, stamp: str, transfer: str, total: str
) -> None:
    cost = fees("10000.00", on)

    assert cost == Fees(
        commission_cny=D("5.00"), stamp_duty_cny=D(stamp), transfer_fee_cny=D(transfer))
    assert cost.total_cny == D(total)


@pytest.mark.parametrize(
    ("on", "buy", "sell"),
    [
        (date(2007, 5, 30), "300.00", "300.00"),
        (date(2008, 4, 23), "300.00", "300.00"),
        (date(2008, 4, 24), "100.00", "100.00"),
        (date(2008, 9, 18), "100.00", "100.00"),
        (date(2008, 9, 19), "0.00", "100.00"),       # from here on the seller alone pays
        (date(2023, 8, 27), "0.00", "100.00"),
        (date(2023, 8, 28), "0.00", "50.00"),
    ],
)
def test_stamp_duty_by_date_and_side(on: date, buy: str, sell: str) -> None:
    assert fees("100000.00", on, side=OrderSide.BUY).stamp_duty_cny == D(buy)
    assert fees("100000.00", on, side=OrderSide.SELL).stamp_duty_cny == D(sell)


@pytest.mark.parametrize(
    ("symbol", "on", "fee"),
    [
        ("600519.SH", date(2015, 7, 31), "1.20"),     # 0.0006 CNY a share, by face value
        ("000001.SZ", date(2015, 7, 31), "0.00"),
        ("600519.SH", date(2015, 8, 1), "2.00"),
        ("000001.SZ", date(2015, 8, 1), "2.00"),
        ("832000.BJ", date(2022, 4, 28), "0.00"),
        ("600519.SH", date(2022, 4, 28), "2.00"),
        ("000001.SZ", date(2022, 4, 29), "1.00"),
        ("920047.BJ", date(2025, 1, 2), "1.00"),
    ],
)
@pytest.mark.parametrize("side", list(OrderSide))
def test_transfer_fee_by_exchange_and_date_on_both_sides(
    symbol: str, on: date, fee: str, side: OrderSide
) -> None:
    assert fees("100000.00", on, symbol=symbol, shares=2_000, side=side).transfer_fee_cny == D(fee)


def test_uncertain_transfer_fees_are_marked() -> None:
    def uncertain(exchange: Exchange, board: Board, on: date) -> bool:
        return fee_rates(exchange, board, OrderSide.BUY, on).transfer_uncertain

    assert uncertain(Exchange.SSE, Board.MAIN, date(2015, 7, 31))
    assert uncertain(Exchange.BSE, Board.BSE, date(2022, 4, 28))
    assert not uncertain(Exchange.SSE, Board.MAIN, date(2015, 8, 3))
    assert not uncertain(Exchange.SZSE, Board.MAIN, date(2015, 7, 31))
    assert not uncertain(Exchange.SSE, Board.FUND, date(2015, 7, 31))


@pytest.mark.parametrize("on", [date(2010, 1, 5), date(2015, 7, 31), date(2024, 1, 3)])
def test_funds_pay_neither_stamp_duty_nor_transfer_fee(on: date) -> None:
    assert fees("100000.00", on, symbol="510300.SH") == Fees(commission_cny=D("25.00"))


@pytest.mark.parametrize(
    ("symbol", "on", "handling"),
    [
        ("600519.SH", date(2012, 9, 3), "69.60"),
        ("600519.SH", date(2015, 8, 3), "48.70"),
        ("000001.SZ", date(2023, 8, 28), "34.10"),
        ("832000.BJ", date(2021, 11, 15), "500.00"),
        ("832000.BJ", date(2022, 12, 1), "250.00"),
        ("920047.BJ", date(2024, 5, 6), "125.00"),
    ],
)
def test_handling_and_regulatory_fees_are_charged_only_when_not_contained(
    symbol: str, on: date, handling: str
) -> None:
    apart = fees("1000000.00", on, symbol=symbol, all_in=False)
    contained = fees("1000000.00", on, symbol=symbol)

    assert (apart.handling_cny, apart.regulatory_cny) == (D(handling), D("20.00"))
    assert contained.handling_cny == contained.regulatory_cny == 0
    assert apart.commission_cny == contained.commission_cny


@pytest.mark.parametrize(
    ("amount", "commission"),
    [("16666.66", "5.00"), ("16683.33", "5.00"), ("16683.34", "5.01"), ("20000.00", "6.00")],
)
def test_commission_is_half_up_and_at_least_the_minimum_of_an_order(
    amount: str, commission: str
) -> None:
    assert fees(amount, date(2024, 1, 3), rate="0.0003").commission_cny == D(commission)


def test_fees_are_contained_in_the_commission_unless_said_otherwise() -> None:
    cost = order_fees(
        side=OrderSide.BUY, instrument=an_instrument(), amount_cny=D("10000.00"), shares=1_000,
        on=date(2024, 1, 3), commission_rate=D("0.0003"), commission_min_cny=D("0.00"))

    assert cost == Fees(commission_cny=D("3.00"), transfer_fee_cny=D("0.10"))


def test_an_order_without_a_fill_costs_nothing() -> None:
    assert fees("0.00", date(2024, 1, 3), shares=0) == Fees()


@given(parts=st.lists(st.integers(1, 5_000_000), min_size=1, max_size=8))
def test_partial_fills_add_up_to_the_fees_of_the_whole_order(parts: list[int]) -> None:
    charged, so_far = D(0), D(0)
    for part in parts:
        so_far += D(part).scaleb(-2)
        charged += fees(str(so_far), date(2024, 1, 3)).total_cny - charged

    assert charged == fees(str(so_far), date(2024, 1, 3)).total_cny
    assert charged >= 5


@pytest.mark.parametrize(
    ("symbol", "on", "all_in"),
    [
        ("600519.SH", date(2007, 5, 29), True),        # no stamp duty row
        ("920047.BJ", date(2021, 11, 12), True),       # Beijing was not open
        ("900901.SH", date(2024, 1, 3), True),
        ("000001.SH", date(2024, 1, 3), True),
        ("600519.SH", date(2012, 8, 31), False),       # no handling row
        ("510300.SH", date(2024, 1, 3), False),        # a fund's handling fee is not documented
    ],
)
def test_unknown_fees_are_refused_not_assumed_free(symbol: str, on: date, all_in: bool) -> None:
    with pytest.raises(DataError, match="fees not known"):
        fees("10000.00", on, symbol=symbol, all_in=all_in)
