"""How fast the event bus is: python benchmarks/events.py [--events N] [--repeat N]

Four handlers that are isolated from each other; the yardstick in the same run calls them bare.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.events import Event, EventBus, NoticeEvent

HANDLERS = 4


def per_second(events: int, publish: Callable[[Event], None]) -> float:
    event = NoticeEvent("INFO", "benchmark")
    start = time.perf_counter()
    for _ in range(events):
        publish(event)
    return events / (time.perf_counter() - start)


def handler() -> Callable[[Event], None]:
    return lambda _event: None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    bus, handlers = EventBus(), [handler() for _ in range(HANDLERS)]
    for each in handlers:
        bus.subscribe(NoticeEvent, each)

    def bare(event: Event) -> None:
        for each in handlers:
            each(event)

    rates = [per_second(given.events, bus.publish) for _ in range(given.repeat)]
    bares = [per_second(given.events, bare) for _ in range(given.repeat)]
    rate, calls = statistics.median(rates), statistics.median(bares)
    print(f"{HANDLERS} isolated handlers: {rate / 1e6:.2f} M events/s (goal 1.50; worst "
          f"{min(rates) / 1e6:.2f}); called bare {calls / 1e6:.2f} M/s, ratio {calls / rate:.2f}")


if __name__ == "__main__":
    main()
