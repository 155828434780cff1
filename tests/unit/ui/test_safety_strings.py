from ui.safety_strings import SAFETY_TABLE
from ui.strings import TABLE


def test_the_words_are_part_of_the_one_table_and_hide_no_other() -> None:
    assert {key: TABLE[key] for key in SAFETY_TABLE} == dict(SAFETY_TABLE)
