"""A second process that asks to stop when the window or the trading thread hangs.

The desk starts it as a child and holds the other end of its standard input: when that closes,
the desk is gone, however it went. While it lives the child counts how long each source of
heartbeats has been silent, and after the setting's seconds writes `kill.request`: the sender
looks for it before every order, so a thread that comes back to life sends nothing.

A desk that ends in an orderly way leaves nothing. One that is killed leaves a request only if
orders were open: then nobody watched them, and a person shall look before anything new is sent.

Only time during which the watchdog itself ran is counted, so a machine that slept is no hang.
"""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO

from core.types import Bar, KillLevel, Quote
from trading.attendants import Onlooker
from trading.heartbeats import Heartbeats, Pulse, Source
from trading.kill_switch import KillRequest, write_request
from trading.ledger import Booking
from trading.records import Entry, Payload
from trading.session import TradingSession

log = logging.getLogger(__name__)

_POLL_S = 1 / 4
_POLL_NS = 250_000_000
_MOST_POLLS = 2                    # after a longer pause between two looks the machine had slept
_JOIN_S, _AGAIN_S = 5, 1
_NS_PER_S = 1_000_000_000
if sys.platform == "win32":
    _HIDDEN = subprocess.CREATE_NO_WINDOW
else:
    _HIDDEN = 0
_NAMES = {Source.TRADING: "the trading thread", Source.WINDOW: "the window"}


# ---- in the desk -------------------------------------------------------------------------------


class TradingPulse(Onlooker):
    """An attendant: the trading thread's beats, and how many orders are open."""

    def __init__(self, session: TradingSession, beats: Heartbeats) -> None:
        self._session, self._beats = session, beats

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        self._beats.say_open_orders(len(self._session.book.open_ids))

    def market(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        self._beats.beat(Source.TRADING)

    def day_opened(self, day: date) -> None:
        self._beats.beat(Source.TRADING)

    def act(self) -> None:
        self._beats.beat(Source.TRADING)
        self._beats.say_open_orders(len(self._session.book.open_ids))


class WatchdogHost:
    """Keeps the child alive beside the desk; `run(stop)` is a loop like the others."""

    def __init__(
        self, command: Sequence[str], beats: Heartbeats, tell: Callable[[str], None],
    ) -> None:
        """`tell`: hears in words that nobody watches; called on the loop's thread."""
        self._command, self._beats, self._tell = list(command), beats, tell

    def run(self, stop: threading.Event) -> None:
        child = self._start()
        try:
            while not stop.wait(_AGAIN_S):
                if child is None or child.poll() is not None:
                    self._tell("The watchdog process ended; it is started again")
                    if child is not None:
                        _let_go(child)
                    child = self._start()
        finally:
            self._beats.end()
            if child is not None:
                _let_go(child)

    def _start(self) -> "subprocess.Popen[bytes] | None":
        try:
            return subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                creationflags=_HIDDEN)
        except OSError as error:
            self._tell(f"The watchdog process could not be started: {error}")
            return None


def _let_go(child: "subprocess.Popen[bytes]") -> None:
    """Close its input, so that it looks a last time and ends."""
    assert child.stdin is not None     # it was opened as a pipe
    child.stdin.close()
    try:
        child.wait(_JOIN_S)
    except subprocess.TimeoutExpired:
        log.warning("the watchdog process did not end by itself")
        child.kill()
        child.wait()


# ---- in the child ------------------------------------------------------------------------------


class Watch:
    """How long each source has been silent. Pure; times are nanoseconds of a steady clock."""

    def __init__(self, silence_s: int) -> None:
        self._limit_ns = silence_s * _NS_PER_S
        self._looked_ns: int | None = None
        self._beats: dict[Source, int] = {}
        self._silent_ns: dict[Source, int] = {}

    def look(self, pulse: Pulse, now_ns: int) -> list[Source]:
        """The sources whose silence has just become too long; each is named once a silence."""
        since_ns = 0 if self._looked_ns is None else now_ns - self._looked_ns
        counted_ns = min(since_ns, _MOST_POLLS * _POLL_NS)
        self._looked_ns = now_ns
        found = []
        for source, beats in pulse.beats.items():
            before_ns = self._silent_ns.get(source, 0)
            if beats != self._beats.get(source):
                self._beats[source], self._silent_ns[source] = beats, 0
                continue
            self._silent_ns[source] = before_ns + counted_ns
            if before_ns < self._limit_ns <= self._silent_ns[source]:
                found.append(source)
        return found


def watch(
    beats: Heartbeats, life_line: BinaryIO, request: Path, *, silence_s: int, level: KillLevel,
    steady_ns: Callable[[], int],
) -> None:
    """The child's whole life: until the other end of `life_line` closes.

    Args:
        life_line: standard input, held open by the desk.
        request: where kill.request goes.
        steady_ns: the monotonic clock.
    """
    gone, judge = threading.Event(), Watch(silence_s)
    threading.Thread(target=_wait_for_end, args=(life_line, gone), daemon=True).start()
    while not gone.wait(_POLL_S):
        pulse = beats.pulse()
        if not pulse.ended:
            for source in judge.look(pulse, steady_ns()):
                _ask(request, level, f"{_NAMES[source]} gave no sign of life for {silence_s} s")
    last = beats.pulse()
    if not last.ended and last.open_orders:
        _ask(request, level, f"the desk ended without a word while {last.open_orders} orders "
             "were open")


def ignore_signals() -> None:
    """Ctrl-C and a polite kill of the whole group are for the desk; the watchdog sees its end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _wait_for_end(life_line: BinaryIO, gone: threading.Event) -> None:
    try:
        while life_line.read(1):
            pass
    finally:
        gone.set()


def _ask(request: Path, level: KillLevel, reason: str) -> None:
    log.critical("kill level %s is asked for: %s", level.name, reason)
    try:
        write_request(request, KillRequest(level, f"watchdog: {reason}"))
    except OSError:
        log.exception("%s could not be written", request)
