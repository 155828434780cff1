import os
import signal
import threading

import pytest

from core.exceptions import DataError, TradingError
from utils.loops import run_threads, stopped_by_signals


def run(*loops: object, stop: threading.Event | None = None, seconds: float | None = None,
        ticks: list[int] | None = None, failed: list[TradingError] | None = None) -> bool:
    return run_threads(
        loops, stop or threading.Event(),  # type: ignore[arg-type]  # any callable will do here
        seconds=seconds, every_s=0.01, tick=lambda: (ticks if ticks is not None else []).append(1),
        failed=(failed if failed is not None else []).append)


def test_loops_run_side_by_side_until_the_time_is_over() -> None:
    seen: set[str] = set()

    def one(stop: threading.Event) -> None:
        seen.add(threading.current_thread().name)
        stop.wait()

    def two(stop: threading.Event) -> None:
        seen.add("two")
        stop.wait()

    ticks: list[int] = []
    assert run(one, two, seconds=0.05, ticks=ticks)
    assert len(seen) == 2
    assert ticks


def test_a_loop_that_fails_is_told_and_the_others_go_on() -> None:
    stop, failed = threading.Event(), list[TradingError]()

    def bad(_stop: threading.Event) -> None:
        raise DataError("the tape tore", why="test", remedy="test")

    def good(_stop: threading.Event) -> None:
        while not failed:
            _stop.wait(0.01)
        stop.set()

    assert not run(bad, good, stop=stop, failed=failed)
    assert [error.what for error in failed] == ["the tape tore"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_the_old_handler_comes_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stopped_by_signals() as stop:
        os.kill(os.getpid(), number)
        assert stop.wait(5)
    assert signal.getsignal(number) is before
