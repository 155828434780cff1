"""The desk's end of the line to the child: started, watched, restarted, and asked.

One thread owns the child and reads what it says. Any other thread may `call` and waits for the
answer. Nothing is kept for later: what cannot be handed on now is refused, and what was handed
on without an answer is unknown.
"""

import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from core.exceptions import OrderError, TradingError
from core.ports import Clock
from trading.qmt.process import Running, StartChild
from trading.qmt.wire import HOST, MS_PER_S, NS_PER_MS, Message, Wire, greet_as_desk, new_token

log = logging.getLogger(__name__)

_CANDIDATE_MS = 2_000              # for one caller at the door to prove the token
_LOOK_MS = 100                     # how often the door looks whether its child still lives


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """All on the monotonic clock."""

    greet_ms: int = 30_000         # from the child's start to its greeting
    silence_ms: int = 5_000        # a child that says nothing for so long is dead; it beats each s
    call_ms: int = 10_000          # for an answer; afterwards the child is started afresh
    within_ms: int = 3_000         # an order that waited longer does not leave any more
    first_retry_ms: int = 500      # before another child is started; doubles
    most_retry_ms: int = 30_000


class Link:
    """`online`: the child lives, and it has a session with the terminal."""

    def __init__(self, *, start: StartChild, clock: Clock, timings: Timings,
                 on_push: Callable[[Message], None]) -> None:
        self._start, self._clock, self._timings = start, clock, timings
        self._on_push = on_push
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._waiting: dict[int, Future[Message]] = {}
        self._numbers = 0
        self._up = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.trouble = "the child has not been started"
        self.children = 0                      # how many were ever started

    @property
    def online(self) -> bool:
        return self._up.is_set()

    def open(self) -> None:
        self._thread = threading.Thread(target=self.run, name="qmt", daemon=True)
        self._thread.start()

    def wait_online(self, within_ms: int) -> bool:
        return self._up.wait(within_ms / MS_PER_S)

    def close(self) -> None:
        self._stop.set()
        self._hang_up()
        if self._thread is not None:
            self._thread.join()

    # ---- asking ----------------------------------------------------------------------------------

    def call(self, do: str, **what: object) -> Message:
        """The child's answer.

        Raises:
            OrderError: surely not done: the terminal was not asked.
            TradingError: the terminal was asked; its answer cannot be believed.
            OSError: nobody knows; TimeoutError among them, and then the child is started afresh.
        """
        answer = self._asked(do, what)
        error = answer.get("error")
        if error is None:
            return answer
        text = str(answer.get("text"))
        if error == "not_done":
            raise OrderError(f"{do}: the terminal was not asked", why=text,
                             remedy="Try again when the cause is gone")
        raise TradingError(f"{do}: the terminal's answer proves nothing", why=text,
                           remedy="Its order list and the end of the day tell what happened")

    def _asked(self, do: str, what: dict[str, object]) -> Message:
        answer: Future[Message] = Future()
        with self._lock:
            wire = self._wire
            if wire is None or not self._up.is_set():
                raise OrderError(f"{do}: the terminal was not asked", why=self.trouble,
                                 remedy="Wait until the line is back; nothing is sent later")
            self._numbers += 1
            number = self._numbers
            self._waiting[number] = answer
        try:
            wire.send({"id": number, "do": do, "sent_ns": self._clock.monotonic_ns(),
                       "within_ms": self._timings.within_ms, **what})
            return answer.result(self._timings.call_ms / MS_PER_S)
        except TimeoutError:
            self._hang_up()                    # what hangs once hangs for everybody
            raise
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def _hang_up(self) -> None:
        with self._lock:
            if self._wire is not None:
                self._wire.close()

    # ---- the thread ------------------------------------------------------------------------------

    def run(self) -> None:
        """One child after the other, until `close`."""
        timings = self._timings
        retry_ms = timings.first_retry_ms
        with socket.create_server((HOST, 0)) as door:
            while not self._stop.is_set():
                began_ns = self._clock.monotonic_ns()
                self._one_child(door)
                lasted_ms = (self._clock.monotonic_ns() - began_ns) // NS_PER_MS
                if lasted_ms > timings.most_retry_ms:
                    retry_ms = timings.first_retry_ms
                self._stop.wait(retry_ms / MS_PER_S)
                retry_ms = min(2 * retry_ms, timings.most_retry_ms)

    def _one_child(self, door: socket.socket) -> None:
        token = new_token()
        try:
            child = self._start(door.getsockname()[1], token)
        except OSError as error:
            self._down(f"the child could not be started: {error}")
            return
        self.children += 1
        wire: Wire | None = None
        try:
            wire = self._at_the_door(door, token, child)
            with self._lock:
                self._wire = wire
            while not self._stop.is_set():
                self._heard(wire.receive(self._timings.silence_ms))
        except OSError as error:
            self._down(f"the line to the child ended: {error}")
        finally:
            self._clear(wire)
            child.end()

    def _at_the_door(self, door: socket.socket, token: str, child: Running) -> Wire:
        """The first caller that proves the token. Others are sent away."""
        until_ns = self._clock.monotonic_ns() + self._timings.greet_ms * NS_PER_MS
        door.settimeout(_LOOK_MS / MS_PER_S)
        while self._clock.monotonic_ns() < until_ns and not self._stop.is_set():
            try:
                caller, _ = door.accept()
            except TimeoutError:
                if child.alive:
                    continue
                raise ConnectionError("the child ended before it called") from None
            wire = Wire(caller, self._clock)
            try:
                greet_as_desk(wire, token, self._clock, _CANDIDATE_MS)
            except OSError as error:
                log.warning("a caller was sent away: %s", error)
                wire.close()
                wire.release()
                continue
            return wire
        raise ConnectionError("the child did not call in time")

    def _heard(self, message: Message) -> None:
        number, push = message.get("id"), message.get("push")
        if push is None:
            with self._lock:
                answer = self._waiting.get(number) if isinstance(number, int) else None
            if answer is not None:
                with suppress(Exception):      # an asker that gave up this very moment
                    answer.set_result(message)
        elif push == "state":
            self._state(message)
        elif push != "beat":
            self._on_push(message)

    def _state(self, message: Message) -> None:
        if message.get("online") is True:
            self.trouble = ""
            self._up.set()
        else:
            self._down(str(message.get("text")))

    def _down(self, text: str) -> None:
        self.trouble = text
        if self._up.is_set():
            log.warning("the line to the terminal is down: %s", text)
        self._up.clear()

    def _clear(self, wire: Wire | None) -> None:
        with self._lock:
            self._up.clear()
            self._wire = None
            waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            with suppress(Exception):          # it was answered this very moment
                answer.set_exception(ConnectionError("the child is gone; nobody knows"))
        if wire is not None:
            wire.close()
            wire.release()
