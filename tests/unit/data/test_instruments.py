from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.symbols import parse_instrument
from core.types import Origin
from data.instruments import instrument_of, instrument_row, named


def test_an_instrument_survives_its_row() -> None:
    instrument = replace(
        parse_instrument("588000.SH"), name="科创50", industry="ETF", pinyin="KC50",
        list_date=date(2020, 11, 16), delist_date=date(2030, 1, 1),
        issue_price_cny=Decimal("1.4"), t0=True, origin=Origin.GENERATED,
    )

    assert instrument_of(instrument_row(instrument)) == instrument
    assert instrument_of(instrument_row(parse_instrument("600519.SH"))) == parse_instrument(
        "600519.SH")


def test_a_name_brings_its_initials() -> None:
    assert named(parse_instrument("600519.SH"), "贵州茅台").pinyin == "GZMT"
