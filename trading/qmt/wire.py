"""Frames between the desk and the process that owns the broker's library: this machine only.

A frame is four bytes of length, big endian, and that many bytes of one JSON object in UTF-8.
Before anything else both sides prove that they know the same token, without sending it: each
answers the other's random challenge. A frame that is too long, cut or no object ends the line;
nobody tries to find the next one in garbage.
"""

import hashlib
import hmac
import json
import secrets
import selectors
import socket
import struct
import threading
from contextlib import suppress
from typing import Any

from core.ports import Clock

HOST = "127.0.0.1"
VERSION = 1
MOST_BYTES = 16 * 1024**2          # a day's list of 20,000 orders is about 8 MB
GREETING_BYTES = 4_096             # before the token is proven
TOKEN_BYTES = 32
NS_PER_MS, MS_PER_S = 1_000_000, 1_000
SEND_S = 10                        # a side that takes nothing for so long is gone
_LENGTH = struct.Struct(">I")
_CHUNK_BYTES = 65_536

Message = dict[str, Any]


class Wire:
    """One end of a connected socket. `send` from any thread, `receive` from one."""

    def __init__(self, connected: socket.socket, clock: Clock) -> None:
        self._socket, self._clock = connected, clock
        connected.settimeout(SEND_S)
        self._waits = selectors.DefaultSelector()
        self._waits.register(connected, selectors.EVENT_READ)
        self._lock = threading.Lock()
        self._buffer = bytearray()
        self.most_bytes = GREETING_BYTES

    def send(self, message: Message) -> None:
        """Raises OSError if the line is gone; part of the frame may have left by then."""
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) > MOST_BYTES:
            raise ConnectionError(f"a frame of {len(body)} bytes is too long to send")
        with self._lock:
            self._socket.sendall(_LENGTH.pack(len(body)) + body)

    def receive(self, within_ms: int) -> Message:
        """The next frame.

        Raises:
            TimeoutError: no whole frame in time; what came of it is kept.
            OSError: the line is gone, or what came is no frame.
        """
        until_ns = self._clock.monotonic_ns() + within_ms * NS_PER_MS
        while (frame := self._cut()) is None:
            left_ms = (until_ns - self._clock.monotonic_ns()) // NS_PER_MS
            if left_ms <= 0 or not self._readable(left_ms):
                raise TimeoutError("no frame came in time")
            chunk = self._socket.recv(_CHUNK_BYTES)
            if not chunk:
                raise ConnectionError("the line was closed")
            self._buffer += chunk
        return frame

    def _readable(self, within_ms: int) -> bool:
        try:
            return bool(self._waits.select(within_ms / MS_PER_S))
        except (ValueError, KeyError, RuntimeError):     # closed by another thread meanwhile
            raise ConnectionError("the line was closed") from None

    def _cut(self) -> Message | None:
        """One frame from the front of what has come; None while it is not whole."""
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > self.most_bytes:
            raise ConnectionError(f"a frame of {length} bytes was announced")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH.size:end])
        del self._buffer[:end]
        return _parsed(body)

    def close(self) -> None:
        """Both directions end; a `receive` that waits elsewhere ends with it."""
        with suppress(OSError):                     # the other side was quicker
            self._socket.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Give the socket back; by the thread that receives, when it has ended."""
        self._waits.close()
        self._socket.close()


def _parsed(body: bytes) -> Message:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ConnectionError("a frame holds no JSON") from None
    if not isinstance(found, dict):
        raise ConnectionError("a frame holds no object")
    return found


# ---- who is there ------------------------------------------------------------------------------


def new_token() -> str:
    return secrets.token_hex(TOKEN_BYTES)


def greet_as_desk(wire: Wire, token: str, clock: Clock, within_ms: int) -> None:
    """Raises OSError (TimeoutError included) if the other side does not prove the token."""
    challenge = secrets.token_hex(TOKEN_BYTES)
    wire.send({"version": VERSION, "challenge": challenge})
    answer = wire.receive(within_ms)
    _check_version(answer)
    if not _same(answer.get("proof"), _proof(token, "child", challenge)):
        raise ConnectionError("the other side does not know the token")
    wire.send({"proof": _proof(token, "desk", str(answer.get("challenge"))),
               "clock_ns": clock.monotonic_ns()})
    wire.most_bytes = MOST_BYTES


def greet_as_child(wire: Wire, token: str, clock: Clock, within_ms: int) -> int:
    """How many ns our monotonic clock is ahead of the desk's: at most the true lead plus the
    time the greeting took. Raises OSError if the other side does not prove the token.
    """
    asked = wire.receive(within_ms)
    _check_version(asked)
    challenge = secrets.token_hex(TOKEN_BYTES)
    wire.send({"version": VERSION, "challenge": challenge,
               "proof": _proof(token, "child", str(asked.get("challenge")))})
    answer = wire.receive(within_ms)
    if not _same(answer.get("proof"), _proof(token, "desk", challenge)):
        raise ConnectionError("the desk does not know the token")
    wire.most_bytes = MOST_BYTES
    sent_ns = answer.get("clock_ns")
    if not isinstance(sent_ns, int):
        raise ConnectionError("the desk did not say its time")
    return clock.monotonic_ns() - sent_ns


def _check_version(message: Message) -> None:
    if message.get("version") != VERSION:
        raise ConnectionError(
            f"the other side speaks version {message.get('version')!r}, this is {VERSION}")


def _proof(token: str, who: str, challenge: str) -> str:
    """Each side has its own word in it, so that a proof cannot be played back to its maker."""
    return hmac.new(token.encode(), f"{who}:{challenge}".encode(), hashlib.sha256).hexdigest()


def _same(found: object, wanted: str) -> bool:
    return isinstance(found, str) and hmac.compare_digest(found.encode(), wanted.encode())
