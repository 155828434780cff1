"""Text cells of CSV files that people open in a spreadsheet."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run as a formula.

    For text only: a negative number is written as a number and needs none.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
