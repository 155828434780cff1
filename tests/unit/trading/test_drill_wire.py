import socket
from decimal import Decimal

import pytest

from core.types import BrokerReport, OrderAtBroker, OrderSide, Report
from tests.support.bad_broker import a_report
from trading.drill_wire import Line, report_from_wire, report_to_wire


@pytest.mark.parametrize("report", [
    a_report(Report.ACK, 7, broker_id="B7"),
    a_report(Report.FILL, 7, shares=300, price="10.05"),
    BrokerReport(
        kind=Report.CANCELLED, order_id=7, broker_id="B7", ts_utc=a_report(Report.ACK).ts_utc,
        text="撤单", about=OrderAtBroker(
            symbol="600519.SH", side=OrderSide.SELL, shares=200, limit_cny=Decimal("9.99"),
            filled_shares=100, remark="7")),
    BrokerReport(
        kind=Report.ACK, order_id=0, broker_id="X", ts_utc=a_report(Report.ACK).ts_utc,
        about=OrderAtBroker(symbol="600519.SH", side=OrderSide.BUY, shares=100, limit_cny=None,
                            filled_shares=0)),
])
def test_a_report_crosses_the_line_unchanged(report: BrokerReport) -> None:
    assert report_from_wire(report_to_wire(report)) == report


def test_a_line_carries_messages_both_ways_and_ends_with_none() -> None:
    one, other = map(Line, socket.socketpair())
    one.write({"do": "place", "text": "买入"})
    assert other.read() == {"do": "place", "text": "买入"}
    other.write({"answer": 1})
    assert one.read() == {"answer": 1}

    one.close()

    assert other.read() is None
    other.close()


def test_half_a_message_of_a_killed_writer_is_no_message() -> None:
    writer, reader = socket.socketpair()
    line = Line(reader)
    writer.sendall(b'{"do": "pla')
    writer.close()

    assert line.read() is None
    line.close()
