"""The child as a process of its own, over the fake terminal that stays here."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.exceptions import OrderError
from core.types import BrokerReport, KillLevel, Order, OrderStatus, Report
from tests.support.desk import CNY, DAY1, a_request
from tests.support.fake_qmt import FakeTerminal
from tests.support.fake_qmt_remote import TerminalServer
from tests.support.qmt_rig import FAST, PATIENCE_MS, TAG, wait_for
from trading.kill_switch import KillRequest, write_request
from trading.qmt.broker import QmtBroker
from trading.qmt.child import Terms
from trading.qmt.process import ChildProcess, Running, process_starter


@pytest.fixture(name="terminal")
def _terminal() -> Iterator[FakeTerminal]:
    terminal = FakeTerminal(lambda: 1_709_517_600)
    yield terminal
    terminal.close()


def an_order(order_id: int) -> Order:
    return Order(order_id=order_id, request=a_request(limit_cny=CNY("10.05")), trading_day=DAY1,
                 status=OrderStatus.SENDING)


def test_a_killed_child_stops_sends_and_comes_back_with_everything(
    terminal: FakeTerminal, tmp_path: Path,
) -> None:
    server = TerminalServer(terminal)
    reports: list[BrokerReport] = []
    children: list[ChildProcess] = []
    kill_request = tmp_path / "kill.request"
    start = process_starter(
        account="1", userdata="", kill_request=kill_request,
        command=(sys.executable, "-m", "tests.support.fake_qmt_remote", str(server.port)))

    may_come_back = threading.Event()

    def kept(port: int, token: str) -> Running:
        if children:
            may_come_back.wait(PATIENCE_MS / 1_000)
        child = start(port, token)
        assert isinstance(child, ChildProcess)
        children.append(child)
        return child

    broker = QmtBroker(start_child=kept, clock=SystemClock(), line_clock=SystemClock(), tag=TAG,
                       timings=FAST)
    broker.on_report(reports.append)
    try:
        assert broker.open(PATIENCE_MS), broker.trouble
        first = broker.place(an_order(1))
        os.kill(children[0].pid, signal.SIGTERM)
        wait_for(lambda: not broker.online)
        with pytest.raises(OrderError):
            broker.place(an_order(2))
        terminal.trade(terminal.orders[int(first)], 100)       # while nobody listens
        may_come_back.set()
        assert broker.wait_online(PATIENCE_MS), broker.trouble
        broker.ping()
        trades = [(r.order_id, r.shares) for r in reports if r.kind is Report.FILL]
        assert trades == [(1, 100)]
        assert broker.children == 2
        write_request(kill_request, KillRequest(KillLevel.BLOCK, "stop"))
        with pytest.raises(OrderError, match="BLOCK"):
            broker.place(an_order(3))
        assert [order.sent_remark for order in terminal.orders.values()] == [f"TG{TAG}-1"]
    finally:
        broker.close()
        server.close()
    assert not any(child.alive for child in children)


def test_a_child_that_does_not_leave_is_killed() -> None:
    child = ChildProcess(
        Terms(port=1, token="t", account="1", userdata=""), leave_ms=20,
        command=(sys.executable, "-c", "import threading; threading.Event().wait(600)"))
    assert child.alive
    child.end()

    assert not child.alive


def test_neither_arguments_nor_environment_show_the_token(tmp_path: Path) -> None:
    seen = tmp_path / "seen.txt"
    start = process_starter(account="1000000365", userdata="", kill_request=None, command=(
        sys.executable, "-c", "import os, sys; from pathlib import Path; "
        f"Path({str(seen)!r}).write_text(f'{{sys.orig_argv}} {{dict(os.environ)}}', 'utf-8'); "
        "sys.stdin.read()"))
    child = start(1, "secret-token")
    wait_for(lambda: not child.alive)
    child.end()

    assert "sys.stdin.read" in seen.read_text("utf-8")
    assert "secret-token" not in seen.read_text("utf-8")
    assert "1000000365" not in seen.read_text("utf-8")
