"""The child: what leaves, what does not, and what the desk is told."""

import io
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.clock import SystemClock
from core.types import KillLevel
from tests.support.broker_rig import Placing
from tests.support.fake_qmt import FakeTerminal
from tests.support.qmt_surface import CALLBACKS
from trading.kill_switch import KillRequest, write_request
from trading.qmt.child import Child, Terms, _Callbacks, main, row_of
from trading.qmt.codes import ORDER_FIELDS
from trading.qmt.wire import MOST_BYTES, Wire

CLOCK = SystemClock()
LONG_MS = 20_000


class Desk:
    """The other end of a child's line, without a greeting."""

    def __init__(self, terminal: FakeTerminal, kill_request: Path, **terms: Any) -> None:
        ours, theirs = socket.socketpair()
        self.wire, self._childs = Wire(ours, CLOCK), Wire(theirs, CLOCK)
        for wire in (self.wire, self._childs):
            wire.most_bytes = MOST_BYTES
        self.child = Child(self._childs, Terms(
            port=0, token="", account="1", userdata="", kill_request=str(kill_request),
            **{"retry_ms": 5} | terms), terminal.make, CLOCK, 0)
        self._thread = threading.Thread(target=self.child.run)
        self._thread.start()
        self._numbers = 0

    def hear(self, push: str) -> dict[str, Any]:
        while True:
            message = self.wire.receive(LONG_MS)
            if message.get("push") == push:
                return message

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        self._numbers += 1
        self.wire.send({"id": self._numbers, "do": do, "sent_ns": CLOCK.monotonic_ns(),
                        "within_ms": LONG_MS, **what})
        while True:
            message = self.wire.receive(LONG_MS)
            if message.get("id") == self._numbers:
                return message

    def place(self, remark: str = "TGc0ffee-1", **changes: Any) -> dict[str, Any]:
        return self.ask("place", **{
            "symbol": "600519.SH", "side": 23, "shares": 300, "price_type": 11, "price": "10.05",
            "remark": remark, "manual": True, "sells": False} | changes)

    def close(self) -> None:
        self.wire.close()
        self._thread.join()
        self.wire.release()
        self._childs.close()
        self._childs.release()


@pytest.fixture(name="terminal")
def _terminal() -> Iterator[FakeTerminal]:
    terminal = FakeTerminal(lambda: 1_709_517_600)
    yield terminal
    terminal.close()


