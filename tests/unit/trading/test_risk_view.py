from decimal import Decimal

import pytest

from core.types import OrderSide
from tests.support.desk import a_request
from trading.risk_view import MISSING, is_automated, is_buy, percent, refused, unjudged


@pytest.mark.parametrize(("source", "program"), [
    ("manual", False), ("external", False), ("flatten", False), ("ma_cross", True), ("", True)])
def test_whoever_is_no_person_is_a_program(source: str, program: bool) -> None:
    assert is_automated(a_request(source=source)) is program


def test_numbers_of_a_refusal_are_text() -> None:
    found = refused("CODE", "what, why; what to do", shares=100, price=Decimal("1.50"))

    assert found.numbers == {"shares": "100", "price": "1.50"}
    assert percent(Decimal("0.12345")) == "12.34"
    assert is_buy(a_request(side=OrderSide.BUY))


def test_each_unknown_input_says_what_to_do() -> None:
    for name, text in MISSING.items():
        found = unjudged("CODE", name)
        assert found.text == f"not judged (CODE): {text}"
        assert ";" in text
