"""Numbers as text: unknown is a dash, zero is zero, decimals follow the grid."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ui import formats
from ui.formats import CHINESE_UNITS, ENGLISH_UNITS
from ui.tones import Tone

D = Decimal


def test_the_unknown_is_a_dash_and_never_a_zero() -> None:
    texts = [formats.price(None), formats.money(None), formats.signed(None), formats.percent(None),
             formats.plain_percent(None), formats.shares(None), formats.clock_text(None),
             formats.compact(None, CHINESE_UNITS), formats.volume(None, ENGLISH_UNITS)]

    assert set(texts) == {"—"}


def test_a_fund_shows_mills_and_a_share_shows_fen() -> None:
    assert formats.price(D("1.2"), 3) == "1.200"
    assert formats.price(D("1.2"), 2) == "1.20"


@pytest.mark.parametrize(("value", "text"), [
    ("1234.5", "+1,234.50"), ("-0.5", "-0.50"), ("0", "0.00"), ("-0.001", "0.00"),
])
def test_a_gain_carries_its_sign_and_nothing_carries_none(value: str, text: str) -> None:
    assert formats.signed(D(value)) == text


@pytest.mark.parametrize(("ratio", "text"), [
    ("0.0123", "+1.23%"), ("-0.1", "-10.00%"), ("0", "0.00%"), ("-0.00001", "0.00%"),
])
def test_a_ratio_is_shown_in_per_cent_with_its_sign(ratio: str, text: str) -> None:
    assert formats.percent(D(ratio)) == text


@pytest.mark.parametrize(("value", "chinese", "english"), [
    (9_999, "9999", "9,999"), (12_345, "1.23万", "12,345"), (3_215_000_000, "32.15亿", "3.22B"),
    (87_564_200, "8756万", "87.56M"), (437_300_000_000, "4373亿", "437.3B"),
])
def test_large_figures_shrink_into_the_readers_own_units(
    value: int, chinese: str, english: str
) -> None:
    assert formats.compact(value, CHINESE_UNITS).replace(",", "") == chinese
    assert formats.compact(value, ENGLISH_UNITS) == english


@pytest.mark.parametrize(("shares", "text"), [
    (100, "1"), (12_300, "123"), (250, "2.50"), (0, "0"), (3_212_000, "3.21万"),
])
def test_chinese_volumes_are_read_in_hundreds_and_keep_an_odd_rest(shares: int, text: str) -> None:
    assert formats.volume(shares, CHINESE_UNITS) == text


def test_english_volumes_are_read_in_shares() -> None:
    assert formats.volume(12_300, ENGLISH_UNITS) == "12,300"


@pytest.mark.parametrize(("change", "tone"), [
    (D("0.01"), Tone.RISE), (D("-0.01"), Tone.FALL), (D("0"), Tone.FLAT), (None, Tone.FAINT),
])
def test_the_sign_of_a_change_is_its_colour(change: Decimal | None, tone: Tone) -> None:
    assert formats.tone_of(change) is tone


def test_moments_are_shown_in_shanghai_time() -> None:
    moment = datetime(2026, 9, 16, 2, 24, 36, tzinfo=UTC)

    assert formats.clock_text(moment) == "10:24:36"
    assert formats.date_time_text(moment) == "2026-09-16 10:24:36"
