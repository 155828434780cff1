"""What the broker answers when it is asked, and that it declares what it cannot answer."""

import pytest

from core.exceptions import TradingError
from core.types import OrderSide, OrderStatus, OrderType, Report
from tests.support.broker_bench import Bench
from tests.support.broker_rig import BrokerRig
from tests.support.desk import CNY, FUND, MAIN, a_request

S = OrderStatus


def test_it_has_a_name_and_says_what_it_can(rig: BrokerRig) -> None:
    assert rig.broker.name
    assert OrderType.LIMIT in rig.broker.capabilities.types


def test_a_broker_that_was_never_tested_for_real_says_so_beside_the_account(
    rig: BrokerRig
) -> None:
    label = rig.broker.capabilities
    simulated = rig.broker.name == "SIM"

    assert simulated or (label.label_en and label.label_zh)


def test_at_first_it_holds_nothing_of_ours(rig: BrokerRig) -> None:
    assert list(rig.broker.query_orders()) == []
    assert list(rig.broker.query_trades()) == []


@pytest.mark.parametrize("end", ["", "cancelled", "expire", "reject", "fill"])
def test_its_list_names_every_order_that_it_has(bench: Bench, end: str) -> None:
    order_id = bench.buy(300)
    if end == "fill":
        bench.rig.fill(order_id, 300)
    elif end:
        getattr(bench.rig, end)(order_id)
    bench.hear()

    assert order_id in [report.order_id for report in bench.rig.broker.query_orders()]


def test_each_line_of_the_list_says_what_the_order_is(bench: Bench) -> None:
    order_id = bench.buy(300, "9.90")
    line = next(r for r in bench.rig.broker.query_orders() if r.order_id == order_id)

    assert line.broker_id == bench.order(order_id).broker_id
    if line.about is not None:
        assert (line.about.symbol, line.about.side, line.about.shares, line.about.limit_cny) == (
            MAIN, OrderSide.BUY, 300, CNY("9.90"))


def test_the_list_follows_what_has_filled(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.fill(order_id, 100)
    bench.hear()
    line = next(r for r in bench.rig.broker.query_orders() if r.order_id == order_id)

    assert line.about is None or line.about.filled_shares == 100


def test_its_trades_are_those_that_were_pushed(bench: Bench) -> None:
    order_id = bench.buy(300)
    for _ in range(3):
        bench.rig.fill(order_id, 100)
    bench.hear()

    asked = {(t.order_id, t.trade_id, t.shares, t.price_cny)
             for t in bench.rig.broker.query_trades()}
    booked = {(f.order_id, f.trade_id, f.shares, f.price_cny)
              for f in bench.session.book.fills.values()}
    assert asked == booked if bench.rig.broker.capabilities.trades else asked <= booked


def test_it_tells_its_positions_or_refuses_to(bench: Bench) -> None:
    bench.hold(300)
    broker = bench.rig.broker
    if not broker.capabilities.positions:
        with pytest.raises(TradingError):
            broker.query_positions()
        return
    held = {position.symbol: position.held_shares for position in broker.query_positions()}
    assert held.get(FUND) == 300


def test_it_tells_its_cash_or_refuses_to(bench: Bench) -> None:
    bench.hold(300)
    broker = bench.rig.broker
    if not broker.capabilities.cash:
        with pytest.raises(TradingError):
            broker.query_cash()
        return
    assert broker.query_cash().cash_cny <= bench.session.cash_cny + CNY("0.01")


def test_asking_changes_nothing(bench: Bench) -> None:
    order_id = bench.buy(300)
    bench.rig.fill(order_id, 100)
    bench.hear()
    before = bench.session.snapshot()
    for _ in range(3):
        bench.ask_again()

    after = bench.session.snapshot()
    assert (after.orders, after.fills, after.account) == (
        before.orders, before.fills, before.account)


@pytest.mark.parametrize("ask", ["query_orders", "query_trades"])
def test_behind_a_broken_line_it_never_answers_with_an_empty_list(bench: Bench, ask: str) -> None:
    bench.rig.fill(bench.buy(300), 100)
    bench.hear()
    bench.rig.disconnect()
    try:
        answer = list(getattr(bench.rig.broker, ask)())
    except (TradingError, OSError, TimeoutError):
        answer = [Report.SILENCE]
    bench.rig.reconnect()

    assert answer


@pytest.mark.parametrize("kind", [kind for kind in OrderType if kind is not OrderType.MARKET])
def test_a_kind_of_order_is_taken_or_surely_refused(bench: Bench, kind: OrderType) -> None:
    order = bench.session.submit(a_request(
        type=kind, shares=300, created_utc=bench.rig.clock.now_utc()))
    bench.hear()
    order = bench.order(order.order_id)

    assert order.status is not S.UNKNOWN
    if order.status is not S.DENIED and kind not in bench.rig.broker.capabilities.types:
        assert order.status is S.REJECTED
        assert bench.rig.truth(order.order_id) is None


def test_an_order_entered_elsewhere_is_never_taken_for_ours(bench: Bench) -> None:
    ours = bench.buy(300)
    if "external" not in bench.rig.lacks:
        bench.rig.enter_by_hand(MAIN, OrderSide.BUY, 300, "10.00")
    bench.ask_again()

    assert bench.status(ours) is S.LIVE
    lines = [report.order_id for report in bench.rig.broker.query_orders()]
    assert lines.count(ours) == 1


@pytest.mark.parametrize("price", ["4.001", "4.1", "3.999", "4.29", "3.707", "4.123"])
def test_a_price_comes_back_to_the_very_tick(bench: Bench, price: str) -> None:
    order_id = bench.buy(300, price, symbol=FUND)
    bench.rig.fill(order_id, 300)
    bench.hear()

    assert [fill.price_cny for fill in bench.session.book.fills.values()] == [CNY(price)]


@pytest.mark.parametrize("shares", [100, 300, 12_300, 80_000])
def test_a_quantity_comes_back_to_the_very_share(bench: Bench, shares: int) -> None:
    order_id = bench.buy(shares)
    bench.rig.fill(order_id, shares)
    bench.hear()

    assert bench.held() == shares
    bench.agree()


@pytest.mark.parametrize("seconds", [-86_400, -3_600, 3_600, 86_400])
def test_a_clock_gone_wrong_on_the_other_side_moves_no_trade_to_another_day(
    bench: Bench, seconds: int
) -> None:
    bench.rig.skew_clock(seconds)
    order_id = bench.buy(300)
    bench.rig.fill(order_id, 300)
    bench.hear()

    assert {fill.trading_day for fill in bench.session.book.fills.values()} == {bench.session.day}
    assert bench.status(order_id) is S.FILLED
    bench.agree()
