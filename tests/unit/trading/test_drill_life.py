import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.clock import SimClock
from core.exceptions import OrderError
from core.types import BrokerReport, Order, OrderStatus, Report
from tests.support.bad_broker import a_report
from tests.support.desk import DAY1, a_request, at
from trading.drill_life import LifePlan, LineBroker, plan_line
from trading.drill_wire import Line, report_to_wire

ORDER = Order(order_id=1, request=a_request(), trading_day=DAY1, status=OrderStatus.SENDING)


class Other:
    """The parent's end: answers each message with what the test says."""

    def __init__(self, line: Line, answers: dict[str, dict[str, Any]]) -> None:
        self.asked: list[dict[str, Any]] = []
        self._line, self._answers = line, answers
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while (message := self._line.read()) is not None:
            self.asked.append(message)
            if message["do"] != "promise":
                self._line.write(self._answers[message["do"]])

    def join(self) -> None:
        self._thread.join(10)
        self._line.close()


@pytest.fixture(name="broker_on")
def _broker_on() -> Iterator[Callable[[dict[str, dict[str, Any]]], tuple[LineBroker, Other]]]:
    made: list[tuple[Line, Other]] = []

    def make(answers: dict[str, dict[str, Any]]) -> tuple[LineBroker, Other]:
        ours, theirs = map(Line, socket.socketpair())
        other = Other(theirs, answers)
        made.append((ours, other))
        return LineBroker(ours, lambda: "ack", SimClock(at(DAY1))), other

    yield make
    for line, other in made:
        line.close()
        other.join()


def an_answer(**changes: Any) -> dict[str, Any]:
    return {"before": [], "broker_id": "D1", "refusal": "", "after": []} | changes


def test_an_answer_is_the_brokers_id_and_later_pushes_wait_for_delivery(broker_on: Any) -> None:
    ack, fill = a_report(Report.ACK), a_report(Report.FILL, shares=100, price="10.00")
    broker, other = broker_on({"place": an_answer(
        before=[report_to_wire(ack)], after=[report_to_wire(fill)])})
    got: list[BrokerReport] = []
    broker.on_report(got.append)

    assert broker.place(ORDER) == "D1"
    assert got == [ack]
    broker.deliver()

    assert got == [ack, fill]
    assert other.asked[0]["limit"] == "10.00"


def test_a_refusal_is_sure_and_silence_is_not(broker_on: Any) -> None:
    refusing, _ = broker_on({"place": an_answer(broker_id=None, refusal="no")})
    with pytest.raises(OrderError, match="not taken"):
        refusing.place(ORDER)

    silent, _ = broker_on({"place": an_answer(broker_id=None)})
    with pytest.raises(TimeoutError):
        silent.place(ORDER)


def test_a_life_without_its_parent_ends(broker_on: Any) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with closing(Line(ours)) as line, pytest.raises((SystemExit, ConnectionError)):
        LineBroker(line, lambda: "ack", SimClock(at(DAY1))).query_orders()


def test_what_the_exchange_holds_can_be_asked(broker_on: Any) -> None:
    broker, _ = broker_on({
        "orders": {"reports": [report_to_wire(a_report(Report.ACK))]}, "trades": {"reports": []},
        "positions": {"held": {"600519.SH": 300}}, "cash": {"cash_fen": 12345}})

    assert [report.kind for report in broker.query_orders()] == [Report.ACK]
    assert broker.query_trades() == []
    assert broker.query_positions()[0].held_shares == 300
    assert str(broker.query_cash().cash_cny) == "123.45"


def test_a_plan_is_one_line_of_json(tmp_path: Path) -> None:
    plan = LifePlan(ledger=str(tmp_path / "ledger.db"), port=1, token="t", seed=2, point="x")

    text = plan_line(plan)

    assert text.count("\n") == 1
    assert LifePlan(**json.loads(text)) == plan
