import re
from pathlib import Path

import pytest

from core.types import Origin
from trading import report
from trading.report_strings import texts


def test_both_languages_have_every_text() -> None:
    assert texts("zh").keys() == texts("en").keys()
    assert all(texts("zh").values())
    assert all(texts("en").values())


def test_every_text_the_report_asks_for_exists() -> None:
    source = Path(report.__file__).read_text("utf-8")
    asked = set(re.findall(r"""say\[['"]([A-Za-z_.]+)['"]\]""", source))

    assert len(asked) > 15
    assert asked <= texts("en").keys()


@pytest.mark.parametrize("origin", Origin)
def test_every_origin_has_words(origin: Origin) -> None:
    assert f"origin.{origin.value}" in texts("en")


@pytest.mark.parametrize(
    "code", ["UNKNOWN_INSTRUMENT", "NOT_A_SESSION", "SUSPENDED", "NO_REFERENCE", "TICK",
             "PRICE_LIMIT", "LOT", "ODD_LOT", "MAX_QTY", "T1_SELLABLE", "CASH"])
def test_every_code_of_the_order_list_has_words(code: str) -> None:
    assert texts("zh")[code] != code
    assert texts("en")[code] != code
