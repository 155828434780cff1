"""Loops of other rooms on plain threads, for commands without a window."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from core.exceptions import TradingError

Loop = Callable[[threading.Event], None]


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Set by Ctrl-C and SIGTERM, so that what is being written is finished first."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set())
              for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_threads(
    loops: Sequence[Loop], stop: threading.Event, *, seconds: float | None, every_s: float,
    tick: Callable[[], None], failed: Callable[[TradingError], None],
) -> bool:
    """Host each loop on a thread until `stop` or for `seconds`; False if one of them failed.

    Args:
        tick: called every `every_s` seconds on the caller's thread.
        failed: told of a loop that ended with an error of ours; the others go on.
    """
    failures: list[TradingError] = []

    def guarded(loop: Loop) -> None:
        try:
            loop(stop)
        except TradingError as error:
            failures.append(error)
            failed(error)

    threads = [threading.Thread(target=guarded, args=(loop,), name=loop.__qualname__)
               for loop in loops]
    for thread in threads:
        thread.start()
    left_s = seconds
    while not stop.is_set() and (left_s is None or left_s > 0):
        slice_s = every_s if left_s is None else min(every_s, left_s)
        if not stop.wait(slice_s):
            tick()
        left_s = None if left_s is None else left_s - slice_s
    stop.set()
    for thread in threads:
        thread.join()
    return not failures
