import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.types import KillLevel
from tests.support.desk import DAY1, DAY2, Desk, a_quote
from trading import watchdog
from trading.heartbeats import Heartbeats, Pulse, Source
from trading.kill_switch import read_request
from trading.session import TradingSession
from trading.watchdog import TradingPulse, Watch, WatchdogHost, ignore_signals, watch

S = 1_000_000_000
T, W = Source.TRADING, Source.WINDOW
LONG_S = 20
ALIVE = Pulse(ended=False, open_orders=0, beats={T: 1, W: 1})


# ---- how long is silence -----------------------------------------------------------------------


def silent_after(judge: Watch, pulse: Pulse, first_s: int, last_s: int) -> dict[Source, int]:
    """Look four times a second; in which second each source was named."""
    found: dict[Source, int] = {}
    for quarter in range(first_s * 4, last_s * 4 + 1):
        for source in judge.look(pulse, quarter * S // 4):
            assert source not in found, "a silence is named once"
            found[source] = quarter // 4
    return found


def test_a_source_that_stops_is_named_once_at_its_limit_and_again_after_it_came_back() -> None:
    judge = Watch(15)
    assert silent_after(judge, ALIVE, 0, 14) == {}
    assert silent_after(judge, ALIVE, 15, 60) == {T: 15, W: 15}

    back = replace(ALIVE, beats={T: 2, W: 1})
    assert silent_after(judge, back, 61, 75) == {}
    assert silent_after(judge, back, 76, 90) == {T: 76}


def test_a_source_that_beats_is_never_named_and_one_that_never_began_is_not_missed() -> None:
    judge = Watch(2)
    for quarter in range(100):
        assert judge.look(Pulse(ended=False, open_orders=9, beats={T: quarter + 1}),
                          quarter * S // 4) == []


def test_a_machine_that_slept_an_hour_is_no_hang() -> None:
    judge = Watch(15)
    assert silent_after(judge, ALIVE, 0, 10) == {}
    assert silent_after(judge, ALIVE, 3_600, 3_603) == {}
    assert silent_after(judge, ALIVE, 3_604, 3_610) == {T: 3_605, W: 3_605}


# ---- the child ---------------------------------------------------------------------------------


class Child:
    """`watch` on a thread, with a clock that runs a thousand times faster."""

    def __init__(self, folder: Path) -> None:
        self.request = folder / "kill.request"
        self.beats = Heartbeats(folder / "beats", create=True)
        read, self.life_line = os.pipe()
        self.now_ns = 0
        self.thread = threading.Thread(target=self._watch, args=(read,))
        self.thread.start()

    def _watch(self, read: int) -> None:
        with os.fdopen(read, "rb") as life_line:
            watch(self.beats, life_line, self.request, silence_s=3, level=KillLevel.BLOCK,
                  steady_ns=self._tick)

    def _tick(self) -> int:
        self.now_ns += 250_000_000
        return self.now_ns

    def end(self) -> str:
        """Close the line; the reason that was left behind, or nothing."""
        os.close(self.life_line)
        self.thread.join(LONG_S)
        assert not self.thread.is_alive()
        self.beats.close()
        return self.reason()

    def reason(self) -> str:
        found = read_request(self.request)
        return "" if found is None else f"{found.level.name} {found.reason}"

    def until(self, true: Callable[[], bool]) -> None:
        for _ in range(LONG_S * 100):
            if true():
                return
            threading.Event().wait(0.01)
        raise AssertionError("it did not happen")


@pytest.fixture(name="child")
def _child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    monkeypatch.setattr(watchdog, "_POLL_S", 0.0005)
    child = Child(tmp_path)
    yield child
    if child.thread.is_alive():
        child.end()


@pytest.mark.parametrize(("source", "name"), [(T, "the trading thread"), (W, "the window")])
def test_a_hang_leaves_a_request_that_says_who_hangs(
    child: Child, source: Source, name: str
) -> None:
    child.beats.beat(source)
    child.until(lambda: child.reason() != "")

    assert child.reason() == f"BLOCK watchdog: {name} gave no sign of life for 3 s"


def test_an_orderly_end_leaves_nothing_whatever_was_open(child: Child) -> None:
    child.beats.beat(T)
    child.beats.say_open_orders(5)
    child.beats.end()
    os.write(child.life_line, b"?")             # nothing that is said matters, only the end does

    assert child.end() == ""


def test_a_desk_that_was_killed_with_open_orders_leaves_a_request(child: Child) -> None:
    child.beats.say_open_orders(5)

    assert child.end() == (
        "BLOCK watchdog: the desk ended without a word while 5 orders were open")


def test_a_desk_that_was_killed_with_nothing_open_leaves_nothing(child: Child) -> None:
    assert child.end() == ""


def test_a_request_that_cannot_be_written_does_not_end_the_watch(
    child: Child, caplog: pytest.LogCaptureFixture
) -> None:
    child.request.with_suffix(".x").mkdir()
    child.request = child.request.with_suffix(".x") / "no" / "folder"
    child.end()
    watchdog._ask(child.request, KillLevel.BLOCK, "a drill")

    assert "could not be written" in caplog.text


# ---- the desk's side ---------------------------------------------------------------------------


def test_the_trading_thread_beats_when_it_acts_and_says_what_is_open(tmp_path: Path) -> None:
    with Heartbeats(tmp_path / "beats", create=True) as beats:
        def attend(session: TradingSession) -> tuple[TradingPulse, ...]:
            return (TradingPulse(session, beats),)

        desk = Desk(attendants=attend)
        desk.buy(100)
        assert beats.pulse().open_orders == 1
        for act in (desk.session.act, lambda: desk.session.on_quotes([a_quote()]),
                    lambda: desk.to(DAY2)):
            before = beats.pulse().beats.get(T, 0)
            act()
            assert beats.pulse().beats[T] > before
        assert DAY1 < DAY2
        assert beats.pulse().open_orders == 0


def host(
    tmp_path: Path, code: str, during: Callable[[threading.Event, list[str]], None]
) -> tuple[Pulse, list[str]]:
    """Run a host over `python -c code` while `during` looks on."""
    told: list[str] = []
    stop = threading.Event()
    command = [sys.executable, "-c", code] if code else [str(tmp_path / "not there")]
    with Heartbeats(tmp_path / "beats", create=True) as beats:
        thread = threading.Thread(
            target=WatchdogHost(command, beats, told.append).run, args=(stop,))
        thread.start()
        during(stop, told)
        stop.set()
        thread.join(LONG_S)
        assert not thread.is_alive()
        return beats.pulse(), told


def wait_for_words(stop: threading.Event, told: list[str]) -> None:
    for _ in range(LONG_S * 100):
        if told or stop.wait(0.01):
            return


def test_the_host_says_goodbye_and_lets_the_child_end(tmp_path: Path) -> None:
    done = tmp_path / "done"
    code = f"import sys; sys.stdin.read(); open({str(done)!r}, 'w')"
    pulse, told = host(tmp_path, code, lambda *_: None)

    assert (pulse.ended, told) == (True, [])
    assert done.exists()


def test_a_watchdog_that_dies_is_told_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "_AGAIN_S", 0.01)
    _, told = host(tmp_path, "pass", wait_for_words)

    assert "started again" in told[0]


def test_a_watchdog_that_cannot_be_started_is_told_and_the_desk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "_AGAIN_S", 0.001)

    def wait_for_three(stop: threading.Event, told: list[str]) -> None:
        while len(told) < 3 and not stop.wait(0.001):
            pass

    pulse, told = host(tmp_path, "", wait_for_three)

    assert "could not be started" in told[0]
    assert pulse.ended


def test_a_watchdog_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "_JOIN_S", 0.05)
    pulse, _ = host(tmp_path, "import time; time.sleep(600)", lambda *_: None)

    assert pulse.ended


def test_the_child_is_deaf_to_ctrl_c() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        ignore_signals()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
