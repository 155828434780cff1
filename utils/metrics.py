"""What this process costs and what the desk has done, in prometheus-client's form."""

from collections.abc import Iterator

import psutil
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.events import EventBus, FillEvent, NoticeEvent, OrderEvent, QuoteEvent

PREFIX = "trading_graph"


class ProcessMetrics(Collector):
    """CPU, memory, threads and open files of this process, read when asked."""

    def __init__(self) -> None:
        self._process = psutil.Process()

    def collect(self) -> Iterator[Metric]:
        with self._process.oneshot():
            cpu = self._process.cpu_times()
            yield CounterMetricFamily(
                f"{PREFIX}_process_cpu_seconds", "User and system CPU time", cpu.user + cpu.system)
            yield _gauge("process_memory_bytes", "Resident memory",
                         self._process.memory_info().rss)
            yield _gauge("process_threads", "Threads", self._process.num_threads())
            yield _gauge("process_start_time_seconds", "Start of the process, Unix time",
                         self._process.create_time())

    def summary(self) -> dict[str, float]:
        """The same figures by name, without the prefix."""
        return {sample.name.removeprefix(f"{PREFIX}_"): sample.value
                for family in self.collect() for sample in family.samples}


class Metrics(Collector):
    """Counts what passes on the bus. No account numbers or symbols become labels.

    The registry is our own: nothing another library registers is shown by accident.
    """

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._registry = registry = CollectorRegistry()
        self._process = ProcessMetrics()
        registry.register(self._process)
        self._quotes = Counter(f"{PREFIX}_quotes", "Quotes received", registry=registry)
        self._fills = Counter(f"{PREFIX}_fills", "Fills booked", registry=registry)
        self._orders = Counter(f"{PREFIX}_order_steps", "Order steps by the status reached",
                               ["status"], registry=registry)
        self._refusals = Counter(f"{PREFIX}_refusals", "Refused orders by reason",
                                 ["code"], registry=registry)
        self._notices = Counter(f"{PREFIX}_notices", "Notices by severity",
                                ["severity"], registry=registry)
        bus.subscribe(QuoteEvent, lambda event: self._quotes.inc(len(event.quotes)))
        bus.subscribe(FillEvent, lambda _: self._fills.inc())
        bus.subscribe(OrderEvent, self._count_order)
        bus.subscribe(NoticeEvent, lambda event: self._notices.labels(event.severity).inc())
        registry.register(self)

    def _count_order(self, event: OrderEvent) -> None:
        self._orders.labels(event.order.status.value).inc()
        for refusal in event.order.refusals:
            self._refusals.labels(refusal.code).inc()

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(f"{PREFIX}_handler_failures", "Bus handlers that raised",
                                  sum(self._bus.failures.values()))

    def text(self) -> bytes:
        """The page of `/metrics`."""
        return generate_latest(self._registry)

    def process(self) -> dict[str, float]:
        """What the process costs, for the dashboard."""
        return self._process.summary()


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", help_text, value)