@pytest.fixture(name="desk")
def _desk(terminal: FakeTerminal, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(terminal, tmp_path / "kill.request")
    assert desk.hear("state")["online"] is True
    yield desk
    desk.close()


def test_an_order_leaves_as_it_was_asked_for(desk: Desk, terminal: FakeTerminal) -> None:
    answer = desk.place()

    assert terminal.calls == [("order_stock", (
        "600519.SH", 23, 300, 11, 10.05, "trading_graph", "TGc0ffee-1"))]
    assert answer["number"] in terminal.orders


@pytest.mark.parametrize("manual", [True, False])
def test_the_child_looks_for_a_kill_request_by_itself(
    desk: Desk, terminal: FakeTerminal, tmp_path: Path, manual: bool,
) -> None:
    write_request(tmp_path / "kill.request", KillRequest(KillLevel.BLOCK, "stop"))

    assert desk.place(manual=manual)["error"] == "not_done"
    assert terminal.calls == []


def test_an_order_that_waited_too_long_does_not_leave(desk: Desk, terminal: FakeTerminal) -> None:
    """As after a suspend: it was sent in time and is read now."""
    answer = desk.ask("place", symbol="600519.SH", side=23, shares=300, price_type=11,
                      price="10.05", remark="TGc0ffee-1", manual=True, sells=False,
                      sent_ns=CLOCK.monotonic_ns() - 10_000_000_000, within_ms=3_000)

    assert answer["error"] == "not_done"
    assert "waited" in answer["text"]
    assert terminal.calls == []


def test_no_mark_leaves_twice_and_the_second_proves_nothing(
    desk: Desk, terminal: FakeTerminal,
) -> None:
    desk.place()

    assert desk.place()["error"] == "failed"
    assert len(terminal.orders) == 1


@pytest.mark.parametrize("becomes", [Placing.LIE, Placing.LOSE_ANSWER, Placing.LOSE_REQUEST])
def test_minus_one_and_an_error_prove_nothing(
    desk: Desk, terminal: FakeTerminal, becomes: Placing,
) -> None:
    terminal.placing = becomes

    assert desk.place()["error"] == "failed"


def test_a_lost_link_gets_a_fresh_session_and_everything_is_told_again(
    desk: Desk, terminal: FakeTerminal,
) -> None:
    number = desk.place()["number"]
    terminal.trade(terminal.orders[number], 100)
    terminal.disconnect()
    assert desk.hear("state")["online"] is False
    assert desk.place("TGc0ffee-2")["error"] == "not_done"
    terminal.reconnect()

    assert desk.hear("trade")["row"]["traded_volume"] == 100
    assert desk.hear("order")["row"]["order_status"] == 55
    assert desk.hear("state")["online"] is True
    assert len(terminal.sessions) == 2
    assert len(terminal.orders) == 1


def test_an_account_that_cannot_be_subscribed_is_offline_and_says_so(
    terminal: FakeTerminal, tmp_path: Path,
) -> None:
    terminal.account_ok = False
    desk = Desk(terminal, tmp_path / "kill.request")
    try:
        said = desk.hear("state")
        assert (said["online"], "account" in said["text"]) == (False, True)
    finally:
        desk.close()


def test_a_library_that_cannot_be_loaded_is_offline_and_says_so(tmp_path: Path) -> None:
    def broken(_path: str, _session: int, _account: str) -> tuple[Any, object]:
        raise ImportError("DLL load failed")

    desk = Desk(SimpleNamespace(make=broken), tmp_path / "x")  # type: ignore[arg-type]
    try:
        assert "DLL load failed" in desk.hear("state")["text"]
    finally:
        desk.close()


def test_the_child_beats(terminal: FakeTerminal, tmp_path: Path) -> None:
    desk = Desk(terminal, tmp_path / "x", beat_ms=1)
    try:
        assert desk.hear("beat") == {"push": "beat"}
    finally:
        desk.close()


def test_a_request_nobody_knows_is_answered_as_not_done(desk: Desk) -> None:
    assert desk.ask("transfer all money")["error"] == "not_done"


def test_a_push_that_cannot_be_read_is_told_as_garbled(
    desk: Desk, terminal: FakeTerminal,
) -> None:
    terminal.say("on_stock_order", SimpleNamespace(stock_code="600519.SH"))

    assert "order" in desk.hear("garbled")["text"]


def test_every_documented_callback_can_be_called(desk: Desk) -> None:
    callbacks = _Callbacks(desk.child, 0)
    for row in CALLBACKS:
        getattr(callbacks, row.name)(*[SimpleNamespace() for _ in row.parameters])


@pytest.mark.parametrize("found", [None, "300", 300.0, True])
def test_a_whole_number_of_another_kind_is_refused(found: object) -> None:
    with pytest.raises(TypeError):
        row_of(SimpleNamespace(order_volume=found), (("order_volume", int),))


def test_a_missing_attribute_is_refused() -> None:
    with pytest.raises(AttributeError):
        row_of(SimpleNamespace(), ORDER_FIELDS)


@pytest.mark.parametrize("text", ["", "{}", "garbage", '{"port": 1}', "[]"])
def test_without_terms_the_child_ends_at_once(text: str) -> None:
    assert main(io.StringIO(text)) == 2


def test_without_a_desk_the_child_ends_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        free = door.getsockname()[1]
    terms = {"port": free, "token": "t", "account": "1", "userdata": ""}

    assert main(io.StringIO(json.dumps(terms))) == 1
