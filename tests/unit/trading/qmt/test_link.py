"""The line to the child: hostile callers, a child that dies, hangs or never comes."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from core.clock import SystemClock
from core.exceptions import OrderError, TradingError
from tests.support.broker_rig import Placing
from tests.support.fake_qmt import FakeTerminal
from tests.support.qmt_rig import FAST, PATIENCE_MS, thread_starter, wait_for
from trading.qmt.link import Link, Timings
from trading.qmt.process import Running, StartChild

ORDER = {"symbol": "600519.SH", "side": 23, "shares": 300, "price_type": 11, "price": "10.0",
         "remark": "TGc0ffee-1", "manual": True, "sells": False}


@pytest.fixture(name="terminal")
def _terminal() -> Iterator[FakeTerminal]:
    terminal = FakeTerminal(lambda: 1_709_517_600)
    yield terminal
    terminal.close()


class OpenLink:
    def __init__(self, start: StartChild, timings: Timings = FAST) -> None:
        self.pushes: list[Any] = []
        self.link = Link(start=start, clock=SystemClock(), timings=timings,
                         on_push=self.pushes.append)

    def __enter__(self) -> Link:
        self.link.open()
        return self.link

    def __exit__(self, *_exc: object) -> None:
        self.link.close()


class NoChild:
    """A child that started and ended without a word."""

    alive = False

    def end(self) -> None:
        """It has."""


def test_a_call_before_the_child_is_there_is_surely_not_done(terminal: FakeTerminal) -> None:
    link = Link(start=thread_starter(terminal), clock=SystemClock(), timings=FAST,
                on_push=lambda _push: None)

    with pytest.raises(OrderError, match="not been started"):
        link.call("place", **ORDER)


def test_a_child_that_ends_before_it_calls_is_started_again() -> None:
    started: list[int] = []

    def start(port: int, _token: str) -> Running:
        started.append(port)
        return NoChild()

    with OpenLink(start) as link:
        wait_for(lambda: len(started) > 2)
        assert not link.online


def test_a_child_that_cannot_be_started_is_tried_again_and_the_reason_kept() -> None:
    tries: list[int] = []

    def start(port: int, _token: str) -> Running:
        tries.append(port)
        raise FileNotFoundError("no python")

    with OpenLink(start) as link:
        wait_for(lambda: len(tries) > 1)
        assert "no python" in link.trouble


def test_a_stranger_at_the_door_is_sent_away_and_the_child_let_in(
    terminal: FakeTerminal,
) -> None:
    strangers: list[socket.socket] = []

    def start(port: int, token: str) -> Running:
        stranger = socket.create_connection(("127.0.0.1", port))
        stranger.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        strangers.append(stranger)
        return thread_starter(terminal)(port, token)

    with OpenLink(start) as link:
        assert link.wait_online(PATIENCE_MS)
        strangers[0].settimeout(PATIENCE_MS / 1_000)
        received = b""
        while chunk := strangers[0].recv(65_536):
            received += chunk
        strangers[0].close()
    assert b"proof" not in received


def test_every_child_gets_a_token_of_its_own(terminal: FakeTerminal) -> None:
    tokens: list[str] = []

    def start(port: int, token: str) -> Running:
        tokens.append(token)
        return NoChild()

    with OpenLink(start):
        wait_for(lambda: len(tokens) > 3)
    assert len(set(tokens)) == len(tokens)


def test_a_child_that_dies_in_the_middle_of_a_call_leaves_it_unknown_and_comes_back(
    terminal: FakeTerminal,
) -> None:
    with OpenLink(thread_starter(terminal)) as link:
        assert link.wait_online(PATIENCE_MS)
        terminal.before_order = link._hang_up          # the line breaks inside the call

        with pytest.raises(OSError, match=r"nobody knows|closed"):
            link.call("place", **ORDER)
        terminal.before_order = lambda: None
        wait_for(lambda: link.children == 2 and link.online)


def test_a_child_that_hangs_in_a_call_is_unknown_and_replaced(terminal: FakeTerminal) -> None:
    free = threading.Event()

    def hang() -> None:
        free.wait(PATIENCE_MS / 1_000)

    terminal.before_order = hang
    with OpenLink(thread_starter(terminal), replace(FAST, call_ms=30)) as link:
        assert link.wait_online(PATIENCE_MS)
        with pytest.raises(TimeoutError):
            link.call("place", **ORDER)
        free.set()
        wait_for(lambda: link.children >= 2)


def test_a_child_that_falls_silent_is_dead(terminal: FakeTerminal) -> None:
    silent = thread_starter(terminal, beat_ms=10**6)
    with OpenLink(silent, replace(FAST, silence_ms=20)) as link:
        wait_for(lambda: link.children >= 3)


def test_a_beat_keeps_a_quiet_child_alive(terminal: FakeTerminal) -> None:
    beating = thread_starter(terminal, beat_ms=5)
    with OpenLink(beating, replace(FAST, silence_ms=2_000)) as link:
        assert link.wait_online(PATIENCE_MS)
        pause = threading.Event()
        pause.wait(0.1)
        assert (link.children, link.online) == (1, True)


def test_what_the_terminal_answers_with_minus_one_is_no_order_error(
    terminal: FakeTerminal,
) -> None:
    """An OrderError would say: surely not sent."""
    with OpenLink(thread_starter(terminal)) as link:
        assert link.wait_online(PATIENCE_MS)
        terminal.placing = Placing.LIE
        with pytest.raises(TradingError) as raised:
            link.call("place", **ORDER)
    assert not isinstance(raised.value, OrderError)


def test_nothing_waits_for_a_line_that_is_down(terminal: FakeTerminal) -> None:
    with OpenLink(thread_starter(terminal)) as link:
        assert link.wait_online(PATIENCE_MS)
        terminal.disconnect()
        wait_for(lambda: not link.online)
        with pytest.raises(OrderError):
            link.call("place", **ORDER)
        terminal.reconnect()
        assert link.wait_online(PATIENCE_MS)
        link.call("ping")
    assert terminal.orders == {}
