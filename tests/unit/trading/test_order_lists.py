from dataclasses import replace

import pytest

from core.exceptions import OrderError
from core.types import OrderSide, OrderStatus, OrderType, Report
from tests.support.bad_broker import BadBroker, a_report
from tests.support.desk import CNY, MAIN, STAR, Desk, a_request
from tests.support.list_broker import ListBroker
from tests.support.reconciled import ReconciledDesk
from trading.fill_checks import is_about
from trading.order_lists import ask, book_lists, order_doubts

S = OrderStatus


def test_a_list_that_is_none_is_a_broker_that_does_not_answer() -> None:
    broker = ListBroker()
    broker.query_trades = lambda: None  # type: ignore[assignment, return-value]

    with pytest.raises(OrderError, match="does not answer"):
        ask(broker)


def test_an_error_without_words_is_named_by_its_kind() -> None:
    broker = ListBroker()
    broker.query_orders = lambda: (_ for _ in ()).throw(KeyError())  # type: ignore[method-assign]

    with pytest.raises(OrderError, match="KeyError"):
        ask(broker)


@pytest.mark.parametrize(("change", "same"), [
    ({}, True), ({"symbol": STAR}, False), ({"side": OrderSide.SELL}, False),
    ({"shares": 200}, False), ({"limit_cny": CNY("10.01")}, False), ({"limit_cny": None}, True)])
def test_a_row_is_an_order_if_symbol_side_quantity_and_price_agree(
    change: dict[str, object], same: bool
) -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    about = desk.market.query_orders()[0].about
    assert about is not None

    assert is_about(desk.order(), replace(about, **change)) is same  # type: ignore[arg-type]
    assert is_about(desk.order(), None)


def test_the_price_of_a_market_order_is_not_compared() -> None:
    desk = ReconciledDesk()
    desk.buy(100)
    about = desk.market.query_orders()[0].about
    assert about is not None
    order = replace(desk.order(), request=a_request(type=OrderType.BEST5_CANCEL, limit_cny=None))

    assert is_about(order, replace(about, limit_cny=CNY("10.55")))


def test_a_row_that_does_not_say_of_what_is_believed_its_id() -> None:
    desk = Desk(broker=BadBroker())
    desk.buy(100)
    book_lists(desk.session.book, desk.session.oms, ask(desk.parts.broker), remarks=True)

    assert desk.session.order(1).status is S.LIVE


def test_a_row_that_says_all_has_filled_and_not_how_much_is_doubted_without_its_trades() -> None:
    broker = BadBroker(complete=True)
    desk = Desk(broker=broker)
    desk.buy(100)
    broker.query_orders = lambda: [a_report(Report.FILL)]  # type: ignore[method-assign]
    lists = ask(broker)
    pairs = book_lists(desk.session.book, desk.session.oms, lists, remarks=True)
    doubts = order_doubts(desk.session.book, pairs, lists, broker.capabilities,
                          lambda _order: True, after_close=False)

    assert [doubt.found.theirs for doubt in doubts] == ["100 filled"]
    assert desk.session.order(1).status is S.LIVE


def test_a_denied_order_never_left_so_a_row_with_its_id_is_somebody_elses() -> None:
    desk = ReconciledDesk()
    assert desk.order(desk.buy(100, symbol="nonsense")).status is S.DENIED
    desk.market.enter(MAIN, ours=1)
    desk.polls()

    assert desk.order(1).status is S.DENIED
    assert desk.order(2).request.source == "external"
