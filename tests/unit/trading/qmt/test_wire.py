"""Frames and the greeting: who does not know the token gets nothing, garbage ends the line."""

import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from core.clock import SystemClock
from trading.qmt.wire import GREETING_BYTES, Wire, greet_as_child, greet_as_desk, new_token

CLOCK = SystemClock()
LONG_MS, NOW_MS = 20_000, 20


@pytest.fixture(name="pair")
def _pair() -> Iterator[tuple[Wire, Wire, socket.socket]]:
    left, right = socket.socketpair()
    wires = Wire(left, CLOCK), Wire(right, CLOCK)
    yield (*wires, right)
    for wire in wires:
        wire.close()
        wire.release()


def greet(desk: Wire, child: Wire, *, child_token: str, desk_token: str) -> list[Any]:
    """Both sides' ends: None, a lead in ns, or the error."""
    ends: list[Any] = [None, None]

    def as_child() -> None:
        try:
            ends[1] = greet_as_child(child, child_token, CLOCK, LONG_MS)
        except OSError as error:
            ends[1] = error
            child.close()

    thread = threading.Thread(target=as_child)
    thread.start()
    try:
        greet_as_desk(desk, desk_token, CLOCK, LONG_MS)
    except OSError as error:
        ends[0] = error
        desk.close()
    thread.join()
    return ends


def test_both_sides_prove_the_token_and_the_child_learns_the_time(pair: Any) -> None:
    token = new_token()
    ends = greet(*pair[:2], child_token=token, desk_token=token)

    assert ends[0] is None
    assert 0 <= ends[1] < LONG_MS * 1_000_000


def test_who_does_not_know_the_token_is_sent_away(pair: Any) -> None:
    ends = greet(*pair[:2], child_token="wrong", desk_token=new_token())

    assert isinstance(ends[0], ConnectionError)
    assert isinstance(ends[1], OSError)


def test_a_desk_that_does_not_know_the_token_is_not_obeyed(pair: Any) -> None:
    desk, child, _ = pair
    desk.send({"version": 1, "challenge": "x"})
    desk.send({"proof": "made up", "clock_ns": 0})

    with pytest.raises(ConnectionError, match="does not know"):
        greet_as_child(child, new_token(), CLOCK, LONG_MS)


def test_a_proof_cannot_be_played_back_to_its_maker(pair: Any) -> None:
    """A desk that only echoes the child's own answer proves nothing."""
    desk, child, _ = pair
    desk.send({"version": 1, "challenge": "x"})
    failed: list[BaseException] = []

    def as_child() -> None:
        try:
            greet_as_child(child, "secret", CLOCK, LONG_MS)
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=as_child)
    thread.start()
    answer = desk.receive(LONG_MS)
    desk.send({"proof": answer["proof"], "clock_ns": 0})
    thread.join()

    assert failed


def test_a_proof_of_one_child_does_not_pass_for_the_desk_at_another(pair: Any) -> None:
    """Somebody in the middle lets a second child answer the first one's challenge."""
    desk, child, _ = pair
    ends: list[BaseException] = []

    def as_child(wire: Wire) -> None:
        try:
            greet_as_child(wire, "secret", CLOCK, LONG_MS)
        except OSError as error:
            ends.append(error)

    left, right = (Wire(one, CLOCK) for one in socket.socketpair())
    threads = [threading.Thread(target=as_child, args=(wire,)) for wire in (child, right)]
    for thread in threads:
        thread.start()
    desk.send({"version": 1, "challenge": "x"})
    first = desk.receive(LONG_MS)
    left.send({"version": 1, "challenge": first["challenge"]})
    desk.send({"proof": left.receive(LONG_MS)["proof"], "clock_ns": 0})
    threads[0].join()
    assert len(ends) == 1
    for wire in (left, right):
        wire.close()
    threads[1].join()
    for wire in (left, right):
        wire.release()


def test_another_version_is_not_spoken_to(pair: Any) -> None:
    desk, child, _ = pair
    desk.send({"version": 2, "challenge": "x"})

    with pytest.raises(ConnectionError, match="version 2"):
        greet_as_child(child, new_token(), CLOCK, LONG_MS)


def test_frames_come_whole_however_they_are_cut(pair: Any) -> None:
    left, _, raw = pair
    body = '{"text":"废单"}'.encode()
    for byte in struct.pack(">I", len(body)) + body:
        raw.sendall(bytes([byte]))
    raw.sendall(struct.pack(">I", 2) + b"{}")

    assert left.receive(LONG_MS) == {"text": "废单"}
    assert left.receive(LONG_MS) == {}
    with pytest.raises(TimeoutError):
        left.receive(NOW_MS)


def test_what_came_before_a_time_out_is_kept(pair: Any) -> None:
    left, _, raw = pair
    raw.sendall(struct.pack(">I", 2) + b"{")
    with pytest.raises(TimeoutError):
        left.receive(NOW_MS)
    raw.sendall(b"}")

    assert left.receive(LONG_MS) == {}


@pytest.mark.parametrize("bytes_", [
    struct.pack(">I", GREETING_BYTES + 1), b"GET / HTTP/1.1\r\n\r\n", struct.pack(">I", 2) + b"[]",
    struct.pack(">I", 3) + b"\xff\xff\xff", struct.pack(">I", 0), struct.pack(">I", 1) + b"{"])
def test_what_is_no_frame_ends_the_line(pair: Any, bytes_: bytes) -> None:
    left, _, raw = pair
    raw.sendall(bytes_)

    with pytest.raises(ConnectionError):
        left.receive(LONG_MS)


def test_a_closed_line_is_an_error_not_an_empty_frame(pair: Any) -> None:
    left, right, _ = pair
    right.close()

    with pytest.raises(ConnectionError, match="closed"):
        left.receive(LONG_MS)
