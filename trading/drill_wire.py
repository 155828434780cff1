"""The line between a drilled trading process and the exchange of the drill: JSON lines on loopback.

The exchange's book lives at the other end, in the parent, so that what a killed child lost can
be seen. Both ends come from one program; anything that is not a line of ours ends the connection.
"""

import json
import socket
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.types import BrokerReport, OrderAtBroker, OrderSide, Report

Message = dict[str, Any]

LARGEST_BYTES = 1 << 24
ANSWER_S = 30


class Line:
    """One end of a connection. `read` gives None when the other end is gone."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(ANSWER_S)
        if connection.family == socket.AF_INET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._file = connection.makefile("rb")

    def write(self, message: Mapping[str, Any]) -> None:
        """Raises OSError if the other end is gone."""
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def read(self) -> Message | None:
        try:
            text = self._file.readline(LARGEST_BYTES)
        except (ConnectionError, TimeoutError):
            return None
        if not text.endswith(b"\n"):
            return None
        found: Message = json.loads(text)
        return found

    def close(self) -> None:
        self._file.close()
        self._connection.close()


def report_to_wire(report: BrokerReport) -> Message:
    about = report.about
    return {
        "kind": report.kind.value, "order_id": report.order_id, "broker_id": report.broker_id,
        "ts": report.ts_utc.isoformat(), "text": report.text, "trade_id": report.trade_id,
        "shares": report.shares, "price": _text(report.price_cny),
        "about": None if about is None else [
            about.symbol, about.side.value, about.shares,
            _text(about.limit_cny), about.filled_shares, about.remark]}


def report_from_wire(message: Mapping[str, Any]) -> BrokerReport:
    about = message["about"]
    return BrokerReport(
        kind=Report(message["kind"]), order_id=message["order_id"],
        broker_id=message["broker_id"], ts_utc=datetime.fromisoformat(message["ts"]),
        text=message["text"], trade_id=message["trade_id"], shares=message["shares"],
        price_cny=_price(message["price"]),
        about=None if about is None else OrderAtBroker(
            symbol=about[0], side=OrderSide(about[1]), shares=about[2],
            limit_cny=_price(about[3]), filled_shares=about[4], remark=about[5]))


def _text(price_cny: Decimal | None) -> str | None:
    return None if price_cny is None else str(price_cny)


def _price(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
