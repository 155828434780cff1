import pytest

from core.settings_types import TradingSettings
from core.types import OrderSide, PositionAtBroker
from tests.support.desk import CNY, DAY1, MAIN, Desk, a_bar
from tests.support.sim_orders import resting, the_day
from trading.sim_account import SimAccount


def test_it_counts_shares_and_cash_from_its_own_trades_with_every_fee() -> None:
    account = SimAccount(TradingSettings())
    account.start((), CNY("100000.00"))
    buy = resting(1, shares=1_000)
    for _ in range(2):
        account.take(buy, the_day().instrument, CNY("10.00"), 500, DAY1)

    # 10,000.00 + 5.00 commission, once an order + 0.10 transfer fee
    assert account.cash().cash_cny == CNY("89994.90")
    assert account.positions({}) == [
        PositionAtBroker(symbol=MAIN, held_shares=1_000, sellable_shares=0)]


def test_a_sale_brings_its_proceeds_less_its_fees() -> None:
    account = SimAccount(TradingSettings())
    desk = Desk()
    desk.hold(1_000)
    account.start(desk.session.book.positions.values(), CNY("0.00"))
    account.take(resting(1, side=OrderSide.SELL), the_day().instrument, CNY("10.00"), 1_000, DAY1)

    assert account.cash().cash_cny == CNY("9989.90")          # market-rules 9, 2023-08-28
    assert account.positions({}) == []


def test_cash_that_moves_without_an_order_is_counted_once_the_day_has_started() -> None:
    account = SimAccount(TradingSettings())
    account.moved(CNY("-1.00"))
    account.start((), CNY("100.00"))
    account.moved(CNY("-80.00"))

    assert account.cash().cash_cny == CNY("20.00")


def test_before_the_day_has_started_it_knows_nothing() -> None:
    account = SimAccount(TradingSettings())
    account.take(resting(), the_day().instrument, CNY("10.00"), 100, DAY1)
    assert not account.started
    with pytest.raises(ValueError, match="what it starts with"):
        account.cash()


def test_shares_on_sale_and_those_bought_today_are_not_sellable() -> None:
    desk = Desk()
    desk.hold(500)
    desk.buy(300)
    desk.play(a_bar())
    account = SimAccount(TradingSettings())
    account.start(desk.session.book.positions.values(), CNY("0.00"))

    assert account.positions({MAIN: 200}) == [
        PositionAtBroker(symbol=MAIN, held_shares=800, sellable_shares=300)]


def test_an_order_that_goes_on_after_a_restart_pays_its_minimum_once() -> None:
    desk = Desk()
    order_id = desk.buy(400, "10.00")
    desk.play(a_bar(volume=400))                       # 100 shares for us, 5.01 of fees
    account = SimAccount(TradingSettings())
    again = resting(order_id)
    again.order = desk.session.order(order_id)
    account.carry_on(again)
    account.start((), CNY("1000.00"))
    account.take(again, the_day().instrument, CNY("10.00"), 100, DAY1)

    assert account.cash().cash_cny == CNY("0.00") - CNY("0.01")
