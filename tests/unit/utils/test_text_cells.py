import pytest

from utils.text_cells import safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_would_run_becomes_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "*ST国华", "600519.SH", "贵州茅台"])
def test_other_text_stays(text: str) -> None:
    assert safe_cell(text) == text
