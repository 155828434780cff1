from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from core import types
from core.types import (
    FINAL_STATUSES,
    Account,
    BarTable,
    Fees,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Period,
    Position,
)

D = Decimal
NOW = datetime(2025, 1, 24, 2, 0, tzinfo=UTC)


def a_request(**changes: object) -> OrderRequest:
    values: dict[str, object] = {
        "symbol": "600519.SH", "side": OrderSide.BUY, "shares": 300, "limit_cny": D("10.00"),
        "created_utc": NOW,
    }
    return OrderRequest(**(values | changes))  # type: ignore[arg-type]


def an_order(status: OrderStatus, filled: int = 0) -> Order:
    return Order(order_id=1, request=a_request(), trading_day=date(2025, 1, 24), status=status,
                 filled_shares=filled)


@pytest.mark.parametrize("shares", [0, -100, 10**12 + 1])
def test_a_request_needs_shares(shares: int) -> None:
    with pytest.raises(ValueError, match="shares must be from 1"):
        a_request(shares=shares)


@pytest.mark.parametrize("limit", ["0", "-1", "NaN", "Infinity"])
def test_a_limit_must_be_a_price(limit: str) -> None:
    with pytest.raises(ValueError, match="limit_cny must be positive"):
        a_request(limit_cny=D(limit))


def test_a_limit_order_needs_its_limit_and_a_market_kind_does_not() -> None:
    with pytest.raises(ValueError, match="needs limit_cny"):
        a_request(limit_cny=None)
    assert a_request(limit_cny=None, type=OrderType.BEST5_CANCEL).limit_cny is None


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        a_request(created_utc=datetime(2025, 1, 24, 2, 0))  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize("status", list(OrderStatus))
def test_only_an_order_that_is_not_final_has_open_shares(status: OrderStatus) -> None:
    assert an_order(status, filled=100).open_shares == (0 if status in FINAL_STATUSES else 200)


def test_an_order_of_unknown_fate_is_not_final() -> None:
    assert FINAL_STATUSES.isdisjoint({
        OrderStatus.UNKNOWN, OrderStatus.SENDING, OrderStatus.INTENT, OrderStatus.PENDING_CANCEL})


@pytest.mark.parametrize(
    ("held", "bought", "on_sale", "t0", "sellable"),
    [
        (300, 100, 0, False, 200),       # what was bought today is locked
        (300, 100, 150, False, 50),
        (300, 100, 0, True, 300),        # unless the instrument is T+0
        (300, 100, 150, True, 150),
        (100, 100, 0, False, 0),
        (100, 100, 50, False, 0),        # never negative
    ],
)
def test_sellable_shares(held: int, bought: int, on_sale: int, t0: bool, sellable: int) -> None:
    position = Position(symbol="600519.SH", held_shares=held, bought_today_shares=bought,
                        on_sale_shares=on_sale, cost_cny=D("1.00"), t0=t0)

    assert position.sellable_shares == sellable


def test_free_cash_is_all_cash_less_what_open_buys_hold() -> None:
    account = Account(account_id="a", cash_cny=D("100.00"), reserved_cny=D("30.01"),
                      withdrawable_cny=D("50.00"), initial_cash_cny=D("100.00"),
                      trading_day=date(2025, 1, 24))

    assert account.available_cny == D("69.99")


def test_total_fees_leave_no_item_out() -> None:
    items = [f.name for f in fields(Fees)]
    fees = Fees(**{name: D(10) ** n for n, name in enumerate(items)})

    assert fees.total_cny == D("11111")
    assert Fees().total_cny == 0


def test_the_rows_of_a_symbol_are_found_and_none_for_a_stranger() -> None:
    column = list(range(5))
    columns = {
        f.name: column for f in fields(BarTable)
        if f.name not in {"symbols", "starts", "period", "names", "ignored_columns", "origin"}
    }
    table = BarTable(symbols=("000001.SZ", "600519.SH"), starts=[0, 2, 5], period=Period.DAY,
                     **columns)  # type: ignore[arg-type]

    assert len(table) == 5
    assert table.slice_of("000001.SZ") == slice(0, 2)
    assert table.slice_of("600519.SH") == slice(2, 5)
    for stranger in ("000000.SZ", "300750.SZ", "999999.SH"):
        assert table.slice_of(stranger) == slice(0, 0)


def test_every_value_is_frozen() -> None:
    values = [v for v in vars(types).values() if is_dataclass(v) and isinstance(v, type)]

    assert len(values) > 20
    assert all(v.__dataclass_params__.frozen for v in values)  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        a_request().shares = 1  # type: ignore[misc]
    assert replace(a_request(), shares=100).shares == 100


def test_the_stored_names_of_the_enums_do_not_change() -> None:
    """They stand in ledgers and files: renaming one would lose old state."""
    assert {s.value for s in OrderSide} == {"BUY", "SELL"}
    assert all(s.value == s.name for s in OrderStatus)
    assert {e.value for e in types.Exchange} == {"SH", "SZ", "BJ", "CSI"}
    assert [level.value for level in types.KillLevel] == [0, 1, 2, 3, 4]
