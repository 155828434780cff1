import inspect
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Protocol, get_type_hints

import pytest

from core import ports
from core.clock import SimClock, SystemClock
from core.ports import Changes, Clock, Projections, Services

PROTOCOLS = [
    value for value in vars(ports).values()
    if isinstance(value, type) and getattr(value, "_is_protocol", False) and value is not Protocol
]
VALUES = [
    value for value in vars(ports).values()
    if isinstance(value, type) and is_dataclass(value) and value.__module__ == ports.__name__
]


def test_both_clocks_fulfil_the_clock_port() -> None:
    clocks: list[Clock] = [SystemClock(), SimClock(datetime(2025, 1, 24, tzinfo=UTC))]

    assert all(clock.now_utc().tzinfo is UTC for clock in clocks)


def test_the_ports_of_the_house_are_here() -> None:
    names = {p.__name__ for p in PROTOCOLS}

    assert {"Clock", "ReferenceData", "MarketData", "Tape", "QuoteSource", "ReplayControl",
            "Broker", "OrderStore", "TradingDesk", "AuditSink"} <= names


@pytest.mark.parametrize("port", PROTOCOLS, ids=lambda port: port.__name__)
def test_every_method_of_a_port_says_all_its_types(port: type) -> None:
    methods = [m for name, m in vars(port).items() if inspect.isfunction(m) and name[0] != "_"]

    for method in methods:
        hints = get_type_hints(method)
        wanted = set(inspect.signature(method).parameters) - {"self"} | {"return"}
        assert wanted <= set(hints), method.__qualname__


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_what_crosses_a_port_is_frozen(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_no_change_changes_nothing() -> None:
    empty = Changes()

    assert not any(getattr(empty, f.name) for f in fields(Changes))


def test_every_projection_can_be_changed() -> None:
    """The other accounts' rows change while they are the active one (`select`)."""
    assert {f.name for f in fields(Projections)} - {"others"} <= {f.name for f in fields(Changes)}


def test_a_window_is_handed_everything_it_may_touch() -> None:
    assert {"clock", "bus", "market", "trading", "feed", "mode"} <= {
        f.name for f in fields(Services)}
