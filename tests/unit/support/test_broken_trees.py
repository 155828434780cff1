from pathlib import Path

from tests.support.broken_trees import passes, passes_with

_TEST = "from half import half\n\n\ndef test_half() -> None:\n    assert half(4) == 2\n"


def test_tests_of_a_copy_run_against_the_copy_and_notice_what_breaks_it(tmp_path: Path) -> None:
    right = "def half(x: int) -> int:\n    return x // 2\n"
    (tmp_path / "half.py").write_text(right)
    (tmp_path / "test_half.py").write_text(_TEST)
    wrong = right.replace("// 2", "// 3")

    assert passes(["test_half.py"], tmp_path)
    assert not passes_with(tmp_path, "half.py", wrong, (["test_half.py"],))
    assert (tmp_path / "half.py").read_text() == right
