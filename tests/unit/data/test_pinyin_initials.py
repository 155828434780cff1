import random

import pytest

from data.pinyin_initials import FIRST, INITIALS, PHRASES, pinyin_initials


@pytest.mark.parametrize(("name", "initials"), [
    ("贵州茅台", "GZMT"),
    ("平安银行", "PAYH"),
    ("渝农商行", "YNSH"),
    ("长江电力", "CJDL"),
    ("重庆啤酒", "CQPJ"),
    ("三一重工", "SYZG"),
    ("厦门钨业", "XMWY"),
    ("西藏药业", "XZYY"),
    ("行动教育", "XDJY"),
    ("东阿阿胶", "DEEJ"),
    ("万  科Ａ", "WKA"),
    ("*ST国华", "STGH"),
    ("TCL科技", "TCLKJ"),
    ("沐曦股份-U", "MXGFU"),
    ("", ""),
])
def test_initials_are_what_people_type(name: str, initials: str) -> None:
    assert pinyin_initials(name) == initials


def test_a_character_without_a_reading_is_left_out() -> None:
    assert pinyin_initials("贵ば州🙂") == "GZ"


def test_the_table_is_whole_and_agrees_with_its_source() -> None:
    pypinyin = pytest.importorskip("pypinyin")
    assert len(INITIALS) == 0x9FA5 - FIRST + 1
    sample = random.Random(7).sample(range(len(INITIALS)), 400)

    for number in sample:
        reading = pypinyin.lazy_pinyin(
            chr(FIRST + number), style=pypinyin.Style.FIRST_LETTER, errors="ignore")
        if reading and reading[0][:1].isascii():
            assert INITIALS[number] == reading[0][0].upper()


def test_phrases_are_as_long_as_their_initials() -> None:
    assert all(len(phrase) == len(initials) for phrase, initials in PHRASES.items())
