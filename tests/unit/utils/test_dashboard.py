import json
from datetime import UTC, date, datetime
from decimal import Decimal

from core.events import QuoteEvent
from core.types import (
    Account,
    DeskSnapshot,
    KillLevel,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    Origin,
    Position,
    Quote,
)
from utils.dashboard import MOST_ROWS, NewestQuotes, dashboard

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def an_order(order_id: int) -> Order:
    request = OrderRequest(symbol="600519.SH", side=OrderSide.BUY, shares=100,
                           limit_cny=Decimal("10.00"), created_utc=NOON)
    return Order(order_id=order_id, request=request, trading_day=DAY, status=OrderStatus.LIVE)


def a_desk(orders: int = 1) -> DeskSnapshot:
    account = Account(account_id="A123456789", cash_cny=Decimal("900.10"),
                      reserved_cny=Decimal("100.00"), withdrawable_cny=Decimal("800.00"),
                      initial_cash_cny=Decimal("1000.00"), trading_day=DAY)
    held = Position(symbol="600519.SH", held_shares=100, bought_today_shares=100, on_sale_shares=0,
                    cost_cny=Decimal("99.90"))
    sold = Position(symbol="000001.SZ", held_shares=0, bought_today_shares=0, on_sale_shares=0,
                    cost_cny=Decimal("0.00"))
    return DeskSnapshot(account=account, positions=(held, sold),
                        orders=tuple(an_order(n + 1) for n in range(orders)), fills=(),
                        kill_level=KillLevel.NONE, journal_seq=7)


def shown(desk: DeskSnapshot, *quotes: Quote) -> dict[str, object]:
    return dashboard(desk, now_utc=NOON, mode="simulation", origin=Origin.GENERATED, quotes=quotes)


def test_money_is_text_to_the_fen_and_json_can_carry_it() -> None:
    again = json.loads(json.dumps(shown(a_desk())))

    assert again["account"]["available_cny"] == "800.10"
    assert again["positions"] == [{
        "symbol": "600519.SH", "held_shares": 100, "sellable_shares": 0, "cost_cny": "99.90",
        "realised_cny": "0.00"}]


def test_an_unknown_price_is_null_not_zero() -> None:
    quote = Quote(symbol="600519.SH", ts_utc=NOON, last_cny=None, prev_close_cny=Decimal("9.99"))

    assert json.loads(json.dumps(shown(a_desk(), quote)))["quotes"][0]["last_cny"] is None


def test_the_account_number_is_left_out_and_generated_data_is_labelled() -> None:
    page = json.dumps(shown(a_desk()))

    assert "A123456789" not in page
    assert '"origin": "generated"' in page


def test_the_newest_orders_come_first_and_their_number_is_bounded() -> None:
    orders = shown(a_desk(MOST_ROWS + 5))["orders"]

    assert isinstance(orders, list)
    assert (len(orders), orders[0]["order_id"]) == (MOST_ROWS, MOST_ROWS + 5)


def test_the_newest_quote_of_each_instrument_is_shown() -> None:
    newest = NewestQuotes()
    first, second, other = (
        Quote(symbol=symbol, ts_utc=NOON, last_cny=Decimal(price), prev_close_cny=None)
        for symbol, price in (("600519.SH", "1"), ("600519.SH", "2"), ("000001.SZ", "3")))

    newest.take(QuoteEvent((first,)))
    newest.take(QuoteEvent((second, other)))

    assert newest.quotes() == (other, second)


def test_an_equity_that_is_not_known_is_null_and_never_zero() -> None:
    account = shown(a_desk())["account"]
    assert isinstance(account, dict)
    assert account["equity_cny"] is None
    known = dashboard(a_desk(), now_utc=NOON, mode="simulation", origin=Origin.GENERATED,
                      equity_cny=Decimal("1900.10"))["account"]
    assert isinstance(known, dict)
    assert known["equity_cny"] == "1900.10"
