from decimal import Decimal
from json import dumps, loads

import pytest

from core.types import BrokerReport, Fees, Refusal, Report
from tests.support.desk import CNY, DAY1, a_request, at
from trading.records import (
    add_fees,
    fees_from,
    fees_to,
    refusals_from,
    refusals_to,
    report_to,
    request_from,
    request_to,
    subtract_fees,
)


@pytest.mark.parametrize("limit", ["10.00", "4.123", "10.0001", "10.00001", None])
def test_a_request_comes_back_from_json_as_it_was(limit: str | None) -> None:
    request = a_request(limit_cny=CNY(limit) if limit else None, tag="a, b\n", key="k",
                        **({} if limit else {"type": a_request().type.MARKET}))

    assert request_from(loads(dumps(request_to(request)))) == request


def test_amounts_in_a_payload_are_integers() -> None:
    assert request_to(a_request(limit_cny=CNY("10.05")))["limit_e4"] == 100_500
    assert fees_to(Fees(commission_cny=CNY("5.00")))["commission_e4"] == 50_000


def test_fees_and_refusals_come_back_as_they_were() -> None:
    fees = Fees(commission_cny=CNY("5.00"), stamp_duty_cny=CNY("1.01"),
                transfer_fee_cny=CNY("0.02"), handling_cny=CNY("0.03"), regulatory_cny=CNY("0.04"))
    refusals = (Refusal(code="TICK", text="off", numbers={"price": "10.001"}),)

    assert fees_from(loads(dumps(fees_to(fees)))) == fees
    assert refusals_from(loads(dumps(refusals_to(refusals)))) == refusals


def test_a_further_fill_pays_the_difference_only() -> None:
    before = Fees(commission_cny=CNY("5.00"), transfer_fee_cny=CNY("0.01"))
    whole = Fees(commission_cny=CNY("6.00"), transfer_fee_cny=CNY("0.20"))

    assert add_fees(before, subtract_fees(whole, before)) == whole
    assert subtract_fees(whole, before).total_cny == Decimal("1.19")


def test_a_quarantined_report_keeps_its_words() -> None:
    report = BrokerReport(kind=Report.FILL, order_id=7, broker_id="B", ts_utc=at(DAY1),
                          trade_id="t", shares=100, price_cny=Decimal("10.123456"))

    assert report_to(report)["price"] == "10.123456"
    assert dumps(report_to(report))
