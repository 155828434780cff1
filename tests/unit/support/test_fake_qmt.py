"""The fake terminal is what the tables say, and its book cannot be talked out of a trade."""

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.broker_rig import Cancelling, Placing
from tests.support.fake_qmt import ST, FakeTerminal, FakeTrader
from tests.support.qmt_surface import CALLBACKS, FIELDS, METHODS, ORDER_STATUSES

ACCOUNT = SimpleNamespace(account_type=2, account_id="1")


class Hears:
    """A callback object that writes down what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        assert name in {row.name for row in CALLBACKS}
        return lambda value=None: self.said.append((name, value))


@pytest.fixture(name="terminal")
def _terminal() -> Any:
    terminal = FakeTerminal(lambda: 1_709_517_600)
    yield terminal
    terminal.close()


def session(terminal: FakeTerminal, number: int = 7) -> tuple[FakeTrader, Hears]:
    trader, hears = terminal.trader(number), Hears()
    trader.register_callback(hears)
    assert trader.connect() == 0
    return trader, hears


def place(trader: FakeTrader, *, remark: str = "TG1") -> int:
    return trader.order_stock(ACCOUNT, "600519.SH", 23, 300, 11, 10.0, "", remark)


@pytest.mark.parametrize("method", METHODS, ids=lambda row: row.name)
def test_the_fake_has_every_documented_method_with_its_parameters(method: Any) -> None:
    found = list(inspect.signature(getattr(FakeTrader, method.name)).parameters)[1:]

    assert [name.lstrip("_") for name in found] == list(method.parameters)


def test_the_fake_has_no_method_that_is_not_documented() -> None:
    public = {name for name in vars(FakeTrader) if not name.startswith("_")}

    assert public == {method.name for method in METHODS}


def test_every_documented_status_stands_once() -> None:
    assert sorted(row.value for row in ORDER_STATUSES) == [*range(48, 58), 255]


def test_what_is_pushed_has_the_documented_attributes(terminal: FakeTerminal) -> None:
    trader, hears = session(terminal)
    terminal.trade(terminal.orders[place(trader)], 100)
    terminal.settle()

    kinds = {"on_stock_order": "XtOrder", "on_stock_trade": "XtTrade"}
    for name, value in hears.said:
        assert set(vars(value)) == {field for field, _ in FIELDS[kinds[name]]}


def test_a_lie_says_minus_one_and_keeps_the_order(terminal: FakeTerminal) -> None:
    trader, hears = session(terminal)
    terminal.placing = Placing.LIE

    assert place(trader) == -1
    assert [order.sent_remark for order in terminal.orders.values()] == ["TG1"]
    assert hears.said == []


def test_a_trade_while_the_cancel_is_pending_says_52_then_53(terminal: FakeTerminal) -> None:
    trader, hears = session(terminal)
    number = place(trader)
    terminal.cancelling = Cancelling.PEND
    trader.cancel_order_stock(ACCOUNT, number)
    terminal.trade(terminal.orders[number], 100)
    terminal.cancelled(terminal.orders[number])
    terminal.settle()

    assert [value.order_status for name, value in hears.said
            if name == "on_stock_order"] == [50, 51, 52, 53]


def test_a_lost_session_stays_dead_and_its_number_is_not_let_in_again(
    terminal: FakeTerminal,
) -> None:
    trader, hears = session(terminal, 7)
    terminal.disconnect()
    terminal.settle()
    terminal.reconnect()

    assert hears.said[-1] == ("on_disconnected", None)
    assert trader.connect() == -1
    assert terminal.trader(7).connect() == -1
    assert terminal.trader(8).connect() == 0


def test_an_empty_list_and_a_failure_look_the_same(terminal: FakeTerminal) -> None:
    trader, _ = session(terminal)
    assert trader.query_stock_orders(ACCOUNT) is None
    place(trader)
    terminal.queries_fail = True

    assert trader.query_stock_orders(ACCOUNT) is None


def test_what_is_held_back_can_come_late_or_never(terminal: FakeTerminal) -> None:
    trader, hears = session(terminal)
    terminal.held = []
    order = terminal.orders[place(trader)]
    terminal.settle()
    assert hears.said == []
    assert order.status == ST["ORDER_REPORTED"]
    held, terminal.held = terminal.held, None
    for push in held:
        terminal.push(push)
    terminal.settle()

    assert [name for name, _ in hears.said] == ["on_stock_order"]
