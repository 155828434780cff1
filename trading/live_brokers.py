"""The broker behind live trading, chosen by the settings, and a look at it that sends nothing."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.exceptions import ConfigError, OrderError, TradingError
from core.ports import Clock
from core.settings_types import BrokerSettings
from core.types import Capabilities
from trading.broker import BrokerInterface

if TYPE_CHECKING:
    from trading.qmt.process import StartChild

TAG_BYTES = 3                      # six characters of every mark
_TAG_CHARACTERS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBroker:
    """An open connection. `online`: why not, or empty."""

    broker: BrokerInterface
    trouble: Callable[[], str]
    close: Callable[[], None]


def ledger_tag(path: Path) -> str:
    """Six characters that name this ledger in the marks of its orders; made once, then kept.

    Raises:
        ConfigError: the file holds something else. Another tag would turn our own open orders
            into somebody else's.
    """
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(secrets.token_hex(TAG_BYTES))
    except FileExistsError:
        pass                           # made by an earlier start
    found = path.read_text("ascii", errors="replace").strip()
    if len(found) != 2 * TAG_BYTES or not _TAG_CHARACTERS.issuperset(found):
        raise ConfigError(f"{path} does not hold a tag", why="it was edited or cut",
                          remedy="Restore it from a backup; without open orders it may be deleted")
    return found


def open_live_broker(
    settings: BrokerSettings, *, clock: Clock, tag: str, kill_request: Path | None,
    start_child: "StartChild | None" = None, wait_ms: int = 0,
) -> LiveBroker:
    """Connect to the broker that the settings name. It may still be offline: see `trouble`.

    Args:
        start_child: in place of the process with the vendor's library, for tests.
        wait_ms: for the first session with the terminal.

    Raises:
        ConfigError: no broker is named, or a setting that it needs is missing.
    """
    if settings.kind == "qmt":
        return _open_qmt(settings, clock, tag, kill_request, start_child, wait_ms)
    if settings.kind == "vnpy":
        return _open_vnpy(settings, clock, tag, kill_request)
    raise ConfigError("no broker is set", why="broker.kind is none",
                      remedy="Set broker.kind to qmt or vnpy; docs/brokers.md says how")


def _open_qmt(
    settings: BrokerSettings, clock: Clock, tag: str, kill_request: Path | None,
    start_child: "StartChild | None", wait_ms: int,
) -> LiveBroker:
    from trading.qmt.broker import QmtBroker
    from trading.qmt.process import process_starter

    _needs(account=settings.account, qmt_userdata=settings.qmt_userdata)
    broker = QmtBroker(
        clock=clock, line_clock=clock, tag=tag,
        start_child=start_child or process_starter(
            account=settings.account, userdata=settings.qmt_userdata, kill_request=kill_request))
    broker.open(wait_ms)
    return LiveBroker(broker=broker, trouble=lambda: broker.trouble, close=broker.close)


def _open_vnpy(
    settings: BrokerSettings, clock: Clock, tag: str, kill_request: Path | None
) -> LiveBroker:
    from trading.vnpy_broker import VnpyBroker, gateway_of

    _needs(vnpy_gateway=settings.vnpy_gateway)
    try:
        from vnpy.event import EventEngine
    except ImportError:
        raise ConfigError(
            "vnpy is not installed", why="the gateway needs its event engine",
            remedy="Run: python -m pip install --no-deps vnpy==4.5.0") from None
    setting = _vnpy_setting(settings.vnpy_settings_file)
    engine = EventEngine()
    broker = VnpyBroker(gateway=gateway_of(settings.vnpy_gateway, engine), engine=engine,
                        clock=clock, tag=tag, kill_request=kill_request)
    engine.start()

    def close() -> None:
        broker.close()
        engine.stop()

    try:
        broker.open(setting)
    except Exception as error:  # a gateway may raise anything
        close()
        raise TradingError("the gateway did not log in", why=repr(error),
                           remedy="Check the file named in broker.vnpy_settings") from error
    return LiveBroker(broker=broker, trouble=lambda: "", close=close)


def _vnpy_setting(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise ConfigError(f"{path} holds no gateway settings", why="it is no JSON object",
                          remedy="Write the fields that the gateway asks for, as one JSON object")
    return found


def _needs(**values: str) -> None:
    for name, value in values.items():
        if not value:
            raise ConfigError(f"broker.{name} is empty", why="the broker cannot be reached",
                              remedy=f"Set broker.{name}; docs/brokers.md says how")


def label_of(capabilities: Capabilities) -> str:
    """What the broker was never tested against, in both languages; empty for our own."""
    return " / ".join(text for text in (capabilities.label_zh, capabilities.label_en) if text)


def look_at(live: LiveBroker) -> dict[str, object]:
    """Ask account, orders and trades; send nothing. Unknown is null."""
    broker, capabilities = live.broker, live.broker.capabilities
    trouble = live.trouble()
    found: dict[str, object] = {
        "broker": broker.name, "label": capabilities.label_en, "label_zh": capabilities.label_zh,
        "online": not trouble, "trouble": trouble,
        "capabilities": {
            "complete_list": capabilities.complete_list, "trades": capabilities.trades,
            "positions": capabilities.positions, "cash": capabilities.cash,
            "remarks": capabilities.remarks,
            "types": sorted(kind.value for kind in capabilities.types)},
        "orders": None, "trades": None, "positions": None, "cash_cny": None,
        "available_cny": None}
    if trouble:
        return found
    try:
        found |= _asked(broker)
    except (TradingError, OSError) as error:
        found |= {"online": False, "trouble": str(error)}
    return found


def _asked(broker: BrokerInterface) -> dict[str, object]:
    asked: dict[str, object] = {"orders": len(broker.query_orders()),
                                "trades": len(broker.query_trades())}
    try:
        cash = broker.query_cash()
        asked |= {"cash_cny": str(cash.cash_cny),
                  "available_cny": None if cash.available_cny is None else str(cash.available_cny),
                  "positions": len(broker.query_positions())}
    except OrderError:
        if broker.capabilities.cash:
            raise
    return asked


def look_in_words(found: dict[str, object]) -> str:
    """The look for a person: the label first."""
    lines = [str(found["label"]), str(found["label_zh"])]
    if not found["online"]:
        return "\n".join([*lines, f"{found['broker']} is not online: {found['trouble']}"])
    lines.append(f"{found['broker']} is online: {found['orders']} orders and {found['trades']} "
                 "trades today")
    if found["cash_cny"] is not None:
        lines.append(f"cash {found['cash_cny']} CNY, usable {found['available_cny']}, "
                     f"{found['positions']} positions")
    return "\n".join(lines)
