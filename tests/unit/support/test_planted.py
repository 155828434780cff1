from collections import Counter
from pathlib import Path

from tests.support.planted import DEFECTS

_ROOT = Path(__file__).resolve().parents[3]


def test_there_are_at_least_a_hundred_defects_of_different_names() -> None:
    names = Counter(defect.name for defect in DEFECTS)

    assert len(DEFECTS) >= 100
    assert [name for name, count in names.items() if count > 1] == []


def test_every_text_to_be_broken_stands_exactly_once_in_its_file() -> None:
    texts = {file: (_ROOT / file).read_text("utf-8") for file in {d.file for d in DEFECTS}}

    assert [d.name for d in DEFECTS if texts[d.file].count(d.old) != 1] == []


def test_what_takes_its_place_is_another_program() -> None:
    for defect in DEFECTS:
        before = (_ROOT / defect.file).read_text("utf-8")
        after = before.replace(defect.old, defect.new)

        assert after != before, defect.name
        compile(after, defect.file, "exec")


def test_every_defect_names_tests_that_exist() -> None:
    assert [d.name for d in DEFECTS if not d.tests] == []
    assert {test for d in DEFECTS for test in d.tests if not (_ROOT / test).exists()} == set()
