from datetime import UTC, date, datetime
from decimal import Decimal

from core.events import EventBus, FillEvent, OrderEvent, QuoteEvent
from core.types import Fill, Order, OrderRequest, OrderSide, OrderStatus, Quote, Refusal
from utils.metrics import Metrics

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def an_order(status: OrderStatus, *codes: str) -> Order:
    request = OrderRequest(symbol="600519.SH", side=OrderSide.BUY, shares=100,
                           limit_cny=Decimal("10.00"), created_utc=NOON)
    return Order(order_id=1, request=request, trading_day=date(2026, 3, 2), status=status,
                 refusals=tuple(Refusal(code=code, text=code) for code in codes))


def a_fill() -> Fill:
    return Fill(order_id=1, trade_id="1", broker="sim", symbol="600519.SH", side=OrderSide.BUY,
                shares=100, price_cny=Decimal("10.00"), ts_utc=NOON, trading_day=date(2026, 3, 2))


def page(bus: EventBus, *events: OrderEvent | FillEvent | QuoteEvent) -> list[str]:
    metrics = Metrics(bus)
    for event in events:
        bus.publish(event)
    return metrics.text().decode().splitlines()


def test_orders_are_counted_by_the_status_they_reach_and_refusals_by_code() -> None:
    lines = page(EventBus(), OrderEvent(an_order(OrderStatus.DENIED, "LOT", "CASH")),
                 OrderEvent(an_order(OrderStatus.LIVE)))

    assert 'trading_graph_order_steps_total{status="DENIED"} 1.0' in lines
    assert 'trading_graph_order_steps_total{status="LIVE"} 1.0' in lines
    assert 'trading_graph_refusals_total{code="CASH"} 1.0' in lines


def test_quotes_and_fills_are_counted() -> None:
    quote = Quote(symbol="600519.SH", ts_utc=NOON, last_cny=None, prev_close_cny=None)
    lines = page(EventBus(), QuoteEvent((quote, quote)), FillEvent(a_fill()))

    assert "trading_graph_quotes_total 2.0" in lines
    assert "trading_graph_fills_total 1.0" in lines


def test_no_symbol_becomes_a_label() -> None:
    lines = page(EventBus(), OrderEvent(an_order(OrderStatus.LIVE)), FillEvent(a_fill()))

    assert not any("600519" in line for line in lines)


def test_a_handler_that_fails_on_the_bus_is_visible() -> None:
    bus = EventBus()

    def broken(event: FillEvent) -> None:
        raise KeyError(event)

    bus.subscribe(FillEvent, broken)

    assert "trading_graph_handler_failures_total 1.0" in page(bus, FillEvent(a_fill()))


def test_the_process_reports_its_memory_and_threads() -> None:
    summary = Metrics(EventBus()).process()

    assert summary["process_memory_bytes"] > 1_000_000
    assert summary["process_threads"] >= 1


def test_each_desk_has_a_registry_of_its_own() -> None:
    page(EventBus(), FillEvent(a_fill()))

    assert "trading_graph_fills_total 0.0" in page(EventBus())
