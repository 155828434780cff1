"""How long the market chart takes: python benchmarks/chart.py [--bars N] [--rounds N]

Milliseconds of CPU of the GUI thread for one whole frame (change, layout, paint), 1600 x 900,
four moving averages and volume, painted offscreen. CPU and not wall time, so that a busy
machine does not change the answer.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication

from core.types import Adjust, BarColumns, Origin, Period
from ui.charts import ChartWidget

WIDTH, HEIGHT = 1600, 900


def minute_bars(count: int) -> BarColumns:
    """A seeded random walk on a calendar of 240 minutes a weekday."""
    rng = np.random.default_rng(7)
    minutes = np.r_[np.arange(571, 691), np.arange(781, 901)] * 60
    days = np.busday_offset(
        np.datetime64("2025-01-24"), -np.arange(-(-count // 240))[::-1], roll="backward"
    ).astype("datetime64[s]").astype(np.int64)
    steps = rng.standard_t(4, count) * 0.0006
    close = 100 * np.exp(np.cumsum(steps) - np.linspace(0, steps.sum(), count))
    open_ = np.r_[100.0, close[:-1]]
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.0004, count)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.0004, count)))
    volume = np.round(rng.lognormal(8, 1, count)) * 100
    return BarColumns(
        symbol="600000.SH", period=Period.MIN1, adjust=Adjust.NONE,
        ts_s=(days[:, None] + minutes).ravel()[-count:],
        open_cny=open_, high_cny=high, low_cny=low, close_cny=close,
        volume_shares=volume, amount_cny=volume * close, origin=Origin.GENERATED,
    )


def measured(action: Callable[[int], None], rounds: int) -> list[float]:
    """CPU milliseconds of this thread per round, sorted; the first rounds are warming up."""
    times = []
    for number in range(rounds + 5):
        before = time.thread_time()
        action(number)
        times.append((time.thread_time() - before) * 1e3)
    return sorted(times[5:])


class Bench:
    def __init__(self, app: QApplication, bars: BarColumns) -> None:
        self.app, self.total = app, len(bars)
        self.chart = ChartWidget()
        self.chart.resize(WIDTH, HEIGHT)
        self.chart.show()
        app.processEvents()
        memory = psutil.Process().memory_info().rss
        before = time.thread_time()
        self.chart.set_bars(bars)
        app.processEvents()
        self.seconds = time.thread_time() - before
        self.megabytes = (psutil.Process().memory_info().rss - memory) / 1e6

    def pan(self, count: int) -> Callable[[int], None]:
        """Views of `count` bars, each a fifth of a screen from the one before."""
        def step(number: int) -> None:
            first = max(self.total - count, 1) * ((number * 37) % 101) // 101
            self.chart.set_view(first, count)
            self.app.processEvents()
        return step

    def pan_all(self, number: int) -> None:
        count = int(self.total * 0.98)
        self.chart.set_view((number % 19) * self.total // 1_000, count)
        self.app.processEvents()

    def zoom(self, number: int) -> None:
        """From 60 bars to all of them in 40 steps and back."""
        way = abs(number % 80 - 40) / 40
        count = int(60 * (self.total / 60) ** way)
        self.chart.set_view((self.total - count) // 2, count)
        self.app.processEvents()

    def tick(self, number: int) -> None:
        model = self.chart.model
        values = model.readout(len(model) - 1)
        low, high = values.low_cny, values.high_cny
        close = low + (high - low) * ((number * 7) % 11) / 10
        self.chart.update_last(
            values.open_cny, high, low, close, values.volume_shares + 100, values.amount_cny
        )
        self.app.processEvents()

    def append(self, number: int) -> None:
        close = float(self.chart.model.close_cny[-1])
        newest_s = int(self.chart.model.ts_s[-1])
        self.chart.append_bar(newest_s + 60, close, close, close, close, 1e5, 1e6)
        self.app.processEvents()

    def hover(self, number: int) -> None:
        at = QPointF(200 + number * 7 % 1100, 200 + number * 13 % 500)
        none = Qt.MouseButton.NoButton
        self.app.sendEvent(self.chart, QMouseEvent(
            QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier
        ))
        self.app.processEvents()


def row(name: str, times: list[float], goal: str) -> None:
    median, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"{name:<28}{times[0]:>8.2f}{median:>9.2f}{p99:>8.2f}   {goal}")


def run(bars: int, rounds: int) -> None:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    bench = Bench(app, minute_bars(bars))
    print(f"{bars:,} bars set and first painted: {bench.seconds:.2f} s CPU, "
          f"{bench.megabytes:.0f} MB added")
    print(f"{'ms of GUI-thread CPU':<28}{'best':>8}{'median':>9}{'p99':>8}   goal (median)")
    for count in (120, 1_000, 10_000, 100_000):
        if count < bars:
            goal = "2" if count == 120 else "6, aim 5"
            row(f"pan {count:,}", measured(bench.pan(count), rounds), goal)
    row("pan all", measured(bench.pan_all, rounds), "6, aim 5")
    row("zoom 60 to all", measured(bench.zoom, max(rounds, 160)), "6, aim 5")
    for name, count in (("120 in view", 120), ("all in view", bars)):
        bench.chart.set_view(bars, count)
        app.processEvents()
        row(f"tick, {name}", measured(bench.tick, rounds), "1.5")
        row(f"crosshair, {name}", measured(bench.hover, rounds), "")
        row(f"new bar, {name}", measured(bench.append, rounds), "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, nargs="*", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load "
          f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}, numpy {np.__version__}, "
          f"{WIDTH} x {HEIGHT}")
    for bars in arguments.bars:
        print()
        run(bars, arguments.rounds)


if __name__ == "__main__":
    main()
