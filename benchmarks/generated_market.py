"""What the generated market costs, in CPU time, and the table of its statistics.

    python -m benchmarks.generated_market

CPU seconds of this process (the build's: of the child). Median, least and most of the repeats.
"""

import platform
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from datetime import time as wall_time
from functools import partial
from pathlib import Path

import numpy as np

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.ports import Tick
from core.sessions import shanghai
from core.types import Period
from data.generated.daily import daily_market
from data.generated.facts import all_facts, table
from data.generated.market import GeneratedMarket
from data.generated.universe import Plan, listings

REPEATS = 5
WATCHED = 16
MINUTES = 240


def spent(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def row(name: str, unit: str, values: list[float]) -> None:
    print(f"{name:52} {unit:>4} {statistics.median(values):9.2f} {min(values):9.2f} "
          f"{max(values):9.2f}")


def ms(work: Callable[[], object], repeats: int = REPEATS, parts: int = 1) -> list[float]:
    return [spent(work) * 1_000 / parts for _ in range(repeats)]


def main() -> int:
    calendar, plan = exchange_calendar(), Plan()
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}")
    print(f"{'':52} {'':>4} {'median':>9} {'least':>9} {'most':>9}")
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        clock = SimClock(shanghai(plan.last, wall_time(9, 0)))

        def opened() -> GeneratedMarket:
            return GeneratedMarket.open(cache, clock=clock, calendar=calendar, seed=plan.seed)

        row("open: pack of 16, 1,250 sessions", "ms", ms(opened))
        row("all 320 x 1,250 daily bars in memory", "ms", ms(
            lambda: daily_market(plan, listings(plan.symbols), calendar)))
        market = opened()
        handle = market.start_build()
        handle.run(threading.Event())
        handle.stop()
        child = resource.getrusage(resource.RUSAGE_CHILDREN)
        row("build in the child, its start included", "ms", [
            (child.ru_utime + child.ru_stime) * 1_000])
        row("open: 320 from the cache, checksums verified", "ms", ms(opened))
        symbol = market.listed()[0].symbol
        row("1,000 daily bars of one symbol", "ms", ms(
            lambda: market.bars(symbol, Period.DAY, last=1_000)))
        row("1,000 minute bars of one symbol", "ms", ms(
            lambda: market.bars(symbol, Period.MIN1, last=1_000)))
        row("all minute bars of one symbol (300,000), a session", "ms", ms(
            lambda: market.bars(symbol, Period.MIN1), parts=plan.sessions))
        _play(opened)
    facts = all_facts(daily_market(plan, listings(plan.symbols), calendar))
    print("\n" + table(facts))
    return 0 if all(fact.passed for fact in facts) else 1


def _first_ticks(opened: Callable[[], GeneratedMarket], watched: list[str]) -> list[float]:
    """Each time of a market that has not played that day before."""
    fresh = [opened() for _ in range(REPEATS)]
    return [spent(partial(_first_tick, one, watched)) * 1_000 for one in fresh]


def _first_tick(
    market: GeneratedMarket, watched: list[str], after_utc: datetime | None = None
) -> Tick:
    return next(market.play(market.first_live_day, watched, after_utc=after_utc))


def _play(opened: Callable[[], GeneratedMarket]) -> None:
    market = opened()
    day = market.first_live_day
    watched = [item.symbol for item in market.listed()[:WATCHED]]
    others = [item.symbol for item in market.listed()[WATCHED:]]
    row(f"first tick of a day, {WATCHED} watched of 320", "ms", _first_ticks(opened, watched))
    row("first tick of a day, all 320 watched", "ms", _first_ticks(opened, []))
    _first_tick(market, watched)
    afternoon_utc = shanghai(day, wall_time(14, 0))
    row("one more symbol watched at 14:00", "ms", [
        spent(partial(_first_tick, market, [*watched, more], afternoon_utc)) * 1_000
        for more in others[:REPEATS]])
    counted: list[int] = []

    def play() -> None:
        counted.append(sum(len(tick.quotes) for tick in market.play(day, watched)))

    row("  a simulated minute of that day", "ms", ms(play, repeats=3, parts=MINUTES))
    print(f"  quotes a day: {counted[-1]:,}")


if __name__ == "__main__":
    sys.exit(main())
